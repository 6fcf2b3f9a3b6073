//! Pieces about one topic for one job: what they are made of, who writes them, and what is kept of them.

/// How often the cache had a piece.
mod counts;
/// What a piece is made of.
mod evidence;
/// Pieces being written, each once for all who wait for it.
mod live;

use std::sync::Arc;

use chrono::Utc;
use futures::{FutureExt, Stream, StreamExt};
use pathwright_api::content::{Audience, CacheKey, CacheKeyKind, ContentKind, Piece};
use pathwright_api::job::{JobTarget, Seniority};
use pathwright_api::messages::{Count, Get, Put, Write, Written};
use pathwright_api::plugin::News;
use pathwright_api::topic::Topic;
use pathwright_api::{ErrorCode, Failure};
use tokio::sync::mpsc;

use crate::coverage::Assessor;
use crate::host::Host;
use crate::llm::meter::Meter;
use crate::store::Store;
use counts::Counts;
pub use counts::HitsAndMisses;
use evidence::{Evidence, Groundwork, Known};
use live::{Live, Watcher, Writing};

/// Pieces written ahead at the same time.
const WARMED_AT_ONCE: usize = 4;

/// Writes pieces, or takes them from the cache.
#[derive(Clone)]
pub struct ContentService {
    store: Store,
    host: Arc<Host>,
    meter: Arc<Meter>,
    live: Live,
    known: Known,
    counts: Arc<Counts>,
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
    /// The same piece, with why a lesser writer was used, if one was; what is cached of it says nothing of that.
    fn because_of(self, reason: Option<&str>) -> Self {
        let Some(reason) = reason else {
            return self;
        };
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

impl ContentService {
    pub fn new(store: Store, host: Arc<Host>, meter: Arc<Meter>) -> Self {
        let (live, known, counts) = (Live::default(), Known::new(), Arc::default());
        Self { store, host, meter, live, known, counts }
    }

    /// What the cache holds, nothing written.
    ///
    /// # Errors
    /// The store's and the plugins'.
    pub async fn peek(&self, request: &Request) -> Result<Option<Answer>, Failure> {
        if request.user_context.is_some() {
            return Ok(None);
        }
        let audience = self.audience(request.target.as_ref());
        let request = shared(request.clone(), &audience);
        let evidence = match self.evidence(&request, &audience).await {
            Ok(evidence) => evidence,
            Err(failure) if is_without_evidence(&failure) => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let (version, stand_in) = self.host.writer.offer(|handles| (handles.version.clone(), handles.stand_in.clone()));
        for writer in [Some(version.clone()), stand_in].into_iter().flatten() {
            let key = key(&request, audience.clone(), writer, evidence.digest.clone());
            if let Some(mut answer) = self.cached(key).await? {
                self.counts.note(&audience, true);
                if answer.cache.as_ref().is_some_and(|cache| cache.key.writer != version) {
                    answer =
                        answer.because_of(Some("the language model has not written it yet; the embedded writer has"));
                }
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// The piece, written once for everyone who asks at the same time. Whoever drops this stops waiting; the writing stops
    /// when nobody waits.
    ///
    /// # Errors
    /// `TOPIC_NOT_COVERED` where the library has nothing to cite; the store's and the plugins'.
    pub async fn request(&self, request: Request) -> Result<Answer, Failure> {
        let watcher = self.watch(request).await?;
        self.finished(&watcher, watcher.piece.clone().await)
    }

    /// The same, read along while it is written.
    pub fn stream(&self, request: Request) -> impl Stream<Item = Part> + Send + use<> {
        let service = self.clone();
        async_stream::stream! {
            let mut watcher = match service.watch(request).await {
                Ok(watcher) => watcher,
                Err(failure) => {
                    yield Part::Done(Err(failure));
                    return;
                }
            };
            let mut piece = watcher.piece.clone();
            let mut shown = String::new();
            let answer = loop {
                tokio::select! {
                    biased;
                    answer = &mut piece => break service.finished(&watcher, answer),
                    news = watcher.news() => {
                        shown.push_str(&news);
                        yield Part::Text(news);
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
    ///
    /// # Errors
    /// `TEMPLATE_NOT_FOUND`; the store's and the plugins'.
    pub async fn warm(&self, template: &str) -> Result<usize, Failure> {
        let target = JobTarget { template_id: Some(template.to_owned()), ..JobTarget::default() };
        let Some(found) = self.host.templates.get(template) else {
            return Err(Failure::new(ErrorCode::TemplateNotFound, format!("no role template has the id `{template}`")));
        };
        let profile = found.profile(&self.host.topics, &target);
        let topics: Vec<Topic> = profile.topics().into_iter().cloned().collect();
        let assessed = Assessor::new(&self.store, &self.host).assess(topics).await?;
        let covered = assessed.into_iter().filter(|verdict| verdict.covered);
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

    /// How often there was a piece already, by kind of key; and how many pieces there are.
    ///
    /// # Errors
    /// The cache plugin's.
    pub async fn counts(&self) -> Result<(Vec<(CacheKeyKind, HitsAndMisses)>, u64), Failure> {
        let entries = self.host.cache.ask(|handles| &handles.count, Count::default()).await?;
        Ok((self.counts.so_far(), entries))
    }

    /// Waits for the piece, alone where it is a learner's own.
    async fn watch(&self, request: Request) -> Result<Watcher, Failure> {
        let service = self.clone();
        if request.user_context.is_some() {
            return Ok(Watcher::alone(|writing| async move { service.write_own(&request, &writing).await }.boxed()));
        }
        let audience = self.audience(request.target.as_ref());
        let request = shared(request, &audience);
        let Evidence { digest, ground } = self.evidence(&request, &audience).await?;
        let version = self.host.writer.offer(|handles| handles.version.clone());
        let key = key(&request, audience, version, digest);
        let own = key.clone();
        let begin = |writing: Arc<Writing>| async move { service.obtain(request, own, ground, &writing).await }.boxed();
        Ok(self.live.join(&key, begin))
    }

    /// What came of it, counted. Who joined others did not make it be written.
    fn finished(&self, watcher: &Watcher, answer: Result<Answer, Failure>) -> Result<Answer, Failure> {
        let mut answer = answer?;
        if let Some(cache) = &mut answer.cache {
            cache.hit |= !watcher.is_first;
            self.counts.note(&cache.key.audience, cache.hit);
        }
        if let (true, Some(model), Some(cost)) =
            (answer.cache.as_ref().is_some_and(|cache| cache.hit), &answer.piece.model, answer.piece.cost)
        {
            self.meter.saved(model, cost);
        }
        Ok(answer)
    }

    /// From the cache, or written now and kept.
    async fn obtain(
        &self,
        request: Request,
        key: CacheKey,
        ground: Option<Groundwork>,
        writing: &Writing,
    ) -> Result<Answer, Failure> {
        if let Some(answer) = self.cached(key.clone()).await? {
            return Ok(answer);
        }
        let ground = match ground {
            Some(ground) => ground,
            None => self.ground(&request).await?,
        };
        let evidence = ground.digest.clone();
        let Finished { piece, writer, stands_in } = self.write(&request, ground, writing).await?;
        let key = CacheKey { writer, evidence, ..key };
        // What was found by lesser means may be found better later.
        if piece.fallback_reason.is_none() {
            self.keep(&key, &piece).await;
        }
        let answer = Answer { piece: Arc::new(piece), cache: Some(CacheUse { hit: false, key }) };
        Ok(answer.because_of(stands_in.as_deref()))
    }

    async fn write_own(&self, request: &Request, writing: &Writing) -> Result<Answer, Failure> {
        let ground = self.ground(request).await?;
        let Finished { piece, stands_in, .. } = self.write(request, ground, writing).await?;
        Ok(Answer { piece: Arc::new(piece), cache: None }.because_of(stands_in.as_deref()))
    }

    /// Asks the writer, and lets all who wait read along.
    async fn write(&self, request: &Request, ground: Groundwork, writing: &Writing) -> Result<Finished, Failure> {
        let (sender, mut news) = mpsc::unbounded_channel();
        let (passages, fallback_reason) = (ground.passage_ids(), ground.fallback_reason);
        let question = Write {
            kind: request.kind,
            topic: request.topic.clone(),
            profile: ground.profile,
            role: ground.role,
            note: request.user_context.clone(),
            passages: ground.passages,
        };
        let asked = self.host.writer.ask_and_hear(|handles| &handles.write, question, News(Some(sender)));
        tokio::pin!(asked);
        loop {
            tokio::select! {
                biased;
                Some(text) = news.recv() => writing.add(&text),
                written = &mut asked => return Ok(finished(request, written?, passages, fallback_reason)),
            }
        }
    }

    async fn cached(&self, key: CacheKey) -> Result<Option<Answer>, Failure> {
        let piece = self.host.cache.ask(|handles| &handles.get, Get { key: key.clone() }).await?;
        Ok(piece.map(|piece| Answer { piece: Arc::new(piece), cache: Some(CacheUse { hit: true, key }) }))
    }

    /// A piece that cannot be kept is still a piece: whoever asked gets it.
    async fn keep(&self, key: &CacheKey, piece: &Piece) {
        let question = Put { key: key.clone(), piece: piece.clone() };
        if let Err(failure) = self.host.cache.ask(|handles| &handles.put, question).await {
            tracing::warn!(code = %failure.code, %failure, piece = piece.id, "the piece could not be kept");
        }
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
}

/// A piece as a writer gave it.
struct Finished {
    piece: Piece,
    /// Which writer, model and prompt it was.
    writer: String,
    /// Why another writer than the configured one.
    stands_in: Option<String>,
}

/// `fallback_reason`: why the passages were found by lesser means than the configured ones.
fn finished(request: &Request, written: Written, passages: Vec<String>, fallback_reason: Option<String>) -> Finished {
    let piece = Piece {
        id: uuid::Uuid::now_v7().to_string(),
        topic_id: request.topic.id.clone(),
        kind: request.kind,
        markdown: written.markdown,
        writer: written.writer,
        model: written.model,
        citations: written.citations,
        passages,
        generated_at: Utc::now(),
        fallback_reason,
        cost: written.cost,
    };
    Finished { piece, writer: written.version, stands_in: written.fallback_reason }
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

fn key(request: &Request, audience: Audience, writer: String, evidence: String) -> CacheKey {
    CacheKey { topic: request.topic.id.clone(), kind: request.kind, audience, writer, evidence }
}

/// Nothing can be kept of what has no evidence.
fn is_without_evidence(failure: &Failure) -> bool {
    matches!(failure.code, ErrorCode::TopicNotCovered | ErrorCode::ModelUnavailable)
}
