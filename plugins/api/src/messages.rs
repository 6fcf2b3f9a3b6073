use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::content::{CacheKey, Citation, ContentKind, Piece, Writer};
use crate::coverage::{ExternalResource, ScoredPassage, Verdict};
use crate::job::{JobProfile, JobTarget};
use crate::library::Passage;
use crate::llm::Cost;
use crate::path::{DroppedEdge, PathOrigin, Stage};
use crate::topic::Topic;

/// What a plugin is asked, as data: it can be written down, sent elsewhere and asked again.
pub trait Question: Clone + Debug + Serialize + DeserializeOwned + Send + 'static {
    type Answer: Debug + Serialize + DeserializeOwned + Send + 'static;
    /// What is told while the work goes on; `()` where nothing is.
    type News: Debug + Serialize + DeserializeOwned + Send + 'static;
}

/// Read a job profile out of a job target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Analyze {
    pub target: JobTarget,
}

impl Question for Analyze {
    type Answer = JobProfile;
    type News = ();
}

/// Assess topics against the library. The answer holds one verdict a topic, in the order asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckCoverage {
    pub topics: Vec<Topic>,
    /// The confidence from which a topic counts as covered; the plugin's own default when absent.
    pub min_score: Option<f32>,
    /// Which passages it is assessed by: those of the library, or those that
    /// [`PassageSearch::overlay`](crate::ports::PassageSearch::overlay) finds by this name.
    pub overlay: Option<String>,
}

impl Question for CheckCoverage {
    type Answer = Vec<Verdict>;
    /// Each verdict as soon as it stands.
    type News = Verdict;
}

/// Look up where else a topic can be learnt, without a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FindResources {
    pub topic: Topic,
}

impl Question for FindResources {
    type Answer = Vec<ExternalResource>;
    type News = ();
}

/// Put covered topics in stages that can be followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sequence {
    pub topics: Vec<TopicToPlace>,
    /// The learner's hours a week, at least 1.
    pub hours_per_week: u32,
    /// What the job is called, for the goals of the stages.
    pub role: String,
}

/// A topic to place on a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicToPlace {
    pub topic: Topic,
    /// 0 to 1: how central it is to the job.
    pub weight: f32,
    /// The passages of the library that are most about it, best first.
    pub passages: Vec<ScoredPassage>,
}

/// The answer to [`Sequence`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sequenced {
    pub stages: Vec<Stage>,
    pub origin: PathOrigin,
    pub fallback_reason: Option<String>,
    /// Prerequisites that contradicted surer ones.
    pub set_aside: Vec<DroppedEdge>,
}

impl Question for Sequence {
    type Answer = Sequenced;
    type News = ();
}

/// Write a piece about a topic out of the passages that treat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Write {
    pub kind: ContentKind,
    pub topic: Topic,
    /// Of the job that the piece is written for.
    pub profile: JobProfile,
    /// What the job is called.
    pub role: String,
    /// Free text of the learner's own.
    pub note: Option<String>,
    /// All that may be cited: the best section first, each in reading order. Never empty.
    pub passages: Vec<Passage>,
}

/// The answer to [`Write`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// CommonMark with `$…$` formulas; citations stand as `[1]`.
    pub markdown: String,
    /// Only of passages that were given.
    pub citations: Vec<Citation>,
    pub writer: Writer,
    /// Which writer, model and prompt it was: one of the [`WriterHandles`](crate::plugin::WriterHandles)' versions.
    pub version: String,
    /// The language model's name; none for the embedded writer.
    pub model: Option<String>,
    pub cost: Option<Cost>,
    /// Why a lesser writer stood in.
    pub fallback_reason: Option<String>,
}

impl Question for Write {
    type Answer = Written;
    /// Markdown to append to what was told before.
    type News = String;
}

/// Fetch a piece if it is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Get {
    pub key: CacheKey,
}

impl Question for Get {
    type Answer = Option<Piece>;
    type News = ();
}

/// Keep a piece, as long as what it rests on is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Put {
    pub key: CacheKey,
    pub piece: Piece,
}

impl Question for Put {
    type Answer = ();
    type News = ();
}

/// Forget what may be outdated: what the store has let go of is not to be had any more. What it keeps stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invalidate {}

impl Question for Invalidate {
    type Answer = ();
    type News = ();
}

/// How many pieces are held.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {}

impl Question for Count {
    type Answer = u64;
    type News = ();
}
