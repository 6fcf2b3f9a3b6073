//! The plugin host: starts plugins, asks them with a deadline, starts them again when they fall or hang.

/// Which plugins there are, in an explicit order.
mod registry;
/// One plugin under supervision: factory, permits, counters, restart.
mod supervise;
/// The threads actors live on.
mod threads;

use std::sync::Arc;

use pathwright_analyzer::EmbeddedAnalyzer;
use pathwright_api::Failure;
use pathwright_api::job::RoleTemplates;
use pathwright_api::llm::Purpose;
use pathwright_api::messages::{AnalyzerHandles, CacheHandles, CoverageHandles, SequencerHandles};
use pathwright_api::plugin::Plugin;
use pathwright_api::ports::Ports;
use pathwright_api::topic::TopicMap;
use pathwright_sequencer::EmbeddedSequencer;

pub use registry::{Capability, Factory, Registry};
pub use supervise::{PluginState, PluginStatus, Supervised, wait_out};

use crate::config::Plugins;
use threads::ActorThreads;

/// The four plugins, supervised.
pub struct Host {
    pub analyzer: Supervised<AnalyzerHandles>,
    pub coverage: Supervised<CoverageHandles>,
    pub sequencer: Supervised<SequencerHandles>,
    pub cache: Supervised<CacheHandles>,
    pub topics: Arc<TopicMap>,
    pub templates: Arc<RoleTemplates>,
}

/// What plugins are given at start, the same for all.
#[derive(Clone)]
pub struct Surroundings {
    pub ports: Ports,
    pub topics: Arc<TopicMap>,
    pub templates: Arc<RoleTemplates>,
}

impl Host {
    /// Starts the configured plugins, each on a thread of its own.
    pub fn start(registry: &Registry, config: &Plugins, around: Surroundings) -> Result<Self, Failure> {
        let threads = Arc::new(ActorThreads::start()?);
        Ok(Self {
            analyzer: registry.analyzers.start(&config.analyzer, &around, &threads)?,
            coverage: registry.coverages.start(&config.coverage, &around, &threads)?,
            sequencer: registry.sequencers.start(&config.sequencer, &around, &threads)?,
            cache: registry.caches.start(&config.cache, &around, &threads)?,
            topics: around.topics,
            templates: around.templates,
        })
    }

    /// Whether the plugin that does this work is one that may ask a language model.
    pub fn may_ask_a_model(&self, purpose: Purpose) -> bool {
        match purpose {
            Purpose::Analyze => self.analyzer.status().name != EmbeddedAnalyzer::NAME,
            Purpose::Sequence => self.sequencer.status().name != EmbeddedSequencer::NAME,
            Purpose::Write | Purpose::Embed | Purpose::Probe => true,
        }
    }

    /// Every plugin with its health, in the order a path passes them.
    pub fn status(&self) -> Vec<PluginStatus> {
        vec![self.analyzer.status(), self.coverage.status(), self.sequencer.status(), self.cache.status()]
    }
}
