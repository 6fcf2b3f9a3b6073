use std::time::Duration;

use serde::Deserialize;

use crate::capabilities::capabilities;

/// What the host needs to know of a plugin; `settings` is the plugin's own business.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginConfig {
    /// Empty: the one that asks a language model where one is configured, otherwise the one that needs none.
    pub name: String,
    /// Questions that may be under way.
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

macro_rules! plugins {
    ($($(#[$doc:meta])* $name:ident: $handles:ty, $mailbox:literal, $seconds:literal, [$($plugin:ident),+];)+) => {
        /// One plugin for each capability.
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Plugins {
            $($(#[$doc])* pub $name: PluginConfig,)+
        }

        impl Plugins {
            /// Each with its capability, in the order a path passes them.
            pub fn iter(&self) -> impl Iterator<Item = (&'static str, &PluginConfig)> {
                [$((stringify!($name), &self.$name)),+].into_iter()
            }

            /// What holds where nothing else is configured.
            pub(super) fn defaults() -> toml::Table {
                let mut all = toml::Table::new();
                $(all.insert(stringify!($name).to_owned(), default($mailbox, $seconds).into());)+
                all
            }
        }
    };
}

capabilities!(plugins);

fn default(mailbox: i64, seconds: i64) -> toml::Table {
    let values: [(&str, toml::Value); 3] =
        [("name", "".into()), ("mailbox", mailbox.into()), ("deadline_seconds", seconds.into())];
    values.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
