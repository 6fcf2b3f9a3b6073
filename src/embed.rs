//! Embedding models behind the [`Embedder`](pathwright_api::ports::Embedder) port.

/// The embedded model: words hashed into a fixed number of dimensions.
mod hashed;

use std::sync::Arc;

use pathwright_api::ports::Embedder;
use pathwright_api::{ErrorCode, Failure};

/// The embedder of this name; `embedded` is the one that needs no download.
pub fn embedder(name: &str) -> Result<Arc<dyn Embedder>, Failure> {
    match name {
        "embedded" => Ok(Arc::new(hashed::HashedWords)),
        other => Err(Failure::new(
            ErrorCode::InvalidInput,
            format!("no embedding model is called `{other}`; there is `embedded`"),
        )),
    }
}
