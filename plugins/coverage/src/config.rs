use serde::Deserialize;

/// `[plugins.coverage]` of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The confidence, 0 to 1, from which a topic counts as covered.
    pub min_score: f32,
    /// Passages named in a verdict.
    pub passages: usize,
    /// External resources named for an uncovered topic.
    pub resources: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { min_score: 0.75, passages: 5, resources: 5 }
    }
}
