use super::path::{name, resolve};
use super::tokens::{Token, decode, tokens};

/// Elements that hold one line of an index.
const LINES: [&str; 6] = ["li", "dt", "dd", "p", "td", "div"];
/// Lines stand in lines no deeper than this.
const DEEPEST: usize = 64;
/// Words of a term; what is longer is a sentence.
const MOST_WORDS: usize = 10;

/// What a back-of-book index or a glossary lists: a term, and the place in another file that explains it.
pub fn explained(path: &str, text: &str, is_glossary: bool) -> Vec<(String, String)> {
    let mut reader = Reader { path, is_glossary, ..Reader::default() };
    for token in tokens(text) {
        reader.token(&token);
    }
    reader.close_down_to(0);
    reader.found
}

#[derive(Default)]
struct Reader<'a> {
    path: &'a str,
    is_glossary: bool,
    lines: Vec<Line>,
    /// The `dt` that a following `dd` belongs to, by how many lines are open around it.
    heads: Vec<(usize, String)>,
    link: Option<(String, String)>,
    found: Vec<(String, String)>,
}

#[derive(Default)]
struct Line {
    element: String,
    /// Outside of links.
    text: String,
    /// Where they lead, and their texts.
    links: Vec<(String, String)>,
}

impl Line {
    /// "binary search, 12" links the number; "binary search" links itself.
    fn term(&self) -> String {
        let own = clean(&self.text);
        let linked = || self.links.iter().map(|(_, text)| clean(text)).find(|text| !text.is_empty());
        if own.is_empty() { linked().unwrap_or_default() } else { own }
    }
}

impl Reader<'_> {
    fn token(&mut self, token: &Token<'_>) {
        match token {
            Token::Start(tag) if LINES.contains(&tag.name.as_str()) && !tag.is_empty => {
                self.close_siblings(&tag.name);
                if self.lines.len() < DEEPEST {
                    self.lines.push(Line { element: tag.name.clone(), ..Line::default() });
                }
            }
            Token::Start(tag) if tag.name == "a" => {
                self.link = tag.attribute("href").map(|href| (href.to_owned(), String::new()));
            }
            Token::End(name) if name == "a" => self.end_link(),
            Token::End(name) if LINES.contains(&name.as_str()) => {
                if let Some(at) = self.lines.iter().rposition(|line| line.element == *name) {
                    self.close_down_to(at);
                }
            }
            Token::Text(text) => match (&mut self.link, self.lines.last_mut()) {
                (Some((_, linked)), _) => linked.push_str(&decode(text)),
                (None, Some(line)) if !(self.is_glossary && line.element == "dd") => line.text.push_str(&decode(text)),
                _ => {}
            },
            _ => {}
        }
    }

    fn end_link(&mut self) {
        let (Some((href, text)), Some(line)) = (self.link.take(), self.lines.last_mut()) else {
            return;
        };
        if let Some((file, place)) = resolve(self.path, &href).filter(|(file, _)| file != self.path) {
            line.links.push((name(&file, place.as_deref()), text));
        }
    }

    fn close_siblings(&mut self, element: &str) {
        const DEFINITION: [&str; 2] = ["dt", "dd"];
        let is_sibling = |open: &str| {
            open == element && element != "div" || DEFINITION.contains(&open) && DEFINITION.contains(&element)
        };
        // Only the innermost: a list inside a line opens lines of its own.
        if self.lines.last().is_some_and(|line| is_sibling(&line.element) && line.element != "dd" && element != "li") {
            self.close_down_to(self.lines.len() - 1);
        }
    }

    fn close_down_to(&mut self, length: usize) {
        while self.lines.len() > length {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some(line) = self.lines.pop() else {
            return;
        };
        let depth = self.lines.len();
        self.heads.retain(|(at, _)| *at <= depth);
        let own = line.term();
        let mut above = self
            .lines
            .iter()
            .map(Line::term)
            .chain(self.heads_for(&line.element, depth))
            .filter(|term| !term.is_empty());
        let term = if self.is_glossary && line.element == "dd" {
            above.next_back().unwrap_or_default()
        } else {
            above.by_ref().chain([own.clone()]).filter(|term| !term.is_empty()).collect::<Vec<_>>().join(", ")
        };
        if line.element == "dt" {
            self.heads.retain(|(at, _)| *at < depth);
            self.heads.push((depth, own));
        }
        if !term.is_empty() && term.split_whitespace().count() <= MOST_WORDS {
            self.found.extend(line.links.into_iter().map(|(target, _)| (term.clone(), target)));
        }
    }

    /// The terms that stand above a line inside `dd` elements.
    fn heads_for(&self, element: &str, depth: usize) -> Vec<String> {
        let of_definition =
            |at: usize| self.lines.get(at).is_some_and(|line| line.element == "dd") || (at == depth && element == "dd");
        self.heads.iter().filter(|(at, _)| of_definition(*at)).map(|(_, term)| term.clone()).collect()
    }
}

/// Without page numbers, `[1]`, commas, and what stands in brackets behind the term.
fn clean(text: &str) -> String {
    let text = pathwright_api::text::squeeze(text);
    let is_tail = |c: char| {
        c.is_ascii_digit() || c.is_whitespace() || matches!(c, ',' | ';' | ':' | '.' | '–' | '-' | '[' | ']' | '—')
    };
    let text = text.trim_start_matches(is_tail).trim_end_matches(|c| is_tail(c) && !c.is_ascii_digit());
    let text = match text.strip_suffix(')').and_then(|text| text.rsplit_once(" (")) {
        Some((term, _)) => term.trim_end(),
        None => text,
    };
    let is_term = text.chars().any(char::is_alphabetic);
    if is_term { text.trim_end_matches([',', ';', ':', ' ']).to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(text: &str, is_glossary: bool) -> Vec<String> {
        explained("index.xhtml", text, is_glossary)
            .into_iter()
            .map(|(term, target)| format!("{term} -> {target}"))
            .collect()
    }

    #[test]
    fn lines_that_link_numbers_and_lines_that_link_themselves() {
        let text = "<ul><li>tides, <a href='a.xhtml#t'>12</a>, <a href='b.xhtml'>15</a><ul><li>spring <a href='a.xhtml#s'>13</a></li></ul></li>
            <li><a href='c.xhtml#x'>abs() (built-in function)</a>, <a href='c.xhtml#y'>[1]</a></li><li><a href='#top'>up</a></li></ul>";
        let expected = [
            "tides, spring -> a.xhtml#s",
            "tides -> a.xhtml#t",
            "tides -> b.xhtml",
            "abs() -> c.xhtml#x",
            "abs() -> c.xhtml#y",
        ];
        assert_eq!(index(text, false), expected);
    }

    #[test]
    fn definition_lists_nest() {
        let text = "<dl><dt>loop</dt><dd><dl><dt><a href='a.xhtml#w'>while</a></dt></dl></dd><dt><a href='b.xhtml'>map</a></dt></dl>";
        assert_eq!(index(text, false), ["loop, while -> a.xhtml#w", "map -> b.xhtml"]);
    }

    #[test]
    fn a_glossary_explains_its_heads() {
        let text = "<dl><dt>Tide</dt><dd>Rise of the sea. See <a href='a.xhtml#t'>Chapter 1</a>.</dd><dt>Ebb</dt><dd>Fall.</dd></dl>";
        assert_eq!(index(text, true), ["Tide -> a.xhtml#t"]);
    }
}
