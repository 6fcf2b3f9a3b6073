use serde::{Deserialize, Serialize};

use super::topics::explain;

/// What a reader makes of one file: text under headings, without markup.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// From the file's own metadata, or its first top heading.
    pub title: Option<String>,
    pub author: Option<String>,
    /// In reading order; text before the first heading stands in a section without title.
    pub sections: Vec<DocumentSection>,
}

/// The text under one heading, up to the next one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentSection {
    /// 1 for a top heading; 0 for text before the first.
    pub level: u8,
    pub title: String,
    /// Names by which other sections refer to it: `#anchor` inside its file, `file.html#anchor`, or a label of the whole book.
    pub anchors: Vec<String>,
    /// What its text refers to, named as [`anchors`](Self::anchors) name it.
    pub references: Vec<String>,
    /// What is explained here: by the book's index or glossary, by a definition, or by a title that the text goes on to speak of.
    pub terms: Vec<String>,
    pub blocks: Vec<Block>,
}

/// A piece of a section that is read as one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Block {
    /// A paragraph or a list item; formulas stand in it as `$…$`.
    Prose(String),
    /// Source code, without fence.
    Code { language: String, text: String },
    /// A formula on lines of its own, or a table: kept whole.
    Display(String),
    /// No text, but a place: what follows stands on this page, counted from 1 as the file counts.
    Page(u32),
}

impl Block {
    pub fn words(&self) -> usize {
        match self {
            Self::Prose(text) | Self::Display(text) | Self::Code { text, .. } => text.split_whitespace().count(),
            Self::Page(_) => 0,
        }
    }
}

/// Most names, references and terms kept of a section, each.
const MOST: usize = 500;

/// Builds a document from headings and blocks as a reader meets them.
#[derive(Default)]
pub struct DocumentBuilder {
    document: Document,
}

impl DocumentBuilder {
    pub fn title(&mut self, title: Option<String>) {
        self.document.title = title.or(self.document.title.take());
    }

    pub fn author(&mut self, author: Option<String>) {
        self.document.author = author.or(self.document.author.take());
    }

    /// An empty heading opens nothing.
    pub fn heading(&mut self, level: u8, title: &str) {
        let title = pathwright_api::text::squeeze(title);
        if !title.is_empty() {
            self.document.sections.push(DocumentSection { level, title, ..DocumentSection::default() });
        }
    }

    /// From here on, text stands on this page.
    pub fn page(&mut self, number: u32) {
        self.section().blocks.push(Block::Page(number));
    }

    /// A name for the section that is open.
    pub fn anchor(&mut self, name: impl Into<String>) {
        push(&mut self.section().anchors, name.into());
    }

    /// The open section refers to another one.
    pub fn reference(&mut self, name: impl Into<String>) {
        push(&mut self.section().references, name.into());
    }

    /// The open section explains a term.
    pub fn term(&mut self, term: &str) {
        let term = pathwright_api::text::squeeze(term);
        push(&mut self.section().terms, term);
    }

    /// Whether the open section explains words and nothing else.
    pub fn is_glossary(&mut self) -> bool {
        const TITLES: [&str; 6] = ["glossary", "terminology", "definitions", "key terms", "vocabulary", "terms"];
        TITLES.contains(&self.section().title.to_lowercase().as_str())
    }

    pub fn block(&mut self, block: Block) {
        if block.words() > 0 {
            self.section().blocks.push(block);
        }
    }

    pub fn prose(&mut self, text: &str) {
        self.block(Block::Prose(pathwright_api::text::squeeze(text)));
    }

    fn section(&mut self) -> &mut DocumentSection {
        let sections = &mut self.document.sections;
        if sections.is_empty() {
            sections.push(DocumentSection::default());
        }
        let last = sections.len() - 1;
        &mut sections[last]
    }

    pub fn finish(mut self) -> Document {
        let first_top = || self.document.sections.iter().find(|section| section.level == 1);
        if self.document.title.is_none() {
            self.document.title = first_top().map(|section| section.title.clone());
        }
        explain(&mut self.document.sections);
        self.document
    }
}

/// Adds what is not there yet, as long as there is room.
fn push(names: &mut Vec<String>, name: String) {
    if !name.is_empty() && names.len() < MOST && !names.contains(&name) {
        names.push(name);
    }
}
