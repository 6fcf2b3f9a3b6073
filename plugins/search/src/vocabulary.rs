use std::collections::HashMap;

use strsim::osa_distance;

/// Letters of a word from which on one slip is forgiven, and from which on two are.
const ONE_SLIP: usize = 4;
const TWO_SLIPS: usize = 8;

/// Letters of the longest word that is kept: longer ones are no words, and are neither mended nor proposed.
const LONGEST: usize = 30;

/// The words of all books as they are written, for mending those that no book holds.
#[derive(Default)]
pub(crate) struct Vocabulary {
    counts: HashMap<String, u32>,
    /// By the number of letters.
    by_length: Vec<Vec<Word>>,
}

struct Word {
    spelling: String,
    letters: Letters,
    count: u32,
}

impl Vocabulary {
    pub(crate) fn of<'b>(books: impl Iterator<Item = &'b HashMap<String, u32>>) -> Self {
        let mut counts: HashMap<String, u32> = HashMap::new();
        for book in books {
            for (word, count) in book {
                match counts.get_mut(word) {
                    Some(known) => *known = known.saturating_add(*count),
                    None => _ = counts.insert(word.clone(), *count),
                }
            }
        }
        let mut by_length: Vec<Vec<Word>> = (0..=LONGEST).map(|_| Vec::new()).collect();
        for (word, count) in &counts {
            if let Some(length) = length(word) {
                by_length[length].push(Word { spelling: word.clone(), letters: Letters::of(word), count: *count });
            }
        }
        Self { counts, by_length }
    }

    /// How often a word is written in the books, case apart.
    pub(crate) fn count(&self, word: &str) -> u32 {
        self.counts.get(word).copied().unwrap_or_default()
    }

    /// The word that was probably meant by one that no book holds: of those that are the fewest slips away, and begin alike if
    /// any does, the one written most often.
    ///
    /// A slip is a letter too many, too few, wrong, or swapped with its neighbour. All words of about the same length are
    /// looked at, but few come further than to a comparison of which letters they have.
    pub(crate) fn nearest(&self, word: &str) -> Option<&str> {
        let length = length(word)?;
        let most = match length {
            TWO_SLIPS.. => 2,
            ONE_SLIP.. => 1,
            _ => return None,
        };
        let (letters, first) = (Letters::of(word), word.chars().next());
        let alike = (length - most).max(2)..=(length + most).min(LONGEST);
        let candidates = self.by_length.get(alike)?.iter().flatten();
        let candidates = candidates.filter(|other| letters.may_be_within(most, other.letters));
        let slips = candidates.filter_map(|other| {
            let slips = osa_distance(word, &other.spelling);
            (slips <= most).then(|| (slips + usize::from(other.spelling.chars().next() != first), other))
        });
        let order = |(slips, other): &(usize, &Word)| (*slips, std::cmp::Reverse(other.count), other.spelling.clone());
        slips.min_by_key(order).map(|(_, other)| other.spelling.as_str())
    }
}

/// The number of letters, of a word of letters only that is neither a single one nor endless.
fn length(word: &str) -> Option<usize> {
    let letters = word.chars().take(LONGEST + 1).count();
    ((2..=LONGEST).contains(&letters) && word.chars().all(char::is_alphabetic)).then_some(letters)
}

/// Which letters a word has, a bit each; those beyond a to z share some.
#[derive(Clone, Copy)]
struct Letters(u32);

impl Letters {
    fn of(word: &str) -> Self {
        let bit = |c: char| match c {
            'a'..='z' => u32::from(c) - u32::from('a'),
            _ => 26 + u32::from(c) % 6,
        };
        Self(word.chars().fold(0, |letters, c| letters | 1 << bit(c)))
    }

    /// A wrong letter changes two bits at most, any other slip one.
    fn may_be_within(self, slips: usize, other: Self) -> bool {
        (self.0 ^ other.0).count_ones() as usize <= 2 * slips
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn vocabulary(words: &[(&str, u32)]) -> Vocabulary {
        let words: HashMap<String, u32> = words.iter().map(|(word, count)| ((*word).to_owned(), *count)).collect();
        Vocabulary::of([&words].into_iter())
    }

    #[test]
    fn slips_are_mended_by_the_word_that_is_written_most() {
        let words = vocabulary(&[
            ("gradient", 90),
            ("gradients", 30),
            ("training", 40),
            ("draining", 99),
            ("tree", 9),
            ("free", 50),
        ]);
        assert_eq!(words.nearest("gradeint"), Some("gradient"));
        assert_eq!(words.nearest("graident"), Some("gradient"));
        assert_eq!(words.nearest("gradiebts"), Some("gradients"));
        assert_eq!(words.nearest("rtaining"), Some("training"));
        assert_eq!(words.nearest("ttee"), Some("tree"));
        assert_eq!(words.count("gradient"), 90);
    }

    #[test]
    fn short_far_and_odd_words_stay() {
        let words = vocabulary(&[("tree", 9), ("gradient", 90), ("art", 4)]);
        assert!(["tre3", "arz", "trxx", "gxaxixnt", "", "\u{1F600}"].iter().all(|word| words.nearest(word).is_none()));
        assert_eq!(words.nearest(&"tree".repeat(1_000)), None);
        assert_eq!(Vocabulary::default().nearest("gradeint"), None);
    }

    #[test]
    fn a_large_vocabulary_is_searched_in_no_time() {
        let words: HashMap<String, u32> = (0..300_000u32).map(|number| (spelt(number), number % 97 + 1)).collect();
        let vocabulary = Vocabulary::of([&words].into_iter());
        let begun = std::time::Instant::now();
        for number in (0..300_000).step_by(30_000) {
            let mut word = spelt(number);
            word.insert(3, 'y');
            assert!(vocabulary.nearest(&word).is_some());
        }
        assert!(begun.elapsed().as_millis() < 5_000, "{:?} for ten words", begun.elapsed());
    }

    /// A made-up word of 10 letters for each number.
    fn spelt(number: u32) -> String {
        let mixed = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (0..10).map(|at| char::from(b'a' + ((mixed >> (6 * at)) % 25) as u8)).collect()
    }

    proptest! {
        #[test]
        fn what_is_proposed_is_known_and_near(known in prop::collection::vec("[a-eé]{2,12}", 0..20), word in "[a-eé]{0,12}") {
            let words: Vec<(&str, u32)> = known.iter().map(|word| (word.as_str(), 1)).collect();
            let vocabulary = vocabulary(&words);
            let letters = word.chars().count();
            let most = if letters >= TWO_SLIPS { 2 } else { usize::from(letters >= ONE_SLIP) };
            match vocabulary.nearest(&word) {
                Some(nearest) => prop_assert!(known.iter().any(|word| word == nearest) && osa_distance(&word, nearest) <= most),
                None => prop_assert!(most == 0 || known.iter().all(|known| osa_distance(&word, known) > most)),
            }
        }
    }
}
