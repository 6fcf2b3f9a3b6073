use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::library::Source;
use crate::topic::Topic;

/// Whether the library treats a topic, and how sure that is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    pub topic: Topic,
    pub covered: bool,
    /// Calibrated, 0 to 1: the same number means the same for every embedding model.
    pub confidence: f32,
    /// Where the topic is treated best; present whenever `covered`, unless a reviewer says so.
    pub source: Option<Source>,
    /// Passages at or above the threshold.
    pub num_chunks: u32,
    /// The best passages, best first, whether above the threshold or not.
    pub passages: Vec<ScoredPassage>,
    /// Why the best passage has its score; empty where nothing was found.
    #[serde(default)]
    pub parts: Vec<ScorePart>,
    /// Where else to learn it; empty for a covered topic.
    pub external_resources: Vec<ExternalResource>,
    /// Why the passages were found and judged by lesser means than the configured ones.
    #[serde(default)]
    pub fallback_reason: Option<String>,
    /// The human who overruled the measurement, if one did.
    pub overridden_by: Option<Override>,
}

/// A passage with its calibrated score, 0 to 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoredPassage {
    pub passage_id: String,
    pub score: f32,
}

/// What one kind of evidence adds to a score. The logistic function of the sum of all parts is the score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScorePart {
    /// `base`, `title`, `name`, `definition`, `words`, `meaning` or `form`.
    pub name: String,
    /// Above 0 it speaks for the topic being explained there, below against it.
    pub log_odds: f32,
}

/// A human's verdict, which outlives regeneration.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Override {
    pub covered: bool,
    pub reviewer: String,
    pub note: Option<String>,
    pub at: DateTime<Utc>,
}

/// What sort of thing an external resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    Book,
    Course,
    Documentation,
    Tutorial,
    Article,
    Video,
    Reference,
    /// A search on a well-known open site, made from a template.
    Search,
}

/// Somewhere else to learn a topic: from the curated catalogue or a search template, never from a language model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExternalResource {
    pub title: String,
    pub url: String,
    pub kind: ResourceKind,
    /// Readable in full without paying.
    pub free: bool,
}
