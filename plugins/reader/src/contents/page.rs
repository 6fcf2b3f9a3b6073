use ego_tree::iter::Edge;
use scraper::{Html, Node};

use super::Line;

/// Elements whose content nobody reads.
const HIDDEN: [&str; 6] = ["script", "style", "head", "template", "noscript", "svg"];

/// Elements that begin a line of their own.
const LINES: [&str; 10] = ["p", "div", "br", "tr", "dt", "dd", "section", "nav", "ul", "ol"];

/// Marks by which a text is taken for HTML.
const MARKS: [&str; 7] = ["<li", "<ol", "<ul", "<h1", "<h2", "<p>", "<div"];

pub(super) fn is_page(text: &str) -> bool {
    let folded = text.to_ascii_lowercase();
    MARKS.iter().any(|mark| folded.contains(mark))
}

/// The lines of a page as they would be seen, with the depth of lists and the levels of headings.
pub(super) fn lines(text: &str) -> Vec<Line> {
    let page = Html::parse_document(text);
    let mut reader = Reader::default();
    // A page nests as deeply as its author likes: the walk goes from edge to edge and needs no stack.
    for edge in page.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(text) if reader.hidden == 0 => reader.open.text.push_str(text),
                Node::Element(element) => reader.enter(element.name()),
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(element) = node.value() {
                    reader.leave(element.name());
                }
            }
        }
    }
    reader.end_line();
    reader.lines
}

#[derive(Default)]
struct Reader {
    lines: Vec<Line>,
    open: Line,
    /// Items of lists within each other.
    items: u8,
    hidden: usize,
}

impl Reader {
    fn enter(&mut self, name: &str) {
        match name {
            name if HIDDEN.contains(&name) => self.hidden += 1,
            "li" => {
                self.items = self.items.saturating_add(1);
                self.end_line();
                self.open.depth = Some(self.items);
            }
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.end_line();
                self.open = Line { depth: Some(name.as_bytes()[1] - b'0'), is_heading: true, ..Line::default() };
            }
            "td" | "th" => self.open.text.push_str("  "),
            name if LINES.contains(&name) => self.end_line(),
            _ => {}
        }
    }

    fn leave(&mut self, name: &str) {
        match name {
            name if HIDDEN.contains(&name) => self.hidden = self.hidden.saturating_sub(1),
            "li" => {
                self.end_line();
                self.items = self.items.saturating_sub(1);
            }
            name if name.len() == 2 && name.starts_with('h') => self.end_line(),
            name if LINES.contains(&name) => self.end_line(),
            _ => {}
        }
    }

    /// A line without text keeps its depth for the text that follows inside the same item.
    fn end_line(&mut self) {
        let text = self.open.text.trim().replace('\n', " ");
        if text.is_empty() {
            self.open.text.clear();
            return;
        }
        let line = std::mem::take(&mut self.open);
        self.lines.push(Line { text, ..line });
    }
}
