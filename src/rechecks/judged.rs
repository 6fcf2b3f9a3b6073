use std::collections::HashMap;

use pathwright_api::Failure;
use pathwright_api::coverage::Verdict;
use pathwright_api::topic::Topic;

use crate::coverage::Assessor;
use crate::host::Host;
use crate::store::Store;

/// Verdicts that are remembered over batches: many paths ask for the same topics.
const REMEMBERED: usize = 4_000;

/// Verdicts on one state of the library.
#[derive(Default)]
pub(super) struct Judged {
    contents: u64,
    verdicts: HashMap<String, Verdict>,
}

impl Judged {
    /// Forgets what was judged by another state.
    pub(super) fn begin(&mut self, contents: u64) {
        if self.contents != contents || self.verdicts.len() > REMEMBERED {
            *self = Self { contents, verdicts: HashMap::new() };
        }
    }

    /// Asks about the topics that are not known yet, each once, and lets people overrule.
    pub(super) async fn judge(
        &mut self,
        store: &Store,
        host: &Host,
        topics: impl Iterator<Item = &Topic>,
    ) -> Result<(), Failure> {
        let mut missing: HashMap<String, &Topic> = HashMap::new();
        for topic in topics {
            let key = key(topic);
            if !self.verdicts.contains_key(&key) {
                missing.insert(key, topic);
            }
        }
        let missing: Vec<Topic> = missing.into_values().cloned().collect();
        let verdicts = Assessor::new(store, host).assess(missing).await?;
        self.verdicts.extend(verdicts.into_iter().map(|verdict| (key(&verdict.topic), verdict)));
        Ok(())
    }

    /// None for a topic that was not asked about.
    pub(super) fn on(&self, topic: &Topic) -> Option<&Verdict> {
        self.verdicts.get(&key(topic))
    }

    /// Whether some verdict stands on words alone.
    pub(super) fn by_lesser_means(&self) -> bool {
        self.verdicts.values().any(|verdict| verdict.fallback_reason.is_some())
    }
}

/// Two topics of one id may have other names: one of a posting, and one of the map as it was then.
fn key(topic: &Topic) -> String {
    format!("{}\0{}", topic.id, topic.names().collect::<Vec<_>>().join("\0"))
}
