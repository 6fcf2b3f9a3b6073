use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A book of the library.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Book {
    pub id: String,
    pub title: String,
    pub author: Option<String>,
    pub format: BookFormat,
    /// Where it was read from; one book a source.
    pub source: String,
    /// SHA-256 over all its files and the reader's version.
    pub content_hash: String,
    pub section_count: u32,
    pub passage_count: u32,
    pub word_count: u64,
    pub ingested_at: DateTime<Utc>,
}

/// Tells whether what is known of a book still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookEdition {
    pub id: String,
    /// That of the [`Book`].
    pub content_hash: String,
}

/// What most of a book's files are written in.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    strum::EnumIter,
    strum::EnumString,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "lowercase")]
pub enum BookFormat {
    /// Markdown, of any dialect.
    Markdown,
    /// HTML.
    Html,
    /// EPUB.
    Epub,
    /// PDF.
    Pdf,
    /// reStructuredText.
    Rst,
    /// Jupyter notebooks.
    Notebook,
    /// Plain text.
    Text,
}

/// A part of a book under one heading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Section {
    pub id: String,
    pub book: String,
    /// Place in the book, from 0.
    pub ordinal: u32,
    pub title: String,
    /// Titles from the chapter's down to this one.
    pub heading: Vec<String>,
    /// The page it begins on, where the format has pages.
    #[serde(default)]
    pub page: Option<u32>,
    /// What the book says is explained here: its index, its glossary, a definition's markup.
    #[serde(default)]
    pub terms: Vec<String>,
    /// Other sections of the book its text refers to, by id.
    #[serde(default)]
    pub references: Vec<String>,
}

/// The unit that is embedded, searched and cited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    pub id: String,
    pub book: String,
    pub section: String,
    /// Place in the book, from 0.
    pub ordinal: u32,
    pub page: Option<u32>,
    pub heading: Vec<String>,
    pub text: String,
}

/// A passage as a search found it: enough to judge it and to cite it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundPassage {
    pub id: String,
    pub book_id: String,
    pub section_id: String,
    /// Titles from the book's down to the section's.
    pub heading: Vec<String>,
    /// Place of the passage in its book, from 0.
    pub ordinal: u32,
    pub page: Option<u32>,
    /// Plain text: never markup.
    pub text: String,
    /// Cosine similarity to the query's embedding, where the vector index found it.
    pub cosine: Option<f32>,
    /// How much of the query's words it holds, rare words and repeated ones counting more: BM25 divided by the sum of the words'
    /// inverse document frequencies. 0: none of them; about 1: all of them; at most 2.2.
    #[serde(default)]
    pub lexical: f32,
}

impl FoundPassage {
    /// The title of the section the passage stands in.
    pub fn section_title(&self) -> &str {
        self.heading.last().map_or("", String::as_str)
    }
}

/// Where in the library something is treated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    pub book_id: String,
    pub section_id: String,
    /// The section's title.
    pub section: String,
    pub page: Option<u32>,
    /// The passage that treats it best.
    pub passage_id: String,
    /// That passage's place in its book, from 0.
    pub ordinal: u32,
}

impl From<Passage> for FoundPassage {
    fn from(passage: Passage) -> Self {
        Self {
            id: passage.id,
            book_id: passage.book,
            section_id: passage.section,
            heading: passage.heading,
            ordinal: passage.ordinal,
            page: passage.page,
            text: passage.text,
            cosine: None,
            lexical: 0.0,
        }
    }
}

impl From<FoundPassage> for Passage {
    fn from(found: FoundPassage) -> Self {
        Self {
            id: found.id,
            book: found.book_id,
            section: found.section_id,
            ordinal: found.ordinal,
            page: found.page,
            heading: found.heading,
            text: found.text,
        }
    }
}
