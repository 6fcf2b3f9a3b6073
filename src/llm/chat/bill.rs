use std::sync::Arc;
use std::time::Instant;

use pathwright_api::llm::{Cost, Purpose, tokens_of};
use serde_json::Value;

use super::super::meter::{CallRecord, Meter};
use super::super::trouble::Trouble;

/// No endpoint counts more tokens than this in one call; one that says so is not believed.
const MOST_TOKENS: u64 = 100_000_000;

/// What a call used up; entered also when whoever waited for it has gone. It counts as failed until it is paid as a success.
pub(super) struct Bill {
    pub(super) answer: String,
    pub(super) usage: Value,
    meter: Arc<Meter>,
    model: String,
    purpose: Purpose,
    prompt: u64,
    begun: Instant,
    settled: bool,
}

impl Bill {
    pub(super) fn new(meter: &Arc<Meter>, model: &str, purpose: Purpose, prompt: u64) -> Self {
        Self {
            answer: String::new(),
            usage: Value::Null,
            meter: Arc::clone(meter),
            model: model.to_owned(),
            purpose,
            prompt,
            begun: Instant::now(),
            settled: false,
        }
    }

    /// The call brought an answer.
    pub(super) async fn pay(mut self) -> Cost {
        self.settled = true;
        self.enter(false).await.unwrap_or_default()
    }

    /// A call that never reached a model costs nothing, and one that was not made is none.
    pub(super) async fn write_off(mut self, trouble: &Trouble) {
        self.settled = true;
        if !trouble.reached_a_model() {
            self.prompt = 0;
        }
        if !matches!(trouble, Trouble::LeftAlone) {
            let _ = self.enter(true).await;
        }
    }

    /// On a task of its own: it happens also when nobody waits for it.
    fn enter(&mut self, failed: bool) -> tokio::task::JoinHandle<Cost> {
        let (meter, model, purpose) = (Arc::clone(&self.meter), std::mem::take(&mut self.model), self.purpose);
        let record = self.record(failed);
        tokio::spawn(async move { meter.record(&model, purpose, record).await })
    }

    /// What the endpoint says was used, or an estimate where it says nothing.
    fn record(&self, failed: bool) -> CallRecord {
        let said = |field: &str| self.usage[field].as_u64().map(|tokens| tokens.min(MOST_TOKENS));
        CallRecord {
            prompt_tokens: said("prompt_tokens").unwrap_or(self.prompt),
            answer_tokens: said("completion_tokens").unwrap_or_else(|| tokens_of(&self.answer)),
            estimated: said("prompt_tokens").is_none(),
            took: self.begun.elapsed(),
            failed,
        }
    }
}

impl Drop for Bill {
    fn drop(&mut self) {
        if !self.settled && tokio::runtime::Handle::try_current().is_ok() {
            drop(self.enter(true));
        }
    }
}
