use std::collections::HashMap;

use pathwright_api::ports::QueryWord;
use pathwright_api::text;

use crate::parsed_query::ParsedQuery;
use crate::words::{Place, WordIndex};

/// Words of one question that are mended at most: each is a walk through the vocabulary.
const MOST_MENDED: usize = 8;

/// What a search does for the one who asks; each can be left out to see what it is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Help {
    /// Mends words that no book holds.
    pub typos: bool,
    /// Takes what stands in quotation marks as it stands.
    pub phrases: bool,
    /// Looks for acronyms written out and for names shortened, where a book explains them.
    pub acronyms: bool,
}

impl Default for Help {
    fn default() -> Self {
        Self { typos: true, phrases: true, acronyms: true }
    }
}

/// What a library makes of a question.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    /// The words that were meant; then the same with acronyms written out and names shortened, if there are any.
    pub(crate) wordings: Vec<String>,
    /// The stems of phrases that have to stand so.
    phrases: Vec<Vec<String>>,
    /// What was searched for instead of what was asked, where words had to be mended.
    pub(crate) corrected: Option<String>,
}

impl WordIndex {
    /// `is_word` tells words that are spelt right although no book holds them.
    pub(crate) fn read(&self, question: &str, help: Help, is_word: impl Fn(&str) -> bool) -> Reading {
        let asked = ParsedQuery::parse(question);
        let mut mended = 0;
        let corrected = if help.typos { asked.mended(|text| self.mended(text, &is_word, &mut mended)) } else { None };
        let wording = corrected.as_ref().unwrap_or(&asked).wording();
        let other = if help.acronyms { self.acronyms.other_form(&wording) } else { None };
        Reading {
            wordings: [wording].into_iter().chain(other).collect(),
            phrases: if help.phrases { asked.phrases() } else { Vec::new() },
            corrected: corrected.map(|corrected| corrected.to_string()),
        }
    }

    /// A text with the words that no book holds replaced; none when there is nothing to replace.
    fn mended(&self, text: &str, is_word: &impl Fn(&str) -> bool, mended: &mut usize) -> Option<String> {
        let mut result = String::new();
        let mut done = 0;
        for token in text::tokens(text) {
            if *mended == MOST_MENDED {
                break;
            }
            let word = text::fold(token.raw);
            let is_name = token.raw.chars().filter(|c| c.is_uppercase()).count() > 1;
            if is_name
                || is_word(&word)
                || is_word(&token.lemma)
                || self.vocabulary.count(&word) > 0
                || self.holding(&text::stem(token.raw)) > 0
            {
                continue;
            }
            if let Some(meant) = self.vocabulary.nearest(&word) {
                result.push_str(&text[done..token.start]);
                result.push_str(meant);
                done = token.end();
                *mended += 1;
            }
        }
        result.push_str(&text[done..]);
        (done > 0).then_some(result)
    }

    /// Passages in which all phrases of a question stand, at most so many, those with the most of its words; none where the
    /// question has no phrase.
    pub(crate) fn standing(&self, reading: &Reading, words: &[QueryWord], limit: usize) -> Option<Vec<Place>> {
        if reading.phrases.is_empty() {
            return None;
        }
        let mut found: Vec<(f32, Place)> = Vec::new();
        for (number, book) in self.books.iter().enumerate() {
            let phrases: Option<Vec<Vec<u32>>> = reading.phrases.iter().map(|stems| book.numbers(stems)).collect();
            let Some(phrases) = phrases else {
                continue;
            };
            let all = 0..book.len() as u32;
            let holds = |at: &u32| phrases.iter().all(|phrase| stands(book.sequence(*at), phrase));
            found.extend(all.filter(holds).map(|at| (self.score(words, (number, at)), (number, at))));
        }
        found.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
        found.truncate(limit);
        Some(found.into_iter().map(|(_, place)| place).collect())
    }

    /// How much each stem of the wordings weighs, for showing where they stand.
    pub(crate) fn weights(&self, reading: &Reading) -> HashMap<String, f32> {
        let words = reading.wordings.iter().flat_map(|wording| self.query_words(wording));
        words.map(|word| (word.stem, word.idf)).collect()
    }
}

/// Whether a sequence of stems holds a phrase.
fn stands(sequence: &[u32], phrase: &[u32]) -> bool {
    sequence.windows(phrase.len()).any(|window| window == phrase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book_words::BookWords;
    use pathwright_api::testing::passage;

    fn index(texts: &[&str]) -> WordIndex {
        let passages = texts.iter().enumerate().map(|(at, text)| passage(&format!("p{at}"), "A title", text)).collect();
        WordIndex::new(1, vec![BookWords::new(String::new(), String::new(), passages).into()])
    }

    fn read(index: &WordIndex, question: &str) -> Reading {
        index.read(question, Help::default(), |word| word == "moarse")
    }

    fn standing(index: &WordIndex, question: &str) -> Option<Vec<u32>> {
        let reading = read(index, question);
        let words = index.query_words(&reading.wordings[0]);
        Some(index.standing(&reading, &words, 2)?.into_iter().map(|(_, at)| at).collect())
    }

    #[test]
    fn a_phrase_stands_in_a_row_in_the_text_or_in_a_title() {
        let index = index(&[
            "Gradient descents.",
            "Descent of a gradient, a descent.",
            "The gradient descent: gradient descents.",
        ]);
        assert_eq!(standing(&index, "\"gradient descent\""), Some(vec![2, 0]));
        assert_eq!(standing(&index, "\"descent of\""), Some(vec![1]));
        assert_eq!(standing(&index, "\"a title\""), Some(vec![0, 1]), "at most two");
        assert_eq!(standing(&index, "\"title gradients\""), Some(vec![]), "not across the end of a title");
        assert_eq!(standing(&index, "\"kubernetes\""), Some(vec![]));
        assert_eq!(standing(&index, "gradient descent"), None);
    }

    #[test]
    fn only_words_that_no_book_holds_are_mended() {
        let index = index(&["Gradients descend downhill, as a matter of course, and value at risk (VaR) does not."]);
        let reading = read(&index, "gradeint of a coarse moarse VaRR \"descned\" descending donwhill");
        assert_eq!(
            reading.corrected.as_deref(),
            Some("gradients of a course moarse VaRR \"descned\" descending downhill")
        );
        let help = Help { typos: false, ..Help::default() };
        assert_eq!(index.read("gradeint", help, |_| false).corrected, None);
        assert_eq!(read(&index, "gradients of VaR").wordings, ["gradients of VaR", "gradients of value at risk"]);
        let slips = vec!["gradeint"; 20].join(" ");
        let mended = read(&index, &slips).corrected.unwrap();
        assert_eq!(mended.matches("gradients").count(), MOST_MENDED);
    }
}
