use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::library::{BookEdition, FoundPassage};
use pathwright_search::{LibraryVersion, MeasuredBackground, PassageSource};

use crate::store::Store;
use crate::store::library::LibraryState;
use crate::store::search::Measured;

/// The library as the database holds it.
#[async_trait]
impl PassageSource for Store {
    async fn version(&self) -> Result<Option<LibraryVersion>, Failure> {
        Ok(self.library_state().await?.map(LibraryVersion::from))
    }

    async fn editions(&self) -> Result<Vec<BookEdition>, Failure> {
        self.book_editions().await
    }

    async fn passages_of(&self, edition: &BookEdition) -> Result<Vec<FoundPassage>, Failure> {
        self.passages_of_book(&edition.id, &edition.content_hash).await
    }

    async fn nearest(
        &self,
        vectors: &str,
        embeddings: &[&[f32]],
        limit: usize,
    ) -> Result<Vec<Vec<(String, f32)>>, Failure> {
        self.nearest(vectors, embeddings, limit).await
    }

    async fn vectors_of(&self, vectors: &str, passages: &[String]) -> Result<Vec<Vec<f32>>, Failure> {
        self.vectors_of(vectors, passages).await
    }

    async fn remember_background(&self, measured: MeasuredBackground) -> Result<(), Failure> {
        let MeasuredBackground { revision, vectors, background } = measured;
        self.remember_background(&Measured { revision, vectors, background }).await
    }
}

impl From<LibraryState> for LibraryVersion {
    fn from(library: LibraryState) -> Self {
        let measured = library.background.as_ref().filter(|measured| measured.is_of(&library));
        Self {
            background: measured.map(|measured| measured.background),
            revision: library.revision,
            is_changing: !library.drafts.is_empty(),
            vectors: library.vectors,
        }
    }
}
