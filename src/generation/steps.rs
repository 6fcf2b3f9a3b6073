/// Verdicts, announced and overruled.
mod verdicts;

use std::collections::HashMap;
use std::pin::pin;

use chrono::Utc;
use futures::StreamExt;
use pathwright_api::Failure;
use pathwright_api::coverage::Verdict;
use pathwright_api::job::{JobProfile, JobTarget, RoleTemplate};
use pathwright_api::messages::{Analyze, Sequence, Sequenced, TopicToPlace};
use pathwright_api::plain::is_plain;
use pathwright_api::topic::{Topic, TopicId};

use super::news::News;
use crate::coverage::Assessor;
use crate::domain::{Event, Generation, GenerationPurpose, GenerationState, GenerationStep, LearningPath, Outcome};
use crate::host::Host;
use crate::store::Store;
use verdicts::Report;

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

/// The verdicts on a path's topics, and the state of the books they are of.
struct Judged {
    verdicts: Vec<Verdict>,
    contents: u64,
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
                Some(Outcome::Sequenced { stages, origin, fallback_reason, set_aside }) => {
                    memory.sequenced = Some(Sequenced { stages, origin, fallback_reason, set_aside });
                }
                Some(Outcome::Assessed { .. } | Outcome::Persisted { .. } | Outcome::Failed(_)) | None => {}
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
        if generation.purpose == GenerationPurpose::ReadJob {
            return self.end_reading(generation, &profile, memory.seq).await;
        }
        let contents = self.library_contents(&memory).await?;
        let verdicts = self.check_coverage(generation, &profile, &mut memory).await?;
        let sequenced = match memory.sequenced.take() {
            Some(sequenced) => sequenced,
            None => self.sequence(generation, &profile, &verdicts, &mut memory.seq).await?,
        };
        self.persist(generation, profile, Judged { verdicts, contents }, sequenced, &mut memory.seq).await
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

    async fn end_reading(&self, generation: &Generation, profile: &JobProfile, seq: u32) -> Result<(), Failure> {
        let message = format!("the job is read: {} topics", profile.topics().len());
        let event = Event {
            state: GenerationState::Completed,
            done: 1,
            total: 1,
            percent: 100,
            ..Self::event(&generation.id, seq + 1, Some(GenerationStep::Analyze), message)
        };
        self.append(&[event], None).await
    }

    /// The state of the books that is judged by. Verdicts of an earlier run may be of an earlier one: then the path counts as of
    /// none, and is compared with the library once it is there.
    async fn library_contents(&self, memory: &Memory) -> Result<u64, Failure> {
        if !memory.verdicts.is_empty() {
            return Ok(0);
        }
        Ok(self.store.library_state().await?.map_or(0, |library| library.contents()))
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
        let missing = report.missing(&topics);
        let mut batches = pin!(Assessor::new(self.store, self.host).batches(missing));
        while let Some(verdicts) = batches.next().await {
            report.announce(verdicts?).await?;
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
                passages: verdict.passages.clone(),
            })
            .collect();
        let role = role_name(self.host, profile, &generation.target);
        let question = Sequence { topics, hours_per_week: generation.hours_per_week, role };
        let sequenced = self.host.sequencer.ask_with_retry(|handles| &handles.sequence, question).await?;
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
        Judged { verdicts, contents }: Judged,
        sequenced: Sequenced,
        seq: &mut u32,
    ) -> Result<(), Failure> {
        let now = Utc::now();
        let judged = verdicts.iter().map(|verdict| verdict.fallback_reason.as_deref());
        let fallback_reason = joined([sequenced.fallback_reason.as_deref()].into_iter().chain(judged));
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
            set_aside: sequenced.set_aside,
            fallback_reason,
            library_contents: contents,
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

/// The profile of a target; whatever goes wrong, the `general` template stands in and says why.
async fn analyze(host: &Host, target: &JobTarget) -> JobProfile {
    let question = Analyze { target: target.clone() };
    let asked = host.analyzer.ask_with_retry(|handles| &handles.analyze, question).await;
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
    let named = |title: &&str| !title.is_empty() && is_plain(title);
    let from_title = target.title.as_deref().map(str::trim).filter(named);
    let from_template =
        || host.templates.get(&profile.role_type).filter(|template| template.id != RoleTemplate::GENERAL);
    match (from_title, from_template()) {
        (Some(title), _) => pathwright_api::text::shorten(&pathwright_api::text::squeeze(title), 80),
        (None, Some(template)) => template.name.clone(),
        (None, None) => "the job".to_owned(),
    }
}

/// Why lesser means were used than the configured ones, each reason once; none when they were not.
fn joined<'r>(reasons: impl Iterator<Item = Option<&'r str>>) -> Option<String> {
    let mut distinct: Vec<&str> = Vec::new();
    for reason in reasons.flatten() {
        if !distinct.contains(&reason) {
            distinct.push(reason);
        }
    }
    (!distinct.is_empty()).then(|| distinct.join("; "))
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn each_reason_is_told_once_and_the_order_stays() {
        let reasons = [Some("no budget"), None, Some("no embeddings"), Some("no embeddings")];
        assert_eq!(joined(reasons.into_iter()).as_deref(), Some("no budget; no embeddings"));
        assert_eq!(joined([None, None].into_iter()), None);
    }
}
