//! Which book should come next? The topics that the chosen jobs need most and the library treats least.

/// The order of the gaps.
mod rank;

use std::collections::HashMap;

use pathwright_api::Failure;
use pathwright_api::coverage::{ResourceKind, Verdict};
use pathwright_api::topic::{Topic, TopicId};

use crate::chosen_jobs::ChosenJob;
use crate::coverage::Assessor;
use crate::demand::demands;
use crate::host::Host;
use crate::store::Store;
pub use rank::{Gap, Parts, needs, rank};

/// Topics judged for one question: those that are needed most. What the library is like can only lower a score, so among these
/// the order is right.
const JUDGED: usize = 240;

/// A gap, with what the library has on the topic.
#[derive(Clone, Debug)]
pub struct LibraryGap {
    pub gap: Gap,
    /// Books come first among its external resources.
    pub verdict: Verdict,
}

/// The gaps that matter most, at most `first`. Each topic is assessed once, whatever the number of jobs.
pub async fn library_gaps(
    store: &Store,
    host: &Host,
    jobs: &[ChosenJob],
    first: usize,
) -> Result<Vec<LibraryGap>, Failure> {
    let mut needs = needs(demands(jobs), &host.topics);
    needs.truncate(JUDGED);
    let topics: Vec<Topic> = needs.iter().map(|need| need.demand.topic.clone()).collect();
    let verdicts = Assessor::new(store, host).impatient().assess(topics).await?;
    let mut verdicts: HashMap<TopicId, Verdict> =
        verdicts.into_iter().map(|verdict| (verdict.topic.id.clone(), verdict)).collect();
    let ranked = rank(needs, |id| verdicts.get(id).and_then(missing));
    let with_verdict = ranked.into_iter().take(first).filter_map(|gap| {
        let mut verdict = verdicts.remove(&gap.demand.topic.id)?;
        verdict.external_resources.sort_by_key(|resource| resource.kind != ResourceKind::Book);
        Some(LibraryGap { gap, verdict })
    });
    Ok(with_verdict.collect())
}

/// How much of a topic the library lacks, 0 to 1; none for a covered one. A reviewer who says that it is not covered outweighs
/// what was measured.
fn missing(verdict: &Verdict) -> Option<f64> {
    match (verdict.covered, &verdict.overridden_by) {
        (true, _) => None,
        (false, Some(_)) => Some(1.0),
        (false, None) => Some(1.0 - f64::from(verdict.confidence)),
    }
}
