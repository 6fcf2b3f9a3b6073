use std::borrow::Cow;

/// Elements that may be open inside each other; browsers stop at 512.
const DEEPEST: usize = 1_000;
/// Open elements that an end tag is looked for among, from the innermost.
const LOOK_BACK: usize = 64;

/// Elements without content.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

/// Elements that end where another of their kind begins, so that they do not nest by themselves.
const ENDING_EACH_OTHER: [&str; 25] = [
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "caption", "option", "optgroup",
    "a", "nobr", "button", "h1", "h2", "h3", "h4", "h5", "h6", "html", "body",
];

/// Elements whose content is text, whatever it looks like.
const RAW: [&str; 6] = ["script", "style", "textarea", "title", "iframe", "xmp"];

/// HTML without the tags of elements nested deeper than anybody writes by hand.
///
/// At each start tag the parser looks through all elements that are open: a page of a hundred thousand nested elements would
/// keep it busy for minutes.
pub fn shallow(text: &str) -> Cow<'_, str> {
    let mut scan = Scan { text, open: Vec::new(), foreign: 0, copied: 0, kept: String::new() };
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        at = scan.markup(at + found);
    }
    if scan.copied == 0 {
        return Cow::Borrowed(text);
    }
    scan.kept.push_str(&text[scan.copied..]);
    Cow::Owned(scan.kept)
}

struct Scan<'t> {
    text: &'t str,
    open: Vec<Open<'t>>,
    /// How many of them are drawings or formulas, where a slash ends an element.
    foreign: usize,
    /// Up to here the text is copied, or dropped.
    copied: usize,
    kept: String,
}

struct Open<'t> {
    name: &'t str,
    is_kept: bool,
}

impl<'t> Scan<'t> {
    /// Goes over what begins with the `<` at this place, and answers where to go on.
    fn markup(&mut self, start: usize) -> usize {
        let rest = &self.text[start..];
        if rest.starts_with("<!--") {
            return rest.find("-->").map_or(self.text.len(), |end| start + end + 3);
        }
        let is_end = rest.starts_with("</");
        let name = name(&rest[if is_end { 2 } else { 1 }..]);
        if name.is_empty() {
            return start + 1;
        }
        let end = start + length(rest);
        if is_end {
            self.leave(name, start, end);
            return end;
        }
        if is_one_of(name, &RAW) {
            return closing(self.text, end, name);
        }
        let is_closed = self.foreign > 0 && self.text[..end].ends_with("/>");
        if !is_closed && !is_one_of(name, &VOID) && !is_one_of(name, &ENDING_EACH_OTHER) {
            self.enter(name, start, end);
        }
        end
    }

    fn enter(&mut self, name: &'t str, start: usize, end: usize) {
        let is_kept = self.open.len() < DEEPEST;
        self.foreign += usize::from(is_foreign(name));
        self.open.push(Open { name, is_kept });
        if !is_kept {
            self.drop(start, end);
        }
    }

    /// An end tag that ends nothing is left to the parser, which ignores it.
    fn leave(&mut self, name: &str, start: usize, end: usize) {
        let innermost = self.open.iter().rev().take(LOOK_BACK);
        let Some(above) = innermost.map(|open| open.name).position(|open| open.eq_ignore_ascii_case(name)) else {
            return;
        };
        let at = self.open.len() - 1 - above;
        let is_kept = self.open[at].is_kept;
        self.foreign -= self.open[at..].iter().filter(|open| is_foreign(open.name)).count();
        self.open.truncate(at);
        if !is_kept {
            self.drop(start, end);
        }
    }

    fn drop(&mut self, start: usize, end: usize) {
        self.kept.push_str(&self.text[self.copied..start]);
        // Words on both sides of a tag stay two.
        self.kept.push(' ');
        self.copied = end;
    }
}

fn name(tag: &str) -> &str {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_');
    let end = tag.find(|c| !is_name(c)).unwrap_or(tag.len());
    if tag.starts_with(|c: char| c.is_ascii_alphabetic()) { &tag[..end] } else { "" }
}

/// The bytes of a tag up to its `>`, which does not count inside quotation marks.
fn length(tag: &str) -> usize {
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(mark), _) if mark == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

/// Where the end tag begins that ends raw text.
fn closing(text: &str, from: usize, name: &str) -> usize {
    let is_end = |at: &usize| {
        let after = text.as_bytes().get(at + 2..at + 2 + name.len());
        text[*at..].starts_with("</") && after.is_some_and(|after| after.eq_ignore_ascii_case(name.as_bytes()))
    };
    text[from..].match_indices('<').map(|(at, _)| from + at).find(is_end).unwrap_or(text.len())
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn is_foreign(name: &str) -> bool {
    is_one_of(name, &["svg", "math"])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_untouched(text: &str) -> bool {
        matches!(shallow(text), Cow::Borrowed(_))
    }

    #[test]
    fn what_people_write_is_left_alone() {
        assert!(is_untouched("<ul><li>a<li>b</ul><p>1 < 2</p>"));
        assert!(is_untouched(&"<p>a<li>b<br><a href=\"x>y\">c".repeat(5_000)));
        assert!(is_untouched(&"<div><span>a</span></div>".repeat(5_000)));
        assert!(is_untouched(&format!("<script>{}</script>", "'<div>'".repeat(5_000))));
        assert!(is_untouched(&format!("<svg>{}</svg>", "<path d='1'/>".repeat(5_000))));
    }

    #[test]
    fn tags_beyond_the_deepest_level_go_and_the_text_stays() {
        let deep = |times: usize| format!("{}x{}y", "<div>".repeat(times), "</div>".repeat(times));
        assert!(is_untouched(&deep(DEEPEST)));
        let page = deep(DEEPEST + 3);
        let (text, tags) = (shallow(&page), deep(DEEPEST));
        assert_eq!(text.replace(' ', ""), tags);
    }

    #[test]
    fn end_tags_of_nothing_do_not_hide_how_deep_it_goes() {
        let page = "<div></b>".repeat(DEEPEST + 10);
        assert_eq!(shallow(&page).matches("<div>").count(), DEEPEST);
    }

    proptest! {
        #[test]
        fn nothing_but_tags_is_taken_away(parts in prop::collection::vec("<div>|</div>|<b a='>'>|</b>|<svg>|</svg>|<x/>|word| < |é", 0..60)) {
            let page = "<i>".repeat(DEEPEST) + &parts.concat();
            let words = |text: &str| text.matches("word").count() + text.matches('é').count();
            prop_assert_eq!(words(&shallow(&page)), words(&page));
            prop_assert!(shallow(&page).matches("<div>").count() == 0);
        }
    }
}
