use async_openai::types::stream::StreamResponse;
use futures::StreamExt;
use futures::stream::BoxStream;
use pathwright_api::Failure;
use pathwright_api::llm::{Delta, Llm, Question};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout_at};

use super::super::endpoint::{Follow, Line};
use super::super::trouble::Trouble;
use super::ChatModel;
use super::bill::Bill;

/// A text as it comes, its cost last.
pub(super) fn write(model: ChatModel, question: Question) -> BoxStream<'static, Result<Delta, Failure>> {
    let deadline = model.endpoint.deadline();
    let stream = async_stream::try_stream! {
        let _permit = model.endpoint.permit(deadline).await?;
        model.ready().await?;
        let mut bill = Bill::new(&model.meter, &model.model, question.purpose, question.prompt.tokens());
        let (mut parts, follow) = match model.open(&question, deadline).await {
            Ok(opened) => opened,
            Err(trouble) => {
                bill.write_off(&trouble).await;
                Err(trouble)?;
                return;
            }
        };
        let trouble = loop {
            match model.next(&mut parts, deadline, bill.answer.is_empty()).await {
                Ok(Part::Words(words)) => {
                    bill.answer.push_str(&words);
                    yield Delta::Text(words);
                }
                Ok(Part::Usage(usage)) => bill.usage = usage,
                Ok(Part::Nothing) => {}
                Ok(Part::End) => break None,
                Err(trouble) => break Some(trouble),
            }
        };
        if let Some(trouble) = trouble {
            let trouble = follow.failed(trouble).await;
            bill.write_off(&trouble).await;
            Err(trouble)?;
            return;
        }
        follow.succeeded().await;
        yield Delta::End(bill.pay().await);
    };
    Box::pin(stream)
}

/// What a chunk brings.
enum Part {
    Words(String),
    Usage(Value),
    Nothing,
    End,
}

/// Chunks with the reason why the answer ended, once one of them gave it.
pub(super) struct Parts {
    chunks: StreamResponse<Value>,
    finished: Option<String>,
}

impl ChatModel {
    /// With the usage at the end, where the endpoint can do that.
    async fn open(&self, question: &Question, deadline: Instant) -> Result<(Parts, Follow), Trouble> {
        let messages = vec![
            json!({ "role": "system", "content": question.prompt.system }),
            json!({ "role": "user", "content": question.prompt.user }),
        ];
        let mut with_usage = true;
        loop {
            let limit = self.limit.now();
            let mut body = self.body(messages.clone(), limit, question.answer_tokens);
            body["stream"] = true.into();
            if with_usage {
                body["stream_options"] = json!({ "include_usage": true });
            }
            let opened = self
                .endpoint
                .begin(Line::Chat, deadline, |client| async move { client.chat().create_stream_byot(body).await })
                .await;
            match opened {
                Ok((chunks, follow)) => return Ok((Parts { chunks, finished: None }, follow)),
                Err(trouble) if self.limit.turn(limit, &trouble) => {}
                Err(trouble) if with_usage && trouble.is_refusal() => with_usage = false,
                Err(trouble) => return Err(trouble),
            }
        }
    }

    /// The first words take as long as the prompt is to read; afterwards silence means trouble.
    async fn next(&self, parts: &mut Parts, deadline: Instant, first: bool) -> Result<Part, Trouble> {
        let idle = Instant::now() + self.endpoint.idle;
        let patience = if first { deadline } else { deadline.min(idle) };
        let chunk = match timeout_at(patience, parts.chunks.next()).await {
            Ok(Some(chunk)) => chunk.map_err(|error| self.endpoint.trouble(error))?,
            Ok(None) => return parts.ended(self.answer_tokens),
            Err(_) if patience == deadline => return Err(self.endpoint.silent()),
            Err(_) => return Err(Trouble::Stalled(self.endpoint.idle.as_secs_f32())),
        };
        let choice = &chunk["choices"][0];
        if let Some(reason) = choice["finish_reason"].as_str() {
            parts.finished = Some(reason.to_owned());
        }
        Ok(match (choice["delta"]["content"].as_str(), &chunk["usage"]) {
            (Some(words), _) if !words.is_empty() => Part::Words(words.to_owned()),
            (_, usage) if usage.is_object() => Part::Usage(usage.clone()),
            _ => Part::Nothing,
        })
    }
}

impl Parts {
    /// A text that was cut off is not finished, however politely the stream closes.
    fn ended(&self, limit: u32) -> Result<Part, Trouble> {
        match self.finished.as_deref() {
            None => Err(Trouble::BrokenOff),
            Some("length") => Err(Trouble::CutOff(limit)),
            Some("content_filter") => Err(Trouble::Refused),
            Some(_) => Ok(Part::End),
        }
    }
}
