//! Language models and embedding models at an OpenAI-compatible endpoint: the only module that names `async_openai`.
//!
//! Everything that leaves here was checked, counted and paid for; everything that fails does so in time, with a reason.

/// A chat model behind the [`Llm`] port.
mod chat;
/// Embeddings, as many texts as one call takes.
mod embeddings;
/// One endpoint: calls within a deadline, tried again where that helps, left alone where it does not.
mod endpoint;
/// What calls cost, and whether there is budget for more.
pub mod meter;
/// What models charge.
pub mod prices;
/// Finding out what an endpoint can do.
pub mod probe;
/// JSON of a given shape from models of any ability.
mod structured;
/// Why a call brought nothing.
mod trouble;

use std::sync::Arc;

use pathwright_api::Failure;
use pathwright_api::llm::Llm;

use crate::config;
pub use embeddings::embed;
pub use endpoint::Endpoint;
use meter::Meter;
pub use structured::Rung;

/// What the configuration names: an endpoint, and its chat model.
#[derive(Clone)]
pub struct Models {
    pub endpoint: Arc<Endpoint>,
    chat: chat::ChatModel,
    pub llm: Arc<dyn Llm>,
    pub meter: Arc<Meter>,
}

impl Models {
    /// Connects to nothing yet: an endpoint that is down delays no start.
    pub fn new(config: &config::Llm, meter: Arc<Meter>) -> Result<Self, Failure> {
        let endpoint = Arc::new(Endpoint::new(config)?);
        let chat = chat::ChatModel::new(Arc::clone(&endpoint), config, Arc::clone(&meter));
        Ok(Self { endpoint, llm: Arc::new(chat.clone()), chat, meter })
    }
}

/// TLS needs to be told which of the cryptography libraries in the binary to use; the first call decides.
pub fn choose_cryptography() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
