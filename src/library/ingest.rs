use std::path::Path;
use std::sync::{Arc, LazyLock};

use pathwright_api::ports::Embedder;
use pathwright_api::{ErrorCode, Failure, text};
use regex::Regex;
use tokio::sync::Mutex;

use super::assemble::{Assembled, assemble, from_text};
use super::folder::{BadFile, BookFiles, SourceFile, collect};
use crate::store::Store;
use crate::store::library::{Book, BookFormat, EmbeddedPassage, Passage};

/// Passages embedded in one call.
pub(super) const BATCH: usize = 256;

/// What became of one book.
#[derive(Debug)]
pub struct Ingested {
    pub book: Book,
    pub outcome: Outcome,
    /// Files of it that were skipped.
    pub bad: Vec<BadFile>,
}

/// What became of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, async_graphql::Enum)]
#[graphql(name = "IngestOutcome")]
pub enum Outcome {
    /// It was not there before.
    Added,
    /// It had changed: its passages were replaced.
    Replaced,
    /// Nothing had changed, nothing was done.
    Unchanged,
}

/// A book sent as text.
#[derive(Debug)]
pub struct Upload {
    pub title: String,
    pub format: BookFormat,
    pub text: String,
}

/// Puts books into the library, one at a time: two that change it at once would only wait for each other.
#[derive(Clone)]
pub struct Librarian {
    pub(super) store: Store,
    pub(super) embedder: Arc<dyn Embedder>,
    largest_file: u64,
    pub(super) turn: Arc<Mutex<()>>,
}

impl Librarian {
    pub fn new(store: Store, embedder: Arc<dyn Embedder>, largest_file: u64) -> Self {
        Self { store, embedder, largest_file, turn: Arc::default() }
    }

    /// Reads the file or folder as one book; `progress` hears of passages done and passages in all.
    pub async fn ingest(&self, path: &Path, progress: impl FnMut(usize, usize)) -> Result<Ingested, Failure> {
        let (owned, largest) = (path.to_owned(), self.largest_file);
        let files = blocking(move || collect(&owned, largest)).await?;
        let files = files.map_err(|reason| unreadable(&path.display().to_string(), &reason))?;
        self.put(files, progress).await
    }

    pub async fn ingest_upload(&self, upload: Upload) -> Result<Ingested, Failure> {
        let name = text::slug(&upload.title);
        let file = SourceFile { name, format: upload.format, bytes: upload.text.into_bytes() };
        self.put(from_text(&upload.title, file), |_, _| ()).await
    }

    pub(super) async fn put(
        &self,
        files: BookFiles,
        mut progress: impl FnMut(usize, usize),
    ) -> Result<Ingested, Failure> {
        let _turn = self.turn.lock().await;
        let library = self.store.found_library(self.embedder.model(), self.embedder.dimension()).await?;
        let known = self.store.book_by_source(&files.source).await?;
        let hash = files.content_hash();
        if let Some(book) = known.clone().filter(|book| book.content_hash == hash) {
            return Ok(Ingested { book, outcome: Outcome::Unchanged, bad: files.bad });
        }
        let id = match &known {
            Some(book) => book.id.clone(),
            None => self.free_id(&files).await?,
        };
        let shown = files.fallback_title.clone();
        let assembled = blocking(move || assemble(files, id, hash)).await?;
        let Assembled { book, sections, passages, bad } = assembled.map_err(|reason| unreadable(&shown, &reason))?;
        let embedded = self.embed(passages, &mut progress).await?;
        self.store.replace_book(&book, &sections, &embedded, &library).await?;
        let outcome = if known.is_some() { Outcome::Replaced } else { Outcome::Added };
        tracing::info!(book = book.id, passages = book.passage_count, ?outcome, "the library changed");
        Ok(Ingested { book, outcome, bad })
    }

    pub(super) async fn embed(
        &self,
        passages: Vec<Passage>,
        progress: &mut impl FnMut(usize, usize),
    ) -> Result<Vec<EmbeddedPassage>, Failure> {
        let total = passages.len();
        let mut embedded = Vec::with_capacity(total);
        for batch in passages.chunks(BATCH) {
            let vectors = self.vectors(batch).await?;
            let with_vectors = batch.iter().cloned().zip(vectors);
            embedded.extend(with_vectors.map(|(passage, embedding)| EmbeddedPassage { passage, embedding }));
            progress(embedded.len(), total);
        }
        Ok(embedded)
    }

    /// One vector a passage, in order.
    pub(super) async fn vectors(&self, passages: &[Passage]) -> Result<Vec<Vec<f32>>, Failure> {
        let texts = passages.iter().map(|passage| format!("{}\n{}", headings(passage), prose(&passage.text))).collect();
        let vectors = self.embedder.embed(texts).await?;
        let dimension = self.embedder.dimension();
        if vectors.len() == passages.len() && vectors.iter().all(|vector| vector.len() == dimension) {
            return Ok(vectors);
        }
        let (model, wanted) = (self.embedder.model(), passages.len());
        let message = format!(
            "the embedding model `{model}` answered {} vectors for {wanted} texts, or some without {dimension} dimensions",
            vectors.len()
        );
        Err(Failure::new(ErrorCode::ModelAnswerInvalid, message))
    }

    /// A readable id; a number makes it unique among books of the same name.
    async fn free_id(&self, files: &BookFiles) -> Result<String, Failure> {
        let slug = text::slug(&files.fallback_title);
        let base: String = if slug.is_empty() { "book".to_owned() } else { slug.chars().take(60).collect() };
        let candidates: Vec<String> =
            std::iter::once(base.clone()).chain((2..=1_000).map(|n| format!("{base}-{n}"))).collect();
        let taken = self.store.books_by_id(&candidates).await?;
        let free = candidates.into_iter().find(|id| taken.iter().all(|book| book.id != *id));
        free.ok_or_else(|| Failure::new(ErrorCode::InvalidInput, format!("a thousand books are called `{base}`")))
    }
}

/// The titles above a passage as one text.
fn headings(passage: &Passage) -> String {
    passage.heading.join(" · ")
}

/// A passage without its code and its formulas, which say little of its meaning to a model of words; all of it where nothing
/// else is there.
fn prose(text: &str) -> String {
    static FORMULA: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?s)\$\$.*?\$\$|\$[^$\n]*\$").ok());
    let mut inside = false;
    let lines = text.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !inside && !fence
    });
    let prose = lines.collect::<Vec<_>>().join("\n");
    let prose = FORMULA.as_ref().map_or(prose.clone(), |formula| formula.replace_all(&prose, " ").into_owned());
    if prose.trim().is_empty() { text.to_owned() } else { prose }
}

fn unreadable(what: &str, reason: &str) -> Failure {
    Failure::new(ErrorCode::BookUnreadable, format!("{what} {reason}"))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failure::new(ErrorCode::BookUnreadable, "reading the book failed"))
}
