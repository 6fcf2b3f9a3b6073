use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::job::hex;
use crate::llm::Cost;
use crate::topic::TopicId;

/// What is written about a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ContentKind {
    Explanation,
    WorkedExample,
    Quiz,
    InterviewQuestions,
    Summary,
}

impl ContentKind {
    pub const ALL: [Self; 5] =
        [Self::Explanation, Self::WorkedExample, Self::Quiz, Self::InterviewQuestions, Self::Summary];
}

/// Who wrote a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Writer {
    LanguageModel,
    /// Extracts from the passages themselves.
    Embedded,
}

/// What a cached piece depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CacheKey {
    pub topic: TopicId,
    pub kind: ContentKind,
    pub audience: Audience,
    /// Which writer, model and prompt version.
    pub writer: String,
    /// SHA-256 (hex) over what it is made of: the passages, how sure it is that they treat the topic, the job's profile.
    pub evidence: String,
}

/// For whom a piece is written: everyone with the same audience shares it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Audience {
    /// Users of a role template, by its id.
    Template(String),
    /// Users of the same posting, by [`crate::job::JobTarget::hash`].
    JobHash(String),
    /// Users with no job target.
    Default,
}

impl Audience {
    pub fn kind(&self) -> CacheKeyKind {
        match self {
            Self::Template(_) => CacheKeyKind::Template,
            Self::JobHash(_) => CacheKeyKind::JobHash,
            Self::Default => CacheKeyKind::Default,
        }
    }
}

/// The three sorts of cache key, for statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CacheKeyKind {
    Template,
    JobHash,
    Default,
}

impl CacheKeyKind {
    pub const ALL: [Self; 3] = [Self::Template, Self::JobHash, Self::Default];
}

impl CacheKey {
    /// The key in short: SHA-256 (hex) over all its parts, safe as a record id.
    pub fn digest(&self) -> String {
        let parts = serde_json::to_vec(self).unwrap_or_default();
        hex(&Sha256::digest(parts))
    }
}

/// A citation: the marker as it stands in the text, and the passage it points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Citation {
    /// Such as `1` for `[1]`.
    pub marker: String,
    pub passage_id: String,
}

/// A finished piece about one topic for one audience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    pub id: String,
    pub topic_id: TopicId,
    pub kind: ContentKind,
    pub markdown: String,
    pub writer: Writer,
    /// The language model's name; none for the embedded writer.
    pub model: Option<String>,
    pub citations: Vec<Citation>,
    /// All passages it was made of, cited or not: when one of them goes, so does the piece.
    #[serde(default)]
    pub passages: Vec<String>,
    pub generated_at: DateTime<Utc>,
    /// Why a lesser writer was used than the configured one.
    pub fallback_reason: Option<String>,
    /// What a language model's call for it used up.
    #[serde(default)]
    pub cost: Option<Cost>,
}
