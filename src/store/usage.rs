use pathwright_api::Failure;
use pathwright_api::llm::Purpose;
use serde::{Deserialize, Serialize};

use super::Store;

/// What one model used up on one day for one purpose, and what the cache saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsageRecord {
    /// In UTC, such as `2026-11-22`.
    pub day: String,
    pub model: String,
    pub purpose: Purpose,
    pub calls: u64,
    /// How many of the calls brought no answer that could be used.
    pub failed: u64,
    pub prompt_tokens: u64,
    pub answer_tokens: u64,
    /// How many of the tokens are estimates, because the endpoint did not say.
    pub estimated_tokens: u64,
    /// US dollars, of the calls whose price is known.
    pub usd: f64,
    /// Calls whose price is not known.
    pub unpriced_calls: u64,
    /// How long the answered calls took, all together.
    pub milliseconds: u64,
    /// Calls that were not needed, because their result was in the cache.
    pub saved_calls: u64,
    pub saved_tokens: u64,
    /// US dollars, of the saved calls whose price is known.
    pub saved_usd: f64,
}

impl UsageRecord {
    /// Nothing used up yet.
    pub fn new(day: &str, model: &str, purpose: Purpose) -> Self {
        Self {
            day: day.to_owned(),
            model: model.to_owned(),
            purpose,
            calls: 0,
            failed: 0,
            prompt_tokens: 0,
            answer_tokens: 0,
            estimated_tokens: 0,
            usd: 0.0,
            unpriced_calls: 0,
            milliseconds: 0,
            saved_calls: 0,
            saved_tokens: 0,
            saved_usd: 0.0,
        }
    }
}

/// What a day's calls cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spent {
    /// US dollars, of the calls whose price is known.
    pub usd: f64,
    /// Of prompts and answers.
    pub tokens: u64,
}

impl Store {
    /// Adds to what is counted already.
    pub async fn add_usage(&self, row: &UsageRecord) -> Result<(), Failure> {
        let text = "UPSERT type::record('usage', [$row.day, $row.model, $row.purpose]) SET \
            day = $row.day, model = $row.model, purpose = $row.purpose, \
            calls += $row.calls, failed += $row.failed, \
            prompt_tokens += $row.prompt_tokens, answer_tokens += $row.answer_tokens, \
            estimated_tokens += $row.estimated_tokens, \
            usd += $row.usd, unpriced_calls += $row.unpriced_calls, milliseconds += $row.milliseconds, \
            saved_calls += $row.saved_calls, saved_tokens += $row.saved_tokens, saved_usd += $row.saved_usd \
            RETURN NONE";
        self.query(text).bind("row", row).run().await?;
        Ok(())
    }

    /// The rows of a day and of those after it, the newest day first.
    pub async fn usage_since(&self, day: &str) -> Result<Vec<UsageRecord>, Failure> {
        let text = "SELECT * OMIT id FROM usage WHERE day >= $day ORDER BY day, model, purpose";
        let mut rows: Vec<UsageRecord> = self.query(text).bind("day", day).run().await?.rows(0)?;
        rows.sort_by(|a, b| b.day.cmp(&a.day));
        Ok(rows)
    }

    /// What the calls of a day cost so far, whichever process made them.
    pub async fn spent_on(&self, day: &str) -> Result<Spent, Failure> {
        #[derive(Deserialize)]
        struct UsageRow {
            usd: f64,
            tokens: u64,
        }
        let text = "SELECT usd, prompt_tokens + answer_tokens AS tokens FROM usage WHERE day = $day";
        let rows: Vec<UsageRow> = self.query(text).bind("day", day).run().await?.rows(0)?;
        let add = |sum: Spent, row: UsageRow| Spent { usd: sum.usd + row.usd, tokens: sum.tokens + row.tokens };
        Ok(rows.into_iter().fold(Spent::default(), add))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{StoreUrl, migrate};
    use super::*;

    fn call(day: &str, model: &str, purpose: Purpose) -> UsageRecord {
        UsageRecord {
            calls: 1,
            prompt_tokens: 100,
            answer_tokens: 20,
            usd: 0.5,
            ..UsageRecord::new(day, model, purpose)
        }
    }

    async fn store() -> Store {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        store.migrate(&migrate::built_in()).await.unwrap();
        store
    }

    #[tokio::test]
    async fn calls_of_a_day_add_up_for_each_model_and_purpose() {
        let store = store().await;
        store.add_usage(&call("2026-11-21", "a", Purpose::Write)).await.unwrap();
        for purpose in [Purpose::Analyze, Purpose::Analyze, Purpose::Sequence] {
            store.add_usage(&call("2026-11-22", "a", purpose)).await.unwrap();
        }
        let rows = store.usage_since("2026-11-22").await.unwrap();
        let counted: Vec<(Purpose, u64, f64)> = rows.iter().map(|row| (row.purpose, row.calls, row.usd)).collect();
        assert_eq!(counted, [(Purpose::Analyze, 2, 1.0), (Purpose::Sequence, 1, 0.5)]);
        let days: Vec<String> = store.usage_since("2026-11-01").await.unwrap().into_iter().map(|row| row.day).collect();
        assert_eq!(days, ["2026-11-22", "2026-11-22", "2026-11-21"]);
        assert_eq!(store.spent_on("2026-11-22").await.unwrap(), Spent { usd: 1.5, tokens: 360 });
        assert_eq!(store.spent_on("2026-11-23").await.unwrap(), Spent::default());
    }

    #[tokio::test]
    async fn nothing_is_lost_when_many_calls_end_together() {
        let store = store().await;
        let row = call("2026-11-22", "a", Purpose::Embed);
        let added = futures::future::join_all((0..10).map(|_| store.add_usage(&row))).await;
        assert!(added.into_iter().all(|added| added.is_ok()));
        assert_eq!(store.usage_since("2026-11-22").await.unwrap()[0].calls, 10);
    }
}
