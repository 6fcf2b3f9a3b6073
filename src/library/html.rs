use ego_tree::NodeRef;
use scraper::{Html, Node, Selector};

use super::document::{Block, Document, DocumentBuilder};
use super::shallow::shallow;

/// Elements whose content is not the text of the page.
const SKIPPED: [&str; 14] = [
    "script", "style", "nav", "header", "footer", "aside", "noscript", "template", "svg", "form", "button", "iframe",
    "select", "head",
];

/// Elements that end one paragraph and begin another.
const BLOCKS: [&str; 16] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "figure",
    "figcaption",
    "br",
    "hr",
    "body",
];

/// Reads a page as browsers do: any HTML, however broken.
pub fn read(text: &str) -> Document {
    let page = Html::parse_document(&shallow(text));
    let mut reader = Reader::default();
    reader.builder.title(title(&page));
    reader.children(page.tree.root());
    reader.end_prose();
    reader.builder.finish()
}

fn title(page: &Html) -> Option<String> {
    let selector = Selector::parse("title").ok()?;
    let title = page.select(&selector).next()?.text().collect::<String>();
    Some(pathwright_api::text::squeeze(&title)).filter(|title| !title.is_empty())
}

#[derive(Default)]
struct Reader {
    builder: DocumentBuilder,
    prose: String,
}

impl Reader {
    fn children(&mut self, node: NodeRef<'_, Node>) {
        // A page nests as deeply as its author likes, the stack does not: the walk keeps its own.
        let mut open = vec![(node, false)];
        while let Some((node, leaving)) = open.pop() {
            if leaving {
                self.leave(node);
                continue;
            }
            if self.enter(node) {
                open.push((node, true));
                let children: Vec<_> = node.children().collect();
                open.extend(children.into_iter().rev().map(|child| (child, false)));
            }
        }
    }

    /// Answers whether the children are to be visited.
    fn enter(&mut self, node: NodeRef<'_, Node>) -> bool {
        match node.value() {
            Node::Text(text) => {
                self.prose.push_str(text);
                false
            }
            Node::Element(element) => match element.name() {
                name if SKIPPED.contains(&name) => false,
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                    self.end_prose();
                    let level = element.name().as_bytes()[1] - b'0';
                    self.builder.heading(level, inner_text(node).trim_end_matches(['¶', '#']));
                    false
                }
                "pre" => {
                    self.end_prose();
                    let text = inner_text(node).trim_matches('\n').to_owned();
                    self.builder.block(Block::Code { language: String::new(), text });
                    false
                }
                "table" => {
                    self.end_prose();
                    self.builder.block(Block::Display(table(node)));
                    false
                }
                "li" => {
                    self.end_prose();
                    self.prose.push_str("- ");
                    true
                }
                name => {
                    if BLOCKS.contains(&name) && self.prose != "- " {
                        self.end_prose();
                    }
                    true
                }
            },
            Node::Document | Node::Fragment => true,
            _ => false,
        }
    }

    fn leave(&mut self, node: NodeRef<'_, Node>) {
        let ends = |name: &str| BLOCKS.contains(&name) || name == "li";
        if node.value().as_element().is_some_and(|element| ends(element.name())) {
            self.end_prose();
        }
    }

    fn end_prose(&mut self) {
        let prose = std::mem::take(&mut self.prose);
        if prose.trim() != "-" {
            self.builder.prose(&prose);
        }
    }
}

fn inner_text(node: NodeRef<'_, Node>) -> String {
    node.descendants().filter_map(|inner| inner.value().as_text().map(|text| text.to_string())).collect()
}

fn table(node: NodeRef<'_, Node>) -> String {
    let named = |node: &NodeRef<'_, Node>, names: &[&str]| {
        node.value().as_element().is_some_and(|element| names.contains(&element.name()))
    };
    let rows = node.descendants().filter(|inner| named(inner, &["tr"])).map(|row| {
        let cells = row.children().filter(|inner| named(inner, &["td", "th"]));
        cells.map(|cell| pathwright_api::text::squeeze(&inner_text(cell))).collect::<Vec<_>>().join(" | ")
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_navigation_or_script() {
        let page = "<html><head><title>My page</title><script>alert(1)</script></head><body><nav>menu</nav><h1>Top ¶</h1><p>One <b>two\
            </b>.<ul><li>item<li><p>para</ul><pre>x = 1\ny</pre><table><tr><th>a<td>b</table><p>unclosed";
        let document = read(page);
        assert_eq!(document.title.as_deref(), Some("My page"));
        assert_eq!(document.sections[0].title, "Top");
        let expected = [
            Block::Prose("One two.".into()),
            Block::Prose("- item".into()),
            Block::Prose("- para".into()),
            Block::Code { language: String::new(), text: "x = 1\ny".into() },
            Block::Display("a | b".into()),
            Block::Prose("unclosed".into()),
        ];
        assert_eq!(document.sections[0].blocks, expected);
    }

    #[test]
    fn a_page_nested_a_hundred_thousand_deep_is_read() {
        let page = format!("{}deep", "<div>".repeat(100_000));
        assert_eq!(read(&page).sections[0].blocks, [Block::Prose("deep".into())]);
    }
}
