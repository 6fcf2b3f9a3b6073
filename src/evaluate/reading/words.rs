use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use super::{Detail, share};
use pathwright_reader::{Block, Document};

/// How many words came through.
#[derive(Debug, Serialize)]
pub struct Words {
    /// Those there are to be found.
    pub expected: usize,
    /// The share of them that was read, each as often as it stands there.
    pub recovered: f64,
    /// The share of what was read that does not stand there, or not as often.
    pub surplus: f64,
}

/// How often each word stands there.
pub(super) type Count = BTreeMap<String, usize>;

pub(super) fn of_documents(documents: &[Document]) -> Count {
    let mut count = Count::new();
    for section in documents.iter().flat_map(|document| &document.sections) {
        add(&section.title, &mut count);
        for block in &section.blocks {
            match block {
                Block::Prose(text) | Block::Display(text) => add(&without_formulas(text), &mut count),
                Block::Code { text, .. } => add(text, &mut count),
                Block::Page(_) => {}
            }
        }
    }
    count
}

pub(super) fn of_text(text: &str) -> Count {
    let mut count = Count::new();
    add(text, &mut count);
    count
}

pub(super) fn compare(read: &Count, expected: &Count, details: &mut Vec<Detail>) -> Words {
    let times = |count: &Count, word: &String| count.get(word).copied().unwrap_or_default();
    let total = |count: &Count| count.values().sum::<usize>();
    let common: usize = expected.iter().map(|(word, wanted)| times(read, word).min(*wanted)).sum();
    let more = |these: &Count, those: &Count| -> Vec<(String, usize)> {
        let surplus =
            these.iter().map(|(word, times_here)| (word.clone(), times_here.saturating_sub(times(those, word))));
        surplus.filter(|(_, surplus)| *surplus > 0).collect()
    };
    details.extend(more(expected, read).into_iter().map(|(word, times)| Detail::MissingWord { word, times }));
    details.extend(more(read, expected).into_iter().map(|(word, times)| Detail::SurplusWord { word, times }));
    let (expected, read) = (total(expected), total(read));
    Words { expected, recovered: share(common, expected), surplus: share(read - common, read) }
}

/// Letters and digits, whatever stands between them: signs are set in too many ways.
pub(super) fn split(text: &str) -> Vec<String> {
    let plain: String = text.nfkc().filter(|c| *c != '\u{ad}').flat_map(char::to_lowercase).collect();
    plain.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn add(text: &str, count: &mut Count) {
    for word in split(text) {
        *count.entry(word).or_default() += 1;
    }
}

/// A dollar sign before a digit or beside a blank is money or a prompt.
fn without_formulas(text: &str) -> String {
    static FORMULA: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"(?s)\$\$.*?\$\$|\$[^\s$][^$\n]*?[^\s$\\]\$|\$[^\s$]\$").ok());
    FORMULA.as_ref().map_or_else(|| text.to_owned(), |formula| formula.replace_all(text, " ").into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_print_are_those_of_the_source() {
        assert_eq!(split("Efﬁ\u{ad}cient, state-of-the-art"), ["efficient", "state", "of", "the", "art"]);
    }

    #[test]
    fn formulas_do_not_count_and_prices_do() {
        assert_eq!(
            without_formulas("a $x_1$ b $$\n\\alpha\n$$ c").split_whitespace().collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert_eq!(without_formulas("from $ 5 to $ 6"), "from $ 5 to $ 6");
    }
}
