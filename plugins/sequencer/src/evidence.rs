use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;
use pathwright_api::messages::TopicToPlace;
use pathwright_api::ports::Ports;
use pathwright_api::text::{self, Phrase};
use pathwright_api::topic::{Topic, TopicId};
use pathwright_api::topic_index::{SectionNode, TopicIndex};

use crate::knowledge::{Anchors, Knowledge};

/// The confidence from which a passage is taken to be about its topic.
const ABOUT: f32 = 0.5;

/// The confidence from which a passage's section speaks for its topic when it refers to others: as covered topics have it.
const TREATS: f32 = 0.75;

/// Most sections of a topic's name that are looked at.
const CALLED_SO: usize = 10;

/// What is known of topics besides the map's own edges.
#[derive(Default)]
pub struct Evidence {
    /// Where the topics lie in the map that it does not know.
    pub anchors: BTreeMap<TopicId, Anchors>,
    pub treatments: BTreeMap<TopicId, Treatment>,
}

/// What the library makes of a topic.
#[derive(Default)]
pub struct Treatment {
    /// Book, and the place in it of the first passage that is about the topic; none in a book that is not in reading order.
    pub place: Option<(String, u32)>,
    /// How often its passages name each other topic.
    pub names: BTreeMap<TopicId, u32>,
    /// How many references of its sections lead back to those of each other topic.
    pub refers: BTreeMap<TopicId, u32>,
    /// Words of the sections that its passages stand in.
    pub words: usize,
}

impl Evidence {
    /// Asks the embedded embedding model for what the map does not know, and the library for the passages of the verdicts.
    pub async fn gather(topics: &[TopicToPlace], knowledge: &Knowledge, ports: &Ports) -> Result<Self, Failure> {
        let unknown: Vec<&Topic> =
            topics.iter().map(|placed| &placed.topic).filter(|topic| knowledge.anchor(topic).is_none()).collect();
        let anchors = if unknown.is_empty() {
            BTreeMap::new()
        } else {
            let anchors = knowledge.anchors(&unknown, ports.embedded.as_ref()).await;
            unknown.iter().map(|topic| topic.id.clone()).zip(anchors).collect()
        };
        Ok(Self { anchors, treatments: treatments(topics, ports).await? })
    }
}

/// For each topic the sections that are about it: those that are called so, or else those of its passages.
struct Sections<'t> {
    of: BTreeMap<&'t TopicId, BTreeSet<String>>,
    index: Arc<TopicIndex>,
}

impl<'t> Sections<'t> {
    fn of(topics: &'t [TopicToPlace], by_id: &BTreeMap<&str, &FoundPassage>, index: Arc<TopicIndex>) -> Self {
        let of_topic = |placed: &'t TopicToPlace| {
            let called = index.sections_of(&placed.topic.id).iter().filter(|section| section.is_title);
            let called: BTreeSet<String> = called.take(CALLED_SO).map(|section| section.section_id.clone()).collect();
            let found =
                || above(TREATS, placed).into_iter().filter_map(|id| Some(by_id.get(id.as_str())?.section_id.clone()));
            (&placed.topic.id, if called.is_empty() { found().collect() } else { called })
        };
        Self { of: topics.iter().map(of_topic).collect(), index }
    }

    /// How many references of a topic's sections lead to those of each other topic. In a book that is read in order only what
    /// stands before counts.
    fn refers(&self, topic: &TopicId) -> BTreeMap<TopicId, u32> {
        let mut counts = BTreeMap::new();
        let own = &self.of[topic];
        for (id, node) in own.iter().filter_map(|id| Some((id, self.index.section(id)?))) {
            let back = node.references.iter().filter(|other| !own.contains(*other) && self.leads_back(node, other));
            for other in back {
                let treated = self.of.iter().filter(|(_, sections)| sections.contains(other) && !sections.contains(id));
                for (required, _) in treated {
                    *counts.entry((*required).clone()).or_insert(0) += 1;
                }
            }
        }
        counts
    }

    fn leads_back(&self, from: &SectionNode, to: &str) -> bool {
        let before = self.index.section(to).is_some_and(|other| other.ordinal < from.ordinal);
        before || !self.index.is_in_order(&from.book_id)
    }
}

fn about(placed: &TopicToPlace) -> Vec<String> {
    above(ABOUT, placed)
}

fn above(least: f32, placed: &TopicToPlace) -> Vec<String> {
    let passages = placed.passages.iter().filter(|passage| passage.score >= least);
    passages.map(|passage| passage.passage_id.clone()).collect()
}

async fn treatments(topics: &[TopicToPlace], ports: &Ports) -> Result<BTreeMap<TopicId, Treatment>, Failure> {
    let ids: BTreeSet<String> = topics.iter().flat_map(about).collect();
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let found = ports.passages.passages(ids.into_iter().collect()).await?;
    let words = ports.passages.section_words(found.iter().map(|passage| passage.section_id.clone()).collect()).await?;
    let by_id: BTreeMap<&str, &FoundPassage> = found.iter().map(|passage| (passage.id.as_str(), passage)).collect();
    let phrases: Vec<(&TopicId, Vec<Phrase>)> =
        topics.iter().map(|placed| (&placed.topic.id, placed.topic.names().filter_map(Phrase::of).collect())).collect();
    let sections_of = Sections::of(topics, &by_id, ports.topics.index().await?);
    let treatment = |placed: &TopicToPlace| {
        let ids = about(placed);
        let passages: Vec<&FoundPassage> = ids.iter().filter_map(|id| by_id.get(id.as_str()).copied()).collect();
        let best = passages.first()?;
        let first = passages.iter().filter(|passage| passage.book_id == best.book_id).map(|passage| passage.ordinal);
        let sections: BTreeSet<&str> = passages.iter().map(|passage| passage.section_id.as_str()).collect();
        let treatment = Treatment {
            place: first
                .min()
                .filter(|_| sections_of.index.is_in_order(&best.book_id))
                .map(|ordinal| (best.book_id.clone(), ordinal)),
            refers: sections_of.refers(&placed.topic.id),
            names: names(&passages, &placed.topic.id, &phrases),
            words: sections.iter().filter_map(|section| words.get(*section)).sum(),
        };
        Some((placed.topic.id.clone(), treatment))
    };
    Ok(topics.iter().filter_map(treatment).collect())
}

/// How often the passages name each of the topics but their own.
fn names(passages: &[&FoundPassage], own: &TopicId, phrases: &[(&TopicId, Vec<Phrase>)]) -> BTreeMap<TopicId, u32> {
    let mut counts = BTreeMap::new();
    for passage in passages {
        let tokens = text::tokens(&passage.text);
        for (topic, phrases) in phrases.iter().filter(|(topic, _)| *topic != own) {
            let times: usize = phrases.iter().map(|phrase| phrase.positions(&passage.text, &tokens).count()).sum();
            if times > 0 {
                *counts.entry((*topic).clone()).or_insert(0) += times as u32;
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use pathwright_api::coverage::ScoredPassage;
    use pathwright_api::path::PrerequisiteOrigin;
    use pathwright_api::testing::{self, Indexed, passage};
    use pathwright_api::topic::TopicMap;

    use super::*;
    use crate::graph::Graph;

    fn placed(title: &str) -> TopicToPlace {
        let passages = vec![ScoredPassage { passage_id: title.to_owned(), score: 0.9 }];
        TopicToPlace { topic: Topic::unknown(title), weight: 0.5, passages }
    }

    /// A book of one section a title, in this order, with its references as (from, to); what it knows of each topic.
    async fn treated(titles: &[&str], references: &[(&str, &str)]) -> (Graph, BTreeMap<TopicId, Treatment>) {
        let id = |title: &str| passage(title, title, "").section_id;
        let node = |(at, title): (usize, &&str)| {
            let from_here = references.iter().filter(|(from, _)| from == title);
            let references = from_here.map(|(_, to)| id(to)).collect();
            (id(title), SectionNode { book_id: "book".into(), ordinal: at as u32, references })
        };
        let index = TopicIndex::new(Vec::new(), titles.iter().enumerate().map(node).collect());
        let mut ports = testing::ports(titles.iter().map(|title| passage(title, title, "It rains.")).collect());
        ports.topics = Arc::new(Indexed(Arc::new(index)));
        let knowledge = Knowledge::new(Arc::new(TopicMap::default()));
        let topics: Vec<TopicToPlace> = titles.iter().map(|title| placed(title)).collect();
        let evidence = Evidence::gather(&topics, &knowledge, &ports).await.unwrap();
        (Graph::new(topics, &knowledge, &evidence), evidence.treatments)
    }

    #[tokio::test]
    async fn a_reference_back_is_a_prerequisite_and_one_ahead_is_none() {
        let (graph, treatments) =
            treated(&["Hives", "Queens", "Swarms"], &[("Queens", "Hives"), ("Queens", "Swarms")]).await;
        let refers = &treatments[&"queens".into()].refers;
        assert_eq!(refers, &BTreeMap::from([("hives".into(), 1)]));
        let edges: Vec<_> = graph.requires[1].iter().map(|(required, edge)| (*required, edge.origin)).collect();
        assert_eq!(edges, [(0, PrerequisiteOrigin::CrossReference)]);
        assert!(graph.requires[0].is_empty() && graph.requires[2].is_empty());
    }

    #[tokio::test]
    async fn in_a_book_out_of_order_the_references_alone_tell() {
        let titles: Vec<String> = (0..24).map(|number| format!("Trade{number}x")).collect();
        let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
        let ahead: Vec<(&str, &str)> = titles.windows(2).map(|two| (two[0], two[1])).collect();
        let (graph, treatments) = treated(&titles, &ahead).await;
        assert_eq!(treatments[&"trade3x".into()].refers, BTreeMap::from([("trade4x".into(), 1)]));
        assert!(treatments.values().all(|treatment| treatment.place.is_none()));
        assert_eq!(graph.requires.iter().filter(|requires| !requires.is_empty()).count(), 23);
    }
}
