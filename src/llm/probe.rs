use async_openai::Client;
use futures::StreamExt;
use pathwright_api::Failure;
use pathwright_api::llm::{Delta, Prompt, Purpose, Question, Shape};
use serde_json::{Value, json};

use super::chat::ChatModel;
use super::endpoint::{Address, Endpoint, Line};
use super::structured::{Rung, read};
use super::trouble::Trouble;
use super::{Models, embed};

/// Enough for a few words, not for an essay.
const ANSWER_TOKENS: u32 = 100;

/// What an endpoint can do, found out by asking it.
pub struct Findings {
    /// The models it lists.
    pub models: Result<Vec<String>, Failure>,
    /// Each way of holding it to a shape, and whether a valid answer came.
    pub shapes: Vec<(Rung, Result<(), String>)>,
    /// Whether text comes in parts, and how many.
    pub streaming: Result<usize, Failure>,
    /// Length of the vectors of the embedding model that was asked for.
    pub embeddings: Result<usize, Failure>,
}

/// Asks for all of it; some eight short calls.
pub async fn probe(models: &Models, embedding_model: &str) -> Findings {
    let listed = list(&models.endpoint).await;
    if let Err(trouble @ (Trouble::Unreachable(_) | Trouble::Silent(_))) = listed {
        let failure = Failure::from(trouble);
        let (models, streaming, embeddings) = (Err(failure.clone()), Err(failure.clone()), Err(failure));
        return Findings { models, shapes: Vec::new(), streaming, embeddings };
    }
    let mut shapes = Vec::new();
    let mut rung = Some(Rung::Schema);
    while let Some(now) = rung {
        shapes.push((now, shaped(&models.chat, now).await));
        rung = now.next();
    }
    let text = ["a short text".to_owned()];
    let vectors = embed(&models.endpoint, &models.meter, embedding_model, &text).await;
    Findings {
        models: listed.map_err(Failure::from),
        shapes,
        streaming: streamed(models).await,
        embeddings: vectors.map(|vectors| vectors[0].len()),
    }
}

async fn list(endpoint: &Endpoint) -> Result<Vec<String>, Trouble> {
    let list = |client: Client<Address>| async move { client.models().list_byot::<Value>().await };
    let answer: Value = endpoint.call(Line::Chat, endpoint.deadline(), list).await?;
    let listed = answer["data"].as_array().into_iter().flatten();
    Ok(listed.filter_map(|model| Some(pathwright_api::plain::printable(model["id"].as_str()?))).collect())
}

async fn shaped(model: &ChatModel, rung: Rung) -> Result<(), String> {
    let shape = probe_shape();
    let question = Question { purpose: Purpose::Probe, prompt: prompt(), answer_tokens: ANSWER_TOKENS };
    let reply = model
        .complete(&question, &shape, rung, None, model.endpoint.deadline())
        .await
        .map_err(|trouble| trouble.to_string())?;
    read(&reply.text, &shape).map(|_| ())
}

async fn streamed(models: &Models) -> Result<usize, Failure> {
    let question = Question { purpose: Purpose::Probe, prompt: prompt(), answer_tokens: ANSWER_TOKENS };
    let mut parts = models.llm.write(question);
    let mut count = 0;
    while let Some(part) = parts.next().await {
        match part {
            Ok(Delta::Text(_)) => count += 1,
            Ok(Delta::End(_)) => {}
            // A talkative model runs into the limit: it streams all the same.
            Err(_) if count > 1 => break,
            Err(failure) => return Err(failure),
        }
    }
    Ok(count)
}

fn prompt() -> Prompt {
    Prompt {
        system:
            "You answer with a JSON object that has two fields: ok, which is true, and word, which is any short word."
                .to_owned(),
        user: "Is everything all right?".to_owned(),
    }
}

fn probe_shape() -> Shape {
    let schema = json!({
        "type": "object", "properties": { "ok": { "type": "boolean" }, "word": { "type": "string", "maxLength": 20 } }, "required": ["ok", "word"], "additionalProperties": false,
    });
    Shape { name: "probe", schema, check: |value| value["ok"].as_bool().map(|_| ()).ok_or("no field ok".to_owned()) }
}
