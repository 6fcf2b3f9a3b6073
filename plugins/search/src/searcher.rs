use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, Weak};

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use pathwright_api::library::{BookEdition, FoundPassage};
use pathwright_api::ports::{Background, Candidates, Embedder, PassageQuery, PassageSearch};
use pathwright_api::{Failure, text};
use tokio::sync::{Mutex, OnceCell};

use crate::background;
use crate::book_words::BookWords;
use crate::overlay::Overlay;
use crate::reading::Help;
use crate::snapshot::{Findings, Snapshot, blocking};
use crate::source::{LibraryVersion, MeasuredBackground, PassageSource};
use crate::words::WordIndex;

/// Finds passages: by vector in the source, by words in memory.
///
/// What is in memory follows the library's version, which is looked up at every search, since another process may have changed
/// it; books that did not change are kept as they are. Whoever assesses topics waits for the library as it is
/// ([`PassageSearch`]); a question somebody typed is answered from the version before while the next is being read.
#[derive(Clone)]
pub struct Searcher {
    shared: Arc<Shared>,
}

struct Shared {
    source: Arc<dyn PassageSource>,
    embedder: Arc<dyn Embedder>,
    probes: Vec<String>,
    /// The probes' vectors, from the embedding model's first answer on.
    probe_vectors: OnceCell<Vec<Vec<f32>>>,
    /// Words of names that are spelt right, whatever the library holds.
    names: HashSet<String>,
    is_word: fn(&str) -> bool,
    /// Those that somebody holds, by name.
    overlays: std::sync::Mutex<HashMap<String, Weak<Overlay>>>,
    current: ArcSwapOption<Snapshot>,
    /// Held by the one that reads the library's words or measures its background.
    reading: Mutex<()>,
}

impl Searcher {
    /// `names` are those of topics of all fields: words in them are never mended, and neither are those that `is_word` knows. The
    /// `probes` are what the library's [`Background`] is measured against.
    pub fn new(
        source: Arc<dyn PassageSource>,
        embedder: Arc<dyn Embedder>,
        names: &[&str],
        is_word: fn(&str) -> bool,
        probes: Vec<String>,
    ) -> Self {
        let words = names.iter().flat_map(|name| text::tokens(name)).map(|token| text::fold(token.raw));
        let shared = Shared {
            source,
            embedder,
            probes,
            probe_vectors: OnceCell::new(),
            names: words.collect(),
            is_word,
            overlays: std::sync::Mutex::default(),
            current: ArcSwapOption::empty(),
            reading: Mutex::default(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// Reads the words of the library as it is now, unless they are there already. Once this has returned, every search finds what
    /// was put into the library before, and nothing that was taken out of it.
    ///
    /// # Errors
    /// Those of the source.
    pub async fn warm_up(&self) -> Result<(), Failure> {
        self.now().await.map(|_| ())
    }

    /// The acronyms that the books explain, each with its expansion.
    ///
    /// # Errors
    /// Those of the source.
    pub async fn acronyms(&self) -> Result<Vec<(String, String)>, Failure> {
        let owned = |(short, long): (&str, &str)| (short.to_owned(), long.to_owned());
        let now = self.now().await?;
        Ok(now.map(|now| now.index.acronyms.pairs().into_iter().map(owned).collect()).unwrap_or_default())
    }

    pub(crate) fn source(&self) -> &Arc<dyn PassageSource> {
        &self.shared.source
    }

    /// Lets questions to plugins name an overlay, as long as somebody holds it.
    pub(crate) fn name_overlay(&self, overlay: Overlay) -> Arc<Overlay> {
        let overlay = Arc::new(overlay);
        let mut overlays = self.shared.overlays.lock().unwrap_or_else(PoisonError::into_inner);
        overlays.retain(|_, held| held.strong_count() > 0);
        overlays.insert(overlay.name().to_owned(), Arc::downgrade(&overlay));
        overlay
    }

    pub(crate) async fn probe_vectors(&self) -> Result<&[Vec<f32>], Failure> {
        self.shared.probe_vectors().await
    }

    /// The library as it is; none: there is none.
    pub(crate) async fn now(&self) -> Result<Option<Arc<Snapshot>>, Failure> {
        match self.source().version().await? {
            Some(version) => self.at(version).await.map(Some),
            None => Ok(None),
        }
    }

    /// The library as it is, or as it was before what is being read at this moment.
    async fn latest(&self) -> Result<Option<Arc<Snapshot>>, Failure> {
        let Some(version) = self.source().version().await? else {
            return Ok(None);
        };
        // Where nothing was known before, there is nothing to answer from.
        let Some(before) = self.shared.current.load_full().filter(|before| !before.index.is_empty()) else {
            return self.at(version).await.map(Some);
        };
        if !before.is_of(&version) || before.background.is_none() {
            self.read_beside(version);
        }
        Ok(Some(before))
    }

    /// Waits until this version is in memory.
    async fn at(&self, version: LibraryVersion) -> Result<Arc<Snapshot>, Failure> {
        if let Some(ready) = self.shared.held(&version).filter(|held| held.background.is_some()) {
            return Ok(ready);
        }
        let _turn = self.shared.reading.lock().await;
        self.shared.read(&version).await
    }

    /// Reads a version, unless something is being read already.
    fn read_beside(&self, version: LibraryVersion) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let Ok(_turn) = shared.reading.try_lock() else {
                return;
            };
            if let Err(failure) = shared.read(&version).await {
                tracing::warn!(code = %failure.code, %failure, "the library's words cannot be read; those of before are searched");
            }
        });
    }
}

impl Shared {
    fn held(&self, version: &LibraryVersion) -> Option<Arc<Snapshot>> {
        self.current.load_full().filter(|held| held.is_of(version))
    }

    /// For the one whose turn it is; what another has read meanwhile is not read again.
    async fn read(&self, version: &LibraryVersion) -> Result<Arc<Snapshot>, Failure> {
        let index = match self.held(version) {
            Some(held) if held.background.is_some() => return Ok(held),
            Some(held) => Arc::clone(&held.index),
            None => Arc::new(self.read_words(version.revision).await?),
        };
        let background = self.background(version, &index).await?;
        let snapshot = Arc::new(Snapshot { index, vectors: version.vectors.clone(), background });
        self.current.store(Some(Arc::clone(&snapshot)));
        Ok(snapshot)
    }

    async fn read_words(&self, revision: u64) -> Result<WordIndex, Failure> {
        let before = self.current.load_full();
        let known: HashMap<&str, &Arc<BookWords>> =
            before.iter().flat_map(|before| &before.index.books).map(|book| (book.id.as_str(), book)).collect();
        let mut books = Vec::new();
        for edition in self.source.editions().await? {
            let same = |words: &&&Arc<BookWords>| words.content_hash == edition.content_hash;
            if let Some(words) = known.get(edition.id.as_str()).filter(same) {
                books.push(Arc::clone(words));
                continue;
            }
            let passages = self.source.passages_of(&edition).await?;
            let BookEdition { id, content_hash } = edition;
            books.push(Arc::new(blocking(move || BookWords::new(id, content_hash, passages)).await?));
        }
        blocking(move || WordIndex::new(revision, books)).await
    }

    /// As remembered, or measured now. An embedding model that fails is no reason to find nothing: words still can.
    async fn background(&self, version: &LibraryVersion, index: &WordIndex) -> Result<Option<Background>, Failure> {
        if let Some(known) = version.background {
            return Ok(Some(known));
        }
        let sample = index.sample(background::SAMPLE);
        if sample.is_empty() {
            return Ok(Some(Background::default()));
        }
        let probes = match self.probe_vectors().await {
            Ok(probes) => probes,
            Err(failure) => {
                tracing::warn!(code = %failure.code, %failure, "the embedding model cannot be measured on this library");
                return Ok(None);
            }
        };
        let passages = self.source.vectors_of(&version.vectors, &sample).await?;
        let background = background::measure(probes, &passages).unwrap_or_default();
        let (revision, vectors) = (version.revision, version.vectors.clone());
        self.source.remember_background(MeasuredBackground { revision, vectors, background }).await?;
        Ok(Some(background))
    }

    async fn probe_vectors(&self) -> Result<&[Vec<f32>], Failure> {
        let vectors = self.probe_vectors.get_or_try_init(|| self.embedder.embed(self.probes.clone())).await?;
        Ok(vectors)
    }
}

/// A question that somebody typed.
pub(crate) struct Question {
    pub(crate) text: String,
    pub(crate) help: Help,
    /// Whether embeddings and words have a part in the search.
    pub(crate) by_meaning: bool,
    pub(crate) by_words: bool,
    /// How many passages each index contributes.
    pub(crate) limit: usize,
}

impl Searcher {
    /// The passages on a question, and why embeddings had no part in it.
    pub(crate) async fn find(&self, question: Question) -> Result<(Findings, Option<String>), Failure> {
        let Some(snapshot) = self.latest().await? else {
            return Ok((Findings::default(), None));
        };
        let Question { text, help, by_meaning, by_words, limit } = question;
        let (index, shared) = (Arc::clone(&snapshot.index), Arc::clone(&self.shared));
        let is_word = move |word: &str| shared.names.contains(word) || (shared.is_word)(word);
        let reading = blocking(move || index.read(&text, help, is_word)).await?;
        let wording = reading.wordings.first().filter(|wording| !wording.is_empty());
        let Some(wording) = wording else {
            return Ok((Findings::default(), None));
        };
        let (embedding, fallback_reason) = if by_meaning { self.embed(wording).await } else { (Vec::new(), None) };
        let embeddings: Vec<&[f32]> =
            Some(embedding.as_slice()).filter(|vector| !vector.is_empty()).into_iter().collect();
        let near = self.source().nearest(&snapshot.vectors, &embeddings, limit).await?.pop().unwrap_or_default();
        let findings = blocking(move || snapshot.found(reading, near, by_words, limit)).await?;
        Ok((findings, fallback_reason))
    }

    async fn embed(&self, question: &str) -> (Vec<f32>, Option<String>) {
        match self.shared.embedder.embed(vec![question.to_owned()]).await {
            Ok(vectors) => (vectors.into_iter().next().unwrap_or_default(), None),
            Err(failure) => (Vec::new(), Some(format!("found by words alone, without embeddings: {failure}"))),
        }
    }
}

#[async_trait]
impl PassageSearch for Searcher {
    async fn candidates(&self, queries: Vec<PassageQuery>) -> Result<Vec<Candidates>, Failure> {
        let Some(version) = self.source().version().await? else {
            return Ok(vec![Candidates::default(); queries.len()]);
        };
        // Passages of a book that is on its way are in the index already, and crowd out others.
        let crowd = if version.is_changing { 2 } else { 1 };
        let snapshot = self.at(version).await?;
        let with_vectors: Vec<&PassageQuery> = queries.iter().filter(|query| !query.embedding.is_empty()).collect();
        let embeddings: Vec<&[f32]> = with_vectors.iter().map(|query| query.embedding.as_slice()).collect();
        let limit = with_vectors.iter().map(|query| query.limit * crowd).max().unwrap_or_default();
        let near = self.source().nearest(&snapshot.vectors, &embeddings, limit).await?;
        snapshot.all_candidates(queries, near).await
    }

    async fn passages(&self, ids: Vec<String>) -> Result<Vec<FoundPassage>, Failure> {
        let Some(now) = self.now().await? else {
            return Ok(Vec::new());
        };
        let places = ids.iter().filter_map(|id| now.index.place(id));
        Ok(places.map(|place| now.index.passage(place).clone()).collect())
    }

    async fn section_words(&self, sections: Vec<String>) -> Result<HashMap<String, usize>, Failure> {
        let Some(now) = self.now().await? else {
            return Ok(HashMap::new());
        };
        blocking(move || now.index.section_words(&sections)).await
    }

    fn overlay(&self, name: &str) -> Option<Arc<dyn PassageSearch>> {
        let overlays = self.shared.overlays.lock().unwrap_or_else(PoisonError::into_inner);
        let overlay = overlays.get(name)?.upgrade()?;
        Some(overlay)
    }
}

#[cfg(test)]
mod tests;
