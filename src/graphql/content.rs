use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject, Subscription};
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt, stream};
use pathwright_api::content;
use pathwright_api::job::{JobTarget, Seniority};
use pathwright_api::{ErrorCode, Failure};

use super::access::principal;
use super::enums::{CacheKeyKind, ContentKind, Writer};
use super::error::{Problem, UserError, Wire, services, wire};
use super::library::Passage;
use super::loaders::loaders;
use super::topics::{Topic, topic_by_id};
use super::users::unknown_user;
use crate::content::{Answer, CacheUse, Part, Request};
use crate::services::Services;

/// Longest context of a user's own, in characters.
const CONTEXT: usize = 4_000;

/// A generated piece about one topic for one job.
#[derive(Clone)]
pub struct Content(Answer);

/// A generated piece about one topic for one job.
#[Object]
impl Content {
    /// Names this piece.
    async fn id(&self) -> ID {
        ID::from(&self.0.piece.id)
    }

    /// What was written.
    async fn kind(&self) -> ContentKind {
        self.0.piece.kind.into()
    }

    /// What it is about.
    async fn topic(&self, ctx: &Context<'_>) -> Result<Topic> {
        Ok(Topic(services(ctx)?.catalogue.find_or_unknown(self.0.piece.topic_id.as_str()).await.wire()?))
    }

    /// CommonMark with `$…$` formulas. Citations stand as `[1]`; what no passage supports is marked as such.
    async fn markdown(&self) -> &str {
        &self.0.piece.markdown
    }

    /// Who wrote it.
    async fn writer(&self) -> Writer {
        self.0.piece.writer.into()
    }

    /// The language model's name; null for the embedded writer.
    async fn model(&self) -> Option<&str> {
        self.0.piece.model.as_deref()
    }

    /// When it was written.
    async fn generated_at(&self) -> DateTime<Utc> {
        self.0.piece.generated_at
    }

    /// Why a lesser writer was used than the configured one; null when it was not.
    async fn fallback_reason(&self) -> Option<&str> {
        self.0.piece.fallback_reason.as_deref()
    }

    /// Each marker of the text with its passage.
    async fn citations(&self) -> Vec<Citation> {
        self.0.piece.citations.iter().cloned().map(Citation).collect()
    }

    /// How the cache had part in it; null when it was not asked, because the piece is one user's own.
    async fn cache(&self) -> Option<ContentCache> {
        let used = self.0.cache.clone()?;
        let age = Utc::now().signed_duration_since(self.0.piece.generated_at).num_seconds().max(0);
        Some(ContentCache::new(used, age as u32))
    }
}

/// A marker of the text with its passage.
pub struct Citation(content::Citation);

/// A marker of the text with its passage.
#[Object]
impl Citation {
    /// Such as `1` for `[1]`.
    async fn marker(&self) -> &str {
        &self.0.marker
    }

    /// Null when the book was removed meanwhile.
    async fn passage(&self, ctx: &Context<'_>) -> Result<Option<Passage>> {
        Ok(loaders(ctx)?.passages.load(self.0.passage_id.clone()).await.wire()?.map(Passage))
    }
}

/// How the cache had part in a piece.
#[derive(SimpleObject)]
pub struct ContentCache {
    /// Whether it did not have to be written.
    hit: bool,
    /// Digest of all that the piece depends on.
    key: String,
    /// For whom it was written.
    key_kind: CacheKeyKind,
    /// Since it was written.
    age_seconds: u32,
}

impl ContentCache {
    fn new(used: CacheUse, age_seconds: u32) -> Self {
        Self { hit: used.hit, key: used.key.digest(), key_kind: used.key.audience.kind().into(), age_seconds }
    }
}

/// Which piece, for whom.
#[derive(InputObject)]
pub struct ContentInput {
    /// For whose job.
    user_id: ID,
    /// About which topic.
    topic_id: ID,
    /// What to write.
    kind: ContentKind,
    /// The user's own words, at most 4,000 characters; such a piece is written for them alone and never cached.
    user_context: Option<String>,
}

/// The piece.
#[derive(SimpleObject)]
pub struct RequestContentPayload {
    /// Null when there are errors.
    content: Option<Content>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct ContentQueries;

#[Object]
impl ContentQueries {
    /// What the cache already holds; null when nothing does.
    async fn content(&self, ctx: &Context<'_>, input: ContentInput) -> Result<Option<Content>> {
        match resolve(ctx, input).await? {
            Ok(request) => Ok(services(ctx)?.content.peek(&request).await.wire()?.map(Content)),
            Err(error) => Err(wire(Failure::new(error.code.into(), error.message))),
        }
    }

    /// An explanation for nobody's job in particular, as the difficulty-based platform gave it.
    #[graphql(deprecation = "the job decides what is difficult: use requestContent with a user's job target")]
    async fn explanation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A topic's id, title or alias.")] topic: String,
        #[graphql(desc = "1 to 5: stands for a seniority.")] difficulty: i32,
    ) -> Result<Content> {
        let services = services(ctx)?;
        super::coverage::check_topic(&topic)?;
        let seniority = match difficulty {
            1 | 2 => Seniority::Junior,
            3 => Seniority::Mid,
            4 | 5 => Seniority::Senior,
            _ => return Err(wire(Failure::new(ErrorCode::InvalidInput, "difficulty must lie between 1 and 5"))),
        };
        let topic = services.catalogue.find_or_unknown(&topic).await.wire()?;
        let target = Some(JobTarget { seniority, ..JobTarget::default() });
        let request = Request { topic, kind: content::ContentKind::Explanation, target, user_context: None };
        Ok(Content(services.content.request(request).await.wire()?))
    }
}

#[derive(Default)]
pub struct ContentMutations;

#[Object]
impl ContentMutations {
    /// The piece, from the cache or written now.
    async fn request_content(&self, ctx: &Context<'_>, input: ContentInput) -> Result<RequestContentPayload> {
        let refused = |error| Ok(RequestContentPayload { content: None, user_errors: vec![error] });
        let request = match resolve(ctx, input).await? {
            Ok(request) => request,
            Err(error) => return refused(error),
        };
        match services(ctx)?.content.request(request).await {
            Ok(answer) => Ok(RequestContentPayload { content: Some(Content(answer)), user_errors: vec![] }),
            Err(failure) if failure.code == ErrorCode::TopicNotCovered => refused(UserError::at("topicId", failure)),
            Err(failure) => Err(wire(failure)),
        }
    }
}

/// A part of a piece that is being written.
#[derive(SimpleObject)]
pub struct ContentChunk {
    /// From 1, without gaps.
    seq: u32,
    /// Markdown to append to what came before; empty in the last one.
    delta: String,
    /// What came before is void and this begins anew: the language model failed in the middle, and another writer took over.
    restart: bool,
    /// Whether this is the last one.
    done: bool,
    /// The finished piece, in the last one.
    content: Option<Content>,
    /// Why there is no piece, in the last one.
    error: Option<Problem>,
}

#[derive(Default)]
pub struct ContentSubscriptions;

#[Subscription]
impl ContentSubscriptions {
    /// The piece as it is being written: word by word from a language model, otherwise paragraph by paragraph; ends with the finished piece or with why there is none.
    async fn content_stream(
        &self,
        ctx: &Context<'_>,
        input: ContentInput,
    ) -> Result<impl Stream<Item = ContentChunk> + use<>> {
        let parts = match resolve(ctx, input).await? {
            Ok(request) => services(ctx)?.content.stream(request).boxed(),
            Err(error) => stream::iter([Part::Done(Err(Failure::new(error.code.into(), error.message)))]).boxed(),
        };
        Ok(parts
            .scan(Numbering::default(), |numbering, part| std::future::ready(Some(numbering.chunk(part))))
            .filter_map(std::future::ready))
    }
}

/// Numbers chunks; a restart travels with the text that follows it.
#[derive(Default)]
struct Numbering {
    seq: u32,
    restart: bool,
}

impl Numbering {
    fn chunk(&mut self, part: Part) -> Option<ContentChunk> {
        let (delta, answer) = match part {
            Part::Restart => {
                self.restart = true;
                return None;
            }
            Part::Text(delta) => (delta, None),
            Part::Done(answer) => (String::new(), Some(answer)),
        };
        self.seq += 1;
        let done = answer.is_some();
        let (content, error) = match answer {
            Some(Ok(answer)) => (Some(Content(answer)), None),
            Some(Err(failure)) => (None, Some(failure.into())),
            None => (None, None),
        };
        Some(ContentChunk { seq: self.seq, delta, restart: std::mem::take(&mut self.restart), done, content, error })
    }
}

/// Checks the input and turns it into what the desk works with; the outer error is not the user's to mend.
async fn resolve(ctx: &Context<'_>, input: ContentInput) -> Result<Result<Request, UserError>> {
    let services: &Services = services(ctx)?;
    principal(ctx).and_then(|principal| principal.for_user(&input.user_id)).wire()?;
    if input.user_context.as_ref().is_some_and(|context| context.chars().count() > CONTEXT) {
        let message = format!("userContext is longer than {CONTEXT} characters");
        return Ok(Err(UserError::new("userContext", ErrorCode::InvalidInput, message)));
    }
    let Some(user) = services.store.user(&input.user_id).await.wire()? else {
        return Ok(Err(unknown_user("userId", &input.user_id)));
    };
    let topic = match topic_by_id(services, &input.topic_id, Some(&user.id)).await {
        Ok(topic) => topic,
        Err(failure) if failure.code == ErrorCode::TopicNotFound => return Ok(Err(UserError::at("topicId", failure))),
        Err(failure) => return Err(wire(failure)),
    };
    let user_context = input.user_context.filter(|context| !context.trim().is_empty());
    Ok(Ok(Request { topic, kind: input.kind.into(), target: user.job, user_context }))
}
