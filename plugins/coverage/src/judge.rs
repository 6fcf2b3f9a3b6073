use pathwright_api::coverage::{ScorePart, ScoredPassage};
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::Candidates;
use pathwright_api::topic::Topic;
use pathwright_api::{ErrorCode, Failure};

use crate::features::{Features, NAMES, Texts, features};

/// Log-odds that a passage explains a topic: one weight a feature, fitted to labelled topics of seven books by the script in the
/// folder `fitting`. A passage's confidence is the logistic function of the sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    base: f32,
    weights: Features,
}

impl Weights {
    /// For the embedded embedding model.
    pub fn embedded() -> Result<Self, Failure> {
        Self::parse(include_str!("../weights/embedded.toml"))
    }

    /// For any other: fitted with a small transformer, whose cosines are put on the same scale by the library's background.
    pub fn other() -> Result<Self, Failure> {
        Self::parse(include_str!("../weights/other.toml"))
    }

    /// Every feature has to have its weight, and nothing else may have one.
    fn parse(toml: &str) -> Result<Self, Failure> {
        let refused = |reason: String| Failure::new(ErrorCode::InvalidInput, format!("weights of the judge: {reason}"));
        let mut table: toml::Table = toml.parse().map_err(|error: toml::de::Error| refused(error.to_string()))?;
        let mut take = |name: &str| match table.remove(name).as_ref().and_then(toml::Value::as_float) {
            Some(weight) => Ok(weight as f32),
            None => Err(refused(format!("`{name}` has no number"))),
        };
        let base = take("base")?;
        let mut weights = [0.0; NAMES.len()];
        for (weight, (name, _)) in weights.iter_mut().zip(NAMES) {
            *weight = take(name)?;
        }
        match table.keys().next() {
            Some(unknown) => Err(refused(format!("`{unknown}` is no feature"))),
            None => Ok(Self { base, weights }),
        }
    }

    fn confidence(&self, features: &Features) -> f32 {
        let odds: f32 =
            self.base + self.weights.iter().zip(features).map(|(weight, value)| weight * value).sum::<f32>();
        1.0 / (1.0 + (-odds).exp())
    }

    /// What each part adds to the log-odds.
    fn parts(&self, features: &Features) -> Vec<ScorePart> {
        let mut parts = vec![ScorePart { name: "base".to_owned(), log_odds: self.base }];
        for (((_, part), weight), value) in NAMES.iter().zip(&self.weights).zip(features) {
            match parts.iter_mut().find(|known| known.name == *part) {
                Some(known) => known.log_odds += weight * value,
                None => parts.push(ScorePart { name: (*part).to_owned(), log_odds: weight * value }),
            }
        }
        parts
    }
}

/// What the candidates say of a topic.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// Best first.
    pub passages: Vec<ScoredPassage>,
    /// Why the best one has its score; empty without candidates.
    pub parts: Vec<ScorePart>,
}

/// Judges the candidates, given how close they come to the topic; `texts` holds them all.
pub fn judge(
    topic: &Topic,
    candidates: &Candidates,
    closeness: &[f32],
    texts: &Texts<'_>,
    weights: &Weights,
) -> Judgement {
    let features = features(topic, candidates, closeness, texts);
    let scored = |(passage, features): (&FoundPassage, &Features)| {
        (ScoredPassage { passage_id: passage.id.clone(), score: weights.confidence(features) }, *features)
    };
    let mut scored: Vec<(ScoredPassage, Features)> = candidates.passages.iter().zip(&features).map(scored).collect();
    scored.sort_by(|(a, _), (b, _)| b.score.total_cmp(&a.score).then_with(|| a.passage_id.cmp(&b.passage_id)));
    let parts = scored.first().map(|(_, features)| weights.parts(features)).unwrap_or_default();
    Judgement { passages: scored.into_iter().map(|(passage, _)| passage).collect(), parts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closeness::closeness;
    use futures::executor::block_on;
    use pathwright_api::testing::{self, passage};
    use pathwright_api::topic::TopicKind;
    use proptest::prelude::*;

    fn best(topic: &str, found: &[FoundPassage]) -> f32 {
        judged(&Topic::unknown(topic), found).passages[0].score
    }

    /// As the actor judges them, by an embedding that knows words only.
    fn judged(topic: &Topic, found: &[FoundPassage]) -> Judgement {
        let ports = testing::ports(found.to_vec());
        let judging = async {
            let vector = ports.embedder.embed(vec![topic.title.clone()]).await?.remove(0);
            let found = ports.passages.candidates(vec![crate::question(topic, vector)]).await?.remove(0);
            let batch = [(topic.clone(), found)];
            let close = closeness(&batch, ports.embedded.as_ref()).await?.remove(0);
            let texts = Texts::of(&batch[0].1.passages);
            Ok::<_, Failure>(judge(topic, &batch[0].1, &close, &texts, &Weights::embedded()?))
        };
        block_on(judging).unwrap()
    }

    #[test]
    fn every_feature_has_a_weight_and_the_parts_add_up() {
        let weights = [Weights::embedded().unwrap(), Weights::other().unwrap()];
        assert!(weights.iter().all(|weights| weights.base < 0.0));
        assert!(Weights::parse("base = 1.0").unwrap_err().message.contains("`heading` has no number"));
        let judgement = judged(&Topic::unknown("Dropout"), &[passage("p", "Dropout", PROSE)]);
        let odds: f32 = judgement.parts.iter().map(|part| part.log_odds).sum();
        assert!((1.0 / (1.0 + (-odds).exp()) - judgement.passages[0].score).abs() < 1e-5);
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
        let score = |section: &str| judged(&python, &[passage("p", section, text)]).passages[0].score;
        assert!(score("Python") > score("Compilers and interpreters"));
    }

    #[test]
    fn a_word_in_passing_does_not_cover() {
        let text = "We could have used dropout here as well, but for such a small network with so few parameters it hardly matters, \
            and the results of the comparison are the same as before.";
        assert!(best("Dropout", &[passage("p", "Weight decay", text)]) < 0.75);
    }

    #[test]
    fn references_and_exercises_do_not_cover() {
        let list = "Srivastava N. (2014). Dropout: a simple way. JMLR 15. Wager S. (2013). Dropout training. NIPS. Gal Y. (2016). Dropout \
            Bayesian approximation. ICML. Ba J. (2013). Adaptive dropout.";
        let in_prose = best("Dropout", &[passage("p", "More", PROSE)]);
        assert!(best("Dropout", &[passage("p", "References", list)]) < in_prose);
        assert!(best("Dropout", &[passage("p", "More", list)]) < in_prose);
    }

    #[test]
    fn like_words_alone_do_not_cover() {
        let text = "An order is sent to the venue with a limit on its price. The book keeps a record of whatever happens there, in \
            order, up to the limit that the regulator has set for all of them.";
        assert!(best("Limit order book", &[passage("p", "Rules of a venue", text)]) < 0.75);
    }

    proptest! {
        #[test]
        fn scores_are_probabilities_in_falling_order(title in "[a-z ]{1,30}", texts in prop::collection::vec("\\PC{0,200}", 1..5)) {
            let found: Vec<_> = texts.iter().enumerate().map(|(i, text)| passage(&i.to_string(), "x", text)).collect();
            let scored = judged(&Topic::unknown(&title), &found).passages;
            prop_assert_eq!(scored.len(), found.len());
            prop_assert!(scored.windows(2).all(|pair| pair[0].score >= pair[1].score));
            prop_assert!(scored.iter().all(|passage| (0.0..=1.0).contains(&passage.score)));
        }
    }
}
