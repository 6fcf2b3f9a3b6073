use std::sync::Arc;

use actix::{Actor, Context, Handler};
use pathwright_api::Failure;
use pathwright_api::messages::{Sequence, Sequenced, SequencerHandles};
use pathwright_api::path::PathOrigin;
use pathwright_api::plugin::{Plugin, PluginInit};
use pathwright_api::topic::TopicMap;

use crate::config::Config;
use crate::graph::Graph;
use crate::stages::embedded;

/// The sequencer that needs no language model.
pub struct EmbeddedSequencer {
    config: Config,
    topics: Arc<TopicMap>,
}

impl Plugin for EmbeddedSequencer {
    const NAME: &'static str = "embedded-sequencer";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = SequencerHandles;

    fn start(init: PluginInit<Config>) -> Result<SequencerHandles, Failure> {
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self { config: init.config, topics: init.topics }
        });
        Ok(SequencerHandles { sequence: address.recipient() })
    }
}

impl Actor for EmbeddedSequencer {
    type Context = Context<Self>;
}

/// A plain handler: well under a millisecond for sixty topics.
impl Handler<Sequence> for EmbeddedSequencer {
    type Result = Result<Sequenced, Failure>;

    fn handle(&mut self, message: Sequence, _: &mut Context<Self>) -> Self::Result {
        let graph = Graph::new(message.topics, &self.topics);
        let stages = embedded(&graph, message.hours_per_week, &message.role, &self.config);
        Ok(Sequenced { stages, origin: PathOrigin::Embedded, fallback_reason: None })
    }
}
