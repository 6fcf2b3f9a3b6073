use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::content::{CacheKey, Piece};
use crate::error::Failure;
use crate::library::FoundPassage;
use crate::llm::Llm;
use crate::topic_index::TopicIndex;

/// Turns texts into vectors whose cosine tells how near their meanings are.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the model and its version; stored with the library.
    fn model(&self) -> &str;

    /// Length of every vector.
    fn dimension(&self) -> usize;

    /// One vector of length 1 a text, in order; the caller may pass any number.
    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure>;
}

/// How near to each other a model puts names of topics and passages of this library that have nothing to do with each other:
/// what a cosine means differs from model to model and from library to library.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Background {
    pub mean: f32,
    /// Standard deviation.
    pub deviation: f32,
}

impl Background {
    /// How many standard deviations a cosine lies above what chance brings.
    pub fn z_score(self, cosine: f32) -> f32 {
        (cosine - self.mean) / self.deviation.max(1e-3)
    }
}

/// Of a model that nobody measured.
impl Default for Background {
    fn default() -> Self {
        Self { mean: 0.1, deviation: 0.1 }
    }
}

/// A search for the passages on one subject.
#[derive(Clone, Debug, Default)]
pub struct PassageQuery {
    /// Wordings of the same subject, for the search by words; the first is the main one.
    pub wordings: Vec<String>,
    /// The subject's embedding, for the vector index; empty: by words alone.
    pub embedding: Vec<f32>,
    /// How many passages each index contributes.
    pub limit: usize,
}

/// What a search found, in no particular order, and what the library is like.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    pub passages: Vec<FoundPassage>,
    /// The words of the main wording that carry meaning.
    pub words: Vec<QueryWord>,
    pub background: Background,
}

impl Candidates {
    /// How many standard deviations each passage stands above chance, in order. What the vector index did not bring is at most
    /// as near as the last that it did.
    pub fn z_scores(&self) -> Vec<f32> {
        let brought = self.passages.iter().filter_map(|passage| passage.cosine);
        let farthest = brought.reduce(f32::min).unwrap_or(self.background.mean);
        let standing = |passage: &FoundPassage| self.background.z_score(passage.cosine.unwrap_or(farthest));
        self.passages.iter().map(standing).collect()
    }
}

/// A word that is looked for.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryWord {
    pub stem: String,
    /// Inverse document frequency in this library, in nats; greatest for a word that is not there at all.
    pub idf: f32,
    pub is_in_library: bool,
}

/// Finds candidates for judging: the union of what the vector index and the words find.
#[async_trait]
pub trait PassageSearch: Send + Sync {
    /// One answer a query, in order.
    async fn candidates(&self, queries: Vec<PassageQuery>) -> Result<Vec<Candidates>, Failure>;

    /// The passages with these ids that are still there, in no particular order.
    async fn passages(&self, ids: Vec<String>) -> Result<Vec<FoundPassage>, Failure>;

    /// How many words each of these sections has; those that are gone are left out.
    async fn section_words(&self, sections: Vec<String>) -> Result<HashMap<String, usize>, Failure>;

    /// Passages that stand in for these in some questions, such as the library with a book that may be bought; none: nobody holds
    /// an overlay of this name any more.
    fn overlay(&self, name: &str) -> Option<Arc<dyn PassageSearch>>;
}

/// Knows which topics the books themselves name.
#[async_trait]
pub trait LibraryTopics: Send + Sync {
    /// The index of the library as it is now.
    async fn index(&self) -> Result<Arc<TopicIndex>, Failure>;
}

/// Keeps pieces for longer than the process lives.
#[async_trait]
pub trait PieceStore: Send + Sync {
    async fn load(&self, key: &CacheKey) -> Result<Option<Piece>, Failure>;
    /// Does nothing where a passage that the piece rests on is gone.
    async fn save(&self, key: &CacheKey, piece: &Piece) -> Result<(), Failure>;
    async fn count(&self) -> Result<u64, Failure>;
}

/// The data files an operator added beside the built-in ones.
pub trait DataFiles: Send + Sync {
    /// Name and text of every TOML file in the folder of this name, sorted by name; none when there is no such folder.
    fn read(&self, folder: &str) -> Result<Vec<(String, String)>, Failure>;
}

/// Remembers which external resources did not answer when they were last asked.
#[async_trait]
pub trait ResourceHealth: Send + Sync {
    /// Addresses that are not to be shown until they answer again.
    async fn failing(&self) -> Result<HashSet<String>, Failure>;
}

/// Everything a plugin may reach outside itself.
#[derive(Clone)]
pub struct Ports {
    /// The library's.
    pub embedder: Arc<dyn Embedder>,
    /// The embedded one, at no cost: for comparing names with each other.
    pub embedded: Arc<dyn Embedder>,
    /// None: no language model is configured.
    pub llm: Option<Arc<dyn Llm>>,
    pub passages: Arc<dyn PassageSearch>,
    pub topics: Arc<dyn LibraryTopics>,
    pub pieces: Arc<dyn PieceStore>,
    pub files: Arc<dyn DataFiles>,
    pub resources: Arc<dyn ResourceHealth>,
}
