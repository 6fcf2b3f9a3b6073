use ego_tree::NodeRef;
use scraper::node::Element;
use scraper::{Html, Node, Selector};

use super::document::{Block, Document, DocumentBuilder};
use super::marks::Marks;
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
    marks: Marks,
    /// Ids of elements that have not come to any text yet.
    waiting: Vec<String>,
    /// How many glossaries are open.
    glossaries: u32,
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
            Node::Element(element) if is_skipped(element) => false,
            Node::Element(element) => self.element(node, element),
            Node::Document | Node::Fragment => true,
            _ => false,
        }
    }

    fn element(&mut self, node: NodeRef<'_, Node>, element: &Element) -> bool {
        let names = [element.attr("id"), element.attr("name").filter(|_| element.name() == "a")];
        self.waiting.extend(names.into_iter().flatten().map(|name| format!("#{name}")));
        match element.name() {
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_prose();
                let level = element.name().as_bytes()[1] - b'0';
                self.builder.heading(level, inner_text(node).trim_end_matches(['¶', '#']));
                let ids = node.descendants().filter_map(|inner| inner.value().as_element()?.attr("id"));
                self.waiting.extend(ids.map(|id| format!("#{id}")));
                self.end_waiting();
                false
            }
            "a" => {
                if let Some(target) = element.attr("href").filter(|_| !leads_on(node, element)) {
                    self.marks.refer(self.prose.len(), target);
                }
                true
            }
            _ if is_emphasis(element) => {
                self.marks.begin(self.prose.len());
                true
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
                self.glossaries += u32::from(is_glossary(element));
                true
            }
        }
    }

    fn leave(&mut self, node: NodeRef<'_, Node>) {
        let Some(element) = node.value().as_element() else {
            return;
        };
        if is_emphasis(element) {
            if is_definition(element) {
                self.marks.define(self.prose.len());
            } else {
                self.marks.end(self.prose.len());
            }
        }
        if element.name() == "dt" && self.glossaries > 0 {
            self.builder.term(self.prose.trim_end_matches(['¶', '#', ':']));
        }
        self.glossaries -= u32::from(is_glossary(element)).min(self.glossaries);
        if BLOCKS.contains(&element.name()) || element.name() == "li" {
            self.end_prose();
        }
    }

    fn end_waiting(&mut self) {
        for name in std::mem::take(&mut self.waiting) {
            self.builder.anchor(name);
        }
    }

    fn end_prose(&mut self) {
        let (prose, marks) = (std::mem::take(&mut self.prose), std::mem::take(&mut self.marks));
        if !matches!(prose.trim(), "" | "-") {
            self.end_waiting();
            self.builder.prose(&prose);
            marks.tell(&prose, &mut self.builder);
        }
    }
}

fn is_skipped(element: &Element) -> bool {
    SKIPPED.contains(&element.name()) || element.attr("role") == Some("navigation")
}

fn has_class(element: &Element, parts: &[&str]) -> bool {
    element.classes().any(|class| parts.iter().any(|part| class.eq_ignore_ascii_case(part)))
}

fn is_definition(element: &Element) -> bool {
    element.name() == "dfn" || has_class(element, &["dfn", "firstterm", "glossterm"])
}

fn is_emphasis(element: &Element) -> bool {
    matches!(element.name(), "b" | "strong" | "i" | "em") || is_definition(element)
}

fn is_glossary(element: &Element) -> bool {
    element.name() == "dl" && has_class(element, &["glossary", "glossary-list", "terms"])
}

/// A link of the page's own machinery: to itself, or to the page before or after.
fn leads_on(node: NodeRef<'_, Node>, element: &Element) -> bool {
    const WORDS: [&str; 8] = ["next", "previous", "prev", "up", "home", "contents", "index", "¶"];
    let rel = element.attr("rel").unwrap_or_default();
    has_class(element, &["headerlink", "footnote", "footnote-reference"])
        || WORDS.iter().any(|word| rel.eq_ignore_ascii_case(word))
        || WORDS.contains(&inner_text(node).trim().to_lowercase().as_str())
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
    fn names_references_and_terms_are_kept() {
        let page = "<section id=hives><h1>Hives<a class=headerlink href='#hives'>¶</a></h1><p id=p1>A <em>hive</em> is a home. As in <a \
            href='frames.html#wax'>frames</a>, a <dfn>super</dfn> holds honey. We will see <a href=queens.html>queens</a>.</p><a rel=next \
            href=next.html>on</a></section><section id=words><h2>Words</h2><dl class=glossary><dt>drone<dd>A male bee.</dl><dl><dt>f(x)<dd>No.</dl>";
        let document = read(page);
        let [first, second] = &document.sections[..] else { unreachable!("two headings") };
        assert_eq!(first.anchors, ["#hives", "#p1"]);
        assert_eq!(
            (first.references.join(" "), first.terms.join(" ")),
            ("frames.html#wax".to_owned(), "super hive".to_owned())
        );
        assert_eq!((second.anchors.join(" "), second.terms.join(" ")), ("#words".to_owned(), "drone".to_owned()));
    }

    #[test]
    fn a_page_nested_a_hundred_thousand_deep_is_read() {
        let page = format!("{}deep", "<div>".repeat(100_000));
        assert_eq!(read(&page).sections[0].blocks, [Block::Prose("deep".into())]);
    }
}
