use super::flow::{Placed, Role};

/// Lines that end in a page's number, in a row, before they are taken for a table of contents.
const ROW: usize = 4;

/// Leaves out printed tables of contents: lines with leaders, and what is listed between them.
///
/// An index at the end looks much the same, and is read: the last third of a book is left alone.
pub fn take_out(flow: &mut [Placed]) {
    let last = flow.last().map_or(0, |placed| placed.page);
    let mut goes_on = false;
    for page in flow.chunk_by_mut(|a, b| a.page == b.page) {
        if page[0].page > (last * 2 / 3).max(3) {
            break;
        }
        let listed: Vec<bool> = page.iter().map(|placed| has_leader(&placed.line.text)).collect();
        let ends: Vec<bool> = page.iter().map(ends_in_page).collect();
        let leaders = listed.iter().filter(|leader| **leader).count();
        let front = page[0].page <= (last / 6).max(12);
        let either = listed.iter().zip(&ends).filter(|(leader, end)| **leader || **end).count();
        let whole = leaders >= ROW && either * 2 > page.len() || front && either >= ROW && either * 10 > page.len() * 7;
        let rest = if goes_on { ends.iter().take_while(|end| **end).count() } else { 0 };
        for (at, (placed, leader)) in
            page.iter_mut().zip(listed).enumerate().filter(|(_, (placed, _))| placed.is_text())
        {
            if leader || whole || at < rest {
                placed.role = Role::Gone;
            }
        }
        goes_on = whole;
    }
}

/// Dots that lead the eye to a number at the end.
fn has_leader(text: &str) -> bool {
    let stripped = text.trim_end_matches(|c: char| c.is_ascii_digit() || "ivxlc ".contains(c));
    let dots =
        stripped.chars().rev().take_while(|c| matches!(c, '.' | ' ' | '\u{2026}' | '\u{b7}')).filter(|c| *c != ' ');
    let numbered = stripped.len() < text.trim_end().len();
    let count: usize = dots.map(|c| if c == '\u{2026}' { 3 } else { 1 }).sum();
    count >= if numbered { 3 } else { 8 }
}

/// A number at the right end of a wide gap.
fn ends_in_page(placed: &Placed) -> bool {
    let text = placed.line.text.as_str();
    let number = placed.line.gaps.last().and_then(|gap| text.get(*gap..)).map(str::trim);
    number.is_some_and(|number| {
        !number.is_empty() && number.len() < 6 && number.chars().all(|c| c.is_ascii_digit() || "ivxlc".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::*;

    #[test]
    fn leaders_are_told_from_an_ellipsis() {
        assert!(has_leader("2.1 Trees . . . . . . . . 12"));
        assert!(has_leader("2.1 Trees......xiv"));
        assert!(has_leader("Trees ………… 3"));
        assert!(!has_leader("and so on ..."));
        assert!(!has_leader("There were 12. In 14"));
    }

    #[test]
    fn a_page_of_entries_is_left_out_whole() {
        let line = |text: &str, page: u32| Placed {
            line: Line { text: text.into(), ..Line::default() },
            page,
            ..Placed::default()
        };
        let mut flow: Vec<Placed> = (0..6).map(|at| line(&format!("Part {at} . . . . . {at}"), 1)).collect();
        flow.push(line("An entry without number", 1));
        flow.push(line("Text of the book.", 2));
        take_out(&mut flow);
        let text: Vec<&str> =
            flow.iter().filter(|placed| placed.is_text()).map(|placed| placed.line.text.as_str()).collect();
        assert_eq!(text, ["Text of the book."]);
    }
}
