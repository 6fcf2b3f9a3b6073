use std::collections::{HashMap, HashSet};

use pathwright_api::library::FoundPassage;
use pathwright_api::ports::{Candidates, QueryWord};
use pathwright_api::text::{self, Phrase, Token};
use pathwright_api::topic::{Topic, TopicKind};

/// What can be seen of a topic in one passage, in its section and in the library; each about 0 to 1.
pub type Features = [f32; NAMES.len()];

/// The features in their order, and the part of a verdict's explanation each belongs to.
pub const NAMES: [(&str, &str); 26] = [
    // How far the section's title is the topic's name: 1 when it is nothing else. The same of the titles above it.
    ("heading", "title"),
    ("upper_heading", "title"),
    // Share of the name's words, rare ones counting more, in the section's title, and in all titles above the passage.
    ("heading_words", "title"),
    ("path_words", "title"),
    // The section's title is the topic's very name.
    ("exact_heading", "title"),
    // How often the passage names the topic, on a scale of logarithms; whether it does so at once; whether at all.
    ("named", "name"),
    ("named_early", "name"),
    ("named_at_all", "name"),
    // How many other passages of the section name it; how many of all candidates.
    ("section_names", "name"),
    ("library_names", "name"),
    // A sentence begins by saying what it is.
    ("defined", "definition"),
    // The search by words: its score, and the share of the name's words held at all.
    ("lexical", "words"),
    ("held", "words"),
    // Share of the name's words that the library does not know.
    ("unknown", "words"),
    // The embedding: how far above chance this passage stands, the best one, the best over the tenth; the rest of the section.
    ("standing", "meaning"),
    ("best_standing", "meaning"),
    ("peak", "meaning"),
    ("section_standing", "meaning"),
    // How near the nearest few sentences come; how near those of the best candidate.
    ("closeness", "meaning"),
    ("best_closeness", "meaning"),
    // Among the first by words and by meaning; by meaning without a word in common.
    ("agreement", "meaning"),
    ("meaning_alone", "meaning"),
    // References, tables of contents, exercises, indices; too short to explain anything; mostly code.
    ("not_prose", "form"),
    ("thin", "form"),
    ("code", "form"),
    // The topic is a tool: many a book says in passing what Python is.
    ("tool", "form"),
];

/// How much an alias in a title counts against the topic's own name: an alias may be a part of the topic only.
const ALIAS: f32 = 0.9;

/// Standard deviations above chance that count as one.
const STANDING: f32 = 6.0;

/// Passages taken apart into words, once however many topics they are candidates for.
pub struct Texts<'p>(HashMap<&'p str, Text<'p>>);

struct Text<'p> {
    tokens: Vec<Token<'p>>,
    stems: HashSet<String>,
    sentences: Vec<Vec<Token<'p>>>,
    sentence_texts: Vec<&'p str>,
    not_prose: bool,
    code: f32,
}

impl<'p> Texts<'p> {
    pub fn of(passages: impl IntoIterator<Item = &'p FoundPassage>) -> Self {
        let mut texts = HashMap::new();
        for passage in passages {
            texts.entry(passage.id.as_str()).or_insert_with(|| Text::of(passage));
        }
        Self(texts)
    }
}

impl<'p> Text<'p> {
    fn of(passage: &'p FoundPassage) -> Self {
        let tokens = text::tokens(&passage.text);
        let sentence_texts = text::sentences(&passage.text);
        Self {
            stems: tokens.iter().map(|token| text::stem(token.raw)).collect(),
            sentences: sentence_texts.iter().map(|sentence| text::tokens(sentence)).collect(),
            sentence_texts,
            not_prose: is_apparatus(&passage.heading) || is_list_of_references(&passage.text),
            code: code_share(&passage.text),
            tokens,
        }
    }
}

/// The features of every candidate, in order, as are their [`closeness`](crate::closeness::closeness); `texts` holds them all.
pub fn features(topic: &Topic, candidates: &Candidates, closeness: &[f32], texts: &Texts<'_>) -> Vec<Features> {
    let around = Around::of(topic, candidates, closeness, texts);
    candidates.passages.iter().enumerate().map(|(at, passage)| around.features(at, passage)).collect()
}

/// What all candidates of a topic have in common.
struct Around<'a> {
    topic: &'a Topic,
    phrases: Vec<(Phrase, f32)>,
    words: &'a [QueryWord],
    mass: f32,
    texts: Vec<&'a Text<'a>>,
    named: Vec<u32>,
    /// How many of the candidates name the topic.
    library_names: usize,
    standings: Vec<f32>,
    closeness: &'a [f32],
    best_closeness: f32,
    best_standing: f32,
    peak: f32,
    /// For each section its candidates, by their place among all.
    sections: HashMap<&'a str, Vec<usize>>,
    rank_by_words: HashMap<usize, usize>,
    rank_by_meaning: HashMap<usize, usize>,
}

impl<'a> Around<'a> {
    fn of(topic: &'a Topic, candidates: &'a Candidates, closeness: &'a [f32], texts: &'a Texts<'a>) -> Self {
        let phrases: Vec<(Phrase, f32)> = topic
            .names()
            .enumerate()
            .filter_map(|(at, name)| Some((Phrase::of(name)?, if at == 0 { 1.0 } else { ALIAS })))
            .collect();
        let passages = &candidates.passages;
        let texts: Vec<&Text> = passages.iter().map(|passage| &texts.0[passage.id.as_str()]).collect();
        let named: Vec<u32> =
            passages.iter().zip(&texts).map(|(passage, text)| times_named(&phrases, passage, text)).collect();
        let standings: Vec<f32> = candidates.z_scores().into_iter().map(|standing| standing / STANDING).collect();
        let mut falling = standings.clone();
        falling.sort_by(|a, b| b.total_cmp(a));
        let mut sections: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, passage) in passages.iter().enumerate() {
            sections.entry(&passage.section_id).or_default().push(at);
        }
        let best_standing = falling.first().copied().unwrap_or_default();
        Self {
            topic,
            phrases,
            words: &candidates.words,
            mass: candidates.words.iter().map(|word| word.idf).sum::<f32>().max(f32::EPSILON),
            texts,
            library_names: named.iter().filter(|named| **named > 0).count(),
            named,
            closeness,
            best_closeness: closeness.iter().copied().fold(0.0, f32::max),
            best_standing,
            peak: best_standing - falling.get(9).or(falling.last()).copied().unwrap_or_default(),
            sections,
            rank_by_words: ranks(passages, |at| passages[at].lexical),
            rank_by_meaning: ranks(passages, |at| standings[at]),
            standings,
        }
    }

    fn features(&self, at: usize, passage: &FoundPassage) -> Features {
        let (text, named) = (self.texts[at], self.named[at]);
        let upper = passage.heading.split_last().map_or(&[][..], |(_, upper)| upper);
        let title = passage.section_title();
        let others: Vec<usize> =
            self.sections[passage.section_id.as_str()].iter().copied().filter(|other| *other != at).collect();
        let section_names = others.iter().filter(|other| self.named[**other] > 0).count();
        let heading = name_share(&self.phrases, title);
        let held = self.share(|stem| text.stems.contains(stem));
        let standing = self.standings[at];
        let first = |ranks: &HashMap<usize, usize>| ranks[&at] < 5;
        [
            heading,
            upper.iter().map(|title| name_share(&self.phrases, title)).fold(0.0, f32::max),
            self.share_of(&[title]),
            self.share_of(&passage.heading.iter().map(String::as_str).collect::<Vec<_>>()),
            flag(heading >= ALIAS),
            scaled(named, 6.0),
            flag(self.is_named_early(passage, text)),
            flag(named > 0),
            scaled(section_names as u32, 4.0),
            scaled(self.library_names as u32, 30.0),
            flag(self.is_defined(text)),
            passage.lexical / 1.5,
            held,
            self.words.iter().filter(|word| !word.is_in_library).map(|word| word.idf).sum::<f32>() / self.mass,
            standing,
            self.best_standing,
            self.peak,
            others.iter().map(|other| self.standings[*other]).fold(0.0, f32::max),
            self.closeness[at] * 1.5,
            self.best_closeness * 1.5,
            flag(first(&self.rank_by_words) && first(&self.rank_by_meaning)),
            standing * (1.0 - held),
            flag(text.not_prose),
            flag(text.tokens.len() < 20),
            text.code,
            flag(self.topic.kind == TopicKind::Tool),
        ]
    }

    /// The share of the name's words that are `there`, rare ones counting more.
    fn share(&self, there: impl Fn(&str) -> bool) -> f32 {
        self.words.iter().filter(|word| there(&word.stem)).map(|word| word.idf).sum::<f32>() / self.mass
    }

    fn share_of(&self, titles: &[&str]) -> f32 {
        let stems: HashSet<String> = titles.iter().flat_map(|title| text::content_stems(title)).collect();
        self.share(|stem| stems.contains(stem))
    }

    fn is_named_early(&self, passage: &FoundPassage, text: &Text<'_>) -> bool {
        const EARLY: usize = 25;
        let head = &text.tokens[..text.tokens.len().min(EARLY)];
        self.phrases.iter().any(|(phrase, _)| phrase.positions(&passage.text, head).next().is_some())
    }

    fn is_defined(&self, text: &Text<'_>) -> bool {
        let sentences = || text.sentence_texts.iter().zip(&text.sentences);
        self.phrases
            .iter()
            .any(|(phrase, _)| sentences().any(|(sentence, tokens)| phrase.is_defined_in(sentence, tokens)))
    }
}

fn times_named(phrases: &[(Phrase, f32)], passage: &FoundPassage, text: &Text<'_>) -> u32 {
    phrases.iter().map(|(phrase, _)| phrase.positions(&passage.text, &text.tokens).count() as u32).sum()
}

/// Each candidate's place when ordered by a score, the best first.
fn ranks(passages: &[FoundPassage], score: impl Fn(usize) -> f32) -> HashMap<usize, usize> {
    let mut order: Vec<usize> = (0..passages.len()).collect();
    order.sort_by(|a, b| score(*b).total_cmp(&score(*a)).then_with(|| passages[*a].id.cmp(&passages[*b].id)));
    order.into_iter().enumerate().map(|(rank, at)| (at, rank)).collect()
}

fn flag(holds: bool) -> f32 {
    if holds { 1.0 } else { 0.0 }
}

/// A count on a scale of logarithms; 1 at `much`.
fn scaled(count: u32, much: f32) -> f32 {
    (count as f32).ln_1p() / much.ln_1p()
}

/// The part of a title that a name makes up: "Bayesian Inference" is half of "Bayesian Inference for Markov Chains".
fn name_share(phrases: &[(Phrase, f32)], title: &str) -> f32 {
    let tokens = text::tokens(title);
    let weighty = text::content_stems(title).len().max(1) as f32;
    let share = |(phrase, weight): &(Phrase, f32)| {
        let stands = phrase.positions(title, &tokens).next().is_some();
        if stands { weight * (phrase.lemmas.len() as f32 / weighty).min(1.0) } else { 0.0 }
    };
    phrases.iter().map(share).fold(0.0, f32::max)
}

/// The share of a passage's characters that stand between fences.
fn code_share(text: &str) -> f32 {
    let mut inside = false;
    let mut code = 0;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if inside {
            code += line.len();
        }
    }
    code as f32 / text.len().max(1) as f32
}

/// Parts of a book that name everything and explain nothing.
fn is_apparatus(heading: &[String]) -> bool {
    const TITLES: [&str; 12] = [
        "references",
        "bibliography",
        "contents",
        "table of contents",
        "index",
        "exercises",
        "problems",
        "further reading",
        "discussions",
        "acknowledgments",
        "acknowledgements",
        "glossary",
    ];
    heading.iter().any(|title| TITLES.contains(&title.trim().to_lowercase().as_str()))
}

/// Many years in brackets, or hardly any of the small words that sentences are made of.
fn is_list_of_references(passage: &str) -> bool {
    let words: Vec<&str> = passage.split_whitespace().collect();
    if words.len() < 12 {
        return false;
    }
    let small =
        words.iter().filter(|word| text::is_stop_word(word.trim_matches(|c: char| !c.is_alphanumeric()))).count();
    let years = words.iter().filter(|word| is_year(word)).count();
    (small * 100 < words.len() * 12) || (years * 100 > words.len() * 6)
}

fn is_year(word: &str) -> bool {
    let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
    digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"))
}
