use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::{Background, Candidates, PassageQuery, PassageSearch};

use crate::background;
use crate::book_words::BookWords;
use crate::searcher::Searcher;
use crate::snapshot::{Snapshot, blocking};
use crate::source::PassageSource;
use crate::words::WordIndex;

/// Stands for a candidate where a book's id is asked for; no book can have it. The ids of its passages begin with it.
pub const CANDIDATE: &str = "?candidate";

/// A book that is not in the library, as a search needs it.
#[derive(Debug, Default)]
pub struct CandidateBook {
    pub passages: Vec<FoundPassage>,
    /// One a passage, in order, by the library's embedding model.
    pub vectors: Vec<Vec<f32>>,
}

/// What overlays of one state of the library have in common.
pub struct Overlays {
    searcher: Searcher,
    source: Arc<dyn PassageSource>,
    library: Option<Arc<Snapshot>>,
    /// Empty where the embedding model could not be asked: the library's background stands in then.
    probes: Vec<Vec<f32>>,
}

impl Searcher {
    /// For looking at books that are not in the library as if they were. The library does not change.
    pub async fn overlays(&self) -> Result<Overlays, Failure> {
        let library = self.now().await?;
        let probes = self.probe_vectors().await.map(<[_]>::to_vec).unwrap_or_default();
        Ok(Overlays { searcher: self.clone(), source: Arc::clone(self.source()), library, probes })
    }
}

impl Overlays {
    /// The library as it would be with this book: the same words would be rare, and the same cosines would mean as much.
    pub async fn with(&self, book: &CandidateBook) -> Result<Arc<Overlay>, Failure> {
        let words = words_of(book).await?;
        let library = self.library.as_deref();
        let mut books = library.map(|library| library.index.books.clone()).unwrap_or_default();
        books.push(Arc::new(words));
        let revision = library.map_or(0, |library| library.index.revision);
        let index = blocking(move || WordIndex::new(revision, books)).await?;
        let vectors = library.map(|library| library.vectors.clone()).unwrap_or_default();
        let measured = self.background(book, &index, &vectors).await?;
        let background = measured.or_else(|| library.and_then(|library| library.background));
        let snapshot = Arc::new(Snapshot { index: Arc::new(index), vectors, background });
        let source = library.map(|_| Arc::clone(&self.source));
        Ok(self.searcher.name_overlay(Overlay { name: name(), source, snapshot, own: Arc::new(own(book)) }))
    }

    /// The book and nothing else.
    pub async fn only(&self, book: &CandidateBook) -> Result<Arc<Overlay>, Failure> {
        let words = words_of(book).await?;
        let index = Arc::new(WordIndex::new(0, vec![Arc::new(words)]));
        let snapshot =
            Snapshot { index, vectors: String::new(), background: background::measure(&self.probes, &book.vectors) };
        let (snapshot, own) = (Arc::new(snapshot), Arc::new(own(book)));
        Ok(self.searcher.name_overlay(Overlay { name: name(), source: None, snapshot, own }))
    }

    /// Measured over a sample of the library and the book together, as it would be once the book is in.
    async fn background(
        &self,
        book: &CandidateBook,
        index: &WordIndex,
        vectors: &str,
    ) -> Result<Option<Background>, Failure> {
        let (of_book, of_library): (Vec<String>, Vec<String>) =
            index.sample(background::SAMPLE).into_iter().partition(|id| id.starts_with(CANDIDATE));
        let wanted: HashSet<String> = of_book.into_iter().collect();
        let own = book.passages.iter().zip(&book.vectors).filter(|(passage, _)| wanted.contains(&passage.id));
        let mut sample: Vec<Vec<f32>> = own.map(|(_, vector)| vector.clone()).collect();
        if !of_library.is_empty() {
            sample.extend(self.source.vectors_of(vectors, &of_library).await?);
        }
        Ok(background::measure(&self.probes, &sample))
    }
}

async fn words_of(book: &CandidateBook) -> Result<BookWords, Failure> {
    let passages = book.passages.clone();
    blocking(move || BookWords::new(CANDIDATE.to_owned(), String::new(), passages)).await
}

fn own(book: &CandidateBook) -> Vec<(String, Vec<f32>)> {
    book.passages.iter().map(|passage| passage.id.clone()).zip(book.vectors.iter().cloned()).collect()
}

/// A search that takes a book into account which is not in the library; for whoever holds it, and nobody else.
pub struct Overlay {
    name: String,
    /// None: there is nothing below the book.
    source: Option<Arc<dyn PassageSource>>,
    /// The words of both.
    snapshot: Arc<Snapshot>,
    /// The book's passages by id, with their vectors.
    own: Arc<Vec<(String, Vec<f32>)>>,
}

impl Overlay {
    /// Under which a question names it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// For each query with an embedding what the vector index would bring if it held the book too.
    async fn nearest(&self, queries: &[PassageQuery]) -> Result<Vec<Vec<(String, f32)>>, Failure> {
        let with_vectors: Vec<&PassageQuery> = queries.iter().filter(|query| !query.embedding.is_empty()).collect();
        let embeddings: Vec<&[f32]> = with_vectors.iter().map(|query| query.embedding.as_slice()).collect();
        let limit = with_vectors.iter().map(|query| query.limit).max().unwrap_or_default();
        let stored = match &self.source {
            Some(source) => source.nearest(&self.snapshot.vectors, &embeddings, limit).await?,
            None => vec![Vec::new(); embeddings.len()],
        };
        let embeddings: Vec<Vec<f32>> = embeddings.into_iter().map(<[f32]>::to_vec).collect();
        let own = Arc::clone(&self.own);
        blocking(move || {
            let merged = |(stored, embedding): (Vec<(String, f32)>, &Vec<f32>)| merge(stored, &own, embedding, limit);
            stored.into_iter().zip(&embeddings).map(merged).collect()
        })
        .await
    }
}

/// One that no other overlay of this process has.
fn name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("overlay-{}", NEXT.fetch_add(1, Relaxed))
}

/// The nearest of both, nearest first.
fn merge(
    mut found: Vec<(String, f32)>,
    own: &[(String, Vec<f32>)],
    embedding: &[f32],
    limit: usize,
) -> Vec<(String, f32)> {
    let cosine = |vector: &[f32]| vector.iter().zip(embedding).map(|(a, b)| a * b).sum::<f32>();
    found.extend(own.iter().map(|(id, vector)| (id.clone(), cosine(vector))));
    found.sort_by(|(a, one), (b, other)| other.total_cmp(one).then_with(|| a.cmp(b)));
    found.truncate(limit);
    found
}

#[async_trait]
impl PassageSearch for Overlay {
    async fn candidates(&self, queries: Vec<PassageQuery>) -> Result<Vec<Candidates>, Failure> {
        let near = self.nearest(&queries).await?;
        Arc::clone(&self.snapshot).all_candidates(queries, near).await
    }

    async fn passages(&self, ids: Vec<String>) -> Result<Vec<FoundPassage>, Failure> {
        let places = ids.iter().filter_map(|id| self.snapshot.index.place(id));
        Ok(places.map(|place| self.snapshot.index.passage(place).clone()).collect())
    }

    async fn section_words(&self, sections: Vec<String>) -> Result<HashMap<String, usize>, Failure> {
        let snapshot = Arc::clone(&self.snapshot);
        blocking(move || snapshot.index.section_words(&sections)).await
    }

    fn overlay(&self, _: &str) -> Option<Arc<dyn PassageSearch>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_both_come_in_their_order_and_no_more_than_asked() {
        let stored = vec![("a".to_owned(), 0.9), ("b".to_owned(), 0.2)];
        let own = vec![("x".to_owned(), vec![0.5, 0.0]), ("y".to_owned(), vec![0.0, 1.0])];
        let merged = merge(stored, &own, &[1.0, 0.0], 3);
        assert_eq!(merged, [("a".to_owned(), 0.9), ("x".to_owned(), 0.5), ("b".to_owned(), 0.2)]);
    }
}
