use super::flow::{Body, Heading, Placed, Role};
use super::numbers::{is_label, is_prefix};
use super::outline::Bookmark;

/// Lines a printed heading has at most.
const MOST_LINES: usize = 4;
/// Lines of a page that are looked at for one bookmark.
const MOST_TRIED: usize = 400;
/// How alike a bookmark and a printed line must be.
const ALIKE: f64 = 0.85;

/// Whether bookmarks say enough to go by: a few over hundreds of pages do not.
pub fn suffice(bookmarks: &[Bookmark], pages: usize) -> bool {
    let numbers = bookmarks.iter().filter(|mark| mark.title.to_lowercase().starts_with("page ")).count();
    bookmarks.len() >= 2.max(pages / 60) && numbers * 2 < bookmarks.len()
}

/// Opens a section at the printed line each bookmark means, or where the bookmark points when no line says the same.
pub fn mark(flow: &mut [Placed], bookmarks: &[Bookmark], body: &Body) {
    let mut from = 0;
    for bookmark in bookmarks {
        let page = bookmark.page as u32 + 1;
        let found = printed(flow, from, page, bookmark, body).or_else(|| {
            let near = [page + 1, page.saturating_sub(1)];
            near.into_iter().find_map(|page| printed(flow, from, page, bookmark, body).filter(|found| found.exact))
        });
        let at = match found {
            Some(found) => {
                let first = before_title(flow, found.first, body);
                for placed in &mut flow[first..found.end] {
                    placed.role = Role::Gone;
                }
                first
            }
            None => pointed(flow, from, page, bookmark.top),
        };
        let Some(placed) = flow.get_mut(at) else {
            continue;
        };
        placed.opens.push(Heading { level: bookmark.level, title: bookmark.title.clone() });
        from = at;
    }
}

/// The lines that say what a bookmark says.
struct Found {
    first: usize,
    end: usize,
    exact: bool,
}

fn printed(flow: &[Placed], from: usize, page: u32, bookmark: &Bookmark, body: &Body) -> Option<Found> {
    let wanted = key(&bookmark.title);
    let start = begin(flow, from, page);
    let end = flow.partition_point(|placed| placed.page <= page);
    let mut best: Option<(f64, Found)> = None;
    for first in start..end.min(start + MOST_TRIED) {
        for last in first..end.min(first + MOST_LINES) {
            let lines = &flow[first..=last];
            if lines.iter().any(|placed| !placed.is_text()) {
                break;
            }
            let text = key(&lines.iter().map(|placed| placed.line.text.as_str()).collect::<String>());
            if text.len() > 2 * wanted.len() + 40 {
                break;
            }
            let likeness = likeness(&text, &wanted);
            let score = likeness + prominence(&lines[0], bookmark, body);
            if likeness >= ALIKE && best.as_ref().is_none_or(|(other, _)| score > *other) {
                best = Some((score, Found { first, end: last + 1, exact: likeness > 0.94 }));
            }
        }
    }
    best.map(|(_, found)| found)
}

/// Where a page begins, or goes on after the heading found last.
fn begin(flow: &[Placed], from: usize, page: u32) -> usize {
    let start = flow.partition_point(|placed| placed.page < page);
    if flow.get(from).is_some_and(|placed| placed.page == page) { start.max(from) } else { start }
}

/// Letters and digits only: what a bookmark and a printed title have in common.
fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// From 0 to 1; a number before either of them hardly counts.
fn likeness(text: &str, wanted: &str) -> f64 {
    if text == wanted {
        return 1.0;
    }
    let numbered = |long: &str, short: &str| long.strip_suffix(short).is_some_and(is_prefix);
    if wanted.len() > 1 && (numbered(text, wanted) || numbered(wanted, text)) {
        return 0.95;
    }
    if text.len().abs_diff(wanted.len()) * 4 > wanted.len() {
        0.0
    } else {
        strsim::normalized_levenshtein(text, wanted) * 0.94
    }
}

/// What speaks for a line being the heading: set large or bold, standing where the bookmark points.
fn prominence(placed: &Placed, bookmark: &Bookmark, body: &Body) -> f64 {
    let large = placed.line.size > 1.08 * body.size || placed.line.weight > 1.2 * body.weight;
    let top = placed.line.baseline - placed.line.size;
    let here = bookmark.top.is_some_and(|wanted| (top - wanted).abs() < 3.0 * placed.line.size);
    (if large { 0.1 } else { 0.0 }) + (if here { 0.1 } else { 0.0 })
}

/// "Chapter 7" on lines of its own belongs to the title below it.
fn before_title(flow: &[Placed], first: usize, body: &Body) -> usize {
    let page = flow[first].page;
    let label = |placed: &Placed| {
        let set_apart = placed.line.size > 1.08 * body.size || placed.line.weight > 1.2 * body.weight;
        let free = placed.is_text() && placed.opens.is_empty() && placed.page == page;
        free && set_apart && is_label(&placed.line.text)
    };
    first - flow[..first].iter().rev().take(2).take_while(|placed| label(placed)).count()
}

/// The first line at or below the place a bookmark points to.
fn pointed(flow: &[Placed], from: usize, page: u32, top: Option<f32>) -> usize {
    let start = begin(flow, from, page);
    let end = flow.partition_point(|placed| placed.page <= page);
    let below = |placed: &Placed| top.is_none_or(|top| placed.line.baseline > top + 1.0);
    (start..end).find(|at| below(&flow[*at])).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::*;

    fn flow(texts: &[&str]) -> Vec<Placed> {
        let placed = |(at, text): (usize, &&str)| Placed {
            line: Line { text: (*text).into(), baseline: 20.0 * at as f32, size: 10.0, ..Line::default() },
            page: 1,
            ..Placed::default()
        };
        texts.iter().enumerate().map(placed).collect()
    }

    const BODY: Body = Body { size: 10.0, weight: 60.0, leading: 1.2, indents: true };

    fn bookmark(title: &str) -> Bookmark {
        Bookmark { level: 1, title: title.into(), page: 0, top: Some(25.0) }
    }

    #[test]
    fn a_bookmark_takes_its_printed_line() {
        let mut flow = flow(&["the end of what was before", "2.3 Trees and", "forests", "Trees grow."]);
        mark(&mut flow, &[bookmark("Trees and forests")], &BODY);
        assert_eq!(flow[1].opens, [Heading { level: 1, title: "Trees and forests".into() }]);
        let text: Vec<bool> = flow.iter().map(Placed::is_text).collect();
        assert_eq!(text, [true, false, false, true]);
    }

    #[test]
    fn a_bookmark_without_printed_line_opens_where_it_points() {
        let mut flow = flow(&["one", "two", "three"]);
        mark(&mut flow, &[bookmark("Something else altogether")], &BODY);
        assert_eq!(flow.iter().map(|placed| placed.opens.len()).collect::<Vec<_>>(), [0, 0, 1]);
    }

    #[test]
    fn few_bookmarks_over_many_pages_do_not_suffice() {
        assert!(!suffice(&[bookmark("A")], 300));
        assert!(suffice(&vec![bookmark("A"); 6], 300));
        assert!(!suffice(&vec![bookmark("Page 3"); 6], 6));
    }
}
