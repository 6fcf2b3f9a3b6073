use super::line::{Line, SMALL};
use super::measure::{percentile, usual_size};

/// Lines of one column, from top to bottom, and where the column begins and ends.
#[derive(Clone, Debug, Default)]
pub struct Column {
    pub left: f32,
    pub right: f32,
    pub lines: Vec<Line>,
}

/// Fewer pieces of text on a side are no column.
const FEWEST_ROWS: usize = 6;
/// Columns beside columns beside columns: enough for an index.
const DEEPEST: usize = 3;

/// The text of a page in the order in which it is read.
pub fn columns(pieces: Vec<Line>) -> Vec<Column> {
    let mut groups = Vec::new();
    split(pieces, DEEPEST, &mut groups);
    groups.into_iter().filter(|group| !group.is_empty()).map(column).collect()
}

fn column(pieces: Vec<Line>) -> Column {
    let lines = rows(pieces);
    let left = percentile(lines.iter().map(|line| line.left), 0.05);
    // Code may run over the edge that prose keeps to.
    let prose = lines.iter().filter(|line| line.cell.is_none()).count();
    let keeps = |line: &&Line| prose < 4 || line.cell.is_none();
    let right = percentile(lines.iter().filter(keeps).map(|line| line.right), 0.95);
    Column { left, right, lines }
}

fn split(pieces: Vec<Line>, depth: usize, groups: &mut Vec<Vec<Line>>) {
    let Some(gutter) = (depth > 0).then(|| gutter(&pieces)).flatten() else {
        groups.push(pieces);
        return;
    };
    let (mut across, mut beside): (Vec<Line>, Vec<Line>) =
        pieces.into_iter().partition(|piece| piece.left < gutter && piece.right > gutter);
    across.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    beside.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let mut beside = beside.into_iter().peekable();
    let mut wide: Vec<Line> = Vec::new();
    for end in across.iter().map(Some).chain([None]) {
        let above = |piece: &Line| end.is_none_or(|end| piece.baseline < end.baseline);
        let mut band = Vec::new();
        while let Some(piece) = beside.next_if(above) {
            band.push(piece);
        }
        if !band.is_empty() {
            groups.push(std::mem::take(&mut wide));
            let (left, right) = band.into_iter().partition(|piece| piece.right <= gutter);
            split(left, depth - 1, groups);
            split(right, depth - 1, groups);
        }
        wide.extend(end.cloned());
    }
    groups.push(wide);
}

/// Where two columns part: a line from top to bottom that little text crosses and that text on both sides keeps to.
fn gutter(pieces: &[Line]) -> Option<f32> {
    let words: Vec<&Line> = pieces.iter().filter(|piece| piece.chars() > 1).collect();
    if words.len() < 2 * FEWEST_ROWS || words.iter().filter(|piece| piece.cell.is_some()).count() * 2 > words.len() {
        return None;
    }
    let left = words.iter().map(|piece| piece.left).fold(f32::MAX, f32::min);
    let right = words.iter().map(|piece| piece.right).fold(f32::MIN, f32::max);
    let width = right - left;
    let step = (width / 150.0).max(1.0);
    let places = (0..=100).map(|at| left + 0.17 * width + step * at as f32).filter(|x| *x < right - 0.17 * width);
    let crossing = |x: f32| words.iter().filter(|piece| piece.left < x && piece.right > x).count();
    let best = places.map(|x| (crossing(x), x)).min_by(|a, b| {
        let middle = |x: f32| (x - left - width / 2.0).abs();
        a.0.cmp(&b.0).then(middle(a.1).total_cmp(&middle(b.1)))
    })?;
    parts_columns(&words, best.1).then_some(best.1)
}

fn parts_columns(words: &[&Line], gutter: f32) -> bool {
    let left: Vec<&Line> = words.iter().copied().filter(|piece| piece.right <= gutter).collect();
    let right: Vec<&Line> = words.iter().copied().filter(|piece| piece.left >= gutter).collect();
    let fewer = left.len().min(right.len());
    if fewer < FEWEST_ROWS || words.len() - left.len() - right.len() > left.len() + right.len() {
        return false;
    }
    let extent = |side: &[&Line]| {
        let from = percentile(side.iter().map(|piece| piece.left), 0.05);
        (from, percentile(side.iter().map(|piece| piece.right), 0.95))
    };
    let ((from_left, to_left), (from_right, to_right)) = (extent(&left), extent(&right));
    let (left_width, right_width) = (to_left - from_left, to_right - from_right);
    // Three columns: two of them on one side.
    let balance = left_width.min(right_width) / left_width.max(right_width).max(1.0);
    let filled = |side: &[&Line], width: f32| {
        let shares = side.iter().map(|piece| (piece.right - piece.left) / width.max(1.0));
        percentile(shares, 0.5) > 0.25 && side.iter().map(|piece| piece.chars()).sum::<usize>() > 11 * side.len()
    };
    let keeps = |side: &[&Line], from: f32| {
        let near = side.iter().filter(|piece| (piece.left - from).abs() < 2.0 * piece.size).count();
        near * 5 > side.len() * 2
    };
    balance > 0.4
        && from_right - to_left > 0.5 * words[0].size
        && filled(&left, left_width)
        && filled(&right, right_width)
        && keeps(&right, from_right)
        && keeps(&left, from_left)
}

/// Pieces on one baseline become a line; small ones join the line they are raised or lowered from.
fn rows(pieces: Vec<Line>) -> Vec<Line> {
    let size = usual_size(&pieces);
    let (mut large, small): (Vec<Line>, Vec<Line>) = pieces.into_iter().partition(|piece| piece.size >= SMALL * size);
    large.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let mut rows: Vec<Vec<Line>> = Vec::new();
    for piece in large {
        match rows.iter_mut().rev().take(3).find(|row| on_one_line(&row[0], &piece)) {
            Some(row) => row.push(piece),
            None => rows.push(vec![piece]),
        }
    }
    let mut own: Vec<Vec<Line>> = Vec::new();
    for piece in small {
        match rows.iter_mut().chain(&mut own).find(|row| row.iter().any(|line| is_beside(line, &piece))) {
            Some(row) => row.push(piece),
            None => own.push(vec![piece]),
        }
    }
    rows.append(&mut own);
    let mut lines: Vec<Line> = rows.into_iter().filter_map(joined).collect();
    lines.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    lines
}

fn on_one_line(a: &Line, b: &Line) -> bool {
    (a.baseline - b.baseline).abs() < 0.35 * a.size.max(b.size)
}

fn is_beside(line: &Line, small: &Line) -> bool {
    let reach = if small.size < SMALL * line.size { 0.6 } else { 0.35 };
    let near = small.left < line.right + line.size && small.right > line.left - 2.5 * line.size;
    let same = on_one_line(line, small) && (line.size - small.size).abs() < 0.5;
    same || (near && (line.baseline - small.baseline).abs() < reach * line.size)
}

fn joined(mut row: Vec<Line>) -> Option<Line> {
    row.sort_by(|a, b| a.left.total_cmp(&b.left));
    row.into_iter().reduce(|mut line, piece| {
        line.append(&piece);
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, left: f32, baseline: f32) -> Line {
        Line { text: text.into(), left, right: left + 200.0, baseline, size: 10.0, ..Line::default() }
    }

    #[test]
    fn columns_are_read_one_after_the_other() {
        let mut pieces = vec![Line { right: 450.0, ..piece("a title over both columns", 50.0, 50.0) }];
        for row in 0..8 {
            pieces.push(piece(&format!("left hand side {row}"), 50.0, 80.0 + 12.0 * row as f32));
            pieces.push(piece(&format!("right hand side {row}"), 270.0, 80.0 + 12.0 * row as f32));
        }
        let texts: Vec<Vec<String>> =
            columns(pieces).iter().map(|column| column.lines.iter().map(|line| line.text.clone()).collect()).collect();
        assert_eq!(texts.iter().map(Vec::len).collect::<Vec<_>>(), [1, 8, 8]);
        assert_eq!((texts[1][7].as_str(), texts[2][0].as_str()), ("left hand side 7", "right hand side 0"));
    }

    #[test]
    fn a_small_table_is_read_row_by_row() {
        let rows = (0..8).flat_map(|row| {
            let short = |left: f32| Line { right: left + 20.0, ..piece("ab", left, 80.0 + 12.0 * row as f32) };
            [short(50.0), short(270.0)]
        });
        let columns = columns(rows.collect());
        assert_eq!(columns.len(), 1);
        assert_eq!((columns[0].lines[0].text.as_str(), columns[0].lines[0].gaps.len()), ("ab ab", 1));
    }
}
