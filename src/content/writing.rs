use chrono::Utc;
use pathwright_api::content::{Citation, Piece, Writer};
use pathwright_api::coverage::Verdict;
use pathwright_api::job::{JobProfile, JobTarget};
use pathwright_api::messages::Analyze;
use pathwright_api::{ErrorCode, Failure};
use tokio_util::sync::CancellationToken;

use super::live::Writing;
use super::material::Material;
use super::model_writer::ModelWriter;
use super::{ContentDesk, Request, extractive};
use crate::generation::role_name;
use pathwright_api::library::Passage;

/// Sections a piece draws on.
const SECTIONS: usize = 3;

/// What a piece is made of, whoever writes it.
pub(super) struct Groundwork {
    passages: Vec<Passage>,
    profile: JobProfile,
    role: String,
    /// Why the passages were found by lesser means than the configured ones.
    fallback_reason: Option<String>,
}

impl ContentDesk {
    /// Finding the passages and writing together take no longer than one question may: whoever waits has a limit of their own.
    pub(super) async fn write_in_time(
        &self,
        model: &ModelWriter,
        request: &Request,
        writing: &Writing,
    ) -> Result<Piece, Failure> {
        let patience = model.patience();
        let written = tokio::time::timeout(patience, self.write_by_model(model, request, writing)).await;
        written.unwrap_or_else(|_| {
            let message = format!("nothing was finished within {} s", patience.as_secs_f32());
            Err(Failure::new(ErrorCode::ModelUnavailable, message))
        })
    }

    async fn write_by_model(
        &self,
        model: &ModelWriter,
        request: &Request,
        writing: &Writing,
    ) -> Result<Piece, Failure> {
        let ground = writing.ground.get_or_try_init(|| self.ground(request)).await?;
        let written = model.write(request.kind, &ground.brief(request), &ground.passages, writing).await?;
        Ok(Piece {
            writer: Writer::LanguageModel,
            model: Some(model.model().to_owned()),
            cost: Some(written.cost),
            fallback_reason: ground.fallback_reason.clone(),
            ..piece(request, written.markdown, written.citations)
        })
    }

    pub(super) async fn write_by_rules(&self, request: &Request, writing: &Writing) -> Result<Piece, Failure> {
        let ground = writing.ground.get_or_try_init(|| self.ground(request)).await?;
        let material = Material::new(&request.topic, &ground.passages);
        let draft = extractive::write(request.kind, &ground.brief(request), &material);
        let fallback_reason = ground.fallback_reason.clone();
        Ok(Piece { fallback_reason, ..piece(request, draft.markdown, numbered(&draft.cited)) })
    }

    async fn ground(&self, request: &Request) -> Result<Groundwork, Failure> {
        let verdict = self.judge(vec![request.topic.clone()]).await?.into_iter().next();
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
        Ok(Groundwork { passages, profile, role, fallback_reason })
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
        // The question ends with whoever asked it.
        let cancelled = CancellationToken::new();
        let _asking = cancelled.clone().drop_guard();
        let question = Analyze { target: target.clone(), cancelled };
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

impl Groundwork {
    fn brief<'g>(&'g self, request: &'g Request) -> extractive::Brief<'g> {
        extractive::Brief {
            topic: &request.topic,
            profile: &self.profile,
            role: &self.role,
            user_context: request.user_context.as_deref(),
        }
    }
}

/// A piece of the embedded writer.
fn piece(request: &Request, markdown: String, citations: Vec<Citation>) -> Piece {
    Piece {
        id: uuid::Uuid::now_v7().to_string(),
        topic_id: request.topic.id.clone(),
        kind: request.kind,
        markdown,
        writer: Writer::Embedded,
        model: None,
        citations,
        generated_at: Utc::now(),
        fallback_reason: None,
        cost: None,
    }
}

fn numbered(cited: &[Passage]) -> Vec<Citation> {
    let citation =
        |(at, passage): (usize, &Passage)| Citation { marker: (at + 1).to_string(), passage_id: passage.id.clone() };
    cited.iter().enumerate().map(citation).collect()
}
