use serde::{Deserialize, Serialize};

use crate::topic::{Topic, TopicId};

/// Who says that one topic comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PrerequisiteOrigin {
    /// The topic map, directly or through topics that are not on the path.
    TopicMap,
    /// The order of the books.
    Library,
    /// A language model's proposal that passed the checks.
    LanguageModel,
}

/// A topic that comes before another one on the same path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prerequisite {
    pub topic_id: TopicId,
    pub title: String,
    pub origin: PrerequisiteOrigin,
}

/// A topic in its place on a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathTopic {
    pub topic: Topic,
    /// Hours of reading and practice.
    pub hours: f32,
    /// The direct prerequisites that are on the path.
    pub prerequisites: Vec<Prerequisite>,
}

/// Topics that belong together, in the order to learn them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    pub name: String,
    /// Why now, one sentence.
    pub goal: String,
    /// At the learner's hours per week, at least 1.
    pub duration_weeks: u32,
    pub topics: Vec<PathTopic>,
}

/// Who ordered a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PathOrigin {
    LanguageModel,
    Embedded,
}
