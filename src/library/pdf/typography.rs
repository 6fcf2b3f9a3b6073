use std::collections::HashMap;

use super::flow::{Body, Heading, Placed, Role};

/// Characters a heading has at most.
const LONGEST: usize = 160;
/// Deeper levels are one.
const DEEPEST: u8 = 6;

/// How a heading is set: its size in half points, whether its strokes are heavy.
type Style = (u32, bool);

/// Opens sections at lines that are set as headings are, for a file without bookmarks.
pub fn mark(flow: &mut [Placed], body: &Body) {
    let candidates: Vec<Option<Style>> = (0..flow.len()).map(|at| style(flow, at, body)).collect();
    let levels = levels(flow, &candidates, body);
    let mut at = 0;
    while at < flow.len() {
        let Some((style, level)) = candidates[at].and_then(|style| Some((style, *levels.get(&style)?))) else {
            at += 1;
            continue;
        };
        let mut end = at + 1;
        while end < flow.len() && candidates[end] == Some(style) && goes_on(&flow[end - 1], &flow[end]) {
            end += 1;
        }
        open(flow, at..end, level);
        at = end;
    }
}

fn open(flow: &mut [Placed], lines: std::ops::Range<usize>, level: u8) {
    let words: Vec<&str> = flow[lines.clone()].iter().map(|placed| placed.line.text.as_str()).collect();
    let title = words.join(" ");
    flow[lines.clone()].iter_mut().for_each(|placed| placed.role = Role::Gone);
    // "Chapter 7" above a title is a part of it, however it is set.
    let above = lines.start.checked_sub(1).filter(|above| flow[*above].page == flow[lines.start].page);
    if let Some(label) = above.and_then(|above| flow[above].opens.last_mut()).filter(|label| is_label(&label.title)) {
        let colon = if label.title.contains(' ') { ":" } else { "" };
        *label = Heading { level: label.level.min(level), title: format!("{}{colon} {title}", label.title) };
        return;
    }
    flow[lines.start].opens.push(Heading { level, title });
}

fn is_label(title: &str) -> bool {
    let words: Vec<&str> = title.split_whitespace().collect();
    const WORDS: [&str; 12] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let numeral = |word: &str| {
        WORDS.contains(&word.to_lowercase().as_str())
            || word.len() < 6 && (word.chars().all(|c| c.is_ascii_digit() || "IVXLC".contains(c)) || word.len() == 1)
    };
    match words.as_slice() {
        [word, number] => {
            matches!(word.to_lowercase().as_str(), "chapter" | "appendix" | "part" | "lecture") && numeral(number)
        }
        [number] => number.chars().all(|c| c.is_ascii_digit()) && number.len() < 4,
        _ => false,
    }
}

fn goes_on(above: &Placed, line: &Placed) -> bool {
    above.page == line.page && !line.first && line.distance(above) < 1.7 && number_depth(&line.line.text).is_none()
}

/// How a line is set, if that is how headings are set.
fn style(flow: &[Placed], at: usize, body: &Body) -> Option<Style> {
    let placed = &flow[at];
    let line = &placed.line;
    let text = line.text.trim();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let numbered = number_depth(text).is_some();
    let sentence = text.ends_with(['.', ',', ';']) && !(numbered && text.len() < 60);
    let begins = text.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric() || !c.is_ascii());
    let cells = line
        .gaps
        .iter()
        .any(|gap| !text.get(..*gap).is_some_and(|before| number_depth(before).is_some() || is_label(before.trim())));
    let is_number = text.len() < 4 && text.chars().all(|c| c.is_ascii_digit()) && line.size > 1.5 * body.size;
    if !placed.is_text()
        || (letters < 2 && !is_number)
        || line.chars() > LONGEST
        || sentence
        || cells
        || text.starts_with('•')
    {
        return None;
    }
    let larger = line.size > 1.1 * body.size;
    let bold = body.weight > 0.0 && line.weight > 1.2 * body.weight;
    let apart = placed.first
        || at == 0
        || placed.distance(&flow[at - 1]) > 1.15 * body.leading
        || follows_large(flow, at, body);
    let code = line.cell.is_some() && !(larger && numbered);
    let set = larger || (bold && apart && begins && !code && line.size > 0.95 * body.size);
    let capitals = numbered && apart && !bold && is_capital(text);
    (set || capitals).then_some(((line.size * 2.0).round() as u32, bold))
}

fn follows_large(flow: &[Placed], at: usize, body: &Body) -> bool {
    flow[at - 1].line.size > 1.1 * body.size || flow[at - 1].line.weight > 1.2 * body.weight
}

fn is_capital(text: &str) -> bool {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
    letters.len() > 4 && letters.iter().all(|c| c.is_uppercase())
}

/// How deep a section's number is: 1 for `3 Trees`, 2 for `3.1 Trees`; none for a line without number.
fn number_depth(text: &str) -> Option<usize> {
    let number = text.split_whitespace().next()?.trim_end_matches('.');
    let parts: Vec<&str> = number.split('.').collect();
    let digits = |part: &&str| !part.is_empty() && part.len() < 4 && part.chars().all(|c| c.is_ascii_digit());
    let (first, rest) = parts.split_first()?;
    let letter = first.len() == 1 && first.chars().all(|c| c.is_ascii_uppercase()) && !rest.is_empty();
    let roman = first.len() < 6 && rest.is_empty() && text.contains('.') && first.chars().all(|c| "IVX".contains(c));
    ((digits(first) || letter || roman) && rest.iter().all(digits) && parts.len() < 7).then_some(parts.len())
}

/// The level of each style: the larger, the higher. What is used for running text, or for the title page alone, has none.
fn levels(flow: &[Placed], candidates: &[Option<Style>], body: &Body) -> HashMap<Style, u8> {
    let mut uses: HashMap<Style, (usize, usize, u32)> = HashMap::new();
    for (placed, style) in flow.iter().zip(candidates) {
        let bold = body.weight > 0.0 && placed.line.weight > 1.2 * body.weight;
        let entry = uses.entry(((placed.line.size * 2.0).round() as u32, bold)).or_default();
        entry.0 += 1;
        if style.is_some() {
            entry.1 += 1;
            entry.2 = placed.page;
        }
    }
    let pages = flow.last().map_or(0, |placed| placed.page);
    let title_page = |last: u32| pages > 3 && last == 1;
    let (size, plain) = ((body.size * 2.0).round() as u32, |style: &Style| !style.1);
    let heads = |style: &Style, lines: usize, heads: usize| (style.0 == size && plain(style)) || heads * 2 >= lines;
    let mut styles: Vec<Style> = uses
        .into_iter()
        .filter(|(style, (lines, count, last))| *count > 0 && heads(style, *lines, *count) && !title_page(*last))
        .map(|(style, _)| style)
        .collect();
    styles.sort_by(|a, b| b.cmp(a));
    let mut level = 0;
    let mut levels = HashMap::new();
    let mut before: Option<Style> = None;
    for style in styles {
        // Half a point is how sizes are rounded, not a difference meant to be seen.
        let same = before.is_some_and(|before| before.1 == style.1 && before.0 - style.0 <= 1);
        level += u8::from(!same && level < DEEPEST);
        levels.insert(style, level);
        before = Some(style);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::*;

    const BODY: Body = Body { size: 10.0, weight: 60.0, leading: 1.2, indents: true };

    fn placed(text: &str, size: f32, weight: f32, baseline: f32, page: u32) -> Placed {
        Placed {
            line: Line { text: text.into(), size, weight, baseline, ..Line::default() },
            page,
            ..Placed::default()
        }
    }

    #[test]
    fn larger_and_heavier_lines_open_sections() {
        let mut flow = vec![
            placed("Chapter 1", 18.0, 90.0, 50.0, 2),
            placed("On trees", 24.0, 90.0, 80.0, 2),
            placed("Text that goes over", 10.0, 60.0, 120.0, 2),
            placed("two lines.", 10.0, 60.0, 132.0, 2),
            placed("1.1 Roots", 10.0, 90.0, 160.0, 2),
            placed("More text, of the body.", 10.0, 60.0, 172.0, 2),
            placed("Branches", 10.0, 90.0, 200.0, 2),
            placed("And more.", 10.0, 60.0, 212.0, 2),
            placed("On grass", 24.0, 90.0, 80.0, 3),
        ];
        mark(&mut flow, &BODY);
        let opened: Vec<(u8, String)> = flow
            .iter()
            .flat_map(|placed| &placed.opens)
            .map(|heading| (heading.level, heading.title.clone()))
            .collect();
        let expected = [(1, "Chapter 1: On trees"), (3, "1.1 Roots"), (3, "Branches"), (1, "On grass")]
            .map(|(l, t)| (l, t.to_owned()));
        assert_eq!(opened, expected);
    }

    #[test]
    fn numbers_say_how_deep() {
        assert_eq!(
            ["3 Trees", "3.1. Trees", "A.2 Trees", "IV. TREES", "Trees", "3.x"].map(number_depth),
            [Some(1), Some(2), Some(2), Some(1), None, None]
        );
    }
}
