use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use futures::{StreamExt, stream};
use pathwright_api::ports::Embedder;
use pathwright_api::{ErrorCode, Failure, text};
use pathwright_reader::{
    Assembled, BadFile, Batch, BookFiles, Fingerprint, Unassembled, assemble, collect, from_bytes,
};
use regex::Regex;
use tokio::sync::{Mutex, mpsc};
use tokio_util::task::AbortOnDropHandle;

use super::sandbox::SandboxedReader;
use crate::store::Store;
use crate::store::library::{EmbeddedPassage, LibraryState};
use crate::store::shelving::Known;
use pathwright_api::library::{Book, BookFormat, Passage};

/// Batches that wait between reading and embedding: reading goes on while the others are busy.
const READ_AHEAD: usize = 2;

/// Batches that are embedded at once.
const EMBEDDED_AT_ONCE: usize = 2;

/// What became of one book.
#[derive(Debug)]
pub struct Ingested {
    pub book: Book,
    pub outcome: Outcome,
    /// Passages that were there already: from the edition before, or from a run that was cut off.
    pub known: u64,
    /// Files of it that were skipped.
    pub bad: Vec<BadFile>,
}

/// What became of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was not there before.
    Added,
    /// It had changed: its passages were replaced.
    Replaced,
    /// Nothing had changed, nothing was done.
    Unchanged,
}

/// How far an ingest is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the book's files whose passages are in, and of all files.
    pub bytes: u64,
    pub all_bytes: u64,
    /// Passages that are in.
    pub passages: u64,
    /// Those of them that were there already.
    pub known: u64,
}

/// A book sent rather than named by a path.
#[derive(Debug)]
pub struct Upload {
    pub title: String,
    pub format: BookFormat,
    pub bytes: Vec<u8>,
}

/// Puts books into the library, one at a time: two that change it at once would only wait for each other.
#[derive(Clone)]
pub struct Librarian {
    pub(super) store: Store,
    pub(super) embedder: Arc<dyn Embedder>,
    pub(super) reader: SandboxedReader,
    /// Bytes of a file at most.
    pub(super) largest: u64,
    pub(super) turn: Arc<Mutex<()>>,
}

impl Librarian {
    pub fn new(store: Store, embedder: Arc<dyn Embedder>, largest: u64, reader: SandboxedReader) -> Self {
        Self { store, embedder, reader, largest, turn: Arc::default() }
    }

    /// Reads the file or folder as one book. Cut off, the same call goes on where this one stopped.
    pub async fn ingest(&self, path: &Path, progress: impl FnMut(Progress)) -> Result<Ingested, Failure> {
        let (owned, largest) = (path.to_owned(), self.largest);
        let files = blocking(move || collect(&owned, largest)).await?;
        let files = files.map_err(|reason| unreadable(&path.display().to_string(), &reason))?;
        self.put(files, progress).await
    }

    /// Its title stands, whatever the book says itself.
    pub async fn ingest_upload(&self, upload: Upload) -> Result<Ingested, Failure> {
        self.put(from_bytes(&upload.title, upload.format, upload.bytes), |_| ()).await
    }

    /// The same of a file, which is called by its own title where it has one; says how far it is.
    pub async fn ingest_file(&self, upload: Upload, progress: impl FnMut(Progress)) -> Result<Ingested, Failure> {
        let files = from_bytes(&upload.title, upload.format, upload.bytes);
        self.put(BookFiles { is_title_given: false, ..files }, progress).await
    }

    pub(super) async fn put(&self, mut files: BookFiles, progress: impl FnMut(Progress)) -> Result<Ingested, Failure> {
        let _turn = self.turn.lock().await;
        let library = self.store.init_library(self.embedder.model(), self.embedder.dimension()).await?;
        self.store.sweep_leftovers().await?;
        let known = self.store.book_by_source(&files.source).await?;
        let largest = self.largest;
        let (files, fingerprint) = blocking(move || {
            let fingerprint = files.fingerprint(largest);
            (files, fingerprint)
        })
        .await?;
        if let Some(book) = known.clone().filter(|book| book.content_hash == fingerprint.edition) {
            let known = u64::from(book.passage_count);
            return Ok(Ingested { book, outcome: Outcome::Unchanged, known, bad: files.bad });
        }
        let id = match &known {
            Some(book) => book.id.clone(),
            None => self.id_for(&files, &library).await?,
        };
        self.store.begin_book(&id, &fingerprint.edition, &files.source).await?;
        let filled = self.fill(files, id.clone(), fingerprint, &library, progress).await;
        if filled.as_ref().is_err_and(|failure| failure.code == ErrorCode::BookUnreadable) {
            self.store.give_up_book(&id).await?;
        }
        let (Assembled { book, sections, bad }, known_passages) = filled?;
        self.store.finish_book(&book, &sections, &library).await?;
        let outcome = if known.is_some() { Outcome::Replaced } else { Outcome::Added };
        tracing::info!(book = book.id, passages = book.passage_count, ?outcome, "the library changed");
        Ok(Ingested { book, outcome, known: known_passages, bad })
    }

    /// Reads, embeds and writes side by side; answers the book, and how many of its passages were there already.
    async fn fill(
        &self,
        files: BookFiles,
        id: String,
        fingerprint: Fingerprint,
        library: &LibraryState,
        mut progress: impl FnMut(Progress),
    ) -> Result<(Assembled, u64), Failure> {
        let (edition, book) = (fingerprint.edition.clone(), id.clone());
        let (shown, reading, largest) = (files.fallback_title.clone(), self.reader.clone(), self.largest);
        let mut so_far =
            Progress { all_bytes: fingerprint.files.iter().map(|(_, size)| size).sum(), ..Progress::default() };
        let (sender, receiver) = mpsc::channel::<Batch>(READ_AHEAD);
        let reader = tokio::task::spawn_blocking(move || {
            let read_file = |format, bytes: &[u8]| reading.read(format, bytes);
            assemble(files, id, &fingerprint, largest, read_file, |batch| match sender.blocking_send(batch) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            })
        });
        let batches = stream::unfold(receiver, async |mut batches| Some((batches.recv().await?, batches)));
        let prepared = batches.map(|batch| self.prepare(batch, edition.clone(), library.clone()));
        let mut prepared = std::pin::pin!(prepared.buffered(EMBEDDED_AT_ONCE));
        while let Some(prepared) = prepared.next().await {
            let Prepared { batch, new, kept } = prepared?;
            let kept: Vec<&Passage> = batch.passages.iter().filter(|passage| kept.contains(&passage.id)).collect();
            self.store.stage(&book, &edition, &new, &kept, library).await?;
            so_far.bytes += batch.bytes;
            so_far.passages += batch.passages.len() as u64;
            so_far.known += (batch.passages.len() - new.len()) as u64;
            progress(so_far);
        }
        let read = reader.await.map_err(|_| unreadable(&shown, "made the reader fail"))?;
        match read {
            Ok(assembled) => Ok((assembled, so_far.known)),
            Err(Unassembled::Unreadable(reason)) => Err(unreadable(&shown, &reason)),
            Err(Unassembled::NotWanted) => Err(Failure::internal("a book was given up while it was read")),
        }
    }

    /// Embeds what of a batch is not there yet, on a task of its own: it goes on while others are written.
    async fn prepare(&self, batch: Batch, edition: String, library: LibraryState) -> Result<Prepared, Failure> {
        let librarian = self.clone();
        let work = async move {
            let known = librarian.store.known_passages(&edition, &batch.passages, &library).await?;
            let missing: Vec<Passage> =
                batch.passages.iter().filter(|passage| !known.contains_key(&passage.id)).cloned().collect();
            let vectors = librarian.vectors(&missing).await?;
            let with_vectors = missing.into_iter().zip(vectors);
            let new = with_vectors.map(|(passage, embedding)| EmbeddedPassage { passage, embedding }).collect();
            let kept = known.into_iter().filter(|(_, known)| *known == Known::Kept).map(|(id, _)| id).collect();
            Ok(Prepared { batch, new, kept })
        };
        let task = AbortOnDropHandle::new(tokio::spawn(work));
        task.await.map_err(|error| Failure::internal(format!("embedding failed: {error}")))?
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

    /// The one that an ingest from the same source was begun under, or a readable new one; a number makes it unique among books
    /// of the same name.
    async fn id_for(&self, files: &BookFiles, library: &LibraryState) -> Result<String, Failure> {
        let begun = library.drafts.iter().find(|(_, draft)| draft.edition.is_some() && draft.source == files.source);
        if let Some((id, _)) = begun {
            return Ok(id.clone());
        }
        let slug = text::slug(&files.fallback_title);
        let base: String = if slug.is_empty() { "book".to_owned() } else { slug.chars().take(60).collect() };
        let taken: HashSet<String> = self.store.book_ids_from(&base).await?.into_iter().collect();
        let is_free = |id: &String| !library.drafts.contains_key(id) && !taken.contains(id);
        // One more than there are is enough to find a free one.
        let most = taken.len() + library.drafts.len() + 2;
        let mut candidates = std::iter::once(base.clone()).chain((2..=most).map(|number| format!("{base}-{number}")));
        candidates.find(is_free).ok_or_else(|| Failure::internal(format!("no book id is free for `{base}`")))
    }
}

/// A batch that can be written.
struct Prepared {
    batch: Batch,
    new: Vec<EmbeddedPassage>,
    /// Passages of the edition before that are in this one too.
    kept: HashSet<String>,
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
