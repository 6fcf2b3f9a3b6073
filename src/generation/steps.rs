use std::collections::{HashMap, HashSet};

use chrono::Utc;
use pathwright_api::coverage::Verdict;
use pathwright_api::job::{JobProfile, JobTarget, RoleTemplate};
use pathwright_api::messages::{Analyze, CheckCoverage, FindResources, Sequence, Sequenced, TopicToPlace};
use pathwright_api::topic::{Topic, TopicId};
use pathwright_api::{ErrorCode, Failure};
use tokio::sync::mpsc;

use super::news::News;
use crate::host::{Host, wait_out};
use crate::store::Store;
use crate::store::generations::{Event, Generation, GenerationState, GenerationStep, Outcome};
use crate::store::paths::LearningPath;

/// Topics announced in one transaction.
const ANNOUNCE: usize = 16;

/// Percent at the beginning of the steps after the first.
const COVERAGE_FROM: u32 = 10;
const SEQUENCE_FROM: u32 = 85;
const PERSIST_FROM: u32 = 95;

/// The four steps over one generation.
pub(super) struct Steps<'g> {
    pub(super) store: &'g Store,
    pub(super) host: &'g Host,
    pub(super) owner: &'g str,
    pub(super) news: &'g News,
}

/// What earlier steps brought forth, read from the events.
#[derive(Default)]
struct Memory {
    profile: Option<JobProfile>,
    verdicts: HashMap<TopicId, Verdict>,
    sequenced: Option<Sequenced>,
    seq: u32,
}

impl Memory {
    fn recall(events: Vec<Event>) -> Self {
        let mut memory = Self::default();
        for event in events {
            memory.seq = event.seq;
            match event.outcome {
                Some(Outcome::Analyzed(profile)) => memory.profile = Some(profile),
                Some(Outcome::Judged(verdict)) => {
                    memory.verdicts.insert(verdict.topic.id.clone(), verdict);
                }
                Some(Outcome::Sequenced { stages, origin, fallback_reason }) => {
                    memory.sequenced = Some(Sequenced { stages, origin, fallback_reason });
                }
                Some(Outcome::Persisted { .. } | Outcome::Failed(_)) | None => {}
            }
        }
        memory
    }
}

impl Steps<'_> {
    /// Goes through the steps that are not done yet.
    pub(super) async fn work(&self, generation: &Generation) -> Result<(), Failure> {
        let mut memory = self.recall(&generation.id).await?;
        let profile = match memory.profile.take() {
            Some(profile) => profile,
            None => self.analyze(generation, &mut memory.seq).await?,
        };
        let verdicts = self.check_coverage(generation, &profile, &mut memory).await?;
        let sequenced = match memory.sequenced.take() {
            Some(sequenced) => sequenced,
            None => self.sequence(generation, &profile, &verdicts, &mut memory.seq).await?,
        };
        self.persist(generation, profile, verdicts, sequenced, &mut memory.seq).await
    }

    /// Ends the generation with a failure that its watchers see.
    pub(super) async fn fail(&self, id: &str, failure: Failure) -> Result<(), Failure> {
        let memory = self.recall(id).await?;
        tracing::error!(generation = id, code = %failure.code, %failure, "the generation failed");
        let event = Event {
            state: GenerationState::Failed,
            percent: 100,
            outcome: Some(Outcome::Failed(failure.clone())),
            ..Self::event(id, memory.seq + 1, None, failure.message)
        };
        self.append(&[event], None).await
    }

    async fn recall(&self, id: &str) -> Result<Memory, Failure> {
        let mut events = Vec::new();
        loop {
            let after = events.last().map_or(0, |event: &Event| event.seq);
            let page = self.store.events_after(id, after, super::PAGE).await?;
            let done = page.len() < super::PAGE;
            events.extend(page);
            if done {
                return Ok(Memory::recall(events));
            }
        }
    }

    async fn analyze(&self, generation: &Generation, seq: &mut u32) -> Result<JobProfile, Failure> {
        let step = Some(GenerationStep::Analyze);
        if *seq < 2 {
            let begun = Event {
                total: 1,
                percent: 1,
                ..Self::event(&generation.id, *seq + 1, step, "reading the job".to_owned())
            };
            self.append(&[begun], None).await?;
            *seq += 1;
        }
        let profile = analyze(self.host, &generation.target).await;
        self.store.save_profile(&profile).await?;
        let message = match &profile.fallback_reason {
            Some(reason) => format!("{} topics; {reason}", profile.topics().len()),
            None => format!("{} topics to learn", profile.topics().len()),
        };
        let done = Event {
            done: 1,
            total: 1,
            percent: COVERAGE_FROM,
            outcome: Some(Outcome::Analyzed(profile.clone())),
            ..Self::event(&generation.id, *seq + 1, step, message)
        };
        self.append(&[done], None).await?;
        *seq += 1;
        Ok(profile)
    }

    /// One event a topic, as the verdicts come; topics judged before the work was taken up again are not judged twice.
    async fn check_coverage(
        &self,
        generation: &Generation,
        profile: &JobProfile,
        memory: &mut Memory,
    ) -> Result<Vec<Verdict>, Failure> {
        let topics: Vec<Topic> = profile.topics().into_iter().cloned().collect();
        let mut report = Report { steps: self, id: &generation.id, total: topics.len() as u32, memory };
        let mut tries = 0;
        while let Some(missing) = report.missing(&topics) {
            let (progress, mut heard) = mpsc::unbounded_channel();
            let question = CheckCoverage { topics: missing, min_score: None, progress: Some(progress) };
            let asked = self.host.coverage.ask(|handles| &handles.check, question);
            tokio::pin!(asked);
            let mut batch = Vec::new();
            let answer = loop {
                tokio::select! {
                    biased;
                    count = heard.recv_many(&mut batch, ANNOUNCE), if !heard.is_closed() || !heard.is_empty() => {
                        if count > 0 {
                            report.announce(std::mem::take(&mut batch)).await?;
                        }
                    }
                    answer = &mut asked => break answer,
                }
            };
            match answer {
                Ok(verdicts) => {
                    report.announce(verdicts).await?;
                    report.check_complete(&topics)?;
                }
                Err(failure) => {
                    tries += 1;
                    wait_out(failure, tries).await?;
                }
            }
        }
        Ok(topics.iter().filter_map(|topic| memory.verdicts.get(&topic.id).cloned()).collect())
    }

    async fn sequence(
        &self,
        generation: &Generation,
        profile: &JobProfile,
        verdicts: &[Verdict],
        seq: &mut u32,
    ) -> Result<Sequenced, Failure> {
        let covered = verdicts.iter().filter(|verdict| verdict.covered);
        let topics: Vec<TopicToPlace> = covered
            .map(|verdict| TopicToPlace {
                topic: verdict.topic.clone(),
                weight: profile.weight(&verdict.topic.id),
                place: verdict.source.as_ref().map(|source| (source.book_id.clone(), source.ordinal)),
            })
            .collect();
        let role = role_name(self.host, profile, &generation.target);
        let question = Sequence { topics, hours_per_week: generation.hours_per_week, role };
        let sequenced = self.host.sequencer.ask_patiently(|handles| &handles.sequence, question).await?;
        let event = Event {
            done: 1,
            total: 1,
            percent: PERSIST_FROM,
            outcome: Some(sequenced.clone().into()),
            ..Self::event(
                &generation.id,
                *seq + 1,
                Some(GenerationStep::Sequence),
                format!("{} stages", sequenced.stages.len()),
            )
        };
        self.append(&[event], None).await?;
        *seq += 1;
        Ok(sequenced)
    }

    async fn persist(
        &self,
        generation: &Generation,
        profile: JobProfile,
        verdicts: Vec<Verdict>,
        sequenced: Sequenced,
        seq: &mut u32,
    ) -> Result<(), Failure> {
        let now = Utc::now();
        let path = LearningPath {
            id: uuid::Uuid::now_v7().to_string(),
            user: generation.user.clone(),
            generation: generation.id.clone(),
            profile,
            job_description: generation.target.description.clone(),
            hours_per_week: generation.hours_per_week,
            stages: sequenced.stages,
            verdicts,
            origin: sequenced.origin,
            fallback_reason: sequenced.fallback_reason,
            created_at: now,
            updated_at: now,
        };
        let message =
            format!("the path is ready: {} % covered, {} weeks", path.coverage_percentage(), path.total_weeks());
        let event = Event {
            state: GenerationState::Completed,
            done: 1,
            total: 1,
            percent: 100,
            outcome: Some(Outcome::Persisted { path: path.id.clone() }),
            ..Self::event(&generation.id, *seq + 1, Some(GenerationStep::Persist), message)
        };
        self.append(&[event], Some(&path)).await
    }

    fn event(id: &str, seq: u32, step: Option<GenerationStep>, message: String) -> Event {
        Event {
            generation: id.to_owned(),
            seq,
            state: GenerationState::Running,
            step,
            done: 0,
            total: 0,
            percent: 0,
            message,
            at: Utc::now(),
            outcome: None,
        }
    }

    async fn append(&self, events: &[Event], path: Option<&LearningPath>) -> Result<(), Failure> {
        self.store.append_events(self.owner, events, path).await?;
        if let Some(event) = events.first() {
            self.news.announce(&event.generation);
        }
        Ok(())
    }
}

/// Announces verdicts, each topic once.
struct Report<'r, 's> {
    steps: &'r Steps<'s>,
    id: &'r str,
    total: u32,
    memory: &'r mut Memory,
}

impl Report<'_, '_> {
    fn missing(&self, topics: &[Topic]) -> Option<Vec<Topic>> {
        let missing: Vec<Topic> =
            topics.iter().filter(|topic| !self.memory.verdicts.contains_key(&topic.id)).cloned().collect();
        (!missing.is_empty()).then_some(missing)
    }

    /// A plugin that answers has to answer for every topic.
    fn check_complete(&self, topics: &[Topic]) -> Result<(), Failure> {
        match self.missing(topics).as_deref() {
            Some([first, ..]) => {
                let message = format!("the coverage plugin gave no verdict on “{}”", first.title);
                Err(Failure::new(ErrorCode::PluginFailed, message))
            }
            _ => Ok(()),
        }
    }

    async fn announce(&mut self, verdicts: Vec<Verdict>) -> Result<(), Failure> {
        let known = &self.memory.verdicts;
        let mut seen = HashSet::new();
        let is_fresh =
            |verdict: &Verdict| !known.contains_key(&verdict.topic.id) && seen.insert(verdict.topic.id.clone());
        let fresh: Vec<Verdict> = verdicts.into_iter().filter(is_fresh).collect();
        let fresh = overruled(self.steps.store, self.steps.host, fresh).await?;
        let mut done = known.len() as u32;
        let mut events = Vec::with_capacity(fresh.len());
        for verdict in &fresh {
            done += 1;
            let seq = self.memory.seq + events.len() as u32 + 1;
            let message = describe(verdict);
            events.push(Event {
                done,
                total: self.total,
                percent: COVERAGE_FROM + (SEQUENCE_FROM - COVERAGE_FROM) * done / self.total.max(1),
                outcome: Some(Outcome::Judged(verdict.clone())),
                ..Steps::event(self.id, seq, Some(GenerationStep::Coverage), message)
            });
        }
        self.steps.append(&events, None).await?;
        self.memory.seq += events.len() as u32;
        self.memory.verdicts.extend(fresh.into_iter().map(|verdict| (verdict.topic.id.clone(), verdict)));
        Ok(())
    }
}

fn describe(verdict: &Verdict) -> String {
    let title = &verdict.topic.title;
    match (&verdict.source, verdict.covered) {
        (Some(source), true) => format!("{title}: treated in “{}”", source.section),
        (None, true) => format!("{title}: covered, says a reviewer"),
        (_, false) => format!("{title}: not covered"),
    }
}

/// The profile of a target; whatever goes wrong, the `general` template stands in and says why.
async fn analyze(host: &Host, target: &JobTarget) -> JobProfile {
    let question = Analyze { target: target.clone() };
    let asked = host.analyzer.ask_patiently(|handles| &handles.analyze, question).await;
    asked.unwrap_or_else(|failure| {
        tracing::warn!(code = %failure.code, %failure, "the analyzer failed; the general template stands in");
        let mut profile = host.templates.general().profile(&host.topics, target);
        profile.confidence = 0.1;
        profile.fallback_reason =
            Some(format!("the posting could not be analyzed: {failure}; the general template stands in"));
        profile
    })
}

/// What to call the job in sentences.
pub fn role_name(host: &Host, profile: &JobProfile, target: &JobTarget) -> String {
    let from_title = target.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let from_template =
        || host.templates.get(&profile.role_type).filter(|template| template.id != RoleTemplate::GENERAL);
    match (from_title, from_template()) {
        (Some(title), _) => pathwright_api::text::shorten(&pathwright_api::text::squeeze(title), 80),
        (None, Some(template)) => template.name.clone(),
        (None, None) => "the job".to_owned(),
    }
}

/// Verdicts as people overruled them.
pub async fn overruled(store: &Store, host: &Host, mut verdicts: Vec<Verdict>) -> Result<Vec<Verdict>, Failure> {
    let topics: Vec<TopicId> = verdicts.iter().map(|verdict| verdict.topic.id.clone()).collect();
    if topics.is_empty() {
        return Ok(verdicts);
    }
    for (topic, overruling) in store.overrides(&topics).await? {
        for verdict in verdicts.iter_mut().filter(|verdict| verdict.topic.id == topic) {
            verdict.covered = overruling.covered;
            verdict.overridden_by = Some(overruling.clone());
            if overruling.covered {
                verdict.external_resources.clear();
            } else {
                verdict.source = None;
                let question = FindResources { topic: verdict.topic.clone() };
                verdict.external_resources =
                    host.coverage.ask_patiently(|handles| &handles.resources, question).await?;
            }
        }
    }
    Ok(verdicts)
}
