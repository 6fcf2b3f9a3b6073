use std::collections::{HashMap, HashSet};

use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;
use pathwright_api::messages::TopicToPlace;
use pathwright_api::ports::Ports;
use pathwright_api::text::{self, Phrase};
use pathwright_api::topic::{Topic, TopicId};

use crate::knowledge::{Anchors, Knowledge};

/// The confidence from which a passage is taken to be about its topic.
const ABOUT: f32 = 0.5;

/// What is known of topics besides the map's own edges.
#[derive(Default)]
pub struct Evidence {
    /// Where the topics lie in the map that it does not know.
    pub anchors: HashMap<TopicId, Anchors>,
    pub treatments: HashMap<TopicId, Treatment>,
}

/// What the library makes of a topic.
#[derive(Default)]
pub struct Treatment {
    /// Book, and the place in it of the first passage that is about the topic.
    pub place: Option<(String, u32)>,
    /// How often its passages name each other topic.
    pub names: HashMap<TopicId, u32>,
    /// Words of the sections that its passages stand in.
    pub words: usize,
}

impl Evidence {
    /// Asks the embedded embedding model for what the map does not know, and the library for the passages of the verdicts.
    pub async fn gather(topics: &[TopicToPlace], knowledge: &Knowledge, ports: &Ports) -> Result<Self, Failure> {
        let unknown: Vec<&Topic> =
            topics.iter().map(|placed| &placed.topic).filter(|topic| knowledge.anchor(topic).is_none()).collect();
        let anchors = if unknown.is_empty() {
            HashMap::new()
        } else {
            let anchors = knowledge.anchors(&unknown, ports.embedded.as_ref()).await;
            unknown.iter().map(|topic| topic.id.clone()).zip(anchors).collect()
        };
        Ok(Self { anchors, treatments: treatments(topics, ports).await? })
    }
}

async fn treatments(topics: &[TopicToPlace], ports: &Ports) -> Result<HashMap<TopicId, Treatment>, Failure> {
    let about = |placed: &TopicToPlace| {
        let passages = placed.passages.iter().filter(|passage| passage.score >= ABOUT);
        passages.map(|passage| passage.passage_id.clone()).collect::<Vec<_>>()
    };
    let ids: HashSet<String> = topics.iter().flat_map(about).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let found = ports.passages.passages(ids.into_iter().collect()).await?;
    let words = ports.passages.section_words(found.iter().map(|passage| passage.section_id.clone()).collect()).await?;
    let by_id: HashMap<&str, &FoundPassage> = found.iter().map(|passage| (passage.id.as_str(), passage)).collect();
    let phrases: Vec<(&TopicId, Vec<Phrase>)> =
        topics.iter().map(|placed| (&placed.topic.id, placed.topic.names().filter_map(Phrase::of).collect())).collect();
    let treatment = |placed: &TopicToPlace| {
        let ids = about(placed);
        let passages: Vec<&FoundPassage> = ids.iter().filter_map(|id| by_id.get(id.as_str()).copied()).collect();
        let best = passages.first()?;
        let first = passages.iter().filter(|passage| passage.book_id == best.book_id).map(|passage| passage.ordinal);
        let sections: HashSet<&str> = passages.iter().map(|passage| passage.section_id.as_str()).collect();
        let treatment = Treatment {
            place: first.min().map(|ordinal| (best.book_id.clone(), ordinal)),
            names: names(&passages, &placed.topic.id, &phrases),
            words: sections.iter().filter_map(|section| words.get(*section)).sum(),
        };
        Some((placed.topic.id.clone(), treatment))
    };
    Ok(topics.iter().filter_map(treatment).collect())
}

/// How often the passages name each of the topics but their own.
fn names(passages: &[&FoundPassage], own: &TopicId, phrases: &[(&TopicId, Vec<Phrase>)]) -> HashMap<TopicId, u32> {
    let mut counts = HashMap::new();
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
