//! Pieces about one topic for one job: found passages in, cited Markdown out, cached by audience.

/// The writer that needs no language model.
mod extractive;
/// A model's text made safe and honest while it streams.
mod grounding;
/// Reading along while a piece is written.
mod live;
/// Passages taken apart into sentences and code, for quoting.
mod material;
/// The writer that asks a language model.
mod model_writer;
/// The writing of one piece, by a model or by rules.
mod writing;

use std::sync::Arc;

use futures::{Stream, StreamExt};
use pathwright_api::content::{Audience, CacheKey, ContentKind, Piece, Writer};
use pathwright_api::coverage::Verdict;
use pathwright_api::job::{JobTarget, Seniority};
use pathwright_api::messages::{CachedPiece, Fill, Lookup, WritePiece};
use pathwright_api::topic::Topic;
use pathwright_api::{ErrorCode, Failure};
use tokio_util::sync::CancellationToken;

use crate::generation::judged;
use crate::host::Host;
use crate::llm::meter::Meter;
use crate::store::Store;
use live::{Watcher, Writing};
pub use model_writer::ModelWriter;

/// Name and version of the embedded writer, part of every cache key: raise it when what it writes changes.
const EXTRACTIVE: &str = "extractive-1";

/// Marks what no passage supports.
const UNSUPPORTED: &str = "*(not from the library)*";

/// Pieces written ahead at the same time.
const WARMED_AT_ONCE: usize = 4;

/// Writes pieces, or takes them from the cache.
#[derive(Clone)]
pub struct ContentDesk {
    store: Store,
    host: Arc<Host>,
    /// None: the embedded writer is the configured one.
    model: Option<ModelWriter>,
    meter: Arc<Meter>,
    live: live::Live,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Request {
    pub topic: Topic,
    pub kind: ContentKind,
    /// None: no job target.
    pub target: Option<JobTarget>,
    /// Free text of the learner's own: such a piece is written for them alone.
    pub user_context: Option<String>,
}

/// A piece and where it came from.
#[derive(Clone, Debug)]
pub struct Answer {
    pub piece: Arc<Piece>,
    /// None: the cache was not asked, because the piece is one learner's own.
    pub cache: Option<CacheUse>,
}

#[derive(Clone, Debug)]
pub struct CacheUse {
    pub hit: bool,
    pub key: CacheKey,
}

impl Answer {
    /// The same piece, with why a lesser writer was used; what is cached of it says nothing of that.
    fn because(self, reason: &str) -> Self {
        let own = self.piece.fallback_reason.as_deref().map(|own| format!("; {own}")).unwrap_or_default();
        let piece = Piece { fallback_reason: Some(format!("{reason}{own}")), ..Piece::clone(&self.piece) };
        Self { piece: Arc::new(piece), ..self }
    }
}

/// A part of a piece on its way to somebody.
#[derive(Clone, Debug)]
pub enum Part {
    /// Markdown to append.
    Text(String),
    /// What came before is void: its writer failed, and another one took over.
    Restart,
    /// The last one.
    Done(Result<Answer, Failure>),
}

impl ContentDesk {
    pub fn new(store: Store, host: Arc<Host>, model: Option<ModelWriter>, meter: Arc<Meter>) -> Self {
        Self { store, host, model, meter, live: live::Live::default() }
    }

    /// What the cache holds, nothing written.
    pub async fn peek(&self, request: &Request) -> Result<Option<Answer>, Failure> {
        if request.user_context.is_some() {
            return Ok(None);
        }
        let writers = self.model.as_ref().map(ModelWriter::version).into_iter().chain([EXTRACTIVE.to_owned()]);
        for writer in writers {
            let key = self.key(request, writer).await?;
            let question = Lookup { key: key.clone(), cancelled: CancellationToken::new() };
            if let Some(cached) = self.host.cache.ask(|handles| &handles.lookup, question).await? {
                let mut answer = answer(cached, key);
                if self.model.is_some() && answer.piece.writer == Writer::Embedded {
                    answer = answer.because("the language model has not written it yet; the embedded writer has");
                }
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// The piece, written once for everyone who asks at the same time. Whoever drops this stops waiting; the writing stops
    /// when nobody waits.
    pub async fn request(&self, request: Request) -> Result<Answer, Failure> {
        let watcher = self.watch(&request).await?;
        self.piece(request, watcher.key(), &watcher.writing).await
    }

    /// The same, read along while it is written.
    pub fn stream(&self, request: Request) -> impl Stream<Item = Part> + Send + use<> {
        let desk = self.clone();
        async_stream::stream! {
            let mut watcher = match desk.watch(&request).await {
                Ok(watcher) => watcher,
                Err(failure) => {
                    yield Part::Done(Err(failure));
                    return;
                }
            };
            let writing = Arc::clone(&watcher.writing);
            let piece = desk.piece(request, watcher.key(), &writing);
            tokio::pin!(piece);
            let mut shown = String::new();
            let answer = loop {
                tokio::select! {
                    biased;
                    answer = &mut piece => break answer,
                    news = watcher.news() => {
                        if news.restart {
                            shown.clear();
                            yield Part::Restart;
                        }
                        shown.push_str(&news.text);
                        yield Part::Text(news.text);
                    }
                }
            };
            if let Ok(answer) = &answer {
                let markdown = &answer.piece.markdown;
                let rest = markdown.strip_prefix(shown.as_str());
                if rest.is_none() {
                    yield Part::Restart;
                }
                for paragraph in rest.unwrap_or(markdown).split_inclusive("\n\n") {
                    yield Part::Text(paragraph.to_owned());
                }
            }
            yield Part::Done(answer);
        }
    }

    /// Writes explanations and summaries of a template's covered topics ahead; answers how many are there now.
    pub async fn warm(&self, template: &str) -> Result<usize, Failure> {
        let target = JobTarget { template_id: Some(template.to_owned()), ..JobTarget::default() };
        let Some(found) = self.host.templates.get(template) else {
            return Err(Failure::new(ErrorCode::TemplateNotFound, format!("no role template has the id `{template}`")));
        };
        let profile = found.profile(&self.host.topics, &target);
        let topics: Vec<Topic> = profile.topics().into_iter().cloned().collect();
        let covered = self.judge(topics).await?.into_iter().filter(|verdict| verdict.covered);
        let requests = covered.flat_map(|verdict| {
            let target = target.clone();
            [ContentKind::Explanation, ContentKind::Summary].map(|kind| Request {
                topic: verdict.topic.clone(),
                kind,
                target: Some(target.clone()),
                user_context: None,
            })
        });
        let mut answers =
            futures::stream::iter(requests).map(|request| self.request(request)).buffer_unordered(WARMED_AT_ONCE);
        let mut warm = 0;
        while let Some(answer) = answers.next().await {
            match answer {
                // What a lesser writer made is not what was to be ready.
                Ok(answer) => warm += usize::from(answer.piece.fallback_reason.is_none()),
                Err(failure) if failure.code == ErrorCode::TopicNotCovered => {}
                Err(failure) => return Err(failure),
            }
        }
        Ok(warm)
    }

    async fn watch(&self, request: &Request) -> Result<Watcher, Failure> {
        match &self.model {
            Some(model) if request.user_context.is_none() => {
                Ok(self.live.join(&self.key(request, model.version()).await?))
            }
            _ => Ok(Watcher::alone()),
        }
    }

    /// By the model where one is configured; where it fails by the embedded writer, which says why. A failure is not kept.
    async fn piece(&self, request: Request, key: Option<CacheKey>, writing: &Arc<Writing>) -> Result<Answer, Failure> {
        let Some(model) = &self.model else {
            return self.by_rules(request, writing).await;
        };
        match self.by_model(model, request.clone(), key, writing).await {
            Err(failure) if is_the_models(&failure) => {
                tracing::warn!(code = %failure.code, %failure, "the language model did not write the piece; the embedded writer stands in");
                let reason = format!("the embedded writer stands in for the language model: {failure}");
                Ok(self.by_rules(request, writing).await?.because(&reason))
            }
            answer => answer,
        }
    }

    /// Without a key the piece is one learner's own.
    async fn by_model(
        &self,
        model: &ModelWriter,
        request: Request,
        key: Option<CacheKey>,
        writing: &Arc<Writing>,
    ) -> Result<Answer, Failure> {
        let Some(key) = key else {
            let piece = self.write_in_time(model, &request, writing).await?;
            return Ok(Answer { piece: Arc::new(piece), cache: None });
        };
        loop {
            let (desk, model, writing, request) =
                (self.clone(), model.clone(), Arc::clone(writing), shared(request.clone(), &key.audience));
            let stopped = writing.stopped.clone();
            let write: WritePiece = Box::new(move || {
                Box::pin(async move {
                    tokio::select! {
                        piece = desk.write_in_time(&model, &request, &writing) => piece,
                        () = writing.stopped.cancelled() => Err(abandoned()),
                    }
                })
            });
            match self.fill(key.clone(), write).await {
                // It was the writing of others, who left just then.
                Err(failure) if failure == abandoned() && !stopped.is_cancelled() => {}
                answer => return answer,
            }
        }
    }

    async fn by_rules(&self, request: Request, writing: &Arc<Writing>) -> Result<Answer, Failure> {
        if request.user_context.is_some() {
            let piece = Arc::new(self.write_by_rules(&request, writing).await?);
            return Ok(Answer { piece, cache: None });
        }
        let key = self.key(&request, EXTRACTIVE.to_owned()).await?;
        let request = shared(request, &key.audience);
        let (desk, writing) = (self.clone(), Arc::clone(writing));
        let write: WritePiece =
            Box::new(move || Box::pin(async move { desk.write_by_rules(&request, &writing).await }));
        self.fill(key, write).await
    }

    async fn fill(&self, key: CacheKey, write: WritePiece) -> Result<Answer, Failure> {
        let question = Fill { key: key.clone(), write, cancelled: CancellationToken::new() };
        let cached = self.host.cache.ask(|handles| &handles.fill, question).await?;
        if let (true, Some(model), Some(cost)) = (cached.hit, &cached.piece.model, cached.piece.cost) {
            self.meter.saved(model, cost);
        }
        Ok(answer(cached, key))
    }

    async fn key(&self, request: &Request, writer: String) -> Result<CacheKey, Failure> {
        let library = self.store.library_state().await?;
        Ok(CacheKey {
            topic: request.topic.id.clone(),
            kind: request.kind,
            audience: self.audience(request.target.as_ref()),
            writer,
            library_revision: library.map_or(0, |library| library.revision),
        })
    }

    /// Users of a template share pieces unless they want another seniority than it has.
    fn audience(&self, target: Option<&JobTarget>) -> Audience {
        let Some(target) = target else {
            return Audience::Default;
        };
        let template = target.template_id.as_deref().and_then(|id| self.host.templates.get(id));
        match template {
            Some(template) if target.seniority == Seniority::NotSpecified || target.seniority == template.seniority => {
                Audience::Template(template.id.clone())
            }
            _ => Audience::JobHash(target.hash()),
        }
    }

    async fn judge(&self, topics: Vec<Topic>) -> Result<Vec<Verdict>, Failure> {
        judged(&self.store, &self.host, topics).await
    }
}

/// What users of a template share is written for the template, not for the words of whoever asked first.
fn shared(request: Request, audience: &Audience) -> Request {
    match audience {
        Audience::Template(id) => {
            let target = JobTarget { template_id: Some(id.clone()), ..JobTarget::default() };
            Request { target: Some(target), ..request }
        }
        Audience::JobHash(_) | Audience::Default => request,
    }
}

fn answer(cached: CachedPiece, key: CacheKey) -> Answer {
    Answer { piece: cached.piece, cache: Some(CacheUse { hit: cached.hit, key }) }
}

/// Another writer can do what the model could not.
fn is_the_models(failure: &Failure) -> bool {
    matches!(failure.code, ErrorCode::ModelUnavailable | ErrorCode::ModelAnswerInvalid | ErrorCode::BudgetSpent)
}

fn abandoned() -> Failure {
    Failure::new(ErrorCode::ModelUnavailable, "nobody waits for the piece any more")
}
