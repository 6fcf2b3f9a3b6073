//! What several jobs need between them: which topics, how many jobs need each, how much.

use std::collections::HashMap;

use pathwright_api::job::JobProfile;
use pathwright_api::topic::{Topic, TopicId};

use crate::chosen_jobs::ChosenJob;

/// Weight from which a topic that a job names is one of its core topics.
const CORE: f32 = 0.7;

/// A topic with the jobs that need it.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    pub topic: Topic,
    /// Which of the jobs, by their place in the list.
    pub jobs: Vec<usize>,
    /// How many target jobs these stand for.
    pub count: u32,
    /// Sum over the jobs of how central the topic is to each, 0 to 1.
    pub weight: f64,
    /// How many of the jobs it is one of the core topics of.
    pub core: u32,
}

/// The topics of the jobs, each once: what most jobs need comes first, then what is more central to them.
pub fn demands(jobs: &[ChosenJob]) -> Vec<Demand> {
    let mut by_topic: HashMap<&TopicId, Demand> = HashMap::new();
    for (at, job) in jobs.iter().enumerate() {
        for topic in job.profile.topics() {
            let demand = by_topic.entry(&topic.id).or_insert_with(|| Demand::of(topic));
            demand.add(at, job);
        }
    }
    let mut demands: Vec<Demand> = by_topic.into_values().collect();
    demands.sort_by(|a, b| {
        let by_need = b.count.cmp(&a.count).then(b.weight.total_cmp(&a.weight));
        by_need.then_with(|| a.topic.id.cmp(&b.topic.id))
    });
    demands
}

impl Demand {
    fn of(topic: &Topic) -> Self {
        Self { topic: topic.clone(), jobs: Vec::new(), count: 0, weight: 0.0, core: 0 }
    }

    fn add(&mut self, at: usize, job: &ChosenJob) {
        self.jobs.push(at);
        self.count += job.count;
        self.weight += f64::from(job.count) * f64::from(job.profile.weight(&self.topic.id));
        if is_core(&job.profile, &self.topic.id) {
            self.core += job.count;
        }
    }
}

/// A topic nobody named is never one.
fn is_core(profile: &JobProfile, id: &TopicId) -> bool {
    profile.required_topics.iter().any(|required| required.topic.id == *id && required.weight >= CORE)
}

/// What two jobs need: both, only the first, only the second; each in the jobs' own order.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub both: Vec<Topic>,
    pub only_a: Vec<Topic>,
    pub only_b: Vec<Topic>,
}

/// Each topic of either job stands in exactly one of the three lists.
pub fn difference(a: &JobProfile, b: &JobProfile) -> Difference {
    let (in_a, in_b) = (a.topics(), b.topics());
    let is_in = |topics: &[&Topic], topic: &Topic| topics.iter().any(|other| other.id == topic.id);
    let of = |topics: &[&Topic], wanted: &dyn Fn(&Topic) -> bool| {
        topics.iter().filter(|topic| wanted(topic)).map(|topic| (*topic).clone()).collect()
    };
    Difference {
        both: of(&in_a, &|topic| is_in(&in_b, topic)),
        only_a: of(&in_a, &|topic| !is_in(&in_b, topic)),
        only_b: of(&in_b, &|topic| !is_in(&in_a, topic)),
    }
}

/// Hours that the second of two jobs still takes when the path to the first is done: by the topic map, over its topics that are
/// neither `completed` nor on that path, which holds what both need as far as the library has it (`covered`).
pub fn hours_left(
    difference: &Difference,
    completed: impl Fn(&TopicId) -> bool,
    covered: impl Fn(&TopicId) -> bool,
) -> f64 {
    let not_taught = difference.both.iter().filter(|topic| !covered(&topic.id));
    let open = difference.only_b.iter().chain(not_taught).filter(|topic| !completed(&topic.id));
    open.map(|topic| f64::from(topic.hours)).sum()
}

#[cfg(test)]
pub(crate) mod tests {
    use pathwright_api::job::{ImplicitTopic, JobTarget, ProfileOrigin, RequiredTopic, Seniority};

    use super::*;

    /// A job that asks for topics with these weights, and needs others without naming them.
    pub(crate) fn job(required: &[(&str, f32)], implicit: &[&str]) -> ChosenJob {
        let required_topics = required.iter().map(|(title, weight)| RequiredTopic {
            topic: Topic::unknown(title),
            evidence: None,
            weight: *weight,
        });
        let implicit_topics =
            implicit.iter().map(|title| ImplicitTopic { topic: Topic::unknown(title), reason: String::new() });
        let profile = JobProfile {
            id: JobTarget::default().hash(),
            role_type: "general".to_owned(),
            seniority: Seniority::NotSpecified,
            required_topics: required_topics.collect(),
            implicit_topics: implicit_topics.collect(),
            domain_focus: Vec::new(),
            tools: Vec::new(),
            origin: ProfileOrigin::Embedded,
            confidence: 1.0,
            fallback_reason: None,
        };
        ChosenJob { name: None, profile, count: 1 }
    }

    fn titles(topics: &[Topic]) -> Vec<&str> {
        topics.iter().map(|topic| topic.title.as_str()).collect()
    }

    #[test]
    fn what_most_jobs_need_comes_first_then_what_is_more_central() {
        let jobs = [job(&[("SQL", 0.9), ("Git", 0.4)], &["Unix"]), job(&[("Git", 0.4), ("Docker", 0.8)], &[])];
        let demands = demands(&jobs);
        let found: Vec<(&str, u32, u32)> =
            demands.iter().map(|demand| (demand.topic.title.as_str(), demand.count, demand.core)).collect();
        assert_eq!(found, [("Git", 2, 0), ("SQL", 1, 1), ("Docker", 1, 1), ("Unix", 1, 0)]);
        assert_eq!(demands[0].jobs, [0, 1]);
        assert!((demands[0].weight - 0.8).abs() < 1e-6 && (demands[3].weight - 0.3).abs() < 1e-6);
    }

    #[test]
    fn a_job_that_stands_for_many_counts_as_often() {
        let many = ChosenJob { count: 3, ..job(&[("SQL", 0.5)], &[]) };
        let demands = demands(&[many, job(&[("Git", 1.0)], &[]), job(&[("Git", 1.0)], &[])]);
        assert_eq!((demands[0].topic.title.as_str(), demands[0].count, demands[0].weight), ("SQL", 3, 1.5));
    }

    #[test]
    fn the_second_job_takes_what_neither_the_first_path_nor_the_learner_brings() {
        let a = job(&[("SQL", 0.9), ("Git", 0.4)], &["Unix"]).profile;
        let b = job(&[("Git", 0.9), ("Docker", 0.8), ("Java", 0.5)], &["Unix"]).profile;
        let difference = difference(&a, &b);
        assert_eq!(titles(&difference.both), ["Git", "Unix"]);
        assert_eq!((titles(&difference.only_a), titles(&difference.only_b)), (vec!["SQL"], vec!["Docker", "Java"]));
        // Java is known, Git is on the first path; Unix is in no book and Docker is new.
        let hours = hours_left(&difference, |id| id.as_str() == "java", |id| id.as_str() == "git");
        assert!((hours - 2.0 * f64::from(Topic::UNKNOWN_HOURS)).abs() < 1e-9);
    }
}
