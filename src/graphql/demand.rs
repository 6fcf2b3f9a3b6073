use std::sync::Arc;

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, Object, Result, SimpleObject};
use pathwright_api::topic;
use pathwright_api::{ErrorCode, Failure};

use super::access::principal;
use super::coverage::Coverage;
use super::error::{Wire, services, wire};
use super::judging::Judging;
use super::target_jobs::TargetJob;
use super::topics::{Progress, Topic, progress_of};
use crate::chosen_jobs::{ChosenJob, profiles_of};
use crate::demand::{Demand, Difference, demands, difference, hours_left};
use crate::domain;
use crate::services::Services;

/// Topics in one page.
const PAGE: usize = 50;

/// A topic for a learner, with what the library has on it.
#[derive(Clone)]
pub struct TopicStanding {
    topic: topic::Topic,
    judging: Judging,
    progress: Progress,
}

/// A topic for a learner, with what the library has on it.
#[Object]
impl TopicStanding {
    /// The topic.
    async fn topic(&self) -> Topic {
        Topic(self.topic.clone())
    }

    /// Whether the library treats it.
    async fn coverage(&self, ctx: &Context<'_>) -> Result<Coverage> {
        Ok(Coverage(self.judging.verdict(ctx, &self.topic.id).await?))
    }

    /// Whether the learner has begun with it or completed it.
    async fn started(&self) -> bool {
        self.progress.contains_key(&self.topic.id)
    }

    /// Whether the learner has completed it.
    async fn completed(&self) -> bool {
        is_completed(&self.progress, &self.topic.id)
    }
}

fn is_completed(progress: &Progress, topic: &topic::TopicId) -> bool {
    progress.get(topic).is_some_and(|progress| progress.completed_at.is_some())
}

/// A topic with the target jobs that need it.
pub struct DemandedTopic {
    demand: Demand,
    jobs: Arc<Vec<domain::TargetJob>>,
    standing: TopicStanding,
}

/// A topic with the target jobs that need it.
#[Object]
impl DemandedTopic {
    /// The topic, with the learner's progress and what the library has on it.
    async fn standing(&self) -> TopicStanding {
        self.standing.clone()
    }

    /// How many of the target jobs need it.
    async fn job_count(&self) -> u32 {
        self.demand.count
    }

    /// Which of the target jobs need it.
    async fn jobs(&self) -> Vec<TargetJob> {
        self.demand.jobs.iter().filter_map(|at| self.jobs.get(*at).cloned().map(TargetJob)).collect()
    }

    /// The sum over those jobs of how central it is to each, 0 to 1.
    async fn weight(&self) -> f64 {
        self.demand.weight
    }
}

/// What the topics are counted over.
#[derive(SimpleObject)]
#[expect(clippy::struct_field_names, reason = "the schema's names: all are counts")]
pub struct DemandTotal {
    /// All topics, not only those of this page.
    total_count: u64,
    /// Target jobs that were counted.
    job_count: u32,
    /// Target jobs that were left out, because they are not read yet.
    unread_job_count: u32,
}

pub(super) type DemandedTopics = Connection<String, DemandedTopic, DemandTotal, EmptyFields>;

/// One page of what a learner's target jobs need.
pub(super) async fn topics_by_demand(
    services: &Services,
    user: &str,
    first: usize,
    after: Option<&str>,
) -> Result<DemandedTopics> {
    let (jobs, chosen, unread) = read_jobs(services, user).await.wire()?;
    let demands = demands(&chosen);
    let from = start(&demands, after).wire()?;
    let first = first.clamp(1, PAGE);
    let total_count = demands.len() as u64;
    let more = demands.len() > from + first;
    let page: Vec<Demand> = demands.into_iter().skip(from).take(first).collect();
    let judging = Judging::of(page.iter().map(|demand| demand.topic.clone()).collect());
    let progress = progress_of(services, user).await.wire()?;
    let total = DemandTotal { total_count, job_count: jobs.len() as u32, unread_job_count: unread };
    let jobs = Arc::new(jobs);
    let mut connection = Connection::with_additional_fields(from > 0, more, total);
    connection.edges.extend(page.into_iter().map(|demand| {
        let standing =
            TopicStanding { topic: demand.topic.clone(), judging: judging.clone(), progress: Arc::clone(&progress) };
        let cursor = demand.topic.id.to_string();
        Edge::new(cursor, DemandedTopic { demand, jobs: Arc::clone(&jobs), standing })
    }));
    Ok(connection)
}

/// The jobs that were read, the same as they were read, and how many were not.
async fn read_jobs(services: &Services, user: &str) -> Result<(Vec<domain::TargetJob>, Vec<ChosenJob>, u32), Failure> {
    let all = services.store.target_jobs(user).await?;
    let profiles = profiles_of(&services.store, &services.host, &all).await?;
    let (read, unread): (Vec<_>, Vec<_>) = all.into_iter().partition(|job| profiles.contains_key(&job.hash));
    let chosen = read.iter().filter_map(|job| {
        let profile = profiles.get(&job.hash)?.clone();
        Some(ChosenJob { name: None, profile, count: 1 })
    });
    let chosen = chosen.collect();
    Ok((read, chosen, unread.len() as u32))
}

/// Where a page begins: behind the topic that the cursor names.
fn start(demands: &[Demand], after: Option<&str>) -> Result<usize, Failure> {
    let Some(cursor) = after else {
        return Ok(0);
    };
    let place = demands.iter().position(|demand| demand.topic.id.as_str() == cursor);
    let unknown = || {
        let cursor = pathwright_api::text::shorten(cursor, 100);
        Failure::new(ErrorCode::InvalidInput, format!("after: no target job needs `{cursor}` any more; begin again"))
    };
    place.map(|place| place + 1).ok_or_else(unknown)
}

/// What two target jobs of a learner need, beside each other.
pub struct TargetJobComparison {
    a: domain::TargetJob,
    b: domain::TargetJob,
    difference: Difference,
    judging: Judging,
    progress: Progress,
}

impl TargetJobComparison {
    fn standings(&self, topics: &[topic::Topic]) -> Vec<TopicStanding> {
        let standing = |topic: &topic::Topic| TopicStanding {
            topic: topic.clone(),
            judging: self.judging.clone(),
            progress: Arc::clone(&self.progress),
        };
        topics.iter().map(standing).collect()
    }
}

/// What two target jobs of a learner need, beside each other.
#[Object]
impl TargetJobComparison {
    /// The first one.
    async fn a(&self) -> TargetJob {
        TargetJob(self.a.clone())
    }

    /// The second one.
    async fn b(&self) -> TargetJob {
        TargetJob(self.b.clone())
    }

    /// Topics that both need, in the order of the first.
    async fn both(&self) -> Vec<TopicStanding> {
        self.standings(&self.difference.both)
    }

    /// Topics that only the first needs.
    async fn only_a(&self) -> Vec<TopicStanding> {
        self.standings(&self.difference.only_a)
    }

    /// Topics that only the second needs.
    async fn only_b(&self) -> Vec<TopicStanding> {
        self.standings(&self.difference.only_b)
    }

    /// Hours that the second still takes when the path to the first is done, by the topic map: over its topics that the learner
    /// has not completed and that are not on that path, because only the second needs them or the library does not cover them.
    async fn hours_left_for_b(&self, ctx: &Context<'_>) -> Result<f64> {
        let verdicts = self.judging.verdicts(ctx).await?;
        let covered = |id: &topic::TopicId| verdicts.get(id).is_some_and(|verdict| verdict.covered);
        Ok(hours_left(&self.difference, |id| is_completed(&self.progress, id), covered))
    }
}

#[derive(Default)]
pub struct DemandQueries;

#[Object]
impl DemandQueries {
    /// What two target jobs of the same learner have in common, and what only one of them needs. Null when there is none of one
    /// of the ids; an error while one of them is not read yet.
    async fn compare_target_jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id of the first target job.")] a: ID,
        #[graphql(desc = "The id of the second target job.")] b: ID,
    ) -> Result<Option<TargetJobComparison>> {
        let services = services(ctx)?;
        let (Some(a), Some(b)) = (own_job(ctx, &a).await?, own_job(ctx, &b).await?) else {
            return Ok(None);
        };
        if a.user != b.user {
            return Err(wire(Failure::new(ErrorCode::InvalidInput, "a and b are target jobs of two learners")));
        }
        let jobs = [a, b];
        let profiles = profiles_of(&services.store, &services.host, &jobs).await.wire()?;
        let [a, b] = jobs;
        let profile = |job: &domain::TargetJob| {
            let name = job.shown_name(&services.host.templates);
            let unread = || Failure::new(ErrorCode::InvalidInput, format!("the target job “{name}” is not read yet"));
            profiles.get(&job.hash).ok_or_else(unread)
        };
        let difference = difference(profile(&a).wire()?, profile(&b).wire()?);
        let Difference { both, only_a, only_b } = &difference;
        let judging = Judging::of(both.iter().chain(only_a).chain(only_b).cloned().collect());
        let progress = progress_of(services, &a.user).await.wire()?;
        Ok(Some(TargetJobComparison { a, b, difference, judging, progress }))
    }
}

async fn own_job(ctx: &Context<'_>, id: &str) -> Result<Option<domain::TargetJob>> {
    let found = services(ctx)?.store.target_job(id).await.wire()?;
    if let Some(job) = &found {
        principal(ctx).and_then(|principal| principal.for_user(&job.user)).wire()?;
    }
    Ok(found)
}
