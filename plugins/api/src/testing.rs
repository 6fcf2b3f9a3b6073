/// What every plugin of a capability has to do.
pub mod conformance;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use crate::content::{CacheKey, Piece};
use crate::error::Failure;
use crate::library::FoundPassage;
use crate::ports::{
    Background, Candidates, DataFiles, Embedder, LibraryTopics, PassageQuery, PassageSearch, PieceStore, Ports,
    QueryWord, ResourceHealth,
};
use crate::text;
use crate::topic_index::TopicIndex;

/// Ports over the given passages, in memory.
pub fn ports(passages: Vec<FoundPassage>) -> Ports {
    Ports {
        embedder: Arc::new(WordEmbedder),
        embedded: Arc::new(WordEmbedder),
        llm: None,
        passages: Arc::new(KnownPassages { passages, ..KnownPassages::default() }),
        topics: Arc::new(Indexed::default()),
        pieces: Arc::new(MemoryPieces::default()),
        files: Arc::new(NoFiles),
        resources: Arc::new(Failing::default()),
    }
}

/// A library that names these topics.
#[derive(Default)]
pub struct Indexed(pub Arc<TopicIndex>);

#[async_trait]
impl LibraryTopics for Indexed {
    async fn index(&self) -> Result<Arc<TopicIndex>, Failure> {
        Ok(Arc::clone(&self.0))
    }
}

/// An operator who added nothing.
pub struct NoFiles;

impl DataFiles for NoFiles {
    fn read(&self, _: &str) -> Result<Vec<(String, String)>, Failure> {
        Ok(Vec::new())
    }
}

/// Addresses that do not answer.
#[derive(Default)]
pub struct Failing(pub HashSet<String>);

#[async_trait]
impl ResourceHealth for Failing {
    async fn failing(&self) -> Result<HashSet<String>, Failure> {
        Ok(self.0.clone())
    }
}

/// A passage of book `book` under the heading `section`.
pub fn passage(id: &str, section: &str, text: &str) -> FoundPassage {
    FoundPassage {
        id: id.to_owned(),
        book_id: "book".to_owned(),
        section_id: format!("section-{}", text::slug(section)),
        heading: vec!["Book".to_owned(), section.to_owned()],
        ordinal: 0,
        page: None,
        text: text.to_owned(),
        cosine: None,
        lexical: 0.0,
    }
}

/// Embeds by hashing stems into 64 buckets: same words, same vector.
pub struct WordEmbedder;

#[async_trait]
impl Embedder for WordEmbedder {
    fn model(&self) -> &str {
        "test-words"
    }

    fn dimension(&self) -> usize {
        64
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure> {
        Ok(texts.iter().map(|text| vector(text)).collect())
    }
}

fn vector(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0f32; 64];
    for stem in text::content_stems(text) {
        let bucket = stem.bytes().fold(7usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte as usize)) % 64;
        vector[bucket] += 1.0;
    }
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::EPSILON);
    vector.iter().map(|x| x / norm).collect()
}

/// Finds every passage it has, with its true cosine and the share of the query's words that it holds.
#[derive(Default)]
pub struct KnownPassages {
    pub passages: Vec<FoundPassage>,
    pub overlays: HashMap<String, Arc<dyn PassageSearch>>,
}

#[async_trait]
impl PassageSearch for KnownPassages {
    async fn candidates(&self, queries: Vec<PassageQuery>) -> Result<Vec<Candidates>, Failure> {
        Ok(queries.iter().map(|query| self.found(query)).collect())
    }

    async fn passages(&self, ids: Vec<String>) -> Result<Vec<FoundPassage>, Failure> {
        Ok(self.passages.iter().filter(|passage| ids.contains(&passage.id)).cloned().collect())
    }

    async fn section_words(&self, sections: Vec<String>) -> Result<HashMap<String, usize>, Failure> {
        let mut words = HashMap::new();
        for passage in self.passages.iter().filter(|passage| sections.contains(&passage.section_id)) {
            *words.entry(passage.section_id.clone()).or_default() += passage.text.split_whitespace().count();
        }
        Ok(words)
    }

    fn overlay(&self, name: &str) -> Option<Arc<dyn PassageSearch>> {
        self.overlays.get(name).cloned()
    }
}

impl KnownPassages {
    fn found(&self, query: &PassageQuery) -> Candidates {
        let words: Vec<QueryWord> = query.wordings.first().map(|wording| self.words(wording)).unwrap_or_default();
        let of_query = |passage: &FoundPassage| {
            let own = vector(&passage.text);
            let cosine = own.iter().zip(&query.embedding).map(|(a, b)| a * b).sum();
            let stems = text::content_stems(&format!("{} {}", passage.section_title(), passage.text));
            let held = words.iter().filter(|word| stems.contains(&word.stem)).count();
            FoundPassage { cosine: Some(cosine), lexical: held as f32 / words.len().max(1) as f32, ..passage.clone() }
        };
        let passages = self.passages.iter().map(of_query).collect();
        Candidates { passages, words, background: Background { mean: 0.1, deviation: 0.25 } }
    }

    fn words(&self, wording: &str) -> Vec<QueryWord> {
        let word = |stem: String| {
            let holds = |passage: &FoundPassage| text::content_stems(&passage.text).contains(&stem);
            let is_in_library = self.passages.iter().any(holds);
            QueryWord { stem, idf: if is_in_library { 3.0 } else { 6.0 }, is_in_library }
        };
        text::content_stems(wording).into_iter().map(word).collect()
    }
}

/// Pieces in a map.
#[derive(Default)]
pub struct MemoryPieces(Mutex<HashMap<String, Piece>>);

#[async_trait]
impl PieceStore for MemoryPieces {
    async fn load(&self, key: &CacheKey) -> Result<Option<Piece>, Failure> {
        Ok(self.lock().get(&key.digest()).cloned())
    }

    async fn save(&self, key: &CacheKey, piece: &Piece) -> Result<(), Failure> {
        self.lock().insert(key.digest(), piece.clone());
        Ok(())
    }

    async fn count(&self) -> Result<u64, Failure> {
        Ok(self.lock().len() as u64)
    }
}

impl MemoryPieces {
    /// What a store does with a piece that has lost what it rests on.
    pub fn forget(&self, key: &CacheKey) {
        self.lock().remove(&key.digest());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Piece>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
