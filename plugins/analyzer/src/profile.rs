use std::collections::HashMap;

use pathwright_api::job::{
    ImplicitTopic, JobProfile, JobTarget, ProfileOrigin, RequiredTopic, RoleTemplate, RoleTemplates, Seniority,
};
use pathwright_api::topic::{Topic, TopicId, TopicMap};
use pathwright_api::topic_index::TopicIndex;

use crate::config::Config;
use crate::findings::Findings;
use crate::mentions::Lexicon;
use crate::role;
use crate::seniority::seniority;

/// The profile of a job target: its template, or what its posting says, or the `general` template.
pub fn read_profile(
    target: &JobTarget,
    lexicon: &Lexicon,
    topics: &TopicMap,
    index: &TopicIndex,
    templates: &RoleTemplates,
    config: &Config,
) -> JobProfile {
    if let Some(template) = target.template_id.as_deref().and_then(|id| templates.get(id)) {
        return template.profile(topics, target);
    }
    let findings = Findings::of(target, lexicon, topics, index);
    if findings.is_empty() {
        return nothing_found(target, topics, templates);
    }
    let weights = findings.weights();
    let template = role::closest(templates, target.title.as_deref().unwrap_or_default(), &weights);
    let required_topics = findings.required(&weights, config.max_topics);
    let room = config.max_topics.saturating_sub(required_topics.len()).min(config.max_implicit_topics);
    JobProfile {
        id: target.hash(),
        role_type: template.role_type.clone(),
        seniority: seniority_of(target),
        implicit_topics: implicit(&required_topics, template, topics, room),
        domain_focus: domain_focus(&required_topics),
        tools: findings.tools(&required_topics),
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
        profile.fallback_reason = Some(
            "the posting names no topic that the topic map or the library knows; the general template stands in"
                .to_owned(),
        );
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

/// The more topics were found the less a single misreading matters; wording alone never makes certain.
fn confidence(found: usize) -> f32 {
    0.9 * (1.0 - (-(found as f32) / 5.0).exp())
}
