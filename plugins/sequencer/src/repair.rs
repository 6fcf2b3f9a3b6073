use std::collections::BTreeSet;

use pathwright_api::path::PrerequisiteOrigin;
use pathwright_api::{ErrorCode, Failure};

use crate::graph::{Edge, Graph};
use crate::order::{order, order_by_rank};
use crate::proposal::{Need, Proposal};

/// How sure a need is that a model told and that contradicts nothing.
const PROPOSED: f32 = 0.5;

/// An order that can be followed.
pub struct Repaired {
    /// With the needs that were accepted.
    pub graph: Graph,
    pub groups: Vec<Group>,
}

/// Topics that stay together, in order.
pub struct Group {
    pub topics: Vec<usize>,
    /// The proposed stage that these topics begin; none for what was cut off one.
    pub stage: Option<usize>,
}

/// Every topic exactly once, every prerequisite first, no group of more than `max_topics` + 1; the model's order and
/// stages as far as that allows.
///
/// Fails with [`ErrorCode::ModelAnswerInvalid`] when the proposal places fewer than half of the topics.
pub fn repair(proposal: &Proposal, graph: &Graph, max_topics: usize) -> Result<Repaired, Failure> {
    let number = graph.topics.len();
    let mut places = places(proposal, number);
    if places.len() * 2 < number {
        let message = format!("the model's order holds only {} of the {number} topics", places.len());
        return Err(Failure::new(ErrorCode::ModelAnswerInvalid, message));
    }
    let graph = with_needs(graph.clone(), &proposal.needs);
    let embedded = order(&graph);
    add_forgotten(&mut places, &embedded);
    let stages = stages(&graph, &places, &embedded);
    let ranks = ranks(&places);
    let order = order_by_rank(&graph, |topic| (stages[topic], ranks[topic]));
    Ok(Repaired { groups: groups(&order, &stages, max_topics), graph })
}

/// A topic in the stage that it is to stand in.
struct Place {
    topic: usize,
    stage: usize,
}

/// What the model placed, in its order: numbers that stand for nothing and repetitions are passed over.
fn places(proposal: &Proposal, number: usize) -> Vec<Place> {
    let mut seen = BTreeSet::new();
    let mut places = Vec::new();
    for (stage, proposed) in proposal.stages.iter().enumerate() {
        for topic in proposed.topics.iter().filter_map(|topic| index(*topic, number)) {
            if seen.insert(topic) {
                places.push(Place { topic, stage });
            }
        }
    }
    places
}

/// The topics are numbered from 1.
fn index(topic: u32, number: usize) -> Option<usize> {
    (topic as usize).checked_sub(1).filter(|topic| *topic < number)
}

/// What contradicts the map, or a need accepted earlier, is passed over.
fn with_needs(mut graph: Graph, needs: &[Need]) -> Graph {
    let number = graph.topics.len();
    for need in needs {
        if let (Some(topic), Some(required)) = (index(need.topic, number), index(need.requires, number)) {
            let edge = Edge { origin: PrerequisiteOrigin::LanguageModel, strength: PROPOSED };
            graph.add(topic, required, edge);
        }
    }
    graph
}

/// A forgotten topic follows the one that it follows in the embedded order.
fn add_forgotten(places: &mut Vec<Place>, embedded: &[usize]) {
    let mut before = None;
    for topic in embedded {
        if !places.iter().any(|place| place.topic == *topic) {
            let at = places.iter().position(|place| Some(place.topic) == before);
            let stage = places.get(at.unwrap_or(0)).map_or(0, |place| place.stage);
            places.insert(at.map_or(0, |at| at + 1), Place { topic: *topic, stage });
        }
        before = Some(*topic);
    }
}

/// The stage of each topic: the one it was placed in, or that of its latest prerequisite if that is later.
fn stages(graph: &Graph, places: &[Place], prerequisites_first: &[usize]) -> Vec<usize> {
    let mut stages = vec![0; graph.topics.len()];
    for place in places {
        stages[place.topic] = place.stage;
    }
    for topic in prerequisites_first {
        let latest = graph.requires[*topic].keys().map(|required| stages[*required]).max();
        stages[*topic] = stages[*topic].max(latest.unwrap_or(0));
    }
    stages
}

/// The position of each topic.
fn ranks(places: &[Place]) -> Vec<usize> {
    let mut ranks = vec![0; places.len()];
    for (rank, place) in places.iter().enumerate() {
        ranks[place.topic] = rank;
    }
    ranks
}

fn groups(order: &[usize], stages: &[usize], max_topics: usize) -> Vec<Group> {
    let together = order.chunk_by(|a, b| stages[*a] == stages[*b]);
    together.flat_map(|topics| parts(topics, stages[topics[0]], max_topics.max(1))).collect()
}

/// A stage that is too long falls into parts of about the same length.
fn parts(topics: &[usize], stage: usize, max_topics: usize) -> Vec<Group> {
    let number = if topics.len() <= max_topics + 1 { 1 } else { topics.len().div_ceil(max_topics) };
    let part = |(at, topics): (usize, &[usize])| Group { topics: topics.to_vec(), stage: (at == 0).then_some(stage) };
    topics.chunks(topics.len().div_ceil(number)).enumerate().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{graph, proposal};

    fn groups_of(stages: &[Vec<u32>], needs: &[(u32, u32)], graph: &Graph) -> Vec<Vec<usize>> {
        let repaired = repair(&proposal(stages, needs), graph, 6).unwrap();
        repaired.groups.into_iter().map(|group| group.topics).collect()
    }

    fn free(number: usize) -> Graph {
        graph(&vec![vec![]; number])
    }

    #[test]
    fn an_order_without_faults_stays_as_it_is() {
        assert_eq!(groups_of(&[vec![4, 2, 1], vec![3, 5]], &[(3, 4)], &free(5)), [vec![3, 1, 0], vec![2, 4]]);
    }

    #[test]
    fn unknown_numbers_and_repetitions_go_and_so_do_stages_without_topics() {
        assert_eq!(
            groups_of(&[vec![0, 2, 9], vec![2, 77], vec![], vec![3, 1, 3]], &[], &free(3)),
            [vec![1], vec![2, 0]]
        );
    }

    #[test]
    fn a_topic_moves_behind_its_prerequisite() {
        let graph = graph(&[vec![], vec![0], vec![1], vec![]]);
        assert_eq!(groups_of(&[vec![3, 1, 4], vec![2]], &[], &graph), [vec![0, 3], vec![1, 2]]);
        assert_eq!(groups_of(&[vec![3, 4, 2, 1]], &[], &graph), [vec![3, 0, 1, 2]]);
    }

    #[test]
    fn a_forgotten_topic_comes_where_the_embedded_order_has_it_but_after_what_it_requires() {
        let chain = graph(&[vec![], vec![0], vec![1], vec![2]]);
        assert_eq!(groups_of(&[vec![1], vec![3, 4]], &[], &chain), [vec![0, 1], vec![2, 3]]);
        assert_eq!(groups_of(&[vec![2, 3], vec![4]], &[], &chain), [vec![0, 1, 2], vec![3]]);
        assert_eq!(groups_of(&[vec![4], vec![1]], &[], &chain), [vec![0, 1, 2, 3]]);
    }

    #[test]
    fn a_need_that_contradicts_the_map_or_an_earlier_need_is_passed_over() {
        let graph = graph(&[vec![], vec![0], vec![], vec![]]);
        let needs = [(1, 2), (2, 1), (3, 3), (3, 4), (4, 3), (9, 1), (1, 0), (3, 4)];
        let repaired = repair(&proposal(&[vec![1, 2, 3, 4]], &needs), &graph, 6).unwrap();
        let origins = |requires: &std::collections::BTreeMap<usize, Edge>| {
            requires.iter().map(|(required, edge)| (*required, edge.origin)).collect::<Vec<_>>()
        };
        let edges: Vec<_> = repaired.graph.requires.iter().map(origins).collect();
        let (map, model) = (PrerequisiteOrigin::TopicMap, PrerequisiteOrigin::LanguageModel);
        assert_eq!(edges, [vec![], vec![(0, map)], vec![(3, model)], vec![]]);
        assert_eq!(repaired.groups[0].topics, [0, 1, 3, 2]);
    }

    #[test]
    fn a_long_stage_falls_into_even_parts() {
        let sizes = |number: u32| {
            let groups = groups_of(&[(1..=number).collect()], &[], &free(number as usize));
            groups.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!((sizes(7), sizes(8), sizes(14)), (vec![7], vec![4, 4], vec![5, 5, 4]));
    }

    #[test]
    fn an_order_of_fewer_than_half_of_the_topics_is_refused() {
        assert!(repair(&proposal(&[vec![1], vec![2]], &[]), &free(4), 6).is_ok());
        let failure = repair(&proposal(&[vec![1, 1], vec![2, 8]], &[]), &free(5), 6).err().unwrap();
        assert_eq!(failure.code, ErrorCode::ModelAnswerInvalid);
        assert_eq!(failure.message, "the model's order holds only 2 of the 5 topics");
    }
}
