use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use pathwright_api::{ErrorCode, Failure, topic};

use super::Services;
use super::access::principal;
use super::enums::TopicKind;
use super::error::{UserError, Wire, services};
use super::users::User;
use crate::store::users::TopicProgress;

/// A thing to learn.
pub struct Topic(pub topic::Topic);

/// A thing to learn.
#[Object]
impl Topic {
    /// The slug of the title.
    async fn id(&self) -> ID {
        ID::from(self.0.id.as_str())
    }

    /// What an expert would call it.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// What sort of thing it is.
    async fn kind(&self) -> TopicKind {
        self.0.kind.into()
    }

    /// The field it belongs to; empty for a topic the topic map does not know.
    async fn area(&self) -> &str {
        &self.0.area
    }

    /// Other names it goes by.
    async fn aliases(&self) -> &[String] {
        &self.0.aliases
    }

    /// Hours a motivated learner needs.
    async fn hours(&self) -> f32 {
        self.0.hours
    }
}

/// Which topics a user has started and completed, by id.
pub(super) type Progress = Arc<HashMap<topic::TopicId, TopicProgress>>;

pub(super) async fn progress_of(services: &Services, user: &str) -> Result<Progress, Failure> {
    let rows = services.store.progress(user).await?;
    Ok(Arc::new(rows.into_iter().map(|row| (row.topic.clone(), row)).collect()))
}

/// The topic of this id: one of the topic map, or one of the user's path that the map does not know.
pub(super) async fn topic_by_id(services: &Services, id: &str, user: Option<&str>) -> Result<topic::Topic, Failure> {
    if let Some(topic) = services.host.topics.find(id) {
        return Ok(topic.clone());
    }
    if let Some(user) = user
        && let Some(path) = services.store.paths_of(user, None, 1).await?.into_iter().next()
        && let Some(verdict) = path.verdicts.into_iter().find(|verdict| verdict.topic.id.as_str() == id)
    {
        return Ok(verdict.topic);
    }
    let message = format!("no topic has the id `{}`", pathwright_api::text::shorten(id, 100));
    Err(Failure::new(ErrorCode::TopicNotFound, message))
}

/// How far a user is with a topic.
#[derive(SimpleObject)]
pub struct TopicStatus {
    /// The topic's id.
    topic_id: ID,
    /// When the user began with it.
    started_at: Option<DateTime<Utc>>,
    /// When the user completed it.
    completed_at: Option<DateTime<Utc>>,
}

impl From<TopicProgress> for TopicStatus {
    fn from(progress: TopicProgress) -> Self {
        Self {
            topic_id: ID::from(progress.topic.as_str()),
            started_at: progress.started_at,
            completed_at: progress.completed_at,
        }
    }
}

/// A topic of a user.
#[derive(InputObject)]
pub struct TopicProgressInput {
    /// Whose progress.
    user_id: ID,
    /// Which topic.
    topic_id: ID,
}

/// The user with their new progress.
#[derive(SimpleObject)]
pub struct TopicProgressPayload {
    /// Null when there are errors.
    user: Option<User>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct ProgressMutations;

#[Object]
impl ProgressMutations {
    /// Notes that a user has begun with a topic.
    async fn start_topic(&self, ctx: &Context<'_>, input: TopicProgressInput) -> Result<TopicProgressPayload> {
        mark(ctx, input, |progress| progress.started_at = progress.started_at.or(Some(Utc::now()))).await
    }

    /// Notes that a user has completed a topic. Doing it again changes nothing.
    async fn complete_topic(&self, ctx: &Context<'_>, input: TopicProgressInput) -> Result<TopicProgressPayload> {
        mark(ctx, input, |progress| progress.completed_at = progress.completed_at.or(Some(Utc::now()))).await
    }

    /// Takes back that a user has completed a topic.
    async fn reopen_topic(&self, ctx: &Context<'_>, input: TopicProgressInput) -> Result<TopicProgressPayload> {
        mark(ctx, input, |progress| progress.completed_at = None).await
    }
}

async fn mark(
    ctx: &Context<'_>,
    input: TopicProgressInput,
    change: impl FnOnce(&mut TopicProgress),
) -> Result<TopicProgressPayload> {
    let services = services(ctx)?;
    principal(ctx).and_then(|principal| principal.for_user(&input.user_id)).wire()?;
    let refused = |error| Ok(TopicProgressPayload { user: None, user_errors: vec![error] });
    let Some(user) = services.store.user(&input.user_id).await.wire()? else {
        return refused(super::users::unknown_user("userId", &input.user_id));
    };
    let topic = match topic_by_id(services, &input.topic_id, Some(&user.id)).await {
        Ok(topic) => topic,
        Err(failure) if failure.code == ErrorCode::TopicNotFound => return refused(UserError::at("topicId", failure)),
        Err(failure) => return Err(super::error::wire(failure)),
    };
    let known = services.store.progress(&user.id).await.wire()?.into_iter().find(|known| known.topic == topic.id);
    let mut progress = known.unwrap_or(TopicProgress { topic: topic.id, started_at: None, completed_at: None });
    change(&mut progress);
    services.store.save_progress(&user.id, &progress).await.wire()?;
    Ok(TopicProgressPayload { user: Some(User(user)), user_errors: vec![] })
}
