use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt};
use pathwright_api::coverage::Verdict;
use pathwright_api::{ErrorCode, Failure};
use tokio::sync::OnceCell;

use super::access::principal;
use super::coverage::Coverage;
use super::enums::{GenerationPurpose, GenerationState, GenerationStep};
use super::error::{Problem, UserError, Wire, services, wire};
use super::paths::LearningPath;
use super::topics::{Topic, progress_of};
use crate::domain::{self, Event, Outcome};
use crate::services::Services;

/// The making of a path, or the reading of a job that was saved.
pub struct Generation(pub domain::Generation);

/// The making of a path, or the reading of a job that was saved.
#[Object]
impl Generation {
    /// Names it.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// What it is to bring forth.
    async fn purpose(&self) -> GenerationPurpose {
        self.0.purpose.into()
    }

    /// How far it is.
    async fn state(&self) -> GenerationState {
        self.0.state.into()
    }

    /// 0 to 100.
    async fn percent(&self) -> u32 {
        self.0.percent
    }

    /// Number of the latest event.
    async fn seq(&self) -> u32 {
        self.0.seq
    }

    /// When it was asked for.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Why it failed; null when it did not.
    async fn error(&self) -> Option<Problem> {
        self.0.error.clone().map(Problem::from)
    }

    /// The path it made; null until it is made, and for the reading of a job.
    async fn learning_path(&self, ctx: &Context<'_>) -> Result<Option<LearningPath>> {
        match &self.0.path {
            Some(id) => path(ctx, id).await,
            None => Ok(None),
        }
    }
}

/// The generation as it ended, and why it brought nothing forth; with a note when the longest wait was over before.
pub(super) async fn ended(
    services: &Services,
    generation: domain::Generation,
) -> Result<(domain::Generation, Option<UserError>)> {
    let finished = services.generations.finished(&generation.id);
    if let Ok(finished) = tokio::time::timeout(services.longest_wait, finished).await {
        let finished = finished.wire()?;
        let problem = ending(&finished);
        Ok((finished, problem))
    } else {
        let message = "the work is still going on; follow it with the subscription pathGeneration";
        Ok((generation, Some(UserError::new("wait", ErrorCode::DeadlineExceeded, message))))
    }
}

/// Why a finished generation brought nothing forth.
fn ending(generation: &domain::Generation) -> Option<UserError> {
    match GenerationState::from(generation.state) {
        GenerationState::Failed => {
            let failure = generation.error.clone().unwrap_or_else(|| Failure::internal("the generation failed"));
            Some(UserError { field: None, message: failure.message, code: failure.code.into() })
        }
        GenerationState::Cancelled => Some(UserError {
            field: None,
            message: "the generation was cancelled, or replaced by a newer one".to_owned(),
            code: ErrorCode::GenerationCancelled.into(),
        }),
        _ => None,
    }
}

async fn path(ctx: &Context<'_>, id: &str) -> Result<Option<LearningPath>> {
    let services = services(ctx)?;
    let Some(path) = services.store.path(id).await.wire()? else {
        return Ok(None);
    };
    let progress = progress_of(services, &path.user).await.wire()?;
    Ok(Some(LearningPath::new(path, progress)))
}

/// A piece of news about a generation.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct GenerationEvent {
    /// From 1, without gaps; the last one received resumes a dropped connection.
    seq: u32,
    /// After this event.
    state: GenerationState,
    /// The step it belongs to; null before the first and at the end of a failed one.
    step: Option<GenerationStep>,
    /// How much of the step is done, in its own units …
    done: u32,
    /// … out of this many.
    total: u32,
    /// Of the whole, 0 to 100.
    percent: u32,
    /// For people.
    message: String,
    /// When it happened.
    at: DateTime<Utc>,
    #[graphql(skip)]
    outcome: Option<Outcome>,
    #[graphql(skip)]
    made: Arc<Made>,
}

#[async_graphql::ComplexObject]
impl GenerationEvent {
    /// The topic that was judged; null in other events.
    async fn topic(&self, ctx: &Context<'_>) -> Result<Option<Topic>> {
        Ok(self.verdict(ctx).await?.map(|verdict| Topic(verdict.topic)))
    }

    /// The verdict on the topic; null in other events.
    async fn coverage(&self, ctx: &Context<'_>) -> Result<Option<Coverage>> {
        Ok(self.verdict(ctx).await?.map(Coverage))
    }

    /// The path, in the last event; null in all others.
    async fn learning_path(&self, ctx: &Context<'_>) -> Result<Option<LearningPath>> {
        match &self.outcome {
            Some(Outcome::Persisted { path: id }) => path(ctx, id).await,
            _ => Ok(None),
        }
    }

    /// Why it failed or was cancelled; null while all is well.
    async fn error(&self) -> Option<Problem> {
        match (&self.outcome, self.state) {
            (Some(Outcome::Failed(failure)), _) => Some(failure.clone().into()),
            (_, GenerationState::Cancelled) => Some(Failure::new(ErrorCode::GenerationCancelled, &self.message).into()),
            _ => None,
        }
    }
}

impl GenerationEvent {
    fn new(event: Event, made: Arc<Made>) -> Self {
        let Event { seq, state, step, done, total, percent, message, at, outcome, generation: _ } = event;
        let (state, step) = (state.into(), step.map(Into::into));
        Self { seq, state, step, done, total, percent, message, at, outcome, made }
    }

    async fn verdict(&self, ctx: &Context<'_>) -> Result<Option<Verdict>> {
        match &self.outcome {
            Some(Outcome::Judged(verdict)) => Ok(Some(verdict.clone())),
            Some(Outcome::Assessed { topic }) => {
                let path = self.made.path(ctx).await?;
                let verdicts = path.into_iter().flat_map(|path| &path.verdicts);
                Ok(verdicts.into_iter().find(|verdict| verdict.topic.id == *topic).cloned())
            }
            _ => Ok(None),
        }
    }
}

/// The path that a generation made, read once for all its events.
struct Made {
    generation: String,
    path: OnceCell<Option<domain::LearningPath>>,
}

impl Made {
    fn by(generation: &str) -> Arc<Self> {
        Arc::new(Self { generation: generation.to_owned(), path: OnceCell::new() })
    }

    async fn path(&self, ctx: &Context<'_>) -> Result<Option<&domain::LearningPath>> {
        let read = async {
            let store = &services(ctx)?.store;
            let made = store.generation(&self.generation).await.wire()?.and_then(|generation| generation.path);
            match made {
                Some(path) => store.path(&path).await.wire(),
                None => Ok(None),
            }
        };
        self.path.get_or_try_init(|| read).await.map(Option::as_ref)
    }
}

#[derive(Default)]
pub struct GenerationQueries;

#[Object]
impl GenerationQueries {
    /// The making of a path or the reading of a job; null when there is none of this id.
    async fn generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The generation's id.")] id: ID,
    ) -> Result<Option<Generation>> {
        let found = services(ctx)?.store.generation(&id).await.wire()?;
        if let Some(found) = &found {
            principal(ctx).and_then(|principal| principal.for_user(&found.user)).wire()?;
        }
        Ok(found.map(Generation))
    }
}

/// The generation as it ended.
#[derive(SimpleObject)]
pub struct CancelGenerationPayload {
    /// Null when there are errors.
    generation: Option<Generation>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct GenerationMutations;

#[Object]
impl GenerationMutations {
    /// Ends the making of a path, calls of language models included. The user's path stays as it was.
    async fn cancel_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The generation's id.")] id: ID,
    ) -> Result<CancelGenerationPayload> {
        let services = services(ctx)?;
        if let Some(found) = services.store.generation(&id).await.wire()? {
            principal(ctx).and_then(|principal| principal.for_user(&found.user)).wire()?;
        }
        match services.generations.cancel(&id).await {
            Ok(ended) => Ok(CancelGenerationPayload { generation: Some(Generation(ended)), user_errors: vec![] }),
            Err(failure) if matches!(failure.code, ErrorCode::InvalidInput | ErrorCode::GenerationNotFound) => {
                Ok(CancelGenerationPayload { generation: None, user_errors: vec![UserError::at("id", failure)] })
            }
            Err(failure) => Err(wire(failure)),
        }
    }
}

#[derive(Default)]
pub struct GenerationSubscriptions;

#[Subscription]
impl GenerationSubscriptions {
    /// The events of a generation, old and new, in order and without gaps; ends after the last one.
    async fn path_generation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The generation's id.")] id: ID,
        #[graphql(desc = "The number of the last event received: resumes behind it.")] after: Option<u32>,
    ) -> Result<impl Stream<Item = Result<GenerationEvent>> + use<>> {
        let services = services(ctx)?.clone();
        let unknown = || Failure::new(ErrorCode::GenerationNotFound, "no generation has this id");
        let found = services.store.generation(&id).await.wire()?.ok_or_else(unknown).wire()?;
        principal(ctx).and_then(|principal| principal.for_user(&found.user)).wire()?;
        let made = Made::by(&found.id);
        let events = services.generations.watch(found.id, after.unwrap_or(0));
        Ok(events.map(move |event| event.map(|event| GenerationEvent::new(event, Arc::clone(&made))).map_err(wire)))
    }
}
