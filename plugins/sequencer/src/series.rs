use std::collections::BTreeMap;

use pathwright_api::text;

/// Words that a number follows where titles count the parts of a whole.
const PARTS: [&str; 16] = [
    "lesson", "part", "chapter", "module", "week", "day", "step", "phase", "unit", "level", "lecture", "session",
    "volume", "lab", "tutorial", "course",
];

const ROMAN: [&str; 8] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"];

/// Pairs of titles, by index, of which the second is the next smaller number of the same series: "Calculus II" and "Calculus I",
/// "Capstone, lesson 26" and "Capstone, lesson 25".
pub fn series<'t>(titles: impl Iterator<Item = &'t str>) -> Vec<(usize, usize)> {
    let mut parts: BTreeMap<String, Vec<(u32, usize)>> = BTreeMap::new();
    for (at, title) in titles.enumerate() {
        if let Some((name, number)) = numbered(title) {
            parts.entry(name).or_default().push((number, at));
        }
    }
    let mut pairs = Vec::new();
    for mut members in parts.into_values() {
        members.sort_unstable();
        for (number, at) in &members {
            let before = members.iter().map(|(other, _)| *other).filter(|other| other < number).max();
            pairs.extend(members.iter().filter(|(other, _)| Some(*other) == before).map(|(_, other)| (*at, *other)));
        }
    }
    pairs
}

/// The name of the series, and the number in it.
fn numbered(title: &str) -> Option<(String, u32)> {
    let tokens = text::tokens(title);
    let name = |end: usize| tokens[..end].iter().map(|token| token.lemma.as_str()).collect::<Vec<_>>().join(" ");
    let is_part = |at: usize| PARTS.contains(&tokens[at].lemma.as_str());
    let counted = (1..tokens.len()).find_map(|at| Some((at, tokens[at].raw.parse().ok()?)));
    if let Some((at, number)) = counted.filter(|(at, _)| is_part(at - 1)) {
        return Some((name(at), number));
    }
    let last = tokens.len().checked_sub(1).filter(|last| *last > 0)?;
    let roman = ROMAN.iter().position(|roman| *roman == tokens[last].raw)?;
    Some((name(last), roman as u32 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_parts_of_one_series_follow_each_other() {
        let titles = [
            "Capstone Lesson 29: The end",
            "Calculus II",
            "Lesson 3",
            "Capstone lesson 7: Start",
            "Calculus I",
            "GPT 4",
            "GPT 3",
        ];
        assert_eq!(series(titles.into_iter()), [(1, 4), (0, 3)]);
    }

    #[test]
    fn two_with_the_same_number_have_no_order() {
        assert_eq!(series(["Part 1: a", "Part 1: b", "Part 2"].into_iter()), [(2, 0), (2, 1)]);
    }
}
