use std::collections::HashSet;

use pathwright_api::job::{
    ImplicitTopic, JobProfile, JobTarget, ProfileOrigin, RequiredTopic, RoleTemplates, Seniority,
};
use pathwright_api::llm::Prompt;
use pathwright_api::plain::is_plain;
use pathwright_api::text;
use pathwright_api::topic::{Topic, TopicId, TopicKind, TopicMap};
use pathwright_api::topic_index::TopicIndex;

use crate::config::Config;
use crate::findings::EVIDENCE;
use crate::mentions::Lexicon;
use crate::naming::tool_name;
use crate::reading::{MOST_TOPICS, Posting, ReadTopic, Reading, is_presentable};

/// Longest name of a topic that the map does not know.
const LONGEST_NAME: usize = 60;

/// Words that say nothing about what is to be learnt: "Python programming" is Python.
const FILLERS: [&str; 12] = [
    "programming",
    "language",
    "skills",
    "skill",
    "experience",
    "knowledge",
    "basics",
    "fundamentals",
    "development",
    "framework",
    "library",
    "proficiency",
];

/// What a reading is held against.
pub struct Merger<'m> {
    pub topics: &'m TopicMap,
    pub index: &'m TopicIndex,
    pub templates: &'m RoleTemplates,
    pub lexicon: &'m Lexicon,
    pub config: &'m Config,
    pub target: &'m JobTarget,
    pub prompt: &'m Prompt,
    /// Topics of the map by names that only their embeddings connect.
    pub similar: &'m dyn Fn(&str) -> Option<TopicId>,
}

/// A topic the model named, as far as it holds.
struct Held {
    topic: Topic,
    evidence: Option<String>,
    weight: f32,
}

/// The tools that the rules found, and those of the topics that only the model named.
fn tools(embedded: &JobProfile, required: &[RequiredTopic]) -> Vec<String> {
    let from_posting = embedded.origin == ProfileOrigin::Embedded;
    let known = |id: &TopicId| from_posting && embedded.required_topics.iter().any(|required| required.topic.id == *id);
    let mut tools = if from_posting { embedded.tools.clone() } else { Vec::new() };
    for required in required.iter().filter(|required| required.topic.kind == TopicKind::Tool) {
        let name = tool_name(&required.topic);
        if !known(&required.topic.id) && !tools.contains(&name) {
            tools.push(name);
        }
    }
    tools
}

impl Merger<'_> {
    /// The union of what the model read and what the embedded analyzer found: each alone misses about half.
    ///
    /// Nothing is taken on trust: a quote has to stand in the posting, a topic in the map, in the library's index or in the posting.
    pub fn merge(&self, embedded: JobProfile, reading: &Reading) -> JobProfile {
        let (title, posting) = (self.target.title.as_deref(), self.target.description.as_deref());
        let text = format!("{}\n{}", title.unwrap_or_default(), posting.unwrap_or_default());
        let posting = Posting::new(&text, self.lexicon);
        let count = reading.required_topics.len().max(1) as f32;
        let held: Vec<Held> = reading
            .required_topics
            .iter()
            .enumerate()
            .filter_map(|(rank, read)| self.hold(read, 1.0 - 0.6 * rank as f32 / count, &posting))
            .collect();
        let quoted = held.iter().filter(|held| held.evidence.is_some()).count();
        let required_topics = self.required(&embedded, held);
        let tools = tools(&embedded, &required_topics);
        let confidence = 0.5 + 0.45 * quoted as f32 / count;
        JobProfile {
            role_type: self.role(&reading.role_type).unwrap_or(embedded.role_type),
            seniority: match (self.target.seniority, reading.seniority.into()) {
                (Seniority::NotSpecified, Seniority::NotSpecified) => embedded.seniority,
                (Seniority::NotSpecified, read) => read,
                (given, _) => given,
            },
            implicit_topics: self.implicit(&embedded.implicit_topics, reading, &required_topics),
            domain_focus: self.focus(&reading.domain_focus, &posting).unwrap_or(embedded.domain_focus),
            tools,
            required_topics,
            origin: ProfileOrigin::LanguageModel,
            confidence,
            ..embedded
        }
    }

    fn hold(&self, read: &ReadTopic, rank: f32, posting: &Posting) -> Option<Held> {
        let name = text::squeeze(&read.topic);
        if !is_presentable(&name, self.prompt) {
            return None;
        }
        let known = self.link(&name);
        let grounded = name.chars().count() <= LONGEST_NAME && posting.names(&name);
        let topic = known.or_else(|| grounded.then(|| Topic::unknown(&name)))?;
        if posting.denies(&topic.id, &name) {
            return None;
        }
        let evidence = text::squeeze(&pathwright_api::plain::printable(&read.evidence));
        let true_quote = posting.holds(&evidence) && is_plain(&evidence);
        let weight = rank * if true_quote { 0.8 } else { 0.5 };
        Some(Held { topic, evidence: true_quote.then(|| text::shorten(&evidence, EVIDENCE)), weight })
    }

    /// By title or alias, the map's before the library's, by the one topic it mentions beside words that say nothing, or by embedding.
    fn link(&self, name: &str) -> Option<Topic> {
        let stripped: Vec<&str> =
            name.split(' ').filter(|word| !FILLERS.contains(&word.to_lowercase().as_str())).collect();
        let by_name = self.topics.find(name).or_else(|| self.topics.find(&stripped.join(" ")));
        let of_library = || self.index.find(name).or_else(|| self.index.find(&stripped.join(" ")));
        by_name.or_else(of_library).or_else(|| self.topics.get(&(self.similar)(name)?)).cloned()
    }

    fn required(&self, embedded: &JobProfile, held: Vec<Held>) -> Vec<RequiredTopic> {
        let from_posting = embedded.origin == ProfileOrigin::Embedded;
        let mut merged: Vec<RequiredTopic> = Vec::new();
        for found in embedded.required_topics.iter().filter(|_| from_posting) {
            merged.push(RequiredTopic { weight: found.weight * 0.85, ..found.clone() });
        }
        for Held { topic, evidence, weight } in held {
            match merged.iter_mut().find(|known| known.topic.id == topic.id) {
                Some(both) => {
                    both.weight = (both.weight + weight * 0.5).min(1.0);
                    both.evidence = both.evidence.take().or(evidence);
                }
                None => merged.push(RequiredTopic { topic, evidence, weight }),
            }
        }
        merged.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        merged.truncate(self.config.max_topics.min(MOST_TOPICS));
        merged
    }

    /// Only topics of map and library: what nobody named and nobody knows is made up.
    fn implicit(
        &self,
        embedded: &[ImplicitTopic],
        reading: &Reading,
        required: &[RequiredTopic],
    ) -> Vec<ImplicitTopic> {
        let read = reading.implicit_topics.iter().filter_map(|read| {
            let reason = text::squeeze(&read.reason);
            let reason = if is_presentable(&reason, self.prompt) {
                reason
            } else {
                "the work cannot be done without it".to_owned()
            };
            Some(ImplicitTopic { topic: self.link(&text::squeeze(&read.topic))?, reason })
        });
        let mut seen: HashSet<TopicId> = required.iter().map(|required| required.topic.id.clone()).collect();
        let room = self.config.max_topics.saturating_sub(required.len()).min(self.config.max_implicit_topics);
        let fresh = embedded.iter().cloned().chain(read).filter(|implicit| seen.insert(implicit.topic.id.clone()));
        fresh.take(room).collect()
    }

    fn role(&self, id: &str) -> Option<String> {
        self.templates.get(id.trim()).map(|template| template.role_type.clone())
    }

    /// Fields that the map or the posting knows; none of them is no answer.
    fn focus(&self, read: &[String], posting: &Posting) -> Option<Vec<String>> {
        let known = |name: &String| self.topics.iter().any(|topic| text::fold(&topic.area) == text::fold(name));
        let fits = |name: &String| is_presentable(name, self.prompt) && (known(name) || posting.names(name));
        let fitting: Vec<String> = read.iter().map(|name| text::squeeze(name)).filter(fits).take(3).collect();
        (!fitting.is_empty()).then_some(fitting)
    }
}
