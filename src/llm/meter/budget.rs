use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use pathwright_api::{ErrorCode, Failure};

use crate::store::usage::Spent;

/// What all calls of a day, from midnight UTC on, may cost together; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Budget {
    /// US dollars. Calls whose price is not known count nothing here.
    pub usd: f64,
    /// Of prompts and answers.
    pub tokens: u64,
}

/// How the day's budget stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BudgetState {
    pub budget: Budget,
    pub spent: Spent,
    pub exhausted: bool,
    /// The next midnight UTC.
    pub resets_at: DateTime<Utc>,
}

impl Budget {
    /// Fails when as much is spent as may be; the message says how much of how much, and when it starts anew.
    pub(super) fn check(self, spent: Spent, now: DateTime<Utc>) -> Result<(), Failure> {
        let used = if self.usd > 0.0 && spent.usd >= self.usd {
            // So that a budget of less than a dollar does not read 0.00.
            let decimals = if self.usd < 1.0 { 4 } else { 2 };
            format!("{:.decimals$} of {:.decimals$} US dollars", spent.usd, self.usd)
        } else if self.tokens > 0 && spent.tokens >= self.tokens {
            format!("{} of {} tokens", spent.tokens, self.tokens)
        } else {
            return Ok(());
        };
        let message = format!(
            "the day's budget for language models is spent ({used}); it starts anew at midnight UTC, in {}",
            hours_and_minutes(midnight_after(now) - now)
        );
        Err(Failure::new(ErrorCode::BudgetSpent, message))
    }

    pub(super) fn state(self, spent: Spent, now: DateTime<Utc>) -> BudgetState {
        let exhausted = self.check(spent, now).is_err();
        BudgetState { budget: self, spent, exhausted, resets_at: midnight_after(now) }
    }
}

fn midnight_after(now: DateTime<Utc>) -> DateTime<Utc> {
    let today = now.date_naive();
    today.succ_opt().unwrap_or(today).and_time(NaiveTime::MIN).and_utc()
}

fn hours_and_minutes(left: TimeDelta) -> String {
    let minutes = left.num_minutes();
    format!("{} h {} min", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> DateTime<Utc> {
        time.parse().unwrap()
    }

    #[test]
    fn a_spent_budget_says_how_much_and_until_when() {
        let budget = Budget { usd: 2.0, tokens: 1_000 };
        let now = at("2026-11-22T18:30:00Z");
        let said = |spent| budget.check(spent, now).map_err(|failure| failure.message);
        assert_eq!(said(Spent { usd: 1.99, tokens: 999 }), Ok(()));
        assert_eq!(
            said(Spent { usd: 2.042, tokens: 0 }).unwrap_err(),
            "the day's budget for language models is spent (2.04 of 2.00 US dollars); \
             it starts anew at midnight UTC, in 5 h 30 min"
        );
        assert!(said(Spent { usd: 0.0, tokens: 1_000 }).unwrap_err().contains("1000 of 1000 tokens"));
        let cents = Budget { usd: 0.001, tokens: 0 }.check(Spent { usd: 0.0012, tokens: 7 }, now);
        assert!(cents.unwrap_err().message.contains("0.0012 of 0.0010"));
    }

    #[test]
    fn without_a_limit_nothing_is_ever_spent() {
        let spent = Spent { usd: 1e9, tokens: u64::MAX };
        assert!(!Budget::default().state(spent, at("2026-11-22T00:00:00Z")).exhausted);
    }

    #[test]
    fn a_budget_starts_anew_at_midnight_utc() {
        assert_eq!(midnight_after(at("2026-12-31T23:59:59Z")), at("2027-01-01T00:00:00Z"));
        assert_eq!(midnight_after(at("2027-01-01T00:00:00Z")), at("2027-01-02T00:00:00Z"));
    }
}
