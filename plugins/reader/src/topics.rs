//! The topics of the books themselves: what headings, indexes and definitions say is explained where.

/// What headings and entries call a topic.
mod names;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use pathwright_api::text::{self, Phrase, Token};
use pathwright_api::topic::{Topic, TopicId, TopicMap, name_key};
use pathwright_api::topic_index::{IndexedSection, IndexedTopic, SectionNode, TopicIndex};

use super::document::{Block, DocumentSection};
pub use names::is_noun;
use names::{Name, name_of_term, names_in_title};
use pathwright_api::library::Section;

/// How often the text below a heading has to speak of what the heading names: a single word more often, since it may be anything.
const SPOKEN_OF: usize = 2;
const SPOKEN_OF_WORD: usize = 3;

/// A heading that stands so often in one book is a part of its chapters, not a subject.
const RECURRING: usize = 3;

/// Most topics of one book.
const MOST: usize = 20_000;

/// Adds to each section's terms what its title names and the text below it goes on to speak of.
pub fn explain(sections: &mut [DocumentSection]) {
    let counts: Vec<HashMap<String, usize>> = spoken_of(sections);
    for (section, counts) in sections.iter_mut().zip(counts) {
        for name in names_in_title(&section.title) {
            let key = name_key(&name.title);
            let least = if key.contains(' ') { SPOKEN_OF } else { SPOKEN_OF_WORD };
            let known = section.terms.iter().any(|term| name_key(term) == key);
            if !known && counts.get(&key).is_some_and(|count| *count >= least) {
                section.terms.push(name.title);
            }
        }
    }
}

/// For each section how often its text and that of the sections below it hold the names in its title.
fn spoken_of(sections: &[DocumentSection]) -> Vec<HashMap<String, usize>> {
    let wanted: Vec<Vec<(String, Phrase)>> = sections
        .iter()
        .map(|section| {
            let all = names_in_title(&section.title).into_iter().flat_map(|name| {
                let key = name_key(&name.title);
                [Some(name.title), name.acronym].into_iter().flatten().map(move |name| (key.clone(), name))
            });
            all.filter_map(|(key, name)| Some((key, Phrase::of(&name)?))).collect()
        })
        .collect();
    let mut counts: Vec<HashMap<String, usize>> = vec![HashMap::new(); sections.len()];
    let mut above: Vec<usize> = Vec::new();
    for (at, section) in sections.iter().enumerate() {
        above.retain(|upper| sections[*upper].level < section.level);
        above.push(at);
        for text in section.blocks.iter().filter_map(prose) {
            let tokens = text::tokens(text);
            for upper in &above {
                for (key, phrase) in &wanted[*upper] {
                    *counts[*upper].entry(key.clone()).or_default() += positions(phrase, text, &tokens);
                }
            }
        }
    }
    counts
}

fn positions(phrase: &Phrase, text: &str, tokens: &[Token<'_>]) -> usize {
    phrase.positions(text, tokens).count()
}

fn prose(block: &Block) -> Option<&str> {
    match block {
        Block::Prose(text) => Some(text),
        Block::Code { .. } | Block::Display(_) | Block::Page(_) => None,
    }
}

/// What one book says of its topics.
pub struct BookTopics {
    pub id: String,
    pub content_hash: String,
    named: Vec<Named>,
    sections: Vec<(String, SectionNode)>,
}

/// A topic that a section explains.
struct Named {
    name: Name,
    area: String,
    section: IndexedSection,
}

impl BookTopics {
    /// `sections` in reading order.
    pub fn of(id: String, content_hash: String, sections: Vec<Section>) -> Self {
        let mut times: HashMap<String, usize> = HashMap::new();
        for section in &sections {
            *times.entry(name_key(&section.title)).or_default() += 1;
        }
        let recurring: HashSet<&String> =
            times.iter().filter(|(_, times)| **times >= RECURRING).map(|(key, _)| key).collect();
        let level = usize::from(sections.iter().all(|section| section.heading.first() == sections[0].heading.first()));
        let named = sections.iter().flat_map(|section| named(section, level));
        let named = named.filter(|named| !named.section.is_title || !recurring.contains(&name_key(&named.name.title)));
        let named = named.take(MOST).collect();
        let node = |section: Section| {
            let node = SectionNode { book_id: section.book, ordinal: section.ordinal, references: section.references };
            (section.id, node)
        };
        Self { id, content_hash, named, sections: sections.into_iter().map(node).collect() }
    }
}

/// `level` is that of the chapters: 1 in a book whose sections all stand under one title.
fn named(section: &Section, level: usize) -> Vec<Named> {
    let titles: Vec<Name> = names_in_title(&section.title);
    let area = section.heading.get(level).or(section.heading.first()).cloned().unwrap_or_default();
    let of_term = |term: &String| {
        let key = name_key(term);
        let from_title = titles.iter().find(|name| name_key(&name.title) == key);
        let name = from_title.cloned().or_else(|| name_of_term(term))?;
        let section = IndexedSection {
            section_id: section.id.clone(),
            book_id: section.book.clone(),
            ordinal: section.ordinal,
            is_title: from_title.is_some(),
        };
        Some(Named { name, area: names::plain_title(&area), section })
    };
    section.terms.iter().filter_map(of_term).collect()
}

/// The topics of all books together: what has one name in two books is one topic, and what the map knows belongs to the map's.
pub fn index(books: &[Arc<BookTopics>], map: &TopicMap) -> TopicIndex {
    let mut groups: BTreeMap<String, Vec<&Named>> = BTreeMap::new();
    let mut by_acronym: HashMap<String, Option<String>> = HashMap::new();
    for named in books.iter().flat_map(|book| &book.named) {
        let key = name_key(&named.name.title);
        if let Some(acronym) = &named.name.acronym {
            let meant = by_acronym.entry(name_key(acronym)).or_insert_with(|| Some(key.clone()));
            *meant = meant.take().filter(|meant| *meant == key);
        }
        groups.entry(key).or_default().push(named);
    }
    let mut joined: BTreeMap<String, Vec<&Named>> = BTreeMap::new();
    for (key, group) in groups {
        // "LSTM" is what another heading spells out.
        let key = by_acronym.get(&key).cloned().flatten().unwrap_or(key);
        joined.entry(key).or_default().extend(group);
    }
    let mut topics: BTreeMap<TopicId, IndexedTopic> = BTreeMap::new();
    for group in joined.into_values() {
        let known = group
            .iter()
            .find_map(|named| map.find(&named.name.title).or_else(|| map.find(named.name.acronym.as_deref()?)));
        let topic = known.cloned().or_else(|| topic_of(&group, &by_acronym));
        let Some(topic) = topic else { continue };
        let is_of_map = known.is_some() || map.get(&topic.id).is_some();
        let entry =
            topics.entry(topic.id.clone()).or_insert_with(|| IndexedTopic { topic, is_of_map, sections: Vec::new() });
        entry.sections.extend(group.iter().map(|named| named.section.clone()));
    }
    for topic in topics.values_mut() {
        // Whole sections first, then those that explain it on the way; each once.
        topic.sections.sort_by(|a, b| {
            b.is_title.cmp(&a.is_title).then_with(|| a.book_id.cmp(&b.book_id)).then(a.ordinal.cmp(&b.ordinal))
        });
        let mut seen = HashSet::new();
        topic.sections.retain(|section| seen.insert(section.section_id.clone()));
    }
    let sections = books.iter().flat_map(|book| book.sections.iter().cloned());
    TopicIndex::new(topics.into_values().collect(), sections.collect())
}

/// A topic by the title that most headings give it.
fn topic_of(group: &[&Named], by_acronym: &HashMap<String, Option<String>>) -> Option<Topic> {
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for named in group {
        // A heading's spelling counts for more than a term's inside a sentence, and the long form for more than the initials.
        let is_short = by_acronym.contains_key(&name_key(&named.name.title));
        *times.entry(named.name.title.as_str()).or_default() +=
            1 + 4 * usize::from(named.section.is_title) + 1_000 * usize::from(!is_short);
    }
    let most = times.iter().max_by_key(|(title, times)| (**times, Reverse(title.len())));
    let title = most.map(|(title, _)| (*title).to_owned())?;
    let unique = |acronym: &&String| by_acronym.get(&name_key(acronym)).is_some_and(Option::is_some);
    let acronyms = group.iter().filter_map(|named| named.name.acronym.as_ref()).filter(unique).map(String::as_str);
    let mut aliases: Vec<String> = Vec::new();
    for alias in times.keys().copied().chain(acronyms) {
        if text::fold(alias) != text::fold(&title)
            && !aliases.iter().any(|known| text::fold(known) == text::fold(alias))
        {
            aliases.push(alias.to_owned());
        }
    }
    let area = group.iter().find(|named| named.section.is_title).or(group.first())?.area.clone();
    let topic = Topic { area, aliases, ..Topic::unknown(&title) };
    (!topic.id.as_str().is_empty()).then_some(topic)
}

#[cfg(test)]
mod tests;
