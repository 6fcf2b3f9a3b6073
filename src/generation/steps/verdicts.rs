use std::collections::HashSet;

use pathwright_api::Failure;
use pathwright_api::coverage::Verdict;
use pathwright_api::topic::Topic;

use super::{COVERAGE_FROM, Memory, SEQUENCE_FROM, Steps};
use crate::domain::{Event, GenerationStep, Outcome};

/// Announces verdicts, each topic once.
pub(super) struct Report<'r, 's> {
    pub(super) steps: &'r Steps<'s>,
    pub(super) id: &'r str,
    pub(super) total: u32,
    pub(super) memory: &'r mut Memory,
}

impl Report<'_, '_> {
    /// Topics without a verdict.
    pub(super) fn missing(&self, topics: &[Topic]) -> Vec<Topic> {
        topics.iter().filter(|topic| !self.memory.verdicts.contains_key(&topic.id)).cloned().collect()
    }

    pub(super) async fn announce(&mut self, verdicts: Vec<Verdict>) -> Result<(), Failure> {
        let known = &self.memory.verdicts;
        let mut seen = HashSet::new();
        let is_fresh =
            |verdict: &Verdict| !known.contains_key(&verdict.topic.id) && seen.insert(verdict.topic.id.clone());
        let fresh: Vec<Verdict> = verdicts.into_iter().filter(is_fresh).collect();
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
