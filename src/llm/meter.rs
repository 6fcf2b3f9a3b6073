/// What a day may cost.
mod budget;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Days, Utc};
use pathwright_api::Failure;
use pathwright_api::llm::{Cost, Purpose};

use super::prices::Prices;
use crate::store::Store;
use crate::store::usage::UsageRecord;
pub use budget::{Budget, BudgetState};

/// Days over which earlier calls are averaged.
const TYPICAL_DAYS: u32 = 30;

/// Counts what models use up, and holds it against the day's budget.
pub struct Meter {
    store: Store,
    prices: Prices,
    /// Models without a known price cost nothing: they run on this machine.
    free: bool,
    budget: Budget,
    /// What the cache saved since the last write, by model.
    saved: Mutex<BTreeMap<String, Saved>>,
}

/// A call that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallRecord {
    pub prompt_tokens: u64,
    pub answer_tokens: u64,
    /// The endpoint did not say how many tokens it took.
    pub estimated: bool,
    pub took: Duration,
    /// It brought no answer that could be used.
    pub failed: bool,
}

/// The average of earlier calls, for each answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Typical {
    pub prompt_tokens: u64,
    pub answer_tokens: u64,
    pub seconds: f64,
}

#[derive(Clone, Copy, Default)]
struct Saved {
    calls: u64,
    tokens: u64,
    usd: f64,
}

impl Meter {
    pub fn new(store: Store, prices: Prices, free: bool, budget: Budget) -> Self {
        Self { store, prices, free, budget, saved: Mutex::default() }
    }

    /// Fails with [`BudgetSpent`](pathwright_api::ErrorCode::BudgetSpent) when nothing may be spent today any more. Reads the database, because several
    /// processes share one budget; fails when it does.
    pub async fn check_budget(&self) -> Result<(), Failure> {
        if self.budget == Budget::default() {
            return Ok(());
        }
        let now = Utc::now();
        let spent = self.store.spent_on(&day_of(now)).await?;
        self.budget.check(spent, now)
    }

    /// Counts a call. Never fails: a count that cannot be written is logged.
    pub async fn record(&self, model: &str, purpose: Purpose, call: CallRecord) -> Cost {
        let cost = self.cost(model, call.prompt_tokens, call.answer_tokens);
        let row = counted(UsageRecord::new(&today(), model, purpose), call, cost);
        if let Err(error) = self.store.add_usage(&row).await {
            tracing::error!(%error, model, %purpose, "a call could not be counted; the budget does not know of it");
        }
        self.flush().await;
        cost
    }

    /// What a call with so many tokens costs.
    pub fn cost(&self, model: &str, prompt_tokens: u64, answer_tokens: u64) -> Cost {
        // A gateway on this machine may pass a priced model on.
        let price = self.prices.of(model).map(|price| price.usd(prompt_tokens, answer_tokens));
        let usd = price.or(self.free.then_some(0.0));
        Cost { prompt_tokens, answer_tokens, usd }
    }

    /// Notes a call that was not needed because the cache had its result; written with the next count.
    pub fn saved(&self, model: &str, cost: Cost) {
        let saved =
            Saved { calls: 1, tokens: cost.prompt_tokens + cost.answer_tokens, usd: cost.usd.unwrap_or_default() };
        self.keep(model, saved);
    }

    /// Writes what the cache saved; what cannot be written is kept for the next time.
    pub async fn flush(&self) {
        let pending = std::mem::take(&mut *self.lock());
        for (model, saved) in pending {
            let row = UsageRecord {
                saved_calls: saved.calls,
                saved_tokens: saved.tokens,
                saved_usd: saved.usd,
                ..UsageRecord::new(&today(), &model, Purpose::Write)
            };
            if let Err(error) = self.store.add_usage(&row).await {
                tracing::warn!(%error, model, "what the cache saved could not be counted; trying again later");
                self.keep(&model, saved);
            }
        }
    }

    /// The rows of today and of the days before it, as many as asked for together, the newest first.
    pub async fn summary(&self, days: u32) -> Result<Vec<UsageRecord>, Failure> {
        self.flush().await;
        self.store.usage_since(&first_of(days, Utc::now())).await
    }

    /// What calls of this kind took lately, averaged; none when there was none.
    pub async fn typical(&self, model: &str, purpose: Purpose) -> Result<Option<Typical>, Failure> {
        let rows = self.store.usage_since(&first_of(TYPICAL_DAYS, Utc::now())).await?;
        Ok(average(rows.iter().filter(|row| row.model == model && row.purpose == purpose)))
    }

    /// How today's budget stands.
    pub async fn budget(&self) -> Result<BudgetState, Failure> {
        let now = Utc::now();
        let spent = self.store.spent_on(&day_of(now)).await?;
        Ok(self.budget.state(spent, now))
    }

    fn keep(&self, model: &str, saved: Saved) {
        let mut all = self.lock();
        let sum = all.entry(model.to_owned()).or_default();
        sum.calls += saved.calls;
        sum.tokens += saved.tokens;
        sum.usd += saved.usd;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Saved>> {
        self.saved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn counted(row: UsageRecord, call: CallRecord, cost: Cost) -> UsageRecord {
    let tokens = call.prompt_tokens + call.answer_tokens;
    let took = call.took.as_millis() as u64;
    UsageRecord {
        calls: 1,
        failed: u64::from(call.failed),
        prompt_tokens: call.prompt_tokens,
        answer_tokens: call.answer_tokens,
        estimated_tokens: if call.estimated { tokens } else { 0 },
        usd: cost.usd.unwrap_or_default(),
        // A call that never reached the model has nothing to pay for.
        unpriced_calls: u64::from(cost.usd.is_none() && tokens > 0),
        milliseconds: if call.failed { 0 } else { took },
        ..row
    }
}

/// What failed calls used up counts too: they are part of the way to an answer.
fn average<'r>(rows: impl Iterator<Item = &'r UsageRecord>) -> Option<Typical> {
    let (mut answered, mut prompts, mut answers, mut milliseconds) = (0, 0, 0, 0);
    for row in rows {
        answered += row.calls.saturating_sub(row.failed);
        prompts += row.prompt_tokens;
        answers += row.answer_tokens;
        milliseconds += row.milliseconds;
    }
    (answered > 0).then(|| Typical {
        prompt_tokens: prompts / answered,
        answer_tokens: answers / answered,
        seconds: milliseconds as f64 / 1_000.0 / answered as f64,
    })
}

/// Today in UTC, as rows name it.
pub fn today() -> String {
    day_of(Utc::now())
}

fn day_of(time: DateTime<Utc>) -> String {
    time.date_naive().to_string()
}

/// The first of so many days that end today.
fn first_of(days: u32, now: DateTime<Utc>) -> String {
    let today = now.date_naive();
    let before = Days::new(u64::from(days.saturating_sub(1)));
    today.checked_sub_days(before).unwrap_or(today).to_string()
}

#[cfg(test)]
mod tests {
    use pathwright_api::ErrorCode;

    use super::*;
    use crate::store::{StoreUrl, migrate};

    async fn meter(free: bool, budget: Budget) -> Meter {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        store.migrate(&migrate::built_in()).await.unwrap();
        Meter::new(store, Prices::parse([]).unwrap(), free, budget)
    }

    fn call(prompt_tokens: u64, answer_tokens: u64) -> CallRecord {
        CallRecord { prompt_tokens, answer_tokens, took: Duration::from_millis(1_500), ..CallRecord::default() }
    }

    #[test]
    fn days_are_counted_back_from_today_in_utc() {
        let now = "2026-12-31T23:59:59Z".parse().unwrap();
        assert_eq!((first_of(1, now), first_of(31, now)), ("2026-12-31".to_owned(), "2026-12-01".to_owned()));
        assert_eq!(first_of(u32::MAX, now), "2026-12-31");
    }

    #[test]
    fn averages_are_for_each_answer() {
        let row = |calls, failed, tokens, milliseconds| UsageRecord {
            calls,
            failed,
            prompt_tokens: 10 * tokens,
            answer_tokens: tokens,
            milliseconds,
            ..UsageRecord::new("2026-11-22", "m", Purpose::Analyze)
        };
        assert_eq!(average([row(2, 2, 0, 0)].iter()), None);
        let typical = average([row(3, 1, 100, 3_000), row(2, 0, 100, 1_000)].iter()).unwrap();
        assert_eq!(typical, Typical { prompt_tokens: 500, answer_tokens: 50, seconds: 1.0 });
    }

    #[tokio::test]
    async fn calls_savings_and_the_budget_are_counted() {
        let meter = meter(false, Budget { usd: 0.0, tokens: 1_000 }).await;
        assert!(meter.check_budget().await.is_ok());
        let cost = meter.record("gpt-4o-mini", Purpose::Write, call(900, 100)).await;
        assert!(cost.usd.is_some_and(|usd| (usd - 0.000_195).abs() < 1e-9), "{cost:?}");
        assert_eq!(meter.check_budget().await.unwrap_err().code, ErrorCode::BudgetSpent);
        meter.saved("gpt-4o-mini", cost);
        meter.record("own", Purpose::Write, CallRecord { failed: true, estimated: true, ..call(10, 0) }).await;
        meter.saved("gpt-4o-mini", cost);
        let rows = meter.summary(1).await.unwrap();
        assert_eq!((rows[0].calls, rows[0].saved_calls, rows[0].saved_tokens), (1, 2, 2_000));
        assert_eq!((rows[1].failed, rows[1].unpriced_calls, rows[1].estimated_tokens), (1, 1, 10));
        assert_eq!(rows[1].milliseconds, 0);
        let typical = meter.typical("gpt-4o-mini", Purpose::Write).await.unwrap();
        assert_eq!(typical, Some(Typical { prompt_tokens: 900, answer_tokens: 100, seconds: 1.5 }));
        assert!(meter.budget().await.unwrap().exhausted);
    }

    #[tokio::test]
    async fn an_endpoint_of_ones_own_costs_nothing() {
        let meter = meter(true, Budget::default()).await;
        assert_eq!(meter.cost("whatever", 5, 5).usd, Some(0.0));
    }
}
