use std::collections::HashMap;

use pathwright_api::job::{
    ImplicitTopic, JobProfile, JobTarget, ProfileOrigin, RequiredTopic, RoleTemplate, RoleTemplates, Seniority,
};
use pathwright_api::plain::is_plain;
use pathwright_api::text;
use pathwright_api::topic::{Topic, TopicId, TopicKind, TopicMap};

use crate::config::Config;
use crate::mentions::Lexicon;
use crate::posting::{self, Part};
use crate::role;
use crate::seniority::seniority;

/// Longest evidence kept, in characters.
pub(crate) const EVIDENCE: usize = 200;

/// The profile of a job target: its template, or what its posting says, or the `general` template.
pub fn read_profile(
    target: &JobTarget,
    lexicon: &Lexicon,
    topics: &TopicMap,
    templates: &RoleTemplates,
    config: &Config,
) -> JobProfile {
    if let Some(template) = target.template_id.as_deref().and_then(|id| templates.get(id)) {
        return template.profile(topics, target);
    }
    let findings = Findings::of(target, lexicon);
    if findings.by_topic.is_empty() {
        return nothing_found(target, topics, templates);
    }
    let weights = findings.weights();
    let template = role::closest(templates, target.title.as_deref().unwrap_or_default(), &weights);
    let required_topics = findings.required(topics, &weights, config.max_topics);
    let room = config.max_topics.saturating_sub(required_topics.len()).min(config.max_implicit_topics);
    JobProfile {
        id: target.hash(),
        role_type: template.role_type.clone(),
        seniority: seniority_of(target),
        implicit_topics: implicit(&required_topics, template, topics, room),
        domain_focus: domain_focus(&required_topics),
        tools: tools(&required_topics),
        confidence: confidence(required_topics.len()),
        required_topics,
        origin: ProfileOrigin::Embedded,
        fallback_reason: None,
    }
}

fn nothing_found(target: &JobTarget, topics: &TopicMap, templates: &RoleTemplates) -> JobProfile {
    let mut profile = templates.general().profile(topics, target);
    if target.description.is_some() || target.title.is_some() {
        profile.seniority = seniority_of(target);
        profile.confidence = 0.2;
        profile.fallback_reason =
            Some("the posting names no topic that the topic map knows; the general template stands in".to_owned());
    }
    profile
}

fn seniority_of(target: &JobTarget) -> Seniority {
    match target.seniority {
        Seniority::NotSpecified => {
            seniority(target.title.as_deref().unwrap_or_default(), target.description.as_deref().unwrap_or_default())
        }
        given => given,
    }
}

#[derive(Default)]
struct Findings {
    by_topic: HashMap<TopicId, Finding>,
}

struct Finding {
    /// The weightiest line that mentions the topic.
    evidence: String,
    strongest: f32,
    mentions: u32,
    /// Line of the first mention, to keep equal topics in the posting's order.
    first: usize,
}

impl Findings {
    fn of(target: &JobTarget, lexicon: &Lexicon) -> Self {
        let mut findings = Self::default();
        let title = target.title.as_deref().unwrap_or_default();
        findings.note(0, title, 1.2, lexicon);
        let lines = posting::lines(target.description.as_deref().unwrap_or_default());
        for (number, line) in lines.iter().enumerate() {
            findings.note(number + 1, &line.text, importance(line.part), lexicon);
        }
        findings
    }

    fn note(&mut self, number: usize, line: &str, importance: f32, lexicon: &Lexicon) {
        if importance == 0.0 {
            return;
        }
        for mention in lexicon.find(line) {
            if posting::is_negated(line, mention.span.start, mention.span.end) {
                continue;
            }
            let finding = self.by_topic.entry(mention.topic).or_insert_with(|| Finding {
                evidence: String::new(),
                strongest: 0.0,
                mentions: 0,
                first: number,
            });
            finding.mentions += 1;
            if importance > finding.strongest {
                finding.strongest = importance;
                finding.evidence = shown(line, &line[mention.span.clone()]);
            }
        }
    }

    /// 0 to 1: the part it was asked for in, raised a little for every further mention.
    fn weights(&self) -> HashMap<TopicId, f32> {
        let weight = |finding: &Finding| {
            let again = f32::ln(finding.mentions as f32) * 0.1;
            ((finding.strongest + again) / 1.4).min(1.0)
        };
        self.by_topic.iter().map(|(id, finding)| (id.clone(), weight(finding))).collect()
    }

    fn required(&self, topics: &TopicMap, weights: &HashMap<TopicId, f32>, max: usize) -> Vec<RequiredTopic> {
        let mut found: Vec<_> = self.by_topic.iter().collect();
        found.sort_by(|(a, at_a), (b, at_b)| {
            weights[*b].total_cmp(&weights[*a]).then(at_a.first.cmp(&at_b.first)).then(a.cmp(b))
        });
        let required = |(id, finding): (&TopicId, &Finding)| RequiredTopic {
            topic: topics.find_or_unknown(id.as_str()),
            evidence: Some(finding.evidence.clone()),
            weight: weights[id],
        };
        found.into_iter().take(max).map(required).collect()
    }
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

/// Direct prerequisites that several named topics share, then what the closest role needs besides.
fn implicit(required: &[RequiredTopic], template: &RoleTemplate, topics: &TopicMap, max: usize) -> Vec<ImplicitTopic> {
    let named = |id: &TopicId| required.iter().any(|required| required.topic.id == *id);
    let mut needed_by: HashMap<&TopicId, Vec<&Topic>> = HashMap::new();
    for required in required {
        for prerequisite in required.topic.requires.iter().filter(|id| !named(id)) {
            needed_by.entry(prerequisite).or_default().push(&required.topic);
        }
    }
    let mut shared: Vec<_> = needed_by.into_iter().collect();
    shared.sort_by(|(a, by_a), (b, by_b)| by_b.len().cmp(&by_a.len()).then(a.cmp(b)));
    let from_topics = shared.into_iter().map(|(id, by)| ImplicitTopic {
        topic: topics.find_or_unknown(id.as_str()),
        reason: format!("{} cannot be learnt well without it", titles(&by)),
    });
    let specific = template.id != RoleTemplate::GENERAL;
    let from_role = template.implicit.iter().filter(|_| specific).map(|implicit| ImplicitTopic {
        topic: topics.find_or_unknown(implicit.topic.as_str()),
        reason: implicit.reason.clone(),
    });
    let mut seen: Vec<TopicId> = Vec::new();
    let fresh = from_topics.chain(from_role).filter(|implicit| {
        let fresh = !named(&implicit.topic.id) && !seen.contains(&implicit.topic.id);
        seen.push(implicit.topic.id.clone());
        fresh
    });
    fresh.take(max).collect()
}

fn titles(topics: &[&Topic]) -> String {
    let names: Vec<&str> = topics.iter().take(3).map(|topic| topic.title.as_str()).collect();
    match names.as_slice() {
        [one] => (*one).to_owned(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
        [] => String::new(),
    }
}

/// The three areas that most of the weight lies in.
fn domain_focus(required: &[RequiredTopic]) -> Vec<String> {
    let mut by_area: HashMap<&str, f32> = HashMap::new();
    for required in required.iter().filter(|required| !required.topic.area.is_empty()) {
        *by_area.entry(required.topic.area.as_str()).or_default() += required.weight;
    }
    let mut areas: Vec<_> = by_area.into_iter().collect();
    areas.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    areas.into_iter().take(3).map(|(area, _)| area.to_owned()).collect()
}

pub(crate) fn tools(required: &[RequiredTopic]) -> Vec<String> {
    let tools = required.iter().filter(|required| required.topic.kind == TopicKind::Tool);
    tools.map(|required| tool_name(&required.topic)).collect()
}

/// What people call a tool: "git" for "Git version control" where that is an alias, "airflow" for "Apache Airflow".
fn tool_name(topic: &Topic) -> String {
    const VENDORS: [&str; 4] = ["apache ", "microsoft ", "google ", "amazon "];
    let title = topic.title.to_lowercase();
    let short = VENDORS.iter().find_map(|vendor| title.strip_prefix(vendor)).unwrap_or(&title);
    let first = short.split(' ').next().unwrap_or(short);
    let is_alias = topic.aliases.iter().any(|alias| alias.to_lowercase() == first);
    if is_alias { first.to_owned() } else { short.to_owned() }
}

/// The more topics were found the less a single misreading matters; wording alone never makes certain.
fn confidence(found: usize) -> f32 {
    0.9 * (1.0 - (-(found as f32) / 5.0).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_called_what_people_call_them() {
        let named =
            |title: &str, alias: &str| tool_name(&Topic { aliases: vec![alias.into()], ..Topic::unknown(title) });
        assert_eq!(named("Git version control", "Git"), "git");
        assert_eq!(named("Apache Airflow", "Airflow DAGs"), "airflow");
        assert_eq!(named("Power BI", "DAX"), "power bi");
    }
}
