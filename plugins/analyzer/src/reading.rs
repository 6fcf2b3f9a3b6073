use garde::Validate;
use pathwright_api::job::Seniority;
use pathwright_api::llm::{Prompt, is_plain};
use pathwright_api::text;
use schemars::JsonSchema;
use serde::Deserialize;

/// Topics of a profile at most.
pub const MOST_TOPICS: usize = 60;

/// What a language model reads out of a posting: its own words, nothing of it believed yet.
#[derive(Clone, Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    #[garde(length(chars, max = 60))]
    pub role_type: String,
    #[garde(skip)]
    pub seniority: ReadSeniority,
    #[garde(length(max = 5), inner(length(chars, max = 60)))]
    pub domain_focus: Vec<String>,
    #[garde(length(min = 1, max = MOST_TOPICS), dive)]
    pub required_topics: Vec<ReadTopic>,
    #[garde(length(max = 12), dive)]
    pub implicit_topics: Vec<ReadImplicit>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReadTopic {
    #[garde(length(chars, min = 1, max = 80))]
    pub topic: String,
    #[garde(length(chars, max = 300))]
    pub evidence: String,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ReadImplicit {
    #[garde(length(chars, min = 1, max = 80))]
    pub topic: String,
    #[garde(length(chars, max = 240))]
    pub reason: String,
}

/// [`Seniority`] as the model is to spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReadSeniority {
    Junior,
    Mid,
    Senior,
    NotSpecified,
}

impl From<ReadSeniority> for Seniority {
    fn from(read: ReadSeniority) -> Self {
        match read {
            ReadSeniority::Junior => Self::Junior,
            ReadSeniority::Mid => Self::Mid,
            ReadSeniority::Senior => Self::Senior,
            ReadSeniority::NotSpecified => Self::NotSpecified,
        }
    }
}

/// A posting folded for looking quotes up in it.
pub struct Quotable {
    folded: String,
    stems: std::collections::HashSet<String>,
}

impl Quotable {
    pub fn new(posting: &str) -> Self {
        Self {
            folded: text::squeeze(&text::fold(&text::printable(posting))),
            stems: text::content_stems(posting).into_iter().collect(),
        }
    }

    /// Whether these words stand in the posting one after the other; white space and case make no difference.
    pub fn holds(&self, quote: &str) -> bool {
        let quote = text::squeeze(&text::fold(quote));
        let quote = quote.trim_matches(|c: char| c == '"' || c == '…' || c.is_whitespace());
        !quote.is_empty() && self.folded.contains(quote)
    }

    /// Whether every word of a name occurs in the posting, in whatever form: a topic the map does not know has to.
    pub fn names(&self, name: &str) -> bool {
        let stems = text::content_stems(name);
        !stems.is_empty() && stems.iter().all(|stem| self.stems.contains(stem))
    }
}

/// Whether a sentence of the model's own can be shown: plain, and not its instructions.
pub fn is_presentable(sentence: &str, prompt: &Prompt) -> bool {
    !sentence.trim().is_empty() && is_plain(sentence) && !prompt.is_echoed_in(sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_found_whatever_the_white_space_and_nothing_else_is() {
        let posting = Quotable::new("You have 5 years\n of  SQL\u{200b} and dimensional models.");
        assert!(posting.holds("5 years of SQL and") && posting.holds("“YOU have 5 years".trim_start_matches('“')));
        assert!(!posting.holds("10 years of SQL") && !posting.holds("  "));
        assert!(posting.names("Dimensional modelling") && !posting.names("Kafka"));
    }
}
