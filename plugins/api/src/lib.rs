//! The contract between Pathwright and its plugins.
//!
//! A plugin sees this crate and nothing else of ours: no database, no HTTP, no GraphQL. Modules in reading order:

/// The closed set of error codes, and the error that carries one.
pub mod error;
/// Topics, and the map of what comes before what.
pub mod topic;
/// Job targets, job profiles, role templates.
pub mod job;
/// Books, sections, passages: what the library holds.
pub mod library;
/// Verdicts on topics, external resources.
pub mod coverage;
/// Learning paths: stages of topics in an order that can be followed.
pub mod path;
/// Generated pieces about one topic for one job, and the keys they are cached under.
pub mod content;
/// What the host asks of plugins, one message per question.
pub mod messages;
/// What plugins may ask of the host: embedding, passage search, storage.
pub mod ports;
/// The trait a plugin implements, and what it is given at start.
pub mod plugin;
/// Folding text to words and stems, shared by everything that compares texts.
pub mod text;
/// Fakes of the ports, for the tests of plugins.
pub mod testing;

pub use error::{ErrorCode, Failure};
