use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::library::{BookEdition, FoundPassage};
use pathwright_api::ports::Background;

/// Which library it is that a search answers for.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryVersion {
    /// Grows with every change of a book.
    pub revision: u64,
    /// Names the vectors in use, which one embedding model has made.
    pub vectors: String,
    /// Books are on their way: the vector index may bring passages that are not to be found yet.
    pub is_changing: bool,
    /// As measured in this version; none: nobody has measured yet.
    pub background: Option<Background>,
}

/// A [`Background`], and the version of the library it was measured in.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredBackground {
    pub revision: u64,
    pub vectors: String,
    pub background: Background,
}

/// Holds the library, with a vector for each passage.
#[async_trait]
pub trait PassageSource: Send + Sync {
    /// The library's version now; none: there is no library yet.
    async fn version(&self) -> Result<Option<LibraryVersion>, Failure>;

    /// All books, by id.
    async fn editions(&self) -> Result<Vec<BookEdition>, Failure>;

    /// All passages of an edition of a book, in reading order.
    async fn passages_of(&self, edition: &BookEdition) -> Result<Vec<FoundPassage>, Failure>;

    /// For each embedding the ids of the passages nearest to it with their cosines, nearest first, at most `limit` of them.
    async fn nearest(
        &self,
        vectors: &str,
        embeddings: &[&[f32]],
        limit: usize,
    ) -> Result<Vec<Vec<(String, f32)>>, Failure>;

    /// The vectors of some passages, as far as they are there, in no particular order.
    async fn vectors_of(&self, vectors: &str, passages: &[String]) -> Result<Vec<Vec<f32>>, Failure>;

    /// Keeps what was measured, unless the library has changed since.
    async fn remember_background(&self, measured: MeasuredBackground) -> Result<(), Failure>;
}
