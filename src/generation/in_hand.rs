use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The generations this process works on or has waiting for a worker.
#[derive(Clone, Default)]
pub(super) struct InHand(Arc<Mutex<HashSet<String>>>);

impl InHand {
    /// None when it is in hand already.
    pub(super) fn take(&self, id: &str) -> Option<Held> {
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
        fresh.then(|| Held { all: self.clone(), id: id.to_owned() })
    }
}

/// Lays a generation down when dropped.
pub(super) struct Held {
    all: InHand,
    id: String,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
