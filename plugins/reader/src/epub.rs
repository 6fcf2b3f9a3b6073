use std::collections::HashMap;

use super::document::Document;
use archive::Archive;
use contents::Contents;
use outline::Outline;
use package::Package;
use tokens::{Token, tokens};

/// The zip, read within limits.
mod archive;
/// A chapter taken apart.
mod chapter;
/// The book's table of contents.
mod contents;
/// The encodings chapters come in.
mod encoding;
/// XHTML rewritten as HTML.
mod markup;
/// Chapters under the headings of the table of contents.
mod outline;
/// The book's list of its files.
mod package;
/// Where links lead.
mod path;
/// What indexes and glossaries list.
mod terms;
#[cfg(test)]
mod testing;
/// Tags and text of any markup.
mod tokens;

/// Files that hold no text of the book, by what they are called in its lists or in their own markup.
const LEFT_OUT: [&str; 11] = [
    "cover",
    "titlepage",
    "title-page",
    "halftitlepage",
    "copyright",
    "copyright-page",
    "copyrightpage",
    "landmarks",
    "page-list",
    "loi",
    "lot",
];

/// Links in an index or a glossary, at least.
const FEWEST_TERMS: usize = 3;

/// Reads a book in EPUB 2 or 3. A chapter that cannot be read is left out, as long as others can.
///
/// Sections are named by their paths inside the archive: `text/one.xhtml` is a file's first section,
/// `text/one.xhtml#place` the one that holds the place. An index, or a glossary that links to the text, gives its terms
/// to the sections that it points to.
pub fn read(bytes: &[u8]) -> Result<Document, String> {
    let mut archive = Archive::open(bytes)?;
    let package = Package::read(&mut archive)?;
    let contents = Contents::read(&mut archive, &package);
    let mut book = Book { package, contents, outline: Outline::default(), terms: Vec::new() };
    let mut unread = Vec::new();
    for path in book.package.spine.clone() {
        match archive.read(&path).and_then(|bytes| encoding::decode(&bytes)) {
            Ok(text) => book.add(&path, &text),
            Err(reason) => unread.push(format!("{path} {reason}")),
        }
    }
    book.finish(&unread)
}

struct Book {
    package: Package,
    contents: Contents,
    outline: Outline,
    /// With the places that explain them.
    terms: Vec<(String, String)>,
}

impl Book {
    fn add(&mut self, path: &str, text: &str) {
        let kinds = self.kinds(path, text);
        let is = |names: &[&str]| kinds.iter().any(|kind| names.contains(&kind.as_str()));
        let is_contents = self.package.nav.as_deref() == Some(path) || (is(&["toc"]) && is_mostly_links(text));
        if is(&LEFT_OUT) || is_contents {
            return;
        }
        if is(&["index", "glossary"]) {
            let terms = terms::explained(path, text, is(&["glossary"]));
            if terms.len() >= FEWEST_TERMS {
                return self.terms.extend(terms);
            }
        }
        let items = chapter::items(path, text, &self.contents.pages);
        let entries = self.contents.headings.get(path).map_or([].as_slice(), Vec::as_slice);
        self.outline.chapter(path, items, entries);
    }

    /// What the book's lists, its own markup or its title say that a file is.
    fn kinds(&self, path: &str, text: &str) -> Vec<String> {
        let listed = [self.contents.landmarks.get(path), self.package.guide.get(path)];
        let titles = self.contents.headings.get(path).into_iter().flatten().map(|entry| kind_of_title(&entry.title));
        let listed = listed.into_iter().flatten().flat_map(|types| types.split_whitespace()).map(str::to_owned);
        listed.chain(own_kinds(text)).chain(titles.flatten().map(str::to_owned)).collect()
    }

    fn finish(self, unread: &[String]) -> Result<Document, String> {
        let mut document = self.outline.finish(self.package.title, self.package.author);
        let has_text = document.sections.iter().any(|section| section.blocks.iter().any(|block| block.words() > 0));
        match unread {
            [first, ..] if !has_text => return Err(format!("has no chapter that can be read: {first}")),
            unread => unread.iter().for_each(|reason| tracing::warn!(%reason, "a chapter of an EPUB is left out")),
        }
        spread(&mut document, self.terms);
        Ok(document)
    }
}

fn kind_of_title(title: &str) -> Option<&'static str> {
    match title.trim().to_lowercase().as_str() {
        "index" | "general index" | "subject index" | "stichwortverzeichnis" | "sachregister" | "register" => {
            Some("index")
        }
        "glossary" | "glossar" | "glossaire" | "glosario" => Some("glossary"),
        _ => None,
    }
}

/// The types that the page's outermost elements give it.
fn own_kinds(text: &str) -> Vec<String> {
    let outer = tokens(text).filter_map(|token| match token {
        Token::Start(tag) if matches!(tag.name.as_str(), "body" | "section" | "div" | "article") => Some(tag),
        _ => None,
    });
    let types = outer.take(2).filter_map(|tag| tag.attribute("epub:type").map(str::to_lowercase));
    types.flat_map(|types| types.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn is_mostly_links(text: &str) -> bool {
    let (mut all, mut linked, mut is_in_link, mut is_in_body) = (0, 0, false, false);
    for token in tokens(text) {
        match token {
            Token::Start(tag) if tag.name == "body" => is_in_body = true,
            Token::Start(tag) if tag.name == "a" && !tag.is_empty => is_in_link = true,
            Token::End(name) if name == "a" => is_in_link = false,
            Token::Text(text) if is_in_body => {
                let words = text.split_whitespace().count();
                all += words;
                linked += if is_in_link { words } else { 0 };
            }
            _ => {}
        }
    }
    linked * 2 >= all
}

/// Gives each term to the section that holds its place.
fn spread(document: &mut Document, terms: Vec<(String, String)>) {
    let names = document.sections.iter().enumerate();
    let holders: HashMap<String, usize> =
        names.flat_map(|(at, section)| section.anchors.iter().map(move |name| (name.clone(), at))).collect();
    for (term, place) in terms {
        let file = || place.split('#').next().unwrap_or_default();
        if let Some(at) = holders.get(&place).or_else(|| holders.get(file())) {
            let known = &mut document.sections[*at].terms;
            if !known.contains(&term) {
                known.push(term);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::testing::{book, zipped};
    use super::*;
    use crate::document::Block;

    const NAV: &str =
        "<nav epub:type='toc'><ol><li><a href='1.xhtml'>One</a><ol><li><a href='1.xhtml#b'>Inner</a></li></ol></li>
        <li><a href='2.xhtml'>Two</a></li><li><a href='3.xhtml'>Index</a></li></ol></nav>";

    fn chapters() -> Vec<u8> {
        book(
            &[
                "<html><head><title/></head><body><header><h1>One</h1></header><p>First text.</p><h4 id='b'>Inner</h4><p>More.</p></body></html>",
                "<html><body><span epub:type='pagebreak' title='9'/><p>Two has no heading.</p></body></html>",
                "<html><body><ul><li>ebb <a href='1.xhtml#b'>1</a></li><li>flood <a href='2.xhtml'>2</a></li><li>tide <a href='1.xhtml'>1</a></li></ul></body></html>",
            ],
            NAV,
        )
    }

    #[test]
    fn chapters_stand_under_the_headings_of_the_contents() {
        let document = read(&chapters()).unwrap();
        let shown: Vec<_> =
            document.sections.iter().map(|part| (part.level, part.title.as_str(), part.terms.concat())).collect();
        assert_eq!(document.title.as_deref(), Some("Tides"));
        assert_eq!(shown, [(1, "One", "tide".into()), (2, "Inner", "ebb".into()), (1, "Two", "flood".into())]);
        assert_eq!(document.sections[1].anchors, ["1.xhtml#b"]);
        assert_eq!(document.sections[2].blocks, [Block::Page(9), Block::Prose("Two has no heading.".into())]);
    }

    #[test]
    fn a_chapter_that_cannot_be_read_does_not_cost_the_others() {
        let document =
            read(&book(&["<p>\u{0}</p>", "<?xml version='1.0' encoding='KOI8-R'?><p>x</p>", "<p>Good.</p>"], ""))
                .unwrap();
        assert_eq!(document.sections[0].blocks, [Block::Prose("Good.".into())]);
        let refused = read(&book(&["<?xml version='1.0' encoding='KOI8-R'?><p>x</p>"], "")).unwrap_err();
        assert_eq!(refused, "has no chapter that can be read: 1.xhtml is written in koi8-r, which is not read");
    }

    #[test]
    fn what_is_no_book_is_refused_with_the_reason() {
        assert!(read(b"PK\x03\x04 and nothing").unwrap_err().starts_with("is no zip archive"));
        let names: Vec<String> = (0..20_001).map(|number| number.to_string()).collect();
        let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
        assert!(read(&zipped(&files)).unwrap_err().starts_with("is an archive of 20001 files"));
    }

    #[test]
    fn a_chapter_that_is_a_bomb_is_left_out() {
        let bomb = format!("<p>bomb{}</p>", " ".repeat(4 << 20));
        let document = read(&book(&[&bomb, "<p>Good.</p>"], "")).unwrap();
        assert_eq!(document.sections[0].blocks.len(), 1);
    }

    #[test]
    fn chapters_nested_without_end_are_read_in_time() {
        let deep = format!("{}deep{}", "<div a='1'><em><table>".repeat(50_000), "<p></x></div>".repeat(50_000));
        let document = read(&book(&[&deep], "")).unwrap();
        assert!(format!("{document:?}").contains("deep"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn damaged_books_never_panic(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20), length in any::<prop::sample::Index>()) {
            let mut bytes = chapters();
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let _ = read(&bytes);
            bytes.truncate(length.index(bytes.len()));
            let _ = read(&bytes);
        }

        #[test]
        fn chapters_of_any_markup_never_panic(inner in "(<[/!?]?(p|div|h1|li|dd|math|a|nav|td|pre)( id='[ab]'| href='1.xhtml#a'| epub:type='pagebreak'| title='3')?/?>|x &lt;|&#x10fff0;0|\\$\\$| ){0,40}") {
            let nav = format!("<nav epub:type='toc'><ol><li><a href='1.xhtml#a'>A</a></li><li>{inner}</li></ol></nav>");
            let _ = read(&book(&[&inner, &format!("<section epub:type='index'>{inner}</section>")], &nav));
        }
    }
}
