use std::sync::Arc;

use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::ports::Embedder;

use crate::llm::meter::Meter;
use crate::llm::{Endpoint, Models, embed};

/// An embedding model at an OpenAI-compatible endpoint.
pub(super) struct EndpointEmbedder {
    endpoint: Arc<Endpoint>,
    meter: Arc<Meter>,
    model: String,
    dimension: usize,
}

impl EndpointEmbedder {
    pub(super) async fn connect(models: &Models, model: &str, dimension: Option<usize>) -> Result<Self, Failure> {
        let (endpoint, meter) = (Arc::clone(&models.endpoint), Arc::clone(&models.meter));
        let dimension = match dimension {
            Some(dimension) => dimension,
            None => embed(&endpoint, &meter, model, &["How long is a vector?".to_owned()]).await?[0].len(),
        };
        Ok(Self { endpoint, meter, model: model.to_owned(), dimension })
    }
}

#[async_trait]
impl Embedder for EndpointEmbedder {
    fn model(&self) -> &str {
        &self.model
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure> {
        let vectors = embed(&self.endpoint, &self.meter, &self.model, &texts).await?;
        match vectors.iter().find(|vector| vector.len() != self.dimension) {
            Some(vector) => {
                let message = format!(
                    "the embedding model's answer cannot be used: {} dimensions where {} are expected of `{}`",
                    vector.len(),
                    self.dimension,
                    self.model
                );
                Err(Failure::new(pathwright_api::ErrorCode::ModelAnswerInvalid, message))
            }
            None => Ok(vectors),
        }
    }
}
