use std::collections::HashMap;
use std::ops::Range;

use pathwright_api::text::{self, Phrase, Token};
use pathwright_api::topic::{Topic, TopicId, TopicMap};

/// All names of all topics, ready to be found in texts.
pub struct Lexicon {
    by_first_lemma: HashMap<String, Vec<Name>>,
    cues: HashMap<TopicId, Vec<String>>,
}

struct Name {
    topic: TopicId,
    phrase: Phrase,
}

/// A topic's name found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub topic: TopicId,
    /// Bytes of the text.
    pub span: Range<usize>,
}

impl Lexicon {
    pub fn new(map: &TopicMap) -> Self {
        let mut by_first_lemma: HashMap<String, Vec<Name>> = HashMap::new();
        for topic in map.iter() {
            for phrase in topic.names().filter_map(|name| phrase(topic, name)) {
                let names = by_first_lemma.entry(phrase.lemmas[0].clone()).or_default();
                names.push(Name { topic: topic.id.clone(), phrase });
            }
        }
        for names in by_first_lemma.values_mut() {
            names.sort_by(|a, b| b.phrase.lemmas.len().cmp(&a.phrase.lemmas.len()).then_with(|| a.topic.cmp(&b.topic)));
        }
        let with_cues = map.iter().filter(|topic| !topic.cues.is_empty());
        let cues = with_cues.map(|topic| (topic.id.clone(), topic.cues.clone())).collect();
        Self { by_first_lemma, cues }
    }

    /// The topics a line mentions, left to right; where names overlap the longest wins.
    pub fn find(&self, line: &str) -> Vec<Mention> {
        let tokens = text::tokens(line);
        let mut mentions = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            match self.name_at(line, &tokens, at) {
                Some(name) => {
                    let last = at + name.phrase.lemmas.len() - 1;
                    mentions.push(Mention { topic: name.topic.clone(), span: tokens[at].start..tokens[last].end() });
                    at = last + 1;
                }
                None => at += 1,
            }
        }
        mentions
    }

    fn name_at(&self, line: &str, tokens: &[Token<'_>], at: usize) -> Option<&Name> {
        let names = self.by_first_lemma.get(&tokens[at].lemma)?;
        names
            .iter()
            .find(|name| name.phrase.starts(line, &tokens[at..]) && self.has_cue(&name.topic, line, &tokens[at]))
    }

    fn has_cue(&self, topic: &TopicId, line: &str, token: &Token<'_>) -> bool {
        let Some(cues) = self.cues.get(topic) else {
            return true;
        };
        let rest = format!("{} {}", &line[..token.start], &line[token.end()..]);
        let words = text::lemmas(&rest);
        let in_line = |cue: &String| {
            let cue = text::lemmas(cue);
            !cue.is_empty() && words.windows(cue.len()).any(|window| window == cue)
        };
        cues.iter().any(in_line)
    }
}

/// A name that is an ordinary word besides has to be spelt as given.
fn phrase(topic: &Topic, name: &str) -> Option<Phrase> {
    let ordinary_word = !topic.cues.is_empty() && !name.contains(' ');
    if ordinary_word { Phrase::exactly(name) } else { Phrase::of(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        let toml = r#"
            area = "Test"
            [[topic]]
            id = "r"
            title = "R"
            kind = "tool"
            hours = 20
            cues = ["programming", "python"]
            [[topic]]
            id = "value-at-risk"
            title = "Value at risk"
            kind = "method"
            hours = 4
            aliases = ["VaR"]
            [[topic]]
            id = "regression"
            title = "Regression"
            kind = "method"
            hours = 4
            [[topic]]
            id = "logistic-regression"
            title = "Logistic regression"
            kind = "method"
            hours = 4
        "#;
        Lexicon::new(&TopicMap::parse([("test.toml", toml)]).unwrap())
    }

    fn found(line: &str) -> Vec<String> {
        lexicon().find(line).into_iter().map(|mention| mention.topic.to_string()).collect()
    }

    #[test]
    fn the_longest_name_wins() {
        assert_eq!(found("Logistic Regressions and regression"), ["logistic-regression", "regression"]);
    }

    #[test]
    fn letters_and_acronyms_need_their_case_and_their_company() {
        assert_eq!(found("Python or R, and VaR"), ["r", "value-at-risk"]);
        assert!(found("R & D, var x = 1, python and r").is_empty());
    }
}
