use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use crate::text;

/// A topic's identifier: the slug of its title.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TopicId(String);

impl TopicId {
    pub fn of_title(title: &str) -> Self {
        Self(text::slug(title))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for TopicId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl std::fmt::Display for TopicId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What sort of thing a topic is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopicKind {
    #[default]
    Concept,
    Method,
    Tool,
    Practice,
}

/// A thing to learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Topic {
    pub id: TopicId,
    pub title: String,
    #[serde(default)]
    pub kind: TopicKind,
    /// The field the topic belongs to, such as "Probability"; names stages. Empty for a topic the map does not know.
    #[serde(default)]
    pub area: String,
    /// Hours a motivated learner needs, reading and practice together.
    pub hours: f32,
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Direct prerequisites.
    #[serde(default)]
    pub requires: Vec<TopicId>,
    /// For names that are ordinary words: a mention counts only beside one of these.
    #[serde(default)]
    pub cues: Vec<String>,
}

impl Topic {
    /// A topic nobody described: known by its title alone.
    pub fn unknown(title: &str) -> Self {
        Self {
            id: TopicId::of_title(title),
            title: title.to_owned(),
            kind: TopicKind::Concept,
            area: String::new(),
            hours: Self::UNKNOWN_HOURS,
            aliases: Vec::new(),
            requires: Vec::new(),
            cues: Vec::new(),
        }
    }

    /// What a topic of unknown size is assumed to take: the median of the built-in map.
    pub const UNKNOWN_HOURS: f32 = 6.0;

    /// Title first, then the aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.title.as_str()).chain(self.aliases.iter().map(String::as_str))
    }
}

/// Whether two names share most of their words, or one is the other's initials.
fn is_same_thing(one: &str, other: &str) -> bool {
    let (a, b) = (text::content_stems(one), text::content_stems(other));
    let shared = a.iter().filter(|stem| b.contains(stem)).count();
    let initials =
        |name: &str| text::tokens(name).iter().filter_map(|token| token.lemma.chars().next()).collect::<String>();
    let spelt = |name: &str| text::lemmas(name).concat();
    let short = |short: &str, long: &str| {
        !initials(long).is_empty()
            && spelt(short).starts_with(&initials(long)[..])
            && initials(long).chars().count() > 1
    };
    shared * 2 > a.len().max(b.len()) || short(one, other) || short(other, one)
}

/// Why a file of topics is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TopicMapError {
    #[error("{file}: {message}")]
    Malformed { file: String, message: String },
    #[error("{file}: topic `{id}` is described twice")]
    Duplicate { file: String, id: TopicId },
    #[error("`{name}` names both `{first}` and `{second}`")]
    Ambiguous { name: String, first: TopicId, second: TopicId },
    #[error("topic `{id}` requires `{missing}`, which no file describes")]
    UnknownPrerequisite { id: TopicId, missing: TopicId },
    #[error("prerequisites go in a circle: {}", join(.0))]
    Cycle(Vec<TopicId>),
}

fn join(ids: &[TopicId]) -> String {
    ids.iter().map(TopicId::as_str).collect::<Vec<_>>().join(" → ")
}

/// All known topics with their prerequisites: acyclic, every name unambiguous.
#[derive(Clone, Debug, Default)]
pub struct TopicMap {
    topics: BTreeMap<TopicId, Topic>,
    by_name: HashMap<String, TopicId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicFile {
    area: String,
    #[serde(default)]
    topic: Vec<TopicEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicEntry {
    id: TopicId,
    title: String,
    kind: TopicKind,
    hours: f32,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    requires: Vec<TopicId>,
    #[serde(default)]
    cues: Vec<String>,
}

impl TopicMap {
    /// Reads files of topics (name for messages, TOML text); later files may require topics of earlier ones and the reverse.
    pub fn parse<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Result<Self, TopicMapError> {
        let mut map = Self::default();
        for (file, toml) in files {
            map.add_file(file, toml)?;
        }
        map.index_names()?;
        map.check_prerequisites()?;
        Ok(map)
    }

    pub fn get(&self, id: &TopicId) -> Option<&Topic> {
        self.topics.get(id)
    }

    /// The topic of this id, title or alias, whatever its case and inflection.
    pub fn find(&self, name: &str) -> Option<&Topic> {
        self.topics
            .get(&TopicId::from(name))
            .or_else(|| self.by_name.get(&name_key(name)).and_then(|id| self.topics.get(id)))
    }

    /// The topics whose names stand in a text, left to right, each with the number of its name's words; where names overlap the
    /// longest wins. Case and inflection make no difference.
    pub fn named_in(&self, text: &str) -> Vec<(&Topic, usize)> {
        const LONGEST: usize = 6;
        let tokens = text::tokens(text);
        let mut found = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let longest = (1..=LONGEST.min(tokens.len() - at)).rev().find_map(|length| {
                let span = &text[tokens[at].start..tokens[at + length - 1].end()];
                let id = self.by_name.get(&name_key(span))?;
                Some((self.topics.get(id)?, length))
            });
            at += longest.map_or(1, |(_, length)| length);
            found.extend(longest);
        }
        found
    }

    /// The topic of this name, or one made up of the name alone.
    pub fn find_or_unknown(&self, name: &str) -> Topic {
        self.find(name).cloned().unwrap_or_else(|| Topic::unknown(&text::squeeze(name)))
    }

    /// The topic as somebody asked for it. A name that is only one part of a known topic, such as "XGBoost" of gradient boosting,
    /// stays what was asked: that the whole is treated says nothing of the part.
    pub fn as_asked(&self, name: &str) -> Topic {
        let Some(topic) = self.find(name) else {
            return Topic::unknown(&text::squeeze(name));
        };
        if topic.id.as_str() == name || is_same_thing(name, &topic.title) {
            return topic.clone();
        }
        Topic { kind: topic.kind, area: topic.area.clone(), ..Topic::unknown(&text::squeeze(name)) }
    }

    /// All topics, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Topic> {
        self.topics.values()
    }

    pub fn len(&self) -> usize {
        self.topics.len()
    }

    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// Everything that has to be known before `id`, directly or through others.
    pub fn all_prerequisites(&self, id: &TopicId) -> HashSet<TopicId> {
        let mut found = HashSet::new();
        let mut open = vec![id];
        while let Some(next) = open.pop() {
            for required in self.get(next).into_iter().flat_map(|topic| &topic.requires) {
                if found.insert(required.clone()) {
                    open.push(required);
                }
            }
        }
        found
    }

    fn add_file(&mut self, file: &str, toml: &str) -> Result<(), TopicMapError> {
        let malformed = |message: String| TopicMapError::Malformed { file: file.to_owned(), message };
        let parsed: TopicFile = toml::from_str(toml).map_err(|error| malformed(error.to_string()))?;
        for entry in parsed.topic {
            if entry.id.as_str() != text::slug(entry.id.as_str()) || entry.id.as_str().is_empty() {
                return Err(malformed(format!("`{}` is not a lower-case slug", entry.id)));
            }
            if !(0.5..=200.0).contains(&entry.hours) {
                return Err(malformed(format!("`{}`: hours must lie between 0.5 and 200", entry.id)));
            }
            let topic = Topic {
                id: entry.id.clone(),
                title: entry.title,
                kind: entry.kind,
                area: parsed.area.clone(),
                hours: entry.hours,
                aliases: entry.aliases,
                requires: entry.requires,
                cues: entry.cues,
            };
            if self.topics.insert(entry.id.clone(), topic).is_some() {
                return Err(TopicMapError::Duplicate { file: file.to_owned(), id: entry.id });
            }
        }
        Ok(())
    }

    fn index_names(&mut self) -> Result<(), TopicMapError> {
        for topic in self.topics.values() {
            for name in topic.names() {
                let key = name_key(name);
                match self.by_name.insert(key, topic.id.clone()) {
                    Some(first) if first != topic.id => {
                        return Err(TopicMapError::Ambiguous {
                            name: name.to_owned(),
                            first,
                            second: topic.id.clone(),
                        });
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn check_prerequisites(&self) -> Result<(), TopicMapError> {
        for topic in self.topics.values() {
            if let Some(missing) = topic.requires.iter().find(|id| !self.topics.contains_key(id)) {
                return Err(TopicMapError::UnknownPrerequisite { id: topic.id.clone(), missing: missing.clone() });
            }
        }
        let mut done = HashSet::new();
        for id in self.topics.keys() {
            self.walk(id, &mut Vec::new(), &mut done)?;
        }
        Ok(())
    }

    fn walk<'m>(
        &'m self,
        id: &'m TopicId,
        trail: &mut Vec<&'m TopicId>,
        done: &mut HashSet<&'m TopicId>,
    ) -> Result<(), TopicMapError> {
        if done.contains(id) {
            return Ok(());
        }
        if let Some(start) = trail.iter().position(|seen| *seen == id) {
            let circle = trail[start..].iter().chain([&id]).map(|id| (*id).clone()).collect();
            return Err(TopicMapError::Cycle(circle));
        }
        trail.push(id);
        for required in &self.topics[id].requires {
            self.walk(required, trail, done)?;
        }
        trail.pop();
        done.insert(id);
        Ok(())
    }
}

/// What spellings of one name have in common, whatever their case and inflection; empty for a name without words.
pub fn name_key(name: &str) -> String {
    text::lemmas(name).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &str = r#"
        area = "Probability"
        [[topic]]
        id = "probability"
        title = "Probability"
        kind = "concept"
        hours = 8
        [[topic]]
        id = "conditional-probability"
        title = "Conditional probability"
        kind = "concept"
        hours = 4
        aliases = ["Bayes' rule"]
        requires = ["probability"]
    "#;

    #[test]
    fn finds_topics_by_id_title_and_alias_whatever_the_inflection() {
        let map = TopicMap::parse([("two.toml", TWO)]).unwrap();
        for name in ["conditional-probability", "conditional probabilities", "BAYES RULE"] {
            assert_eq!(map.find(name).unwrap().title, "Conditional probability", "{name}");
        }
        assert_eq!(map.find_or_unknown(" Basket   weaving").id.as_str(), "basket-weaving");
    }

    #[test]
    fn a_circle_is_refused_and_named() {
        let circle = TWO.replace("hours = 8", "hours = 8\nrequires = [\"conditional-probability\"]");
        let error = TopicMap::parse([("circle.toml", circle.as_str())]).unwrap_err();
        assert!(matches!(error, TopicMapError::Cycle(ids) if ids.len() == 3));
    }

    #[test]
    fn missing_prerequisites_duplicates_and_unknown_keys_are_refused() {
        let missing = TWO.replace("[\"probability\"]", "[\"measure-theory\"]");
        assert!(matches!(TopicMap::parse([("f", missing.as_str())]), Err(TopicMapError::UnknownPrerequisite { .. })));
        assert!(matches!(TopicMap::parse([("f", TWO), ("g", TWO)]), Err(TopicMapError::Duplicate { .. })));
        let unknown = TWO.replace("hours = 4", "hours = 4\nlevel = 3");
        assert!(matches!(TopicMap::parse([("f", unknown.as_str())]), Err(TopicMapError::Malformed { .. })));
        let ambiguous = TWO.replace("Bayes' rule", "Probabilities");
        assert!(matches!(TopicMap::parse([("f", ambiguous.as_str())]), Err(TopicMapError::Ambiguous { .. })));
    }
}
