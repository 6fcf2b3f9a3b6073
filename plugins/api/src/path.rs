use serde::{Deserialize, Serialize};

use crate::topic::{Topic, TopicId};

/// Who says that one topic comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PrerequisiteOrigin {
    /// The topic map, directly or through topics that are not on the path.
    TopicMap,
    /// The books: one is treated before the other, whose passages keep naming it.
    Library,
    /// The books' own references: where one is treated, the text refers back to where the other is.
    CrossReference,
    /// Their titles: numbered parts of one series.
    Series,
    /// A language model's proposal that passed the checks.
    LanguageModel,
    /// What the topic map says of topics like these: of at least one of the two it knows nothing.
    Likeness,
}

/// A topic that comes before another one on the same path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prerequisite {
    pub topic_id: TopicId,
    pub title: String,
    pub origin: PrerequisiteOrigin,
    /// How sure it is, 0 to 1; 1 for what the topic map says outright.
    #[serde(default = "sure")]
    pub strength: f32,
}

/// For paths stored before strengths were.
fn sure() -> f32 {
    1.0
}

/// A prerequisite that was not kept, because it would have closed a circle with surer ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DroppedEdge {
    pub topic_id: TopicId,
    pub required_id: TopicId,
    pub origin: PrerequisiteOrigin,
    /// 0 to 1.
    pub strength: f32,
}

/// A topic in its place on a path.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PathTopic {
    pub topic: Topic,
    /// Hours of reading and practice: from the words of the sections cited where the library treats it, otherwise the map's.
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
