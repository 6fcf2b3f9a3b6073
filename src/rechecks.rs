//! Paths and a library that goes on changing: what a path's topics would be judged by now.
//!
//! Each user's current path is compared once with every state of the books, in the background and by whichever process takes it
//! first. The path itself stays as it is until its user makes a new one.

/// Verdicts of then and of now.
mod changes;
/// Verdicts of one sweep, each topic judged once.
mod judged;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use pathwright_api::coverage::Verdict;
use pathwright_api::messages::Invalidate;
use pathwright_api::ports::PassageSearch;
use pathwright_api::{ErrorCode, Failure};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::host::Host;
use crate::store::Store;
use crate::store::library::LibraryState;
use crate::store::path_checks::Taken;
use changes::changes;
use judged::Judged;
use pathwright_search::Searcher;

/// Paths compared together: their topics are one question, or a few.
const BATCH: usize = 50;

/// How long after a change of the library another one is waited for: books rarely come alone.
const SETTLE: Duration = Duration::from_millis(500);

/// Compares paths with the library whenever it has changed.
#[derive(Clone)]
pub struct Rechecks {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    host: Arc<Host>,
    searcher: Searcher,
    lease: Duration,
    /// No other process can be at work on this database: leases found at start belong to processes that are gone.
    exclusive: bool,
    changed: Notify,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Rechecks {
    pub fn new(store: Store, host: Arc<Host>, searcher: Searcher, lease: Duration, exclusive: bool) -> Self {
        let (changed, tasks, stop) = (Notify::new(), TaskTracker::new(), CancellationToken::new());
        Self { inner: Arc::new(Inner { store, host, searcher, lease, exclusive, changed, tasks, stop }) }
    }

    /// Says that the library has changed; once this has returned, a search knows it too. Changes nobody told of, such as another
    /// process's, are found within a lease's time.
    pub async fn library_changed(&self) {
        self.inner.changed.notify_one();
        if let Err(failure) = self.inner.searcher.warm_up().await {
            tracing::warn!(code = %failure.code, %failure, "the words of the changed library cannot be read yet");
        }
        let forgotten = self.inner.host.cache.ask(|handles| &handles.invalidate, Invalidate::default()).await;
        if let Err(failure) = forgotten {
            tracing::warn!(code = %failure.code, %failure, "pieces of books that are gone may still be in memory");
        }
    }

    /// Takes up what was left undone, and goes on looking for more.
    pub fn run_in_background(&self) {
        let rechecks = self.clone();
        self.inner.tasks.spawn(async move {
            tokio::select! {
                () = rechecks.inner.stop.cancelled() => {}
                () = rechecks.watch() => {}
            }
        });
    }

    /// Stops at once. What was taken and not finished is taken up when its lease is over, or at the next start.
    pub async fn shutdown(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    async fn watch(&self) {
        let mut from_anyone = self.inner.exclusive;
        loop {
            match self.sweep(from_anyone).await {
                Ok(()) => from_anyone = false,
                Err(failure) => {
                    tracing::warn!(code = %failure.code, %failure, "paths could not be compared with the library; trying again");
                }
            }
            if tokio::time::timeout(self.inner.lease, self.inner.changed.notified()).await.is_ok() {
                tokio::time::sleep(SETTLE).await;
            }
        }
    }

    /// Compares, batch by batch, all paths that are behind the library. Each batch looks at the library as it is by then.
    async fn sweep(&self, from_anyone: bool) -> Result<(), Failure> {
        let inner = &self.inner;
        let mut judged = Judged::default();
        while let Some(library) = inner.store.library_state().await? {
            judged.begin(library.contents());
            let owner = uuid::Uuid::now_v7().to_string();
            let (contents, lease) = (library.contents(), inner.lease);
            let taken = inner.store.take_path_checks(contents, &owner, lease, from_anyone, BATCH).await?;
            if taken.is_empty() {
                break;
            }
            let compared = tokio::select! {
                compared = self.compare(&taken, &library, &mut judged) => compared,
                never = self.keep(&taken, &owner) => match never {},
            };
            match compared {
                Ok(done) => inner.store.finish_path_checks(&done, &owner, contents).await?,
                Err(failure) => {
                    inner.store.give_back_path_checks(&taken, &owner).await?;
                    return Err(failure);
                }
            }
        }
        Ok(())
    }

    async fn keep(&self, taken: &[Taken], owner: &str) -> std::convert::Infallible {
        let mut beat = tokio::time::interval(self.inner.lease / 3);
        beat.tick().await;
        loop {
            beat.tick().await;
            if let Err(failure) = self.inner.store.keep_path_checks(taken, owner, self.inner.lease).await {
                tracing::warn!(%failure, "the lease of a comparison could not be renewed; trying again");
            }
        }
    }

    async fn compare(
        &self,
        taken: &[Taken],
        library: &LibraryState,
        judged: &mut Judged,
    ) -> Result<Vec<Taken>, Failure> {
        let inner = &self.inner;
        let ids: Vec<&str> = taken.iter().map(|taken| taken.path.as_str()).collect();
        let paths = inner.store.path_verdicts(&ids).await?;
        let then: HashMap<&str, &[Verdict]> =
            paths.iter().map(|path| (path.id.as_str(), path.verdicts.as_slice())).collect();
        let all = || paths.iter().flat_map(|path| &path.verdicts);
        judged.judge(&inner.store, &inner.host, all().map(|verdict| &verdict.topic)).await?;
        if judged.by_lesser_means() {
            let message =
                "the embedding model does not answer; words alone are no reason to say that a topic lost its cover";
            return Err(Failure::new(ErrorCode::ModelUnavailable, message));
        }
        let still_there = self.still_there(all()).await?;
        let compared = |taken: &Taken| {
            let then = then.get(taken.path.as_str()).copied().unwrap_or_default();
            let found = changes(then, |topic| judged.on(topic), &still_there, library.revision);
            Taken { found, ..taken.clone() }
        };
        Ok(taken.iter().map(compared).collect())
    }

    /// Which of the passages that the verdicts name as sources the library still has.
    async fn still_there(&self, verdicts: impl Iterator<Item = &Verdict>) -> Result<HashSet<String>, Failure> {
        let cited: HashSet<String> =
            verdicts.filter_map(|verdict| verdict.source.as_ref()).map(|source| source.passage_id.clone()).collect();
        let found = self.inner.searcher.passages(cited.into_iter().collect()).await?;
        Ok(found.into_iter().map(|passage| passage.id).collect())
    }
}
