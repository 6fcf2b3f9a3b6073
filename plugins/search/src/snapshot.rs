use std::collections::HashMap;
use std::sync::Arc;

use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::{Background, Candidates, PassageQuery, QueryWord};

use crate::reading::Reading;
use crate::source::LibraryVersion;
use crate::words::{Place, WordIndex};

/// What is in memory of one version of the library.
pub(crate) struct Snapshot {
    pub(crate) index: Arc<WordIndex>,
    /// Names the vectors in use.
    pub(crate) vectors: String,
    /// None: the embedding model could not be asked.
    pub(crate) background: Option<Background>,
}

impl Snapshot {
    /// Whether nothing has changed since.
    pub(crate) fn is_of(&self, version: &LibraryVersion) -> bool {
        self.index.revision == version.revision && self.vectors == version.vectors
    }

    /// `near`: what is nearest to each query that has an embedding, in their order.
    pub(crate) async fn all_candidates(
        self: Arc<Self>,
        queries: Vec<PassageQuery>,
        near: Vec<Vec<(String, f32)>>,
    ) -> Result<Vec<Candidates>, Failure> {
        let mut near = near.into_iter();
        let with_near: Vec<(PassageQuery, Vec<(String, f32)>)> = queries
            .into_iter()
            .map(|query| {
                let near = if query.embedding.is_empty() { None } else { near.next() };
                (query, near.unwrap_or_default())
            })
            .collect();
        blocking(move || with_near.into_iter().map(|(query, near)| self.candidates(&query, near)).collect()).await
    }

    fn candidates(&self, query: &PassageQuery, near: Vec<(String, f32)>) -> Candidates {
        let wordings: Vec<Vec<QueryWord>> =
            query.wordings.iter().map(|wording| self.index.query_words(wording)).collect();
        let cosines = self.union(&wordings, near, query.limit);
        self.scored(wordings, cosines)
    }

    /// What the vector index found, with cosines, and what the words find.
    fn union(
        &self,
        wordings: &[Vec<QueryWord>],
        near: Vec<(String, f32)>,
        limit: usize,
    ) -> HashMap<Place, Option<f32>> {
        let mut cosines: HashMap<Place, Option<f32>> = HashMap::new();
        for (id, cosine) in near {
            if let Some(place) = self.index.place(&id) {
                cosines.insert(place, Some(cosine));
            }
        }
        for (place, _) in wordings.iter().flat_map(|words| self.index.search(words, limit)) {
            cosines.entry(place).or_insert(None);
        }
        cosines
    }

    fn scored(&self, wordings: Vec<Vec<QueryWord>>, cosines: HashMap<Place, Option<f32>>) -> Candidates {
        let found = |(place, cosine): (Place, Option<f32>)| {
            let scores = wordings.iter().map(|words| self.index.score(words, place));
            FoundPassage { cosine, lexical: scores.fold(0.0, f32::max), ..self.index.passage(place).clone() }
        };
        let passages = cosines.into_iter().map(found).collect();
        let background = self.background.unwrap_or_default();
        Candidates { passages, words: wordings.into_iter().next().unwrap_or_default(), background }
    }

    /// What there is on a question, as it was read: with phrases only where they stand.
    pub(crate) fn found(&self, reading: Reading, near: Vec<(String, f32)>, by_words: bool, limit: usize) -> Findings {
        let wordings = if by_words { reading.wordings.as_slice() } else { &[] };
        let wordings: Vec<Vec<QueryWord>> = wordings.iter().map(|wording| self.index.query_words(wording)).collect();
        let words = wordings.first().map_or(&[][..], Vec::as_slice);
        let cosines = match self.index.standing(&reading, words, limit) {
            None => self.union(&wordings, near, limit),
            Some(places) => {
                let cosines: HashMap<&str, f32> = near.iter().map(|(id, cosine)| (id.as_str(), *cosine)).collect();
                let with_cosine = |place| (place, cosines.get(self.index.passage(place).id.as_str()).copied());
                places.into_iter().map(with_cosine).collect()
            }
        };
        let weights = self.index.weights(&reading);
        Findings { candidates: self.scored(wordings, cosines), weights, corrected: reading.corrected }
    }
}

/// What there is on a question.
#[derive(Default)]
pub(crate) struct Findings {
    pub(crate) candidates: Candidates,
    /// How much each stem that was looked for weighs.
    pub(crate) weights: HashMap<String, f32>,
    /// What was searched for instead of what was asked.
    pub(crate) corrected: Option<String>,
}

/// Runs what computes for a while where it holds up nobody.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::internal(format!("a search failed: {error}")))
}
