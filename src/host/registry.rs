use std::sync::Arc;

use actix::ArbiterHandle;
use pathwright_analyzer::{EmbeddedAnalyzer, ModelAnalyzer};
use pathwright_api::plugin::{
    AnalyzerHandles, CacheHandles, CoverageHandles, Plugin, PluginInit, SequencerHandles, WriterHandles,
};
use pathwright_api::{ErrorCode, Failure};
use pathwright_cache::LayeredCache;
use pathwright_coverage::EmbeddedCoverage;
use pathwright_sequencer::{EmbeddedSequencer, ModelSequencer};
use pathwright_writer::{EmbeddedWriter, ModelWriter};

use super::PluginEnv;
use super::supervise::{Known, Supervised};
use super::threads::ActorThreads;
use crate::capabilities::capabilities;
use crate::config::PluginConfig;

macro_rules! registry {
    ($($(#[$doc:meta])* $name:ident: $handles:ty, $mailbox:literal, $seconds:literal, [$($plugin:ident),+];)+) => {
        /// The implementations that configuration can choose from, for each capability.
        pub struct Registry {
            $($(#[$doc])* pub $name: Capability<$handles>,)+
        }

        impl Registry {
            /// The built-in plugins.
            pub fn built_in() -> Self {
                Self { $($name: {
                    let mut capability = Capability::new(stringify!($name), &[$($plugin::NAME),+]);
                    $(capability.add::<$plugin>();)+
                    capability
                },)+ }
            }
        }
    };
}

capabilities!(registry);

/// Starts a plugin on a thread, as often as asked.
pub type Factory<H> = Arc<dyn Fn(ArbiterHandle) -> Result<H, Failure> + Send + Sync>;

type MakeFactory<H> = Box<dyn Fn(&PluginConfig, &PluginEnv) -> Result<Factory<H>, Failure>>;

/// The plugins that answer the same questions.
pub struct Capability<H> {
    name: &'static str,
    plugins: Vec<Entry<H>>,
    /// Chosen by an empty name: without and with a language model.
    defaults: [&'static str; 2],
}

struct Entry<H> {
    name: &'static str,
    version: &'static str,
    asks_a_model: bool,
    make: MakeFactory<H>,
}

impl<H: Clone + Send + Sync + 'static> Capability<H> {
    fn new(name: &'static str, built_in: &[&'static str]) -> Self {
        let default = |chosen: Option<&&'static str>| chosen.copied().unwrap_or_default();
        Self { name, plugins: Vec::new(), defaults: [default(built_in.first()), default(built_in.last())] }
    }

    pub fn add<P: Plugin<Handles = H>>(&mut self) {
        let make = |config: &PluginConfig, around: &PluginEnv| {
            let settings = serde_json::Value::Object(config.settings.clone());
            let settings: P::Config = serde_json::from_value(settings).map_err(|error| {
                Failure::new(
                    ErrorCode::InvalidInput,
                    format!("the settings of the plugin {} are wrong: {error}", P::NAME),
                )
            })?;
            let around = around.clone();
            let mailbox_capacity = config.mailbox;
            let factory: Factory<H> = Arc::new(move |arbiter| {
                P::start(PluginInit {
                    config: settings.clone(),
                    arbiter,
                    mailbox_capacity,
                    ports: around.ports.clone(),
                    topics: around.topics.clone(),
                    templates: around.templates.clone(),
                })
            });
            Ok(factory)
        };
        let (name, version, asks_a_model) = (P::NAME, P::VERSION, P::ASKS_A_MODEL);
        self.plugins.push(Entry { name, version, asks_a_model, make: Box::new(make) });
    }

    pub(super) fn start(
        &self,
        config: &PluginConfig,
        around: &PluginEnv,
        threads: &Arc<ActorThreads>,
    ) -> Result<Supervised<H>, Failure> {
        let name = match config.name.as_str() {
            "" => self.defaults[usize::from(around.ports.llm.is_some())],
            named => named,
        };
        let Some(entry) = self.plugins.iter().find(|entry| entry.name == name) else {
            let known: Vec<&str> = self.plugins.iter().map(|entry| entry.name).collect();
            let message = format!("no {} plugin is called `{name}`; there is {}", self.name, known.join(", "));
            return Err(Failure::new(ErrorCode::InvalidInput, message));
        };
        let factory = (entry.make)(config, around)?;
        let known = Known {
            name: entry.name,
            capability: self.name,
            version: entry.version,
            asks_a_model: entry.asks_a_model && around.ports.llm.is_some(),
            capacity: config.mailbox,
            deadline: config.deadline(),
        };
        Supervised::start(known, factory, Arc::clone(threads))
    }
}
