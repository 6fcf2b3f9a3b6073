use std::time::Duration;

use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plugins {
    pub analyzer: PluginConfig,
    pub coverage: PluginConfig,
    pub sequencer: PluginConfig,
    pub cache: PluginConfig,
}

/// What the host needs to know of a plugin; `settings` is the plugin's own business.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginConfig {
    /// Empty: the one that asks a language model where one is configured, otherwise the one that needs none.
    pub name: String,
    pub mailbox: usize,
    deadline_seconds: u64,
    /// Those of the plugin that is named, over its own defaults.
    #[serde(default)]
    pub settings: serde_json::Map<String, serde_json::Value>,
}

impl PluginConfig {
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds)
    }
}
