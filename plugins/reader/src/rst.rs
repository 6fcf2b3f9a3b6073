use std::collections::HashMap;

use super::document::{Block, Document, DocumentBuilder};
use directive::option;
use inline::plain;
use lines::{adornment, dedented, indented, item, source};

/// What directives are about.
mod directive;
/// What two dots begin.
mod explicit;
/// Markup inside paragraphs.
mod inline;
/// What lines look like.
mod lines;
/// Grids, simple tables, lists as tables.
mod table;

pub use explicit::csv_rows;
pub use table::list_table;

/// Blocks in blocks beyond which lines are taken as they stand.
const DEEPEST: usize = 24;

/// Reads reStructuredText as Sphinx and docutils write it.
///
/// Labels are names of the section that follows them, in lower case; `term-…` names a glossary's entry. What only a
/// Sphinx build knows (the text of included files, documentation taken out of code) is left out.
pub fn read(text: &str) -> Document {
    let lines = source(text);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut reader = Reader { substitutions: substitutions(&lines), ..Reader::default() };
    reader.body(&lines, 0);
    reader.settle();
    reader.builder.finish()
}

/// `.. |name| replace:: text`
fn substitutions(lines: &[&str]) -> HashMap<String, String> {
    let mut found = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        let definition = line.strip_prefix(".. |").and_then(|rest| rest.split_once("| "));
        let Some((name, rest)) = definition else {
            continue;
        };
        let mut text = rest.strip_prefix("replace::").unwrap_or_default().trim().to_owned();
        for more in lines[at + 1..].iter().take_while(|more| more.starts_with(' ')).take(8) {
            text = format!("{text} {}", more.trim());
        }
        let kept = if rest.starts_with("replace::") { plain(text.trim(), &HashMap::new()).text } else { String::new() };
        found.insert(name.to_lowercase(), kept);
    }
    found
}

#[derive(Default)]
struct Reader {
    builder: DocumentBuilder,
    substitutions: HashMap<String, String>,
    /// How sections of each level are underlined, and whether they are overlined: by first use.
    styles: Vec<(char, bool)>,
    /// Labels and terms that stand before what they name.
    labels: Vec<String>,
    terms: Vec<String>,
    /// The language of code that says none.
    language: String,
    /// The next paragraph begins a list item.
    is_item: bool,
    has_text: bool,
}

impl Reader {
    fn body(&mut self, lines: &[&str], depth: usize) {
        let mut at = 0;
        while at < lines.len() {
            at += self.element(&lines[at..], depth).max(1);
        }
    }

    /// Reads what begins here, and answers how many lines it takes.
    fn element(&mut self, lines: &[&str], depth: usize) -> usize {
        let line = lines[0];
        if line.is_empty() {
            return 1;
        }
        if depth > DEEPEST {
            self.prose(line);
            return 1;
        }
        if line.starts_with(' ') {
            let taken = indented(lines, 0);
            self.body(&dedented(&lines[..taken], usize::MAX), depth + 1);
            return taken;
        }
        let taken = self.section(lines);
        if taken > 0 {
            return taken;
        }
        if line == ".." || line.starts_with(".. ") {
            return self.explicit(lines, depth);
        }
        if line.starts_with("__ ") || (adornment(line).is_some() && line.len() >= 4) {
            return 1;
        }
        self.text(lines, depth)
    }

    /// A title between two lines, or above one.
    fn section(&mut self, lines: &[&str]) -> usize {
        let (title, style, taken) = match *lines {
            [over, title, under, ..]
                if adornment(over).is_some() && adornment(over) == adornment(under) && is_title(title) =>
            {
                (title, adornment(over).map(|mark| (mark, true)), 3)
            }
            [title, under, ..] if adornment(title).is_none() && is_title(title) && underlines(title, under) => {
                (title, adornment(under).map(|mark| (mark, false)), 2)
            }
            _ => return 0,
        };
        let Some(style) = style else {
            return 0;
        };
        let level = self.styles.iter().position(|known| *known == style).unwrap_or_else(|| {
            self.styles.push(style);
            self.styles.len() - 1
        });
        let inline = plain(title.trim(), &self.substitutions);
        self.builder.heading((level + 1).min(12) as u8, &inline.text);
        self.has_text = true;
        self.settle();
        self.collect(inline.anchors, inline.references, inline.terms);
        taken
    }

    fn text(&mut self, lines: &[&str], depth: usize) -> usize {
        let line = lines[0];
        if line.starts_with(">>>") {
            let taken = until_empty(lines);
            self.code("python", &lines[..taken]);
            return taken;
        }
        if let Some((rows, taken)) = table::table(lines) {
            self.rows(rows);
            return taken;
        }
        if line == "|" || line.starts_with("| ") {
            let taken = lines.iter().take_while(|line| line.starts_with('|') || line.starts_with(' ')).count();
            let texts: Vec<&str> = lines[..taken].iter().map(|line| line.trim_start_matches(['|', ' '])).collect();
            self.prose(&texts.join(" "));
            return taken;
        }
        if let Some((name, value)) = option(line) {
            return self.field(name, value, lines, depth);
        }
        if let Some(column) = item(lines) {
            let taken = indented(lines, 1);
            let mut inner = vec![line.get(column..).unwrap_or_default().trim_start()];
            inner.extend(dedented(&lines[1..taken], column));
            self.is_item = true;
            self.body(&inner, depth + 1);
            self.is_item = false;
            return taken;
        }
        self.paragraph(lines, depth)
    }

    /// At the front of a file fields say what the file is; elsewhere they are text.
    fn field(&mut self, name: &str, value: &str, lines: &[&str], depth: usize) -> usize {
        let taken = indented(lines, 1);
        if !self.has_text {
            if matches!(name.to_lowercase().as_str(), "author" | "authors") {
                self.builder.author(Some(plain(value, &self.substitutions).text).filter(|author| !author.is_empty()));
            }
            return taken;
        }
        let name = name.strip_prefix("param ").unwrap_or(name).rsplit(' ').next().unwrap_or_default();
        let first = format!("{name}: {value}");
        let mut inner = vec![first.as_str()];
        inner.extend(dedented(&lines[1..taken], usize::MAX));
        self.body(&inner, depth + 1);
        taken
    }

    fn paragraph(&mut self, lines: &[&str], depth: usize) -> usize {
        let own = lines.iter().take_while(|line| !line.is_empty() && !line.starts_with(' '));
        let own = own
            .enumerate()
            .take_while(|(at, line)| *at == 0 || !(line.starts_with(".. ") && line.contains("::")))
            .count();
        let text = lines[..own].join("\n");
        if let Some(before) = text.strip_suffix("::") {
            let text = if before.is_empty() || before.ends_with(char::is_whitespace) {
                before.to_owned()
            } else {
                format!("{before}:")
            };
            self.prose(&text);
            return own + self.literal(&lines[own..]);
        }
        self.prose(&text);
        let is_definition = own < lines.len() && lines[own].starts_with(' ');
        if !is_definition {
            return own;
        }
        let taken = indented(&lines[own..], 0);
        self.body(&dedented(&lines[own..own + taken], usize::MAX), depth + 1);
        own + taken
    }

    /// The block below `::`: indented, or every line of it marked by the same sign.
    fn literal(&mut self, lines: &[&str]) -> usize {
        let empty = lines.iter().take_while(|line| line.is_empty()).count();
        let Some(first) = lines.get(empty) else {
            return empty;
        };
        let quote = first.chars().next().filter(|c| c.is_ascii_punctuation() && !first.starts_with(".."));
        let taken = match quote {
            Some(quote) => lines[empty..].iter().take_while(|line| line.starts_with(quote)).count(),
            None => indented(&lines[empty..], 0),
        };
        let language = self.language.clone();
        self.code(&language, &dedented(&lines[empty..empty + taken], usize::MAX));
        empty + taken
    }

    fn code(&mut self, language: &str, lines: &[&str]) {
        self.settle();
        let text = lines.join("\n").trim_matches('\n').to_owned();
        let language = if matches!(language, "default" | "none" | "text") { "" } else { language };
        self.builder.block(Block::Code { language: language.to_owned(), text });
        self.has_text = true;
    }

    fn display(&mut self, text: &str) {
        self.settle();
        self.builder.block(Block::Display(text.to_owned()));
        self.has_text = true;
    }

    fn prose(&mut self, text: &str) {
        let inline = plain(text, &self.substitutions);
        if inline.text.trim().is_empty() {
            return;
        }
        self.settle();
        self.collect(inline.anchors, inline.references, inline.terms);
        self.say(&inline.text);
    }

    fn say(&mut self, text: &str) {
        self.settle();
        let mark = if std::mem::take(&mut self.is_item) { "- " } else { "" };
        self.builder.prose(&format!("{mark}{text}"));
        self.has_text = true;
    }

    fn collect(&mut self, anchors: Vec<String>, references: Vec<String>, terms: Vec<String>) {
        for anchor in anchors {
            self.builder.anchor(anchor);
        }
        for reference in references {
            self.builder.reference(reference);
        }
        for term in &terms {
            self.builder.term(term);
        }
    }

    /// The open section gets the labels and terms that stood before it or before this text.
    fn settle(&mut self) {
        self.labels.drain(..).for_each(|label| self.builder.anchor(label));
        self.terms.drain(..).for_each(|term| self.builder.term(&term));
    }
}

fn is_title(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with(".. ")
}

/// As long as the title, or nearly so: people count badly.
fn underlines(title: &str, under: &str) -> bool {
    let width = title.chars().count();
    adornment(under).is_some() && !title.starts_with(' ') && (under.len() >= width || under.len() >= 4)
}

fn until_empty(lines: &[&str]) -> usize {
    lines.iter().take_while(|line| !line.is_empty()).count()
}

#[cfg(test)]
mod tests;
