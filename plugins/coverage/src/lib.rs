//! The embedded coverage plugin: is a topic explained in the library, or only mentioned? Reading order:

/// The actor: finds candidates through the ports, judges them, adds resources where nothing covers a topic.
mod actor;
/// How near the nearest sentences of a passage come to a topic.
pub mod closeness;
/// Settings of the plugin.
pub mod config;
/// What can be seen of a topic in a passage.
pub mod features;
/// From features of passages to a calibrated confidence.
pub mod judge;
/// Where else to learn a topic: the curated catalogue, then search links.
pub mod resource_catalog;

use include_dir::{Dir, include_dir};

pub use actor::{EmbeddedCoverage, question};

static RESOURCES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/resources");

/// The files of the built-in catalogue: name and TOML text.
pub fn resource_files() -> Vec<(&'static str, &'static str)> {
    let named = RESOURCES.files().filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)));
    named.filter(|(name, _)| name.ends_with(".toml")).collect()
}
