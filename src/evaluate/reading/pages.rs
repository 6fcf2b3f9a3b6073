use serde::Serialize;

use super::words::split;
use super::{Detail, share};
use pathwright_reader::{Document, passages_of};

/// Words of a passage that have to stand on its page.
const OPENING: usize = 8;
/// Words of them that may stand at the very end of its page, with the rest on the next.
const FEWEST: usize = 2;

/// How many passages stand on the page they are said to stand on.
#[derive(Debug, Serialize)]
pub struct Pages {
    pub passages: usize,
    /// The share of them whose first words stand on their page.
    pub right: f64,
}

pub(super) fn compare(read: &[Document], pages: &[Vec<String>], details: &mut Vec<Detail>) -> Pages {
    let pages: Vec<String> = pages.iter().map(|words| letters(&words.join(" "))).collect();
    let (mut passages, mut right) = (0, 0);
    for (page, text) in read.iter().flat_map(passages_of) {
        let opening = opening(&text);
        if opening.is_empty() {
            continue;
        }
        passages += 1;
        if page.is_some_and(|page| stands_on(&opening, page, &pages)) {
            right += 1;
        } else {
            details.push(Detail::WrongPage { page, text: text.chars().take(80).collect() });
        }
    }
    Pages { passages, right: share(right, passages) }
}

/// Without spaces and hyphens, in which print has its own ways.
fn letters(text: &str) -> String {
    split(text).concat()
}

/// The first words; the line that opens a block of code is none of the book's.
fn opening(text: &str) -> Vec<String> {
    let text = if text.starts_with("```") { text.split_once('\n').map_or("", |(_, code)| code) } else { text };
    split(text.get(..text.floor_char_boundary(2_000)).unwrap_or(text)).into_iter().take(OPENING).collect()
}

/// `page` counts from 1.
fn stands_on(opening: &[String], page: u32, pages: &[String]) -> bool {
    let at = (page as usize).wrapping_sub(1);
    let Some(this) = pages.get(at) else {
        return false;
    };
    let goes_over = |cut: usize| {
        let (before, after) = opening.split_at(cut);
        this.ends_with(&before.concat()) && pages.get(at + 1).is_some_and(|next| next.contains(&after.concat()))
    };
    this.contains(&opening.concat()) || (FEWEST..opening.len()).any(goes_over)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_stands_on_its_page_or_goes_over_to_the_next() {
        let pages = ["one two three fourfive".replace(' ', ""), "headsixseven".to_owned()];
        let stands = |text: &str, page| stands_on(&opening(text), page, &pages);
        assert!(
            stands("Two, three four-five", 1) && !stands("Two, three", 2) && !stands("two", 0) && !stands("two", 9)
        );
        assert!(stands("three four-five six seven", 1) && !stands("five six seven", 2));
        assert!(stands("```rust\nsix", 2));
    }
}
