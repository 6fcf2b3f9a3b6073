use serde::Serialize;

use super::words::split;
use super::{Detail, share};
use pathwright_reader::Document;

/// How many headings came through, in their order.
#[derive(Debug, Serialize)]
pub struct Headings {
    pub expected: usize,
    /// The share of them that was read with the right title and level.
    pub recovered: f64,
    /// The share with the right title.
    pub titles_recovered: f64,
    /// The share of the headings read that are none, or not there, or of another level.
    pub surplus: f64,
}

/// A level and a title.
type Heading = (u8, String);

/// Most headings that are compared of either side.
const MOST: usize = 5_000;

pub(super) fn of(documents: &[Document]) -> Vec<Heading> {
    let sections = documents.iter().flat_map(|document| &document.sections);
    let headings = sections.map(|section| (section.level, split(&section.title).join(" ")));
    headings.filter(|(_, title)| !title.is_empty()).take(MOST).collect()
}

pub(super) fn compare(read: &[Heading], expected: &[Heading], details: &mut Vec<Detail>) -> Headings {
    let common = in_common(expected, read);
    let titles = |headings: &[Heading]| headings.iter().map(|(_, title)| (0, title.clone())).collect::<Vec<_>>();
    let same_titles = in_common(&titles(expected), &titles(read)).len();
    let is_missing = |at: &usize| common.binary_search_by_key(at, |(expected, _)| *expected).is_err();
    let is_surplus = |at: &usize| common.binary_search_by_key(at, |(_, read)| *read).is_err();
    let missing = (0..expected.len()).filter(is_missing).map(|at| &expected[at]);
    let surplus = (0..read.len()).filter(is_surplus).map(|at| &read[at]);
    details.extend(missing.map(|(level, title)| Detail::MissingHeading { level: *level, title: title.clone() }));
    details.extend(surplus.map(|(level, title)| Detail::SurplusHeading { level: *level, title: title.clone() }));
    Headings {
        expected: expected.len(),
        recovered: share(common.len(), expected.len()),
        titles_recovered: share(same_titles, expected.len()),
        surplus: share(read.len() - common.len(), read.len()),
    }
}

/// Places in both of a longest common subsequence.
fn in_common(one: &[Heading], other: &[Heading]) -> Vec<(usize, usize)> {
    let width = other.len() + 1;
    // For each pair of places, how much the rests from there on have in common.
    let mut longest = vec![0_u16; (one.len() + 1) * width];
    for (a, heading) in one.iter().enumerate().rev() {
        for b in (0..other.len()).rev() {
            let (here, below) = (a * width + b, (a + 1) * width + b);
            longest[here] =
                if *heading == other[b] { longest[below + 1] + 1 } else { longest[below].max(longest[here + 1]) };
        }
    }
    let (mut a, mut b, mut pairs) = (0, 0, Vec::new());
    while a < one.len() && b < other.len() {
        if one[a] == other[b] {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if longest[(a + 1) * width + b] >= longest[a * width + b + 1] {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headings(titles: &[u8]) -> Vec<Heading> {
        titles.iter().map(|title| (1, title.to_string())).collect()
    }

    #[test]
    fn order_matters() {
        assert_eq!(in_common(&headings(&[1, 2, 3, 4]), &headings(&[2, 1, 9, 3, 4])), [(1, 0), (2, 3), (3, 4)]);
    }

    proptest! {
        #[test]
        fn what_is_common_stands_in_both(one in prop::collection::vec(0u8..5, 0..12), other in prop::collection::vec(0u8..5, 0..12)) {
            let (one, other) = (headings(&one), headings(&other));
            let pairs = in_common(&one, &other);
            prop_assert!(pairs.iter().all(|(a, b)| one[*a] == other[*b]));
            prop_assert!(pairs.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 < two[1].1));
            prop_assert_eq!(pairs.len(), in_common(&other, &one).len());
            prop_assert_eq!(in_common(&one, &one).len(), one.len());
        }
    }
}
