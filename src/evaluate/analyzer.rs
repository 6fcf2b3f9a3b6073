use std::collections::BTreeSet;
use std::pin::pin;

use futures::{StreamExt, stream};
use pathwright_api::Failure;
use pathwright_api::job::{JobProfile, JobTarget, Seniority};
use pathwright_api::messages::Analyze;
use pathwright_api::text;
use pathwright_api::topic::TopicKind;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::metrics::{Retrieval, Share, macro_f1};
use super::{Measured, key};
use crate::host::Host;
use crate::services::Services;

/// A posting and what stands in it, in truth.
#[derive(Clone, Debug, Deserialize)]
pub struct AnalyzerLabel {
    /// Whatever names the posting in the details.
    #[serde(default)]
    pub id: Value,
    pub title: Option<String>,
    pub text: String,
    #[serde(flatten)]
    pub labels: Reading,
}

/// What stands in a posting; what is absent is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seniority: Option<Seniority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<Vec<String>>,
    /// Knowledge other than tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topics: Option<Vec<String>>,
    /// The id of a role template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_type: Option<String>,
}

/// The figures, 0 to 1 but for counts, summed up over all rows that have the label; absent where none has.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub n: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seniority_accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seniority_macro_f1: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_precision: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_recall: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_f1: Option<f64>,
    /// Predicted tools that no row of the file names: right or wrong, nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_not_in_labels: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topics_precision: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topics_recall: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topics_f1: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_accuracy: Option<f64>,
    /// Postings read by lesser means than the configured ones.
    pub fallbacks: usize,
    pub plugin: &'static str,
}

/// A posting, what stands in it and what was read.
#[derive(Debug, Serialize)]
pub struct Detail {
    id: Value,
    title: Option<String>,
    expected: Reading,
    came: Reading,
    confidence: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback_reason: Option<String>,
}

/// Reads all postings, `at_once` of them at the same time.
pub async fn measure(
    services: &Services,
    rows: &[AnalyzerLabel],
    at_once: usize,
    mut progress: impl FnMut(usize, usize),
) -> Result<Measured<Report, Detail>, Failure> {
    let vocabulary: BTreeSet<String> = rows.iter().flat_map(|row| keys(row.labels.tools.as_deref())).collect();
    let mut scores = Scores::default();
    let mut details = Vec::with_capacity(rows.len());
    let mut answers = pin!(stream::iter(rows).map(|row| read(&services.host, row)).buffered(at_once));
    while let Some(detail) = answers.next().await {
        scores.add(&detail.expected, &detail.came, &vocabulary);
        details.push(detail);
        progress(details.len(), rows.len());
    }
    let report = Report {
        n: rows.len(),
        fallbacks: details.iter().filter(|detail| detail.fallback_reason.is_some()).count(),
        plugin: services.host.analyzer.status().name,
        ..scores.report()
    };
    Ok(Measured { report, details })
}

/// As a generation reads a target: whatever goes wrong, the `general` template stands in and says why.
async fn read(host: &Host, row: &AnalyzerLabel) -> Detail {
    let target = target(row);
    let question = Analyze { target: target.clone() };
    let asked = host.analyzer.ask_with_retry(|handles| &handles.analyze, question).await;
    let profile = asked.unwrap_or_else(|failure| {
        let mut profile = host.templates.general().profile(&host.topics, &target);
        profile.fallback_reason = Some(format!("the posting could not be analyzed: {failure}"));
        profile
    });
    Detail {
        id: row.id.clone(),
        title: row.title.clone(),
        expected: row.labels.clone(),
        came: reading(&profile),
        confidence: profile.confidence,
        fallback_reason: profile.fallback_reason,
    }
}

/// The target as a learner would give it, with a seniority that has to be read.
fn target(row: &AnalyzerLabel) -> JobTarget {
    let filled = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
    JobTarget { title: row.title.as_deref().and_then(filled), description: filled(&row.text), ..JobTarget::default() }
}

fn reading(profile: &JobProfile) -> Reading {
    let topics = profile.required_topics.iter().map(|required| &required.topic);
    Reading {
        seniority: Some(profile.seniority),
        tools: Some(profile.tools.clone()),
        topics: Some(topics.filter(|topic| topic.kind != TopicKind::Tool).map(|topic| topic.title.clone()).collect()),
        role_type: Some(profile.role_type.clone()),
    }
}

/// What is counted over all rows; nothing where no row has the label.
#[derive(Default)]
struct Scores {
    /// Expected and read.
    seniority: Vec<(Seniority, Seniority)>,
    tools: Option<Retrieval>,
    tools_not_in_labels: usize,
    topics: Option<Retrieval>,
    role: Option<Share>,
}

impl Scores {
    fn add(&mut self, expected: &Reading, came: &Reading, vocabulary: &BTreeSet<String>) {
        if let (Some(expected), Some(came)) = (expected.seniority, came.seniority) {
            self.seniority.push((expected, came));
        }
        if expected.tools.is_some() {
            self.add_tools(&keys(expected.tools.as_deref()), &keys(came.tools.as_deref()), vocabulary);
        }
        if let (Some(expected), Some(came)) = (&expected.topics, &came.topics) {
            self.add_topics(expected, came);
        }
        if let (Some(expected), Some(came)) = (&expected.role_type, &came.role_type) {
            self.role.get_or_insert_default().count(key(expected) == key(came));
        }
    }

    fn add_tools(&mut self, expected: &BTreeSet<String>, came: &BTreeSet<String>, vocabulary: &BTreeSet<String>) {
        let tools = self.tools.get_or_insert_default();
        for tool in came.intersection(vocabulary) {
            tools.precision.count(expected.contains(tool));
        }
        for tool in expected {
            tools.recall.count(came.contains(tool));
        }
        self.tools_not_in_labels += came.difference(vocabulary).count();
    }

    fn add_topics(&mut self, expected: &[String], came: &[String]) {
        let topics = self.topics.get_or_insert_default();
        for topic in came {
            topics.precision.count(expected.iter().any(|other| meet(topic, other)));
        }
        for topic in expected {
            topics.recall.count(came.iter().any(|other| meet(topic, other)));
        }
    }

    fn report(&self) -> Report {
        let mut seniority = Share::default();
        for (expected, came) in &self.seniority {
            seniority.count(expected == came);
        }
        Report {
            seniority_accuracy: (seniority.of > 0).then(|| seniority.value()),
            seniority_macro_f1: macro_f1(&self.seniority),
            tools_precision: self.tools.map(|tools| tools.precision.value()),
            tools_recall: self.tools.map(|tools| tools.recall.value()),
            tools_f1: self.tools.map(Retrieval::f1),
            tools_not_in_labels: self.tools.map(|_| self.tools_not_in_labels),
            topics_precision: self.topics.map(|topics| topics.precision.value()),
            topics_recall: self.topics.map(|topics| topics.recall.value()),
            topics_f1: self.topics.map(Retrieval::f1),
            role_accuracy: self.role.map(Share::value),
            ..Report::default()
        }
    }
}

fn keys(names: Option<&[String]>) -> BTreeSet<String> {
    names.unwrap_or_default().iter().map(|name| key(name)).collect()
}

/// Whether either name contains the other as whole words.
fn meet(one: &str, other: &str) -> bool {
    let words = |name: &str| text::tokens(name).iter().map(|token| text::fold(token.raw)).collect::<Vec<_>>();
    let (one, other) = (words(one), words(other));
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    !short.is_empty() && long.windows(short.len()).any(|window| window == short.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn names_meet_by_whole_words_whatever_their_case() {
        assert!(meet("Machine learning", "applied MACHINE-LEARNING methods"));
        assert!(meet("time series analysis", "Time series"));
        assert!(!meet("port", "portfolio theory") && !meet("data", "") && !meet("", ""));
        assert!(!meet("data models", "models data"));
    }

    #[test]
    fn tools_that_no_row_names_are_counted_apart() {
        let vocabulary: BTreeSet<String> = ["sql", "dbt"].map(str::to_owned).into();
        let mut scores = Scores::default();
        let expected = Reading { tools: Some(names(&["SQL"])), ..Reading::default() };
        let came = Reading { tools: Some(names(&["sql", "dbt", "excel"])), ..Reading::default() };
        scores.add(&expected, &came, &vocabulary);
        let report = scores.report();
        assert_eq!((report.tools_precision, report.tools_recall), (Some(0.5), Some(1.0)));
        assert_eq!(report.tools_not_in_labels, Some(1));
    }

    #[test]
    fn topics_count_by_their_own_side() {
        let mut scores = Scores::default();
        let expected = Reading { topics: Some(names(&["data modeling", "statistics"])), ..Reading::default() };
        let came = Reading { topics: Some(names(&["Dimensional data modeling", "Data"])), ..Reading::default() };
        scores.add(&expected, &came, &BTreeSet::new());
        let report = scores.report();
        assert_eq!((report.topics_precision, report.topics_recall), (Some(1.0), Some(0.5)));
    }

    #[test]
    fn a_seniority_that_was_not_read_is_wrong_and_a_label_that_is_absent_is_not_scored() {
        let mut scores = Scores::default();
        for came in [Seniority::Mid, Seniority::NotSpecified] {
            let expected = Reading { seniority: Some(Seniority::Mid), ..Reading::default() };
            let came = Reading { seniority: Some(came), role_type: Some("general".into()), ..Reading::default() };
            scores.add(&expected, &came, &BTreeSet::new());
        }
        let report = scores.report();
        assert_eq!(report.seniority_accuracy, Some(0.5));
        let printed = serde_json::to_value(&report).unwrap();
        assert!(printed.get("role_accuracy").is_none() && printed.get("tools_f1").is_none());
    }

    #[test]
    fn rows_without_labels_parse() {
        let row: AnalyzerLabel = serde_json::from_str("{\"id\": 7, \"title\": \" \", \"text\": \"Analyst\"}").unwrap();
        assert_eq!(row.labels, Reading::default());
        assert_eq!(target(&row), JobTarget { description: Some("Analyst".into()), ..JobTarget::default() });
    }
}
