/// Books laid over the library.
mod overlay;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::{Background, Candidates, Embedder, PassageQuery, PassageSearch, QueryWord};
use pathwright_api::{Failure, text};
use tokio::sync::Mutex;

use super::background;
use super::book_words::BookWords;
use super::reading::{Help, Reading};
use super::words::{Place, WordIndex};
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
    /// Words of names that are spelt right, whatever the library holds.
    names: Arc<HashSet<String>>,
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
    /// `names` are those of topics of all fields: words in them are never mended. Some of them are the probes against which the
    /// library's [`Background`] is measured.
    pub fn new(store: Store, embedder: Arc<dyn Embedder>, names: &[&str], probes: Vec<String>) -> Self {
        let words = names.iter().flat_map(|name| text::tokens(name)).map(|token| text::fold(token.raw));
        Self { store, embedder, probes: probes.into(), names: Arc::new(words.collect()), ready: Arc::default() }
    }

    /// Reads the words of the library, unless they are there already: the first search would have to wait for it.
    pub async fn warm_up(&self) -> Result<(), Failure> {
        self.ready().await.map(|_| ())
    }

    /// The acronyms that the books explain, each with its expansion.
    pub async fn acronyms(&self) -> Result<Vec<(String, String)>, Failure> {
        let ready = self.ready().await?;
        let owned = |(short, long): (&str, &str)| (short.to_owned(), long.to_owned());
        Ok(ready.map(|ready| ready.index.acronyms.pairs().into_iter().map(owned).collect()).unwrap_or_default())
    }

    async fn ready(&self) -> Result<Option<Arc<Ready>>, Failure> {
        match self.store.library_state().await? {
            Some(library) => self.ready_for(library).await.map(Some),
            None => Ok(None),
        }
    }

    async fn ready_for(&self, library: LibraryState) -> Result<Arc<Ready>, Failure> {
        let mut held = self.ready.lock().await;
        let current = held.as_ref().filter(|ready| ready.is_of(&library));
        if let Some(ready) = current.filter(|ready| ready.background.is_some()) {
            return Ok(Arc::clone(ready));
        }
        let index = match current {
            Some(ready) => Arc::clone(&ready.index),
            None => Arc::new(self.read_words(library.revision, held.as_deref()).await?),
        };
        let background = self.background(&library, &index).await?;
        let ready = Arc::new(Ready { index, vectors: library.vectors, background });
        *held = Some(Arc::clone(&ready));
        Ok(ready)
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
            let passages = self.store.passages_of_book(&book.id, &book.content_hash).await?;
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

    /// `near`: what is nearest to each query that has an embedding, in their order.
    async fn all_candidates(
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
    fn found(&self, reading: Reading, near: Vec<(String, f32)>, by_words: bool, limit: usize) -> Findings {
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

/// A question that somebody typed.
pub(super) struct Question {
    pub(super) text: String,
    pub(super) help: Help,
    /// Whether embeddings and words have a part in the search.
    pub(super) by_meaning: bool,
    pub(super) by_words: bool,
    /// How many passages each index contributes.
    pub(super) limit: usize,
}

/// What there is on a question.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) candidates: Candidates,
    /// How much each stem that was looked for weighs.
    pub(super) weights: HashMap<String, f32>,
    /// What was searched for instead of what was asked.
    pub(super) corrected: Option<String>,
}

impl Searcher {
    /// The passages on a question, and why embeddings had no part in it.
    pub(super) async fn find(&self, question: Question) -> Result<(Findings, Option<String>), Failure> {
        let Some(ready) = self.ready().await? else {
            return Ok((Findings::default(), None));
        };
        let Question { text, help, by_meaning, by_words, limit } = question;
        let index = Arc::clone(&ready.index);
        let names = Arc::clone(&self.names);
        let is_word = move |word: &str| names.contains(word) || crate::embed::has_word(word);
        let reading = blocking(move || index.read(&text, help, is_word)).await?;
        let wording = reading.wordings.first().filter(|wording| !wording.is_empty());
        let Some(wording) = wording else {
            return Ok((Findings::default(), None));
        };
        let (embedding, fallback_reason) = if by_meaning { self.embed(wording).await } else { (Vec::new(), None) };
        let embeddings: Vec<&[f32]> =
            Some(embedding.as_slice()).filter(|vector| !vector.is_empty()).into_iter().collect();
        let near = self.store.nearest(&ready.vectors, &embeddings, limit).await?.pop().unwrap_or_default();
        let findings = blocking(move || ready.found(reading, near, by_words, limit)).await?;
        Ok((findings, fallback_reason))
    }

    async fn embed(&self, question: &str) -> (Vec<f32>, Option<String>) {
        match self.embedder.embed(vec![question.to_owned()]).await {
            Ok(vectors) => (vectors.into_iter().next().unwrap_or_default(), None),
            Err(failure) => (Vec::new(), Some(format!("found by words alone, without embeddings: {failure}"))),
        }
    }
}

#[async_trait]
impl PassageSearch for Searcher {
    async fn candidates(&self, queries: Vec<PassageQuery>) -> Result<Vec<Candidates>, Failure> {
        let Some(library) = self.store.library_state().await? else {
            return Ok(vec![Candidates::default(); queries.len()]);
        };
        // Passages of a book that is on its way are in the index already, and crowd out others.
        let crowd = if library.drafts.is_empty() { 1 } else { 2 };
        let ready = self.ready_for(library).await?;
        let with_vectors: Vec<&PassageQuery> = queries.iter().filter(|query| !query.embedding.is_empty()).collect();
        let embeddings: Vec<&[f32]> = with_vectors.iter().map(|query| query.embedding.as_slice()).collect();
        let limit = with_vectors.iter().map(|query| query.limit * crowd).max().unwrap_or_default();
        let near = self.store.nearest(&ready.vectors, &embeddings, limit).await?;
        ready.all_candidates(queries, near).await
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
