//! Two writers, one that needs no language model and one that asks it and checks what it says: passages in, cited Markdown out.
//! Reading order:

/// The actors: a mailbox around each writer.
mod actor;
/// Settings of the plugins.
pub mod config;
/// The writer that quotes.
mod extractive;
/// A model's text made safe and honest while it streams.
mod grounding;
/// Passages taken apart into sentences and code, for quoting.
mod material;
/// The writer that asks a language model.
mod model;

pub use actor::{EmbeddedWriter, ModelWriter};

/// Marks what no passage supports.
const UNSUPPORTED: &str = "*(not from the library)*";
