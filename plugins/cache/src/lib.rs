//! The content cache: hot pieces in memory, all of them in the store. Reading order:

/// The actor: a mailbox around [`cache::PieceCache`].
mod actor;
/// Two layers.
pub mod cache;
/// Settings of the plugin.
pub mod config;

pub use actor::LayeredCache;
