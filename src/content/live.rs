use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use pathwright_api::Failure;
use pathwright_api::content::CacheKey;
use tokio::sync::watch;

use super::Answer;

/// What becomes of a piece, for all who wait for it. Whoever of them is still there carries the work on; with the last of them it
/// ends.
type Piece = Shared<BoxFuture<'static, Result<Answer, Failure>>>;

/// The pieces somebody waits for.
#[derive(Clone, Default)]
pub(super) struct Live(Arc<Mutex<HashMap<CacheKey, Waited>>>);

struct Waited {
    writing: Arc<Writing>,
    piece: Piece,
    watchers: usize,
}

/// A piece that is being written, as far as it has come.
#[derive(Default)]
pub(super) struct Writing(watch::Sender<String>);

impl Writing {
    pub(super) fn add(&self, text: &str) {
        self.0.send_modify(|draft| draft.push_str(text));
    }
}

impl Live {
    /// Waits for the piece of a key together with everybody else who does; begins it where nobody does.
    pub(super) fn join(
        &self,
        key: &CacheKey,
        begin: impl FnOnce(Arc<Writing>) -> BoxFuture<'static, Result<Answer, Failure>>,
    ) -> Watcher {
        let mut all = self.lock();
        let is_first = !all.contains_key(key);
        let waited = match all.entry(key.clone()) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let writing = Arc::new(Writing::default());
                let piece = begin(Arc::clone(&writing)).shared();
                entry.insert(Waited { writing, piece, watchers: 0 })
            }
        };
        waited.watchers += 1;
        let place = Some(Place { live: self.clone(), key: key.clone() });
        Watcher::new(&waited.writing, waited.piece.clone(), is_first, place)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CacheKey, Waited>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits for a piece and may read along.
pub(super) struct Watcher {
    pub(super) piece: Piece,
    /// Nobody waited for it before.
    pub(super) is_first: bool,
    draft: watch::Receiver<String>,
    read: usize,
    _place: Option<Place>,
}

impl Watcher {
    /// Of a piece that nobody else can want.
    pub(super) fn alone(begin: impl FnOnce(Arc<Writing>) -> BoxFuture<'static, Result<Answer, Failure>>) -> Self {
        let writing = Arc::new(Writing::default());
        Self::new(&writing, begin(Arc::clone(&writing)).shared(), true, None)
    }

    fn new(writing: &Writing, piece: Piece, is_first: bool, place: Option<Place>) -> Self {
        let mut draft = writing.0.subscribe();
        draft.mark_changed();
        Self { piece, is_first, draft, read: 0, _place: place }
    }

    /// The next words; never ends while nothing is written.
    pub(super) async fn news(&mut self) -> String {
        loop {
            if self.draft.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
            let draft = self.draft.borrow_and_update();
            let text = draft[self.read..].to_owned();
            self.read = draft.len();
            if !text.is_empty() {
                return text;
            }
        }
    }
}

/// A watcher's place among the others.
struct Place {
    live: Live,
    key: CacheKey,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.live.lock();
        let Entry::Occupied(mut entry) = all.entry(self.key.clone()) else {
            return;
        };
        entry.get_mut().watchers -= 1;
        if entry.get().watchers == 0 {
            let ended = entry.remove();
            // What the work holds may want this lock.
            drop(all);
            drop(ended);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pathwright_api::ErrorCode;
    use pathwright_api::content::{Audience, ContentKind};
    use tokio::sync::Notify;

    fn key(topic: &str) -> CacheKey {
        let (writer, evidence) = ("model+write@1".to_owned(), "e".to_owned());
        CacheKey { topic: topic.into(), kind: ContentKind::Quiz, audience: Audience::Default, writer, evidence }
    }

    /// Ends when it is let go; says when it is dropped before.
    struct Work {
        let_go: Arc<Notify>,
        dropped: Arc<Notify>,
        begun: usize,
    }

    struct Says(Arc<Notify>);

    impl Drop for Says {
        fn drop(&mut self) {
            self.0.notify_one();
        }
    }

    impl Work {
        fn new() -> Self {
            Self { let_go: Arc::default(), dropped: Arc::default(), begun: 0 }
        }

        fn join(&mut self, live: &Live, topic: &str) -> Watcher {
            let (let_go, says) = (Arc::clone(&self.let_go), Says(Arc::clone(&self.dropped)));
            live.join(&key(topic), |writing| {
                self.begun += 1;
                async move {
                    let _says = says;
                    writing.add("# A\n");
                    let_go.notified().await;
                    Err(Failure::new(ErrorCode::TopicNotCovered, "no passage"))
                }
                .boxed()
            })
        }
    }

    #[tokio::test]
    async fn whoever_comes_late_reads_from_the_beginning_and_hears_the_same_end() {
        let (live, mut work) = (Live::default(), Work::new());
        let mut first = work.join(&live, "a");
        let running = tokio::spawn(first.piece.clone());
        assert_eq!(first.news().await, "# A\n");
        let writing = Arc::clone(&live.lock()[&key("a")].writing);
        writing.add("one ");
        let mut second = work.join(&live, "a");
        assert_eq!((second.news().await, first.news().await), ("# A\none ".to_owned(), "one ".to_owned()));
        assert_eq!((first.is_first, second.is_first, work.begun), (true, false, 1));
        work.let_go.notify_one();
        let ends = [running.await.unwrap(), second.piece.clone().await].map(|end| end.unwrap_err().code);
        assert_eq!(ends, [ErrorCode::TopicNotCovered; 2]);
    }

    #[tokio::test]
    async fn the_work_goes_on_with_whoever_is_left_and_ends_with_the_last() {
        let (live, mut work) = (Live::default(), Work::new());
        let first = work.join(&live, "a");
        assert!(futures::poll!(&mut first.piece.clone()).is_pending());
        let second = work.join(&live, "a");
        drop(first);
        work.let_go.notify_one();
        assert!(second.piece.clone().await.is_err());
        drop(second);

        let alone = work.join(&live, "a");
        assert_eq!(work.begun, 2, "the next one begins anew");
        assert!(futures::poll!(&mut alone.piece.clone()).is_pending());
        work.dropped.notified().await;
        drop(alone);
        work.dropped.notified().await;
    }
}
