use pathwright_api::llm::{Purpose, tokens_of};
use pathwright_api::{ErrorCode, Failure};
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::endpoint::{Endpoint, Line};
use super::meter::{CallRecord, Meter};

/// Texts in one call: what common endpoints take.
const BATCH: usize = 128;

/// Longest text that is embedded, in characters: above it endpoints refuse rather than cut.
const LONGEST: usize = 8_000;

#[derive(Deserialize)]
struct Answer {
    data: Vec<Embedding>,
    usage: Option<Usage>,
}

#[derive(Deserialize)]
struct Embedding {
    index: Option<usize>,
    embedding: Vec<f32>,
}

#[derive(Deserialize)]
struct Usage {
    prompt_tokens: Option<u64>,
}

/// One vector of length 1 a text, in order, all of the same dimension.
pub async fn embed(
    endpoint: &Endpoint,
    meter: &Meter,
    model: &str,
    texts: &[String],
) -> Result<Vec<Vec<f32>>, Failure> {
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH) {
        let deadline = endpoint.deadline();
        let _permit = endpoint.permit(deadline).await?;
        meter.check_budget().await?;
        vectors.extend(embed_batch(endpoint, meter, model, batch, deadline).await?);
    }
    Ok(vectors)
}

async fn embed_batch(
    endpoint: &Endpoint,
    meter: &Meter,
    model: &str,
    texts: &[String],
    deadline: Instant,
) -> Result<Vec<Vec<f32>>, Failure> {
    let begun = std::time::Instant::now();
    let input: Vec<String> = texts.iter().map(|text| text.chars().take(LONGEST).collect()).collect();
    let estimate = input.iter().map(|text| tokens_of(text)).sum();
    let body = json!({ "model": model, "input": input, "encoding_format": "float" });
    let answer: Result<Answer, _> = endpoint
        .call(Line::Embeddings, deadline, |client| async move { client.embeddings().create_byot(body).await })
        .await;
    let said = answer.as_ref().ok().and_then(|answer| answer.usage.as_ref()?.prompt_tokens);
    let failed = answer.is_err();
    let record = CallRecord {
        prompt_tokens: if failed { 0 } else { said.unwrap_or(estimate) },
        answer_tokens: 0,
        estimated: said.is_none(),
        took: begun.elapsed(),
        failed,
    };
    meter.record(model, Purpose::Embed, record).await;
    check(answer?.data, texts.len())
}

/// As many vectors as texts, in the order asked, usable and all of one length.
fn check(mut data: Vec<Embedding>, wanted: usize) -> Result<Vec<Vec<f32>>, Failure> {
    let wrong = |why: String| {
        Err(Failure::new(ErrorCode::ModelAnswerInvalid, format!("the embedding model's answer cannot be used: {why}")))
    };
    if data.len() != wanted {
        return wrong(format!("{} vectors for {wanted} texts", data.len()));
    }
    if data.iter().all(|embedding| embedding.index.is_some()) {
        data.sort_by_key(|embedding| embedding.index);
    }
    let dimension = data.first().map_or(0, |first| first.embedding.len());
    let mut vectors = Vec::with_capacity(wanted);
    for Embedding { embedding, .. } in data {
        let length = embedding.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
        if embedding.len() != dimension || dimension == 0 {
            return wrong("its vectors are not all of one length".to_owned());
        }
        if !length.is_finite() || length < 1e-9 {
            return wrong("a vector has no direction".to_owned());
        }
        vectors.push(embedding.iter().map(|x| (f64::from(*x) / length) as f32).collect());
    }
    Ok(vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedding(index: usize, embedding: &[f32]) -> Embedding {
        Embedding { index: Some(index), embedding: embedding.to_vec() }
    }

    #[test]
    fn vectors_come_in_the_order_asked_and_of_length_one() {
        let vectors = check(vec![embedding(1, &[0.0, 2.0]), embedding(0, &[3.0, 4.0])], 2).unwrap();
        assert_eq!(vectors, [[0.6, 0.8], [0.0, 1.0]]);
    }

    #[test]
    fn too_few_ragged_and_directionless_vectors_are_refused() {
        assert!(check(vec![embedding(0, &[1.0])], 2).is_err());
        assert!(check(vec![embedding(0, &[1.0]), embedding(1, &[1.0, 2.0])], 2).is_err());
        assert!(check(vec![embedding(0, &[0.0, 0.0])], 1).is_err());
        assert!(check(vec![embedding(0, &[f32::NAN, 0.0])], 1).is_err());
    }
}
