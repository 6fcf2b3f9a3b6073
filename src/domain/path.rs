use chrono::{DateTime, Utc};
use pathwright_api::coverage::Verdict;
use pathwright_api::job::JobProfile;
use pathwright_api::path::{DroppedEdge, PathOrigin, Stage};
use serde::{Deserialize, Serialize};

/// A learner's way to a job, stored as one document: it is read far more often than written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningPath {
    pub id: String,
    pub user: String,
    pub generation: String,
    /// What the job was read as when the path was made.
    pub profile: JobProfile,
    pub job_description: Option<String>,
    pub hours_per_week: u32,
    pub stages: Vec<Stage>,
    /// One for each topic of the job, in the job's order.
    pub verdicts: Vec<Verdict>,
    pub origin: PathOrigin,
    /// Prerequisites that contradicted surer ones.
    #[serde(default)]
    pub set_aside: Vec<DroppedEdge>,
    pub fallback_reason: Option<String>,
    /// The state of the books that the verdicts are of; 0 where they may be of several.
    #[serde(default)]
    pub library_contents: u64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl LearningPath {
    /// Covered topics out of all, 0 to 100, rounded; 0 for a job without topics.
    pub fn coverage_percentage(&self) -> u32 {
        let covered = self.verdicts.iter().filter(|verdict| verdict.covered).count();
        let all = self.verdicts.len().max(1);
        (covered as f64 * 100.0 / all as f64).round() as u32
    }

    pub fn total_weeks(&self) -> u32 {
        self.stages.iter().map(|stage| stage.duration_weeks).sum()
    }
}

/// How a user's current path stands to the library: one row a user, made with the path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathCheck {
    pub user: String,
    /// The path that was compared; one that a newer path replaced is not compared any more.
    pub path: String,
    /// The state of the books up to which it was compared.
    pub contents: u64,
    pub checked_at: Option<DateTime<Utc>>,
    /// None: nothing is different from when the path was made.
    pub found: Option<Changes>,
}

/// What the library says of a path's topics by now, where that is not what it said when the path was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Changes {
    /// Of the library, at the time of the comparison.
    pub revision: u64,
    /// Covered now, and not before.
    pub gained: Vec<Verdict>,
    /// Covered before, and not now.
    pub lost: Vec<Verdict>,
    /// Covered both times, by another place.
    pub moved: Vec<Verdict>,
    /// Of all topics of the path, by now: 0 to 100, rounded.
    pub coverage_percentage: u32,
}
