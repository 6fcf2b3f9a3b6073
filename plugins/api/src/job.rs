use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{ErrorCode, Failure};
use crate::text;
use crate::topic::{Topic, TopicId, TopicMap};

/// How senior the job is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Seniority {
    Junior,
    Mid,
    Senior,
    #[default]
    NotSpecified,
}

/// The job a learner wants, as they gave it: a template, a posting, or neither (the `general` template then).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobTarget {
    pub template_id: Option<String>,
    pub title: Option<String>,
    /// The full text of the posting: untrusted.
    pub description: Option<String>,
    #[serde(default)]
    pub seniority: Seniority,
    pub firm: Option<String>,
}

impl JobTarget {
    /// SHA-256 (hex) over what the analysis depends on, so folded that white space and case make no difference.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        let parts = [self.template_id.as_deref(), self.title.as_deref(), self.description.as_deref()];
        for part in parts {
            hasher.update(text::squeeze(&text::fold(part.unwrap_or_default())));
            hasher.update([0]);
        }
        // As it stands in hashes that are stored.
        hasher.update(match self.seniority {
            Seniority::Junior => "Junior",
            Seniority::Mid => "Mid",
            Seniority::Senior => "Senior",
            Seniority::NotSpecified => "NotSpecified",
        });
        hex(&hasher.finalize())
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where a profile came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProfileOrigin {
    Template,
    LanguageModel,
    Embedded,
}

/// A topic the job asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequiredTopic {
    pub topic: Topic,
    /// The words of the posting that ask for it; none for a template.
    pub evidence: Option<String>,
    /// 0 to 1: how central the topic is to the job; orders the path.
    pub weight: f32,
}

/// A topic the job needs without naming it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImplicitTopic {
    pub topic: Topic,
    /// Why the job needs it, one sentence.
    pub reason: String,
}

/// What the analyzer read out of a job target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobProfile {
    /// [`JobTarget::hash`] of what was analyzed.
    pub id: String,
    /// The role template it is, or is closest to; `general` when none is.
    pub role_type: String,
    pub seniority: Seniority,
    pub required_topics: Vec<RequiredTopic>,
    pub implicit_topics: Vec<ImplicitTopic>,
    pub domain_focus: Vec<String>,
    /// Lower case.
    pub tools: Vec<String>,
    pub origin: ProfileOrigin,
    /// 0 to 1: how far the profile can be trusted.
    pub confidence: f32,
    /// Why a lesser source was used than the configured one.
    pub fallback_reason: Option<String>,
}

impl JobProfile {
    /// Required topics first, then implicit ones, each once.
    pub fn topics(&self) -> Vec<&Topic> {
        let required = self.required_topics.iter().map(|required| &required.topic);
        let implicit = self.implicit_topics.iter().map(|implicit| &implicit.topic);
        let mut seen = std::collections::HashSet::new();
        required.chain(implicit).filter(|topic| seen.insert(&topic.id)).collect()
    }

    /// How central a topic is, 0 to 1; topics that nobody named count little.
    pub fn weight(&self, id: &TopicId) -> f32 {
        const IMPLICIT: f32 = 0.3;
        self.required_topics
            .iter()
            .find(|required| required.topic.id == *id)
            .map_or(IMPLICIT, |required| required.weight)
    }
}

/// A ready-made profile, as its data file describes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleTemplate {
    pub id: String,
    pub name: String,
    pub description: String,
    pub role_type: String,
    pub seniority: Seniority,
    #[serde(default)]
    pub domain_focus: Vec<String>,
    #[serde(default)]
    pub tools: Vec<String>,
    /// Most important first.
    pub required: Vec<TopicId>,
    #[serde(default)]
    pub implicit: Vec<TemplateImplicit>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateImplicit {
    pub topic: TopicId,
    pub reason: String,
}

impl RoleTemplate {
    /// The template every job falls back to.
    pub const GENERAL: &'static str = "general";

    /// The template as a profile; its topics must be in the map (checked by [`RoleTemplates::parse`]).
    pub fn profile(&self, map: &TopicMap, target: &JobTarget) -> JobProfile {
        let topic = |id: &TopicId| map.find_or_unknown(id.as_str());
        let count = self.required.len().max(1) as f32;
        let required_topics = self.required.iter().enumerate().map(|(rank, id)| RequiredTopic {
            topic: topic(id),
            evidence: None,
            weight: 1.0 - 0.6 * rank as f32 / count,
        });
        let implicit_topics = self
            .implicit
            .iter()
            .map(|implicit| ImplicitTopic { topic: topic(&implicit.topic), reason: implicit.reason.clone() });
        JobProfile {
            id: target.hash(),
            role_type: self.role_type.clone(),
            seniority: match target.seniority {
                Seniority::NotSpecified => self.seniority,
                chosen => chosen,
            },
            required_topics: required_topics.collect(),
            implicit_topics: implicit_topics.collect(),
            domain_focus: self.domain_focus.clone(),
            tools: self.tools.clone(),
            origin: ProfileOrigin::Template,
            confidence: 1.0,
            fallback_reason: None,
        }
    }
}

/// The role templates by id; `general` is always among them.
#[derive(Clone, Debug)]
pub struct RoleTemplates(BTreeMap<String, RoleTemplate>);

impl RoleTemplates {
    /// Reads template files (name, TOML text); a later file replaces an earlier template of the same id.
    pub fn parse<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>, map: &TopicMap) -> Result<Self, Failure> {
        let invalid = |file: &str, why: String| Failure::new(ErrorCode::InvalidInput, format!("{file}: {why}"));
        let mut templates = BTreeMap::new();
        for (file, toml) in files {
            let template: RoleTemplate = toml::from_str(toml).map_err(|error| invalid(file, error.to_string()))?;
            let named = template.required.iter().chain(template.implicit.iter().map(|implicit| &implicit.topic));
            if let Some(missing) = named.into_iter().find(|id| map.get(id).is_none()) {
                return Err(invalid(file, format!("no topic has the id `{missing}`")));
            }
            templates.insert(template.id.clone(), template);
        }
        if !templates.contains_key(RoleTemplate::GENERAL) {
            return Err(invalid("role templates", "the template `general` is missing".to_owned()));
        }
        Ok(Self(templates))
    }

    pub fn get(&self, id: &str) -> Option<&RoleTemplate> {
        self.0.get(id)
    }

    pub fn general(&self) -> &RoleTemplate {
        &self.0[RoleTemplate::GENERAL]
    }

    /// By id.
    pub fn iter(&self) -> impl Iterator<Item = &RoleTemplate> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_case_do_not_change_the_hash() {
        let posting = |text: &str| JobTarget { description: Some(text.into()), ..Default::default() }.hash();
        assert_eq!(posting("Quant  wanted\n\nNow"), posting(" quant wanted now"));
        assert_ne!(posting("Quant wanted"), posting("Quant wanted, now"));
    }
}
