use super::super::document::{Block, Document};
use super::flow::{Placed, Role};

/// Where the text of an index begins, as a share of the book.
const FROM: f32 = 0.5;

/// More entries are not read.
const MOST_ENTRIES: usize = 20_000;

/// What a back-of-book index says: a term, and a printed page number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub term: String,
    pub label: String,
}

/// Takes the indexes at the end of a book out of its text.
pub fn take_out(flow: &mut [Placed]) -> Vec<Entry> {
    let last = flow.last().map_or(0, |placed| placed.page) as f32;
    let mut entries = Vec::new();
    let mut at = 0;
    while at < flow.len() {
        let level = flow[at].opens.iter().find(|heading| is_index(&heading.title)).map(|heading| heading.level);
        let Some(level) = level.filter(|_| flow[at].page as f32 >= FROM * last) else {
            at += 1;
            continue;
        };
        let ends = |placed: &Placed| {
            placed
                .opens
                .iter()
                .any(|heading| heading.level <= level && heading.title.chars().count() > 2 && !is_index(&heading.title))
        };
        let end = (at + 1..flow.len()).find(|end| ends(&flow[*end])).unwrap_or(flow.len());
        let region = &mut flow[at..end];
        let listed = region.iter().filter(|placed| !pages(&placed.line.text).1.is_empty()).count();
        if listed * 10 > region.len() * 3 {
            entries.extend(read(region));
            for placed in region {
                placed.role = Role::Gone;
                placed.opens.clear();
            }
        }
        at = end;
    }
    entries.truncate(MOST_ENTRIES);
    entries
}

fn is_index(title: &str) -> bool {
    let title = title.to_lowercase();
    let words: Vec<&str> = title.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).collect();
    words.len() < 6 && (words.first() == Some(&"index") || words.last() == Some(&"index"))
}

fn read(region: &[Placed]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut above = String::new();
    for placed in region.iter().filter(|placed| placed.is_text()) {
        let (term, labels) = pages(&placed.line.text);
        let deep = placed.line.left - placed.left > 0.6 * placed.line.size;
        let term = match (term.is_empty(), deep) {
            (true, _) => above.clone(),
            (false, true) => below(&above, &term),
            (false, false) => term,
        };
        if !deep {
            above.clone_from(&term);
        }
        let letters = term.chars().filter(|c| c.is_alphabetic()).count();
        let named = letters > 1 && term.split_whitespace().count() < 8 && !term.contains("...");
        if named {
            entries.extend(labels.into_iter().map(|label| Entry { term: term.clone(), label }));
        }
    }
    entries
}

/// An entry that stands under another: `descent` under `gradient`, `inverse of` under `matrix`.
fn below(above: &str, term: &str) -> String {
    const PREPOSITIONS: [&str; 8] = ["of", "in", "for", "with", "by", "to", "on", "and"];
    let last = term.rsplit(' ').next().unwrap_or_default();
    if PREPOSITIONS.contains(&last) { format!("{term} {above}") } else { format!("{above} {term}") }.trim().to_owned()
}

/// A line of an index: the term, and the numbers of pages after it.
fn pages(line: &str) -> (String, Vec<String>) {
    let mut labels = Vec::new();
    let mut rest = line.trim();
    while let Some(word) = rest.rsplit(|c: char| c.is_whitespace() || c == ',').next() {
        let bare = word.trim_matches([',', '.', ';', '(', ')']);
        let first = bare.split(['-', '–', '—']).next().unwrap_or_default().trim_end_matches(['f', 'n', 't']);
        let number = !first.is_empty() && first.len() < 5 && first.chars().all(|c| c.is_ascii_digit());
        if !word.is_empty() && !number && !bare.is_empty() {
            break;
        }
        if number {
            labels.push(first.to_owned());
        }
        let shorter = rest[..rest.len() - word.len()].trim_end_matches(|c: char| c.is_whitespace() || c == ',');
        if shorter.len() == rest.len() {
            break;
        }
        rest = shorter;
    }
    labels.reverse();
    let term = rest.trim_end_matches(['.', ',', ':', ' ', '\u{2026}', '\u{b7}']);
    (if term.to_lowercase().contains("see ") { String::new() } else { term.to_owned() }, labels)
}

/// Gives each term to the section that stands on its page and speaks of it; `page_of` knows which page carries a number.
pub fn assign(document: &mut Document, entries: &[Entry], page_of: impl Fn(&str) -> Option<u32>) {
    let spans = spans(document);
    for entry in entries {
        let Some(page) = page_of(&entry.label) else {
            continue;
        };
        let term = entry.term.to_lowercase();
        let longest = term.split_whitespace().max_by_key(|word| word.len()).unwrap_or_default();
        let here = || spans.iter().filter(|span| span.first <= page && page <= span.last);
        let speaks = |wanted: &str| here().find(|span| span.text.contains(wanted));
        let Some(span) = speaks(&term).or_else(|| speaks(longest)).or_else(|| here().next()) else {
            continue;
        };
        let section = &mut document.sections[span.section];
        if !section.terms.contains(&entry.term) {
            section.terms.push(entry.term.clone());
        }
    }
}

/// The pages a section stands on, and what it says in small letters.
struct Span {
    section: usize,
    first: u32,
    last: u32,
    text: String,
}

fn spans(document: &Document) -> Vec<Span> {
    let mut page = 1;
    let mut spans = Vec::new();
    for (at, section) in document.sections.iter().enumerate() {
        let mut first = None;
        let mut text = section.title.to_lowercase();
        for block in &section.blocks {
            match block {
                Block::Page(number) => page = *number,
                Block::Prose(more) | Block::Display(more) | Block::Code { text: more, .. } => {
                    first.get_or_insert(page);
                    text.push(' ');
                    text.push_str(&more.to_lowercase());
                }
            }
        }
        spans.extend(first.map(|first| Span { section: at, first, last: page, text }));
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::super::flow::Heading;
    use super::super::line::Line;
    use super::*;
    use crate::document::DocumentBuilder;

    #[test]
    fn lines_of_an_index_are_taken_apart() {
        let read = |line: &str| {
            let (term, labels) = pages(line);
            (term, labels.join(" "))
        };
        assert_eq!(read("gradient descent, 12, 34–36"), ("gradient descent".into(), "12 34".into()));
        assert_eq!(read("matrix . . . . . . 7"), ("matrix".into(), "7".into()));
        assert_eq!(read("Trees"), ("Trees".into(), String::new()));
        assert_eq!(read("45"), (String::new(), "45".into()));
        assert_eq!(read("trees, see forests"), (String::new(), String::new()));
    }

    #[test]
    fn terms_go_to_the_sections_on_their_pages() {
        let line = |text: &str, left: f32| Placed {
            line: Line { text: text.into(), left, size: 10.0, ..Line::default() },
            page: 9,
            ..Placed::default()
        };
        let mut flow =
            vec![line("matrix, 2", 0.0), line("inverse of, 3", 12.0), line("tree, 2", 0.0), line("root", 12.0)];
        flow[0].opens.push(Heading { level: 1, title: "Index".into() });
        let entries = take_out(&mut flow);
        assert!(flow.iter().all(|placed| !placed.is_text()));
        let mut builder = DocumentBuilder::default();
        builder.heading(1, "One");
        builder.page(5);
        builder.prose("About a tree.");
        builder.heading(1, "Two");
        builder.prose("A matrix is a table.");
        builder.page(6);
        builder.prose("Its inverse is another.");
        let mut document = builder.finish();
        assign(&mut document, &entries, |label| Some(label.parse::<u32>().ok()? + 3));
        assert_eq!(document.sections[0].terms, ["tree"]);
        assert_eq!(document.sections[1].terms, ["matrix", "inverse of matrix"]);
    }
}
