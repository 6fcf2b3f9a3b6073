use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Context;
use pathwright_api::Failure;
use pathwright_api::coverage::Verdict;
use pathwright_api::topic::{Topic, TopicId};
use tokio::sync::OnceCell;

use super::error::{Wire, services};
use crate::coverage::Assessor;
use crate::services::Services;

type Verdicts = HashMap<TopicId, Verdict>;

/// The verdicts on all topics of a list: the first row that wants one asks for all of them, and nobody asks when no row does.
#[derive(Clone)]
pub(super) struct Judging(Arc<Asked>);

struct Asked {
    topics: Vec<Topic>,
    verdicts: OnceCell<Result<Verdicts, Failure>>,
}

impl Judging {
    pub(super) fn of(topics: Vec<Topic>) -> Self {
        Self(Arc::new(Asked { topics, verdicts: OnceCell::new() }))
    }

    pub(super) async fn verdicts(&self, ctx: &Context<'_>) -> async_graphql::Result<&Verdicts> {
        let services = services(ctx)?;
        let verdicts = self.0.verdicts.get_or_init(|| ask(services, self.0.topics.clone())).await;
        verdicts.as_ref().map_err(Clone::clone).wire()
    }

    pub(super) async fn verdict(&self, ctx: &Context<'_>, topic: &TopicId) -> async_graphql::Result<Verdict> {
        let verdict = self.verdicts(ctx).await?.get(topic).cloned();
        let missing = || Failure::internal(format!("the coverage plugin gave no verdict on `{topic}`"));
        verdict.ok_or_else(missing).wire()
    }
}

async fn ask(services: &Services, topics: Vec<Topic>) -> Result<Verdicts, Failure> {
    let verdicts = Assessor::new(&services.store, &services.host).impatient().assess(topics).await?;
    Ok(verdicts.into_iter().map(|verdict| (verdict.topic.id.clone(), verdict)).collect())
}
