use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pathwright_api::content::CacheKey;
use tokio::sync::{OnceCell, watch};
use tokio_util::sync::CancellationToken;

use super::writing::Groundwork;

/// The pieces somebody waits for, so that all who want the same one read along, and the writing ends with the last of them.
#[derive(Clone, Default)]
pub(super) struct Live(Arc<Mutex<HashMap<CacheKey, Waited>>>);

struct Waited {
    writing: Arc<Writing>,
    watchers: usize,
}

/// A piece that is being written.
pub(super) struct Writing {
    text: watch::Sender<Draft>,
    /// Triggered when nobody waits any more.
    pub(super) stopped: CancellationToken,
    /// What it is made of: found once, whoever writes in the end.
    pub(super) ground: OnceCell<Groundwork>,
}

#[derive(Clone, Default)]
struct Draft {
    /// Counts beginnings: after a failure somebody may begin anew.
    attempt: u32,
    text: String,
}

impl Writing {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            text: watch::Sender::new(Draft::default()),
            stopped: CancellationToken::new(),
            ground: OnceCell::new(),
        })
    }

    pub(super) fn begin(&self, text: &str) {
        self.text.send_modify(|draft| *draft = Draft { attempt: draft.attempt + 1, text: text.to_owned() });
    }

    pub(super) fn add(&self, text: &str) {
        if !text.is_empty() {
            self.text.send_modify(|draft| draft.text.push_str(text));
        }
    }
}

impl Live {
    /// Waits for the piece of a key together with everybody else who does.
    pub(super) fn join(&self, key: &CacheKey) -> Watcher {
        let mut all = self.lock();
        let waited = match all.entry(key.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Waited { writing: Writing::new(), watchers: 0 }),
        };
        waited.watchers += 1;
        Watcher::new(Arc::clone(&waited.writing), Some((self.clone(), key.clone())))
    }

    fn leave(&self, key: &CacheKey) {
        let mut all = self.lock();
        let Entry::Occupied(mut entry) = all.entry(key.clone()) else {
            return;
        };
        entry.get_mut().watchers -= 1;
        if entry.get().watchers == 0 {
            entry.remove().writing.stopped.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CacheKey, Waited>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits for a piece and may read along.
pub(super) struct Watcher {
    pub(super) writing: Arc<Writing>,
    place: Option<(Live, CacheKey)>,
    draft: watch::Receiver<Draft>,
    attempt: u32,
    read: usize,
}

/// What is new.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct News {
    /// What was read before is void.
    pub(super) restart: bool,
    pub(super) text: String,
}

impl Watcher {
    /// Of a piece that nobody else can want.
    pub(super) fn alone() -> Self {
        Self::new(Writing::new(), None)
    }

    fn new(writing: Arc<Writing>, place: Option<(Live, CacheKey)>) -> Self {
        let mut draft = writing.text.subscribe();
        draft.mark_changed();
        Self { writing, place, draft, attempt: 0, read: 0 }
    }

    /// Of the shared piece that is waited for.
    pub(super) fn key(&self) -> Option<CacheKey> {
        self.place.as_ref().map(|(_, key)| key.clone())
    }

    /// The next words; never ends while nothing is written.
    pub(super) async fn news(&mut self) -> News {
        loop {
            if self.draft.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            let draft = self.draft.borrow_and_update();
            let restart = draft.attempt != self.attempt && self.read > 0;
            if draft.attempt != self.attempt {
                (self.attempt, self.read) = (draft.attempt, 0);
            }
            let text = draft.text[self.read..].to_owned();
            self.read = draft.text.len();
            if restart || !text.is_empty() {
                return News { restart, text };
            }
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        match &self.place {
            Some((live, key)) => live.leave(key),
            None => self.writing.stopped.cancel(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pathwright_api::content::{Audience, ContentKind};

    fn key(topic: &str) -> CacheKey {
        let writer = "model+write@1".to_owned();
        CacheKey {
            topic: topic.into(),
            kind: ContentKind::Quiz,
            audience: Audience::Default,
            writer,
            library_revision: 1,
        }
    }

    #[tokio::test]
    async fn whoever_comes_late_reads_from_the_beginning() {
        let live = Live::default();
        let mut first = live.join(&key("a"));
        first.writing.begin("# A\n");
        assert_eq!(first.news().await, News { restart: false, text: "# A\n".into() });
        first.writing.add("one ");
        let mut second = live.join(&key("a"));
        assert_eq!(second.news().await.text, "# A\none ");
        assert_eq!(first.news().await.text, "one ");
    }

    #[tokio::test]
    async fn a_new_beginning_voids_what_was_read() {
        let mut watcher = Live::default().join(&key("a"));
        watcher.writing.begin("half");
        watcher.news().await;
        watcher.writing.begin("whole");
        assert_eq!(watcher.news().await, News { restart: true, text: "whole".into() });
    }

    #[test]
    fn the_writing_stops_with_the_last_who_waits() {
        let live = Live::default();
        let (first, second) = (live.join(&key("a")), live.join(&key("a")));
        let writing = Arc::clone(&first.writing);
        drop(first);
        assert!(!writing.stopped.is_cancelled());
        drop(second);
        assert!(writing.stopped.is_cancelled());
        assert!(!live.join(&key("a")).writing.stopped.is_cancelled(), "the next one begins anew");
    }
}
