use std::collections::{BTreeMap, BTreeSet};

use pathwright_api::messages::TopicToPlace;
use pathwright_api::path::{DroppedEdge, PrerequisiteOrigin};
use pathwright_api::topic::{TopicId, TopicMap};

use crate::cues::cue;
use crate::evidence::{Evidence, Treatment};
use crate::knowledge::{Anchors, Knowledge};
use crate::series::series;

/// How much more of one topic has to require the other than the reverse, for an edge between topics of which the map does
/// not know both.
const LIKENESS: f32 = 0.1;

/// What such an edge counts at most: what the map says outright is surer.
const LIKENESS_AT_MOST: f32 = 0.7;

/// What an edge out of the books counts at most.
const LIBRARY_AT_MOST: f32 = 0.6;

/// What an edge out of the books' references counts at most: they say it themselves, if not of the whole topic.
const REFERENCE_AT_MOST: f32 = 0.8;

/// What an edge between parts of a series counts.
const SERIES: f32 = 0.9;

/// How much the number of other topics that require a topic, or that it requires, moves it.
const STANDING: f32 = 0.3;

/// One topic before another: who says so, and how surely, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    pub origin: PrerequisiteOrigin,
    pub strength: f32,
}

/// The topics to place, sorted by id so that the order they came in makes no difference, with their prerequisites.
#[derive(Clone)]
pub struct Graph {
    pub topics: Vec<TopicToPlace>,
    /// For each topic the indices of its nearest prerequisites among them; without circles.
    pub requires: Vec<BTreeMap<usize, Edge>>,
    /// For each topic how advanced it is against the others here, 0 to 1.
    pub advancement: Vec<f32>,
    /// For each topic the field it belongs to; empty where nobody knows.
    pub areas: Vec<String>,
    /// For each topic book and ordinal of where the library first treats it.
    pub places: Vec<Option<(String, u32)>>,
    /// For each topic the words to read about it in the library; 0 where nobody knows.
    pub words: Vec<usize>,
    /// Edges that would have closed a circle with stronger ones.
    pub set_aside: Vec<DroppedEdge>,
}

impl Graph {
    /// A topic that is given twice counts once.
    pub fn new(mut topics: Vec<TopicToPlace>, knowledge: &Knowledge, evidence: &Evidence) -> Self {
        topics.sort_by(|a, b| a.topic.id.cmp(&b.topic.id));
        topics.dedup_by(|a, b| a.topic.id == b.topic.id);
        let anchors: Vec<Anchors> = topics.iter().map(|placed| anchors(placed, knowledge, evidence)).collect();
        let more = required_more(&anchors, knowledge);
        let area = |(placed, anchors): (&TopicToPlace, &Anchors)| match placed.topic.area.as_str() {
            "" => knowledge.area(anchors).to_owned(),
            known => known.to_owned(),
        };
        let treatment = |placed: &TopicToPlace| evidence.treatments.get(&placed.topic.id);
        let mut graph = Self {
            requires: vec![BTreeMap::new(); topics.len()],
            advancement: advancement(&topics, &anchors, &more, knowledge),
            areas: topics.iter().zip(&anchors).map(area).collect(),
            places: topics.iter().map(|placed| treatment(placed).and_then(|known| known.place.clone())).collect(),
            words: topics.iter().map(|placed| treatment(placed).map_or(0, |known| known.words)).collect(),
            set_aside: Vec::new(),
            topics,
        };
        let mut edges = graph.map_edges(&knowledge.map);
        edges.extend(graph.like_edges(&more, knowledge));
        edges.extend(graph.library_edges(evidence));
        edges.extend(graph.reference_edges(evidence));
        edges.extend(graph.series_edges());
        // The surest first, so that a circle is broken at its weakest edge.
        edges.sort_by(|(a, x), (b, y)| y.strength.total_cmp(&x.strength).then_with(|| a.cmp(b)));
        for ((topic, required), edge) in edges {
            graph.add(topic, required, edge);
        }
        graph.forget_detours();
        graph
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

    /// Adds an edge, unless it is there already or leads from a topic to itself. One that would close a circle is set aside.
    pub fn add(&mut self, topic: usize, required: usize, edge: Edge) {
        if topic == required || self.requires[topic].contains_key(&required) {
            return;
        }
        if self.needs(required, topic, 0.0) {
            let id = |at: usize| self.topics[at].topic.id.clone();
            let (topic_id, required_id) = (id(topic), id(required));
            self.set_aside.push(DroppedEdge { topic_id, required_id, origin: edge.origin, strength: edge.strength });
            return;
        }
        self.requires[topic].insert(required, edge);
    }

    /// Whether `topic` requires `other`, directly or through others, by edges of at least this strength.
    fn needs(&self, topic: usize, other: usize, strength: f32) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![topic];
        while let Some(next) = open.pop() {
            let strong = self.requires[next].iter().filter(|(_, edge)| edge.strength >= strength);
            for (required, _) in strong {
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

    /// An edge that is not the map's says nothing new where a way round says the same at least as surely.
    fn forget_detours(&mut self) {
        for topic in 0..self.topics.len() {
            let guessed: Vec<(usize, Edge)> = self.requires[topic]
                .iter()
                .filter(|(_, edge)| edge.origin != PrerequisiteOrigin::TopicMap)
                .map(|(required, edge)| (*required, *edge))
                .collect();
            for (required, edge) in guessed {
                self.requires[topic].remove(&required);
                if !self.needs(topic, required, edge.strength) {
                    self.requires[topic].insert(required, edge);
                }
            }
        }
    }

    /// Walks down the map from each topic and stops at the first topic of each branch that is to be placed itself.
    fn map_edges(&self, map: &TopicMap) -> Vec<((usize, usize), Edge)> {
        let index: BTreeMap<&TopicId, usize> =
            self.topics.iter().enumerate().map(|(at, placed)| (&placed.topic.id, at)).collect();
        let edge = Edge { origin: PrerequisiteOrigin::TopicMap, strength: 1.0 };
        let edges = |(at, placed): (usize, &TopicToPlace)| {
            nearest(&placed.topic.id, &index, map).into_iter().map(move |required| ((at, required), edge))
        };
        self.topics.iter().enumerate().flat_map(edges).collect()
    }

    /// Between topics of which the map does not know both: what is true of those like them.
    fn like_edges(&self, more: &[Vec<f32>], knowledge: &Knowledge) -> Vec<((usize, usize), Edge)> {
        let is_known: Vec<bool> = self.topics.iter().map(|placed| knowledge.anchor(&placed.topic).is_some()).collect();
        let mut edges = Vec::new();
        for topic in 0..self.topics.len() {
            for required in
                (0..self.topics.len()).filter(|other| *other != topic && !(is_known[topic] && is_known[*other]))
            {
                if more[topic][required] > LIKENESS {
                    let strength = more[topic][required].min(LIKENESS_AT_MOST);
                    edges.push(((topic, required), Edge { origin: PrerequisiteOrigin::Likeness, strength }));
                }
            }
        }
        edges
    }

    /// A topic whose passages keep naming another one, which is treated before it in the same book and does not name it back as
    /// often, builds on it (reference distance: Liang et al., 2015).
    fn library_edges(&self, evidence: &Evidence) -> Vec<((usize, usize), Edge)> {
        let of = |at: usize| evidence.treatments.get(&self.topics[at].topic.id);
        let mut edges = Vec::new();
        for (topic, treatment) in (0..self.topics.len()).filter_map(|at| Some((at, of(at)?))) {
            for (required, other) in (0..self.topics.len()).filter_map(|at| Some((at, of(at)?))) {
                let strength = self.builds_on((topic, treatment), (required, other));
                if topic != required && strength > 0.0 {
                    edges.push(((topic, required), Edge { origin: PrerequisiteOrigin::Library, strength }));
                }
            }
        }
        edges
    }

    /// Numbered parts of one whole follow each other.
    fn series_edges(&self) -> Vec<((usize, usize), Edge)> {
        let edge = Edge { origin: PrerequisiteOrigin::Series, strength: SERIES };
        series(self.topics.iter().map(|placed| placed.topic.title.as_str()))
            .into_iter()
            .map(|pair| (pair, edge))
            .collect()
    }

    /// A topic whose sections refer back to those of another one more often than the reverse builds on it.
    fn reference_edges(&self, evidence: &Evidence) -> Vec<((usize, usize), Edge)> {
        let refers = |from: usize, to: usize| {
            let treatment = evidence.treatments.get(&self.topics[from].topic.id);
            let count = treatment.and_then(|treatment| treatment.refers.get(&self.topics[to].topic.id));
            count.copied().unwrap_or_default() as f32
        };
        let all = 0..self.topics.len();
        let pairs = all.clone().flat_map(|topic| all.clone().map(move |required| (topic, required)));
        let edge = |(topic, required): (usize, usize)| {
            let (there, back) = (refers(topic, required), refers(required, topic));
            let strength = REFERENCE_AT_MOST * (there - back) / (there + back + 1.0);
            let edge = Edge { origin: PrerequisiteOrigin::CrossReference, strength };
            (topic != required && there > back).then_some(((topic, required), edge))
        };
        pairs.filter_map(edge).collect()
    }

    fn builds_on(&self, (topic, treatment): (usize, &Treatment), (required, other): (usize, &Treatment)) -> f32 {
        let (Some((book, at)), Some((other_book, other_at))) = (&treatment.place, &other.place) else {
            return 0.0;
        };
        let names = |treatment: &Treatment, named: usize| {
            treatment.names.get(&self.topics[named].topic.id).copied().unwrap_or_default() as f32
        };
        let (there, back) = (names(treatment, required), names(other, topic));
        if book != other_book || other_at >= at || there <= back {
            return 0.0;
        }
        LIBRARY_AT_MOST * (there - back) / (there + back + 2.0)
    }
}

fn anchors(placed: &TopicToPlace, knowledge: &Knowledge, evidence: &Evidence) -> Anchors {
    let guessed = || evidence.anchors.get(&placed.topic.id).cloned().unwrap_or_default();
    knowledge.anchor(&placed.topic).unwrap_or_else(guessed)
}

/// For each topic and each other how much more the first requires the second than the reverse, -1 to 1.
fn required_more(anchors: &[Anchors], knowledge: &Knowledge) -> Vec<Vec<f32>> {
    let more = |a: &Anchors, b: &Anchors| knowledge.requires(a, b) - knowledge.requires(b, a);
    anchors.iter().map(|topic| anchors.iter().map(|other| more(topic, other)).collect()).collect()
}

/// By the depth in the map, by what requires what among the topics here, and by what titles say of themselves.
fn advancement(topics: &[TopicToPlace], anchors: &[Anchors], more: &[Vec<f32>], knowledge: &Knowledge) -> Vec<f32> {
    let level = |(at, placed): (usize, &TopicToPlace)| {
        let standing: f32 = more[at].iter().sum();
        knowledge.depth(&anchors[at]) + STANDING * standing + cue(&placed.topic.title)
    };
    let levels: Vec<f32> = topics.iter().enumerate().map(level).collect();
    let lowest = levels.iter().copied().fold(f32::INFINITY, f32::min);
    let highest = levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    levels.iter().map(|level| (level - lowest) / (highest - lowest).max(f32::EPSILON)).collect()
}

fn nearest(id: &TopicId, index: &BTreeMap<&TopicId, usize>, map: &TopicMap) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        for required in map.get(next).into_iter().flat_map(|topic| &topic.requires) {
            match index.get(required) {
                Some(at) => {
                    found.insert(*at);
                }
                None if seen.insert(required) => open.push(required),
                None => {}
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::graph;

    #[test]
    fn a_circle_is_broken_at_its_weakest_edge_and_told() {
        let mut graph = graph(&[vec![], vec![0], vec![]]);
        let edge = |strength: f32| Edge { origin: PrerequisiteOrigin::Library, strength };
        graph.add(2, 1, edge(0.5));
        graph.add(0, 2, edge(0.2));
        assert!(graph.requires[0].is_empty() && graph.requires[2].contains_key(&1));
        assert_eq!((graph.set_aside[0].topic_id.as_str(), graph.set_aside[0].strength), ("t0", 0.2));
    }
}
