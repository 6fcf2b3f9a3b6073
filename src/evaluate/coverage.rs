use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use pathwright_api::Failure;
use pathwright_api::coverage::Verdict;
use pathwright_api::ports::{Candidates, PassageSearch};
use pathwright_api::topic::Topic;
use pathwright_coverage::closeness::closeness;
use pathwright_coverage::features::{Features, NAMES, Texts, features};
use pathwright_coverage::question;
use serde::{Deserialize, Serialize};

use super::metrics::{Retrieval, Share, auc, calibration_error};
use super::{Measured, milliseconds_each};
use crate::coverage::{Assessor, Measure};
use crate::services::Services;
use crate::store::Store;

/// Whether the library treats a topic, in truth.
#[derive(Clone, Debug, Deserialize)]
pub struct CoverageLabel {
    pub topic: String,
    pub covered: bool,
    /// What sort of row it is, such as "paraphrase"; rows of a sort are counted apart.
    pub kind: Option<String>,
}

/// The figures, 0 to 1 but for counts and times.
#[derive(Debug, Serialize)]
pub struct Report {
    pub n: usize,
    /// Absent unless some rows are covered and some are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auc: Option<f64>,
    pub min_score: f32,
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub ece: f64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_kind: BTreeMap<String, Kind>,
    pub milliseconds_per_topic: f64,
    /// Topics judged by lesser means than the configured ones.
    pub fallbacks: usize,
    pub plugin: &'static str,
}

/// Rows of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Kind {
    pub n: usize,
    /// The share judged covered, right or wrong.
    pub covered: f64,
}

/// A row and its verdict.
#[derive(Debug, Serialize)]
pub struct Detail {
    topic: String,
    /// The topic of the map that was judged, or one made up of the name.
    judged_as: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    expected: bool,
    covered: bool,
    confidence: f32,
    /// The titles above the best passage, whether it covers the topic or not.
    best: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback_reason: Option<String>,
}

/// Judges the topics of all rows in one question.
pub async fn measure(
    services: &Services,
    rows: &[CoverageLabel],
    min_score: f32,
    mut progress: impl FnMut(usize, usize),
) -> Result<Measured<Report, Detail>, Failure> {
    progress(0, rows.len());
    let topics = topics(services, rows).await?;
    let asked = Instant::now();
    let by = Measure { min_score: Some(min_score), ..Measure::default() };
    let verdicts = Assessor::new(&services.store, &services.host).measure(topics, by).await?;
    let spent = asked.elapsed();
    progress(rows.len(), rows.len());
    let best = best_headings(&services.store, &verdicts).await?;
    let judged: Vec<(&CoverageLabel, &Verdict)> = rows.iter().zip(&verdicts).collect();
    let scored: Vec<(f32, bool)> = judged.iter().map(|(row, verdict)| (verdict.confidence, row.covered)).collect();
    let retrieval = Retrieval::of(judged.iter().map(|(row, verdict)| (row.covered, verdict.covered)));
    let report = Report {
        n: rows.len(),
        auc: auc(&scored),
        min_score,
        precision: retrieval.precision.value(),
        recall: retrieval.recall.value(),
        f1: retrieval.f1(),
        ece: calibration_error(&scored),
        by_kind: by_kind(judged.iter().map(|(row, verdict)| (row.kind.as_deref(), verdict.covered))),
        milliseconds_per_topic: milliseconds_each(spent, rows.len()),
        fallbacks: verdicts.iter().filter(|verdict| verdict.fallback_reason.is_some()).count(),
        plugin: services.host.coverage.status().name,
    };
    let details = judged.iter().map(|(row, verdict)| detail(row, verdict, &best)).collect();
    Ok(Measured { report, details })
}

/// The topics of the rows as a learner's question would have them.
async fn topics(services: &Services, rows: &[CoverageLabel]) -> Result<Vec<Topic>, Failure> {
    let mut topics = Vec::with_capacity(rows.len());
    for row in rows {
        topics.push(services.catalogue.as_asked(&row.topic).await?);
    }
    Ok(topics)
}

/// What the judge sees of a row's topic: what its weights are fitted to.
#[derive(Debug, Serialize)]
pub struct Seen {
    topic: String,
    covered: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// The features' names, in the order of each candidate's values.
    names: Vec<&'static str>,
    candidates: Vec<Features>,
}

/// The features of all candidates of all rows.
pub async fn seen(services: &Services, rows: &[CoverageLabel]) -> Result<Vec<Seen>, Failure> {
    let topics = topics(services, rows).await?;
    let vectors = services.embedder.embed(topics.iter().map(|topic| topic.title.clone()).collect()).await?;
    let questions = topics.iter().zip(vectors).map(|(topic, vector)| question(topic, vector));
    let found = services.searcher.candidates(questions.collect()).await?;
    let batch: Vec<(Topic, Candidates)> = topics.into_iter().zip(found).collect();
    let closeness = closeness(&batch, crate::embed::embedded().as_ref()).await?;
    let seen = |((row, (topic, found)), close): ((&CoverageLabel, &(Topic, Candidates)), &Vec<f32>)| Seen {
        topic: row.topic.clone(),
        covered: row.covered,
        kind: row.kind.clone(),
        names: NAMES.iter().map(|(name, _)| *name).collect(),
        candidates: features(topic, found, close, &Texts::of(&found.passages)),
    };
    Ok(rows.iter().zip(&batch).zip(&closeness).map(seen).collect())
}

/// The titles above the best passage of each verdict, by the passage's id.
async fn best_headings(store: &Store, verdicts: &[Verdict]) -> Result<HashMap<String, String>, Failure> {
    let mut ids: Vec<String> = verdicts.iter().filter_map(best_passage).map(str::to_owned).collect();
    ids.sort();
    ids.dedup();
    let passages = store.passages_by_id(&ids).await?;
    Ok(passages.into_iter().map(|passage| (passage.id, passage.heading.join(" > "))).collect())
}

fn best_passage(verdict: &Verdict) -> Option<&str> {
    verdict.passages.first().map(|best| best.passage_id.as_str())
}

fn by_kind<'r>(rows: impl Iterator<Item = (Option<&'r str>, bool)>) -> BTreeMap<String, Kind> {
    let mut shares: BTreeMap<String, Share> = BTreeMap::new();
    for (kind, covered) in rows {
        if let Some(kind) = kind {
            shares.entry(kind.to_owned()).or_default().count(covered);
        }
    }
    shares.into_iter().map(|(kind, share)| (kind, Kind { n: share.of, covered: share.value() })).collect()
}

fn detail(row: &CoverageLabel, verdict: &Verdict, headings: &HashMap<String, String>) -> Detail {
    Detail {
        topic: row.topic.clone(),
        judged_as: verdict.topic.title.clone(),
        kind: row.kind.clone(),
        expected: row.covered,
        covered: verdict.covered,
        confidence: verdict.confidence,
        best: best_passage(verdict).and_then(|id| headings.get(id)).cloned(),
        fallback_reason: verdict.fallback_reason.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_apart_and_rows_without_one_are_not() {
        let kinds = by_kind([(Some("near miss"), true), (Some("near miss"), false), (None, true)].into_iter());
        assert_eq!(kinds.len(), 1);
        assert_eq!(kinds["near miss"], Kind { n: 2, covered: 0.5 });
    }
}
