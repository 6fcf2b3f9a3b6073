use chrono::Utc;
use pathwright_api::coverage::Override;
use pathwright_api::job::{JobProfile, ProfileOrigin, RequiredTopic, Seniority};
use pathwright_api::topic::Topic;
use proptest::prelude::*;

use super::*;

fn job(topics: &[(&str, f32)]) -> ChosenJob {
    let required =
        |(title, weight): &(&str, f32)| RequiredTopic { topic: Topic::unknown(title), evidence: None, weight: *weight };
    let profile = JobProfile {
        id: String::new(),
        role_type: "general".to_owned(),
        seniority: Seniority::Mid,
        required_topics: topics.iter().map(required).collect(),
        implicit_topics: vec![],
        domain_focus: vec![],
        tools: vec![],
        origin: ProfileOrigin::Template,
        confidence: 1.0,
        fallback_reason: None,
    };
    ChosenJob { name: Some("Job".to_owned()), profile, count: 1 }
}

fn verdict(title: &str, confidence: f32) -> Verdict {
    Verdict {
        topic: Topic::unknown(title),
        covered: confidence >= 0.75,
        confidence,
        source: None,
        num_chunks: 0,
        passages: vec![],
        parts: vec![],
        external_resources: vec![],
        fallback_reason: None,
        overridden_by: None,
    }
}

fn after(confidence: f32) -> After {
    let place = Place { heading: vec!["Section".to_owned()], page: Some(3) };
    After { covered: confidence >= 0.75, confidence, place: Some(place) }
}

fn titles(treated: &[Treated]) -> Vec<&str> {
    treated.iter().map(|treated| treated.before.topic.title.as_str()).collect()
}

#[test]
fn what_becomes_covered_what_gets_nearer_and_what_stays() {
    let jobs = [job(&[("A", 1.0), ("B", 0.5)]), job(&[("B", 1.0), ("C", 1.0), ("D", 0.2)])];
    let before = [verdict("A", 0.9), verdict("B", 0.2), verdict("C", 0.3), verdict("D", 0.1)];
    let change = change(&jobs, &before, vec![after(0.9), after(0.8), after(0.5), after(0.12)]);
    assert_eq!(titles(&change.becomes_covered), ["B"]);
    assert_eq!(titles(&change.improved), ["C"]);
    assert_eq!(change.stays_uncovered.len(), 2);
    assert_eq!((change.before, change.after, change.gain), (25, 50, 1.5));
    let percents: Vec<(u32, u32)> = change.jobs.iter().map(|job| (job.before, job.after)).collect();
    assert_eq!(percents, [(50, 100), (0, 33)]);
}

#[test]
fn a_reviewers_verdict_stays() {
    let overruling = Override { covered: false, reviewer: "r".to_owned(), note: None, at: Utc::now() };
    let before = Verdict { overridden_by: Some(overruling), ..verdict("A", 0.1) };
    let after = After::of(&Candidate::empty(), &before, &verdict("A", 0.95));
    let change = change(&[job(&[("A", 1.0)])], &[before], vec![after]);
    assert!(change.becomes_covered.is_empty() && change.improved.is_empty() && change.after == 0);
}

proptest! {
    #[test]
    fn a_candidate_that_covers_more_is_worth_more(confidences in prop::collection::vec((0.0f32..1.0, 0.0f32..1.0, 0.1f32..1.0), 1..12)) {
        let names: Vec<String> = (0..confidences.len()).map(|at| format!("T{at}")).collect();
        let asked: Vec<(&str, f32)> = names.iter().zip(&confidences).map(|(name, (_, _, weight))| (name.as_str(), *weight)).collect();
        let jobs = [job(&asked)];
        let before: Vec<Verdict> = names.iter().zip(&confidences).map(|(name, (before, _, _))| verdict(name, *before)).collect();
        let lesser: Vec<After> = confidences.iter().map(|(before, rise, _)| after(before.max(*rise))).collect();
        let greater: Vec<After> = confidences.iter().map(|_| after(1.0)).collect();
        let (lesser, greater) = (change(&jobs, &before, lesser), change(&jobs, &before, greater));
        prop_assert!(lesser.value() <= greater.value() + 1e-4);
        prop_assert!(lesser.before <= lesser.after && lesser.after <= greater.after && greater.after == 100);
        prop_assert_eq!(lesser.becomes_covered.len() + before.iter().filter(|verdict| verdict.covered).count() + lesser.stays_uncovered.len(), names.len());
    }
}
