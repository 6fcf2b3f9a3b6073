use std::sync::Arc;

use actix::{Actor, Context, Handler};
use pathwright_api::Failure;
use pathwright_api::job::{JobProfile, RoleTemplates};
use pathwright_api::messages::{Analyze, AnalyzerHandles};
use pathwright_api::plugin::{Plugin, PluginInit};
use pathwright_api::topic::TopicMap;

use crate::config::Config;
use crate::mentions::Lexicon;
use crate::profile::read_profile;

/// The analyzer that needs no language model.
pub struct EmbeddedAnalyzer {
    config: Config,
    lexicon: Lexicon,
    topics: Arc<TopicMap>,
    templates: Arc<RoleTemplates>,
}

impl Plugin for EmbeddedAnalyzer {
    const NAME: &'static str = "embedded-analyzer";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = AnalyzerHandles;

    fn start(init: PluginInit<Config>) -> Result<AnalyzerHandles, Failure> {
        let lexicon = Lexicon::new(&init.topics);
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self { config: init.config, lexicon, topics: init.topics, templates: init.templates }
        });
        Ok(AnalyzerHandles { analyze: address.recipient() })
    }
}

impl Actor for EmbeddedAnalyzer {
    type Context = Context<Self>;
}

/// A plain handler: milliseconds of pure computation on the plugin's own thread, one posting at a time.
impl Handler<Analyze> for EmbeddedAnalyzer {
    type Result = Result<JobProfile, Failure>;

    fn handle(&mut self, message: Analyze, _: &mut Context<Self>) -> Self::Result {
        Ok(read_profile(&message.target, &self.lexicon, &self.topics, &self.templates, &self.config))
    }
}
