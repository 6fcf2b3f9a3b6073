use chrono::{DateTime, Utc};
use pathwright_api::job::{JobTarget, RoleTemplates};
use pathwright_api::text;
use serde::{Deserialize, Serialize};

/// A job a learner keeps in view, or the one in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TargetJob {
    pub id: String,
    pub user: String,
    /// None: the learner gave it no name.
    pub name: Option<String>,
    pub target: JobTarget,
    /// [`JobTarget::hash`]: names the profile, which all users of the same posting share.
    pub hash: String,
    /// None: nobody saved it; it is here while it is in force.
    pub saved_at: Option<DateTime<Utc>>,
    /// The generation that reads it, or read it; none when that was not necessary.
    pub reading: Option<String>,
    /// Whether paths are made for it. Follows from the user's row.
    #[serde(default, skip_serializing)]
    pub is_current: bool,
}

impl TargetJob {
    /// Jobs that a user can save.
    pub const MOST: usize = 20;

    /// Characters of a name that is made from the posting.
    const NAME: usize = 60;

    /// A new one, not saved.
    pub fn new(user: &str, target: JobTarget) -> Self {
        Self {
            id: uuid::Uuid::now_v7().to_string(),
            user: user.to_owned(),
            name: None,
            hash: target.hash(),
            target,
            saved_at: None,
            reading: None,
            is_current: false,
        }
    }

    /// The name it was given; otherwise its title, its template's name or the beginning of its posting.
    pub fn shown_name(&self, templates: &RoleTemplates) -> String {
        let target = &self.target;
        let template = || Some(templates.get(target.template_id.as_deref()?)?.name.clone());
        let posting = || target.description.as_deref()?.lines().map(str::trim).find(|line| !line.is_empty());
        let shortened = |text: &str| text::shorten(&text::squeeze(text), Self::NAME);
        let titled = || target.title.as_deref().map(shortened);
        let named = self.name.clone().or_else(titled).or_else(template).or_else(|| posting().map(shortened));
        named.or_else(|| target.template_id.clone()).unwrap_or_else(|| "job".to_owned())
    }
}

/// What became of a job that was to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavedJob {
    /// Under this id.
    As(String),
    /// There are [`TargetJob::MOST`] already.
    TooMany,
    /// The learner was deleted meanwhile.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_without_a_name_is_called_by_its_title_template_or_posting() {
        let templates = RoleTemplates::parse(pathwright_analyzer::template_files(), &topics()).unwrap();
        let shown = |target: JobTarget| TargetJob::new("ada", target).shown_name(&templates);
        assert_eq!(shown(posting("\n\n  Data   engineer \nSQL")), "Data engineer");
        assert_eq!(shown(JobTarget { title: Some("Quant".to_owned()), ..posting("SQL") }), "Quant");
        assert_eq!(
            shown(JobTarget { template_id: Some("risk_quant".to_owned()), ..JobTarget::default() }),
            "Risk Analyst"
        );
        let long = shown(posting(&"very long words ".repeat(20)));
        assert!(long.ends_with('…') && long.chars().count() <= TargetJob::NAME, "{long}");
        assert_eq!(shown(JobTarget::default()), "job");
    }

    fn topics() -> pathwright_api::topic::TopicMap {
        pathwright_api::topic::TopicMap::parse(pathwright_analyzer::topic_files()).unwrap()
    }

    fn posting(text: &str) -> JobTarget {
        JobTarget { description: Some(text.to_owned()), ..JobTarget::default() }
    }
}
