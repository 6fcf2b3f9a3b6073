use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};
use pathwright_api::messages::{Write, Written};
use pathwright_api::plugin::{Ask, News, Plugin, PluginInit, WriterHandles, unless_cancelled};
use pathwright_api::{ErrorCode, Failure};

use crate::config::Config;
use crate::extractive;
use crate::model::ModelText;

/// The writer that needs no language model: it quotes.
pub struct EmbeddedWriter;

impl Plugin for EmbeddedWriter {
    const NAME: &'static str = "embedded-writer";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = WriterHandles;

    fn start(init: PluginInit<Config>) -> Result<WriterHandles, Failure> {
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self
        });
        Ok(WriterHandles { write: address.recipient(), version: extractive::VERSION.to_owned(), stand_in: None })
    }
}

impl Actor for EmbeddedWriter {
    type Context = Context<Self>;
}

/// Milliseconds of computation.
impl Handler<Ask<Write>> for EmbeddedWriter {
    type Result = Result<Written, Failure>;

    fn handle(&mut self, Ask { question, .. }: Ask<Write>, _: &mut Context<Self>) -> Self::Result {
        extractive::write(&question)
    }
}

/// The writer that asks a language model and holds it to the passages. Where the model fails, the embedded writer stands in and says
/// so.
#[derive(Clone)]
pub struct ModelWriter {
    /// None: no model is configured.
    model: Option<Arc<ModelText>>,
}

impl Plugin for ModelWriter {
    const NAME: &'static str = "model-writer";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = WriterHandles;
    const ASKS_A_MODEL: bool = true;

    fn start(init: PluginInit<Config>) -> Result<WriterHandles, Failure> {
        let model = init.ports.llm.map(ModelText::new).transpose()?.map(Arc::new);
        let embedded = || extractive::VERSION.to_owned();
        let version = model.as_ref().map_or_else(embedded, |model| model.version());
        let stand_in = model.as_ref().map(|_| embedded());
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self { model }
        });
        Ok(WriterHandles { write: address.recipient(), version, stand_in })
    }
}

impl Actor for ModelWriter {
    type Context = Context<Self>;
}

/// Detached, because it waits seconds for the model: the host's permits bound how many run at once.
impl Handler<Ask<Write>> for ModelWriter {
    type Result = ResponseFuture<Result<Written, Failure>>;

    fn handle(&mut self, Ask { question, cancelled, news }: Ask<Write>, _: &mut Context<Self>) -> Self::Result {
        let plugin = self.clone();
        Box::pin(async move { unless_cancelled(&cancelled, plugin.write(&question, &news)).await })
    }
}

impl ModelWriter {
    async fn write(&self, question: &Write, news: &News<String>) -> Result<Written, Failure> {
        let Some(model) = &self.model else {
            return extractive::write(question);
        };
        match model.write(question, news).await {
            Err(failure) if is_the_models(&failure) => {
                tracing::warn!(code = %failure.code, %failure, "the language model did not write the piece; the embedded writer stands in");
                let reason = format!("the embedded writer stands in for the language model: {failure}");
                Ok(Written { fallback_reason: Some(reason), ..extractive::write(question)? })
            }
            written => written,
        }
    }
}

/// Another writer can do what the model could not.
fn is_the_models(failure: &Failure) -> bool {
    matches!(failure.code, ErrorCode::ModelUnavailable | ErrorCode::ModelAnswerInvalid | ErrorCode::BudgetSpent)
}
