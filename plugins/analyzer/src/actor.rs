use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};
use pathwright_api::Failure;
use pathwright_api::job::{JobProfile, RoleTemplates};
use pathwright_api::messages::Analyze;
use pathwright_api::plugin::{AnalyzerHandles, Ask, Plugin, PluginInit};
use pathwright_api::ports::LibraryTopics;
use pathwright_api::topic::TopicMap;

use crate::config::Config;
use crate::mentions::Lexicon;
use crate::profile::read_profile;
use crate::shelf::index_of;

/// The analyzer that needs no language model.
pub struct EmbeddedAnalyzer(Arc<Inner>);

struct Inner {
    config: Config,
    lexicon: Lexicon,
    topics: Arc<TopicMap>,
    templates: Arc<RoleTemplates>,
    library: Arc<dyn LibraryTopics>,
}

impl Plugin for EmbeddedAnalyzer {
    const NAME: &'static str = "embedded-analyzer";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = AnalyzerHandles;

    fn start(init: PluginInit<Config>) -> Result<AnalyzerHandles, Failure> {
        let inner = Arc::new(Inner {
            config: init.config,
            lexicon: Lexicon::new(&init.topics),
            topics: init.topics,
            templates: init.templates,
            library: init.ports.topics,
        });
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self(inner)
        });
        Ok(AnalyzerHandles { analyze: address.recipient() })
    }
}

impl Actor for EmbeddedAnalyzer {
    type Context = Context<Self>;
}

/// Detached, because it asks for the library's topics, which are in memory as a rule; then milliseconds of pure computation on the
/// plugin's own thread.
impl Handler<Ask<Analyze>> for EmbeddedAnalyzer {
    type Result = ResponseFuture<Result<JobProfile, Failure>>;

    fn handle(&mut self, Ask { question, .. }: Ask<Analyze>, _: &mut Context<Self>) -> Self::Result {
        let plugin = Arc::clone(&self.0);
        Box::pin(async move {
            let index = index_of(plugin.library.as_ref()).await;
            let Inner { config, lexicon, topics, templates, .. } = plugin.as_ref();
            Ok(read_profile(&question.target, lexicon, topics, &index, templates, config))
        })
    }
}
