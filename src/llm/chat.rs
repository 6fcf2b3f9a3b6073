/// What a call used up.
mod bill;
/// The name of an answer's limit.
mod limit;
/// Text as it comes.
mod stream;

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use pathwright_api::llm::{Delta, Llm, Prompt, Question, Shape, tokens_of};
use pathwright_api::{ErrorCode, Failure, text};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::endpoint::{Endpoint, Line};
use super::meter::Meter;
use super::structured::{Ladder, Rung, read};
use super::trouble::Trouble;
use crate::config;
use bill::Bill;
use limit::LimitName;

/// Longest answer quoted back to a model that is to mend it, in characters.
const QUOTED: usize = 2_000;

/// A chat model at an endpoint.
#[derive(Clone)]
pub(super) struct ChatModel {
    pub(super) endpoint: Arc<Endpoint>,
    meter: Arc<Meter>,
    ladder: Arc<Ladder>,
    model: String,
    prompt_tokens: usize,
    answer_tokens: u32,
    limit: Arc<LimitName>,
}

/// An answer that did not fit, and why.
pub(super) struct Mending {
    answer: String,
    why: String,
}

/// A complete answer.
pub(super) struct Reply {
    pub(super) text: String,
    cut_off: bool,
}

impl ChatModel {
    pub(super) fn new(endpoint: Arc<Endpoint>, config: &config::Llm, meter: Arc<Meter>) -> Self {
        let openai = config.base_url().contains("://api.openai.com/");
        Self {
            endpoint,
            meter,
            // OpenAI's schemas know no bounds on lengths.
            ladder: Arc::new(Ladder::from(if openai { Rung::PlainSchema } else { Rung::Schema })),
            model: config.model.clone(),
            answer_tokens: config.answer_tokens,
            prompt_tokens: config.context_tokens.saturating_sub(config.answer_tokens as usize),
            limit: Arc::new(LimitName::new(openai)),
        }
    }

    fn body(&self, messages: Vec<Value>, limit: &str, answer_tokens: u32) -> Value {
        let mut body = json!({ "model": self.model, "messages": messages });
        body[limit] = answer_tokens.min(self.answer_tokens).into();
        body
    }

    /// One call, counted; tried again by the endpoint where that helps.
    pub(super) async fn complete(
        &self,
        question: &Question,
        shape: &Shape,
        rung: Rung,
        mending: Option<&Mending>,
        deadline: Instant,
    ) -> Result<Reply, Trouble> {
        loop {
            let limit = self.limit.now();
            let mut body = self.body(messages(rung, &question.prompt, shape, mending), limit, question.answer_tokens);
            if let Some(format) = rung.format(shape) {
                body["response_format"] = format;
            }
            let prompt = tokens_of(&body["messages"].to_string());
            let mut bill = Bill::new(&self.meter, &self.model, question.purpose, prompt);
            let call = self.endpoint.call(Line::Chat, deadline, |client| async move {
                client.chat().create_byot::<Value, Value>(body).await
            });
            let reply = call.await.and_then(|mut answer| {
                bill.usage = answer["usage"].take();
                Reply::of(&answer)
            });
            match reply {
                Ok(reply) => {
                    bill.answer.clone_from(&reply.text);
                    bill.pay().await;
                    return Ok(reply);
                }
                Err(trouble) => {
                    bill.write_off(&trouble).await;
                    if !self.limit.turn(limit, &trouble) {
                        return Err(trouble);
                    }
                }
            }
        }
    }

    /// Climbs down from strict schemas to plain text as the endpoint refuses; lets the model mend its answer once.
    async fn shaped(&self, question: &Question, shape: &Shape) -> Result<Value, Failure> {
        let deadline = self.endpoint.deadline();
        let _permit = self.endpoint.permit(deadline).await?;
        // Only now: many may have waited for a place.
        self.ready().await?;
        let mut rung = self.ladder.rung();
        let mut mending: Option<Mending> = None;
        loop {
            let reply = self.complete(question, shape, rung, mending.as_ref(), deadline).await;
            let reply = match (reply, rung.next()) {
                (Err(trouble), Some(next)) if trouble.is_refusal() => {
                    tracing::debug!(%trouble, "the endpoint refuses {rung}; trying {next}");
                    rung = next;
                    continue;
                }
                (reply, _) => reply?,
            };
            self.ladder.works(rung);
            let why = match read(&reply.text, shape) {
                Ok(value) => return Ok(value),
                // The same limit would cut it off again.
                Err(_) if reply.cut_off => {
                    return Err(Trouble::CutOff(question.answer_tokens.min(self.answer_tokens)).into());
                }
                Err(why) => why,
            };
            tracing::debug!(why, "the model's answer does not fit");
            if mending.is_some() {
                let message = "the language model's answer does not fit, not even its second one";
                return Err(Failure::new(ErrorCode::ModelAnswerInvalid, message));
            }
            mending = Some(Mending { answer: reply.text, why });
        }
    }
}

#[async_trait]
impl Llm for ChatModel {
    fn model(&self) -> &str {
        &self.model
    }

    fn prompt_tokens(&self) -> usize {
        self.prompt_tokens
    }

    async fn ready(&self) -> Result<(), Failure> {
        self.meter.check_budget().await
    }

    async fn answer(&self, question: Question, shape: Shape) -> Result<Value, Failure> {
        self.shaped(&question, &shape).await
    }

    fn write(&self, question: Question) -> BoxStream<'static, Result<Delta, Failure>> {
        stream::write(self.clone(), question)
    }
}

impl Reply {
    fn of(answer: &Value) -> Result<Self, Trouble> {
        let choice = &answer["choices"][0];
        match choice["message"]["content"].as_str() {
            Some(text) => Ok(Self { text: text.to_owned(), cut_off: choice["finish_reason"] == "length" }),
            None if choice["message"]["refusal"].is_string() => Err(Trouble::Refused),
            None => Err(Trouble::Broken("it holds no message".to_owned())),
        }
    }
}

fn messages(rung: Rung, prompt: &Prompt, shape: &Shape, mending: Option<&Mending>) -> Vec<Value> {
    let mut messages = vec![
        json!({ "role": "system", "content": rung.instruct(prompt, shape) }),
        json!({ "role": "user", "content": prompt.user }),
    ];
    if let Some(Mending { answer, why }) = mending {
        let answer = text::shorten(answer, QUOTED);
        let wish = format!(
            "That answer cannot be used: {why}. Give the whole answer again, as the one JSON object that was asked for."
        );
        messages.push(json!({ "role": "assistant", "content": answer }));
        messages.push(json!({ "role": "user", "content": wish }));
    }
    messages
}
