use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The generations this process works on or has waiting for a worker, with what stops each.
#[derive(Clone, Default)]
pub(super) struct InHand(Arc<Mutex<HashMap<String, CancellationToken>>>);

impl InHand {
    /// None when it is in hand already.
    pub(super) fn take(&self, id: &str) -> Option<Held> {
        let mut all = self.lock();
        if all.contains_key(id) {
            return None;
        }
        let cancelled = CancellationToken::new();
        all.insert(id.to_owned(), cancelled.clone());
        Some(Held { all: self.clone(), id: id.to_owned(), cancelled })
    }

    /// Stops the work on a generation, if this process has it in hand.
    pub(super) fn cancel(&self, id: &str) {
        if let Some(cancelled) = self.lock().get(id) {
            cancelled.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lays a generation down when dropped.
pub(super) struct Held {
    all: InHand,
    id: String,
    /// Triggered when the work is not wanted any more.
    pub(super) cancelled: CancellationToken,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_hand_is_cancelled() {
        let in_hand = InHand::default();
        let (first, second) = (in_hand.take("a").unwrap(), in_hand.take("b").unwrap());
        assert!(in_hand.take("a").is_none());
        in_hand.cancel("a");
        in_hand.cancel("c");
        assert!(first.cancelled.is_cancelled() && !second.cancelled.is_cancelled());
        drop(first);
        assert!(!in_hand.take("a").unwrap().cancelled.is_cancelled());
    }
}
