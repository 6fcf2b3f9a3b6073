use std::collections::HashMap;
use std::ops::ControlFlow;

use chrono::Utc;
use pathwright_api::job::hex;
use pathwright_api::text;
use sha2::{Digest, Sha256};

use super::document::{Document, DocumentSection};
use super::folder::{BadFile, BookFiles, Content, Fingerprint, SourceFile, digest};
use super::passages::{Cut, passages};
use super::references::{Referable, resolve};
use pathwright_api::library::{Book, BookFormat, Passage, Section};

/// Passages handed over at once; each of them is embedded and written as one.
pub const BATCH: usize = 256;

/// Passages of a book, in reading order.
#[derive(Debug)]
pub struct Batch {
    pub passages: Vec<Passage>,
    /// Bytes of the book's files that they stand for.
    pub bytes: u64,
}

/// A book whose passages were all handed over.
#[derive(Debug)]
pub struct Assembled {
    pub book: Book,
    pub sections: Vec<Section>,
    /// Files of it that could not be read.
    pub bad: Vec<BadFile>,
}

/// Why a book was not put together.
#[derive(Debug, PartialEq, Eq)]
pub enum Unassembled {
    /// A sentence's end: what the book does instead of being read.
    Unreadable(String),
    /// Nobody takes the passages any more.
    NotWanted,
}

/// Reads one file after the other and hands over what becomes of it, so that one file and one batch are in memory, not a book.
///
/// A file has at most `largest` bytes; `read_file` understands it, where its format asks for it in a process of its own.
///
/// # Errors
/// None of the files can be read, or one is not what its fingerprint says any more.
pub fn assemble(
    files: BookFiles,
    id: String,
    fingerprint: &Fingerprint,
    largest: u64,
    read_file: impl Fn(BookFormat, &[u8]) -> Result<Document, String>,
    hand_over: impl FnMut(Batch) -> ControlFlow<()>,
) -> Result<Assembled, Unassembled> {
    let format = files.format();
    let read = |at: usize| {
        let (file, (hash, _)) = (&files.files[at], &fingerprint.files[at]);
        let changed = || Unassembled::Unreadable(format!("changed while it was read ({}); ingest it again", file.name));
        let bytes = file.bytes(largest).map_err(|_| changed())?;
        if digest(&bytes) == *hash { Ok(read_file(file.format, &bytes)) } else { Err(changed()) }
    };
    // Sections without a heading are called by the book's title, so its file comes first; it is not read twice.
    let mut title_page = match title_page(&files) {
        Some(at) => Some((at, read(at)?)),
        None => None,
    };
    let title = title_page.as_ref().and_then(|(_, document)| document.as_ref().ok()?.title.clone());
    let mut shelf = Shelf::new(id, title, hand_over);
    let mut bad = files.bad;
    let mut author = None;
    let mut readable = 0;
    let mut last_title = None;
    for (at, (file, (_, size))) in files.files.iter().zip(&fingerprint.files).enumerate() {
        let document = match title_page.take_if(|(page, _)| *page == at) {
            Some((_, document)) => document,
            None => read(at)?,
        };
        match document {
            Ok(document) => {
                readable += 1;
                last_title.clone_from(&document.title);
                author = author.or_else(|| document.author.clone());
                shelf.add(&file.name, &document, &files.fallback_title, *size)?;
            }
            Err(reason) => {
                shelf.batch.bytes += size;
                bad.push(BadFile { name: file.name.clone(), reason });
            }
        }
    }
    if readable == 0 {
        let reasons: Vec<String> = bad.iter().map(|bad| format!("{} {}", bad.name, bad.reason)).collect();
        return Err(Unassembled::Unreadable(format!("cannot be read: {}", reasons.join("; "))));
    }
    shelf.flush()?;
    if shelf.passages == 0 {
        return Err(Unassembled::Unreadable("holds no text".to_owned()));
    }
    shelf.connect();
    let own_title = shelf.title.or(last_title.filter(|_| readable == 1)).filter(|_| !files.is_title_given);
    let book = Book {
        id: shelf.book,
        title: own_title.unwrap_or(files.fallback_title),
        author,
        format,
        source: files.source,
        content_hash: fingerprint.edition.clone(),
        section_count: shelf.sections.len() as u32,
        passage_count: shelf.passages,
        word_count: shelf.words,
        ingested_at: Utc::now(),
    };
    Ok(Assembled { book, sections: shelf.sections, bad })
}

/// Which file it is. An index or a title page names a book of many files; a chapter does not.
fn title_page(files: &BookFiles) -> Option<usize> {
    let names_book = |file: &SourceFile| {
        let stem = file.name.split('.').next().unwrap_or_default().to_lowercase();
        matches!(stem.as_str(), "index" | "readme" | "_index" | "title-page")
    };
    if files.files.len() == 1 { None } else { files.files.iter().position(names_book) }
}

/// The book's source as its own bytes: what an administrator sends instead of a path.
pub fn from_bytes(title: &str, format: BookFormat, bytes: Vec<u8>) -> BookFiles {
    let file = SourceFile { name: text::slug(title), format, content: Content::Memory(bytes) };
    BookFiles {
        source: format!("upload:{}", text::slug(title)),
        fallback_title: title.to_owned(),
        is_title_given: true,
        files: vec![file],
        bad: vec![],
    }
}

struct Shelf<H> {
    book: String,
    title: Option<String>,
    sections: Vec<Section>,
    batch: Batch,
    passages: u32,
    words: u64,
    /// How often the same content was met.
    seen: HashMap<String, u32>,
    names: Vec<Names>,
    hand_over: H,
}

/// What a heading, with text below it or not, is called by the others and what it refers to.
struct Names {
    section: Option<usize>,
    file: String,
    anchors: Vec<String>,
    references: Vec<String>,
}

impl<H: FnMut(Batch) -> ControlFlow<()>> Shelf<H> {
    fn new(book: String, title: Option<String>, hand_over: H) -> Self {
        let batch = Batch { passages: Vec::new(), bytes: 0 };
        Self {
            book,
            title,
            sections: Vec::new(),
            batch,
            passages: 0,
            words: 0,
            seen: HashMap::new(),
            names: Vec::new(),
            hand_over,
        }
    }

    /// `size`: the bytes of the file the document was read from.
    fn add(&mut self, file: &str, document: &Document, fallback_title: &str, size: u64) -> Result<(), Unassembled> {
        let mut trail: Vec<(u8, String)> = Vec::new();
        let mut page = None;
        let parts = document.sections.len().max(1) as u64;
        for (number, part) in document.sections.iter().enumerate() {
            let number = number as u64;
            self.batch.bytes += size * (number + 1) / parts - size * number / parts;
            trail.retain(|(level, _)| *level < part.level);
            let untitled = || document.title.as_deref().or(self.title.as_deref()).unwrap_or(fallback_title);
            let title = if part.title.is_empty() { untitled() } else { &part.title };
            trail.push((part.level, text::shorten(title, 200)));
            let heading: Vec<String> = trail.iter().map(|(_, title)| title.clone()).collect();
            let before = self.sections.len();
            self.add_section(part, heading, &mut page)?;
            self.names.push(Names {
                section: (self.sections.len() > before).then_some(before),
                file: file.to_owned(),
                anchors: part.anchors.clone(),
                references: part.references.clone(),
            });
        }
        Ok(())
    }

    fn add_section(
        &mut self,
        part: &DocumentSection,
        heading: Vec<String>,
        page: &mut Option<u32>,
    ) -> Result<(), Unassembled> {
        let cuts = passages(part, page);
        let Some(first) = cuts.first() else {
            return Ok(());
        };
        let section = Section {
            id: self.unique('s', &heading.join("\0")),
            book: self.book.clone(),
            ordinal: self.sections.len() as u32,
            title: heading.last().cloned().unwrap_or_default(),
            heading,
            page: first.page,
            terms: part.terms.clone(),
            references: Vec::new(),
        };
        for cut in cuts {
            self.add_passage(&section, cut)?;
        }
        self.sections.push(section);
        Ok(())
    }

    fn add_passage(&mut self, section: &Section, Cut { text, page, .. }: Cut) -> Result<(), Unassembled> {
        let id = self.unique('p', &format!("{}\0{text}", section.heading.join("\0")));
        self.words += text.split_whitespace().count() as u64;
        self.batch.passages.push(Passage {
            id,
            book: self.book.clone(),
            section: section.id.clone(),
            ordinal: self.passages,
            page,
            heading: section.heading.clone(),
            text,
        });
        self.passages += 1;
        if self.batch.passages.len() == BATCH { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Unassembled> {
        let batch = std::mem::replace(&mut self.batch, Batch { passages: Vec::new(), bytes: 0 });
        match (self.hand_over)(batch) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Unassembled::NotWanted),
        }
    }

    /// Gives each section the ids of those it refers to.
    fn connect(&mut self) {
        let found = resolve(&self.names.iter().map(|names| self.referable(names)).collect::<Vec<_>>());
        for (names, references) in self.names.iter().zip(found) {
            if let Some(at) = names.section {
                self.sections[at].references = references;
            }
        }
    }

    fn referable<'a>(&'a self, names: &'a Names) -> Referable<'a> {
        let id = names.section.map(|at| self.sections[at].id.as_str());
        Referable { id, file: &names.file, anchors: &names.anchors, references: &names.references }
    }

    /// An id out of what it stands for, not of its place: when a book changes, an id points to the same text or to none.
    fn unique(&mut self, kind: char, content: &str) -> String {
        let digest = hex(&Sha256::digest(content));
        let times = self.seen.entry(format!("{kind}{}", &digest[..12])).or_insert(0);
        *times += 1;
        let again = if *times > 1 { format!("-{times}") } else { String::new() };
        format!("{}-{kind}{}{again}", self.book, &digest[..12])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn file(name: &str, text: &str) -> SourceFile {
        SourceFile { name: name.into(), format: BookFormat::Markdown, content: Content::Memory(text.into()) }
    }

    fn put_together(mut files: BookFiles) -> Result<(Assembled, Vec<Passage>), Unassembled> {
        let fingerprint = files.fingerprint(1 << 20);
        let mut passages = Vec::new();
        let assembled = assemble(files, "b".into(), &fingerprint, 1 << 20, read_file, |batch| {
            passages.extend(batch.passages);
            ControlFlow::Continue(())
        })?;
        Ok((assembled, passages))
    }

    #[test]
    fn a_file_that_changes_between_two_readings_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.md");
        std::fs::write(&path, "# A\n\nBefore.").unwrap();
        let mut files = crate::folder::collect(&path, 1000).unwrap();
        let fingerprint = files.fingerprint(1000);
        std::fs::write(&path, "# A\n\nAfter.").unwrap();
        let refused =
            assemble(files, "b".into(), &fingerprint, 1 << 20, read_file, |_| ControlFlow::Continue(())).unwrap_err();
        assert!(
            matches!(&refused, Unassembled::Unreadable(why) if why.contains("changed while it was read")),
            "{refused:?}"
        );
    }

    #[test]
    fn every_byte_of_the_files_is_accounted_for() {
        let text = "# T\n\nOne.\n\n## U\n\nTwo.\n\n## V\n\nThree.";
        let mut files = from_bytes("T", BookFormat::Markdown, text.into());
        let fingerprint = files.fingerprint(1 << 20);
        let mut bytes = 0;
        assemble(files, "b".into(), &fingerprint, 1 << 20, read_file, |batch| {
            bytes += batch.bytes;
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(bytes, text.len() as u64);
    }

    fn read_file(format: BookFormat, bytes: &[u8]) -> Result<Document, String> {
        if format == BookFormat::Html { Err("is read elsewhere".into()) } else { crate::read(format, bytes) }
    }

    #[test]
    fn headings_nest_and_bad_files_do_not_stop_the_rest() {
        let files = BookFiles {
            source: "/b".into(),
            fallback_title: "Fallback".into(),
            is_title_given: false,
            files: vec![
                file(
                    "01.md",
                    "# Chapter\n\nIntro.\n\n## One\n\nText one.\n\n### Deep\n\nDeeper.\n\n## Two\n\nText two.",
                ),
                file("02.md", "# Only a heading"),
            ],
            bad: vec![BadFile { name: "03.md".into(), reason: "is gone".into() }],
        };
        let (assembled, passages) = put_together(files).unwrap();
        let headings: Vec<_> = assembled.sections.iter().map(|section| section.heading.join(" > ")).collect();
        assert_eq!(headings, ["Chapter", "Chapter > One", "Chapter > One > Deep", "Chapter > Two"]);
        assert_eq!(assembled.book.title, "Fallback");
        assert_eq!(assembled.bad.len(), 1);
        let ids: HashSet<_> = passages.iter().map(|passage| &passage.id).collect();
        assert_eq!(ids.len(), passages.len());
    }

    #[test]
    fn a_title_page_names_the_book_and_is_read_where_its_format_asks_for() {
        let page = |format, text: &str| SourceFile { format, ..file("index.x", text) };
        let named_by = |page: SourceFile| {
            let files = vec![file("01.md", "Text without a heading."), page];
            let (source, fallback_title) = ("/b".into(), "Fallback".into());
            put_together(BookFiles { source, fallback_title, is_title_given: false, files, bad: vec![] }).unwrap().0
        };
        let markdown = named_by(page(BookFormat::Markdown, "# Knots\n\nA book."));
        assert_eq!((markdown.book.title.as_str(), markdown.sections[0].title.as_str()), ("Knots", "Knots"));
        // HTML is refused, so whatever is known of it was read past `read_file`.
        let html = named_by(page(BookFormat::Html, "<title>Knots</title><h1>Knots</h1><p>A book."));
        assert_eq!((html.book.title.as_str(), html.bad.len()), ("Fallback", 1));
    }

    #[test]
    fn a_book_without_a_readable_file_says_why() {
        let files = from_bytes("F", BookFormat::Markdown, Vec::new());
        assert_eq!(put_together(files).unwrap_err(), Unassembled::Unreadable("holds no text".into()));
    }
}
