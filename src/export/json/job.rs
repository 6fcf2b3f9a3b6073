use pathwright_api::job::{ImplicitTopic, JobProfile, ProfileOrigin, RequiredTopic, Seniority};
use pathwright_api::topic::TopicId;
use serde::Serialize;

use super::super::Handout;

/// What the path is for, and what the job was read as.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Job<'h> {
    name: Option<&'h str>,
    /// The posting; null for a template.
    description: Option<&'h str>,
    role_type: &'h str,
    seniority: Seniority,
    required: Vec<Required<'h>>,
    implicit: Vec<Implicit<'h>>,
    domain_focus: &'h [String],
    tools: &'h [String],
    origin: ProfileOrigin,
    confidence: f32,
    fallback_reason: Option<&'h str>,
}

impl<'h> Job<'h> {
    pub(super) fn of(handout: &Handout<'h>) -> Self {
        let profile: &JobProfile = &handout.path.profile;
        Self {
            name: handout.role,
            description: handout.path.job_description.as_deref(),
            role_type: &profile.role_type,
            seniority: profile.seniority,
            required: profile.required_topics.iter().map(Required::of).collect(),
            implicit: profile.implicit_topics.iter().map(Implicit::of).collect(),
            domain_focus: &profile.domain_focus,
            tools: &profile.tools,
            origin: profile.origin,
            confidence: profile.confidence,
            fallback_reason: profile.fallback_reason.as_deref(),
        }
    }
}

/// A topic that the job asks for.
#[derive(Serialize)]
struct Required<'h> {
    id: &'h TopicId,
    title: &'h str,
    /// 0 to 1: how central it is.
    weight: f32,
    /// The words of the posting that ask for it.
    evidence: Option<&'h str>,
}

impl<'h> Required<'h> {
    fn of(required: &'h RequiredTopic) -> Self {
        let topic = &required.topic;
        Self { id: &topic.id, title: &topic.title, weight: required.weight, evidence: required.evidence.as_deref() }
    }
}

/// A topic that the job needs without naming it.
#[derive(Serialize)]
struct Implicit<'h> {
    id: &'h TopicId,
    title: &'h str,
    reason: &'h str,
}

impl<'h> Implicit<'h> {
    fn of(implicit: &'h ImplicitTopic) -> Self {
        Self { id: &implicit.topic.id, title: &implicit.topic.title, reason: &implicit.reason }
    }
}
