use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};
use pathwright_api::Failure;
use pathwright_api::messages::{Sequence, Sequenced};
use pathwright_api::path::PathOrigin;
use pathwright_api::plugin::{Ask, Plugin, PluginInit, SequencerHandles, unless_cancelled};
use pathwright_api::ports::Ports;

use crate::config::Config;
use crate::evidence::Evidence;
use crate::graph::Graph;
use crate::knowledge::Knowledge;
use crate::stages::embedded;

/// The sequencer that needs no language model.
#[derive(Clone)]
pub struct EmbeddedSequencer {
    config: Config,
    ports: Ports,
    knowledge: Arc<Knowledge>,
}

impl Plugin for EmbeddedSequencer {
    const NAME: &'static str = "embedded-sequencer";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = SequencerHandles;

    fn start(init: PluginInit<Config>) -> Result<SequencerHandles, Failure> {
        let knowledge = Arc::new(Knowledge::new(init.topics));
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self { config: init.config, ports: init.ports, knowledge }
        });
        Ok(SequencerHandles { sequence: address.recipient() })
    }
}

impl Actor for EmbeddedSequencer {
    type Context = Context<Self>;
}

/// Detached, because it waits for the library's passages: the host's permits bound how many run at once.
impl Handler<Ask<Sequence>> for EmbeddedSequencer {
    type Result = ResponseFuture<Result<Sequenced, Failure>>;

    fn handle(&mut self, Ask { question, cancelled, .. }: Ask<Sequence>, _: &mut Context<Self>) -> Self::Result {
        let plugin = self.clone();
        let sequenced = async move {
            let evidence = Evidence::gather(&question.topics, &plugin.knowledge, &plugin.ports).await?;
            let graph = Graph::new(question.topics, &plugin.knowledge, &evidence);
            let stages = embedded(&graph, question.hours_per_week, &question.role, &plugin.config);
            let (origin, set_aside) = (PathOrigin::Embedded, graph.set_aside);
            Ok(Sequenced { stages, origin, fallback_reason: None, set_aside })
        };
        Box::pin(async move { unless_cancelled(&cancelled, sequenced).await })
    }
}
