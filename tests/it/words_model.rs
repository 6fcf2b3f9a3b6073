use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use async_trait::async_trait;
use pathwright::library::{Librarian, SandboxedReader, Upload};
use pathwright::store::{Store, StoreUrl, migrate};
use pathwright_api::library::BookFormat;
use pathwright_api::ports::Embedder;
use pathwright_api::{ErrorCode, Failure, text};

/// Hashes words into buckets, otherwise for each model.
pub struct Words {
    pub model: &'static str,
    pub dimension: usize,
    /// Texts embedded so far.
    pub embedded: AtomicUsize,
    /// Texts after which it fails.
    pub limit: AtomicUsize,
}

impl Words {
    pub fn new(model: &'static str, dimension: usize) -> Arc<Self> {
        Arc::new(Self { model, dimension, embedded: AtomicUsize::new(0), limit: AtomicUsize::new(usize::MAX) })
    }

    pub fn vector(&self, text: &str) -> Vec<f32> {
        let mut vector = vec![0.0_f32; self.dimension];
        vector[0] = 0.1;
        for stem in text::content_stems(text) {
            let named = format!("{}{stem}", self.model);
            let hash = named.bytes().fold(7_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)));
            vector[hash % self.dimension] += 1.0;
        }
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        vector.iter().map(|x| x / length).collect()
    }
}

#[async_trait]
impl Embedder for Words {
    fn model(&self) -> &str {
        self.model
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure> {
        if self.embedded.load(SeqCst) + texts.len() > self.limit.load(SeqCst) {
            return Err(Failure::new(ErrorCode::ModelUnavailable, "the endpoint does not answer"));
        }
        self.embedded.fetch_add(texts.len(), SeqCst);
        Ok(texts.iter().map(|text| self.vector(text)).collect())
    }
}

pub async fn founded_by(embedder: &Words) -> Store {
    let store = Store::connect(&StoreUrl::Memory).await.unwrap();
    store.migrate(&migrate::built_in()).await.unwrap();
    store.init_library(embedder.model, embedder.dimension).await.unwrap();
    store
}

pub fn librarian(store: &Store, embedder: &Arc<Words>) -> Librarian {
    let embedder: Arc<dyn Embedder> = embedder.clone();
    let apart = SandboxedReader::new(env!("CARGO_BIN_EXE_pathwright").into(), 1 << 30, Duration::from_mins(1));
    Librarian::new(store.clone(), embedder, 1 << 20, apart)
}

pub fn book(title: &str, text: &str) -> Upload {
    Upload { title: title.to_owned(), format: BookFormat::Markdown, bytes: text.into() }
}
