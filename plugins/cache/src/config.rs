use serde::Deserialize;

/// `[plugins.cache]` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Pieces held in memory, each some kilobytes.
    pub hot_pieces: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { hot_pieces: 1_000 }
    }
}
