use std::collections::{BTreeMap, HashMap};

use pathwright_api::text::{self, Token};

use crate::vocabulary::Vocabulary;

/// Characters of the longest acronym, and words of the longest expansion.
const LONGEST: usize = 10;
const MOST_WORDS: usize = 8;

/// Acronyms that a text explains, "value at risk (VaR)" or "VaR (value at risk)".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mined {
    /// How often each pair of an acronym and its expansion, as the text writes them, was met.
    pairs: BTreeMap<(String, String), u32>,
    /// How often a word is written with two capitals or more, by its lower case.
    capitals: HashMap<String, u32>,
}

impl Mined {
    /// Adds what a text explains; `tokens` are the text's.
    pub(crate) fn read(&mut self, text: &str, tokens: &[Token<'_>]) {
        for token in tokens.iter().filter(|token| has_capitals(token.raw)) {
            *self.capitals.entry(text::fold(token.raw)).or_insert(0) += 1;
        }
        for (open, _) in text.match_indices(" (") {
            let inside = &text[open + 2..];
            let Some(close) = inside.char_indices().take(200).find(|(_, c)| matches!(c, ')' | '(' | '\n')) else {
                continue;
            };
            if close.1 == ')'
                && let Some(pair) = explained(tokens, &inside[..close.0], open)
            {
                *self.pairs.entry(pair).or_insert(0) += 1;
            }
        }
    }
}

/// The acronym and its expansion, where brackets that open at `open` hold one of the two and the other stands before them.
fn explained(tokens: &[Token<'_>], inside: &str, open: usize) -> Option<(String, String)> {
    let before = &tokens[..tokens.partition_point(|token| token.start < open)];
    if let Some(acronym) = acronym(inside) {
        let words: Vec<&str> = before.iter().rev().take(MOST_WORDS).map(|token| token.raw).collect();
        let words: Vec<&str> = words.into_iter().rev().collect();
        let first = (0..words.len()).rev().find(|first| spells(&acronym, &words[*first..]))?;
        return Some((acronym, words[first..].join(" ")));
    }
    let acronym = acronym(before.last().filter(|token| token.end() == open)?.raw)?;
    let words: Vec<&str> = text::tokens(inside).into_iter().map(|token| token.raw).collect();
    spells(&acronym, &words).then(|| (acronym, words.join(" ")))
}

/// A word of capitals, mostly, without its plural's s: `DAGs`, `VaR`, `k-NN`.
fn acronym(text: &str) -> Option<String> {
    let text = text.trim();
    let single = text.strip_suffix('s').filter(|single| single.ends_with(char::is_uppercase)).unwrap_or(text);
    let fits = single.chars().count() <= LONGEST && single.chars().all(|c| c.is_alphanumeric() || c == '-');
    (fits && has_capitals(single)).then(|| single.to_owned())
}

fn has_capitals(word: &str) -> bool {
    word.chars().filter(|c| c.is_uppercase()).nth(1).is_some()
}

/// Whether an acronym's letters are found in order in these words: the first at the very beginning, the last in the last word,
/// and each at the beginning of a word or further on in the word of the letter before.
fn spells(acronym: &str, words: &[&str]) -> bool {
    let letters: Vec<char> = acronym.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if !(2..=MOST_WORDS).contains(&words.len()) || words.len() > 2 * letters.len() {
        return false;
    }
    // Which numbers of letters can have been found before a word, and by its own letters.
    let (mut before, mut own) = (vec![false; letters.len() + 1], Vec::new());
    before[0] = true;
    for (at, word) in words.iter().enumerate() {
        own = vec![false; letters.len() + 1];
        for from in (0..letters.len()).filter(|from| before[*from]) {
            let mut rest = word.chars().flat_map(char::to_lowercase).enumerate();
            for (to, letter) in letters.iter().enumerate().skip(from) {
                match rest.find(|(_, c)| c == letter) {
                    Some((place, _)) if to > from || place == 0 => own[to + 1] = true,
                    _ => break,
                }
            }
        }
        // Any word but the first may be passed over.
        before = before.iter().zip(&own).map(|(before, own)| (*before && at > 0) || *own).collect();
    }
    own.last() == Some(&true)
}

/// The acronyms that the books explain, for a search by either form.
#[derive(Debug, Default)]
pub(crate) struct Acronyms {
    /// By the acronym's lemmas.
    expansions: HashMap<String, Explained>,
    /// By the expansion's stems: the acronym.
    short: HashMap<String, String>,
}

#[derive(Debug)]
struct Explained {
    acronym: String,
    expansion: String,
    /// In small letters it is another word more often than not: "map", "ate".
    is_word: bool,
}

impl Acronyms {
    /// Of several expansions the one that is explained most often counts.
    pub(crate) fn of<'b>(books: impl Iterator<Item = &'b Mined>, vocabulary: &Vocabulary) -> Self {
        let (mut meanings, mut capitals) = (BTreeMap::<String, BTreeMap<String, Met<'b>>>::new(), HashMap::new());
        for book in books {
            for ((acronym, expansion), times) in &book.pairs {
                let met = meanings.entry(short_key(acronym)).or_default().entry(long_key(expansion)).or_default();
                met.count(acronym, expansion, *times);
            }
            for (word, times) in &book.capitals {
                *capitals.entry(word.as_str()).or_insert(0) += times;
            }
        }
        let mut all = Self::default();
        for (short, meanings) in meanings {
            let Some((long, met)) = meanings.into_iter().rev().max_by_key(|(_, met)| met.times) else {
                continue;
            };
            let folded = text::fold(met.acronym);
            let written: u32 = text::tokens(met.acronym).iter().map(|t| vocabulary.count(&text::fold(t.raw))).sum();
            let is_word = 2 * capitals.get(folded.as_str()).copied().unwrap_or_default() < written;
            all.short.entry(long).or_insert_with(|| met.acronym.to_owned());
            let (acronym, expansion) = (met.acronym.to_owned(), met.expansion.to_owned());
            all.expansions.insert(short, Explained { acronym, expansion, is_word });
        }
        all
    }

    /// The same words with every acronym written out, and every expansion shortened; none when there is nothing of the kind.
    pub(crate) fn other_form(&self, wording: &str) -> Option<String> {
        let tokens = text::tokens(wording);
        let mut other: Vec<&str> = Vec::new();
        let mut at = 0;
        let mut changed = false;
        while at < tokens.len() {
            let (form, words) = self.form_at(&tokens[at..]).map_or((tokens[at].raw, 1), |found| {
                changed = true;
                found
            });
            other.push(form);
            at += words;
        }
        changed.then(|| other.join(" "))
    }

    /// All pairs: the acronym and its expansion, by acronym.
    pub(crate) fn pairs(&self) -> Vec<(&str, &str)> {
        let mut pairs: Vec<(&str, &str)> =
            self.expansions.values().map(|known| (known.acronym.as_str(), known.expansion.as_str())).collect();
        pairs.sort_unstable();
        pairs
    }

    /// What the first words can be replaced by, and how many they are.
    fn form_at(&self, tokens: &[Token<'_>]) -> Option<(&str, usize)> {
        (1..=tokens.len().min(MOST_WORDS)).rev().find_map(|words| {
            let some = &tokens[..words];
            let raw: Vec<&str> = some.iter().map(|token| token.raw).collect();
            if let Some(acronym) = self.short.get(&long_key(&raw.join(" "))) {
                return Some((acronym.as_str(), words));
            }
            let known = self.expansions.get(&some.iter().map(|t| t.lemma.as_str()).collect::<Vec<_>>().join(" "))?;
            let meant = !known.is_word || raw.iter().any(|raw| has_capitals(raw));
            meant.then_some((known.expansion.as_str(), words))
        })
    }
}

/// How one meaning of an acronym is written, and how often it was met.
#[derive(Default)]
struct Met<'b> {
    acronym: &'b str,
    expansion: &'b str,
    times: u32,
}

impl<'b> Met<'b> {
    fn count(&mut self, acronym: &'b str, expansion: &'b str, times: u32) {
        if self.times == 0 {
            (self.acronym, self.expansion) = (acronym, expansion);
        }
        self.times += times;
    }
}

fn short_key(acronym: &str) -> String {
    text::lemmas(acronym).join(" ")
}

fn long_key(expansion: &str) -> String {
    text::tokens(expansion).iter().map(|token| text::stem(token.raw)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known(texts: &[&str]) -> Acronyms {
        let mut mined = Mined::default();
        let mut counts = HashMap::new();
        for text in texts {
            let tokens = text::tokens(text);
            mined.read(text, &tokens);
            for token in tokens {
                *counts.entry(text::fold(token.raw)).or_insert(0) += 1;
            }
        }
        Acronyms::of([&mined].into_iter(), &Vocabulary::of([&counts].into_iter()))
    }

    #[test]
    fn a_text_explains_its_acronyms_before_or_in_brackets() {
        let acronyms = known(&[
            "We draw Directed Acyclic Graphs (DAGs) and estimate the average treatment effect on the treated (ATT).",
            "The k-nearest neighbors (k-NN) and rectified linear units (ReLU) are old; so is GARCH (generalized autoregressive \
                conditional heteroskedasticity).",
            "Value at Risk (VaR) is a quantile (see Jorion), as we said (MUCH LATER).",
        ]);
        let expected = [
            ("ATT", "average treatment effect on the treated"),
            ("DAG", "Directed Acyclic Graphs"),
            ("GARCH", "generalized autoregressive conditional heteroskedasticity"),
            ("ReLU", "rectified linear units"),
            ("VaR", "Value at Risk"),
            ("k-NN", "k nearest neighbors"),
        ];
        assert_eq!(acronyms.pairs(), expected);
    }

    #[test]
    fn either_form_is_turned_into_the_other() {
        let acronyms =
            known(&["Value at Risk (VaR). A directed acyclic graph (DAG). Convolutional neural networks (CNNs)."]);
        assert_eq!(acronyms.other_form("VaR backtesting").as_deref(), Some("Value at Risk backtesting"));
        assert_eq!(acronyms.other_form("train a cnn").as_deref(), Some("train a Convolutional neural networks"));
        assert_eq!(acronyms.other_form("drawing directed acyclic graphs").as_deref(), Some("drawing DAG"));
        assert_eq!(acronyms.other_form("values at some risk"), None);
    }

    #[test]
    fn a_common_word_is_an_acronym_only_in_capitals() {
        let acronyms =
            known(&["The average treatment effect (ATE) matters. The cat ate the fish, and ate it all, and ate more."]);
        assert_eq!(acronyms.other_form("what the cat ate"), None);
        assert_eq!(acronyms.other_form("ATE estimation").as_deref(), Some("average treatment effect estimation"));
    }

    #[test]
    fn the_meaning_that_is_explained_most_counts() {
        let acronyms = known(&["Part of speech (POS). Point of sale (POS). Point of sale (POS)."]);
        assert_eq!(acronyms.pairs(), [("POS", "Point of sale")]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "([A-Ca-c(). é-]){0,80}", query in "\\PC{0,60}") {
            let acronyms = known(&[&text]);
            for (acronym, expansion) in acronyms.pairs() {
                prop_assert!(acronym.chars().count() <= LONGEST && expansion.split(' ').count() <= MOST_WORDS);
            }
            let _ = acronyms.other_form(&query);
        }
    }
}
