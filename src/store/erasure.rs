//! What was deleted of a learner, and stands on in the engine's files until the database is put down anew.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pathwright_api::Failure;
use tokio::time::Instant;

use super::Store;
use super::engine::{Engine, OnDisk};

/// Part of a transaction: notes that something deleted has to go from the disk.
pub(super) const DUE: &str = "
            UPSERT erasure:due SET since = since ?? time::now() RETURN NONE;";

/// Everything deleted so far is gone.
pub(super) const DONE: &str = "DELETE erasure:due";

/// When the database has to be put down anew.
#[derive(Debug, Default)]
pub(super) struct Erasure(Mutex<Option<Instant>>);

impl Erasure {
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OnDisk {
    pub(super) fn is_erasure_due(&self) -> bool {
        self.erasure.lock().is_some_and(|due| due <= Instant::now())
    }

    /// The first deletion counts: those after it wait no longer.
    fn erase_after(&self, delay: Duration) {
        self.erasure.lock().get_or_insert_with(|| Instant::now() + delay);
    }

    pub(super) fn erased(&self) {
        *self.erasure.lock() = None;
    }
}

impl Store {
    /// Sees to it that what was deleted is off the disk in time; of a SurrealDB server that is its own business.
    pub(super) fn erase(&self) {
        let Some(on_disk) = self.engine.folder() else { return };
        on_disk.erase_after(on_disk.options.erase_after);
    }

    /// Takes off the disk what an earlier process deleted.
    pub async fn erase_leftovers(&self) -> Result<(), Failure> {
        let Engine::Embedded(embedded) = self.engine.as_ref() else { return Ok(()) };
        let Some(on_disk) = embedded.on_disk() else { return Ok(()) };
        let due: Vec<serde_json::Value> = self.query("SELECT VALUE since FROM erasure:due").run().await?.rows(0)?;
        if due.is_empty() { Ok(()) } else { Box::pin(embedded.rewrite(on_disk)).await }
    }
}
