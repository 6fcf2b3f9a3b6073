use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use pathwright_api::ports::LibraryTopics;
use pathwright_api::text;
use pathwright_api::topic::{Topic, TopicId};
use pathwright_api::topic_index::TopicIndex;

use crate::mentions::Lexicon;
use crate::phrases::is_general;
use crate::posting;

/// The library's index; without it where it cannot be had, since a posting can be read by the topic map alone.
pub async fn index_of(topics: &dyn LibraryTopics) -> Arc<TopicIndex> {
    topics.index().await.unwrap_or_else(|failure| {
        tracing::warn!(code = %failure.code, %failure, "the library's topics are not known; the topic map stands alone");
        Arc::default()
    })
}

/// Other topics of its book that have to be asked for beside a single word, unless one of them has more words: "comments" alone
/// may be anything.
const COMPANY: usize = 2;

/// The library's own topics that one posting asks for.
pub struct Shelf<'i> {
    index: &'i TopicIndex,
    asked: HashSet<&'i TopicId>,
}

impl<'i> Shelf<'i> {
    /// By all lines of the posting that count.
    pub fn of<'l>(lines: impl Iterator<Item = &'l str>, lexicon: &Lexicon, index: &'i TopicIndex) -> Self {
        let mut named: BTreeMap<&TopicId, bool> = BTreeMap::new();
        for line in lines {
            for (topic, span) in candidates(line, lexicon, index) {
                *named.entry(&topic.id).or_default() |= text::tokens(&line[span]).len() > 1;
            }
        }
        let is_asked = |id: &TopicId| named[id] || has_company(id, &named, index);
        let asked = named.keys().copied().filter(|id| is_asked(id)).collect();
        Self { index, asked }
    }

    /// Those that a line asks for, left to right. The map goes first: what it names there, or names with more words, is its own, and
    /// words that are ordinary to it are none of the library's.
    pub fn asked_for(&self, line: &str, lexicon: &Lexicon) -> Vec<(&'i Topic, Range<usize>)> {
        let mut asked = candidates(line, lexicon, self.index);
        asked.retain(|(topic, _)| self.asked.contains(&topic.id));
        asked
    }
}

/// Whether others of its books are named, and whether by more than one word.
fn has_company(id: &TopicId, named: &BTreeMap<&TopicId, bool>, index: &TopicIndex) -> bool {
    let shares_a_book = |other: &TopicId| {
        let books = |id: &TopicId| index.sections_of(id).iter().map(|section| section.book_id.as_str());
        books(other).any(|book| books(id).any(|own| own == book))
    };
    let company: Vec<bool> =
        named.iter().filter(|(other, _)| **other != id && shares_a_book(other)).map(|(_, several)| *several).collect();
    company.contains(&true) || company.len() >= COMPANY
}

fn candidates<'i>(line: &str, lexicon: &Lexicon, index: &'i TopicIndex) -> Vec<(&'i Topic, Range<usize>)> {
    if index.is_empty() {
        return Vec::new();
    }
    let known: Vec<Range<usize>> = lexicon.find(line).into_iter().map(|mention| mention.span).collect();
    let fits = |span: &Range<usize>| {
        let within = |known: &Range<usize>| span.start <= known.start && known.end <= span.end && *known != *span;
        known.iter().all(|known| known.end <= span.start || span.end <= known.start || within(known))
    };
    let mut found = index.named_in(line);
    found.retain(|(_, span)| {
        fits(span) && is_telling(&line[span.clone()], lexicon) && !posting::is_negated(line, span.start, span.end)
    });
    found
}

/// Whether words name something by themselves: more than one of them and not all of them general, or one that nobody uses in
/// passing.
fn is_telling(words: &str, lexicon: &Lexicon) -> bool {
    let tokens = text::tokens(words);
    let general = |word: &str| is_general(word) || lexicon.is_ordinary(word);
    match tokens.as_slice() {
        [one] => one.raw.chars().count() > 3 && !general(one.raw),
        several => !several.iter().filter(|token| !text::is_stop_word(token.raw)).all(|token| is_general(token.raw)),
    }
}

#[cfg(test)]
mod tests {
    use pathwright_api::topic::TopicMap;
    use pathwright_api::topic_index::{IndexedSection, IndexedTopic};

    use super::*;

    fn asked(line: &str) -> Vec<String> {
        let section = IndexedSection { section_id: "s".into(), book_id: "b".into(), ordinal: 0, is_title: true };
        let entry = |title: &str| IndexedTopic {
            topic: Topic::unknown(title),
            is_of_map: false,
            sections: vec![section.clone()],
        };
        let titles = ["Queen rearing", "Swarming", "Team experience", "Training", "Advanced SQL tricks", "Python"];
        let index = TopicIndex::new(titles.map(entry).to_vec(), Vec::new());
        let lexicon = Lexicon::new(&TopicMap::parse(crate::topic_files()).unwrap());
        let shelf = Shelf::of(std::iter::once(line), &lexicon, &index);
        shelf.asked_for(line, &lexicon).into_iter().map(|(topic, _)| topic.title.clone()).collect()
    }

    #[test]
    fn names_of_the_library_are_found_in_any_inflection() {
        assert_eq!(
            asked("You know queens rearing and swarming, and advanced SQL tricks"),
            ["Queen rearing", "Swarming", "Advanced SQL tricks"]
        );
        assert_eq!(asked("Queen rearing is your trade"), ["Queen rearing"]);
    }

    #[test]
    fn a_single_word_needs_company() {
        assert_eq!(asked("We value swarming of ideas"), Vec::<String>::new());
        assert_eq!(asked("Swarming and queen rearing"), ["Swarming", "Queen rearing"]);
    }

    #[test]
    fn the_maps_own_names_ordinary_words_and_what_is_denied_are_not() {
        for line in ["Python and more", "We offer training and team experience", "No queen rearing needed"] {
            assert_eq!(asked(line), Vec::<String>::new(), "{line}");
        }
    }
}
