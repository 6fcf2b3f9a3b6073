use std::collections::HashMap;

use pathwright_api::library::FoundPassage;
use pathwright_api::text;

use crate::acronyms::Mined;

/// A word in the section's own title counts as if it stood in the text so often; one in the titles above it as once.
const TITLE: f32 = 3.0;

/// A place in a sequence where two texts meet: no phrase reaches across it.
pub(crate) const BREAK: u32 = u32::MAX;

/// The words of one book: which passages hold them, how often and in which order.
pub(crate) struct BookWords {
    pub(crate) id: String,
    pub(crate) content_hash: String,
    pub(crate) passages: Vec<FoundPassage>,
    /// Of each passage, in words that carry meaning.
    pub(crate) lengths: Vec<f32>,
    /// Numbers of all stems, those of the small words too.
    stems: HashMap<String, u32>,
    /// For each stem the passages that hold it, in order, and how often; none for small words.
    holding: Vec<Vec<(u32, f32)>>,
    /// For each passage its stems as they stand there, behind those of the titles above it.
    sequences: Vec<Box<[u32]>>,
    /// Words as they are written, case apart, and how often.
    pub(crate) spellings: HashMap<String, u32>,
    pub(crate) acronyms: Mined,
}

impl BookWords {
    pub(crate) fn new(id: String, content_hash: String, passages: Vec<FoundPassage>) -> Self {
        let mut book = Self {
            id,
            content_hash,
            passages: Vec::new(),
            lengths: Vec::with_capacity(passages.len()),
            stems: HashMap::new(),
            holding: Vec::new(),
            sequences: Vec::with_capacity(passages.len()),
            spellings: HashMap::new(),
            acronyms: Mined::default(),
        };
        for (at, passage) in passages.iter().enumerate() {
            book.read(at as u32, passage);
        }
        book.passages = passages;
        book
    }

    fn read(&mut self, at: u32, passage: &FoundPassage) {
        let mut sequence = Vec::new();
        let mut counts: HashMap<u32, f32> = HashMap::new();
        let above = passage.heading.len().saturating_sub(1);
        let titles = passage.heading.iter().enumerate();
        let weighted = titles.map(|(depth, title)| (title, if depth == above { TITLE } else { 1.0 }));
        for (text, weight) in weighted.chain([(&passage.text, 1.0)]) {
            let tokens = text::tokens(text);
            for token in &tokens {
                let stem = self.number(text::stem(token.raw));
                sequence.push(stem);
                if !text::is_stop_word(token.raw) {
                    *counts.entry(stem).or_insert(0.0) += weight;
                }
                *self.spellings.entry(text::fold(token.raw)).or_insert(0) += 1;
            }
            sequence.push(BREAK);
            self.acronyms.read(text, &tokens);
        }
        self.lengths.push(counts.values().sum());
        for (stem, count) in counts {
            self.holding[stem as usize].push((at, count));
        }
        self.sequences.push(sequence.into());
    }

    fn number(&mut self, stem: String) -> u32 {
        let next = self.stems.len() as u32;
        let number = *self.stems.entry(stem).or_insert(next);
        if number == next {
            self.holding.push(Vec::new());
        }
        number
    }

    pub(crate) fn len(&self) -> usize {
        self.passages.len()
    }

    /// The passages that hold a stem, in order, and how often.
    pub(crate) fn holding(&self, stem: &str) -> &[(u32, f32)] {
        self.stems.get(stem).map_or(&[], |number| &self.holding[*number as usize])
    }

    /// The number of a stem; none where it does not stand in the book.
    pub(crate) fn number_of(&self, stem: &str) -> Option<u32> {
        self.stems.get(stem).copied()
    }

    /// The numbers of some stems, in order; none where one of them does not stand in the book.
    pub(crate) fn numbers(&self, stems: &[String]) -> Option<Vec<u32>> {
        stems.iter().map(|stem| self.number_of(stem)).collect()
    }

    /// The numbers of the stems of a passage as they stand there, titles first.
    pub(crate) fn sequence(&self, at: u32) -> &[u32] {
        &self.sequences[at as usize]
    }
}
