use std::collections::{BTreeMap, HashMap, HashSet};

use pathwright_api::topic::{Topic, TopicId, TopicMap};

use crate::demand::Demand;

/// What a job adds for a topic at its core, beyond the topic's weight.
const CORE: f64 = 0.5;

/// How much of a topic's worth counts for what has to be known directly before it; for what comes a step earlier, this much of
/// that, and so on.
const BEFORE: f64 = 0.3;

/// A wanted topic that is worth having in the library.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    pub demand: Demand,
    pub parts: Parts,
    /// Wanted topics that need this one first, directly or through others, the most wanted first.
    pub unlocks: Vec<Topic>,
}

/// What a score is made of: the sum of the first three, times the last.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parts {
    /// Over the jobs that need it: how central it is to each, 0 to 1.
    pub weight: f64,
    /// Over the jobs that have it at their core: 0.5 for each.
    pub core: f64,
    /// Over the wanted topics that need it first: 0.3 of the worth of each for every step between the two.
    pub unlocks: f64,
    /// How much of it the library lacks, 0 to 1.
    pub missing: f64,
}

impl Parts {
    /// What the library can only take away from.
    fn need(&self) -> f64 {
        self.weight + self.core + self.unlocks
    }

    pub fn score(&self) -> f64 {
        self.need() * self.missing
    }
}

/// All wanted topics as if the library held none of them, the most needed first.
pub fn needs(demands: Vec<Demand>, map: &TopicMap) -> Vec<Gap> {
    let unlocked = unlocked(&demands, map);
    let worth: HashMap<TopicId, (f64, Topic)> =
        demands.iter().map(|demand| (demand.topic.id.clone(), (worth(demand), demand.topic.clone()))).collect();
    let need = |demand: Demand| {
        let above = unlocked.get(&demand.topic.id).map(Vec::as_slice).unwrap_or_default();
        let share = |(id, steps): &(TopicId, i32)| worth.get(id).map_or(0.0, |(worth, _)| worth * BEFORE.powi(*steps));
        let parts = Parts {
            weight: demand.weight,
            core: CORE * f64::from(demand.core),
            unlocks: above.iter().map(share).sum(),
            missing: 1.0,
        };
        let mut unlocks: Vec<&(f64, Topic)> = above.iter().filter_map(|(id, _)| worth.get(id)).collect();
        unlocks.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.id.cmp(&other.id)));
        Gap { parts, unlocks: unlocks.into_iter().map(|(_, topic)| topic.clone()).collect(), demand }
    };
    sorted(demands.into_iter().map(need).collect())
}

/// Of the needs those that the library does not meet, those that matter most first; `missing` tells how much of a topic the
/// library lacks, 0 to 1, and nothing for what it covers.
pub fn rank(needs: Vec<Gap>, missing: impl Fn(&TopicId) -> Option<f64>) -> Vec<Gap> {
    let lacking = |mut gap: Gap| {
        gap.parts.missing = missing(&gap.demand.topic.id)?.clamp(0.0, 1.0);
        Some(gap)
    };
    sorted(needs.into_iter().filter_map(lacking).collect())
}

fn sorted(mut gaps: Vec<Gap>) -> Vec<Gap> {
    gaps.sort_by(|a, b| {
        b.parts.score().total_cmp(&a.parts.score()).then_with(|| a.demand.topic.id.cmp(&b.demand.topic.id))
    });
    gaps
}

fn worth(demand: &Demand) -> f64 {
    demand.weight + CORE * f64::from(demand.core)
}

/// For each topic the wanted topics that need it, with the steps between the two, by id: sums over them do not depend on the
/// order of the jobs.
fn unlocked(demands: &[Demand], map: &TopicMap) -> HashMap<TopicId, Vec<(TopicId, i32)>> {
    let by_id: BTreeMap<&TopicId, &Topic> = demands.iter().map(|demand| (&demand.topic.id, &demand.topic)).collect();
    let mut unlocked: HashMap<TopicId, Vec<(TopicId, i32)>> = HashMap::new();
    for (id, topic) in by_id {
        for (required, steps) in steps_back(topic, map) {
            unlocked.entry(required).or_default().push((id.clone(), steps));
        }
    }
    unlocked
}

/// Everything that has to be known before a topic, with the fewest steps to it.
fn steps_back(topic: &Topic, map: &TopicMap) -> Vec<(TopicId, i32)> {
    let mut seen: HashSet<&TopicId> = HashSet::from([&topic.id]);
    let mut found = Vec::new();
    let mut edge: Vec<&Topic> = vec![topic];
    let mut steps = 0;
    while !edge.is_empty() {
        steps += 1;
        let required = edge.iter().flat_map(|topic| &topic.requires);
        let fresh: Vec<&TopicId> = required.filter(|id| seen.insert(id)).collect();
        found.extend(fresh.iter().map(|id| ((*id).clone(), steps)));
        edge = fresh.into_iter().filter_map(|id| map.get(id)).collect();
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chosen_jobs::ChosenJob;
    use crate::demand::demands;
    use crate::demand::tests::job;

    /// `c` needs `b`, which needs `a`; `e` needs `a`; `d` stands alone.
    const MAP: &str = r#"
        area = "Letters"
        topic = [
            { id = "a", title = "a", kind = "concept", hours = 4 },
            { id = "b", title = "b", kind = "concept", hours = 4, requires = ["a"] },
            { id = "c", title = "c", kind = "concept", hours = 4, requires = ["b"] },
            { id = "d", title = "d", kind = "concept", hours = 4 },
            { id = "e", title = "e", kind = "concept", hours = 4, requires = ["a"] },
        ]"#;

    const LETTERS: [&str; 5] = ["a", "b", "c", "d", "e"];

    fn map() -> TopicMap {
        TopicMap::parse([("letters.toml", MAP)]).unwrap()
    }

    /// A job over topics of the map.
    fn wants(required: &[(&str, f32)]) -> ChosenJob {
        let map = map();
        let mut job = job(required, &[]);
        for required in &mut job.profile.required_topics {
            required.topic = map.get(&required.topic.id).unwrap().clone();
        }
        job
    }

    fn scores(jobs: &[ChosenJob], missing: impl Fn(&TopicId) -> Option<f64>) -> Vec<(String, f64)> {
        let ranked = rank(needs(demands(jobs), &map()), missing);
        ranked.into_iter().map(|gap| (gap.demand.topic.title.clone(), gap.parts.score())).collect()
    }

    fn order(jobs: &[ChosenJob], missing: impl Fn(&TopicId) -> Option<f64>) -> String {
        scores(jobs, missing).into_iter().map(|(title, _)| title).collect()
    }

    #[test]
    fn what_more_jobs_need_and_need_more_comes_first() {
        let jobs = [wants(&[("d", 0.5)]), wants(&[("d", 0.5), ("e", 0.6)]), wants(&[("c", 0.5)])];
        assert_eq!(order(&jobs, |_| Some(1.0)), "dec");
        let core = [wants(&[("c", 0.69), ("d", 0.7)])];
        assert!((scores(&core, |_| Some(1.0))[0].1 - 1.2).abs() < 1e-6);
    }

    #[test]
    fn what_others_need_first_gains_by_them_and_the_more_the_nearer() {
        let jobs = [wants(&[("a", 0.5), ("c", 0.6), ("d", 0.5)])];
        let needs = needs(demands(&jobs), &map());
        let a = needs.iter().find(|gap| gap.demand.topic.title == "a").unwrap();
        assert!((a.parts.unlocks - 0.6 * BEFORE * BEFORE).abs() < 1e-6, "two steps, through a topic nobody wants");
        assert_eq!(a.unlocks.iter().map(|topic| topic.title.as_str()).collect::<String>(), "c");
        assert_eq!(order(&jobs, |_| Some(1.0)), "cad");
        let nearer = [wants(&[("a", 0.5), ("b", 0.6), ("d", 0.5)])];
        assert_eq!(order(&nearer, |_| Some(1.0)), "abd");
    }

    #[test]
    fn covered_topics_are_no_gaps_and_near_misses_small_ones() {
        let jobs = [wants(&[("c", 0.9), ("d", 0.8), ("e", 0.2)])];
        let missing = |id: &TopicId| match id.as_str() {
            "c" => None,
            "d" => Some(0.1),
            _ => Some(1.0),
        };
        assert_eq!(order(&jobs, missing), "ed");
    }

    fn any_job() -> impl Strategy<Value = Vec<(usize, f32)>> {
        prop::collection::vec((0..LETTERS.len(), 0.0f32..=1.0), 0..5)
    }

    fn jobs(chosen: &[Vec<(usize, f32)>]) -> Vec<ChosenJob> {
        let required = |job: &Vec<(usize, f32)>| {
            let by_topic: BTreeMap<usize, f32> = job.iter().copied().collect();
            by_topic.into_iter().map(|(at, weight)| (LETTERS[at], weight)).collect::<Vec<_>>()
        };
        chosen.iter().map(|job| wants(&required(job))).collect()
    }

    proptest! {
        #[test]
        fn one_more_job_never_lowers_a_score(chosen in prop::collection::vec(any_job(), 0..5), more in any_job()) {
            let before = scores(&jobs(&chosen), |_| Some(0.8));
            let mut chosen = chosen;
            chosen.push(more);
            let after: HashMap<String, f64> = scores(&jobs(&chosen), |_| Some(0.8)).into_iter().collect();
            for (title, score) in before {
                prop_assert!(after[&title] >= score, "{} fell from {} to {}", title, score, after[&title]);
            }
        }

        #[test]
        fn one_more_job_that_needs_a_topic_raises_it(
            chosen in prop::collection::vec(any_job(), 0..5), at in 0..LETTERS.len(), weight in 0.01f32..=1.0,
        ) {
            let of = |jobs: &[ChosenJob]| scores(jobs, |_| Some(0.8)).into_iter().find(|(title, _)| title == LETTERS[at]);
            let before = of(&jobs(&chosen)).map_or(0.0, |(_, score)| score);
            let mut chosen = chosen;
            chosen.push(vec![(at, weight)]);
            prop_assert!(of(&jobs(&chosen)).unwrap().1 > before);
        }

        #[test]
        fn the_better_a_topic_is_covered_the_lower_it_stands(
            chosen in prop::collection::vec(any_job(), 1..5), less in 0.0f64..=1.0, more in 0.0f64..=1.0,
        ) {
            let (less, more) = (less.min(more), less.max(more));
            let low: HashMap<String, f64> = scores(&jobs(&chosen), |_| Some(less)).into_iter().collect();
            for (title, score) in scores(&jobs(&chosen), |_| Some(more)) {
                prop_assert!(score >= low[&title]);
            }
        }

        #[test]
        fn gaps_are_wanted_uncovered_in_order_and_whoever_comes_first(
            chosen in prop::collection::vec(any_job(), 0..5), covered in prop::collection::vec(any::<bool>(), 5),
        ) {
            let missing = |id: &TopicId| {
                let at = LETTERS.iter().position(|letter| *letter == id.as_str())?;
                (!covered[at]).then_some(0.5)
            };
            let found = scores(&jobs(&chosen), missing);
            prop_assert!(found.is_sorted_by(|(_, a), (_, b)| a >= b));
            let wanted: HashSet<usize> = chosen.iter().flatten().map(|(at, _)| *at).filter(|at| !covered[*at]).collect();
            prop_assert_eq!(found.len(), wanted.len());
            let mut turned = chosen;
            turned.reverse();
            let turned: HashMap<String, f64> = scores(&jobs(&turned), missing).into_iter().collect();
            for (title, score) in found {
                prop_assert!((turned[&title] - score).abs() < 1e-9);
            }
        }
    }
}
