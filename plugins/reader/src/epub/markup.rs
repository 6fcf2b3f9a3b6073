use super::tokens::{Tag, Token, Tokens, escape, tokens};

/// Tags nested more deeply are left out: their text stands in the one around them.
const DEEPEST: usize = 200;

/// Stand around a mark's number in the text; no book writes with these.
pub const MARK: [char; 2] = ['\u{10fff0}', '\u{10fff1}'];

/// Elements that never have content.
const VOID: [&str; 10] = ["br", "hr", "img", "wbr", "col", "input", "meta", "link", "source", "param"];

/// Elements that stand inside a paragraph.
const INLINE: [&str; 10] = ["a", "b", "dfn", "em", "i", "iframe", "select", "span", "strong", "svg"];

/// Emphasis, of which browsers' rules for repairing it let a small file grow without bound: a little is kept.
const EMPHASIS: [&str; 4] = ["b", "em", "i", "strong"];
const MOST_EMPHASIS: usize = 4;

/// Elements that a following one of the same group closes.
const SIBLINGS: [&[&str]; 4] = [&["li"], &["dt", "dd"], &["td", "th"], &["tr"]];

/// What a place in a chapter is.
#[derive(Debug, PartialEq, Eq)]
pub enum Mark {
    /// The place that `#name` leads to.
    Anchor(String),
    /// Where a page of the printed book begins.
    Page(u32),
}

/// A chapter as the HTML that [`html::read`](super::super::html::read) knows, with its places marked in the text.
#[derive(Default)]
pub struct Marked {
    pub html: String,
    /// By the numbers in the text.
    pub marks: Vec<Mark>,
}

/// Rewrites XHTML, which closes and prefixes its tags in ways that HTML does not know.
pub fn to_html(xhtml: &str) -> Marked {
    let mut writer = Writer::default();
    let mut rest = tokens(xhtml);
    while let Some(token) = rest.next() {
        match token {
            Token::Start(tag) => writer.start(&tag, &mut rest),
            Token::End(name) => writer.end(&name),
            Token::Text(text) => writer.marked.html.extend(text.chars().filter(|c| !MARK.contains(c))),
        }
    }
    writer.close_down_to(0);
    writer.marked
}

#[derive(Default)]
struct Writer {
    marked: Marked,
    /// Names as they were written, and as they stand in the HTML; none where the tag was left out.
    open: Vec<(String, Option<&'static str>)>,
    /// How many more are open below the deepest.
    deeper: usize,
}

impl Writer {
    fn start(&mut self, tag: &Tag, rest: &mut Tokens<'_>) {
        let place = tag.attribute("id").or(tag.attribute("name").filter(|_| tag.name == "a"));
        if let Some(place) = place {
            self.mark(Mark::Anchor(place.to_owned()));
        }
        if tag.is_typed(&["pagebreak"]) {
            let inner = skip(tag, rest);
            if let Some(number) = page_number(tag, &inner) {
                self.mark(Mark::Page(number));
            }
        } else if tag.name == "math" {
            let formula = formula(tag, rest);
            self.marked.html.push_str(&escape(&formula));
        } else if tag.name == "head" || is_note_mark(tag) {
            skip(tag, rest);
        } else if VOID.contains(&tag.name.as_str()) {
            if matches!(tag.name.as_str(), "br" | "hr") {
                self.marked.html.push_str("<br>");
            }
        } else {
            self.open(tag);
        }
    }

    fn mark(&mut self, mark: Mark) {
        self.marked.html.push_str(&format!("{}{}{}", MARK[0], self.marked.marks.len(), MARK[1]));
        self.marked.marks.push(mark);
    }

    fn open(&mut self, tag: &Tag) {
        if self.open.len() == DEEPEST {
            self.deeper += usize::from(!tag.is_empty);
            return;
        }
        self.close_siblings(&tag.name);
        let written = written(&tag.name).filter(|name| !self.is_too_much(name));
        if let Some(name) = written {
            self.marked.html.push_str(&format!("<{name}"));
            for attribute in ["id", "href", "class", "role", "rel"] {
                if let Some(value) = tag.attribute(attribute) {
                    self.marked.html.push_str(&format!(" {attribute}=\"{}\"", escape(value).replace('"', "&quot;")));
                }
            }
            self.marked.html.push('>');
        }
        self.open.push((tag.name.clone(), written));
        if tag.is_empty {
            self.close_down_to(self.open.len() - 1);
        }
    }

    /// A block ends the paragraph it stands in, and a list item the one before it.
    fn close_siblings(&mut self, name: &str) {
        if written(name).is_some_and(|name| !INLINE.contains(&name)) {
            let is_inside = |open: &(String, Option<&str>)| open.1.is_none_or(|open| INLINE.contains(&open));
            let inside = self.open.iter().rev().take_while(|open| is_inside(open)).count();
            let around = self.open.len() - inside;
            if around > 0 && self.open[around - 1].0 == "p" {
                self.close_down_to(around - 1);
            }
        }
        let is_sibling = |group: &&[&str]| {
            group.contains(&name) && self.open.last().is_some_and(|(open, _)| group.contains(&open.as_str()))
        };
        if SIBLINGS.iter().any(is_sibling) {
            self.close_down_to(self.open.len() - 1);
        }
    }

    /// Emphasis around rows of a table, or in much other emphasis, is left out.
    fn is_too_much(&self, name: &str) -> bool {
        const FRAME: [&str; 5] = ["table", "tbody", "tfoot", "thead", "tr"];
        let around = self.open.iter().rev().filter_map(|(_, written)| *written);
        let mut emphasis = around.clone().filter(|open| EMPHASIS.contains(open));
        let mut blocks = around.filter(|open| !INLINE.contains(open));
        EMPHASIS.contains(&name)
            && (emphasis.nth(MOST_EMPHASIS - 1).is_some() || blocks.next().is_some_and(|block| FRAME.contains(&block)))
    }

    /// A stray end tag closes nothing.
    fn end(&mut self, name: &str) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(at) = self.open.iter().rposition(|(open, _)| open == name) {
            self.close_down_to(at);
        }
    }

    fn close_down_to(&mut self, length: usize) {
        while self.open.len() > length {
            if let Some((_, Some(written))) = self.open.pop() {
                self.marked.html.push_str(&format!("</{written}>"));
            }
        }
    }
}

/// The element that stands for it in the HTML: only what says something about the text's structure.
///
/// Heads and asides of a chapter are text, unlike those of a web page.
fn written(name: &str) -> Option<&'static str> {
    const KEPT: [&str; 42] = [
        "a",
        "article",
        "b",
        "blockquote",
        "body",
        "caption",
        "dd",
        "dfn",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "html",
        "i",
        "iframe",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "select",
        "span",
        "strong",
        "svg",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ];
    match name {
        "header" | "footer" | "aside" => Some("div"),
        name => KEPT.into_iter().find(|kept| *kept == name),
    }
}

/// Passes over an element, and answers its text.
fn skip(tag: &Tag, rest: &mut Tokens<'_>) -> String {
    let mut inner = String::new();
    let mut depth = usize::from(!tag.is_empty);
    while depth > 0 {
        match rest.next() {
            Some(Token::Start(other)) if other.name == tag.name && !other.is_empty => depth += 1,
            Some(Token::End(name)) if name == tag.name => depth -= 1,
            Some(Token::Text(text)) => inner.push_str(&text),
            Some(_) => {}
            None => break,
        }
    }
    inner
}

/// The number or sign in the text that leads to a note, or back from it.
fn is_note_mark(tag: &Tag) -> bool {
    let classed =
        |class: &str| tag.attribute("class").is_some_and(|classes| classes.split(' ').any(|one| one == class));
    tag.name == "a"
        && (tag.is_typed(&["noteref", "backlink"])
            || ["footnote-ref", "footnote-back", "headerlink"].into_iter().any(classed))
}

/// "12", "page 12", "p12"; the roman numbers of a preface are none.
fn page_number(tag: &Tag, inner: &str) -> Option<u32> {
    let said = [tag.attribute("title"), tag.attribute("aria-label"), Some(inner), tag.attribute("id")];
    said.into_iter().flatten().find_map(number_at_end)
}

/// The number that a text ends with.
pub fn number_at_end(text: &str) -> Option<u32> {
    let text = text.trim().trim_end_matches('.');
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().ok().filter(|number| *number > 0)
}

/// A formula as its author wrote it in TeX, between dollar signs; else the text of its MathML.
fn formula(tag: &Tag, rest: &mut Tokens<'_>) -> String {
    let mut depth = usize::from(!tag.is_empty);
    let (mut text, mut tex, mut in_tex) =
        (String::new(), tag.attribute("alttext").unwrap_or_default().to_owned(), None);
    while depth > 0 {
        match rest.next() {
            Some(Token::Start(inner)) if inner.name == "annotation" && !inner.is_empty => {
                in_tex = Some(
                    inner.attribute("encoding").is_some_and(|encoding| encoding.contains("tex")) && tex.is_empty(),
                );
            }
            Some(Token::Start(inner)) if inner.name == "math" && !inner.is_empty => depth += 1,
            Some(Token::End(name)) if name == "annotation" => in_tex = None,
            Some(Token::End(name)) if name == "math" => depth -= 1,
            Some(Token::Text(inner)) => match in_tex {
                Some(true) => tex.push_str(&super::tokens::decode(&inner)),
                Some(false) => {}
                None => text.push_str(&super::tokens::decode(&inner)),
            },
            Some(_) => {}
            None => break,
        }
    }
    let dollars = if tag.attribute("display") == Some("block") { "$$" } else { "$" };
    match tex.trim() {
        "" => text.split_whitespace().collect(),
        tex => format!("{dollars}{tex}{dollars}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(xhtml: &str) -> String {
        to_html(xhtml).html
    }

    #[test]
    fn what_closes_itself_does_not_swallow_the_rest() {
        assert_eq!(
            html("<head><title/></head><body><p/><a href='x'/>text<br/>more</body>"),
            "<body><p></p><a href=\"x\"></a>text<br>more</body>"
        );
        assert_eq!(
            html("<header><h1>A</h1></header><p>one<p>two<ul><li>x<li>y</ul>"),
            "<div><h1>A</h1></div><p>one</p><p>two</p><ul><li>x</li><li>y</li></ul>"
        );
    }

    #[test]
    fn nesting_and_repair_do_not_grow() {
        let deep = format!("{}x", "<div>".repeat(5_000));
        assert_eq!(html(&deep).matches("<div>").count(), DEEPEST);
        let emphasis = format!("{}{}", "<b><font color='1'>".repeat(1_000), "<p>x".repeat(1_000));
        assert_eq!(html(&emphasis).matches("<b>").count(), MOST_EMPHASIS);
        assert_eq!(html("<p>a <b>c<table><b><tr><td>x").matches("<b>").count(), 1);
    }

    #[test]
    fn formulas_notes_and_pages() {
        let text = "<p>a<math><mi>x</mi><annotation encoding='application/x-tex'>x &lt; 1</annotation></math>\
            <a epub:type='noteref' href='#n'>1</a><span epub:type='pagebreak' id='p7' title='7'/></p>";
        let marked = to_html(text);
        assert_eq!(marked.marks, [Mark::Anchor("p7".into()), Mark::Page(7)]);
        assert!(marked.html.starts_with("<p>a$x &lt; 1$\u{10fff0}0"), "{}", marked.html);
    }
}
