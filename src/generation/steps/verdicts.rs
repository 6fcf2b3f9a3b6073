use std::collections::HashSet;

use pathwright_api::coverage::Verdict;
use pathwright_api::messages::{CheckCoverage, FindResources};
use pathwright_api::topic::{Topic, TopicId};
use pathwright_api::{ErrorCode, Failure};
use tokio_util::sync::CancellationToken;

use super::{COVERAGE_FROM, Memory, SEQUENCE_FROM, Steps};
use crate::host::Host;
use crate::store::Store;
use crate::store::generations::{Event, GenerationStep, Outcome};

/// Announces verdicts, each topic once.
pub(super) struct Report<'r, 's> {
    pub(super) steps: &'r Steps<'s>,
    pub(super) id: &'r str,
    pub(super) total: u32,
    pub(super) memory: &'r mut Memory,
}

impl Report<'_, '_> {
    pub(super) fn missing(&self, topics: &[Topic]) -> Option<Vec<Topic>> {
        let missing: Vec<Topic> =
            topics.iter().filter(|topic| !self.memory.verdicts.contains_key(&topic.id)).cloned().collect();
        (!missing.is_empty()).then_some(missing)
    }

    /// A plugin that answers has to answer for every topic.
    pub(super) fn check_complete(&self, topics: &[Topic]) -> Result<(), Failure> {
        match self.missing(topics).as_deref() {
            Some([first, ..]) => {
                let message = format!("the coverage plugin gave no verdict on “{}”", first.title);
                Err(Failure::new(ErrorCode::PluginFailed, message))
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn announce(&mut self, verdicts: Vec<Verdict>) -> Result<(), Failure> {
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

/// Verdicts on topics, in one question to the plugin and as people overruled them; one for each topic, in the order asked.
pub async fn judged(store: &Store, host: &Host, topics: Vec<Topic>) -> Result<Vec<Verdict>, Failure> {
    if topics.is_empty() {
        return Ok(Vec::new());
    }
    let asked = topics.len();
    let question =
        CheckCoverage { topics, min_score: None, progress: None, instead: None, cancelled: CancellationToken::new() };
    let verdicts = host.coverage.ask(|handles| &handles.check, question).await?;
    if verdicts.len() != asked {
        let message = format!("the coverage plugin gave {} verdicts on {asked} topics", verdicts.len());
        return Err(Failure::new(ErrorCode::PluginFailed, message));
    }
    overruled(store, host, verdicts).await
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
                let question = FindResources { topic: verdict.topic.clone(), cancelled: CancellationToken::new() };
                verdict.external_resources =
                    host.coverage.ask_patiently(|handles| &handles.resources, question).await?;
            }
        }
    }
    Ok(verdicts)
}
