//! The plugin host: starts plugins, asks them with a deadline, starts them again when they fall or hang.

/// Which plugins there are, in an explicit order.
mod registry;
/// One plugin under supervision: factory, permits, counters, restart.
mod supervise;
/// The threads actors live on.
mod threads;

use std::sync::Arc;

use pathwright_api::Failure;
use pathwright_api::job::RoleTemplates;
use pathwright_api::plugin::{AnalyzerHandles, CacheHandles, CoverageHandles, SequencerHandles, WriterHandles};
use pathwright_api::ports::Ports;
use pathwright_api::topic::TopicMap;

pub use registry::{Capability, Factory, Registry};
pub use supervise::{PluginState, PluginStatus, Supervised, wait_out};

use crate::capabilities::capabilities;
use crate::config::Plugins;
use threads::ActorThreads;

/// What plugins are given at start, the same for all.
#[derive(Clone)]
pub struct PluginEnv {
    pub ports: Ports,
    pub topics: Arc<TopicMap>,
    pub templates: Arc<RoleTemplates>,
}

macro_rules! host {
    ($($(#[$doc:meta])* $name:ident: $handles:ty, $mailbox:literal, $seconds:literal, [$($plugin:ident),+];)+) => {
        /// A plugin for each capability, supervised.
        pub struct Host {
            $($(#[$doc])* pub $name: Supervised<$handles>,)+
            pub topics: Arc<TopicMap>,
            pub templates: Arc<RoleTemplates>,
        }

        impl Host {
            /// Starts the configured plugins, each on a thread of its own.
            ///
            /// # Errors
            /// A plugin is not known, refuses its settings, or lacks what it needs.
            pub fn start(registry: &Registry, config: &Plugins, around: PluginEnv) -> Result<Self, Failure> {
                let threads = Arc::new(ActorThreads::start()?);
                Ok(Self {
                    $($name: registry.$name.start(&config.$name, &around, &threads)?,)+
                    topics: around.topics,
                    templates: around.templates,
                })
            }

            /// Every plugin with its health, in the order a path passes them.
            pub fn status(&self) -> Vec<PluginStatus> {
                vec![$(self.$name.status()),+]
            }
        }
    };
}

capabilities!(host);
