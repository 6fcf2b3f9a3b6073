use chrono::{DateTime, Utc};
use pathwright_api::Failure;
use pathwright_api::coverage::Verdict;
use pathwright_api::job::{JobProfile, JobTarget};
use pathwright_api::messages::Sequenced;
use pathwright_api::path::{DroppedEdge, PathOrigin, Stage};
use pathwright_api::topic::TopicId;
use serde::{Deserialize, Serialize};

/// The making of one learning path, or the reading of one job: a row that outlives the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    pub id: String,
    pub user: String,
    pub purpose: GenerationPurpose,
    pub target: JobTarget,
    pub hours_per_week: u32,
    pub state: GenerationState,
    /// Number of the last event.
    pub seq: u32,
    /// 0 to 100.
    pub percent: u32,
    /// The process that works on it, and until when others keep off (RFC 3339).
    pub lease_owner: Option<String>,
    pub lease_until: Option<String>,
    pub path: Option<String>,
    pub error: Option<Failure>,
    pub created_at: DateTime<Utc>,
}

/// What a generation is to bring forth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GenerationPurpose {
    /// A path, for the job in force.
    MakePath,
    /// A job profile alone, for a job that was saved.
    ReadJob,
}

/// How far a generation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GenerationState {
    /// Waits for its turn.
    Queued,
    /// Is being worked on.
    Running,
    /// The path is there, or the job is read.
    Completed,
    /// Ended with an error.
    Failed,
    /// Replaced by a newer one, or cancelled on request.
    Cancelled,
}

impl GenerationState {
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// What is being done for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GenerationStep {
    /// Reading the job target.
    Analyze,
    /// Checking each topic against the library.
    Coverage,
    /// Putting covered topics in order.
    Sequence,
    /// Storing the path.
    Persist,
}

/// One numbered piece of news about a generation; together they are also its memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub generation: String,
    /// From 1, without gaps.
    pub seq: u32,
    pub state: GenerationState,
    pub step: Option<GenerationStep>,
    pub done: u32,
    pub total: u32,
    /// 0 to 100.
    pub percent: u32,
    pub message: String,
    pub at: DateTime<Utc>,
    /// What the step brought forth, for a process that takes the work up again; after the last event only what whoever watches
    /// late cannot do without.
    pub outcome: Option<Outcome>,
}

/// The result of a step, or of a part of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "verdicts are most of all outcomes, and none lives long")]
pub enum Outcome {
    Analyzed(JobProfile),
    Judged(Verdict),
    /// The same once the path is stored, which holds the verdict.
    Assessed {
        topic: TopicId,
    },
    Sequenced {
        stages: Vec<Stage>,
        origin: PathOrigin,
        fallback_reason: Option<String>,
        #[serde(default)]
        set_aside: Vec<DroppedEdge>,
    },
    Persisted {
        path: String,
    },
    Failed(Failure),
}

impl From<Sequenced> for Outcome {
    fn from(sequenced: Sequenced) -> Self {
        let Sequenced { stages, origin, fallback_reason, set_aside } = sequenced;
        Self::Sequenced { stages, origin, fallback_reason, set_aside }
    }
}

/// What becomes of a learner's job when a path is made.
#[derive(Clone, Debug, PartialEq)]
pub enum JobChange {
    /// It stays what it is when the generation is stored.
    None,
    To(JobTarget),
    /// There is none any more.
    Clear,
}
