use std::sync::Arc;

use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::ports::{Calibration, Embedder};

use crate::llm::meter::Meter;
use crate::llm::{Endpoint, Models, embed};

/// An embedding model at an OpenAI-compatible endpoint.
pub(super) struct EndpointEmbedder {
    endpoint: Arc<Endpoint>,
    meter: Arc<Meter>,
    model: String,
    dimension: usize,
    calibration: Calibration,
}

impl EndpointEmbedder {
    pub(super) async fn connect(
        models: &Models,
        model: &str,
        known: Option<(usize, Calibration)>,
    ) -> Result<Self, Failure> {
        let (dimension, calibration) = match known {
            Some(known) => known,
            None => measure(models, model).await?,
        };
        let (endpoint, meter) = (Arc::clone(&models.endpoint), Arc::clone(&models.meter));
        Ok(Self { endpoint, meter, model: model.to_owned(), dimension, calibration })
    }
}

/// One call tells the dimension, and how near to each other the model puts what belongs together.
async fn measure(models: &Models, model: &str) -> Result<(usize, Calibration), Failure> {
    let texts: Vec<String> = PAIRS.iter().flat_map(|(topic, text)| [(*topic).to_owned(), (*text).to_owned()]).collect();
    let vectors = embed(&models.endpoint, &models.meter, model, &texts).await?;
    Ok((vectors[0].len(), calibrate(&vectors)))
}

#[async_trait]
impl Embedder for EndpointEmbedder {
    fn model(&self) -> &str {
        &self.model
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn calibration(&self) -> Calibration {
        self.calibration
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

/// Topics, each with a passage that treats it: the cosines of pairs against those of strangers tell a model's scale, which lies
/// between .1 and .6 for some models and between .8 and .97 for others.
const PAIRS: [(&str, &str); 8] = [
    (
        "Gradient descent",
        "To minimise the loss, the weights are moved a small step against the gradient, again and again, until the loss stops falling.",
    ),
    (
        "SQL joins",
        "An inner join returns the rows for which the condition on both tables holds; a left join keeps every row of the first table.",
    ),
    (
        "Option pricing",
        "The value of a call today is the discounted expectation of its payoff at expiry under the risk-neutral measure.",
    ),
    (
        "Docker",
        "A container packs a program with its libraries into an image, which runs the same way on every machine with an engine.",
    ),
    (
        "Hypothesis testing",
        "If the p-value falls below the level chosen beforehand, the null hypothesis is rejected in favour of the alternative.",
    ),
    (
        "Unit tests",
        "A small function is called with known input, and the test fails when the result differs from what was expected.",
    ),
    (
        "Time series",
        "The observations are ordered in time, so neighbouring values are correlated, and a trend or a season may be removed first.",
    ),
    (
        "Public speaking",
        "Look at the audience, say one thing at a time, and stop for a moment before the sentence that matters.",
    ),
];

/// Half way between strangers and pairs it is as likely as not; at the pairs' mean it is nine to one.
fn calibrate(vectors: &[Vec<f32>]) -> Calibration {
    let (topics, passages): (Vec<&Vec<f32>>, Vec<&Vec<f32>>) =
        (vectors.iter().step_by(2).collect(), vectors.iter().skip(1).step_by(2).collect());
    let (mut pairs, mut strangers) = (Vec::new(), Vec::new());
    for (row, topic) in topics.iter().enumerate() {
        for (column, passage) in passages.iter().enumerate() {
            let cosine: f32 = topic.iter().zip(passage.iter()).map(|(x, y)| x * y).sum();
            if row == column { pairs.push(cosine) } else { strangers.push(cosine) }
        }
    }
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len().max(1) as f32;
    let (near, far) = (mean(&pairs), mean(&strangers));
    let gap = near - far;
    // A model that does not tell them apart decides nothing.
    let slope = if gap < 0.02 { 0.0 } else { 2.0 * 9f32.ln() / gap };
    Calibration { midpoint: far + gap / 2.0, slope }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pairs at `near`, strangers at `far`.
    fn vectors(near: f32, far: f32) -> Vec<Vec<f32>> {
        let topic = |at: usize| (0..8).map(|axis| if axis == at { 1.0 } else { 0.0 }).collect::<Vec<f32>>();
        let passage = |at: usize| (0..8).map(|axis| if axis == at { near } else { far }).collect::<Vec<f32>>();
        (0..8).flat_map(|at| [topic(at), passage(at)]).collect()
    }

    #[test]
    fn the_same_probability_means_the_same_whatever_the_scale_of_the_model() {
        for (near, far) in [(0.5, 0.1), (0.95, 0.85)] {
            let calibration = calibrate(&vectors(near, far));
            assert!((calibration.probability(near) - 0.9).abs() < 1e-3);
            assert!((calibration.probability(far) - 0.1).abs() < 1e-3);
        }
    }
}
