use std::collections::{BTreeMap, HashMap, HashSet};

use pathwright_api::messages::TopicToPlace;
use pathwright_api::path::PrerequisiteOrigin;
use pathwright_api::topic::{TopicId, TopicMap};

/// The topics to place, sorted by id so that the order they came in makes no difference, with their prerequisites.
#[derive(Clone)]
pub struct Graph {
    pub topics: Vec<TopicToPlace>,
    /// For each topic the indices of its nearest prerequisites among them, and who says so; without circles.
    pub requires: Vec<BTreeMap<usize, PrerequisiteOrigin>>,
    /// For each topic how advanced it is, 0 to 1: the number of all its prerequisites in the map against the most of any here.
    pub advancement: Vec<f32>,
}

impl Graph {
    /// A topic that is given twice counts once.
    pub fn new(mut topics: Vec<TopicToPlace>, map: &TopicMap) -> Self {
        topics.sort_by(|a, b| a.topic.id.cmp(&b.topic.id));
        topics.dedup_by(|a, b| a.topic.id == b.topic.id);
        let index: HashMap<TopicId, usize> =
            topics.iter().enumerate().map(|(at, placed)| (placed.topic.id.clone(), at)).collect();
        let requires = topics.iter().map(|placed| nearest(&placed.topic.id, &index, map)).collect();
        let below: Vec<usize> = topics.iter().map(|placed| map.all_prerequisites(&placed.topic.id).len()).collect();
        let most = below.iter().copied().max().unwrap_or_default().max(1);
        let advancement = below.into_iter().map(|count| count as f32 / most as f32).collect();
        Self { topics, requires, advancement }
    }

    /// The topics that require each one.
    pub fn dependents(&self) -> Vec<Vec<usize>> {
        let mut dependents = vec![Vec::new(); self.topics.len()];
        for (at, requires) in self.requires.iter().enumerate() {
            for required in requires.keys() {
                dependents[*required].push(at);
            }
        }
        dependents
    }

    /// Adds an edge, unless it is there already, leads from a topic to itself or would close a circle.
    pub fn add(&mut self, topic: usize, required: usize, origin: PrerequisiteOrigin) {
        let known = self.requires[topic].contains_key(&required);
        if topic != required && !known && !self.needs(required, topic) {
            self.requires[topic].insert(required, origin);
        }
    }

    /// Whether `topic` requires `other`, directly or through others.
    fn needs(&self, topic: usize, other: usize) -> bool {
        let mut seen = HashSet::new();
        let mut open = vec![topic];
        while let Some(next) = open.pop() {
            for required in self.requires[next].keys() {
                if *required == other {
                    return true;
                }
                if seen.insert(*required) {
                    open.push(*required);
                }
            }
        }
        false
    }
}

/// Walks down the map from a topic and stops at the first topic of each branch that is to be placed itself.
fn nearest(id: &TopicId, index: &HashMap<TopicId, usize>, map: &TopicMap) -> BTreeMap<usize, PrerequisiteOrigin> {
    let mut found = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        for required in map.get(next).into_iter().flat_map(|topic| &topic.requires) {
            match index.get(required) {
                Some(at) => {
                    found.insert(*at, PrerequisiteOrigin::TopicMap);
                }
                None if seen.insert(required) => open.push(required),
                None => {}
            }
        }
    }
    found
}
