use serde::Deserialize;

/// `[plugins.sequencer]` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// A stage is not closed before it has this many topics, unless the path ends.
    pub min_topics: usize,
    /// A stage is closed when it has this many.
    pub max_topics: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { min_topics: 3, max_topics: 6 }
    }
}
