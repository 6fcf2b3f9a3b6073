use super::flow::{Body, Placed, has_room};
use super::items::item;

/// What kind of block a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Prose,
    Code,
    Table,
    Formula,
}

/// Tells by the line and its neighbours; `before` is the line above it in the text.
pub fn kind(flow: &[Placed], at: usize, before: Option<&Placed>, body: &Body) -> Kind {
    let placed = &flow[at];
    if placed.line.cell.is_some() {
        return if ends_prose(placed, before, body) { Kind::Prose } else { Kind::Code };
    }
    let next = flow.get(at + 1).filter(|next| !next.first);
    let tabular = |other: Option<&Placed>| other.is_some_and(|other| is_row(other) && other.page == placed.page);
    if is_row(placed) && (tabular(next) || (!placed.first && tabular(before))) {
        return Kind::Table;
    }
    if is_formula(placed) { Kind::Formula } else { Kind::Prose }
}

/// The last words of a paragraph can all be names of code.
fn ends_prose(placed: &Placed, before: Option<&Placed>, body: &Body) -> bool {
    before.is_some_and(|before| {
        let close = !placed.first && placed.distance(before) < 1.2 * body.leading;
        let flush = (placed.line.left - before.line.left).abs() < placed.line.size;
        let few = placed.line.text.split_whitespace().count() < 4 && !before.line.text.ends_with(['.', ':']);
        before.line.cell.is_none() && close && flush && (few || !has_room(before, placed))
    })
}

fn is_row(placed: &Placed) -> bool {
    placed.line.cell.is_none()
        && placed.line.gaps.first().is_some_and(|gap| {
            let text = placed.line.text.as_str();
            let rest = text.get(*gap..).unwrap_or_default().trim();
            let only_mark = *gap < 6 && item(text, true).is_some();
            let equation_number = rest.starts_with('(') && rest.len() < 8;
            !only_mark && !equation_number
        })
}

/// Set in, with signs and hardly a word.
fn is_formula(placed: &Placed) -> bool {
    let text = placed.line.text.as_str();
    let words: Vec<&str> = text.split_whitespace().collect();
    let long = words.iter().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 3).count();
    let signs = text
        .chars()
        .any(|c| matches!(c, '=' | '+' | '<' | '>' | '∑' | '∫' | '∏' | '≤' | '≥' | '∈' | '≈' | '→' | '−' | '∂'));
    signs && placed.line.left - placed.left > placed.line.size && long * 4 <= words.len()
}

#[cfg(test)]
mod tests {
    use super::super::line::Line;
    use super::*;

    const BODY: Body = Body { size: 10.0, weight: 60.0, leading: 1.2, indents: true };

    fn placed(text: &str, left: f32, gaps: Vec<usize>, cell: Option<f32>) -> Placed {
        let line =
            Line { text: text.into(), left, right: 200.0, baseline: 100.0, size: 10.0, gaps, cell, ..Line::default() };
        Placed { line, page: 1, ..Placed::default() }
    }

    #[test]
    fn lines_are_told_apart() {
        let prose = placed("Text that says something about", 0.0, vec![], None);
        let flow = [
            placed("Vec::new", 0.0, vec![], Some(5.0)),
            placed("E = mc2 + x", 60.0, vec![], None),
            placed("one two", 0.0, vec![4], None),
            placed("three four", 0.0, vec![6], None),
        ];
        let above = |at: usize| if at == 3 { &flow[2] } else { &prose };
        let kinds: Vec<Kind> = (0..4).map(|at| kind(&flow, at, Some(above(at)), &BODY)).collect();
        assert_eq!(kinds, [Kind::Prose, Kind::Formula, Kind::Table, Kind::Table]);
        assert_eq!(kind(&flow, 0, None, &BODY), Kind::Code);
    }
}
