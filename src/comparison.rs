//! Books that may come, compared by how the coverage of some jobs would change with each.
//!
//! Nothing of a candidate is stored: its passages live in memory for as long as the question takes.

/// What one candidate would change.
mod change;
/// What titles alone are worth.
pub mod titles;

use std::collections::HashMap;

use pathwright_api::Failure;
use pathwright_api::topic::{Topic, TopicId};

use crate::chosen_jobs::ChosenJob;
use crate::coverage::{Assessor, Measure};
use crate::host::Host;
use crate::library::{Basis, Candidate};
use crate::store::Store;
use change::{After, change};
pub use change::{Change, JobChange, Place, Treated};
use pathwright_search::Searcher;

/// Topics that are looked at; of more, those that the jobs need most.
const TOPICS: usize = 400;

/// What is compared, and by what.
pub struct Comparison<'c> {
    pub store: &'c Store,
    pub host: &'c Host,
    pub searcher: &'c Searcher,
    pub jobs: &'c [ChosenJob],
}

/// The candidates with what each would change, the best first; with their places in the list that was given.
pub struct Ranked {
    /// Distinct topics of the jobs that were looked at.
    pub topics: usize,
    pub changes: Vec<(usize, Change)>,
}

impl Comparison<'_> {
    /// Each topic is assessed once by the library, and once by each candidate.
    pub async fn of(&self, candidates: &[Candidate]) -> Result<Ranked, Failure> {
        let topics = needed(self.jobs);
        let assessor = Assessor::new(self.store, self.host);
        let before = assessor.assess(topics.clone()).await?;
        let overlays = self.searcher.overlays().await?;
        let mut changes = Vec::with_capacity(candidates.len());
        for (at, candidate) in candidates.iter().enumerate() {
            let overlay = match candidate.basis {
                Basis::FullText => overlays.with(&candidate.book).await?,
                Basis::TableOfContents => overlays.only(&candidate.book).await?,
            };
            let by = Measure { overlay: Some(overlay.name()), ..Measure::default() };
            let judged = assessor.measure(topics.clone(), by).await?;
            let after: Vec<After> =
                before.iter().zip(&judged).map(|(before, judged)| After::of(candidate, before, judged)).collect();
            changes.push((at, change(self.jobs, &before, after)));
        }
        changes.sort_by(|(_, a), (_, b)| b.value().total_cmp(&a.value()));
        Ok(Ranked { topics: topics.len(), changes })
    }
}

/// The topics of all jobs, each once, what is needed most first.
fn needed(jobs: &[ChosenJob]) -> Vec<Topic> {
    let mut need: HashMap<&TopicId, (f32, &Topic)> = HashMap::new();
    for job in jobs {
        for topic in job.profile.topics() {
            need.entry(&topic.id).or_insert((0.0, topic)).0 += job.profile.weight(&topic.id) * job.count as f32;
        }
    }
    let mut needed: Vec<(f32, &Topic)> = need.into_values().collect();
    needed.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.id.cmp(&other.id)));
    needed.into_iter().take(TOPICS).map(|(_, topic)| topic.clone()).collect()
}
