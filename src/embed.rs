//! Embedding models behind the [`Embedder`](pathwright_api::ports::Embedder) port.

/// The model in the binary: a vector a token.
mod embedded;
/// One at an OpenAI-compatible endpoint.
mod endpoint;
/// A transformer in a folder.
mod local;

use std::path::Path;
use std::sync::Arc;

use pathwright_api::Failure;
use pathwright_api::ports::Embedder;

use crate::llm::Models;

/// The embedder in the binary.
pub fn embedded() -> Arc<dyn Embedder> {
    Arc::new(embedded::EmbeddedModel)
}

/// Whether the model in the binary knows a word in small letters as a whole: it is a word then, and no slip of the finger.
pub fn has_word(word: &str) -> bool {
    embedded::has_word(word)
}

/// The sentence-transformers model in a folder: its `model.safetensors`, `config.json` and `tokenizer.json`.
pub async fn in_folder(folder: &Path) -> Result<Arc<dyn Embedder>, Failure> {
    let folder = folder.to_owned();
    let loading = tokio::task::spawn_blocking(move || local::LocalModel::load(&folder)).await;
    let loaded = loading.map_err(|error| Failure::internal(format!("loading the embedding model failed: {error}")))?;
    Ok(Arc::new(loaded?))
}

/// The embedder of this name at the endpoint. The `dimension` known from an earlier start spares asking, so that an endpoint
/// that is down delays nothing; otherwise one call finds it out.
pub async fn at_endpoint(models: &Models, name: &str, dimension: Option<usize>) -> Result<Arc<dyn Embedder>, Failure> {
    Ok(Arc::new(endpoint::EndpointEmbedder::connect(models, name, dimension).await?))
}

/// Of length 1. A text without words gets a vector too: the index refuses one of length 0.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm < f32::EPSILON {
        vector.fill(0.0);
        vector[0] = 1.0;
        return vector;
    }
    vector.iter().map(|x| x / norm).collect()
}
