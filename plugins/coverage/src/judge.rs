use std::collections::{HashMap, HashSet};

use pathwright_api::coverage::ScoredPassage;
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::Calibration;
use pathwright_api::text::{self, Phrase, Token};
use pathwright_api::topic::{Topic, TopicKind};

/// Log-odds that a passage explains a topic, one weight a feature.
///
/// Set by hand so that the cases in the tests below fall on the right side of 0.75: a title that is the topic's name, or
/// a definition with further talk of it, covers; a word in passing, a list of references or like words alone do not.
const BASE: f32 = -2.6;
const HEADING: f32 = 3.0;
const UPPER_HEADING: f32 = 1.2;
const NAMED: f32 = 1.0;
const NAMED_AGAIN: f32 = 0.35;
const DEFINED: f32 = 1.6;
const SECTION_AGAIN: f32 = 0.4;
const WORDS: f32 = 0.6;
const COSINE: f32 = 1.4;
const NOT_PROSE: f32 = -2.5;
const THIN: f32 = -1.0;

/// What a passage can reach that neither stands under the topic's name nor says what the topic is: it may use the word
/// as often as it likes, it still speaks of something else.
const MENTION_ONLY: f32 = 0.7;

/// How much an alias in a title counts against the topic's own name: an alias may be a part of the topic only.
const ALIAS: f32 = 0.9;

/// Passages taken apart into words, once however many topics they are candidates for.
pub struct Texts<'p>(HashMap<&'p str, Text<'p>>);

struct Text<'p> {
    tokens: Vec<Token<'p>>,
    stems: HashSet<String>,
    sentences: Vec<(&'p str, Vec<Token<'p>>)>,
    not_prose: bool,
}

impl<'p> Texts<'p> {
    pub fn of(passages: impl IntoIterator<Item = &'p FoundPassage>) -> Self {
        let mut texts = HashMap::new();
        for passage in passages {
            texts.entry(passage.id.as_str()).or_insert_with(|| Text::of(passage));
        }
        Self(texts)
    }
}

impl<'p> Text<'p> {
    fn of(passage: &'p FoundPassage) -> Self {
        let tokens = text::tokens(&passage.text);
        let sentences = text::sentences(&passage.text);
        Self {
            stems: tokens.iter().map(|token| text::stem(token.raw)).collect(),
            sentences: sentences.into_iter().map(|sentence| (sentence, text::tokens(sentence))).collect(),
            not_prose: is_apparatus(&passage.heading) || is_list_of_references(&passage.text),
            tokens,
        }
    }
}

/// The candidates with their scores, best first; `texts` holds them all.
pub fn judge(
    topic: &Topic,
    candidates: &[FoundPassage],
    texts: &Texts<'_>,
    calibration: Calibration,
) -> Vec<ScoredPassage> {
    let phrases: Vec<(Phrase, f32)> = topic
        .names()
        .enumerate()
        .filter_map(|(at, name)| Some((Phrase::of(name)?, if at == 0 { 1.0 } else { ALIAS })))
        .collect();
    let wanted = text::content_stems(&topic.title);
    let features_of = |passage: &FoundPassage| match texts.0.get(passage.id.as_str()) {
        Some(text) => Features::of(topic, &wanted, &phrases, passage, text, calibration),
        None => Features::of(topic, &wanted, &phrases, passage, &Text::of(passage), calibration),
    };
    let features: Vec<Features> = candidates.iter().map(features_of).collect();
    let mut naming_by_section: HashMap<&str, u32> = HashMap::new();
    for (passage, features) in candidates.iter().zip(&features) {
        *naming_by_section.entry(&passage.section_id).or_default() += u32::from(features.named > 0);
    }
    let score = |(passage, features): (&FoundPassage, &Features)| {
        let others = naming_by_section[passage.section_id.as_str()].saturating_sub(u32::from(features.named > 0));
        ScoredPassage { passage_id: passage.id.clone(), score: features.confidence(others) }
    };
    let mut scored: Vec<ScoredPassage> = candidates.iter().zip(&features).map(score).collect();
    scored.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.passage_id.cmp(&b.passage_id)));
    scored
}

/// What can be seen of a topic in one passage.
#[derive(Debug)]
struct Features {
    /// How far the section's title is the topic's name: 1 when it is nothing else.
    heading: f32,
    /// The same of the titles above it.
    upper_heading: f32,
    /// How often the topic is named in the text.
    named: u32,
    /// Whether a sentence begins by saying what it is. Of a tool that is no treatment: many a book says in passing what
    /// Python is.
    defined: bool,
    /// Share of the name's words that occur at all.
    words: f32,
    /// Probability from the embedding alone.
    similar: f32,
    /// References, tables of contents, exercises, indices.
    not_prose: bool,
    /// Too short to explain anything.
    thin: bool,
}

impl Features {
    fn of(
        topic: &Topic,
        wanted: &[String],
        phrases: &[(Phrase, f32)],
        passage: &FoundPassage,
        text: &Text<'_>,
        calibration: Calibration,
    ) -> Self {
        let upper = passage.heading.split_last().map_or(&[][..], |(_, upper)| upper);
        let there = wanted.iter().filter(|stem| text.stems.contains(stem.as_str())).count();
        Self {
            heading: name_share(phrases, passage.section_title()),
            upper_heading: upper.iter().map(|title| name_share(phrases, title)).fold(0.0, f32::max),
            named: phrases.iter().map(|(phrase, _)| phrase.positions(&passage.text, &text.tokens).count() as u32).sum(),
            defined: topic.kind != TopicKind::Tool && defines(phrases, &text.sentences),
            words: there as f32 / wanted.len().max(1) as f32,
            similar: passage.cosine.map_or(0.0, |cosine| calibration.probability(cosine)),
            not_prose: text.not_prose,
            thin: text.tokens.len() < 20,
        }
    }

    fn confidence(&self, others_in_section: u32) -> f32 {
        let titled = self.heading > 0.0;
        let heading = if titled { HEADING * self.heading } else { UPPER_HEADING * self.upper_heading };
        let again = self.named.saturating_sub(1).min(3) as f32;
        let mut odds = BASE + heading + COSINE * self.similar + WORDS * self.words;
        odds += if self.named > 0 { NAMED + NAMED_AGAIN * again } else { 0.0 };
        odds += if self.defined { DEFINED } else { 0.0 };
        odds += SECTION_AGAIN * others_in_section.min(3) as f32;
        odds += if self.not_prose { NOT_PROSE } else { 0.0 };
        odds += if self.thin { THIN } else { 0.0 };
        let probability = 1.0 / (1.0 + (-odds).exp());
        if titled || self.defined { probability } else { probability.min(MENTION_ONLY) }
    }
}

/// The part of a title that a name makes up: "Bayesian Inference" is half of "Bayesian Inference for Markov Chains".
fn name_share(phrases: &[(Phrase, f32)], title: &str) -> f32 {
    let tokens = text::tokens(title);
    let weighty = text::content_stems(title).len().max(1) as f32;
    let share = |(phrase, weight): &(Phrase, f32)| {
        let stands = phrase.positions(title, &tokens).next().is_some();
        if stands { weight * (phrase.lemmas.len() as f32 / weighty).min(1.0) } else { 0.0 }
    };
    phrases.iter().map(share).fold(0.0, f32::max)
}

fn defines(phrases: &[(Phrase, f32)], sentences: &[(&str, Vec<Token<'_>>)]) -> bool {
    let defined = |phrase: &Phrase| sentences.iter().any(|(sentence, tokens)| phrase.is_defined_in(sentence, tokens));
    phrases.iter().any(|(phrase, _)| defined(phrase))
}

/// Parts of a book that name everything and explain nothing.
fn is_apparatus(heading: &[String]) -> bool {
    const TITLES: [&str; 12] = [
        "references",
        "bibliography",
        "contents",
        "table of contents",
        "index",
        "exercises",
        "problems",
        "further reading",
        "discussions",
        "acknowledgments",
        "acknowledgements",
        "glossary",
    ];
    heading.iter().any(|title| TITLES.contains(&title.trim().to_lowercase().as_str()))
}

/// Many years in brackets, or hardly any of the small words that sentences are made of.
fn is_list_of_references(passage: &str) -> bool {
    let words: Vec<&str> = passage.split_whitespace().collect();
    if words.len() < 12 {
        return false;
    }
    let small =
        words.iter().filter(|word| text::is_stop_word(word.trim_matches(|c: char| !c.is_alphanumeric()))).count();
    let years = words.iter().filter(|word| is_year(word)).count();
    (small * 100 < words.len() * 12) || (years * 100 > words.len() * 6)
}

fn is_year(word: &str) -> bool {
    let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use pathwright_api::testing::passage;
    use proptest::prelude::*;

    const NEUTRAL: Calibration = Calibration { midpoint: 0.5, slope: 10.0 };

    fn best(topic: &str, candidates: &[FoundPassage]) -> f32 {
        judged(&Topic::unknown(topic), candidates)[0].score
    }

    fn judged(topic: &Topic, candidates: &[FoundPassage]) -> Vec<ScoredPassage> {
        judge(topic, candidates, &Texts::of(candidates), NEUTRAL)
    }

    const PROSE: &str = "The idea is simple: during training we set each hidden unit to zero with some probability, so that \
        no unit can rely on any other one. Dropout is cheap, and at test time it is switched off. Most libraries offer dropout as a layer.";

    #[test]
    fn a_section_of_that_name_covers() {
        assert!(best("Dropout", &[passage("p", "Dropout", PROSE)]) > 0.85);
    }

    #[test]
    fn a_definition_with_more_talk_of_it_covers_under_any_title() {
        let text = "A limit order book is the list of all resting orders of an exchange. The limit order book changes with every \
            message, and traders read the limit order book to see how deep the market is.";
        assert!(best("Limit order book", &[passage("p", "How an exchange works", text)]) > 0.75);
    }

    #[test]
    fn a_tool_is_covered_where_a_section_is_about_it() {
        let text = "Python is an interpreted language. Python is slow because of that, and most Python libraries are written in C.";
        let python = Topic { kind: TopicKind::Tool, ..Topic::unknown("Python") };
        let score = |section: &str| judged(&python, &[passage("p", section, text)])[0].score;
        assert!(score("Compilers and interpreters") < 0.75 && score("Python") > 0.75);
    }

    #[test]
    fn a_word_in_passing_does_not_cover() {
        let text = "We could have used dropout here as well, but for such a small network with so few parameters it hardly matters, \
            and the results of the comparison are the same as before.";
        assert!(best("Dropout", &[passage("p", "Weight decay", text)]) < 0.5);
    }

    #[test]
    fn references_and_exercises_do_not_cover() {
        let list = "Srivastava N. (2014). Dropout: a simple way. JMLR 15. Wager S. (2013). Dropout training. NIPS. Gal Y. (2016). Dropout \
            Bayesian approximation. ICML. Ba J. (2013). Adaptive dropout.";
        assert!(best("Dropout", &[passage("p", "References", list)]) < 0.5);
        assert!(best("Dropout", &[passage("p", "More", list)]) < 0.5);
    }

    #[test]
    fn like_words_alone_do_not_cover() {
        let text = "An order is sent to the venue with a limit on its price. The book keeps a record of whatever happens there, in \
            order, up to the limit that the regulator has set for all of them.";
        let mut found = passage("p", "Rules of a venue", text);
        found.cosine = Some(0.6);
        assert!(best("Limit order book", &[found]) < 0.5);
    }

    proptest! {
        #[test]
        fn scores_are_probabilities_in_falling_order(title in "[a-z ]{1,30}", texts in prop::collection::vec("\\PC{0,200}", 1..5)) {
            let found: Vec<_> = texts.iter().enumerate().map(|(i, text)| passage(&i.to_string(), "x", text)).collect();
            let scored = judged(&Topic::unknown(&title), &found);
            prop_assert_eq!(scored.len(), found.len());
            prop_assert!(scored.windows(2).all(|pair| pair[0].score >= pair[1].score));
            prop_assert!(scored.iter().all(|passage| (0.0..=1.0).contains(&passage.score)));
        }
    }
}
