use std::sync::{Mutex, PoisonError};

use moka::future::Cache;
use pathwright_api::content::Audience;
use pathwright_api::coverage::Verdict;
use pathwright_api::job::{JobProfile, JobTarget, hex};
use pathwright_api::library::Passage;
use pathwright_api::messages::Analyze;
use pathwright_api::{ErrorCode, Failure};
use sha2::{Digest, Sha256};

use super::{ContentService, Request};
use crate::coverage::Assessor;
use crate::generation::role_name;

/// Sections a piece draws on.
const SECTIONS: usize = 3;

/// Digests that are remembered, each some hundred bytes.
const REMEMBERED: u64 = 20_000;

/// What a piece is made of, whoever writes it.
#[derive(Clone)]
pub(super) struct Groundwork {
    /// The best section first, each in reading order.
    pub(super) passages: Vec<Passage>,
    pub(super) profile: JobProfile,
    pub(super) role: String,
    /// Why the passages were found by lesser means than the configured ones.
    pub(super) fallback_reason: Option<String>,
    /// SHA-256 (hex) over passages, profile and role: a piece is as good as new while it stays the same.
    pub(super) digest: String,
}

impl Groundwork {
    fn new(passages: Vec<Passage>, profile: JobProfile, role: String, fallback_reason: Option<String>) -> Self {
        let mut hasher = Sha256::new();
        // A passage's id stands for its words.
        for passage in &passages {
            hasher.update(&passage.id);
            hasher.update([0]);
        }
        hasher.update(serde_json::to_vec(&profile).unwrap_or_default());
        hasher.update(&role);
        let digest = hex(&hasher.finalize());
        Self { passages, profile, role, fallback_reason, digest }
    }

    pub(super) fn passage_ids(&self) -> Vec<String> {
        self.passages.iter().map(|passage| passage.id.clone()).collect()
    }
}

/// What a piece rests on, in short; in full, where it had to be looked up.
pub(super) struct Evidence {
    pub(super) digest: String,
    pub(super) ground: Option<Groundwork>,
}

/// Digests of evidence that was looked up, as long as nothing has changed on which it depends.
#[derive(Clone)]
pub(super) struct Known(Cache<Place, String>);

/// What evidence depends on.
#[derive(PartialEq, Eq, Hash)]
struct Place {
    /// Its id and all its names: those of a posting differ from those of the map.
    topic: Vec<String>,
    audience: Audience,
    library_revision: u64,
    overruled_at: Option<String>,
}

/// Why a digest is not remembered.
enum Unknown {
    Failed(Failure),
    /// What was found without embeddings may be found better soon.
    ByLesserMeans(Box<Groundwork>),
}

impl Known {
    pub(super) fn new() -> Self {
        Self(Cache::new(REMEMBERED))
    }
}

impl ContentService {
    /// What a shared piece rests on; looked up once for all who want to know at the same time.
    pub(super) async fn evidence(&self, request: &Request, audience: &Audience) -> Result<Evidence, Failure> {
        let place = self.place(request, audience).await?;
        let own = Mutex::new(None);
        let look_up = async {
            let ground = self.ground(request).await.map_err(Unknown::Failed)?;
            if ground.fallback_reason.is_some() {
                return Err(Unknown::ByLesserMeans(Box::new(ground)));
            }
            let digest = ground.digest.clone();
            *own.lock().unwrap_or_else(PoisonError::into_inner) = Some(ground);
            Ok(digest)
        };
        match self.known.0.try_get_with(place, look_up).await {
            Ok(digest) => Ok(Evidence { digest, ground: own.into_inner().unwrap_or_else(PoisonError::into_inner) }),
            Err(unknown) => match unknown.as_ref() {
                Unknown::Failed(failure) => Err(failure.clone()),
                Unknown::ByLesserMeans(ground) => {
                    Ok(Evidence { digest: ground.digest.clone(), ground: Some(Groundwork::clone(ground)) })
                }
            },
        }
    }

    async fn place(&self, request: &Request, audience: &Audience) -> Result<Place, Failure> {
        let topic = &request.topic;
        let (library_revision, overruling) = self.store.revision_and_override(&topic.id).await?;
        let names = topic.names().map(str::to_owned);
        Ok(Place {
            topic: std::iter::once(topic.id.to_string()).chain(names).collect(),
            audience: audience.clone(),
            library_revision,
            overruled_at: overruling.map(|overruling| overruling.at.to_rfc3339()),
        })
    }

    /// Looks up what a piece can be made of.
    pub(super) async fn ground(&self, request: &Request) -> Result<Groundwork, Failure> {
        let assessor = Assessor::new(&self.store, &self.host).impatient();
        let verdict = assessor.assess(vec![request.topic.clone()]).await?.into_iter().next();
        let fallback_reason = verdict.as_ref().and_then(|verdict| verdict.fallback_reason.clone());
        let passages = match verdict {
            Some(verdict) if verdict.covered => self.passages(&verdict).await?,
            _ => Vec::new(),
        };
        if passages.is_empty() {
            return Err(nothing_to_cite(&request.topic.title, fallback_reason.as_deref()));
        }
        let target = request.target.clone().unwrap_or_default();
        let profile = self.profile(&target).await?;
        let role = role_name(&self.host, &profile, &target);
        Ok(Groundwork::new(passages, profile, role, fallback_reason))
    }

    /// The passages of the sections that treat the topic best: the best section first, each in reading order.
    async fn passages(&self, verdict: &Verdict) -> Result<Vec<Passage>, Failure> {
        // Those that speak for it; where a reviewer says so and none does, the nearest there are.
        let speaking = match verdict.num_chunks as usize {
            0 => verdict.passages.len(),
            count => count,
        };
        let ids: Vec<String> = verdict.passages.iter().take(speaking).map(|scored| scored.passage_id.clone()).collect();
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
        let question = Analyze { target: target.clone() };
        let profile = self.host.analyzer.ask(|handles| &handles.analyze, question).await?;
        self.store.save_profile(&profile, target).await?;
        Ok(profile)
    }
}

/// While embeddings fail, words alone cannot tell that the library does not treat a topic.
fn nothing_to_cite(topic: &str, fallback_reason: Option<&str>) -> Failure {
    if let Some(reason) = fallback_reason {
        let message = format!("“{topic}” was not found in the library ({reason}); try again later");
        return Failure::new(ErrorCode::ModelUnavailable, message);
    }
    let message = format!(
        "the library does not treat “{topic}”, so nothing can be written about it with citations; see its external resources, or add a \
         book"
    );
    Failure::new(ErrorCode::TopicNotCovered, message)
}
