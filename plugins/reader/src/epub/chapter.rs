use std::collections::HashMap;

use super::markup::{MARK, Mark, to_html};
use super::path::{name, resolve};
use crate::document::{Block, DocumentSection};
use crate::html;

/// What a chapter consists of, in its order.
#[derive(Debug, PartialEq, Eq)]
pub enum Item {
    Heading {
        /// As the HTML says.
        level: u8,
        title: String,
        /// The places inside the heading.
        places: Vec<String>,
    },
    Block(Block),
    /// The place that `#name` leads to: of what follows.
    Place(String),
    /// Named as sections name each other.
    Reference(String),
    Term(String),
}

/// Takes a chapter apart. `pages` says which places begin a page of the printed book.
pub fn items(path: &str, text: &str, pages: &HashMap<String, u32>) -> Vec<Item> {
    let marked = to_html(text);
    let reader = Reader { path, marks: &marked.marks, pages };
    let sections = html::read(&marked.html).sections;
    sections.into_iter().flat_map(|section| reader.section(section)).collect()
}

struct Reader<'a> {
    path: &'a str,
    marks: &'a [Mark],
    pages: &'a HashMap<String, u32>,
}

/// A text without its marks, and what they say.
#[derive(Default)]
struct Read {
    text: String,
    places: Vec<String>,
    pages: Vec<u32>,
    /// Whether the first page begins before the text does.
    begins_page: bool,
}

impl Reader<'_> {
    fn section(&self, section: DocumentSection) -> Vec<Item> {
        let mut items = Vec::new();
        if section.level > 0 {
            let Read { text, places, pages, .. } = self.read(&section.title);
            items.extend(pages.into_iter().map(|page| Item::Block(Block::Page(page))));
            items.push(Item::Heading { level: section.level, title: pathwright_api::text::squeeze(&text), places });
        }
        let references = section.references.iter().filter_map(|href| resolve(self.path, href));
        items.extend(references.map(|(file, place)| Item::Reference(name(&file, place.as_deref()))));
        items.extend(section.terms.iter().map(|term| Item::Term(self.read(term).text)));
        items.extend(section.blocks.into_iter().flat_map(|block| self.block(block)));
        items
    }

    /// A page that begins inside a paragraph begins, for what is cited by page, after it.
    fn block(&self, block: Block) -> Vec<Item> {
        let (read, block): (Read, fn(String) -> Block) = match &block {
            Block::Prose(text) => (self.read(text), prose),
            Block::Display(text) => (self.read(text), Block::Display),
            Block::Code { language, text } => {
                let (read, language) = (self.read(text), language.clone());
                return around(&read, Block::Code { language, text: read.text.clone() });
            }
            Block::Page(_) => return vec![Item::Block(block)],
        };
        around(&read, block(read.text.clone()))
    }

    fn read(&self, text: &str) -> Read {
        let mut read = Read::default();
        let mut parts = text.split(MARK[0]);
        read.text.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let (number, text) = part.split_once(MARK[1]).unwrap_or(("", part));
            if let Some(mark) = number.parse().ok().and_then(|number: usize| self.marks.get(number)) {
                self.mark(mark, &mut read);
            }
            read.text.push_str(text);
        }
        read
    }

    fn mark(&self, mark: &Mark, read: &mut Read) {
        let page = match mark {
            Mark::Page(page) => Some(*page),
            Mark::Anchor(place) => {
                read.places.push(place.clone());
                self.pages.get(&name(self.path, Some(place))).copied()
            }
        };
        if let Some(page) = page.filter(|page| !read.pages.contains(page)) {
            read.begins_page |= read.pages.is_empty() && matches!(read.text.trim(), "" | "-");
            read.pages.push(page);
        }
    }
}

/// A block, with the places before it and the pages around it.
fn around(read: &Read, block: Block) -> Vec<Item> {
    let is_text = !matches!(read.text.trim(), "" | "-");
    let (before, after) = read.pages.split_at(usize::from(read.begins_page && !read.pages.is_empty()));
    let pages = |pages: &[u32]| pages.iter().map(|page| Item::Block(Block::Page(*page))).collect::<Vec<_>>();
    let places = read.places.iter().cloned().map(Item::Place);
    pages(before).into_iter().chain(places).chain(is_text.then_some(Item::Block(block))).chain(pages(after)).collect()
}

/// A paragraph that is one formula stands on lines of its own.
fn prose(text: String) -> Block {
    let text = pathwright_api::text::squeeze(&text);
    let formula =
        text.strip_prefix("$$").and_then(|rest| rest.strip_suffix("$$")).filter(|inner| !inner.contains("$$"));
    match formula {
        Some(formula) => Block::Display(format!("$$\n{formula}\n$$")),
        None => Block::Prose(text.replace("$$", "$")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heading(level: u8, title: &str, places: &[&str]) -> Item {
        Item::Heading { level, title: title.into(), places: places.iter().map(|place| (*place).into()).collect() }
    }

    fn text(text: &str) -> Item {
        Item::Block(Block::Prose(text.into()))
    }

    #[test]
    fn places_stand_before_what_they_name() {
        let chapter = "<body><section id='s'><h1><a id='h'/>One</h1><p id='p'>a <i id='i'>b</i></p></section><h2 id='t'>Two</h2></body>";
        let place = |name: &str| Item::Place(name.into());
        let expected = [
            place("s"),
            heading(1, "One", &["h"]),
            place("p"),
            place("i"),
            text("a b"),
            place("t"),
            heading(2, "Two", &[]),
        ];
        assert_eq!(items("c", chapter, &HashMap::new()), expected);
    }

    #[test]
    fn pages_stand_before_the_paragraph_or_after_the_one_they_break() {
        let chapter = "<p><a id='p1'/>one <span epub:type='pagebreak' title='2'/>two</p><pre><a id='x'/>three</pre>\
            <p><math display='block' alttext='y'/></p>";
        let page = |number| Item::Block(Block::Page(number));
        let expected = [
            page(1),
            Item::Place("p1".into()),
            text("one two"),
            page(2),
            Item::Place("x".into()),
            Item::Block(Block::Code { language: String::new(), text: "three".into() }),
            Item::Block(Block::Display("$$\ny\n$$".into())),
        ];
        assert_eq!(items("c", chapter, &HashMap::from([("c#p1".to_owned(), 1)])), expected);
    }
}
