use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use pathwright_api::coverage::Verdict;
use pathwright_api::{path, topic::TopicId};

use super::access::principal;
use super::coverage::{Coverage, Source};
use super::enums::{PathOrigin, PrerequisiteOrigin};
use super::error::{Wire, services};
use super::exports::{Export, ExportInput};
use super::jobs::JobProfile;
use super::library_changes::{LibraryChanges, checked, gone_sources};
use super::plans::{DeadlineCheck, DeadlineInput, PaceInput, Plan};
use super::reading::ReadingList;
use super::topics::{Progress, Topic, progress_of};
use crate::domain;

/// A learner's way to a job.
#[derive(Clone)]
pub struct LearningPath {
    path: Arc<domain::LearningPath>,
    progress: Progress,
}

impl LearningPath {
    pub(super) fn new(path: impl Into<Arc<domain::LearningPath>>, progress: Progress) -> Self {
        Self { path: path.into(), progress }
    }

    fn is_completed(&self, topic: &TopicId) -> bool {
        self.progress.get(topic).is_some_and(|progress| progress.completed_at.is_some())
    }

    fn open_topics(&self) -> impl Iterator<Item = &path::PathTopic> {
        let all = self.path.stages.iter().flat_map(|stage| &stage.topics);
        all.filter(|topic| !self.is_completed(&topic.topic.id))
    }

    fn can_start(&self, topic: &path::PathTopic) -> bool {
        topic.prerequisites.iter().all(|prerequisite| self.is_completed(&prerequisite.topic_id))
    }

    pub(super) fn startable(&self) -> Vec<Topic> {
        self.open_topics().filter(|topic| self.can_start(topic)).map(|topic| Topic(topic.topic.clone())).collect()
    }

    pub(super) fn next_topic(&self) -> Option<NextTopic> {
        let next = self.open_topics().find(|topic| self.can_start(topic))?;
        let stage =
            self.path.stages.iter().find(|stage| stage.topics.iter().any(|topic| topic.topic.id == next.topic.id))?;
        let titles: Vec<&str> = next.prerequisites.iter().map(|prerequisite| prerequisite.title.as_str()).collect();
        let reason = if titles.is_empty() {
            format!("first open topic of the stage “{}”; it needs nothing else on your path", stage.name)
        } else {
            format!(
                "first open topic of the stage “{}”; you have completed what it builds on: {}",
                stage.name,
                titles.join(", ")
            )
        };
        Some(NextTopic { id: ID::from(next.topic.id.as_str()), title: next.topic.title.clone(), reason })
    }

    fn coverages(&self, covered: bool) -> Vec<Coverage> {
        let chosen = self.path.verdicts.iter().filter(|verdict| verdict.covered == covered);
        chosen.cloned().map(Coverage).collect()
    }
}

/// A learner's way to a job.
#[Object]
impl LearningPath {
    /// Names it.
    async fn id(&self) -> ID {
        ID::from(&self.path.id)
    }

    /// The role the job was read as.
    async fn role_type(&self) -> &str {
        &self.path.profile.role_type
    }

    /// The posting the path was made for; null for a template.
    async fn job_description(&self) -> Option<&str> {
        self.path.job_description.as_deref()
    }

    /// What the job was read as when the path was made.
    async fn job_profile(&self) -> JobProfile {
        JobProfile(self.path.profile.clone())
    }

    /// Covered topics out of all, 0 to 100, rounded.
    async fn coverage_percentage(&self) -> u32 {
        self.path.coverage_percentage()
    }

    /// At the learner's hours a week when the path was made.
    async fn total_weeks(&self) -> u32 {
        self.path.total_weeks()
    }

    /// What the weeks were counted with.
    async fn hours_per_week(&self) -> u32 {
        self.path.hours_per_week
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.path.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.path.updated_at
    }

    /// Who ordered the stages.
    async fn origin(&self) -> PathOrigin {
        self.path.origin.into()
    }

    /// Prerequisites that were not kept, because they contradicted surer ones.
    async fn prerequisites_set_aside(&self) -> Vec<PrerequisiteSetAside> {
        self.path.set_aside.iter().map(PrerequisiteSetAside::from).collect()
    }

    /// Why a lesser sequencer was used than the configured one; null when it was not.
    async fn fallback_reason(&self) -> Option<&str> {
        self.path.fallback_reason.as_deref()
    }

    /// Covered topics in an order that can be followed.
    async fn stages(&self) -> Vec<Stage> {
        let verdicts = self.path.verdicts.iter().map(|verdict| (verdict.topic.id.clone(), verdict.clone())).collect();
        let verdicts = Arc::new(verdicts);
        (0..self.path.stages.len())
            .map(|at| Stage { path: self.clone(), verdicts: Arc::clone(&verdicts), at })
            .collect()
    }

    /// Topics of the job that the library treats, with the proof.
    async fn covered_topics(&self) -> Vec<Coverage> {
        self.coverages(true)
    }

    /// Topics of the job that the library does not treat, with other places to learn them.
    async fn uncovered_topics(&self) -> Vec<Coverage> {
        self.coverages(false)
    }

    /// Covered topics whose source is no longer in the library: its book was removed, or says something else by now.
    async fn gone_sources(&self, ctx: &Context<'_>) -> Result<Vec<Coverage>> {
        gone_sources(ctx, &self.path.verdicts).await
    }

    /// Whether the library has changed since the path was made or last compared with it. That is done in the background; until
    /// then `libraryChanges` is as of the comparison before. Past paths are not compared.
    async fn needs_recheck(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(checked(ctx, &self.path).await?.is_some_and(|checked| checked.is_behind()))
    }

    /// What the library says of the path's topics by now; null when nothing is different from when the path was made. A new path
    /// takes it in: `generatePath`.
    async fn library_changes(&self, ctx: &Context<'_>) -> Result<Option<LibraryChanges>> {
        Ok(checked(ctx, &self.path).await?.and_then(LibraryChanges::of))
    }

    /// Which topic when, at a pace of one's own. Null for hours or dates that cannot be meant; the error says which.
    async fn plan(&self, #[graphql(default)] input: PaceInput) -> Result<Option<Plan>> {
        Plan::of(&self.path, &self.progress, &input).map(Some)
    }

    /// What can be learnt before a day, and what learning all of it would take. Null as for `plan`.
    async fn deadline_check(&self, input: DeadlineInput) -> Result<Option<DeadlineCheck>> {
        DeadlineCheck::of(&self.path, &self.progress, &input).map(Some)
    }

    /// What to read, each section once.
    async fn reading_list(&self, ctx: &Context<'_>) -> Result<ReadingList> {
        ReadingList::of(&self.path, &self.progress, ctx).await
    }

    /// The path as a file to take along. Null as for `plan`.
    async fn export(&self, ctx: &Context<'_>, input: ExportInput) -> Result<Option<Export>> {
        Export::of(&self.path, &self.progress, input, ctx).await.map(Some)
    }
}

/// Topics that belong together.
pub struct Stage {
    path: LearningPath,
    verdicts: Arc<HashMap<TopicId, Verdict>>,
    at: usize,
}

impl Stage {
    fn stage(&self) -> &path::Stage {
        &self.path.path.stages[self.at]
    }
}

/// Topics that belong together.
#[Object]
impl Stage {
    /// What it is about.
    async fn name(&self) -> &str {
        &self.stage().name
    }

    /// Why now.
    async fn goal(&self) -> &str {
        &self.stage().goal
    }

    /// At the learner's hours a week, at least 1.
    async fn duration_weeks(&self) -> u32 {
        self.stage().duration_weeks
    }

    /// Completed topics out of all of the stage, 0 to 100, rounded.
    async fn progress_percent(&self) -> u32 {
        let topics = &self.stage().topics;
        let completed = topics.iter().filter(|topic| self.path.is_completed(&topic.topic.id)).count();
        (completed as f64 * 100.0 / topics.len().max(1) as f64).round() as u32
    }

    /// In the order to learn them.
    async fn topics(&self) -> Vec<PathTopic> {
        let view = |topic: &path::PathTopic| PathTopic {
            completed: self.path.is_completed(&topic.topic.id),
            started: self.path.progress.contains_key(&topic.topic.id),
            verdict: self.verdicts.get(&topic.topic.id).cloned(),
            topic: topic.clone(),
        };
        self.stage().topics.iter().map(view).collect()
    }
}

/// A topic in its place on a path.
pub struct PathTopic {
    topic: path::PathTopic,
    verdict: Option<Verdict>,
    completed: bool,
    started: bool,
}

/// A topic in its place on a path.
#[Object]
impl PathTopic {
    /// The topic's id.
    async fn id(&self) -> ID {
        ID::from(self.topic.topic.id.as_str())
    }

    /// What it is called.
    async fn title(&self) -> &str {
        &self.topic.topic.title
    }

    /// The topic itself.
    async fn topic(&self) -> Topic {
        Topic(self.topic.topic.clone())
    }

    /// Hours of reading and practice.
    async fn hours(&self) -> f32 {
        self.topic.hours
    }

    /// Whether the user has begun with it or completed it.
    async fn started(&self) -> bool {
        self.started
    }

    /// Whether the user has completed it.
    async fn completed(&self) -> bool {
        self.completed
    }

    /// Its direct prerequisites on this path.
    async fn prerequisites(&self) -> Vec<Prerequisite> {
        self.topic.prerequisites.iter().map(Prerequisite::from).collect()
    }

    /// Where the library treats it; null only when a reviewer vouches for it.
    async fn source(&self) -> Option<Source> {
        self.verdict.as_ref().and_then(|verdict| verdict.source.clone()).map(Source)
    }

    /// 0 to 1: how sure it is that the library treats it.
    async fn confidence(&self) -> f32 {
        self.verdict.as_ref().map_or(0.0, |verdict| verdict.confidence)
    }
}

/// A topic that comes before another one on the same path.
#[derive(SimpleObject)]
pub struct Prerequisite {
    /// The topic's id.
    topic_id: ID,
    /// What it is called.
    title: String,
    /// Who says so.
    origin: PrerequisiteOrigin,
    /// How sure it is, 0 to 1; 1 for what the topic map says outright.
    strength: f32,
}

/// A prerequisite that was not kept, because it would have closed a circle with surer ones.
#[derive(SimpleObject)]
pub struct PrerequisiteSetAside {
    /// The topic that would have come later.
    topic_id: ID,
    /// The topic that would have come first.
    required_topic_id: ID,
    /// Who said so.
    origin: PrerequisiteOrigin,
    /// How sure it was, 0 to 1.
    strength: f32,
}

impl From<&path::DroppedEdge> for PrerequisiteSetAside {
    fn from(edge: &path::DroppedEdge) -> Self {
        Self {
            topic_id: ID::from(edge.topic_id.as_str()),
            required_topic_id: ID::from(edge.required_id.as_str()),
            origin: edge.origin.into(),
            strength: edge.strength,
        }
    }
}

impl From<&path::Prerequisite> for Prerequisite {
    fn from(prerequisite: &path::Prerequisite) -> Self {
        Self {
            topic_id: ID::from(prerequisite.topic_id.as_str()),
            title: prerequisite.title.clone(),
            origin: prerequisite.origin.into(),
            strength: prerequisite.strength,
        }
    }
}

/// The topic to go on with.
#[derive(SimpleObject)]
pub struct NextTopic {
    /// The topic's id.
    id: ID,
    /// What it is called.
    title: String,
    /// Why this one.
    reason: String,
}

#[derive(Default)]
pub struct PathQueries;

#[Object]
impl PathQueries {
    /// A path, current or past; null when there is none of this id.
    async fn learning_path(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The path's id.")] id: ID,
    ) -> Result<Option<LearningPath>> {
        let services = services(ctx)?;
        let Some(path) = services.store.path(&id).await.wire()? else {
            return Ok(None);
        };
        principal(ctx).and_then(|principal| principal.for_user(&path.user)).wire()?;
        let progress = progress_of(services, &path.user).await.wire()?;
        Ok(Some(LearningPath::new(path, progress)))
    }
}
