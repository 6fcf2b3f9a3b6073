use std::sync::Arc;

use actix::{Message, Recipient};
use futures::future::BoxFuture;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::content::{CacheKey, CacheKeyKind, Piece};
use crate::coverage::{ExternalResource, ScoredPassage, Verdict};
use crate::error::{ErrorCode, Failure};
use crate::job::{JobProfile, JobTarget};
use crate::path::{PathOrigin, SetAside, Stage};
use crate::ports::PassageSearch;
use crate::topic::Topic;

/// What a plugin is asked. Its work ends when its token is triggered, which the host does as soon as nobody waits for the answer any
/// more: the asker has left, or the deadline is over. Until the work has ended it counts as under way.
pub trait PluginMessage: Message + Send + 'static {
    fn cancelled(&mut self) -> &mut CancellationToken;
}

macro_rules! plugin_messages {
    ($($message:ty),+) => {
        $(impl PluginMessage for $message {
            fn cancelled(&mut self) -> &mut CancellationToken {
                &mut self.cancelled
            }
        })+
    };
}

plugin_messages!(Analyze, CheckCoverage, FindResources, Sequence, Lookup, Fill, Invalidate, CountCache);

/// The work's answer, or a failure as soon as nobody waits for it any more.
///
/// # Errors
/// `GENERATION_CANCELLED` when the token was triggered first.
pub async fn unless_cancelled<T>(
    cancelled: &CancellationToken,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let nobody_waits = || Failure::new(ErrorCode::GenerationCancelled, "nobody waits for the answer any more");
    cancelled.run_until_cancelled(work).await.unwrap_or_else(|| Err(nobody_waits()))
}

/// Read a job profile out of a job target.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<JobProfile, Failure>")]
pub struct Analyze {
    pub target: JobTarget,
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
    pub cancelled: CancellationToken,
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
    pub cancelled: CancellationToken,
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
    pub cancelled: CancellationToken,
}

/// Writes a piece when nobody has one.
pub type WritePiece = Box<dyn FnOnce() -> BoxFuture<'static, Result<Piece, Failure>> + Send>;

/// Fetch a piece, or write it once for everybody who asks at the same time. Failures are not kept. Others may wait for the same
/// piece, so that an asker who leaves does not end the writing; `write` knows itself when nobody wants it.
#[derive(Message)]
#[rtype(result = "Result<CachedPiece, Failure>")]
pub struct Fill {
    pub key: CacheKey,
    pub write: WritePiece,
    pub cancelled: CancellationToken,
}

/// A piece, and whether it had to be written.
#[derive(Clone, Debug)]
pub struct CachedPiece {
    pub piece: Arc<Piece>,
    pub hit: bool,
}

/// Forget every piece; answers how many there were. A change of the library needs none of this: its revision is in the key.
#[derive(Clone, Debug, Default, Message)]
#[rtype(result = "Result<u64, Failure>")]
pub struct Invalidate {
    pub cancelled: CancellationToken,
}

/// Ask for hits and misses so far.
#[derive(Clone, Debug, Default, Message)]
#[rtype(result = "Result<CacheCounts, Failure>")]
pub struct CountCache {
    pub cancelled: CancellationToken,
}

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
