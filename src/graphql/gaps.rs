use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::chosen_jobs::{JobsInput, chosen};
use super::coverage::{ExternalResource, ScoredPassage, shown};
use super::error::{Wire, services};
use super::limits::LIBRARY_GAPS;
use super::topics::Topic;
use crate::gaps;

/// Gaps in one answer.
const MOST: usize = 50;

/// Topics named among those that a gap holds up.
const UNLOCKS: usize = 10;

/// A topic that jobs need and the library does not cover.
pub struct LibraryGap {
    gap: gaps::LibraryGap,
    /// Names of the jobs that need it; none where it is not to be said whose they are.
    jobs: Vec<String>,
}

/// A topic that jobs need and the library does not cover.
#[Object]
impl LibraryGap {
    /// What is missing.
    async fn topic(&self) -> Topic {
        Topic(self.gap.gap.demand.topic.clone())
    }

    /// How much a book on it would help; for comparing with each other: it has no upper end.
    async fn score(&self) -> f64 {
        self.gap.gap.parts.score()
    }

    /// Why the score is what it is.
    async fn parts(&self) -> GapParts {
        self.gap.gap.parts.into()
    }

    /// How many of the jobs need it.
    async fn job_count(&self) -> u32 {
        self.gap.gap.demand.count
    }

    /// Which of the jobs need it; empty where everybody's are meant.
    async fn job_names(&self) -> &[String] {
        &self.jobs
    }

    /// 0 to 1: how sure it is that the library treats it all the same; a near miss is just below the threshold.
    async fn confidence(&self) -> f32 {
        self.gap.verdict.confidence
    }

    /// What the library has that comes nearest; null where nothing was found.
    async fn nearest_passage(&self) -> Option<ScoredPassage> {
        self.gap.verdict.passages.first().cloned().map(ScoredPassage)
    }

    /// Topics of the jobs that need this one first, directly or through others, the most wanted first; at most 10.
    async fn unlocks(&self) -> Vec<Topic> {
        self.gap.gap.unlocks.iter().take(UNLOCKS).cloned().map(Topic).collect()
    }

    /// Where else to learn it, books first.
    async fn external_resources(&self, ctx: &Context<'_>) -> Result<Vec<ExternalResource>> {
        shown(ctx, &self.gap.verdict.external_resources).await
    }

    /// Why the library was searched by lesser means than the configured ones, such as words alone; null when it was not.
    async fn fallback_reason(&self) -> Option<&str> {
        self.gap.verdict.fallback_reason.as_deref()
    }
}

/// What the score of a gap is made of: the sum of the first three, times the last.
#[derive(SimpleObject)]
pub struct GapParts {
    /// The sum over the jobs of how central the topic is to each, 0 to 1.
    weight: f64,
    /// 0.5 for each job that has it at its core.
    core: f64,
    /// For the topics of the jobs that need it first: 0.3 of the worth of each for every step between the two.
    unlocks: f64,
    /// How much of it the library lacks, 0 to 1: little for a near miss.
    missing: f64,
}

impl From<gaps::Parts> for GapParts {
    fn from(parts: gaps::Parts) -> Self {
        Self { weight: parts.weight, core: parts.core, unlocks: parts.unlocks, missing: parts.missing }
    }
}

#[derive(Default)]
pub struct GapQueries;

#[Object]
impl GapQueries {
    /// Which book should come next? The topics that a learner's target jobs or some role templates need most and the library
    /// treats least, the most needed first. With neither, over everybody's target jobs, without saying whose they are: for
    /// administrators. A job that is not read yet is left out; `User.targetJobs` shows it without a profile.
    async fn library_gaps(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A learner: all their target jobs.")] user_id: Option<ID>,
        #[graphql(desc = "Role templates, at most 50.")] template_ids: Option<Vec<ID>>,
        #[graphql(desc = "How many, at most 50.", default_with = "LIBRARY_GAPS as u32")] first: u32,
    ) -> Result<Vec<LibraryGap>> {
        let jobs = chosen(ctx, JobsInput { user_id, template_ids }).await?;
        let services = services(ctx)?;
        let first = (first as usize).clamp(1, MOST);
        let gaps = gaps::library_gaps(&services.store, &services.host, &jobs, first).await.wire()?;
        let named = |gap: gaps::LibraryGap| {
            let names = gap.gap.demand.jobs.iter().filter_map(|at| jobs.get(*at)?.name.clone());
            LibraryGap { jobs: names.collect(), gap }
        };
        Ok(gaps.into_iter().map(named).collect())
    }
}
