use std::collections::BTreeMap;

use pathwright_api::{ErrorCode, Failure};
use serde::Deserialize;

/// The prices this binary carries, as a file's name and text.
const BUILT_IN: (&str, &str) = ("prices.toml", include_str!("prices.toml"));

/// What a model costs, in US dollars for a million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    pub prompt: f64,
    pub answer: f64,
}

impl Price {
    /// US dollars.
    pub fn usd(&self, prompt_tokens: u64, answer_tokens: u64) -> f64 {
        const MILLION: f64 = 1_000_000.0;
        (prompt_tokens as f64 * self.prompt + answer_tokens as f64 * self.answer) / MILLION
    }
}

/// Prices by the name of the model.
#[derive(Clone, Debug, Default)]
pub struct Prices {
    models: BTreeMap<String, Price>,
    as_of: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Such as `2026-11-22`.
    #[serde(default)]
    as_of: String,
    /// For people: the page where the vendor says so.
    #[serde(default, rename = "source")]
    _source: String,
    #[serde(default)]
    models: BTreeMap<String, Price>,
}

impl Prices {
    /// The built-in prices with an operator's files (name, TOML text); a later file replaces the price of an earlier one.
    pub fn parse<'f>(added: impl IntoIterator<Item = (&'f str, &'f str)>) -> Result<Self, Failure> {
        let mut prices = Self::default();
        for (file, text) in [BUILT_IN].into_iter().chain(added) {
            let invalid = |why: String| Failure::new(ErrorCode::InvalidInput, format!("{file}: {why}"));
            let read: File = toml::from_str(text).map_err(|error| invalid(error.to_string()))?;
            let usable = |dollars: f64| dollars.is_finite() && dollars >= 0.0;
            let wrong = |(_, price): &(&String, &Price)| !usable(price.prompt) || !usable(price.answer);
            if let Some((model, _)) = read.models.iter().find(wrong) {
                return Err(invalid(format!("the price of `{model}` is not a number from 0 on")));
            }
            prices.models.extend(read.models);
            prices.as_of = prices.as_of.max(read.as_of);
        }
        Ok(prices)
    }

    /// The price of a model: of this very name, else of this name without the date at its end.
    pub fn of(&self, model: &str) -> Option<Price> {
        let exactly = self.models.get(model);
        exactly.or_else(|| self.models.get(undated(model)?)).copied()
    }

    /// The day of the newest file; empty when no file says.
    pub fn as_of(&self) -> &str {
        &self.as_of
    }
}

/// `gpt-4o-mini` of `gpt-4o-mini-2024-07-18`; none for a name without a date.
fn undated(model: &str) -> Option<&str> {
    const DATES: [&str; 2] = ["-0000-00-00", "-00000000"];
    DATES.iter().find_map(|form| {
        let (name, date) = model.split_at_checked(model.len().checked_sub(form.len())?)?;
        let fits = |(form, c): (u8, u8)| if form == b'0' { c.is_ascii_digit() } else { c == form };
        form.bytes().zip(date.bytes()).all(fits).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dated_name_has_the_price_of_its_model_and_a_longer_name_has_none() {
        let prices = Prices::parse([]).unwrap();
        let mini = prices.of("gpt-4o-mini").unwrap();
        assert_eq!(prices.of("gpt-4o-mini-2024-07-18"), Some(mini));
        assert_ne!(prices.of("gpt-4o-2024-08-06"), Some(mini));
        for unknown in ["gpt-4o-mini-tts", "gpt-4o-mini-2024", "GPT-4o", "ü-2024-07-18", "", "smollm2"] {
            assert_eq!(prices.of(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn prices_are_for_a_million_tokens() {
        let price = Price { prompt: 0.15, answer: 0.6 };
        assert!((price.usd(1_000_000, 500_000) - 0.45).abs() < 1e-9);
        assert_eq!(price.usd(0, 0), 0.0);
    }

    #[test]
    fn a_file_of_the_operator_replaces_what_is_built_in() {
        let own = "[models]\n\"gpt-4o-mini\" = { prompt = 1.0, answer = 2.0 }\nown = { prompt = 0, answer = 0 }";
        let prices = Prices::parse([("own.toml", own)]).unwrap();
        assert_eq!(prices.of("gpt-4o-mini"), Some(Price { prompt: 1.0, answer: 2.0 }));
        assert_eq!(prices.of("own").map(|price| price.usd(9, 9)), Some(0.0));
        assert_eq!(prices.as_of(), "2026-09-26");
    }

    #[test]
    fn a_price_that_is_none_is_refused_with_its_file_and_model() {
        for price in ["{ prompt = -1, answer = 1 }", "{ prompt = nan, answer = 1 }", "{ prompt = 1, answer = inf }"] {
            let text = format!("[models]\nmine = {price}");
            let failure = Prices::parse([("own.toml", text.as_str())]).unwrap_err();
            assert!(failure.message.contains("own.toml") && failure.message.contains("mine"), "{failure}");
        }
        assert!(Prices::parse([("own.toml", "[models]\nmine = { prompt = 1 }")]).is_err());
    }
}
