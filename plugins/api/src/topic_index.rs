use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::text::{self, Phrase};
use crate::topic::{Topic, TopicId, name_key};

/// References of a book from which on it is told whether it goes forward or back.
const ENOUGH: usize = 10;

/// The share of a book's references that lead back, from which on its order is trusted.
const IN_ORDER: f32 = 0.65;

/// A section that explains a topic by the book's own account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedSection {
    pub section_id: String,
    pub book_id: String,
    /// Place of the section in its book, from 0.
    pub ordinal: u32,
    /// The section is called so; otherwise it explains the term on the way.
    pub is_title: bool,
}

/// A topic that books name, and where they explain it.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexedTopic {
    /// The topic map's, where the map knows it; otherwise made of what the books say, its area being the chapter.
    pub topic: Topic,
    pub is_of_map: bool,
    /// Whole sections first, then in reading order; never empty.
    pub sections: Vec<IndexedSection>,
}

/// A section's place, and the sections of its book that it refers to: what it announces for later is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SectionNode {
    pub book_id: String,
    /// From 0.
    pub ordinal: u32,
    pub references: Vec<String>,
}

/// The library's own index, as at the back of a book: its topics and their sections, and what refers to what.
#[derive(Debug, Default)]
pub struct TopicIndex {
    topics: BTreeMap<TopicId, IndexedTopic>,
    by_name: HashMap<String, TopicId>,
    /// Names of the library's own topics by their first word, the longest first.
    by_first_lemma: HashMap<String, Vec<(Phrase, TopicId)>>,
    sections: HashMap<String, SectionNode>,
    /// Books, and whether their references lead back rather than forward.
    in_order: HashMap<String, bool>,
}

impl TopicIndex {
    /// Of topics with distinct ids. A name that two topics have is the first one's.
    pub fn new(topics: Vec<IndexedTopic>, sections: Vec<(String, SectionNode)>) -> Self {
        let sections: HashMap<String, SectionNode> = sections.into_iter().collect();
        let mut index = Self { in_order: in_order(&sections), sections, ..Self::default() };
        for entry in topics {
            if !entry.is_of_map {
                index.add_names(&entry.topic);
            }
            index.topics.insert(entry.topic.id.clone(), entry);
        }
        for names in index.by_first_lemma.values_mut() {
            names
                .sort_by(|(a, first), (b, second)| b.lemmas.len().cmp(&a.lemmas.len()).then_with(|| first.cmp(second)));
        }
        index
    }

    fn add_names(&mut self, topic: &Topic) {
        for name in topic.names() {
            let key = name_key(name);
            if key.is_empty() || self.by_name.contains_key(&key) {
                continue;
            }
            self.by_name.insert(key, topic.id.clone());
            if let Some(phrase) = Phrase::of(name) {
                self.by_first_lemma.entry(phrase.lemmas[0].clone()).or_default().push((phrase, topic.id.clone()));
            }
        }
    }

    /// All topics that the books name, the map's among them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &IndexedTopic> {
        self.topics.values()
    }

    pub fn len(&self) -> usize {
        self.topics.len()
    }

    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// The library's own topic of this id: one that the map does not know.
    pub fn get(&self, id: &TopicId) -> Option<&Topic> {
        self.topics.get(id).filter(|entry| !entry.is_of_map).map(|entry| &entry.topic)
    }

    /// The library's own topic of this id, title or other name, whatever its case and inflection.
    pub fn find(&self, name: &str) -> Option<&Topic> {
        self.get(&TopicId::from(name)).or_else(|| self.get(self.by_name.get(&name_key(name))?))
    }

    /// Where the books explain a topic, the map's or their own.
    pub fn sections_of(&self, id: &TopicId) -> &[IndexedSection] {
        self.topics.get(id).map_or(&[], |entry| &entry.sections)
    }

    pub fn section(&self, id: &str) -> Option<&SectionNode> {
        self.sections.get(id)
    }

    /// Whether what a book refers to mostly stands before: otherwise its files were not in reading order. True for a book
    /// without references, which gives no reason to doubt it.
    pub fn is_in_order(&self, book: &str) -> bool {
        self.in_order.get(book).copied().unwrap_or(true)
    }

    /// The library's own topics whose names stand in a text, left to right, with the bytes where they stand; where names overlap
    /// the longest wins. Short names with capitals have to be spelt so.
    pub fn named_in(&self, text: &str) -> Vec<(&Topic, Range<usize>)> {
        let tokens = text::tokens(text);
        let mut found = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            let names = self.by_first_lemma.get(&tokens[at].lemma).into_iter().flatten();
            let longest = names.filter(|(phrase, _)| phrase.starts(text, &tokens[at..])).find_map(|(phrase, id)| {
                let last = at + phrase.lemmas.len() - 1;
                Some((self.get(id)?, tokens[at].start..tokens[last].end(), last + 1))
            });
            match longest {
                Some((topic, span, next)) => {
                    found.push((topic, span));
                    at = next;
                }
                None => at += 1,
            }
        }
        found
    }
}

fn in_order(sections: &HashMap<String, SectionNode>) -> HashMap<String, bool> {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for section in sections.values() {
        let (back, all) = counts.entry(&section.book_id).or_default();
        for other in section.references.iter().filter_map(|id| sections.get(id)) {
            *back += usize::from(other.ordinal < section.ordinal);
            *all += 1;
        }
    }
    let trusted = |(back, all): (usize, usize)| all < ENOUGH || back as f32 >= IN_ORDER * all as f32;
    counts.into_iter().map(|(book, counts)| (book.to_owned(), trusted(counts))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(title: &str, aliases: &[&str], is_of_map: bool) -> IndexedTopic {
        let section = IndexedSection { section_id: "s".into(), book_id: "b".into(), ordinal: 0, is_title: true };
        let aliases = aliases.iter().map(|alias| (*alias).to_owned()).collect();
        IndexedTopic { topic: Topic { aliases, ..Topic::unknown(title) }, is_of_map, sections: vec![section] }
    }

    #[test]
    fn only_the_librarys_own_topics_are_found_by_name() {
        let topics =
            vec![entry("Queen rearing", &["QR"], false), entry("Queen", &[], false), entry("Python", &[], true)];
        let index = TopicIndex::new(topics, Vec::new());
        assert_eq!(index.find("queens rearing").unwrap().title, "Queen rearing");
        assert!(index.find("Python").is_none() && !index.sections_of(&"python".into()).is_empty());
        let text = "Python, queen rearing (QR, not qr) and queens";
        let found: Vec<_> = index.named_in(text).into_iter().map(|(_, span)| &text[span]).collect();
        assert_eq!(found, ["queen rearing", "QR", "queens"]);
    }

    #[test]
    fn a_book_whose_references_lead_forward_is_not_in_order() {
        let book = |name: &str, leads_back: bool| {
            let id = |ordinal: u32| format!("{name}{ordinal}");
            let other = move |ordinal: u32| if leads_back { ordinal.saturating_sub(1) } else { ordinal + 1 };
            let node = move |ordinal: u32| {
                let references = vec![id(other(ordinal))];
                (id(ordinal), SectionNode { book_id: name.to_owned(), ordinal, references })
            };
            (0..20).map(node).collect::<Vec<_>>()
        };
        let index = TopicIndex::new(Vec::new(), [book("a", true), book("b", false)].concat());
        assert!(index.is_in_order("a") && !index.is_in_order("b") && index.is_in_order("c"));
    }
}
