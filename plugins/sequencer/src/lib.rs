//! Two sequencers, one that needs no language model and one that checks what a model proposes: prerequisites first,
//! the job's core as early as they allow. Reading order:

/// The embedded sequencer's actor: a mailbox around [`stages::embedded`].
mod actor;
/// Settings of the plugins.
pub mod config;
/// Titles that open a subject or round it off.
mod cues;
/// What embedding model and library say of topics.
pub mod evidence;
/// Small maps and any proposals, for the tests.
#[cfg(test)]
mod fixtures;
/// Which of the topics come before which, and who says so.
pub mod graph;
/// What the map says of topics, known to it or not.
pub mod knowledge;
/// The actor that asks a language model, and falls back to [`stages::embedded`].
mod model;
/// What stages are called, and why they come when they do.
pub mod naming;
/// Orders that keep every edge.
pub mod order;
/// What a language model is told about the topics.
pub mod prompt;
/// What a language model may answer, and what becomes of it.
pub mod proposal;
/// From the model's order to one that can be followed.
pub mod repair;
/// Titles that count the parts of a series.
pub mod series;
/// Stages with names, goals and weeks out of topics in order.
pub mod stages;

pub use actor::EmbeddedSequencer;
pub use model::ModelSequencer;
