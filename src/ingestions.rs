//! Books that were sent, on their way into the library: followed while they come in, and remembered for a while after.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{Stream, stream};
use pathwright_api::Failure;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

use crate::library::{Ingested, Librarian, Outcome, Progress, Upload};
use crate::rechecks::Rechecks;

/// Books that are being sent or wait to be read at the same time: each is held in memory.
const AT_ONCE: usize = 4;

/// Books that are remembered, those on their way among them.
const REMEMBERED: usize = 20;

/// How long to wait before another book is sent, where too many are on their way, in milliseconds.
const PAUSE: u64 = 2_000;

/// A book on its way, or at its end.
#[derive(Clone, Debug)]
pub struct Ingestion {
    pub id: String,
    pub title: String,
    pub progress: Progress,
    /// None while it is on its way.
    pub end: Option<Result<Arc<Ingested>, Failure>>,
}

#[derive(Clone)]
pub struct Ingestions {
    librarian: Librarian,
    rechecks: Rechecks,
    places: Arc<Semaphore>,
    /// The latest last.
    known: Arc<Mutex<VecDeque<watch::Receiver<Ingestion>>>>,
}

impl Ingestions {
    pub fn new(librarian: Librarian, rechecks: Rechecks) -> Self {
        Self { librarian, rechecks, places: Arc::new(Semaphore::new(AT_ONCE)), known: Arc::default() }
    }

    /// Room for one more, before any of it is read; `BUSY` where there is none.
    pub fn place(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let free = Arc::clone(&self.places).try_acquire_owned();
        free.map_err(|_| Failure::busy("the way into the library", PAUSE))
    }

    /// Begins and answers the id. The book goes in whether anybody follows it or not.
    pub fn begin(&self, place: OwnedSemaphorePermit, upload: Upload) -> String {
        let id = uuid::Uuid::now_v7().simple().to_string();
        let beginning =
            Ingestion { id: id.clone(), title: upload.title.clone(), progress: Progress::default(), end: None };
        let (state, states) = watch::channel(beginning);
        self.remember(states);
        let (librarian, rechecks) = (self.librarian.clone(), self.rechecks.clone());
        tokio::spawn(async move {
            let ended = ingest(librarian, upload, &state).await;
            match &ended {
                Ok(ingested) if ingested.outcome == Outcome::Unchanged => {}
                Ok(_) => rechecks.library_changed().await,
                Err(failure) => tracing::warn!(code = %failure.code, %failure, "a book that was sent did not go in"),
            }
            state.send_modify(|ingestion| ingestion.end = Some(ended.map(Arc::new)));
            drop(place);
        });
        id
    }

    /// Those on their way and the last that came in, the latest first.
    pub fn all(&self) -> Vec<Ingestion> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().rev().map(|states| states.borrow().clone()).collect()
    }

    /// How it stands now, then each change, until its end.
    pub fn watch(&self, id: &str) -> Option<impl Stream<Item = Ingestion> + use<>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let mut states = known.iter().find(|states| states.borrow().id == id)?.clone();
        states.mark_changed();
        Some(stream::unfold((states, false), async |(mut states, has_ended)| {
            if has_ended || states.changed().await.is_err() {
                return None;
            }
            let now = states.borrow_and_update().clone();
            let has_ended = now.end.is_some();
            Some((now, (states, has_ended)))
        }))
    }

    fn remember(&self, states: watch::Receiver<Ingestion>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        while known.len() >= REMEMBERED {
            let oldest = known.iter().position(|states| states.borrow().end.is_some());
            known.remove(oldest.unwrap_or_default());
        }
        known.push_back(states);
    }
}

/// On a task of its own, so that a defect in a reader is an end too.
async fn ingest(librarian: Librarian, upload: Upload, state: &watch::Sender<Ingestion>) -> Result<Ingested, Failure> {
    let (advance, mut advances) = mpsc::unbounded_channel();
    let work = async move {
        let tell = |progress| {
            let _ = advance.send(progress);
        };
        librarian.ingest_file(upload, tell).await
    };
    let task = AbortOnDropHandle::new(tokio::spawn(work));
    while let Some(progress) = advances.recv().await {
        state.send_modify(|ingestion| ingestion.progress = progress);
    }
    task.await.unwrap_or_else(|error| Err(Failure::internal(format!("the book could not be read: {error}"))))
}
