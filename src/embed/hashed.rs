use std::collections::HashMap;

use async_trait::async_trait;
use pathwright_api::ports::{Calibration, Embedder};
use pathwright_api::{Failure, text};

/// Length of the vectors.
const DIMENSION: usize = 256;

/// Words and pairs of words hashed into dimensions with a sign, so that clashes cancel out on average.
///
/// An honest stand-in for a trained model: it knows which words two texts share, however inflected, and nothing of what
/// they mean. A paraphrase with no word in common is not found.
pub(super) struct HashedWords;

#[async_trait]
impl Embedder for HashedWords {
    fn model(&self) -> &str {
        "hashed-words-256-v1"
    }

    fn dimension(&self) -> usize {
        DIMENSION
    }

    /// A title of two words against a passage of 150 that speaks of it reaches 0.2 to 0.4; chance stays below 0.12.
    fn calibration(&self) -> Calibration {
        Calibration { midpoint: 0.26, slope: 18.0 }
    }

    /// On a blocking thread: a book is seconds of pure computation.
    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure> {
        let work = move || texts.iter().map(|text| vector(text)).collect();
        tokio::task::spawn_blocking(work).await.map_err(|error| Failure::internal(format!("embedding failed: {error}")))
    }
}

fn vector(text: &str) -> Vec<f32> {
    const PAIR: f32 = 0.6;
    let stems = text::content_stems(text);
    let mut counts: HashMap<String, f32> = HashMap::new();
    for stem in &stems {
        *counts.entry(stem.clone()).or_default() += 1.0;
    }
    for pair in stems.windows(2) {
        *counts.entry(format!("{} {}", pair[0], pair[1])).or_default() += PAIR;
    }
    let mut vector = vec![0.0f32; DIMENSION];
    for (feature, count) in counts {
        let hash = fnv1a(feature.as_bytes());
        let sign = if hash >> 63 == 0 { 1.0 } else { -1.0 };
        vector[(hash % DIMENSION as u64) as usize] += sign * count.sqrt();
    }
    unit(vector)
}

/// A text without words gets a vector too: the index refuses one of length 0.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm < f32::EPSILON {
        vector[0] = 1.0;
        return vector;
    }
    vector.iter().map(|x| x / norm).collect()
}

/// FNV-1a, 64 bits: the same on every machine and in every version, unlike the standard library's hasher.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cosine(a: &str, b: &str) -> f32 {
        vector(a).iter().zip(vector(b)).map(|(x, y)| x * y).sum()
    }

    #[test]
    fn shared_words_are_near_and_others_far() {
        let passage = "Gradient descent moves the weights against the gradient of the loss, step by step.";
        assert!(cosine("gradient descents", passage) > 0.3);
        assert!(cosine("limit order book", passage).abs() < 0.2);
    }

    proptest! {
        #[test]
        fn every_text_has_a_unit_vector(text in "\\PC{0,200}") {
            let length: f32 = vector(&text).iter().map(|x| x * x).sum();
            prop_assert!((length - 1.0).abs() < 1e-3);
        }
    }
}
