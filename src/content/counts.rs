use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use pathwright_api::content::{Audience, CacheKeyKind};

/// A hit is a piece that did not have to be written; a miss is one that had to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HitsAndMisses {
    pub hits: u64,
    pub misses: u64,
}

/// Hits and misses since the start, by kind of key.
#[derive(Debug, Default)]
pub(super) struct Counts([Counter; CacheKeyKind::ALL.len()]);

#[derive(Debug, Default)]
struct Counter {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Counts {
    pub(super) fn note(&self, audience: &Audience, hit: bool) {
        let kind = audience.kind();
        for (_, counter) in CacheKeyKind::ALL.iter().zip(&self.0).filter(|(of, _)| **of == kind) {
            let count = if hit { &counter.hits } else { &counter.misses };
            count.fetch_add(1, Relaxed);
        }
    }

    /// For each kind of key, in the order of [`CacheKeyKind::ALL`].
    pub(super) fn so_far(&self) -> Vec<(CacheKeyKind, HitsAndMisses)> {
        let counted = |counter: &Counter| HitsAndMisses {
            hits: counter.hits.load(Relaxed),
            misses: counter.misses.load(Relaxed),
        };
        CacheKeyKind::ALL.into_iter().zip(self.0.iter().map(counted)).collect()
    }
}
