use std::borrow::Cow;

use scraper::Html;

/// Attributes of one tag beyond which further ones are not read.
const MOST_ATTRIBUTES: usize = 32;

/// A tag or the text up to the next one, of XHTML or HTML, however broken.
#[derive(Debug, PartialEq, Eq)]
pub enum Token<'a> {
    Start(Tag),
    /// The name in lower case, without prefix.
    End(String),
    /// With its entities as they are.
    Text(Cow<'a, str>),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tag {
    /// In lower case, without prefix.
    pub name: String,
    /// Names in lower case with their prefix, values with their entities decoded.
    pub attributes: Vec<(String, String)>,
    /// Closes itself: `<a id="x"/>`.
    pub is_empty: bool,
}

impl Tag {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether `epub:type` says one of these words, or `role` does with `doc-` before it.
    pub fn is_typed(&self, types: &[&str]) -> bool {
        let says = |attribute: &str, prefix: &str| {
            let words = self.attribute(attribute).unwrap_or_default().split_whitespace();
            words.filter_map(|word| word.strip_prefix(prefix)).any(|word| types.contains(&word))
        };
        says("epub:type", "") || says("role", "doc-")
    }
}

/// Goes through markup from the front; comments, declarations and the content of scripts and styles are passed over.
#[derive(Clone)]
pub struct Tokens<'a> {
    rest: &'a str,
}

pub fn tokens(text: &str) -> Tokens<'_> {
    Tokens { rest: text }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            if !self.rest.starts_with('<') {
                let (text, rest) = self.rest.split_at(self.rest.find('<').unwrap_or(self.rest.len()));
                self.rest = rest;
                return Some(Token::Text(Cow::Borrowed(text)));
            }
            match self.rest.as_bytes().get(1) {
                Some(b'!') if self.rest.starts_with("<!--") => self.skip_past("-->"),
                Some(b'!') if self.rest.starts_with("<![CDATA[") => return Some(self.character_data()),
                Some(b'!' | b'?') => self.skip_past(">"),
                Some(b'/') => return Some(self.end_tag()),
                Some(first) if first.is_ascii_alphabetic() => return Some(self.start_tag()),
                _ => {
                    self.rest = &self.rest[1..];
                    return Some(Token::Text(Cow::Borrowed("&lt;")));
                }
            }
        }
    }
}

impl<'a> Tokens<'a> {
    fn skip_past(&mut self, end: &str) {
        self.rest = self.rest.split_once(end).map_or("", |(_, rest)| rest);
    }

    fn character_data(&mut self) -> Token<'a> {
        let inner = &self.rest["<![CDATA[".len()..];
        let (text, rest) = inner.split_once("]]>").unwrap_or((inner, ""));
        self.rest = rest;
        Token::Text(Cow::Owned(escape(text)))
    }

    fn end_tag(&mut self) -> Token<'a> {
        let (name, rest) = self.rest[2..].split_once('>').unwrap_or((&self.rest[2..], ""));
        self.rest = rest;
        Token::End(local(name.trim()))
    }

    fn start_tag(&mut self) -> Token<'a> {
        let inner = &self.rest[1..];
        let end = inner.find(|c: char| c.is_whitespace() || matches!(c, '/' | '>')).unwrap_or(inner.len());
        let mut tag = Tag { name: local(&inner[..end]), ..Tag::default() };
        self.rest = &inner[end..];
        self.attributes(&mut tag);
        if matches!(tag.name.as_str(), "script" | "style") && !tag.is_empty {
            self.skip_past(&format!("</{}", inner[..end].trim()));
            self.skip_past(">");
            tag.is_empty = true;
        }
        Token::Start(tag)
    }

    /// Up to the end of the tag.
    fn attributes(&mut self, tag: &mut Tag) {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() {
                return;
            }
            if let Some(rest) = self.rest.strip_prefix('>') {
                self.rest = rest;
                return;
            }
            if let Some(rest) = self.rest.strip_prefix('/') {
                tag.is_empty = rest.trim_start().starts_with('>');
                self.rest = rest;
                continue;
            }
            let (name, value) = self.attribute();
            if tag.attributes.len() < MOST_ATTRIBUTES {
                tag.attributes.push((name.to_lowercase(), decode(value)));
            }
        }
    }

    fn attribute(&mut self) -> (&'a str, &'a str) {
        let end =
            self.rest.find(|c: char| c.is_whitespace() || matches!(c, '=' | '/' | '>')).unwrap_or(self.rest.len());
        // A stray `=` is a name of its own, so that every round takes something.
        let (name, rest) = self.rest.split_at(if end == 0 { 1 } else { end });
        let Some(value) = rest.trim_start().strip_prefix('=').map(str::trim_start) else {
            self.rest = rest;
            return (name, "");
        };
        let (value, rest) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            _ => value.split_at(value.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(value.len())),
        };
        self.rest = rest;
        (name, value)
    }
}

/// The name without the prefixes under which books speak XHTML, SVG and MathML.
fn local(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.split_once(':') {
        Some(("xhtml" | "html" | "h" | "svg" | "m" | "mml" | "math", local)) => local.to_owned(),
        _ => name,
    }
}

pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text with its entities decoded as browsers do.
pub fn decode(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    Html::parse_fragment(&text.replace('<', "&lt;")).root_element().text().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let show = |token| match token {
            Token::Start(tag) => format!("<{}{}", tag.name, if tag.is_empty { "/" } else { "" }),
            Token::End(name) => format!("/{name}"),
            Token::Text(text) => text.into_owned(),
        };
        tokens(text).map(show).collect()
    }

    #[test]
    fn markup_is_taken_apart_however_broken() {
        let text = "<?xml?><!-- <p> --><html:P CLASS='a>b' id=c checked>x &amp; y<![CDATA[<b>]]><script src='s'/><script>a<b</script>1 < 2<br/></html:p";
        assert_eq!(
            shown(text),
            ["<p", "x &amp; y", "&lt;b&gt;", "<script/", "<script/", "1 ", "&lt;", " 2", "<br/", "/p"]
        );
    }

    #[test]
    fn attributes_are_decoded() {
        let Some(Token::Start(tag)) = tokens("<a epub:type='noteref x' href=\"a?b&amp;c\" = id=z>").next() else {
            panic!("no tag");
        };
        assert_eq!((tag.attribute("href"), tag.attribute("id")), (Some("a?b&c"), Some("z")));
        assert!(tag.is_typed(&["noteref"]) && !tag.is_typed(&["toc"]));
    }

    proptest! {
        #[test]
        fn any_text_comes_to_an_end(text in "[<>/!a-c=\"'&; \\[\\]-]{0,60}") {
            prop_assert!(tokens(&text).count() <= text.len());
        }
    }
}
