//! The embedded sequencer: prerequisites first, the job's core as early as they allow. Reading order:

/// The actor: a mailbox around [`order`] and [`stages`].
mod actor;
/// Settings of the plugin.
pub mod config;
/// Which of the topics come before which.
pub mod graph;
/// One order that keeps every edge.
pub mod order;
/// Cutting the order into stages with names, goals and weeks.
pub mod stages;

pub use actor::EmbeddedSequencer;
