use super::document::{Document, DocumentSection};

/// What a section is made of that stays whole.
mod atoms;

use atoms::{Atom, atoms};

/// Words a passage should have. Measured: README, "Quality".
const TARGET: usize = 160;
/// Words a passage has at most, unless a table or code that is longer is kept whole.
const MOST: usize = 260;

/// A passage's text, and the page it begins on.
#[derive(Debug, PartialEq, Eq)]
pub struct Cut {
    pub text: String,
    pub page: Option<u32>,
}

/// Cuts a section's text into passages of about the same length, where it hurts least: between paragraphs rather than inside one,
/// and hardly ever between a list, a table, code or a formula and the sentence that leads to it.
///
/// Paragraphs are separated by blank lines and code keeps its fence, so that a passage can be shown as it was meant. `page` is
/// the one the section begins on, and afterwards the one it ends on.
pub fn passages(section: &DocumentSection, page: &mut Option<u32>) -> Vec<Cut> {
    let atoms = atoms(&section.blocks, page);
    let mut cuts = Vec::new();
    let mut begin = 0;
    for end in ends(&atoms) {
        let text = atoms[begin..end].iter().enumerate().fold(String::new(), |mut text, (at, atom)| {
            text.push_str(if at == 0 { "" } else { atom.gap.separator() });
            text.push_str(&atom.text);
            text
        });
        cuts.push(Cut { text, page: atoms[begin].page });
        begin = end;
    }
    cuts
}

/// The passages of a whole file with their pages, in reading order.
pub fn passages_of(document: &Document) -> impl Iterator<Item = (Option<u32>, String)> + '_ {
    let mut page = None;
    document.sections.iter().flat_map(move |section| passages(section, &mut page)).map(|cut| (cut.page, cut.text))
}

/// Where passages end, as places behind atoms: of all ways to cut, the one that costs least in all.
fn ends(atoms: &[Atom]) -> Vec<usize> {
    // For each place behind an atom the least cost up to there, and where its last passage begins.
    let mut best: Vec<(f32, usize)> = vec![(0.0, 0)];
    for end in 1..=atoms.len() {
        let mut words = 0;
        let mut least = (f32::INFINITY, end - 1);
        for begin in (0..end).rev() {
            words += atoms[begin].words;
            if words > MOST && begin + 1 < end {
                break;
            }
            let cost = best[begin].0 + atoms[begin].gap.cost() + cost(words);
            if cost < least.0 {
                least = (cost, begin);
            }
        }
        best.push(least);
    }
    let begins = std::iter::successors(Some(atoms.len()), |end| Some(best[*end].1).filter(|begin| *begin > 0));
    let mut ends: Vec<usize> = begins.filter(|end| *end > 0).collect();
    ends.reverse();
    ends
}

/// What a passage of so many words costs.
fn cost(words: usize) -> f32 {
    let off = words as f32 / TARGET as f32 - 1.0;
    off * off
}

#[cfg(test)]
mod tests {
    use super::super::document::Block;
    use super::*;
    use proptest::prelude::*;

    fn section(blocks: Vec<Block>) -> DocumentSection {
        DocumentSection { level: 2, title: "T".into(), blocks, ..DocumentSection::default() }
    }

    fn texts(blocks: Vec<Block>) -> Vec<String> {
        passages(&section(blocks), &mut None).into_iter().map(|cut| cut.text).collect()
    }

    fn prose(words: usize) -> Block {
        let sentence = |n: usize| format!("Word{} goes on.", "x".repeat(n % 7));
        Block::Prose((0..words / 3).map(sentence).collect::<Vec<_>>().join(" "))
    }

    fn code(lines: usize) -> Block {
        Block::Code { language: "rust".into(), text: vec!["let a = 1;"; lines].join("\n") }
    }

    #[test]
    fn a_passage_stands_on_the_page_it_begins_on() {
        let blocks = vec![prose(TARGET), Block::Page(8), prose(TARGET), Block::Page(9)];
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

    #[test]
    fn what_leads_to_a_list_or_to_code_goes_with_it() {
        let item = || Block::Prose(format!("- {}", "word ".repeat(20).trim()));
        let mut blocks = vec![prose(TARGET), Block::Prose("There are three ways:".into()), item(), item(), item()];
        blocks.extend([
            prose(TARGET),
            Block::Prose("Listing 3-1 shows how it is done:".into()),
            code(25),
            prose(TARGET),
        ]);
        let texts = texts(blocks);
        let with = |start: &str| texts.iter().find(|text| text.contains(start)).unwrap();
        assert!(with("There are three ways:").contains("\n\n- word"), "{texts:#?}");
        assert!(with("Listing 3-1 shows").contains("```rust"), "{texts:#?}");
    }

    #[test]
    fn a_formula_stays_in_its_sentence_and_a_caption_with_its_table() {
        let formula = || Block::Display("$$\ny = x\n$$".into());
        let mut blocks = vec![prose(TARGET), Block::Prose("So we get".into()), formula()];
        blocks.extend([Block::Prose("where x is known.".into()), prose(TARGET)]);
        blocks.extend([
            Block::Prose("Table 2. All of it".into()),
            Block::Display("a | b\n1 | 2".into()),
            prose(TARGET),
        ]);
        let texts = texts(blocks);
        assert!(
            texts.iter().any(|text| text.contains("So we get\n\n$$\ny = x\n$$\n\nwhere x is known.")),
            "{texts:#?}"
        );
        assert!(texts.iter().any(|text| text.contains("Table 2. All of it\n\na | b\n1 | 2")), "{texts:#?}");
    }

    #[test]
    fn long_code_and_tables_are_cut_at_their_seams() {
        let function = |name: &str| format!("fn {name}() {{\n{}}}", "    let a = 1;\n".repeat(40));
        let text = ["one", "two", "three"].map(function).join("\n\n");
        let parts = texts(vec![Block::Code { language: "rust".into(), text }]);
        assert!(
            parts.len() > 1 && parts.iter().all(|part| part.starts_with("```rust\nfn ") && part.ends_with("}\n```"))
        );
        let table = format!("name | value\n{}", "some name | some long value\n".repeat(100));
        let parts = texts(vec![Block::Display(table.trim_end().to_owned())]);
        assert!(parts.len() > 1 && parts.iter().all(|part| part.starts_with("name | value\n")));
    }

    proptest! {
        #[test]
        fn no_word_is_lost_and_no_passage_is_too_long(lengths in prop::collection::vec((1usize..700, 0u8..3), 1..12)) {
            let block = |(words, kind): &(usize, u8)| match kind {
                0 => code(words / 4 + 1),
                1 => Block::Prose("word ".repeat(*words).trim_end().to_owned()),
                _ => prose(*words + 3),
            };
            let blocks: Vec<Block> = lengths.iter().map(block).collect();
            let words: usize = blocks.iter().map(Block::words).sum();
            let counts: Vec<usize> = texts(blocks).iter().map(|text| text.replace("```rust", "").replace("```", "").split_whitespace().count()).collect();
            prop_assert_eq!(counts.iter().sum::<usize>(), words);
            prop_assert!(counts.iter().all(|count| *count <= MOST));
        }

        #[test]
        fn any_text_is_cut(texts in prop::collection::vec("\\PC{0,300}", 0..6), kind in 0u8..3) {
            let block = |text: String| match kind {
                0 => Block::Prose(pathwright_api::text::squeeze(&text)),
                1 => Block::Display(text),
                _ => Block::Code { language: text.clone(), text },
            };
            let blocks: Vec<Block> = texts.into_iter().map(block).filter(|block| block.words() > 0).collect();
            let all = passages(&section(blocks.clone()), &mut None);
            prop_assert_eq!(all.is_empty(), blocks.is_empty());
        }
    }
}
