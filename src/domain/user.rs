use chrono::{DateTime, Utc};
use pathwright_api::job::JobTarget;
use pathwright_api::topic::TopicId;
use serde::{Deserialize, Serialize};

/// A learner, as the frontend describes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// Chosen by the frontend.
    pub id: String,
    pub name: Option<String>,
    pub email: Option<String>,
    pub education_level: Option<EducationLevel>,
    /// Hours a week for learning, 1 to 80.
    pub hours_per_week: u32,
    /// None: the learner has not said what job they want. Kept among the target jobs, and read with the user.
    pub job: Option<JobTarget>,
    /// What the job was read as; follows with the generation.
    pub job_role_type: Option<String>,
    pub created_at: DateTime<Utc>,
}

impl User {
    /// Hours a week for those who did not say.
    pub const HOURS_PER_WEEK: u32 = 6;

    /// Characters from which a job description counts for the profile's completion.
    const DESCRIPTION_COUNTS_FROM: usize = 20;

    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: None,
            email: None,
            education_level: None,
            hours_per_week: Self::HOURS_PER_WEEK,
            job: None,
            job_role_type: None,
            created_at: Utc::now(),
        }
    }

    /// The job target; nothing in it when the learner has none.
    pub fn target(&self) -> JobTarget {
        self.job.clone().unwrap_or_default()
    }

    /// Share of the four fields that make a profile complete, 0 to 100: name, email, education level, job description.
    pub fn profile_completion_percent(&self) -> u32 {
        let filled = |field: &Option<String>| field.as_deref().is_some_and(|text| !text.trim().is_empty());
        let description = self.job.as_ref().and_then(|job| job.description.as_deref()).unwrap_or_default();
        let described = description.trim().chars().count() > Self::DESCRIPTION_COUNTS_FROM;
        let complete = [filled(&self.name), filled(&self.email), self.education_level.is_some(), described];
        25 * complete.iter().filter(|field| **field).count() as u32
    }
}

/// The highest degree a learner has or works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EducationLevel {
    /// School.
    HighSchool,
    /// Bachelor's degree or equal.
    Bachelor,
    /// Master's degree or equal.
    Master,
    /// Doctorate.
    Doctorate,
    /// Taught oneself, or any other way.
    Other,
}

/// What is to be changed of a user; what is none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UserChanges {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub education_level: Option<EducationLevel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours_per_week: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
}

/// How far a learner is with one topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopicProgress {
    pub topic: TopicId,
    pub started_at: Option<DateTime<Utc>>,
    pub completed_at: Option<DateTime<Utc>>,
}

/// What a learner does with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressStep {
    /// The first time counts.
    Start,
    /// The first time counts.
    Complete,
    /// It is not completed any more.
    Reopen,
}
