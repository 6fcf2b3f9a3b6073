use std::collections::{BTreeMap, HashSet};

use super::chapter::Item;
use super::contents::Entry;
use super::path::name;
use crate::document::{Block, Document, DocumentBuilder};

/// Words that may stand between a place of the table of contents and its heading: "Chapter 1", a motto.
const MOTTO: usize = 40;

/// Puts chapters one after the other into one document, with the levels of the table of contents.
#[derive(Default)]
pub struct Outline {
    builder: DocumentBuilder,
    /// The last heading that the table of contents names.
    base: Option<Base>,
    /// Names of the section that comes next.
    waiting: Vec<String>,
}

struct Base {
    path: String,
    /// By the table of contents.
    level: u8,
    /// By the HTML; 0 for a heading that is none there.
    written: u8,
}

/// Where the table of contents opens a section in a chapter.
struct Opening<'a> {
    entries: Vec<&'a Entry>,
    /// The chapter's own heading for it.
    heading: Option<usize>,
}

impl Outline {
    pub fn chapter(&mut self, path: &str, mut items: Vec<Item>, entries: &[Entry]) {
        if entries.is_empty() {
            raise_first_heading(&mut items);
        }
        let openings = openings(&items, entries);
        let taken: HashSet<usize> = openings.values().filter_map(|opening| opening.heading).collect();
        let mut title_again = None;
        self.waiting.push(path.to_owned());
        for (at, item) in items.iter().enumerate() {
            if let Some(opening) = openings.get(&at) {
                title_again = self.open(path, opening, &items);
            }
            match item {
                Item::Heading { .. } if taken.contains(&at) => {}
                Item::Heading { level, title, places } => self.heading(path, self.level(path, *level), title, places),
                Item::Block(block) if is_again(block, title_again.take().as_deref()) => {}
                Item::Block(block) => self.block(block.clone()),
                Item::Place(place) => self.waiting.push(name(path, Some(place))),
                Item::Reference(target) => self.builder.reference(target.as_str()),
                Item::Term(term) => self.builder.term(term),
            }
        }
        self.name_section();
    }

    pub fn finish(mut self, title: Option<String>, author: Option<String>) -> Document {
        self.builder.title(title);
        self.builder.author(author);
        self.builder.finish()
    }

    /// Answers the title, where it stands in the text as a paragraph instead of a heading.
    fn open(&mut self, path: &str, opening: &Opening<'_>, items: &[Item]) -> Option<String> {
        let (last, above) = opening.entries.split_last()?;
        for entry in above {
            self.heading(path, entry.level, &entry.title, &[]);
        }
        let (written, title, places) = match opening.heading.map(|at| &items[at]) {
            Some(Item::Heading { level, title, places }) => (*level, title, places.as_slice()),
            _ => (0, &last.title, [].as_slice()),
        };
        self.heading(path, last.level, title, places);
        self.base = Some(Base { path: path.to_owned(), level: last.level, written });
        (written == 0).then(|| title.clone())
    }

    fn heading(&mut self, path: &str, level: u8, title: &str, places: &[String]) {
        self.builder.heading(level, title);
        self.waiting.extend(places.iter().map(|place| name(path, Some(place))));
        self.name_section();
    }

    fn block(&mut self, block: Block) {
        match block {
            Block::Page(page) => self.builder.page(page),
            block => {
                self.name_section();
                self.builder.block(block);
            }
        }
    }

    fn name_section(&mut self) {
        for name in self.waiting.drain(..) {
            self.builder.anchor(name);
        }
    }

    /// The level of a heading that the table of contents does not name: below the last that it names in this file.
    fn level(&self, path: &str, written: u8) -> u8 {
        let Some(base) = &self.base else {
            return written;
        };
        let shifted = (written + base.level).saturating_sub(base.written);
        shifted.max(if base.path == path { base.level + 1 } else { 1 })
    }
}

/// A file without a place in the table of contents begins with its heading, not with the words above it.
fn raise_first_heading(items: &mut [Item]) {
    if let Some(at) = next_heading(items, 0, items.len(), "") {
        items[..=at].rotate_right(1);
    }
}

fn openings<'a>(items: &[Item], entries: &'a [Entry]) -> BTreeMap<usize, Opening<'a>> {
    let mut openings: BTreeMap<usize, Opening<'a>> = BTreeMap::new();
    let places = places(items);
    for entry in entries {
        let at = match &entry.place {
            None => Some(0),
            Some(place) => places.get(place.as_str()).copied(),
        };
        if let Some(at) = at.filter(|at| *at < items.len()) {
            openings.entry(at).or_insert(Opening { entries: Vec::new(), heading: None }).entries.push(entry);
        }
    }
    let starts: Vec<usize> = openings.keys().copied().collect();
    for (number, at) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(items.len());
        if let Some(opening) = openings.get_mut(at) {
            let title = opening.entries.last().map_or("", |entry| entry.title.as_str());
            opening.heading = next_heading(items, *at, end, title);
        }
    }
    openings
}

fn places(items: &[Item]) -> BTreeMap<&str, usize> {
    let mut places = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        let names = match item {
            Item::Place(place) => std::slice::from_ref(place),
            Item::Heading { places, .. } => places.as_slice(),
            _ => &[],
        };
        for name in names {
            places.entry(name.as_str()).or_insert(at);
        }
    }
    places
}

/// The first heading from here on, if little stands before it or it has the title looked for.
fn next_heading(items: &[Item], start: usize, end: usize, title: &str) -> Option<usize> {
    let mut words = 0;
    for (at, item) in items.iter().enumerate().take(end).skip(start) {
        match item {
            Item::Heading { title: own, .. } => return (words < MOTTO || is_alike(own, title)).then_some(at),
            Item::Block(block) => words += block.words(),
            _ => {}
        }
    }
    None
}

fn is_alike(one: &str, other: &str) -> bool {
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let (one, other) = (letters(one), letters(other));
    !one.is_empty() && !other.is_empty() && (one.contains(&other) || other.contains(&one))
}

fn is_again(block: &Block, title: Option<&str>) -> bool {
    let squeezed = |text: &str| pathwright_api::text::squeeze(text).to_lowercase();
    matches!((block, title), (Block::Prose(text), Some(title)) if squeezed(text) == squeezed(title))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(level: u8, title: &str) -> Item {
        Item::Heading { level, title: title.into(), places: vec![] }
    }

    fn text(text: &str) -> Item {
        Item::Block(Block::Prose(text.into()))
    }

    fn entry(level: u8, title: &str, place: Option<&str>) -> Entry {
        Entry { level, title: title.into(), place: place.map(str::to_owned) }
    }

    fn outline(chapters: Vec<(&str, Vec<Item>, Vec<Entry>)>) -> Vec<String> {
        let mut outline = Outline::default();
        for (path, items, entries) in chapters {
            outline.chapter(path, items, &entries);
        }
        let sections = outline.finish(None, None).sections;
        let show = |section: &crate::document::DocumentSection| {
            format!("{} {} {:?} {}", section.level, section.title, section.anchors, section.blocks.len())
        };
        sections.iter().map(show).collect()
    }

    #[test]
    fn headings_get_the_levels_of_the_contents() {
        let one = vec![text("Chapter 1"), heading(1, "One"), text("x"), heading(2, "Inner"), text("x")];
        let two = vec![heading(1, "Two"), heading(1, "Also large")];
        let shown = outline(vec![
            ("a", one, vec![entry(1, "Part I", None), entry(2, "1. One", None)]),
            ("b", two, vec![entry(2, "Two", None)]),
            ("c", vec![heading(1, "Unlisted")], vec![]),
        ]);
        let expected = [
            "1 Part I [\"a\"] 0",
            "2 One [] 2",
            "3 Inner [] 1",
            "2 Two [\"b\"] 0",
            "3 Also large [] 0",
            "2 Unlisted [\"c\"] 0",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn paragraphs_that_the_contents_name_become_headings() {
        let place = |name: &str| Item::Place(name.into());
        let items = vec![place("i"), text("ONE"), text("x"), place("j"), text("y"), place("k")];
        let shown = outline(vec![("a", items, vec![entry(1, "One", Some("i")), entry(1, "Two", Some("j"))])]);
        assert_eq!(shown, ["1 One [\"a\", \"a#i\"] 1", "1 Two [\"a#j\", \"a#k\"] 1"]);
    }

    #[test]
    fn a_file_of_text_alone_goes_on_where_the_last_ended() {
        let shown = outline(vec![("a", vec![heading(1, "One"), text("x")], vec![]), ("b", vec![text("y")], vec![])]);
        assert_eq!(shown, ["1 One [\"a\", \"b\"] 2"]);
    }
}
