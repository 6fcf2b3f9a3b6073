use std::collections::HashMap;

use chrono::Utc;
use pathwright_api::job::hex;
use pathwright_api::text;
use sha2::{Digest, Sha256};

use super::document::{Document, DocumentSection};
use super::folder::{BadFile, BookFiles, SourceFile, read};
use super::passages::{Cut, passages};
use super::references::{Referable, resolve};
use crate::store::library::{Book, Passage, Section};

/// A book ready to be embedded and stored.
#[derive(Debug)]
pub struct Assembled {
    pub book: Book,
    pub sections: Vec<Section>,
    pub passages: Vec<Passage>,
    /// Files of it that could not be read.
    pub bad: Vec<BadFile>,
}

/// Reads all files and puts them together; none of them readable is an error.
pub fn assemble(files: BookFiles, id: String, content_hash: String) -> Result<Assembled, String> {
    let format = files.format();
    let mut bad = files.bad;
    let mut documents: Vec<(String, Document)> = Vec::new();
    for file in &files.files {
        match read(file) {
            Ok(document) => documents.push((file.name.clone(), document)),
            Err(reason) => bad.push(BadFile { name: file.name.clone(), reason }),
        }
    }
    if documents.is_empty() {
        let reasons: Vec<String> = bad.iter().map(|bad| format!("{} {}", bad.name, bad.reason)).collect();
        return Err(format!("no file of it can be read: {}", reasons.join("; ")));
    }
    let title = book_title(&documents).unwrap_or_else(|| files.fallback_title.clone());
    let mut shelf = Shelf {
        book: id.clone(),
        title: title.clone(),
        sections: Vec::new(),
        passages: Vec::new(),
        seen: HashMap::new(),
        names: Vec::new(),
    };
    for (file, document) in &documents {
        shelf.add(file, document);
    }
    shelf.connect();
    if shelf.passages.is_empty() {
        return Err("holds no text".to_owned());
    }
    let word_count = shelf.passages.iter().map(|passage| passage.text.split_whitespace().count() as u64).sum();
    let book = Book {
        id,
        title,
        author: documents.iter().find_map(|(_, document)| document.author.clone()),
        format,
        source: files.source,
        content_hash,
        section_count: shelf.sections.len() as u32,
        passage_count: shelf.passages.len() as u32,
        word_count,
        ingested_at: Utc::now(),
    };
    Ok(Assembled { book, sections: shelf.sections, passages: shelf.passages, bad })
}

/// The only file names the book, and so does an index or a title page; a chapter does not.
fn book_title(documents: &[(String, Document)]) -> Option<String> {
    let names_book = |name: &str| {
        let stem = name.split('.').next().unwrap_or_default().to_lowercase();
        matches!(stem.as_str(), "index" | "readme" | "_index" | "title-page")
    };
    match documents {
        [(_, only)] => only.title.clone(),
        many => many.iter().find(|(name, _)| names_book(name)).and_then(|(_, document)| document.title.clone()),
    }
}

/// The book's source as its own text: what an administrator sends instead of a path.
pub fn from_text(title: &str, file: SourceFile) -> BookFiles {
    BookFiles {
        source: format!("upload:{}", text::slug(title)),
        fallback_title: title.to_owned(),
        files: vec![file],
        bad: vec![],
    }
}

struct Shelf {
    book: String,
    title: String,
    sections: Vec<Section>,
    passages: Vec<Passage>,
    /// How often the same content was met.
    seen: HashMap<String, u32>,
    names: Vec<Names>,
}

/// What a heading, with text below it or not, is called by the others and what it refers to.
struct Names {
    section: Option<usize>,
    file: String,
    anchors: Vec<String>,
    references: Vec<String>,
}

impl Shelf {
    fn add(&mut self, file: &str, document: &Document) {
        let mut trail: Vec<(u8, String)> = Vec::new();
        let mut page = None;
        for part in &document.sections {
            trail.retain(|(level, _)| *level < part.level);
            let title =
                if part.title.is_empty() { document.title.as_deref().unwrap_or(&self.title) } else { &part.title };
            trail.push((part.level, text::shorten(title, 200)));
            let heading: Vec<String> = trail.iter().map(|(_, title)| title.clone()).collect();
            let before = self.sections.len();
            self.add_section(part, heading, &mut page);
            self.names.push(Names {
                section: (self.sections.len() > before).then_some(before),
                file: file.to_owned(),
                anchors: part.anchors.clone(),
                references: part.references.clone(),
            });
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
        let times = self.seen.entry(format!("{kind}{digest}")).or_insert(0);
        *times += 1;
        let again = if *times > 1 { format!("-{times}") } else { String::new() };
        format!("{}-{kind}{}{again}", self.book, &digest[..12])
    }

    fn add_section(&mut self, part: &DocumentSection, heading: Vec<String>, page: &mut Option<u32>) {
        let cuts = passages(part, page);
        if cuts.is_empty() {
            return;
        }
        let ordinal = self.sections.len() as u32;
        let section = self.unique('s', &heading.join("\0"));
        let begins_on = cuts.first().and_then(|cut| cut.page);
        for Cut { text, page, .. } in cuts {
            let ordinal = self.passages.len() as u32;
            let id = self.unique('p', &format!("{}\0{text}", heading.join("\0")));
            self.passages.push(Passage {
                id,
                book: self.book.clone(),
                section: section.clone(),
                ordinal,
                page,
                heading: heading.clone(),
                text,
            });
        }
        let title = heading.last().cloned().unwrap_or_default();
        self.sections.push(Section {
            id: section,
            book: self.book.clone(),
            ordinal,
            title,
            heading,
            page: begins_on,
            terms: part.terms.clone(),
            references: Vec::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::store::library::BookFormat;

    fn file(name: &str, text: &str) -> SourceFile {
        SourceFile { name: name.into(), format: BookFormat::Markdown, bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn headings_nest_and_bad_files_do_not_stop_the_rest() {
        let files = BookFiles {
            source: "/b".into(),
            fallback_title: "Fallback".into(),
            files: vec![
                file(
                    "01.md",
                    "# Chapter\n\nIntro.\n\n## One\n\nText one.\n\n### Deep\n\nDeeper.\n\n## Two\n\nText two.",
                ),
                file("02.md", "# Only a heading"),
            ],
            bad: vec![BadFile { name: "03.md".into(), reason: "is gone".into() }],
        };
        let assembled = assemble(files, "b".into(), "h".into()).unwrap();
        let headings: Vec<_> = assembled.sections.iter().map(|section| section.heading.join(" > ")).collect();
        assert_eq!(headings, ["Chapter", "Chapter > One", "Chapter > One > Deep", "Chapter > Two"]);
        assert_eq!(assembled.book.title, "Fallback");
        assert_eq!(assembled.bad.len(), 1);
        let ids: HashSet<_> = assembled.passages.iter().map(|passage| &passage.id).collect();
        assert_eq!(ids.len(), assembled.passages.len());
    }

    #[test]
    fn a_book_without_a_readable_file_says_why() {
        let files =
            BookFiles { source: "/b".into(), fallback_title: "F".into(), files: vec![file("a.md", "")], bad: vec![] };
        assert!(assemble(files, "b".into(), "h".into()).unwrap_err().contains("holds no text"));
    }
}
