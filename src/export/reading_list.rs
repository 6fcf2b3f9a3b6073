use std::collections::{HashMap, HashSet};

use pathwright_api::coverage::Verdict;
use pathwright_api::topic::{Topic, TopicId};

use crate::domain::LearningPath;
use crate::store::extents::Extent;
use pathwright_api::library::{Book, Passage, Section};

/// The confidence from which a passage is taken to be about its topic; the hours of a path are counted from the same ones.
const ABOUT: f32 = 0.5;

/// Words a minute, read to be understood (Carver, 1992); exercises come on top.
const WORDS_A_MINUTE: u32 = 200;

/// What a reading list is made from, by id. What is gone from the library is missing.
#[derive(Clone, Debug, Default)]
pub struct Material {
    pub passages: HashMap<String, Passage>,
    pub sections: HashMap<String, Section>,
    pub books: HashMap<String, Book>,
    /// By the section's id.
    pub extents: HashMap<String, Extent>,
}

/// What to read, topic by topic in the order of the path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadingList {
    pub topics: Vec<TopicReading>,
}

impl ReadingList {
    pub fn words(&self) -> u32 {
        self.topics.iter().map(TopicReading::words).sum()
    }

    pub(super) fn of(&self, topic: &TopicId) -> Option<&TopicReading> {
        self.topics.iter().find(|reading| reading.topic.id == *topic)
    }
}

/// What to read for one topic.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicReading {
    pub topic: Topic,
    /// In reading order, the best book first; without those that stand under an earlier topic.
    pub sections: Vec<SectionReading>,
    /// Earlier topics under which sections for this one stand.
    pub earlier: Vec<Topic>,
}

impl TopicReading {
    pub fn words(&self) -> u32 {
        self.sections.iter().map(|section| section.words).sum()
    }
}

/// A section to read; it stands once on a list.
#[derive(Clone, Debug, PartialEq)]
pub struct SectionReading {
    pub book: Book,
    pub section: Section,
    /// Where the book has pages.
    pub first_page: Option<u32>,
    /// The page its last passage begins on.
    pub last_page: Option<u32>,
    pub words: u32,
    /// Those that are most about the topics, in reading order.
    pub passages: Vec<Passage>,
    /// Later topics that it is about too.
    pub also_for: Vec<Topic>,
}

impl SectionReading {
    pub fn minutes(&self) -> u32 {
        reading_minutes(self.words)
    }

    /// `page 3`, `pages 3–7`; none where the book has no pages.
    pub(super) fn pages(&self) -> Option<String> {
        match (self.first_page?, self.last_page) {
            (first, Some(last)) if last > first => Some(format!("pages {first}–{last}")),
            (first, _) => Some(format!("page {first}")),
        }
    }
}

/// Minutes to read so many words in, rounded up.
pub fn reading_minutes(words: u32) -> u32 {
    words.div_ceil(WORDS_A_MINUTE)
}

/// The passages that are about the topics of a path, by id.
pub fn passages_to_read(path: &LearningPath) -> Vec<String> {
    let mut seen = HashSet::new();
    let cited = path.verdicts.iter().filter(|verdict| verdict.covered).flat_map(cited);
    cited.filter(|id| seen.insert(*id)).map(str::to_owned).collect()
}

/// Sections under the topics of a path, each once.
pub fn reading_list(path: &LearningPath, material: &Material) -> ReadingList {
    let verdicts: HashMap<&TopicId, &Verdict> =
        path.verdicts.iter().filter(|verdict| verdict.covered).map(|verdict| (&verdict.topic.id, verdict)).collect();
    let mut list = Listing { material, topics: Vec::new(), places: HashMap::new() };
    for placed in path.stages.iter().flat_map(|stage| &stage.topics) {
        let ids = verdicts.get(&placed.topic.id).into_iter().flat_map(|verdict| cited(verdict));
        list.add(&placed.topic, ids);
    }
    ReadingList { topics: list.topics }
}

/// Best first; the source is among them even when a reviewer, and no score, vouches for it.
fn cited(verdict: &Verdict) -> impl Iterator<Item = &str> {
    let source = verdict.source.as_ref().map(|source| source.passage_id.as_str());
    let about = verdict.passages.iter().filter(|passage| passage.score >= ABOUT);
    let others = about.map(|passage| passage.passage_id.as_str()).filter(move |id| source != Some(*id));
    source.into_iter().chain(others)
}

struct Listing<'m> {
    material: &'m Material,
    topics: Vec<TopicReading>,
    /// For each section on the list its topic and its place there.
    places: HashMap<&'m str, (usize, usize)>,
}

impl<'m> Listing<'m> {
    fn add<'i>(&mut self, topic: &Topic, ids: impl Iterator<Item = &'i str>) {
        let material = self.material;
        let found: Vec<&'m Passage> = ids.filter_map(|id| material.passages.get(id)).collect();
        let mut reading = TopicReading { topic: topic.clone(), sections: Vec::new(), earlier: Vec::new() };
        for passage in in_reading_order(&found, material) {
            match self.places.get(passage.section.as_str()) {
                Some((at, place)) if *at < self.topics.len() => {
                    let (at, place) = (*at, *place);
                    self.share(topic, (at, place), passage);
                    remember(&mut reading.earlier, &self.topics[at].topic);
                }
                Some((_, place)) => insert(&mut reading.sections[*place].passages, passage),
                None => {
                    let Some(section) = section_reading(passage, material) else { continue };
                    self.places.insert(&passage.section, (self.topics.len(), reading.sections.len()));
                    reading.sections.push(section);
                }
            }
        }
        self.topics.push(reading);
    }

    /// A section that stands under an earlier topic serves this one too.
    fn share(&mut self, topic: &Topic, (at, place): (usize, usize), passage: &Passage) {
        let section = &mut self.topics[at].sections[place];
        remember(&mut section.also_for, topic);
        insert(&mut section.passages, passage);
    }
}

/// By book, that of the best passage first, then by place in the book.
fn in_reading_order<'p>(best_first: &[&'p Passage], material: &Material) -> Vec<&'p Passage> {
    let rank = |passage: &Passage| best_first.iter().position(|other| other.book == passage.book);
    let section = |passage: &Passage| material.sections.get(&passage.section).map(|section| section.ordinal);
    let mut ordered = best_first.to_vec();
    ordered.sort_by_key(|passage| (rank(passage), section(passage), passage.ordinal));
    ordered
}

fn section_reading(passage: &Passage, material: &Material) -> Option<SectionReading> {
    let section = material.sections.get(&passage.section)?.clone();
    let extent = material.extents.get(&passage.section);
    let first_page = section.page.or_else(|| extent.and_then(|extent| extent.first_page)).or(passage.page);
    Some(SectionReading {
        book: material.books.get(&passage.book)?.clone(),
        first_page,
        last_page: extent.and_then(|extent| extent.last_page).or(first_page),
        words: extent.map_or(0, |extent| extent.words),
        passages: vec![passage.clone()],
        also_for: Vec::new(),
        section,
    })
}

fn remember(topics: &mut Vec<Topic>, topic: &Topic) {
    if topics.iter().all(|known| known.id != topic.id) {
        topics.push(topic.clone());
    }
}

fn insert(passages: &mut Vec<Passage>, passage: &Passage) {
    if passages.iter().all(|known| known.id != passage.id) {
        let at = passages.partition_point(|known| known.ordinal < passage.ordinal);
        passages.insert(at, passage.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{material, path, topic, verdict};
    use super::*;

    /// Two topics; the second needs the first, and shares a section with it.
    fn shared() -> (LearningPath, Material) {
        let mut path = path(&[(1.0, &[]), (1.0, &[0])]);
        path.verdicts = vec![verdict(topic(0), &["b.2.1", "b.1.4", "a.7.1"]), verdict(topic(1), &["b.2.0", "b.3.1"])];
        (path, material(&["b.2.1", "b.1.4", "a.7.1", "b.2.0", "b.3.1"]))
    }

    fn sections(reading: &TopicReading) -> Vec<&str> {
        reading.sections.iter().map(|section| section.section.id.as_str()).collect()
    }

    #[test]
    fn sections_stand_in_reading_order_and_the_best_book_first() {
        let (path, material) = shared();
        assert_eq!(passages_to_read(&path).len(), 5);
        assert_eq!(sections(&reading_list(&path, &material).topics[0]), ["b.1", "b.2", "a.7"]);
    }

    #[test]
    fn a_section_for_two_topics_stands_once() {
        let (path, material) = shared();
        let list = reading_list(&path, &material);
        assert_eq!(sections(&list.topics[1]), ["b.3"]);
        assert_eq!(list.topics[1].earlier[0].id, topic(0).id);
        let twice = &list.topics[0].sections[1];
        assert_eq!(twice.also_for[0].id, topic(1).id);
        let passages: Vec<&str> = twice.passages.iter().map(|passage| passage.id.as_str()).collect();
        assert_eq!(passages, ["b.2.0", "b.2.1"]);
        assert_eq!((list.words(), list.topics[0].words(), twice.minutes()), (1_600, 1_200, 2));
    }

    #[test]
    fn pages_go_from_the_sections_first_to_its_last() {
        let (path, material) = shared();
        let list = reading_list(&path, &material);
        assert_eq!(list.topics[0].sections[0].pages().as_deref(), Some("pages 10–13"));
        let bare = SectionReading { first_page: None, ..list.topics[0].sections[0].clone() };
        assert_eq!(bare.pages(), None);
    }

    #[test]
    fn what_is_gone_from_the_library_is_left_out() {
        let (path, mut material) = shared();
        material.books.remove("a");
        material.passages.remove("b.3.1");
        let list = reading_list(&path, &material);
        assert_eq!((list.topics[0].sections.len(), list.topics[1].sections.len()), (2, 0));
    }

    #[test]
    fn passages_that_only_mention_a_topic_are_not_read_for_it() {
        let mut path = path(&[(1.0, &[])]);
        path.verdicts = vec![verdict(topic(0), &["b.1.1", "b.2.1"])];
        path.verdicts[0].passages[1].score = 0.4;
        assert_eq!(passages_to_read(&path), ["b.1.1"]);
    }
}
