/// Books laid over the library.
mod overlay;

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::{Background, Candidates, Embedder, PassageQuery, PassageSearch, QueryWord};
use tokio::sync::Mutex;

use super::background;
use super::words::{BookWords, Place, WordIndex};
use crate::store::Store;
use crate::store::library::LibraryState;
use crate::store::search::Measured;

pub use overlay::{Overlay, Overlays};

/// Finds passages: by vector in the database, by words in memory.
///
/// What is in memory follows the library's revision, which is looked up at every search, since another process may have
/// changed it; books that did not change are kept as they are.
#[derive(Clone)]
pub struct Searcher {
    store: Store,
    embedder: Arc<dyn Embedder>,
    probes: Arc<[String]>,
    ready: Arc<Mutex<Option<Arc<Ready>>>>,
}

/// What is known of one state of the library.
struct Ready {
    index: Arc<WordIndex>,
    vectors: String,
    /// None: the embedding model could not be asked, and is asked again at the next search.
    background: Option<Background>,
}

impl Searcher {
    /// `probes` are names of topics of all fields, against which the library's [`Background`] is measured.
    pub fn new(store: Store, embedder: Arc<dyn Embedder>, probes: Vec<String>) -> Self {
        Self { store, embedder, probes: probes.into(), ready: Arc::default() }
    }

    pub(super) fn embedder(&self) -> &dyn Embedder {
        self.embedder.as_ref()
    }

    /// Reads the words of the library, unless they are there already: the first search would have to wait for it.
    pub async fn warm_up(&self) -> Result<(), Failure> {
        self.ready().await.map(|_| ())
    }

    async fn ready(&self) -> Result<Option<Arc<Ready>>, Failure> {
        let Some(library) = self.store.library_state().await? else {
            return Ok(None);
        };
        let mut held = self.ready.lock().await;
        let current = held.as_ref().filter(|ready| ready.is_of(&library));
        if let Some(ready) = current.filter(|ready| ready.background.is_some()) {
            return Ok(Some(Arc::clone(ready)));
        }
        let index = match current {
            Some(ready) => Arc::clone(&ready.index),
            None => Arc::new(self.read_words(library.revision, held.as_deref()).await?),
        };
        let background = self.background(&library, &index).await?;
        let ready = Arc::new(Ready { index, vectors: library.vectors, background });
        *held = Some(Arc::clone(&ready));
        Ok(Some(ready))
    }

    async fn read_words(&self, revision: u64, before: Option<&Ready>) -> Result<WordIndex, Failure> {
        let known: HashMap<&str, &Arc<BookWords>> =
            before.iter().flat_map(|ready| &ready.index.books).map(|book| (book.id.as_str(), book)).collect();
        let mut books = Vec::new();
        for book in self.store.book_contents().await? {
            if let Some(words) = known.get(book.id.as_str()).filter(|words| words.content_hash == book.content_hash) {
                books.push(Arc::clone(words));
                continue;
            }
            let passages = self.store.passages_of_book(&book.id).await?;
            let words = blocking(move || BookWords::new(book.id, book.content_hash, passages)).await?;
            books.push(Arc::new(words));
        }
        blocking(move || WordIndex::new(revision, books)).await
    }

    /// As remembered, or measured now. An embedding model that fails is no reason to find nothing: words still can.
    async fn background(&self, library: &LibraryState, index: &WordIndex) -> Result<Option<Background>, Failure> {
        if let Some(known) = library.background.as_ref().filter(|known| known.is_of(library)) {
            return Ok(Some(known.background));
        }
        let sample = index.sample(background::SAMPLE);
        if sample.is_empty() {
            return Ok(Some(Background::default()));
        }
        let probes = match self.embedder.embed(self.probes.to_vec()).await {
            Ok(probes) => probes,
            Err(failure) => {
                tracing::warn!(code = %failure.code, %failure, "the embedding model cannot be measured on this library");
                return Ok(None);
            }
        };
        let passages = self.store.vectors_of(&library.vectors, &sample).await?;
        let background = background::measure(&probes, &passages).unwrap_or_default();
        let (revision, vectors) = (library.revision, library.vectors.clone());
        self.store.remember_background(&Measured { revision, vectors, background }).await?;
        Ok(Some(background))
    }
}

impl Ready {
    fn is_of(&self, library: &LibraryState) -> bool {
        self.index.revision == library.revision && self.vectors == library.vectors
    }

    fn candidates(&self, query: &PassageQuery, near: Vec<(String, f32)>) -> Candidates {
        let wordings: Vec<Vec<QueryWord>> =
            query.wordings.iter().map(|wording| self.index.query_words(wording)).collect();
        let mut cosines: HashMap<Place, Option<f32>> = HashMap::new();
        for (id, cosine) in near {
            if let Some(place) = self.index.place(&id) {
                cosines.insert(place, Some(cosine));
            }
        }
        for (place, _) in wordings.iter().flat_map(|words| self.index.search(words, query.limit)) {
            cosines.entry(place).or_insert(None);
        }
        let found = |(place, cosine): (Place, Option<f32>)| {
            let scores = wordings.iter().map(|words| self.index.score(words, place));
            FoundPassage { cosine, lexical: scores.fold(0.0, f32::max), ..self.index.passage(place).clone() }
        };
        let passages = cosines.into_iter().map(found).collect();
        let background = self.background.unwrap_or_default();
        Candidates { passages, words: wordings.into_iter().next().unwrap_or_default(), background }
    }
}

#[async_trait]
impl PassageSearch for Searcher {
    async fn candidates(&self, queries: Vec<PassageQuery>) -> Result<Vec<Candidates>, Failure> {
        let Some(ready) = self.ready().await? else {
            return Ok(vec![Candidates::default(); queries.len()]);
        };
        let with_vectors: Vec<&PassageQuery> = queries.iter().filter(|query| !query.embedding.is_empty()).collect();
        let embeddings: Vec<&[f32]> = with_vectors.iter().map(|query| query.embedding.as_slice()).collect();
        let limit = with_vectors.iter().map(|query| query.limit).max().unwrap_or_default();
        let mut near = self.store.nearest(&ready.vectors, &embeddings, limit).await?.into_iter();
        let with_near: Vec<(PassageQuery, Vec<(String, f32)>)> = queries
            .into_iter()
            .map(|query| {
                let near = if query.embedding.is_empty() { None } else { near.next() };
                (query, near.unwrap_or_default())
            })
            .collect();
        blocking(move || with_near.into_iter().map(|(query, near)| ready.candidates(&query, near)).collect()).await
    }

    async fn passages(&self, ids: Vec<String>) -> Result<Vec<FoundPassage>, Failure> {
        let Some(ready) = self.ready().await? else {
            return Ok(Vec::new());
        };
        let places = ids.iter().filter_map(|id| ready.index.place(id));
        Ok(places.map(|place| ready.index.passage(place).clone()).collect())
    }

    async fn section_words(&self, sections: Vec<String>) -> Result<HashMap<String, usize>, Failure> {
        let Some(ready) = self.ready().await? else {
            return Ok(HashMap::new());
        };
        blocking(move || ready.index.section_words(&sections)).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Failure::internal(format!("a search failed: {error}")))
}
