//! The contract between Pathwright and its plugins.
//!
//! A plugin sees this crate and nothing else of ours: no database, no HTTP, no GraphQL. Modules in reading order:

/// Generated pieces about one topic for one job, and the keys they are cached under.
pub mod content;
/// Verdicts on topics, external resources.
pub mod coverage;
/// The closed set of error codes, and the error that carries one.
pub mod error;
/// Job targets, job profiles, role templates.
pub mod job;
/// Books, sections, passages: what the library holds.
pub mod library;
/// Asking a language model.
pub mod llm;
/// What the host asks of plugins, one question each: data, and nothing but data.
pub mod messages;
/// Learning paths: stages of topics in an order that can be followed.
pub mod path;
/// Telling plain text from text that carries more than it shows.
pub mod plain;
/// The trait a plugin implements, what it is given at start, and how questions reach it.
pub mod plugin;
/// What plugins may ask of the host: embedding, passage search, storage.
pub mod ports;
/// Fakes of the ports, for the tests of plugins.
pub mod testing;
/// Folding text to words and stems, shared by everything that compares texts.
pub mod text;
/// Topics, and the map of what comes before what.
pub mod topic;
/// The library's own index: topics that books name, and where.
pub mod topic_index;

pub use error::{ErrorCode, Failure};

/// The guide to writing a plugin; its example is compiled and run with the other tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct PluginGuide;
