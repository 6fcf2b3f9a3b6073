use std::ops::ControlFlow;

use pathwright_api::library::FoundPassage;
use pathwright_api::{ErrorCode, Failure};
use pathwright_reader::contents::{self, Entry};
use pathwright_reader::{BATCH, Unassembled, assemble, from_bytes};
use pathwright_search::{CANDIDATE, CandidateBook};

use super::ingest::{Librarian, Upload};
use pathwright_api::library::Passage;

/// Titles that are taken in with the title above them.
const TITLES_BELOW: usize = 60;

/// What a candidate is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Basis {
    /// Its titles: where a topic is named, but not how well it is explained.
    TableOfContents,
    /// Its whole text, judged as it would be in the library.
    FullText,
}

/// A book that is not in the library, and stays outside: it lives as long as somebody holds it.
#[derive(Debug)]
pub struct Candidate {
    pub title: String,
    pub basis: Basis,
    pub section_count: usize,
    pub book: CandidateBook,
}

impl Candidate {
    /// A book that says nothing.
    #[cfg(test)]
    pub(crate) fn empty() -> Self {
        Self { title: String::new(), basis: Basis::FullText, section_count: 0, book: CandidateBook::default() }
    }

    pub fn passage(&self, id: &str) -> Option<&FoundPassage> {
        self.book.passages.iter().find(|passage| passage.id == id)
    }
}

impl Librarian {
    /// Reads a whole book without putting it anywhere.
    pub async fn candidate(&self, upload: Upload) -> Result<Candidate, Failure> {
        let title = upload.title;
        let mut files = from_bytes(&title, upload.format, upload.bytes);
        let (reader, largest) = (self.reader.clone(), self.largest);
        let reading = tokio::task::spawn_blocking(move || {
            let fingerprint = files.fingerprint(largest);
            let mut passages = Vec::new();
            let read_file = |format, bytes: &[u8]| reader.read(format, bytes);
            let assembled = assemble(files, CANDIDATE.to_owned(), &fingerprint, largest, read_file, |batch| {
                passages.extend(batch.passages);
                ControlFlow::Continue(())
            });
            assembled.map(|assembled| (assembled.sections.len(), passages))
        });
        let (section_count, passages) = match reading.await.map_err(|_| unreadable("made the reader fail"))? {
            Ok(read) => read,
            Err(Unassembled::Unreadable(reason)) => return Err(unreadable(&reason)),
            Err(Unassembled::NotWanted) => return Err(Failure::internal("a candidate was given up while it was read")),
        };
        self.with_vectors(title, Basis::FullText, section_count, passages).await
    }

    /// Reads a table of contents: each title becomes a passage of a section of its own.
    pub async fn candidate_by_contents(&self, title: String, text: &str) -> Result<Candidate, Failure> {
        let entries = contents::read(text).map_err(|reason| unreadable(&reason))?;
        let passages = (0..entries.len()).map(|at| passage(&entries, at)).collect();
        self.with_vectors(title, Basis::TableOfContents, entries.len(), passages).await
    }

    async fn with_vectors(
        &self,
        title: String,
        basis: Basis,
        section_count: usize,
        passages: Vec<Passage>,
    ) -> Result<Candidate, Failure> {
        let mut vectors = Vec::with_capacity(passages.len());
        for batch in passages.chunks(BATCH) {
            vectors.extend(self.vectors(batch).await?);
        }
        let passages = passages.into_iter().map(FoundPassage::from).collect();
        Ok(Candidate { title, basis, section_count, book: CandidateBook { passages, vectors } })
    }
}

/// A title, with the titles below it: they say what it is about, and measurably better than the title alone.
fn passage(entries: &[Entry], at: usize) -> Passage {
    let entry = &entries[at];
    let deeper = entries[at + 1..].iter().take_while(|below| below.heading.len() > entry.heading.len());
    let below: Vec<&str> = deeper.take(TITLES_BELOW).map(Entry::title).collect();
    let title = entry.title().to_owned();
    Passage {
        id: format!("{CANDIDATE}-p{at}"),
        book: CANDIDATE.to_owned(),
        section: format!("{CANDIDATE}-s{at}"),
        ordinal: at as u32,
        page: entry.page,
        heading: entry.heading.clone(),
        text: if below.is_empty() { title } else { format!("{title}. {}", below.join("; ")) },
    }
}

fn unreadable(reason: &str) -> Failure {
    Failure::new(ErrorCode::BookUnreadable, format!("the candidate {reason}"))
}
