use std::sync::Arc;

use pathwright_api::llm::Prompt;
use pathwright_api::messages::TopicToPlace;
use pathwright_api::path::Stage;
use pathwright_api::topic::{TopicId, TopicMap};
use proptest::prelude::*;

use crate::evidence::Evidence;
use crate::graph::Graph;
use crate::knowledge::Knowledge;
use crate::prompt;
use crate::proposal::{Need, Proposal, ProposedStage};

/// A map of topics t0, t1, … in which each may require earlier ones.
pub fn map(edges: &[Vec<usize>]) -> TopicMap {
    let mut toml = "area = \"A\"\n".to_owned();
    for (at, requires) in edges.iter().enumerate() {
        let requires: Vec<String> = requires.iter().filter(|r| **r < at).map(|r| format!("\"t{r}\"")).collect();
        toml += &format!(
            "[[topic]]\nid = \"t{at}\"\ntitle = \"Number{at}x\"\nkind = \"concept\"\nhours = 4\nrequires = [{}]\n",
            requires.join(",")
        );
    }
    TopicMap::parse([("t.toml", toml.as_str())]).unwrap()
}

pub fn place(map: &TopicMap, chosen: &[(usize, f32)]) -> Vec<TopicToPlace> {
    let topic = |at: usize| map.get(&TopicId::from(format!("t{at}").as_str())).cloned().unwrap();
    chosen
        .iter()
        .map(|(at, weight)| TopicToPlace { topic: topic(*at), weight: *weight, passages: Vec::new() })
        .collect()
}

/// The graph of all topics of [`map`]. With at most ten of them number n of a proposal is topic t(n - 1).
pub fn graph(edges: &[Vec<usize>]) -> Graph {
    let map = map(edges);
    let all: Vec<(usize, f32)> = (0..edges.len()).map(|at| (at, 0.5)).collect();
    graph_of(place(&map, &all), &map)
}

/// The graph of some topics, without a library.
pub fn graph_of(topics: Vec<TopicToPlace>, map: &TopicMap) -> Graph {
    Graph::new(topics, &Knowledge::new(Arc::new(map.clone())), &Evidence::default())
}

pub fn ids(stages: &[Stage]) -> Vec<TopicId> {
    stages.iter().flat_map(|stage| &stage.topics).map(|topic| topic.topic.id.clone()).collect()
}

/// Stages "Stage 1", "Stage 2", … of these numbers, and needs of (topic, requires).
pub fn proposal(stages: &[Vec<u32>], needs: &[(u32, u32)]) -> Proposal {
    let stage = |(at, topics): (usize, &Vec<u32>)| ProposedStage {
        name: format!("Stage {}", at + 1),
        why: format!("Comes as number {}.", at + 1),
        topics: topics.clone(),
    };
    Proposal {
        stages: stages.iter().enumerate().map(stage).collect(),
        needs: needs.iter().map(|(topic, requires)| Need { topic: *topic, requires: *requires }).collect(),
    }
}

/// The prompt as a model would see it.
pub fn asked(graph: &Graph) -> Prompt {
    prompt::render(&prompt::file().unwrap(), graph, 6, "the job").unwrap()
}

prop_compose! {
    /// A map of up to 24 topics, and some of them with their weights.
    pub fn world()(edges in prop::collection::vec(prop::collection::vec(0usize..25, 0..4), 1..25))
        (chosen in prop::collection::btree_map(0..edges.len(), 0.0f32..1.0, 1..=edges.len()), edges in Just(edges))
        -> (TopicMap, Vec<(usize, f32)>) {
        (map(&edges), chosen.into_iter().collect())
    }
}

prop_compose! {
    /// Numbers that may be unknown or repeated, needs that may contradict each other and the map.
    pub fn any_proposal()(
        stages in prop::collection::vec(prop::collection::vec(0u32..28, 0..14), 0..10),
        needs in prop::collection::vec((0u32..28, 0u32..28), 0..30),
    ) -> Proposal {
        proposal(&stages, &needs)
    }
}
