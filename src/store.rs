//! SurrealDB: the only module that names it. One file an aggregate, plain values in and out.

/// Opening a database by its address, with errors that say what to do.
mod connect;
/// The dimensions of embedding models at endpoints.
mod embedding_models;
/// The end of an engine, behind which nothing of it is left.
mod ending;
/// What answers the queries.
mod engine;
/// What was deleted, off the disk.
mod erasure;
/// The numbered news of generations, which are also their memory.
mod events;
/// How much there is to read under a heading.
pub mod extents;
/// A folder with a database: checked and mended before an engine opens it.
mod folder;
/// The durable state of generations: rows and leases.
pub mod generations;
/// Rows as releases stored them.
#[cfg(test)]
mod golden;
/// What goes on beside an engine over a folder.
mod keeper;
/// Books, sections and passages; what the library was embedded with.
pub mod library;
/// Numbered, checksummed changes of the schema.
pub mod migrate;
/// Rows that belong to what is gone.
mod orphans;
/// Coverage verdicts overruled by people.
mod overrides;
/// How paths stand to the library.
pub mod path_checks;
/// Learning paths, newest first.
pub mod paths;
/// Generated pieces behind the cache plugin.
mod pieces;
/// Job profiles by hash.
mod profiles;
/// One query: text, bindings, answers.
mod query;
/// The library embedded anew by another model.
pub mod reembed;
/// Whether addresses of the catalogue still answer.
pub mod resources;
/// A database put down anew.
mod rewrite;
/// Passages by vector, and what a search by words is made of.
pub mod search;
/// Books put in and taken out, piece by piece.
pub mod shelving;
/// The jobs learners keep in view.
pub mod target_jobs;
/// What language and embedding models used up.
pub mod usage;
/// Learners and their progress.
pub mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::SeqCst};

use pathwright_api::{ErrorCode, Failure};

pub use connect::{Opening, StoreUrl};
pub use engine::Options;
pub use folder::Engine as FolderEngine;
pub use orphans::Orphan;

/// A connection to the database, shared by cloning.
#[derive(Clone)]
pub struct Store {
    engine: Arc<engine::Engine>,
    queries: Arc<AtomicU64>,
}

impl Store {
    /// Round trips so far; tests prove with it that lists cost a bounded number.
    pub fn query_count(&self) -> u64 {
        self.queries.load(Relaxed)
    }

    /// Whether the disk was full when something was written last, and nothing more is written until there is room.
    pub fn is_full(&self) -> bool {
        self.engine.folder().is_some_and(|on_disk| on_disk.is_full.load(SeqCst))
    }
}

/// What a failure of the database means to people.
fn failure(error: surrealdb::Error) -> Failure {
    let text = error.to_string();
    if is_full(&text) {
        return full();
    }
    if error.is_connection() {
        return Failure::new(ErrorCode::StoreUnavailable, format!("the database does not answer: {text}"));
    }
    // A condition that our own text states, such as a lease that was lost: whoever asked knows what it means.
    if error.is_thrown() {
        tracing::debug!(error = %text, "a condition does not hold any more");
        return Failure::new(ErrorCode::StoreUnavailable, text);
    }
    tracing::error!(error = %text, "the database refused a query");
    Failure::new(ErrorCode::StoreUnavailable, "the database refused a query; the log has the details")
}

/// Whether an error of the system or of an engine says that there is no room.
fn is_full(text: &str) -> bool {
    let folded = text.to_lowercase();
    let signs = ["no space left", "storage full", "storagefull", "os error 28", "quota"];
    signs.iter().any(|sign| folded.contains(sign))
}

fn full() -> Failure {
    let message =
        "the database cannot write: no space is left on its disk; once there is room, writing goes on by itself";
    Failure::new(ErrorCode::StoreFull, message)
}
