use serde::Deserialize;

/// `[plugins.analyzer]` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Most topics a profile may have, required and implicit together.
    pub max_topics: usize,
    /// Most topics added because the named ones need them.
    pub max_implicit_topics: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { max_topics: 60, max_implicit_topics: 6 }
    }
}
