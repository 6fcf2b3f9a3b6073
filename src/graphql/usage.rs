use std::collections::BTreeMap;

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use pathwright_api::{ErrorCode, Failure};

use super::access::{Principal, principal};
use super::error::{Wire, services, wire};
use crate::llm::meter::{self, BudgetState};
use crate::store::usage::UsageRecord;

/// Most days in one answer.
const DAYS: i32 = 366;

/// What language and embedding models used up. Days begin at midnight UTC.
#[derive(SimpleObject)]
pub struct Usage {
    /// Since midnight.
    today: UsageCounts,
    /// Over all days asked for.
    total: UsageCounts,
    /// The same for each model and purpose.
    by_model: Vec<ModelUsage>,
    /// The same for each day, the newest first; days without a call are left out.
    by_day: Vec<DayUsage>,
    /// What was not used up, because a piece was in the content cache.
    saved_by_cache: CacheSavings,
    /// How today's budget stands.
    budget: ModelBudget,
}

/// Calls of models and what they used up.
#[derive(SimpleObject, Clone, Copy, Debug, Default, PartialEq)]
pub struct UsageCounts {
    /// How many there were.
    calls: u64,
    /// How many of them brought no answer that could be used.
    failed_calls: u64,
    /// Tokens of what was asked.
    prompt_tokens: u64,
    /// Tokens of what was answered.
    answer_tokens: u64,
    /// How many of the tokens are estimates, because the endpoint did not say.
    estimated_tokens: u64,
    /// US dollars, of the calls whose price is known.
    usd: f64,
    /// Calls whose price is not known.
    unpriced_calls: u64,
}

/// Calls of one model for one purpose.
#[derive(SimpleObject)]
pub struct ModelUsage {
    /// The model's name.
    model: String,
    /// Why it was asked.
    purpose: ModelPurpose,
    #[graphql(flatten)]
    counts: UsageCounts,
}

/// Calls of one day.
#[derive(SimpleObject)]
pub struct DayUsage {
    /// In UTC, such as `2026-11-22`.
    day: String,
    #[graphql(flatten)]
    counts: UsageCounts,
}

/// Calls that were not needed.
#[derive(SimpleObject, Clone, Copy, Debug, Default, PartialEq)]
pub struct CacheSavings {
    /// How many there were.
    calls: u64,
    /// Tokens they would have taken.
    tokens: u64,
    /// US dollars they would have cost, where the price is known.
    usd: f64,
}

/// What models may cost in a day; when it is spent, the embedded default does their work until midnight UTC.
#[derive(SimpleObject)]
pub struct ModelBudget {
    /// US dollars; null when there is no such limit.
    daily_usd: Option<f64>,
    /// Tokens of prompts and answers; null when there is no such limit.
    daily_tokens: Option<u64>,
    /// US dollars spent today, of the calls whose price is known.
    spent_usd: f64,
    /// Tokens spent today.
    spent_tokens: u64,
    /// Whether a limit is reached.
    exhausted: bool,
    /// When it starts anew.
    resets_at: DateTime<Utc>,
}

/// Why a model is asked.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
#[graphql(remote = "pathwright_api::llm::Purpose")]
pub enum ModelPurpose {
    /// Reading a posting.
    Analyze,
    /// Ordering a path.
    Sequence,
    /// Writing a piece.
    Write,
    /// Embedding topics, searches and books.
    Embed,
    /// Finding out what an endpoint can do.
    Probe,
}

impl Usage {
    fn new(rows: &[UsageRecord], today: &str, budget: ModelBudget) -> Self {
        let by_model = grouped(rows, |row| (row.model.clone(), row.purpose));
        let by_day = grouped(rows, |row| row.day.clone());
        Self {
            today: by_day.get(today).copied().unwrap_or_default(),
            total: rows.iter().fold(UsageCounts::default(), UsageCounts::and),
            by_model: by_model
                .into_iter()
                .map(|((model, purpose), counts)| ModelUsage { model, purpose: purpose.into(), counts })
                .collect(),
            by_day: by_day.into_iter().rev().map(|(day, counts)| DayUsage { day, counts }).collect(),
            saved_by_cache: rows.iter().fold(CacheSavings::default(), CacheSavings::and),
            budget,
        }
    }
}

/// Sums by what is the same, without rows that count no call.
fn grouped<K: Ord>(rows: &[UsageRecord], key: impl Fn(&UsageRecord) -> K) -> BTreeMap<K, UsageCounts> {
    let mut groups: BTreeMap<K, UsageCounts> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.calls > 0) {
        let sum = groups.entry(key(row)).or_default();
        *sum = sum.and(row);
    }
    groups
}

impl UsageCounts {
    fn and(self, row: &UsageRecord) -> Self {
        Self {
            calls: self.calls + row.calls,
            failed_calls: self.failed_calls + row.failed,
            prompt_tokens: self.prompt_tokens + row.prompt_tokens,
            answer_tokens: self.answer_tokens + row.answer_tokens,
            estimated_tokens: self.estimated_tokens + row.estimated_tokens,
            usd: self.usd + row.usd,
            unpriced_calls: self.unpriced_calls + row.unpriced_calls,
        }
    }
}

impl CacheSavings {
    fn and(self, row: &UsageRecord) -> Self {
        Self {
            calls: self.calls + row.saved_calls,
            tokens: self.tokens + row.saved_tokens,
            usd: self.usd + row.saved_usd,
        }
    }
}

impl From<BudgetState> for ModelBudget {
    fn from(state: BudgetState) -> Self {
        let BudgetState { budget, spent, exhausted, resets_at } = state;
        Self {
            daily_usd: (budget.usd > 0.0).then_some(budget.usd),
            daily_tokens: (budget.tokens > 0).then_some(budget.tokens),
            spent_usd: spent.usd,
            spent_tokens: spent.tokens,
            exhausted,
            resets_at,
        }
    }
}

#[derive(Default)]
pub struct UsageQueries;

#[Object]
impl UsageQueries {
    /// What language and embedding models used up. For administrators and services.
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many days, today included: 1 to 366.", default = 30)] days: i32,
    ) -> Result<Usage> {
        principal(ctx).and_then(Principal::as_operator).wire()?;
        if !(1..=DAYS).contains(&days) {
            let message = format!("days must lie between 1 and {DAYS}");
            return Err(wire(Failure::new(ErrorCode::InvalidInput, message)));
        }
        let meter = &services(ctx)?.meter;
        let rows = meter.summary(days as u32).await.wire()?;
        let budget = meter.budget().await.wire()?;
        Ok(Usage::new(&rows, &meter::today(), budget.into()))
    }
}

#[cfg(test)]
mod tests {
    use pathwright_api::llm::Purpose;

    use super::*;
    use crate::llm::meter::Budget;
    use crate::store::usage::Spent;

    fn row(day: &str, model: &str, purpose: Purpose, calls: u64) -> UsageRecord {
        UsageRecord { calls, prompt_tokens: 10 * calls, saved_calls: 1, ..UsageRecord::new(day, model, purpose) }
    }

    #[test]
    fn rows_are_summed_by_day_and_by_model_with_purpose() {
        let rows = [
            row("2026-11-22", "a", Purpose::Analyze, 2),
            row("2026-11-22", "b", Purpose::Write, 0),
            row("2026-11-20", "a", Purpose::Analyze, 3),
            row("2026-11-20", "a", Purpose::Sequence, 1),
        ];
        let state = BudgetState {
            budget: Budget { usd: 0.0, tokens: 9 },
            spent: Spent::default(),
            exhausted: false,
            resets_at: Utc::now(),
        };
        let usage = Usage::new(&rows, "2026-11-22", state.into());
        assert_eq!((usage.today.calls, usage.total.calls, usage.total.prompt_tokens), (2, 6, 60));
        let days: Vec<(&str, u64)> = usage.by_day.iter().map(|day| (day.day.as_str(), day.counts.calls)).collect();
        assert_eq!(days, [("2026-11-22", 2), ("2026-11-20", 4)]);
        let models: Vec<(ModelPurpose, u64)> =
            usage.by_model.iter().map(|model| (model.purpose, model.counts.calls)).collect();
        assert_eq!(models, [(ModelPurpose::Analyze, 5), (ModelPurpose::Sequence, 1)]);
        assert_eq!(usage.saved_by_cache.calls, 4);
        assert_eq!((usage.budget.daily_usd, usage.budget.daily_tokens), (None, Some(9)));
    }
}
