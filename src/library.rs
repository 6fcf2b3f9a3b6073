//! The library: books put in and taken out. Reading them and searching them have crates of their own, under `plugins`.

/// Books that may come, looked at from outside.
mod candidate;
/// Putting books into the library and taking them out.
mod ingest;
/// The library, searched.
mod passage_source;
/// The library embedded anew by another model.
mod reembed;
/// The three short books that come with Pathwright.
mod sample;
/// Files of intricate formats, read in a process of their own.
mod sandbox;
/// The topics of the library as it is now.
mod topic_catalog;
/// The library without its sections' titles, for measuring.
mod untitled;

pub use candidate::{Basis, Candidate};
pub use ingest::{Ingested, Librarian, Outcome, Progress, Upload};
pub use reembed::Reembedded;
pub use sandbox::{ReaderAnswer, SandboxedReader, limit_this_process, read_here, this_program};
pub use topic_catalog::TopicCatalog;
