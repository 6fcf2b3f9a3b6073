//! Pieces about one topic for one job: found passages in, cited Markdown out, cached by audience.

/// The writer that needs no language model.
mod extractive;
/// Passages taken apart into sentences and code, for quoting.
mod material;

use std::sync::Arc;

use chrono::Utc;
use pathwright_api::content::{Audience, CacheKey, Citation, ContentKind, Piece, Writer};
use pathwright_api::coverage::Verdict;
use pathwright_api::job::{JobProfile, JobTarget, Seniority};
use pathwright_api::messages::{Analyze, CachedPiece, CheckCoverage, Fill, Lookup, WritePiece};
use pathwright_api::topic::Topic;
use pathwright_api::{ErrorCode, Failure};

use crate::generation::{overruled, role_name};
use crate::host::Host;
use crate::store::Store;
use crate::store::library::Passage;
use material::Material;

/// Name and version of the embedded writer, part of every cache key: raise it when what it writes changes.
const EXTRACTIVE: &str = "extractive-1";

/// Sections a piece draws on.
const SECTIONS: usize = 3;

/// Writes pieces, or takes them from the cache.
#[derive(Clone)]
pub struct ContentDesk {
    store: Store,
    host: Arc<Host>,
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

impl ContentDesk {
    pub fn new(store: Store, host: Arc<Host>) -> Self {
        Self { store, host }
    }

    /// What the cache holds, nothing written.
    pub async fn peek(&self, request: &Request) -> Result<Option<Answer>, Failure> {
        if request.user_context.is_some() {
            return Ok(None);
        }
        let key = self.key(request).await?;
        let question = Lookup { key: key.clone() };
        let found = self.host.cache.ask(|handles| &handles.lookup, question).await?;
        Ok(found.map(|cached| answer(cached, key)))
    }

    /// The piece, written once for everyone who asks at the same time.
    pub async fn request(&self, request: Request) -> Result<Answer, Failure> {
        if request.user_context.is_some() {
            let piece = Arc::new(self.write(&request).await?);
            return Ok(Answer { piece, cache: None });
        }
        let key = self.key(&request).await?;
        let request = shared(request, &key.audience);
        let desk = self.clone();
        let write: WritePiece = Box::new(move || Box::pin(async move { desk.write(&request).await }));
        let question = Fill { key: key.clone(), write };
        let cached = self.host.cache.ask(|handles| &handles.fill, question).await?;
        Ok(answer(cached, key))
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
        let mut warm = 0;
        for verdict in covered {
            for kind in [ContentKind::Explanation, ContentKind::Summary] {
                let topic = verdict.topic.clone();
                let request = Request { topic, kind, target: Some(target.clone()), user_context: None };
                match self.request(request).await {
                    Ok(_) => warm += 1,
                    Err(failure) if failure.code == ErrorCode::TopicNotCovered => {}
                    Err(failure) => return Err(failure),
                }
            }
        }
        Ok(warm)
    }

    async fn key(&self, request: &Request) -> Result<CacheKey, Failure> {
        let library = self.store.library_state().await?;
        Ok(CacheKey {
            topic: request.topic.id.clone(),
            kind: request.kind,
            audience: self.audience(request.target.as_ref()),
            writer: EXTRACTIVE.to_owned(),
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
        let question = CheckCoverage { topics, min_score: None, progress: None };
        let verdicts = self.host.coverage.ask(|handles| &handles.check, question).await?;
        overruled(&self.store, &self.host, verdicts).await
    }

    async fn write(&self, request: &Request) -> Result<Piece, Failure> {
        let verdict = self.judge(vec![request.topic.clone()]).await?.into_iter().next();
        let passages = match verdict {
            Some(verdict) if verdict.covered => self.passages(&verdict).await?,
            _ => Vec::new(),
        };
        if passages.is_empty() {
            let message = format!(
                "the library does not treat “{}”, so nothing can be written about it with citations; see its external resources, or \
                 add a book",
                request.topic.title
            );
            return Err(Failure::new(ErrorCode::TopicNotCovered, message));
        }
        let target = request.target.clone().unwrap_or_default();
        let profile = self.profile(&target).await?;
        let role = role_name(&self.host, &profile, &target);
        let material = Material::new(&request.topic, &passages);
        let brief = extractive::Brief {
            topic: &request.topic,
            profile: &profile,
            role: &role,
            user_context: request.user_context.as_deref(),
        };
        let draft = extractive::write(request.kind, &brief, &material);
        Ok(Piece {
            id: uuid::Uuid::now_v7().to_string(),
            topic_id: request.topic.id.clone(),
            kind: request.kind,
            markdown: draft.markdown,
            writer: Writer::Embedded,
            model: None,
            citations: numbered(&draft.cited),
            generated_at: Utc::now(),
            fallback_reason: None,
        })
    }

    /// The passages of the sections that treat the topic best: the best section first, each in reading order.
    async fn passages(&self, verdict: &Verdict) -> Result<Vec<Passage>, Failure> {
        let ids: Vec<String> = verdict.passages.iter().map(|scored| scored.passage_id.clone()).collect();
        let found = self.store.passages_by_id(&ids).await?;
        let mut sections: Vec<String> = Vec::new();
        for passage in ids.iter().filter_map(|id| found.iter().find(|passage| passage.id == *id)) {
            if !sections.contains(&passage.section) && sections.len() < SECTIONS {
                sections.push(passage.section.clone());
            }
        }
        let mut passages = self.store.passages_of_sections(&sections).await?;
        passages
            .sort_by_key(|passage| (sections.iter().position(|section| *section == passage.section), passage.ordinal));
        Ok(passages)
    }

    async fn profile(&self, target: &JobTarget) -> Result<JobProfile, Failure> {
        if let Some(known) = self.store.profiles(&[target.hash()]).await?.into_iter().next() {
            return Ok(known);
        }
        self.host.analyzer.ask(|handles| &handles.analyze, Analyze { target: target.clone() }).await
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

fn numbered(cited: &[Passage]) -> Vec<Citation> {
    let citation =
        |(at, passage): (usize, &Passage)| Citation { marker: (at + 1).to_string(), passage_id: passage.id.clone() };
    cited.iter().enumerate().map(citation).collect()
}
