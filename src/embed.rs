//! Embedding models behind the [`Embedder`](pathwright_api::ports::Embedder) port.

/// One at an OpenAI-compatible endpoint.
mod endpoint;
/// The embedded model: words hashed into a fixed number of dimensions.
mod hashed;

use std::sync::Arc;

use pathwright_api::Failure;
use pathwright_api::ports::{Calibration, Embedder};

use crate::llm::Models;

/// The embedder in the binary.
pub fn embedded() -> Arc<dyn Embedder> {
    Arc::new(hashed::HashedWords)
}

/// The embedder of this name at the endpoint. What is `known` of it from an earlier start spares asking, so that an endpoint
/// that is down delays nothing; otherwise one call finds its dimension and calibration out.
pub async fn at_endpoint(
    models: &Models,
    name: &str,
    known: Option<(usize, Calibration)>,
) -> Result<Arc<dyn Embedder>, Failure> {
    Ok(Arc::new(endpoint::EndpointEmbedder::connect(models, name, known).await?))
}
