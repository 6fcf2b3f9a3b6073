use std::collections::HashMap;

use super::line::Line;
use super::measure::{most_frequent, usual_size};
use super::pages::PageText;

/// Rows from the upper and the lower edge of a page that may be heads or feet.
const ROWS: usize = 3;
/// Pages apart at which a head repeats: it may alternate, and pages with pictures come between.
const APART: usize = 4;
/// Points by which a head's height differs from page to page.
const TOLERANCE: f32 = 3.0;

/// Takes running heads, feet and page numbers off the pages; answers by how much the printed numbers are less than the
/// numbers of the pages, where they say.
pub fn take_off(pages: &mut [PageText]) -> Option<i64> {
    let size = usual_size(pages.iter().flat_map(|page| &page.pieces));
    let edges: Vec<[Vec<FurnitureRow>; 2]> = pages.iter().map(|page| edges(&page.pieces, size)).collect();
    let mut offsets = Vec::new();
    for edge in 0..2 {
        let rows: Vec<&[FurnitureRow]> = edges.iter().map(|edges| edges[edge].as_slice()).collect();
        let heights = Heights::of(&rows);
        for (at, page) in pages.iter_mut().enumerate() {
            let outermost = rows[at].iter().take_while(|row| repeats(&rows, at, row) || heights.fit(row));
            for row in outermost {
                offsets.extend(row.numbers().map(|number| (i64::from(page.number) - number, 1)));
                page.pieces.retain(|piece| (piece.baseline - row.baseline).abs() > 1.0);
            }
        }
    }
    let offset = most_frequent(offsets.iter().copied())?;
    (offsets.iter().filter(|(other, _)| *other == offset).count() >= 3).then_some(offset)
}

/// A row near the edge of a page.
#[derive(Debug)]
struct FurnitureRow {
    baseline: f32,
    text: String,
    /// The text with its numbers masked.
    key: String,
}

impl FurnitureRow {
    fn numbers(&self) -> impl Iterator<Item = i64> {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let ends = [words.first(), words.last().filter(|_| words.len() > 1)];
        let numbers: Vec<i64> =
            ends.into_iter().flatten().filter_map(|word| word.parse::<u32>().ok().map(i64::from)).collect();
        numbers.into_iter()
    }
}

/// The rows at the upper and at the lower edge, the outermost first; what is set large is no head.
fn edges(pieces: &[Line], size: f32) -> [Vec<FurnitureRow>; 2] {
    let mut sorted: Vec<&Line> = pieces.iter().collect();
    sorted.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let rows: Vec<&[&Line]> = sorted.chunk_by(|a, b| b.baseline - a.baseline < 1.0).collect();
    [outermost(rows.iter().copied(), size), outermost(rows.iter().rev().copied(), size)]
}

fn outermost<'r>(rows: impl Iterator<Item = &'r [&'r Line]>, size: f32) -> Vec<FurnitureRow> {
    rows.take(ROWS).take_while(|row| row.iter().all(|piece| piece.size < 1.3 * size)).map(row_of).collect()
}

fn row_of(pieces: &[&Line]) -> FurnitureRow {
    let mut pieces = pieces.to_vec();
    pieces.sort_by(|a, b| a.left.total_cmp(&b.left));
    let text = pieces.iter().map(|piece| piece.text.as_str()).collect::<Vec<_>>().join(" ");
    FurnitureRow { baseline: pieces[0].baseline, key: mask(&text), text }
}

/// Numbers as `#`, whatever their length and in whichever numerals.
fn mask(text: &str) -> String {
    let masked = |word: &str| {
        let roman = !word.is_empty() && word.chars().all(|c| "ivxlcIVXLC".contains(c));
        if roman { "#".to_owned() } else { mask_digits(word) }
    };
    text.split_whitespace().map(masked).collect::<Vec<_>>().join(" ")
}

fn mask_digits(word: &str) -> String {
    let mut masked = String::new();
    for c in word.chars() {
        if !c.is_ascii_digit() {
            masked.extend(c.to_lowercase());
        } else if !masked.ends_with('#') {
            masked.push('#');
        }
    }
    masked
}

/// Whether the row, numbers aside, stands at the same height on a page nearby.
fn repeats(rows: &[&[FurnitureRow]], at: usize, row: &FurnitureRow) -> bool {
    let numbers = row.key.matches('#').count();
    let says_something = row.key.chars().any(char::is_alphabetic) || numbers == 1;
    let near = at.saturating_sub(APART)..(at + APART + 1).min(rows.len());
    let mut others = near.filter(|other| *other != at).flat_map(|other| rows[other]);
    says_something && others.any(|other| other.key == row.key && (other.baseline - row.baseline).abs() < TOLERANCE)
}

/// Heights at which many pages have a head: there, one that occurs on a single page is a head, too.
struct Heights(Vec<f32>);

impl Heights {
    fn of(rows: &[&[FurnitureRow]]) -> Self {
        let mut counts: HashMap<i32, (usize, f32)> = HashMap::new();
        for (at, edge) in rows.iter().enumerate() {
            if let Some(row) = edge.first().filter(|row| repeats(rows, at, row)) {
                let entry = counts.entry((row.baseline / 2.0).round() as i32).or_insert((0, row.baseline));
                entry.0 += 1;
            }
        }
        let enough = (rows.len() / 8).max(4);
        Self(counts.into_values().filter(|(count, _)| *count >= enough).map(|(_, height)| height).collect())
    }

    fn fit(&self, row: &FurnitureRow) -> bool {
        row.text.len() < 120 && self.0.iter().any(|height| (height - row.baseline).abs() < 1.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, baseline: f32) -> Line {
        Line { text: text.into(), left: 50.0, right: 300.0, baseline, size: 10.0, ..Line::default() }
    }

    #[test]
    fn heads_and_numbers_go_and_text_stays() {
        let page = |number: u32| PageText {
            number,
            pieces: vec![
                piece(&format!("Chapter {} of trees", number / 4), 30.0),
                piece(&format!("text that is only on page {}", "abcdefghijklm".repeat(number as usize)), 60.0),
                piece("the same sentence in the middle", 72.0),
                piece(&format!("the end of page {}", "y".repeat(number as usize)), 700.0),
                piece(&(number - 2).to_string(), 760.0),
            ],
            ..PageText::default()
        };
        let mut pages: Vec<PageText> = (3..12).map(page).collect();
        assert_eq!(take_off(&mut pages), Some(2));
        assert!(pages.iter().all(|page| page.pieces.len() == 3));
    }

    #[test]
    fn numbers_are_masked() {
        assert_eq!(mask("12 Chapter IV. Trees 3.14"), "# chapter iv. trees #.#");
        assert_eq!(mask("xiv"), "#");
    }
}
