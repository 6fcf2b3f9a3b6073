use pathwright_api::text;

use super::document::{Block, Document, DocumentSection};

/// Words after which a passage is closed at the next end of a block.
const TARGET: usize = 150;
/// Words beyond which prose is cut at a sentence, and code or a table at a line.
const MOST: usize = 260;
/// A rest of fewer words joins the passage before it.
const LEAST: usize = 40;

/// A passage's text, and the page it begins on.
#[derive(Debug, PartialEq, Eq)]
pub struct Cut {
    pub text: String,
    pub page: Option<u32>,
    words: usize,
}

/// Cuts a section's text into passages: whole blocks where they fit, whole sentences where not.
///
/// Paragraphs are separated by blank lines and code keeps its fence, so that a passage can be shown as it was meant. `page` is
/// the one the section begins on, and afterwards the one it ends on.
pub fn passages(section: &DocumentSection, page: &mut Option<u32>) -> Vec<Cut> {
    let mut cuts: Vec<Cut> = Vec::new();
    let mut open = true;
    for block in &section.blocks {
        if let Block::Page(number) = block {
            *page = Some(*number);
        }
        for (text, words) in pieces(block) {
            match cuts.last_mut() {
                Some(cut) if open && cut.words + words <= MOST => cut.append(&text, words),
                _ => cuts.push(Cut { text, page: *page, words }),
            }
            open = cuts.last().is_some_and(|cut| cut.words < TARGET);
        }
    }
    join_short_tail(&mut cuts);
    cuts
}

/// The passages of a whole file with their pages, in reading order.
pub fn passages_of(document: &Document) -> impl Iterator<Item = (Option<u32>, String)> + '_ {
    let mut page = None;
    document.sections.iter().flat_map(move |section| passages(section, &mut page)).map(|cut| (cut.page, cut.text))
}

impl Cut {
    fn append(&mut self, piece: &str, words: usize) {
        self.text.push_str(separator(&self.text, piece));
        self.text.push_str(piece);
        self.words += words;
    }
}

fn separator(before: &str, piece: &str) -> &'static str {
    let last_line = before.rsplit('\n').next().unwrap_or_default();
    if piece.starts_with("- ") && last_line.starts_with("- ") { "\n" } else { "\n\n" }
}

fn join_short_tail(cuts: &mut Vec<Cut>) {
    let [.., _, tail] = cuts.as_slice() else {
        return;
    };
    if tail.words < LEAST
        && let Some(tail) = cuts.pop()
        && let Some(cut) = cuts.last_mut()
    {
        cut.append(&tail.text, tail.words);
    }
}

fn pieces(block: &Block) -> Vec<(String, usize)> {
    let parts = match block {
        Block::Prose(text) if block.words() > MOST => group(&text::sentences(text), " "),
        Block::Display(text) if block.words() > MOST => group(&text.lines().collect::<Vec<_>>(), "\n"),
        Block::Code { language, text } => {
            let parts = group(&text.lines().collect::<Vec<_>>(), "\n");
            parts.iter().map(|part| fenced(language, part)).collect()
        }
        Block::Prose(text) | Block::Display(text) => vec![text.clone()],
        Block::Page(_) => vec![],
    };
    parts.into_iter().map(|part| (part.split_whitespace().count(), part)).map(|(words, part)| (part, words)).collect()
}

/// Joins neighbours as long as they stay within [`MOST`] words.
fn group(parts: &[&str], separator: &str) -> Vec<String> {
    let mut groups: Vec<(String, usize)> = Vec::new();
    for part in parts {
        let words = part.split_whitespace().count();
        match groups.last_mut() {
            Some((text, count)) if *count + words <= MOST => {
                text.push_str(separator);
                text.push_str(part);
                *count += words;
            }
            _ => groups.push(((*part).to_owned(), words)),
        }
    }
    groups.into_iter().map(|(text, _)| text).collect()
}

fn fenced(language: &str, code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    let language: String =
        language.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-')).collect();
    format!("{fence}{language}\n{code}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn section(blocks: Vec<Block>) -> DocumentSection {
        DocumentSection { level: 2, title: "T".into(), blocks, ..DocumentSection::default() }
    }

    fn texts(blocks: Vec<Block>) -> Vec<String> {
        passages(&section(blocks), &mut None).into_iter().map(|cut| cut.text).collect()
    }

    #[test]
    fn a_passage_stands_on_the_page_it_begins_on() {
        let long = |word: &str| Block::Prose(vec![word; TARGET].join(" "));
        let blocks = vec![long("a"), Block::Page(8), long("b"), Block::Page(9)];
        let mut page = Some(7);
        let pages: Vec<_> = passages(&section(blocks), &mut page).into_iter().map(|cut| cut.page).collect();
        assert_eq!((pages, page), (vec![Some(7), Some(8)], Some(9)));
    }

    #[test]
    fn code_stays_whole_and_lists_stay_together() {
        let blocks = vec![
            Block::Prose("Intro.".into()),
            Block::Prose("- one".into()),
            Block::Prose("- two".into()),
            Block::Code { language: "rust".into(), text: "fn main() {}".into() },
        ];
        assert_eq!(texts(blocks), ["Intro.\n\n- one\n- two\n\n```rust\nfn main() {}\n```"]);
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_passage_is_too_long(lengths in prop::collection::vec(1usize..700, 1..12)) {
            let prose = |words: &usize| {
                let sentence = |n: usize| format!("Word{} goes on.", "x".repeat(n % 7));
                Block::Prose((0..=*words / 3).map(sentence).collect::<Vec<_>>().join(" "))
            };
            let blocks: Vec<Block> = lengths.iter().map(prose).collect();
            let words: usize = blocks.iter().map(Block::words).sum();
            let counts: Vec<usize> = texts(blocks).iter().map(|passage| passage.split_whitespace().count()).collect();
            prop_assert_eq!(counts.iter().sum::<usize>(), words);
            prop_assert!(counts.iter().all(|count| *count <= MOST + LEAST));
        }
    }
}
