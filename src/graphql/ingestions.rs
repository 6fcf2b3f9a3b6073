use async_graphql::{Context, Enum, ID, Object, Result, Subscription};
use futures::{Stream, StreamExt};
use pathwright_api::{ErrorCode, Failure};

use super::access::{Principal, principal};
use super::enums::IngestOutcome;
use super::error::{Problem, Wire, services};
use super::library::Book;
use super::shelving::SkippedFile;
use crate::ingestions;
use crate::library::Ingested;

/// How far a book that was sent is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum IngestionState {
    /// Waits for its turn, or is being read.
    Running,
    /// It is in the library.
    Completed,
    /// It did not go in.
    Failed,
}

/// A book that was sent to `/books`, on its way into the library.
pub struct Ingestion(ingestions::Ingestion);

impl Ingestion {
    fn ingested(&self) -> Option<&Ingested> {
        self.0.end.as_ref()?.as_deref().ok()
    }
}

/// A book that was sent to `/books`, on its way into the library.
#[Object]
impl Ingestion {
    /// Names it; it is forgotten when twenty others were sent after it, or the server ends.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// What it was sent as.
    async fn title(&self) -> &str {
        &self.0.title
    }

    /// How far it is.
    async fn state(&self) -> IngestionState {
        match &self.0.end {
            None => IngestionState::Running,
            Some(Ok(_)) => IngestionState::Completed,
            Some(Err(_)) => IngestionState::Failed,
        }
    }

    /// How much of it is read and embedded, 0 to 100.
    async fn percent(&self) -> u32 {
        let progress = self.0.progress;
        match self.ingested() {
            Some(_) => 100,
            None => (progress.bytes * 100 / progress.all_bytes.max(1)).min(100) as u32,
        }
    }

    /// Passages that are in.
    async fn passage_count(&self) -> u32 {
        self.ingested().map_or(self.0.progress.passages as u32, |ingested| ingested.book.passage_count)
    }

    /// What became of it; null until it is in.
    async fn outcome(&self) -> Option<IngestOutcome> {
        self.ingested().map(|ingested| ingested.outcome.into())
    }

    /// The book; null until it is in.
    async fn book(&self) -> Option<Book> {
        self.ingested().map(|ingested| Book(ingested.book.clone()))
    }

    /// Parts of it that could not be read.
    async fn skipped(&self) -> Vec<SkippedFile> {
        self.ingested().into_iter().flat_map(|ingested| ingested.bad.iter().cloned().map(SkippedFile::from)).collect()
    }

    /// Why it did not go in; null when it did.
    async fn error(&self) -> Option<Problem> {
        self.0.end.as_ref()?.as_ref().err().cloned().map(Problem::from)
    }
}

#[derive(Default)]
pub struct IngestionQueries;

#[Object]
impl IngestionQueries {
    /// Books that were sent to `/books` and are on their way, and the last that ended, the latest first; at most twenty. For
    /// administrators.
    async fn ingestions(&self, ctx: &Context<'_>) -> Result<Vec<Ingestion>> {
        principal(ctx).and_then(Principal::as_admin).wire()?;
        Ok(services(ctx)?.ingestions.all().into_iter().map(Ingestion).collect())
    }
}

#[derive(Default)]
pub struct IngestionSubscriptions;

#[Subscription]
impl IngestionSubscriptions {
    /// A book that was sent to `/books`: how it stands, then each step further, until it is in or has failed. For administrators.
    async fn ingestion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The id that `/books` answered.")] id: ID,
    ) -> Result<impl Stream<Item = Ingestion> + use<>> {
        principal(ctx).and_then(Principal::as_admin).wire()?;
        let unknown = || Failure::new(ErrorCode::InvalidInput, "no book that was sent has this id");
        let states = services(ctx)?.ingestions.watch(&id).ok_or_else(unknown).wire()?;
        Ok(states.map(Ingestion))
    }
}
