//! What the GraphQL server, the command line and the measurements stand on.

use std::sync::Arc;
use std::time::Duration;

use pathwright_api::llm::Llm;
use pathwright_api::ports::Embedder;
use pathwright_search::Searcher;
use tokio::sync::Semaphore;

use crate::content::ContentService;
use crate::generation::Generations;
use crate::host::Host;
use crate::ingestions::Ingestions;
use crate::library::{Librarian, TopicCatalog};
use crate::llm::meter::Meter;
use crate::rechecks::Rechecks;
use crate::store::Store;

/// The parts of a running Pathwright.
#[derive(Clone)]
pub struct Services {
    pub store: Store,
    pub host: Arc<Host>,
    pub generations: Generations,
    pub rechecks: Rechecks,
    pub content: ContentService,
    pub librarian: Librarian,
    pub ingestions: Ingestions,
    pub searcher: Searcher,
    pub catalogue: TopicCatalog,
    pub embedder: Arc<dyn Embedder>,
    /// Whether embedding costs calls.
    pub embedding_endpoint: bool,
    /// None: no language model is configured.
    pub llm: Option<Arc<dyn Llm>>,
    pub meter: Arc<Meter>,
    /// How many comparisons of books may be under way.
    pub comparing: Arc<Semaphore>,
    /// Longest posting, in bytes.
    pub posting_bytes: usize,
    /// How long a mutation may wait for a path.
    pub longest_wait: Duration,
}
