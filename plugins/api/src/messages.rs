use std::sync::Arc;

use actix::{Message, Recipient};
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::content::{CacheKey, CacheKeyKind, Piece};
use crate::coverage::{ExternalResource, ScoredPassage, Verdict};
use crate::error::Failure;
use crate::job::{JobProfile, JobTarget};
use crate::path::{PathOrigin, SetAside, Stage};
use crate::ports::PassageSearch;
use crate::topic::Topic;

/// Read a job profile out of a job target.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<JobProfile, Failure>")]
pub struct Analyze {
    pub target: JobTarget,
    /// Triggered when nobody waits for the answer any more: calls that cost something end then.
    pub cancelled: CancellationToken,
}

/// Judge topics against the library. The answer holds one verdict a topic, in the order asked.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<Verdict>, Failure>")]
pub struct CheckCoverage {
    pub topics: Vec<Topic>,
    /// The confidence from which a topic counts as covered; the plugin's own default when absent.
    pub min_score: Option<f32>,
    /// Where to announce each verdict as soon as it stands; nobody listening is no failure.
    pub progress: Option<mpsc::UnboundedSender<Verdict>>,
    /// What to judge by; the library when absent.
    pub instead: Option<OtherPassages>,
}

/// Passages that stand in for the library's in one question, such as the library with a book that may be bought.
#[derive(Clone)]
pub struct OtherPassages(pub Arc<dyn PassageSearch>);

impl std::fmt::Debug for OtherPassages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OtherPassages")
    }
}

/// Look up where else a topic can be learnt, without a verdict.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<ExternalResource>, Failure>")]
pub struct FindResources {
    pub topic: Topic,
}

/// A topic to place on a path.
#[derive(Clone, Debug)]
pub struct TopicToPlace {
    pub topic: Topic,
    /// 0 to 1: how central it is to the job.
    pub weight: f32,
    /// The passages of the library that are most about it, best first.
    pub passages: Vec<ScoredPassage>,
}

/// Put covered topics in stages that can be followed.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Sequenced, Failure>")]
pub struct Sequence {
    pub topics: Vec<TopicToPlace>,
    /// The learner's hours a week, at least 1.
    pub hours_per_week: u32,
    /// What the job is called, for the goals of the stages.
    pub role: String,
    /// Triggered when nobody waits for the answer any more.
    pub cancelled: CancellationToken,
}

/// The answer to [`Sequence`].
#[derive(Clone, Debug, PartialEq)]
pub struct Sequenced {
    pub stages: Vec<Stage>,
    pub origin: PathOrigin,
    pub fallback_reason: Option<String>,
    /// Prerequisites that contradicted surer ones.
    pub set_aside: Vec<SetAside>,
}

/// Fetch a piece only if it is there already.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Option<CachedPiece>, Failure>")]
pub struct Lookup {
    pub key: CacheKey,
}

/// Writes a piece when nobody has one.
pub type WritePiece = Box<dyn FnOnce() -> BoxFuture<'static, Result<Piece, Failure>> + Send>;

/// Fetch a piece, or write it once for everybody who asks at the same time. Failures are not kept.
#[derive(Message)]
#[rtype(result = "Result<CachedPiece, Failure>")]
pub struct Fill {
    pub key: CacheKey,
    pub write: WritePiece,
}

/// A piece, and whether it had to be written.
#[derive(Clone, Debug)]
pub struct CachedPiece {
    pub piece: Arc<Piece>,
    pub hit: bool,
}

/// Forget every piece; answers how many there were. A change of the library needs none of this: its revision is in the key.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<u64, Failure>")]
pub struct Invalidate;

/// Ask for hits and misses so far.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Result<CacheCounts, Failure>")]
pub struct CountCache;

/// Hits and misses since the start, by kind of key, and pieces held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    pub by_key_kind: Vec<(CacheKeyKind, HitsAndMisses)>,
    pub entries: u64,
}

/// A hit is an answer from the cache; a miss is a piece that had to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HitsAndMisses {
    pub hits: u64,
    pub misses: u64,
}

/// What an analyzer answers.
#[derive(Clone)]
pub struct AnalyzerHandles {
    pub analyze: Recipient<Analyze>,
}

/// What a coverage plugin answers.
#[derive(Clone)]
pub struct CoverageHandles {
    pub check: Recipient<CheckCoverage>,
    pub resources: Recipient<FindResources>,
}

/// What a sequencer answers.
#[derive(Clone)]
pub struct SequencerHandles {
    pub sequence: Recipient<Sequence>,
}

/// What a cache answers.
#[derive(Clone)]
pub struct CacheHandles {
    pub lookup: Recipient<Lookup>,
    pub fill: Recipient<Fill>,
    pub invalidate: Recipient<Invalidate>,
    pub count: Recipient<CountCache>,
}
