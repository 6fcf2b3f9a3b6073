use std::ops::Range;
use std::sync::Arc;

use pathwright_api::ports::LibraryTopics;
use pathwright_api::text;
use pathwright_api::topic::Topic;
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

/// The library's own topics that a line asks for, left to right. The map goes first: what it names there, or names with more words,
/// is its own, and words that are ordinary to it are none of the library's.
pub fn asked_for<'i>(line: &str, lexicon: &Lexicon, index: &'i TopicIndex) -> Vec<(&'i Topic, Range<usize>)> {
    if index.is_empty() {
        return Vec::new();
    }
    let known: Vec<Range<usize>> = lexicon.find(line).into_iter().map(|mention| mention.span).collect();
    let fits = |span: &Range<usize>| {
        let within = |known: &Range<usize>| span.start <= known.start && known.end <= span.end && *known != *span;
        known.iter().all(|known| known.end <= span.start || span.end <= known.start || within(known))
    };
    let mut asked = index.named_in(line);
    asked.retain(|(_, span)| {
        fits(span) && is_telling(&line[span.clone()], lexicon) && !posting::is_negated(line, span.start, span.end)
    });
    asked
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
        asked_for(line, &lexicon, &index).into_iter().map(|(topic, _)| topic.title.clone()).collect()
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
    fn the_maps_own_names_ordinary_words_and_what_is_denied_are_not() {
        for line in ["Python and more", "We offer training and team experience", "No queen rearing needed"] {
            assert_eq!(asked(line), Vec::<String>::new(), "{line}");
        }
    }
}
