use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use moka::future::Cache;
use pathwright_api::Failure;
use pathwright_api::content::{CacheKey, CacheKeyKind, Piece};
use pathwright_api::messages::{CacheCounts, CachedPiece, HitsAndMisses, WritePiece};
use pathwright_api::ports::PieceStore;

/// Pieces in memory before pieces in the store.
#[derive(Clone)]
pub struct PieceCache {
    hot: Cache<CacheKey, Arc<Piece>>,
    store: Arc<dyn PieceStore>,
    counts: Arc<[Counter; 3]>,
    /// Grows when all is forgotten: what was begun before is not kept.
    epoch: Arc<AtomicU64>,
}

#[derive(Default)]
struct Counter {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl PieceCache {
    pub fn new(hot_pieces: u64, store: Arc<dyn PieceStore>) -> Self {
        Self { hot: Cache::new(hot_pieces), store, counts: Arc::default(), epoch: Arc::default() }
    }

    /// The piece if it is there; not finding one is not counted, because nothing was asked to be written.
    pub async fn lookup(&self, key: CacheKey) -> Result<Option<CachedPiece>, Failure> {
        let piece = match self.hot.get(&key).await {
            Some(piece) => Some(piece),
            None => self.load(&key).await?,
        };
        if piece.is_some() {
            self.counter(&key).hits.fetch_add(1, Relaxed);
        }
        Ok(piece.map(|piece| CachedPiece { piece, hit: true }))
    }

    /// The piece, written by the first who asks and shared with all who ask meanwhile. Kept unless all was forgotten meanwhile, or
    /// it came about by lesser means than the configured ones.
    pub async fn fill(&self, key: CacheKey, write: WritePiece) -> Result<CachedPiece, Failure> {
        let written = AtomicBool::new(false);
        let epoch = self.epoch.load(Relaxed);
        let lasting = |piece: &Piece| piece.fallback_reason.is_none() && self.epoch.load(Relaxed) == epoch;
        let make = async {
            if let Some(piece) = self.store.load(&key).await? {
                return Ok(Arc::new(piece));
            }
            written.store(true, Relaxed);
            let piece = Arc::new(write().await?);
            if lasting(&piece) {
                self.save(&key, &piece).await;
            }
            Ok(piece)
        };
        let result = self.hot.try_get_with(key.clone(), make).await;
        let hit = !written.load(Relaxed);
        let counter = self.counter(&key);
        let count = if hit { &counter.hits } else { &counter.misses };
        let piece = result.map_err(|error: Arc<Failure>| (*error).clone())?;
        if !hit && !lasting(&piece) {
            self.hot.invalidate(&key).await;
        }
        count.fetch_add(1, Relaxed);
        Ok(CachedPiece { piece, hit })
    }

    /// Forgets all pieces; answers how many the store held.
    pub async fn invalidate(&self) -> Result<u64, Failure> {
        self.epoch.fetch_add(1, Relaxed);
        let deleted = self.store.clear().await?;
        self.hot.invalidate_all();
        Ok(deleted)
    }

    pub async fn counts(&self) -> Result<CacheCounts, Failure> {
        let by_key_kind = CacheKeyKind::ALL.into_iter().zip(self.counts.iter()).map(|(kind, counter)| {
            (kind, HitsAndMisses { hits: counter.hits.load(Relaxed), misses: counter.misses.load(Relaxed) })
        });
        Ok(CacheCounts { by_key_kind: by_key_kind.collect(), entries: self.store.count().await? })
    }

    async fn load(&self, key: &CacheKey) -> Result<Option<Arc<Piece>>, Failure> {
        let piece = self.store.load(key).await?.map(Arc::new);
        if let Some(piece) = &piece {
            self.hot.insert(key.clone(), piece.clone()).await;
        }
        Ok(piece)
    }

    /// A piece that cannot be kept is still a piece: whoever asked gets it.
    async fn save(&self, key: &CacheKey, piece: &Piece) {
        if let Err(error) = self.store.save(key, piece).await {
            tracing::warn!(%error, piece = piece.id, "the piece could not be stored; it lives in memory only");
        }
    }

    fn counter(&self, key: &CacheKey) -> &Counter {
        match key.audience.kind() {
            CacheKeyKind::Template => &self.counts[0],
            CacheKeyKind::JobHash => &self.counts[1],
            CacheKeyKind::Default => &self.counts[2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;
    use futures::future::join_all;
    use pathwright_api::content::{Audience, ContentKind, Writer};
    use pathwright_api::testing::MemoryPieces;

    fn key() -> CacheKey {
        CacheKey {
            topic: "dropout".into(),
            kind: ContentKind::Summary,
            audience: Audience::Template("ml_engineer".into()),
            writer: "embedded-1".into(),
            library_revision: 1,
        }
    }

    fn piece() -> Piece {
        Piece {
            id: "p".into(),
            topic_id: "dropout".into(),
            kind: ContentKind::Summary,
            markdown: "Dropout.".into(),
            writer: Writer::Embedded,
            model: None,
            citations: vec![],
            generated_at: Utc::now(),
            fallback_reason: None,
            cost: None,
        }
    }

    fn writing(times: &Arc<AtomicU64>) -> WritePiece {
        let times = times.clone();
        Box::new(move || {
            Box::pin(async move {
                times.fetch_add(1, Relaxed);
                tokio::task::yield_now().await;
                Ok(piece())
            })
        })
    }

    #[tokio::test]
    async fn two_hundred_who_ask_at_once_share_one_writing() {
        let cache = PieceCache::new(10, Arc::new(MemoryPieces::default()));
        let times = Arc::new(AtomicU64::new(0));
        let asked = (0..200).map(|_| cache.fill(key(), writing(&times)));
        let pieces = join_all(asked).await;
        assert!(pieces.iter().all(Result::is_ok));
        assert_eq!(times.load(Relaxed), 1);
        let counts = cache.counts().await.unwrap();
        assert_eq!(counts.by_key_kind[0], (CacheKeyKind::Template, HitsAndMisses { hits: 199, misses: 1 }));
        assert_eq!(counts.entries, 1);
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let cache = PieceCache::new(10, Arc::new(MemoryPieces::default()));
        let failing: WritePiece = Box::new(|| Box::pin(async { Err(Failure::internal("no")) }));
        assert!(cache.fill(key(), failing).await.is_err());
        assert!(cache.lookup(key()).await.unwrap().is_none());
        assert!(cache.fill(key(), writing(&Arc::default())).await.is_ok());
    }

    #[tokio::test]
    async fn what_lesser_means_made_or_was_begun_before_all_was_forgotten_is_not_kept() {
        let cache = PieceCache::new(10, Arc::new(MemoryPieces::default()));
        let lesser: WritePiece =
            Box::new(|| Box::pin(async { Ok(Piece { fallback_reason: Some("words alone".into()), ..piece() }) }));
        assert!(cache.fill(key(), lesser).await.is_ok());
        assert!(cache.lookup(key()).await.unwrap().is_none());
        let forgetting = cache.clone();
        let begun_before: WritePiece = Box::new(move || {
            Box::pin(async move {
                forgetting.invalidate().await?;
                Ok(piece())
            })
        });
        assert!(cache.fill(key(), begun_before).await.is_ok());
        assert!(cache.lookup(key()).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn what_is_forgotten_is_gone_from_both_layers() {
        let cache = PieceCache::new(10, Arc::new(MemoryPieces::default()));
        cache.fill(key(), writing(&Arc::default())).await.unwrap();
        assert!(cache.lookup(key()).await.unwrap().is_some());
        assert_eq!(cache.invalidate().await.unwrap(), 1);
        assert!(cache.lookup(key()).await.unwrap().is_none());
    }
}
