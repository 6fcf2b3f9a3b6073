use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::ports::Embedder;
use serde::Serialize;

use super::Measured;
use crate::library::Librarian;
use crate::store::Store;

/// How fast books go in. Seconds are those of the wall clock.
#[derive(Debug, Serialize)]
pub struct Report {
    pub books: usize,
    pub passages: u64,
    pub words: u64,
    /// Bytes of the books' files.
    pub bytes: u64,
    /// Reading, embedding and writing, all books together.
    pub ingest_seconds: f64,
    /// Millions of bytes a second.
    pub megabytes_per_second: f64,
    pub passages_per_second: f64,
    /// What the embedding model takes for the same texts in the same batches, one after the other, with nothing beside it.
    pub embedding_seconds: f64,
    /// Ingest by embedding alone; 1 means that reading and writing cost nothing.
    pub ratio: f64,
    /// Most memory the process had by the end of the ingest, in MiB; null where the system does not tell.
    pub peak_memory_mib: Option<u64>,
}

/// What became of a book.
#[derive(Debug, Serialize)]
pub struct BookDetail {
    pub id: String,
    pub title: String,
    pub passages: u32,
    pub seconds: f64,
}

/// Puts books into a store, which is to be empty, and says how long that took.
pub async fn measure(
    store: Store,
    embedder: Arc<dyn Embedder>,
    librarian: impl FnOnce(Store, Arc<dyn Embedder>) -> Librarian,
    books: &[PathBuf],
) -> Result<Measured<Report, BookDetail>, Failure> {
    let listening = Arc::new(Listening { embedder: Arc::clone(&embedder), heard: Mutex::default() });
    let librarian = librarian(store, listening.clone());
    let mut details = Vec::new();
    let (mut bytes, mut words, mut passages) = (0, 0, 0);
    let begun = Instant::now();
    for book in books {
        let book_begun = Instant::now();
        let mut of_book = 0;
        let ingested = librarian.ingest(book, |progress| of_book = progress.all_bytes).await?;
        bytes += of_book;
        words += ingested.book.word_count;
        passages += u64::from(ingested.book.passage_count);
        let seconds = rounded(book_begun.elapsed());
        let (id, title) = (ingested.book.id, ingested.book.title);
        details.push(BookDetail { id, title, passages: ingested.book.passage_count, seconds });
    }
    let (ingest, peak_memory_mib) = (begun.elapsed(), peak_memory_mib());
    let embedding = alone(embedder.as_ref(), listening.heard()).await?;
    let seconds = ingest.as_secs_f64().max(f64::EPSILON);
    let report = Report {
        books: books.len(),
        passages,
        words,
        bytes,
        ingest_seconds: rounded(ingest),
        megabytes_per_second: hundredth(bytes as f64 / 1e6 / seconds),
        passages_per_second: hundredth(passages as f64 / seconds),
        embedding_seconds: rounded(embedding),
        ratio: hundredth(seconds / embedding.as_secs_f64().max(f64::EPSILON)),
        peak_memory_mib,
    };
    Ok(Measured { report, details })
}

/// An embedder that remembers what it was asked.
struct Listening {
    embedder: Arc<dyn Embedder>,
    heard: Mutex<Vec<Vec<String>>>,
}

impl Listening {
    fn heard(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Embedder for Listening {
    fn model(&self) -> &str {
        self.embedder.model()
    }

    fn dimension(&self) -> usize {
        self.embedder.dimension()
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(texts.clone());
        self.embedder.embed(texts).await
    }
}

async fn alone(embedder: &dyn Embedder, batches: Vec<Vec<String>>) -> Result<Duration, Failure> {
    let begun = Instant::now();
    for batch in batches {
        embedder.embed(batch).await?;
    }
    Ok(begun.elapsed())
}

/// The high-water mark of the resident memory, as Linux keeps it.
fn peak_memory_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes >> 10)
}

fn rounded(time: Duration) -> f64 {
    (time.as_secs_f64() * 1_000.0).round() / 1_000.0
}

fn hundredth(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
