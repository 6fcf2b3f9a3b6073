use std::sync::Arc;

use actix::ArbiterHandle;
use pathwright_analyzer::{EmbeddedAnalyzer, ModelAnalyzer};
use pathwright_api::messages::{AnalyzerHandles, CacheHandles, CoverageHandles, SequencerHandles};
use pathwright_api::plugin::{Plugin, PluginInit};
use pathwright_api::{ErrorCode, Failure};
use pathwright_cache::LayeredCache;
use pathwright_coverage::EmbeddedCoverage;
use pathwright_sequencer::{EmbeddedSequencer, ModelSequencer};

use super::Surroundings;
use super::supervise::Supervised;
use super::threads::ActorThreads;
use crate::config::PluginConfig;

/// The implementations that configuration can choose from, for each capability.
pub struct Registry {
    pub analyzers: Capability<AnalyzerHandles>,
    pub coverages: Capability<CoverageHandles>,
    pub sequencers: Capability<SequencerHandles>,
    pub caches: Capability<CacheHandles>,
}

impl Registry {
    /// The built-in plugins.
    pub fn built_in() -> Self {
        let mut registry = Self {
            analyzers: Capability::new("analyzer", [EmbeddedAnalyzer::NAME, ModelAnalyzer::NAME]),
            coverages: Capability::new("coverage", [EmbeddedCoverage::NAME; 2]),
            sequencers: Capability::new("sequencer", [EmbeddedSequencer::NAME, ModelSequencer::NAME]),
            caches: Capability::new("cache", [LayeredCache::NAME; 2]),
        };
        // Each reads, judges, orders or keeps without a language model, so that Pathwright works on its own.
        registry.analyzers.add::<EmbeddedAnalyzer>();
        registry.coverages.add::<EmbeddedCoverage>();
        registry.sequencers.add::<EmbeddedSequencer>();
        // These ask one too, and fall back to the former.
        registry.analyzers.add::<ModelAnalyzer>();
        registry.sequencers.add::<ModelSequencer>();
        registry.caches.add::<LayeredCache>();
        registry
    }
}

/// Starts a plugin on a thread, as often as asked.
pub type Factory<H> = Arc<dyn Fn(ArbiterHandle) -> Result<H, Failure> + Send + Sync>;

type MakeFactory<H> = Box<dyn Fn(&PluginConfig, &Surroundings) -> Result<Factory<H>, Failure>>;

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
    make: MakeFactory<H>,
}

impl<H: Clone + Send + Sync + 'static> Capability<H> {
    fn new(name: &'static str, defaults: [&'static str; 2]) -> Self {
        Self { name, plugins: Vec::new(), defaults }
    }

    pub fn add<P: Plugin<Handles = H>>(&mut self) {
        let make = |config: &PluginConfig, around: &Surroundings| {
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
        self.plugins.push(Entry { name: P::NAME, version: P::VERSION, make: Box::new(make) });
    }

    pub(super) fn start(
        &self,
        config: &PluginConfig,
        around: &Surroundings,
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
        let (threads, deadline) = (Arc::clone(threads), config.deadline());
        Supervised::start(entry.name, self.name, entry.version, factory, threads, config.mailbox, deadline)
    }
}
