use pathwright_api::text;

use super::MOST;
use crate::document::Block;

/// Characters of an atom at most: a word may be endless.
const LONGEST: usize = 8_000;

/// Words of a table's first row that is repeated above each of its parts.
const HEAD: usize = 40;

/// Words of the longest caption.
const CAPTION: usize = 30;

/// What is never cut.
pub(super) struct Atom {
    pub(super) text: String,
    pub(super) words: usize,
    pub(super) page: Option<u32>,
    /// What lies between it and the atom before it.
    pub(super) gap: Gap,
}

/// What lies between two atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gap {
    /// Between two paragraphs.
    Paragraph,
    /// Between two items of a list.
    Item,
    /// Between two sentences.
    Sentence,
    /// Between code or a list and the paragraph before it.
    Display,
    /// Inside a sentence that a formula is a part of.
    Formula,
    /// Between something and the words that announce it, or its caption.
    LeadIn,
}

impl Gap {
    /// What it costs to cut here; a passage half as long as it should be costs 0.25.
    pub(super) fn cost(self) -> f32 {
        match self {
            Self::Paragraph => 0.0,
            Self::Item => 0.1,
            Self::Sentence => 0.2,
            Self::Display => 0.3,
            Self::Formula => 0.8,
            Self::LeadIn => 1.5,
        }
    }

    pub(super) fn separator(self) -> &'static str {
        match self {
            Self::Sentence => " ",
            Self::Item => "\n",
            Self::Paragraph | Self::Display | Self::Formula | Self::LeadIn => "\n\n",
        }
    }
}

/// What a section's blocks are made of; `page` is the one they begin on, and afterwards the one they end on.
pub(super) fn atoms(blocks: &[Block], page: &mut Option<u32>) -> Vec<Atom> {
    let mut atoms: Vec<Atom> = Vec::new();
    let mut before: Option<&Block> = None;
    for block in blocks {
        if let Block::Page(number) = block {
            *page = Some(*number);
            continue;
        }
        let (parts, inner) = parts(block);
        for (at, text) in parts.into_iter().enumerate() {
            let gap = if at == 0 { before.map_or(Gap::Paragraph, |before| gap(before, block)) } else { inner };
            atoms.push(Atom { words: text.split_whitespace().count(), text, page: *page, gap });
        }
        before = Some(block);
    }
    atoms
}

/// The parts of a block that stay whole, and what lies between them.
fn parts(block: &Block) -> (Vec<String>, Gap) {
    match block {
        Block::Prose(text) => {
            (text::sentences(text).into_iter().flat_map(bounded).map(str::to_owned).collect(), Gap::Sentence)
        }
        Block::Display(text) => (rows(text), Gap::Paragraph),
        Block::Code { language, text } => {
            (grouped(text, "").iter().map(|part| fenced(language, part)).collect(), Gap::Paragraph)
        }
        Block::Page(_) => (Vec::new(), Gap::Paragraph),
    }
}

fn gap(before: &Block, block: &Block) -> Gap {
    let Block::Prose(said) = before else {
        return match block {
            Block::Prose(text) if is_caption(text) => Gap::LeadIn,
            Block::Prose(text) if is_formula(before) && text.starts_with(char::is_lowercase) => Gap::Formula,
            _ => Gap::Paragraph,
        };
    };
    let is_item = matches!(block, Block::Prose(text) if text.starts_with("- "));
    match block {
        _ if is_item && said.starts_with("- ") => Gap::Item,
        _ if said.ends_with(':') => Gap::LeadIn,
        Block::Prose(_) if is_item => Gap::Display,
        Block::Prose(_) => Gap::Paragraph,
        _ if is_caption(said) => Gap::LeadIn,
        _ if is_formula(block) && !said.ends_with(['.', '!', '?']) => Gap::Formula,
        _ => Gap::Display,
    }
}

/// "Table 3.1 shows …", "Listing 3-1:", "Filename: src/main.rs".
fn is_caption(text: &str) -> bool {
    const NAMES: [&str; 6] = ["table", "listing", "figure", "fig", "example", "filename"];
    let first = text.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
    NAMES.contains(&first.as_str()) && text.split_whitespace().count() <= CAPTION
}

fn is_formula(block: &Block) -> bool {
    matches!(block, Block::Display(text) if text.starts_with("$$"))
}

/// A table in parts of whole rows, each under the first row again; a formula whole.
fn rows(text: &str) -> Vec<String> {
    let (head, rest) = text.split_once('\n').unwrap_or_default();
    let words = head.split_whitespace().count();
    if text.starts_with("$$") || !(1..=HEAD).contains(&words) || is_short(text) {
        return grouped(text, "");
    }
    grouped(rest, &format!("{head}\n"))
}

/// A text in parts of whole lines that fit into a passage, each behind `head`; cut at blank lines where there are any.
fn grouped(text: &str, head: &str) -> Vec<String> {
    if is_short(text) {
        return vec![format!("{head}{text}")];
    }
    let room = MOST - head.split_whitespace().count();
    let mut groups: Vec<(String, usize)> = Vec::new();
    let mut add = |part: &str, separator: &str| {
        let words = part.split_whitespace().count();
        match groups.last_mut() {
            Some((group, count)) if *count + words <= room && group.len() + part.len() <= LONGEST => {
                group.push_str(separator);
                group.push_str(part);
                *count += words;
            }
            _ => groups.push((part.to_owned(), words)),
        }
    };
    for paragraph in text.split("\n\n") {
        if paragraph.split_whitespace().count() <= room && paragraph.len() <= LONGEST {
            add(paragraph, "\n\n");
        } else {
            paragraph.lines().flat_map(bounded).for_each(|line| add(line, "\n"));
        }
    }
    groups.into_iter().filter(|(_, words)| *words > 0).map(|(group, _)| format!("{head}{group}")).collect()
}

fn is_short(text: &str) -> bool {
    text.len() <= LONGEST && text.split_whitespace().count() <= MOST
}

/// A line or sentence in pieces that fit into a passage: itself, as a rule.
fn bounded(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !is_short(rest) {
        let mut end = beginning_of_word(rest, MOST - HEAD).unwrap_or(rest.len()).min(LONGEST);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        pieces.push(rest[..end].trim_end());
        rest = &rest[end..];
    }
    pieces.push(rest);
    pieces
}

/// Where the word of this number begins, counted from 0.
fn beginning_of_word(text: &str, number: usize) -> Option<usize> {
    let mut in_space = true;
    let begins = text.char_indices().filter(|(_, c)| {
        let begins = in_space && !c.is_whitespace();
        in_space = c.is_whitespace();
        begins
    });
    begins.map(|(at, _)| at).nth(number)
}

fn fenced(language: &str, code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let language: String =
        language.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-')).collect();
    format!("{fence}{language}\n{code}\n{fence}")
}
