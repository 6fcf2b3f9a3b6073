use serde::Deserialize;

/// `[plugins.writer.settings]` of the configuration: there are none so far.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {}
