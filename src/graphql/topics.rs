use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use pathwright_api::topic_index::{IndexedTopic, TopicIndex};
use pathwright_api::{ErrorCode, Failure, text, topic};

use super::access::principal;
use super::enums::{TopicKind, TopicOrigin};
use super::error::{UserError, Wire, services};
use super::library::{Section, Total, connection};
use super::loaders::{loaders, topic_index};
use super::users::User;
use crate::domain::{ProgressStep, TopicProgress};
use crate::services::Services;
use crate::store::library::Listing;
use pathwright_api::library;

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

    /// The field it belongs to; for a topic of the library the chapter that treats it, otherwise empty where the topic map does not
    /// know it.
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

    /// Who says that it is a topic.
    async fn origin(&self, ctx: &Context<'_>) -> Result<TopicOrigin> {
        if services(ctx)?.host.topics.get(&self.0.id).is_some() {
            return Ok(TopicOrigin::TopicMap);
        }
        let is_of_library = topic_index(ctx).await?.get(&self.0.id).is_some();
        Ok(if is_of_library { TopicOrigin::Library } else { TopicOrigin::Named })
    }

    /// The sections that explain it by the books' own account: those that are called so first, then those whose text defines it
    /// or that an index names. Empty where no book says so, which does not mean that none treats it.
    async fn sections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 100.", default = 10)] first: u32,
    ) -> Result<Vec<Section>> {
        let index = topic_index(ctx).await?;
        let first = (first as usize).clamp(1, 100);
        let ids = index.sections_of(&self.0.id).iter().take(first).map(|section| section.section_id.clone());
        let loaded =
            futures::future::join_all(ids.map(|id| async { loaders(ctx)?.sections.load(id).await.wire() })).await;
        // A book may have gone since the index was read.
        let found: Vec<Option<library::Section>> = loaded.into_iter().collect::<Result<_>>()?;
        Ok(found.into_iter().flatten().map(Section).collect())
    }
}

/// The topics of the library's index behind the one of id `after`, as far as they are asked for.
pub(super) fn page(
    index: &TopicIndex,
    first: usize,
    after: Option<&str>,
    search: &str,
    book: Option<&str>,
) -> Connection<String, Topic, Total, EmptyFields> {
    let search = text::fold(search);
    let is_asked = |entry: &&IndexedTopic| {
        let named = entry.topic.names().any(|name| text::fold(name).contains(&search));
        named && book.is_none_or(|book| entry.sections.iter().any(|section| section.book_id == book))
    };
    let asked: Vec<&IndexedTopic> = index.iter().filter(is_asked).collect();
    let is_behind = |entry: &&&IndexedTopic| after.is_none_or(|after| entry.topic.id.as_str() > after);
    let rows = asked.iter().filter(is_behind).take(first + 1).map(|entry| entry.topic.clone()).collect();
    let listing = Listing { total: asked.len() as u64, rows };
    connection(listing, first, after.is_some(), |topic| (topic.id.to_string(), Topic(topic)))
}

/// Which topics a user has started and completed, by id.
pub(super) type Progress = Arc<HashMap<topic::TopicId, TopicProgress>>;

pub(super) async fn progress_of(services: &Services, user: &str) -> Result<Progress, Failure> {
    let rows = services.store.progress(user).await?;
    Ok(Arc::new(rows.into_iter().map(|row| (row.topic.clone(), row)).collect()))
}

/// The topic of this id: the topic map's, the library's own, or one of the user's path that neither knows.
pub(super) async fn topic_by_id(services: &Services, id: &str, user: Option<&str>) -> Result<topic::Topic, Failure> {
    if let Some(topic) = services.catalogue.find(id).await? {
        return Ok(topic);
    }
    if let Some(user) = user
        && let Some(path) = services.store.current_path(user).await?
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
        mark(ctx, input, ProgressStep::Start).await
    }

    /// Notes that a user has completed a topic. Doing it again changes nothing.
    async fn complete_topic(&self, ctx: &Context<'_>, input: TopicProgressInput) -> Result<TopicProgressPayload> {
        mark(ctx, input, ProgressStep::Complete).await
    }

    /// Takes back that a user has completed a topic.
    async fn reopen_topic(&self, ctx: &Context<'_>, input: TopicProgressInput) -> Result<TopicProgressPayload> {
        mark(ctx, input, ProgressStep::Reopen).await
    }
}

async fn mark(ctx: &Context<'_>, input: TopicProgressInput, step: ProgressStep) -> Result<TopicProgressPayload> {
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
    if !services.store.advance(&user.id, &topic.id, step).await.wire()? {
        return refused(super::users::unknown_user("userId", &user.id));
    }
    Ok(TopicProgressPayload { user: Some(User(user)), user_errors: vec![] })
}
