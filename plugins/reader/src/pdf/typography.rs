use std::cmp::Reverse;
use std::collections::HashMap;

use super::flow::{Body, Heading, Placed, Role};
use super::line::Line;
use super::numbers::{depth, is_label};

/// Characters a heading has at most.
const LONGEST: usize = 160;
/// Deeper levels are one.
const DEEPEST: u8 = 6;

/// How a heading is set: its size in half points, and whether its strokes are heavy though it is no larger than the text.
type Style = (u32, bool);

/// Opens sections at lines that are set as headings are, for a file without bookmarks.
pub fn mark(flow: &mut [Placed], body: &Body) {
    let candidates: Vec<Option<Style>> = (0..flow.len()).map(|at| style(flow, at, body)).collect();
    let levels = levels(flow, &candidates, body);
    let shallowest = shallowest(flow, &candidates);
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
        let deeper = depth(&flow[at].line.text).map_or(0, |depth| depth - shallowest.get(&style).unwrap_or(&depth));
        open(flow, at..end, (level + deeper as u8).min(DEEPEST));
        at = end;
    }
}

/// The least depth of a number in each style: `2 Trees` and `2.1 Roots` may be set alike.
fn shallowest(flow: &[Placed], candidates: &[Option<Style>]) -> HashMap<Style, usize> {
    let mut shallowest: HashMap<Style, usize> = HashMap::new();
    for (placed, style) in flow.iter().zip(candidates) {
        if let Some((style, depth)) = style.zip(depth(&placed.line.text)) {
            let least = shallowest.entry(style).or_insert(depth);
            *least = depth.min(*least);
        }
    }
    shallowest
}

fn open(flow: &mut [Placed], lines: std::ops::Range<usize>, level: u8) {
    let words: Vec<&str> = flow[lines.clone()].iter().map(|placed| placed.line.text.as_str()).collect();
    let title = words.join(" ");
    for placed in &mut flow[lines.clone()] {
        placed.role = Role::Gone;
    }
    // "Chapter 7" above a title is a part of it, however it is set.
    let above = lines.start.checked_sub(1).filter(|above| flow[*above].page == flow[lines.start].page);
    if let Some(label) = above.and_then(|above| flow[above].opens.last_mut()).filter(|label| is_label(&label.title)) {
        let full = if label.title.contains(' ') {
            format!("{}: {title}", label.title)
        } else if label.title.starts_with(|c: char| c.is_ascii_digit()) {
            format!("{} {title}", label.title)
        } else {
            title
        };
        *label = Heading { level: label.level.min(level), title: full };
        return;
    }
    flow[lines.start].opens.push(Heading { level, title });
}

fn goes_on(above: &Placed, line: &Placed) -> bool {
    above.page == line.page && !line.first && line.distance(above) < 1.7 && depth(&line.line.text).is_none()
}

/// How a line is set, if that is how headings are set.
fn style(flow: &[Placed], at: usize, body: &Body) -> Option<Style> {
    let placed = &flow[at];
    let line = &placed.line;
    let text = line.text.trim();
    if !placed.is_text() || !reads_as_title(line, body) {
        return None;
    }
    let numbered = depth(text).is_some();
    let larger = line.size > 1.1 * body.size;
    let bold = body.weight > 0.0 && line.weight > 1.2 * body.weight;
    let apart = placed.first
        || at == 0
        || placed.distance(&flow[at - 1]) > 1.15 * body.leading
        || follows_large(flow, at, body);
    let begins = text.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric() || !c.is_ascii());
    let code = line.cell.is_some() && !(larger && numbered);
    let set = larger || (bold && apart && begins && !code && line.size > 0.85 * body.size);
    let capitals = numbered && apart && !bold && is_capital(text);
    (set || capitals).then(|| style_of(placed, body))
}

/// Whether the words may be a title's: neither a sentence, nor an item, nor cells of a table.
fn reads_as_title(line: &Line, body: &Body) -> bool {
    let text = line.text.trim();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let large_number = text.len() < 4 && is_label(text) && line.size > 1.5 * body.size;
    let sentence = text.ends_with(['.', ',', ';']) && !(depth(text).is_some() && text.len() < 60);
    let after_number = |gap: &usize| text.get(..*gap).is_some_and(|number| depth(number).is_some() || is_label(number));
    (letters > 1 || large_number)
        && line.chars() <= LONGEST
        && !sentence
        && !text.starts_with('•')
        && line.gaps.iter().all(after_number)
}

/// What is larger than the text need not be bold: names of code in a bold title often are not.
fn style_of(placed: &Placed, body: &Body) -> Style {
    let bold = body.weight > 0.0 && placed.line.weight > 1.2 * body.weight;
    ((placed.line.size * 2.0).round() as u32, bold && placed.line.size <= 1.1 * body.size)
}

fn follows_large(flow: &[Placed], at: usize, body: &Body) -> bool {
    flow[at - 1].line.size > 1.1 * body.size || flow[at - 1].line.weight > 1.2 * body.weight
}

fn is_capital(text: &str) -> bool {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphabetic()).collect();
    letters.len() > 4 && letters.iter().all(|c| c.is_uppercase())
}

/// The level of each style: the larger, the higher.
fn levels(flow: &[Placed], candidates: &[Option<Style>], body: &Body) -> HashMap<Style, u8> {
    let mut styles = heading_styles(flow, candidates, body);
    styles.sort_unstable_by_key(|style| Reverse(*style));
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

/// How many lines are set in a style, how many of them may be headings, and the last page with one.
#[derive(Default)]
struct Use {
    lines: usize,
    headings: usize,
    last: u32,
}

/// The styles of headings: not those of running text, nor what the title page alone is set in.
fn heading_styles(flow: &[Placed], candidates: &[Option<Style>], body: &Body) -> Vec<Style> {
    let mut uses: HashMap<Style, Use> = HashMap::new();
    for (placed, style) in flow.iter().zip(candidates) {
        if placed.line.cell.is_none() || style.is_some() {
            let entry = uses.entry(style_of(placed, body)).or_default();
            entry.lines += 1;
            entry.headings += usize::from(style.is_some());
            entry.last = if style.is_some() { placed.page } else { entry.last };
        }
    }
    let pages = flow.last().map_or(0, |placed| placed.page);
    let running = ((body.size * 2.0).round() as u32, false);
    let is_heading = |style: &Style, used: &Use| {
        let rather = *style == running || used.headings * 2 >= used.lines;
        let title_page = pages > 3 && used.last == 1;
        used.headings > 0 && rather && !title_page
    };
    uses.into_iter().filter(|(style, used)| is_heading(style, used)).map(|(style, _)| style).collect()
}

#[cfg(test)]
mod tests {
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
            placed("1.1.1 Branches", 10.0, 90.0, 200.0, 2),
            placed("And more.", 10.0, 60.0, 212.0, 2),
            placed("On grass", 24.0, 90.0, 80.0, 3),
        ];
        mark(&mut flow, &BODY);
        let opened: Vec<(u8, String)> = flow
            .iter()
            .flat_map(|placed| &placed.opens)
            .map(|heading| (heading.level, heading.title.clone()))
            .collect();
        let expected = [(1, "Chapter 1: On trees"), (3, "1.1 Roots"), (4, "1.1.1 Branches"), (1, "On grass")]
            .map(|(l, t)| (l, t.to_owned()));
        assert_eq!(opened, expected);
    }
}
