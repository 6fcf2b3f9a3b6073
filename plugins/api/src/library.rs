use serde::{Deserialize, Serialize};

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
