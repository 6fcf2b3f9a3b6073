use std::sync::Arc;

use actix::ArbiterHandle;
use serde::de::DeserializeOwned;

use crate::error::Failure;
use crate::job::RoleTemplates;
use crate::ports::Ports;
use crate::topic::TopicMap;

/// A plugin: an actor, started from a factory as often as need be.
pub trait Plugin: 'static {
    /// The name under which configuration chooses it.
    const NAME: &'static str;
    /// The version shown in the `plugins` query.
    const VERSION: &'static str;
    /// Its own section of the configuration; unknown keys are refused.
    type Config: DeserializeOwned + Default + Clone + Send + Sync;
    /// The recipients it offers, one struct for each capability.
    type Handles: Clone + Send + Sync;

    /// Starts the actor on the given arbiter. Called again after a panic, with the same arguments.
    fn start(init: PluginInit<Self::Config>) -> Result<Self::Handles, Failure>;
}

/// What a plugin is given at start.
#[derive(Clone)]
pub struct PluginInit<C> {
    pub config: C,
    /// The thread to start the actor on.
    pub arbiter: ArbiterHandle,
    /// Messages the actor's mailbox holds before the host answers `BUSY`.
    pub mailbox_capacity: usize,
    pub ports: Ports,
    pub topics: Arc<TopicMap>,
    pub templates: Arc<RoleTemplates>,
}
