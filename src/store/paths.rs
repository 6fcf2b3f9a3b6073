use chrono::{DateTime, Utc};
use pathwright_api::Failure;
use pathwright_api::coverage::Verdict;
use pathwright_api::job::JobProfile;
use pathwright_api::path::{PathOrigin, SetAside, Stage};
use serde::{Deserialize, Serialize};

use super::Store;

/// A learner's way to a job, stored as one document: it is read far more often than written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningPath {
    /// Grows with time: the newest path of a user has the greatest id.
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
    pub set_aside: Vec<SetAside>,
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

const FIELDS: &str = "*, record::id(id) AS id";

impl Store {
    pub async fn path(&self, id: &str) -> Result<Option<LearningPath>, Failure> {
        let text = format!("SELECT {FIELDS} FROM type::record('learning_path', $id)");
        self.query(text).bind("id", id).run().await?.row(0)
    }

    /// A user's paths from the newest on, those older than `before` if given.
    pub async fn paths_of(&self, user: &str, before: Option<&str>, limit: usize) -> Result<Vec<LearningPath>, Failure> {
        let text = format!(
            "SELECT {FIELDS} FROM learning_path WHERE user = $user AND ($before = NULL OR record::id(id) < $before) \
             ORDER BY id DESC LIMIT $limit"
        );
        self.query(text).bind("user", user).bind("before", before).bind("limit", limit).run().await?.rows(0)
    }
}
