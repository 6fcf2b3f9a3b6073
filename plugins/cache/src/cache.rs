use std::sync::Arc;

use moka::future::Cache;
use pathwright_api::Failure;
use pathwright_api::content::{CacheKey, Piece};
use pathwright_api::ports::PieceStore;

/// Pieces in memory before pieces in the store.
#[derive(Clone)]
pub struct PieceCache {
    hot: Cache<CacheKey, Arc<Piece>>,
    store: Arc<dyn PieceStore>,
}

impl PieceCache {
    pub fn new(hot_pieces: u64, store: Arc<dyn PieceStore>) -> Self {
        Self { hot: Cache::new(hot_pieces), store }
    }

    /// The piece of this key, if either layer has one.
    ///
    /// # Errors
    /// The store's.
    pub async fn get(&self, key: &CacheKey) -> Result<Option<Piece>, Failure> {
        if let Some(piece) = self.hot.get(key).await {
            return Ok(Some(Piece::clone(&piece)));
        }
        let piece = self.store.load(key).await?;
        if let Some(piece) = &piece {
            self.hot.insert(key.clone(), Arc::new(piece.clone())).await;
        }
        Ok(piece)
    }

    /// Keeps a piece in both layers; in memory alone, where the store cannot take it.
    ///
    /// # Errors
    /// None: whoever wrote a piece has it, whatever becomes of this copy.
    pub async fn put(&self, key: CacheKey, piece: Piece) -> Result<(), Failure> {
        if let Err(failure) = self.store.save(&key, &piece).await {
            tracing::warn!(code = %failure.code, %failure, piece = piece.id, "the piece could not be stored; it lives in memory only");
        }
        self.hot.insert(key, Arc::new(piece)).await;
        Ok(())
    }

    /// Forgets what is in memory: the store knows which pieces have lost what they rest on.
    pub fn invalidate(&self) {
        self.hot.invalidate_all();
    }

    /// How many pieces the store holds.
    ///
    /// # Errors
    /// The store's.
    pub async fn count(&self) -> Result<u64, Failure> {
        self.store.count().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use chrono::Utc;
    use pathwright_api::ErrorCode;
    use pathwright_api::content::{Audience, ContentKind, Writer};
    use pathwright_api::testing::MemoryPieces;

    fn key(evidence: &str) -> CacheKey {
        CacheKey {
            topic: "dropout".into(),
            kind: ContentKind::Summary,
            audience: Audience::Template("ml_engineer".into()),
            writer: "embedded-1".into(),
            evidence: evidence.into(),
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
            passages: vec!["b-p1".into()],
            generated_at: Utc::now(),
            fallback_reason: None,
            cost: None,
        }
    }

    #[tokio::test]
    async fn a_piece_is_there_under_its_own_evidence_alone() {
        let store = Arc::new(MemoryPieces::default());
        let cache = PieceCache::new(10, store.clone());
        assert_eq!(cache.get(&key("a")).await.unwrap(), None);
        cache.put(key("a"), piece()).await.unwrap();
        assert_eq!(cache.get(&key("a")).await.unwrap(), store.load(&key("a")).await.unwrap());
        assert!(cache.get(&key("a")).await.unwrap().is_some());
        assert_eq!(cache.get(&key("b")).await.unwrap(), None);
        assert_eq!(cache.count().await.unwrap(), 1);
    }

    #[tokio::test]
    async fn what_the_store_let_go_of_is_not_to_be_had_from_memory() {
        let store = Arc::new(MemoryPieces::default());
        let cache = PieceCache::new(10, store.clone());
        for evidence in ["lost", "kept"] {
            cache.put(key(evidence), piece()).await.unwrap();
        }
        store.forget(&key("lost"));
        cache.invalidate();
        let there =
            [cache.get(&key("lost")).await.unwrap().is_some(), cache.get(&key("kept")).await.unwrap().is_some()];
        assert_eq!(there, [false, true]);
    }

    struct Full;

    #[async_trait]
    impl PieceStore for Full {
        async fn load(&self, _: &CacheKey) -> Result<Option<Piece>, Failure> {
            Ok(None)
        }

        async fn save(&self, _: &CacheKey, _: &Piece) -> Result<(), Failure> {
            Err(Failure::new(ErrorCode::StoreFull, "no room"))
        }

        async fn count(&self) -> Result<u64, Failure> {
            Ok(0)
        }
    }

    #[tokio::test]
    async fn a_piece_that_cannot_be_stored_lives_in_memory() {
        let cache = PieceCache::new(10, Arc::new(Full));
        cache.put(key("a"), piece()).await.unwrap();
        assert!(cache.get(&key("a")).await.unwrap().is_some());
    }
}
