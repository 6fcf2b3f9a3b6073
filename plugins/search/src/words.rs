use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use pathwright_api::library::FoundPassage;
use pathwright_api::ports::QueryWord;
use pathwright_api::text;

use crate::acronyms::Acronyms;
use crate::book_words::BookWords;
use crate::vocabulary::Vocabulary;

/// Okapi BM25's saturation of repeated words, and how much long passages are held back (Robertson and Zaragoza, 2009).
const SATURATION: f32 = 1.2;
const LENGTH: f32 = 0.5;

/// A passage of the index: book and place in it.
pub(crate) type Place = (usize, u32);

/// The words of all books, for a search by any of them. In memory, because the database scores every match of any word on its
/// own, which takes seconds where a word is common; some 2 kB a passage.
#[derive(Default)]
pub struct WordIndex {
    /// The library's revision it was made of.
    pub(crate) revision: u64,
    pub(crate) books: Vec<Arc<BookWords>>,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) acronyms: Acronyms,
    places: HashMap<String, Place>,
    mean_length: f32,
}

impl WordIndex {
    pub(crate) fn new(revision: u64, books: Vec<Arc<BookWords>>) -> Self {
        let ids = books.iter().enumerate().flat_map(|(book, words)| {
            words.passages.iter().enumerate().map(move |(at, passage)| (passage.id.clone(), (book, at as u32)))
        });
        let places = ids.collect();
        let passages: usize = books.iter().map(|book| book.len()).sum();
        let words: f32 = books.iter().flat_map(|book| &book.lengths).sum();
        let vocabulary = Vocabulary::of(books.iter().map(|book| &book.spellings));
        let acronyms = Acronyms::of(books.iter().map(|book| &book.acronyms), &vocabulary);
        Self { revision, vocabulary, acronyms, places, mean_length: words / passages.max(1) as f32, books }
    }

    fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The ids of at most so many passages, evenly spaced over all books.
    pub(crate) fn sample(&self, most: usize) -> Vec<String> {
        let all: Vec<&FoundPassage> = self.books.iter().flat_map(|book| &book.passages).collect();
        let step = all.len().div_ceil(most.max(1)).max(1);
        all.into_iter().step_by(step).map(|passage| passage.id.clone()).collect()
    }

    /// Words of each of some sections, as a reader counts them.
    pub(crate) fn section_words(&self, sections: &[String]) -> HashMap<String, usize> {
        let mut words: HashMap<String, usize> = HashMap::new();
        let wanted: HashSet<&str> = sections.iter().map(String::as_str).collect();
        for passage in self.books.iter().flat_map(|book| &book.passages) {
            if wanted.contains(passage.section_id.as_str()) {
                *words.entry(passage.section_id.clone()).or_default() += passage.text.split_whitespace().count();
            }
        }
        words
    }

    pub(crate) fn place(&self, id: &str) -> Option<Place> {
        self.places.get(id).copied()
    }

    pub(crate) fn passage(&self, (book, at): Place) -> &FoundPassage {
        &self.books[book].passages[at as usize]
    }

    /// The words of a wording that carry meaning, each once.
    pub(crate) fn query_words(&self, wording: &str) -> Vec<QueryWord> {
        let mut words: Vec<QueryWord> = Vec::new();
        for stem in text::content_stems(wording) {
            if words.iter().all(|word| word.stem != stem) {
                let holding = self.holding(&stem);
                words.push(QueryWord { idf: self.idf(holding), is_in_library: holding > 0, stem });
            }
        }
        words
    }

    /// How many passages hold a stem.
    pub(crate) fn holding(&self, stem: &str) -> usize {
        self.books.iter().map(|book| book.holding(stem).len()).sum()
    }

    /// Inverse document frequency, never negative.
    fn idf(&self, holding: usize) -> f32 {
        let (all, holding) = (self.len() as f32, holding as f32);
        (1.0 + (all - holding + 0.5) / (holding + 0.5)).ln()
    }

    /// The passages that hold most of the words, each with its score divided by the words' idf.
    pub(crate) fn search(&self, words: &[QueryWord], limit: usize) -> Vec<(Place, f32)> {
        let mut best: BinaryHeap<Reverse<Scored>> = BinaryHeap::with_capacity(limit + 1);
        for (number, book) in self.books.iter().enumerate() {
            let mut scores = vec![0.0f32; book.len()];
            for word in words {
                for (at, count) in book.holding(&word.stem) {
                    scores[*at as usize] += self.gain(word, *count, book.lengths[*at as usize]);
                }
            }
            for (at, score) in scores.into_iter().enumerate().filter(|(_, score)| *score > 0.0) {
                best.push(Reverse(Scored { score, place: Reverse((number, at as u32)) }));
                if best.len() > limit {
                    best.pop();
                }
            }
        }
        let mass = mass(words);
        best.into_iter().map(|Reverse(scored)| (scored.place.0, scored.score / mass)).collect()
    }

    /// What one passage would get in [`search`](Self::search).
    pub(crate) fn score(&self, words: &[QueryWord], (book, at): Place) -> f32 {
        let book = &self.books[book];
        let score = |word: &QueryWord| {
            let holding = book.holding(&word.stem);
            let found = holding.binary_search_by_key(&at, |(at, _)| *at).ok()?;
            Some(self.gain(word, holding[found].1, book.lengths[at as usize]))
        };
        words.iter().filter_map(score).sum::<f32>() / mass(words)
    }

    /// What a word adds to a passage of this length that holds it so often.
    fn gain(&self, word: &QueryWord, count: f32, length: f32) -> f32 {
        let long = 1.0 - LENGTH + LENGTH * length / self.mean_length;
        word.idf * count * (SATURATION + 1.0) / (count + SATURATION * long)
    }
}

/// What a passage that holds every word once would get, about; never 0.
fn mass(words: &[QueryWord]) -> f32 {
    words.iter().map(|word| word.idf).sum::<f32>().max(f32::EPSILON)
}

/// Ordered by score; of equals the one that comes first in the library is the better.
#[derive(PartialEq)]
struct Scored {
    score: f32,
    place: Reverse<Place>,
}

impl Eq for Scored {}

impl PartialOrd for Scored {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Scored {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.score.total_cmp(&other.score).then_with(|| self.place.cmp(&other.place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pathwright_api::testing::passage;
    use proptest::prelude::*;

    fn index(texts: &[(&str, &str)]) -> WordIndex {
        let passages = texts.iter().enumerate().map(|(at, (title, text))| passage(&format!("p{at}"), title, text));
        WordIndex::new(1, vec![BookWords::new(String::new(), String::new(), passages.collect()).into()])
    }

    fn best(index: &WordIndex, query: &str) -> Option<String> {
        let mut found = index.search(&index.query_words(query), 10);
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.first().map(|(place, _)| index.passage(*place).id.clone())
    }

    #[test]
    fn rare_words_titles_and_repetition_count() {
        let index = index(&[
            ("Orders", "The book of all orders of the venue is public."),
            ("Limit order book", "It is public."),
            ("Venues", "Dropout is not for venues."),
            ("Training", "Dropout helps. Use dropout. With dropout, units learn alone."),
        ]);
        assert_eq!(best(&index, "limit order books").as_deref(), Some("p1"));
        assert_eq!(best(&index, "dropout in networks").as_deref(), Some("p3"));
        assert_eq!(best(&index, "kubernetes"), None);
        let words = index.query_words("kubernetes orders");
        assert!(!words[0].is_in_library && words[1].is_in_library && words[0].idf > words[1].idf);
    }

    proptest! {
        #[test]
        fn scores_are_the_same_alone_and_in_a_search(texts in prop::collection::vec("([a-d]{1,2} ){0,8}", 1..12), query in "([a-d]{1,2} ){1,4}") {
            let titled: Vec<(&str, &str)> = texts.iter().map(|text| ("t", text.as_str())).collect();
            let index = index(&titled);
            let words = index.query_words(&query);
            let found = index.search(&words, 5);
            prop_assert!(found.len() <= 5);
            for (place, score) in found {
                prop_assert!((index.score(&words, place) - score).abs() < 1e-4);
                prop_assert!(score > 0.0 && score <= SATURATION + 1.0 + 1e-4);
            }
        }
    }
}
