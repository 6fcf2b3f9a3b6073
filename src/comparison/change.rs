use std::collections::HashMap;

use pathwright_api::coverage::Verdict;
use pathwright_api::topic::TopicId;

use super::titles;
use crate::chosen_jobs::ChosenJob;
use crate::library::{Basis, Candidate};

/// How much a confidence has to rise to count as better.
const BETTER: f32 = 0.1;

/// A verdict as it would be with the candidate.
#[derive(Clone, Debug)]
pub(super) struct After {
    covered: bool,
    confidence: f32,
    place: Option<Place>,
}

/// Where in a candidate a topic is treated best.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Titles from the highest down to the section's.
    pub heading: Vec<String>,
    pub page: Option<u32>,
}

/// A topic that the candidate treats.
#[derive(Clone, Debug)]
pub struct Treated {
    /// As the library alone is judged.
    pub before: Verdict,
    /// 0 to 1, with the candidate.
    pub confidence: f32,
    pub place: Place,
}

/// What a candidate would change for one of the jobs.
#[derive(Clone, Debug, PartialEq)]
pub struct JobChange {
    /// None: it is not to be said whose it is.
    pub name: Option<String>,
    /// How many target jobs it stands for.
    pub count: u32,
    /// Covered topics out of all of the job, 0 to 100, rounded.
    pub before: u32,
    pub after: u32,
}

/// What a candidate would change.
#[derive(Clone, Debug)]
pub struct Change {
    pub jobs: Vec<JobChange>,
    /// Over the distinct topics of all jobs.
    pub before: u32,
    pub after: u32,
    /// What the jobs need most first, as are the others.
    pub becomes_covered: Vec<Treated>,
    pub improved: Vec<Treated>,
    pub stays_uncovered: Vec<Verdict>,
    /// How much of what the jobs need becomes covered: the weights of the topics, summed over the jobs.
    pub gain: f32,
    /// The same of what only gets nearer to it, times how much nearer.
    nearer: f32,
}

impl Change {
    /// What candidates are ranked by: what becomes covered, and for a tenth what only gets nearer to it.
    pub(super) fn value(&self) -> f32 {
        self.gain + 0.1 * self.nearer
    }
}

impl After {
    pub(super) fn of(candidate: &Candidate, before: &Verdict, judged: &Verdict) -> Self {
        let own = judged.passages.iter().find_map(|scored| candidate.passage(&scored.passage_id));
        let place = own.map(|passage| Place { heading: passage.heading.clone(), page: passage.page });
        let (covered, confidence) = match candidate.basis {
            Basis::FullText => (judged.covered, judged.confidence),
            // Titles speak for themselves alone, so they can only add to what the library says.
            Basis::TableOfContents => {
                let by_titles = titles::confidence(judged);
                (before.covered || by_titles >= titles::COVERS, before.confidence.max(by_titles))
            }
        };
        let overruled = before.overridden_by.is_some();
        Self { covered: if overruled { before.covered } else { covered }, confidence, place }
    }
}

/// `before` and `after` hold one verdict a topic, in the order of need.
pub(super) fn change(jobs: &[ChosenJob], before: &[Verdict], after: Vec<After>) -> Change {
    let covered: HashMap<&TopicId, (bool, bool)> =
        before.iter().zip(&after).map(|(before, after)| (&before.topic.id, (before.covered, after.covered))).collect();
    let (of_before, of_after) = percentages(covered.values());
    let mut change = Change {
        jobs: jobs.iter().map(|job| job_change(job, &covered)).collect(),
        before: of_before,
        after: of_after,
        becomes_covered: Vec::new(),
        improved: Vec::new(),
        stays_uncovered: Vec::new(),
        gain: 0.0,
        nearer: 0.0,
    };
    for (before, after) in before.iter().zip(after) {
        let need = need(jobs, &before.topic.id);
        let rise = after.confidence - before.confidence;
        let (gains, confidence) = (after.covered && !before.covered, after.confidence);
        if !after.covered {
            change.stays_uncovered.push(before.clone());
        }
        let Some(place) = after.place else {
            continue;
        };
        let treated = || Treated { before: before.clone(), confidence, place };
        if gains {
            change.gain += need;
            change.becomes_covered.push(treated());
        } else if rise >= BETTER && before.overridden_by.is_none() {
            change.nearer += need * rise;
            change.improved.push(treated());
        }
    }
    change
}

fn need(jobs: &[ChosenJob], topic: &TopicId) -> f32 {
    let asking = jobs.iter().filter(|job| job.profile.topics().iter().any(|asked| asked.id == *topic));
    asking.map(|job| job.profile.weight(topic) * job.count as f32).sum()
}

fn job_change(job: &ChosenJob, covered: &HashMap<&TopicId, (bool, bool)>) -> JobChange {
    let topics = job.profile.topics();
    let (before, after) = percentages(topics.iter().filter_map(|topic| covered.get(&topic.id)));
    JobChange { name: job.name.clone(), count: job.count, before, after }
}

/// Of pairs, covered before and after: each out of all, 0 to 100, rounded.
fn percentages<'p>(pairs: impl Iterator<Item = &'p (bool, bool)>) -> (u32, u32) {
    let (mut all, mut before, mut after) = (0u32, 0u32, 0u32);
    for pair in pairs {
        all += 1;
        before += u32::from(pair.0);
        after += u32::from(pair.1);
    }
    let percent = |covered: u32| (f64::from(covered) * 100.0 / f64::from(all.max(1))).round() as u32;
    (percent(before), percent(after))
}

#[cfg(test)]
mod tests;
