use std::collections::HashMap;

use pathwright_api::job::{JobTarget, RequiredTopic};
use pathwright_api::plain::is_plain;
use pathwright_api::text;
use pathwright_api::topic::{Topic, TopicId, TopicKind, TopicMap};
use pathwright_api::topic_index::TopicIndex;

use crate::mentions::{Lexicon, Mention};
use crate::naming::{as_written, is_product, tool_mentioned, tool_name};
use crate::posting::{self, Line, Part};
use crate::shelf::Shelf;
use crate::unheard::unheard;

/// Longest evidence kept, in characters.
pub(crate) const EVIDENCE: usize = 200;

/// What a mention of a topic of the library counts against one of a topic of the map.
const OF_LIBRARY: f32 = 0.85;

/// What a posting asks for, by topic.
pub struct Findings {
    by_topic: HashMap<TopicId, Finding>,
}

struct Finding {
    topic: Topic,
    /// The words of the weightiest mention.
    written: String,
    /// The line of it.
    evidence: String,
    strongest: f32,
    mentions: u32,
    /// Line of the first mention, to keep equal topics in the posting's order.
    first: usize,
    /// The tools that the mentions speak of, in their order.
    tools: Vec<String>,
}

impl Finding {
    /// A topic that nothing is known of yet; `first`: the line it is met on.
    fn of(topic: Topic, first: usize) -> Self {
        Self {
            topic,
            written: String::new(),
            evidence: String::new(),
            strongest: 0.0,
            mentions: 0,
            first,
            tools: Vec::new(),
        }
    }
}

impl Findings {
    /// The topics that title and description mention, and what else in them is asked for as a skill is.
    pub fn of(target: &JobTarget, lexicon: &Lexicon, topics: &TopicMap, index: &TopicIndex) -> Self {
        let mut findings = Self { by_topic: HashMap::new() };
        let title = target.title.as_deref().unwrap_or_default();
        findings.note(0, title, 1.2, lexicon, topics);
        let lines = posting::lines(target.description.as_deref().unwrap_or_default());
        for (number, line) in lines.iter().enumerate() {
            findings.note(number + 1, &line.text, importance(line.part), lexicon, topics);
        }
        findings.call_as_written(&lines);
        let counting = lines.iter().filter(|line| importance(line.part) > 0.0).map(|line| line.text.as_str());
        let shelf = Shelf::of(std::iter::once(title).chain(counting), lexicon, index);
        findings.note_library(0, title, 1.2, lexicon, &shelf);
        for (number, line) in lines.iter().enumerate() {
            findings.note_library(number + 1, &line.text, importance(line.part), lexicon, &shelf);
        }
        findings.note_unheard(target, &lines, lexicon, topics, &shelf);
        findings
    }

    pub fn is_empty(&self) -> bool {
        self.by_topic.is_empty()
    }

    fn note(&mut self, number: usize, line: &str, importance: f32, lexicon: &Lexicon, topics: &TopicMap) {
        if importance == 0.0 {
            return;
        }
        let mentions = lexicon.find(line);
        let denied = |mention: &Mention| posting::is_negated(line, mention.span.start, mention.span.end);
        // "We retired our Hadoop, so Hadoop is no longer required": what is denied once in a line is not asked for in it.
        let written = |mention: &Mention| text::fold(&line[mention.span.clone()]);
        let denied: Vec<String> = mentions.iter().filter(|mention| denied(mention)).map(written).collect();
        for mention in mentions.iter().filter(|mention| !denied.contains(&written(mention))) {
            let within = tools_within(line, mention, lexicon, topics);
            for inner in &within {
                self.add(number, line, importance, inner, true, topics);
            }
            self.add(number, line, importance, mention, within.is_empty(), topics);
        }
    }

    fn add(
        &mut self,
        number: usize,
        line: &str,
        importance: f32,
        mention: &Mention,
        names_a_tool: bool,
        topics: &TopicMap,
    ) {
        let written = &line[mention.span.clone()];
        let entry = self.by_topic.entry(mention.topic.clone());
        let finding = entry.or_insert_with(|| Finding::of(topics.find_or_unknown(mention.topic.as_str()), number));
        finding.mentions += 1;
        let tool = tool_mentioned(&finding.topic, written).filter(|_| names_a_tool);
        if tool.is_none() && (finding.written.is_empty() || importance > finding.strongest) {
            written.clone_into(&mut finding.written);
        }
        finding.tools.extend(tool.filter(|tool| !finding.tools.contains(tool)));
        if importance > finding.strongest {
            finding.strongest = importance;
            finding.evidence = shown(line, written);
        }
    }

    /// Topics are called what an English posting calls them; a kind of tools without a tool is an idea.
    fn call_as_written(&mut self, lines: &[Line]) {
        let text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let english = whatlang::detect(&text.join("\n")).is_none_or(|info| info.lang() == whatlang::Lang::Eng);
        for finding in self.by_topic.values_mut() {
            if finding.topic.kind == TopicKind::Tool && finding.tools.is_empty() {
                finding.topic.kind = TopicKind::Concept;
            }
            if finding.topic.kind != TopicKind::Tool && english && !finding.written.is_empty() {
                finding.topic = as_written(&finding.topic, &finding.written);
            }
        }
    }

    /// Topics of the library that the map does not know, in the library's spelling.
    fn note_library(&mut self, number: usize, line: &str, importance: f32, lexicon: &Lexicon, shelf: &Shelf<'_>) {
        if importance == 0.0 {
            return;
        }
        for (topic, span) in shelf.asked_for(line, lexicon) {
            let entry = self.by_topic.entry(topic.id.clone());
            let finding = entry.or_insert_with(|| Finding::of(topic.clone(), number));
            finding.mentions += 1;
            if importance * OF_LIBRARY > finding.strongest {
                finding.strongest = importance * OF_LIBRARY;
                finding.evidence = shown(line, &line[span]);
            }
        }
    }

    fn note_unheard(
        &mut self,
        target: &JobTarget,
        lines: &[Line],
        lexicon: &Lexicon,
        topics: &TopicMap,
        shelf: &Shelf<'_>,
    ) {
        for skill in unheard(target, lines, lexicon, topics, shelf) {
            let line = &lines[skill.line];
            let topic = Topic { kind: skill.kind, ..Topic::unknown(&skill.name) };
            let tools = if skill.kind == TopicKind::Tool { vec![tool_name(&topic)] } else { Vec::new() };
            self.by_topic.entry(topic.id.clone()).or_insert_with(|| Finding {
                evidence: shown(&line.text, &skill.name),
                written: skill.name,
                strongest: importance(line.part) * 0.7,
                mentions: 1,
                first: skill.line + 1,
                tools,
                topic,
            });
        }
    }

    /// 0 to 1: the part it was asked for in, raised a little for every further mention.
    pub fn weights(&self) -> HashMap<TopicId, f32> {
        let weight = |finding: &Finding| {
            let again = f32::ln(finding.mentions as f32) * 0.1;
            ((finding.strongest + again) / 1.4).min(1.0)
        };
        self.by_topic.iter().map(|(id, finding)| (id.clone(), weight(finding))).collect()
    }

    /// The weightiest topics, each with the line that asks for it.
    pub fn required(&self, weights: &HashMap<TopicId, f32>, max: usize) -> Vec<RequiredTopic> {
        let mut found: Vec<_> = self.by_topic.iter().collect();
        found.sort_by(|(a, at_a), (b, at_b)| {
            weights[*b].total_cmp(&weights[*a]).then(at_a.first.cmp(&at_b.first)).then(a.cmp(b))
        });
        let required = |(id, finding): (&TopicId, &Finding)| RequiredTopic {
            topic: finding.topic.clone(),
            evidence: Some(finding.evidence.clone()),
            weight: weights[id],
        };
        found.into_iter().take(max).map(required).collect()
    }

    /// The tools that the required topics were mentioned by, each once, the weightiest first.
    pub fn tools(&self, required: &[RequiredTopic]) -> Vec<String> {
        let mut tools: Vec<String> = Vec::new();
        for finding in required.iter().filter_map(|required| self.by_topic.get(&required.topic.id)) {
            for tool in &finding.tools {
                if !tools.contains(tool) {
                    tools.push(tool.clone());
                }
            }
        }
        tools
    }
}

/// "Advanced SQL" and "async Rust" speak of the language too; a tool's own name ("SQL Server") does not.
fn tools_within(line: &str, mention: &Mention, lexicon: &Lexicon, topics: &TopicMap) -> Vec<Mention> {
    let is_tool = |id: &TopicId| topics.get(id).is_some_and(|topic| topic.kind == TopicKind::Tool);
    let written = &line[mention.span.clone()];
    let is_one = |topic: &Topic| topic.kind != TopicKind::Tool || is_product(topic);
    if topics.get(&mention.topic).is_some_and(|topic| is_one(topic) && tool_mentioned(topic, written).is_some()) {
        return Vec::new();
    }
    lexicon.find_within(line, mention).into_iter().filter(|inner| is_tool(&inner.topic)).collect()
}

/// The line that asks for a topic; where it carries more than it shows, only the words that name the topic.
fn shown(line: &str, words: &str) -> String {
    let line = text::shorten(&text::squeeze(line), EVIDENCE);
    if is_plain(&line) { line } else { words.to_owned() }
}

fn importance(part: Part) -> f32 {
    match part {
        Part::Required => 1.0,
        Part::Duties => 0.8,
        Part::Opening => 0.7,
        Part::Optional => 0.45,
        Part::Noise => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(posting: &str) -> (Vec<String>, Vec<String>) {
        let topics = TopicMap::parse(crate::topic_files()).unwrap();
        let target = JobTarget { description: Some(posting.to_owned()), ..JobTarget::default() };
        let findings = Findings::of(&target, &Lexicon::new(&topics), &topics, &TopicIndex::default());
        let required = findings.required(&findings.weights(), 60);
        let tools = findings.tools(&required);
        (required.into_iter().map(|required| required.topic.title).collect(), tools)
    }

    #[test]
    fn languages_inside_longer_names_count_as_tools() {
        let (_, tools) = findings("## Requirements\n- Advanced SQL and dbt\n");
        assert!(tools.contains(&"sql".to_owned()) && tools.contains(&"dbt".to_owned()), "{tools:?}");
    }

    #[test]
    fn what_is_denied_or_only_company_prose_is_not_asked_for() {
        let (_, tools) = findings("## Requirements\n- SQL\n- No Java needed\n## About us\nOur engineers write Scala.");
        assert_eq!(tools, ["sql"]);
    }
}
