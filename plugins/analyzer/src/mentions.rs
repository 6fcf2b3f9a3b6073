use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use pathwright_api::text::{self, Phrase, Token};
use pathwright_api::topic::{Topic, TopicId, TopicKind, TopicMap};
use regex::Regex;

use crate::ordinary::is_ordinary_word;
use crate::patterns::pattern;

/// All names of all topics, ready to be found in texts.
pub struct Lexicon {
    by_first_lemma: HashMap<String, Vec<Name>>,
    cues: HashMap<TopicId, Vec<String>>,
    tools: HashSet<TopicId>,
    /// Words that the map's names spell small: no product is called so.
    words: HashSet<String>,
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
        let tools = map.iter().filter(|topic| topic.kind == TopicKind::Tool).map(|topic| topic.id.clone()).collect();
        let names = map.iter().flat_map(Topic::names);
        let small = names.flat_map(str::split_whitespace).filter(|word| word.chars().all(char::is_lowercase));
        let words = small.map(text::lemma).collect();
        Self { by_first_lemma, cues, tools, words }
    }

    /// The topics a line mentions, left to right; where names overlap the longest wins.
    pub fn find(&self, line: &str) -> Vec<Mention> {
        let line = &without_elisions(line);
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

    /// Whether a word is one that the map's names use as an ordinary word.
    pub fn is_ordinary(&self, word: &str) -> bool {
        self.words.contains(&text::lemma(word))
    }

    /// The names that stand inside a longer one: SQL in "advanced SQL".
    pub fn find_within(&self, line: &str, mention: &Mention) -> Vec<Mention> {
        let tokens = text::tokens(line);
        let inside = |token: &Token<'_>| token.start >= mention.span.start && token.end() <= mention.span.end;
        let within: Vec<&Token<'_>> = tokens.iter().filter(|token| inside(token)).collect();
        let alone = |token: &&Token<'_>| {
            let names = self.by_first_lemma.get(&token.lemma)?;
            let one = |name: &&Name| {
                name.phrase.lemmas.len() == 1 && name.topic != mention.topic && !self.cues.contains_key(&name.topic)
            };
            let spelt = |name: &&Name| name.phrase.starts(line, std::slice::from_ref(*token));
            let name = names.iter().filter(one).find(spelt)?;
            Some(Mention { topic: name.topic.clone(), span: token.start..token.end() })
        };
        if within.len() < 2 { Vec::new() } else { within.iter().filter_map(alone).collect() }
    }

    fn name_at(&self, line: &str, tokens: &[Token<'_>], at: usize) -> Option<&Name> {
        let names = self.by_first_lemma.get(&tokens[at].lemma)?;
        names
            .iter()
            .filter(|name| name.phrase.starts(line, &tokens[at..]))
            .filter(|name| is_unbroken(line, &tokens[at..at + name.phrase.lemmas.len()]))
            .filter(|name| name.phrase.lemmas.len() > 1 || !is_ordinary_word(line, tokens[at].start, tokens[at].end()))
            .find(|name| self.has_cue(&name.topic, line, &tokens[at]))
    }

    fn has_cue(&self, topic: &TopicId, line: &str, token: &Token<'_>) -> bool {
        let Some(cues) = self.cues.get(topic) else {
            return true;
        };
        if self.tools.contains(topic) && is_named_by_its_place(line, token) {
            return true;
        }
        let rest = format!("{} {}", &line[..token.start], &line[token.end()..]);
        let words = text::lemmas(&rest);
        let in_line = |cue: &String| {
            let cue = text::lemmas(cue);
            !cue.is_empty() && words.windows(cue.len()).any(|window| window == cue)
        };
        cues.iter().any(in_line)
    }
}

/// "Customer: Analytics" is not one name.
fn is_unbroken(line: &str, tokens: &[Token<'_>]) -> bool {
    tokens.windows(2).all(|two| !line[two[0].end()..two[1].start].contains([':', ';', '"', ')', '!', '?']))
}

/// "d'Excel" as " Excel", of the same length: what stands where does not change.
fn without_elisions(line: &str) -> Cow<'_, str> {
    static ELISION: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"\b(?:[dlnjmtsc]|qu|dell|nell|all|sull|un)['\u{2019}]"));
    ELISION.replace_all(line, |found: &regex::Captures<'_>| " ".repeat(found[0].len()))
}

/// "with React", "en Spark": spelt as a name, after a word that names follow. A single letter is never named so.
fn is_named_by_its_place(line: &str, token: &Token<'_>) -> bool {
    static PLACE: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?i)\b(?:with|in|using|on|mit|auf|avec|sur|con|com|em|met|de|und|and|y|e|et|of)\s+$")
    });
    let name = token.raw.chars().count() > 1 && token.raw.chars().next().is_some_and(char::is_uppercase);
    name && PLACE.is_match(&line[..token.start])
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
