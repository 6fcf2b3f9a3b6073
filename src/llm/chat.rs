use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use async_openai::types::stream::StreamResponse;
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::BoxStream;
use pathwright_api::llm::{Cost, Delta, Llm, Prompt, Purpose, Question, Shape, tokens_of};
use pathwright_api::{ErrorCode, Failure, text};
use serde_json::{Value, json};

use super::endpoint::{Endpoint, Line, Trouble};
use super::meter::{CallRecord, Meter};
use super::structured::{Ladder, Rung, read};
use crate::config;

/// Longest answer quoted back to a model that is to mend it, in characters.
const QUOTED: usize = 2_000;

/// A chat model at an endpoint.
#[derive(Clone)]
pub(super) struct ChatModel {
    endpoint: Arc<Endpoint>,
    meter: Arc<Meter>,
    ladder: Arc<Ladder>,
    model: String,
    prompt_tokens: usize,
    answer_tokens: u32,
    /// OpenAI's own models want the newer name of the limit; other servers may only know the older.
    limit_field: &'static str,
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
            ladder: Arc::new(Ladder::new()),
            model: config.model.clone(),
            answer_tokens: config.answer_tokens,
            prompt_tokens: config.context_tokens.saturating_sub(config.answer_tokens as usize),
            limit_field: if openai { "max_completion_tokens" } else { "max_tokens" },
        }
    }

    fn body(&self, messages: Vec<Value>, answer_tokens: u32) -> Value {
        let mut body = json!({ "model": self.model, "messages": messages });
        body[self.limit_field] = answer_tokens.min(self.answer_tokens).into();
        body
    }

    /// One call, counted; tried again by the endpoint where that helps.
    pub(super) async fn complete(
        &self,
        question: &Question,
        shape: &Shape,
        rung: Rung,
        mending: Option<&(String, String)>,
    ) -> Result<Reply, Trouble> {
        let mut body = self.body(messages(rung, &question.prompt, shape, mending), question.answer_tokens);
        if let Some(format) = rung.format(shape) {
            body["response_format"] = format;
        }
        let mut bill = Bill::new(self, question.purpose, tokens_of(&body["messages"].to_string()));
        let answer: Result<Value, Trouble> =
            self.endpoint.call(Line::Chat, |client| async move { client.chat().create_byot(body).await }).await;
        let reply = answer.and_then(|answer| {
            bill.usage = answer["usage"].clone();
            Reply::of(&answer)
        });
        match &reply {
            Ok(reply) => bill.answer.clone_from(&reply.text),
            Err(trouble) => bill.fail(trouble),
        }
        bill.pay().await;
        reply
    }

    /// Climbs down from strict schemas to plain text as the endpoint refuses; lets the model mend its answer once.
    async fn shaped(&self, question: &Question, shape: &Shape) -> Result<Value, Failure> {
        let _permit = self.endpoint.permit().await?;
        let mut rung = self.ladder.rung();
        let mut mending: Option<(String, String)> = None;
        loop {
            let reply = match (self.complete(question, shape, rung, mending.as_ref()).await, rung.next()) {
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
                Err(why) if reply.cut_off => {
                    format!("it was cut off after {} tokens ({why})", question.answer_tokens.min(self.answer_tokens))
                }
                Err(why) => why,
            };
            if mending.is_some() {
                let message = format!("the language model's answer cannot be used, not even its second one: {why}");
                return Err(Failure::new(ErrorCode::ModelAnswerInvalid, message));
            }
            mending = Some((reply.text, why));
        }
    }

    async fn open(&self, body: Value) -> Result<StreamResponse<Value>, Trouble> {
        self.endpoint.call(Line::Chat, |client| async move { client.chat().create_stream_byot(body).await }).await
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
        self.ready().await?;
        let answered = tokio::time::timeout(self.endpoint.deadline, self.shaped(&question, &shape)).await;
        answered.unwrap_or_else(|_| Err(Trouble::Silent(self.endpoint.deadline.as_secs_f32()).into()))
    }

    fn write(&self, question: Question) -> BoxStream<'static, Result<Delta, Failure>> {
        let model = self.clone();
        let deadline = tokio::time::Instant::now() + self.endpoint.deadline;
        let stream = async_stream::try_stream! {
            model.ready().await?;
            let late = || Failure::from(Trouble::Silent(model.endpoint.deadline.as_secs_f32()));
            let permit = tokio::time::timeout_at(deadline, model.endpoint.permit()).await;
            let _permit = permit.map_err(|_| late())??;
            let Prompt { system, user } = &question.prompt;
            let messages = vec![json!({ "role": "system", "content": system }), json!({ "role": "user", "content": user })];
            let mut body = model.body(messages, question.answer_tokens);
            body["stream"] = true.into();
            body["stream_options"] = json!({ "include_usage": true });
            let mut bill = Bill::new(&model, question.purpose, question.prompt.tokens());
            let mut parts = model.open(body).await.inspect_err(|trouble| bill.fail(trouble))?;
            let mut ended = false;
            loop {
                // The first words take as long as the prompt is to read; afterwards silence means trouble.
                let patience = if bill.answer.is_empty() { deadline } else { deadline.min(tokio::time::Instant::now() + model.endpoint.idle) };
                let part = tokio::time::timeout_at(patience, next(&mut parts)).await;
                let Some(part) = part.map_err(|_| { bill.failed = true; late() })? else { break };
                let part = part.map_err(|error| { bill.failed = true; Failure::from(model.endpoint.trouble(error)) })?;
                ended |= part["choices"][0]["finish_reason"].is_string();
                if part["usage"].is_object() {
                    bill.usage = part["usage"].clone();
                }
                if let Some(words) = part["choices"][0]["delta"]["content"].as_str().filter(|words| !words.is_empty()) {
                    bill.answer.push_str(words);
                    yield Delta::Text(words.to_owned());
                }
            }
            if !ended {
                bill.failed = true;
                Err(Failure::from(Trouble::Broken("it broke off in the middle".to_owned())))?;
            }
            yield Delta::End(bill.pay().await);
        };
        Box::pin(stream)
    }
}

async fn next(parts: &mut StreamResponse<Value>) -> Option<Result<Value, async_openai::error::OpenAIError>> {
    Pin::new(parts).next().await
}

impl Reply {
    fn of(answer: &Value) -> Result<Self, Trouble> {
        let choice = &answer["choices"][0];
        let Some(text) = choice["message"]["content"].as_str() else {
            let why = choice["message"]["refusal"].as_str().unwrap_or("it holds no message");
            return Err(Trouble::Broken(text::shorten(&text::squeeze(why), 200)));
        };
        Ok(Self { text: text.to_owned(), cut_off: choice["finish_reason"] == "length" })
    }
}

fn messages(rung: Rung, prompt: &Prompt, shape: &Shape, mending: Option<&(String, String)>) -> Vec<Value> {
    let mut messages = vec![
        json!({ "role": "system", "content": rung.instruct(prompt, shape) }),
        json!({ "role": "user", "content": prompt.user }),
    ];
    if let Some((answer, why)) = mending {
        let answer = text::shorten(answer, QUOTED);
        let wish = format!(
            "That answer cannot be used: {why}. Give the whole answer again, as the one JSON object that was asked for."
        );
        messages.push(json!({ "role": "assistant", "content": answer }));
        messages.push(json!({ "role": "user", "content": wish }));
    }
    messages
}

/// What the endpoint says was used, or an estimate where it says nothing.
fn used(usage: &Value, prompt: u64, answer: u64, begun: Instant) -> CallRecord {
    let said = |field: &str| usage[field].as_u64();
    CallRecord {
        prompt_tokens: said("prompt_tokens").unwrap_or(prompt),
        answer_tokens: said("completion_tokens").unwrap_or(answer),
        estimated: said("prompt_tokens").is_none(),
        took: begun.elapsed(),
        failed: false,
    }
}

/// What a call used up; entered also when whoever waited for it has gone.
struct Bill {
    meter: Arc<Meter>,
    model: String,
    purpose: Purpose,
    prompt: u64,
    answer: String,
    usage: Value,
    begun: Instant,
    failed: bool,
    paid: bool,
}

impl Bill {
    fn new(model: &ChatModel, purpose: Purpose, prompt: u64) -> Self {
        Self {
            meter: Arc::clone(&model.meter),
            model: model.model.clone(),
            purpose,
            prompt,
            answer: String::new(),
            usage: Value::Null,
            begun: Instant::now(),
            failed: false,
            paid: false,
        }
    }

    /// A call that never reached a model costs nothing.
    fn fail(&mut self, trouble: &Trouble) {
        self.failed = true;
        if !trouble.is_silent() {
            self.prompt = 0;
        }
    }

    async fn pay(&mut self) -> Cost {
        self.paid = true;
        self.meter.record(&self.model, self.purpose, self.record()).await
    }

    fn record(&self) -> CallRecord {
        CallRecord { failed: self.failed, ..used(&self.usage, self.prompt, tokens_of(&self.answer), self.begun) }
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        if self.paid {
            return;
        }
        let (meter, model, purpose, record) =
            (Arc::clone(&self.meter), std::mem::take(&mut self.model), self.purpose, self.record());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { meter.record(&model, purpose, record).await });
        }
    }
}
