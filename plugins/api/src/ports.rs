use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::content::{CacheKey, Piece};
use crate::error::Failure;
use crate::library::FoundPassage;
use crate::llm::Llm;

/// Turns texts into vectors whose cosine tells how near their meanings are.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// Names the model and its version; stored with the library.
    fn model(&self) -> &str;

    /// Length of every vector.
    fn dimension(&self) -> usize;

    /// How raw cosines of this model become comparable with those of others.
    fn calibration(&self) -> Calibration;

    /// One vector of length 1 a text, in order; the caller may pass any number.
    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure>;
}

/// Maps the raw cosine of one model to a probability that a passage is about the query.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The cosine at which it is as likely as not.
    pub midpoint: f32,
    /// Growth of the log-odds per unit of cosine.
    pub slope: f32,
}

impl Calibration {
    pub fn probability(self, cosine: f32) -> f32 {
        1.0 / (1.0 + (-self.slope * (cosine - self.midpoint)).exp())
    }
}

/// A search for the passages on one subject.
#[derive(Clone, Debug, Default)]
pub struct PassageQuery {
    /// Wordings of the same subject, for the full-text index; the first is the main one.
    pub wordings: Vec<String>,
    /// The subject's embedding, for the vector index.
    pub embedding: Vec<f32>,
    /// How many passages each index contributes.
    pub limit: usize,
}

/// Finds candidates for judging: the union of what the vector and the full-text index find, in no particular order.
#[async_trait]
pub trait PassageSearch: Send + Sync {
    /// One list a query, in order.
    async fn candidates(&self, queries: Vec<PassageQuery>) -> Result<Vec<Vec<FoundPassage>>, Failure>;
}

/// Keeps pieces for longer than the process lives.
#[async_trait]
pub trait PieceStore: Send + Sync {
    async fn load(&self, key: &CacheKey) -> Result<Option<Piece>, Failure>;
    async fn save(&self, key: &CacheKey, piece: &Piece) -> Result<(), Failure>;
    /// Deletes all pieces; answers how many.
    async fn clear(&self) -> Result<u64, Failure>;
    async fn count(&self) -> Result<u64, Failure>;
}

/// The data files an operator added beside the built-in ones.
pub trait DataFiles: Send + Sync {
    /// Name and text of every TOML file in the folder of this name, sorted by name; none when there is no such folder.
    fn read(&self, folder: &str) -> Result<Vec<(String, String)>, Failure>;
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
    pub pieces: Arc<dyn PieceStore>,
    pub files: Arc<dyn DataFiles>,
}
