use super::columns::columns;
use super::line::Line;
use super::measure::{most_frequent, percentile, usual_size};
use super::pages::PageText;

/// A line in its place in the reading order.
#[derive(Clone, Debug, Default)]
pub struct Placed {
    pub line: Line,
    /// Counted from 1.
    pub page: u32,
    /// Where its column begins and ends.
    pub left: f32,
    pub right: f32,
    /// First of its column: what stands above it says nothing about the distance.
    pub first: bool,
    /// Headings that begin right before it.
    pub opens: Vec<Heading>,
    pub role: Role,
}

/// What a line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    #[default]
    Text,
    /// Stands below the text and must not part a paragraph that goes on.
    Note,
    /// Not text of the book, or already taken as a heading.
    Gone,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    pub level: u8,
    pub title: String,
}

/// How most of a book is set.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    pub size: f32,
    /// Thickness of strokes; 0 where unknown.
    pub weight: f32,
    /// From baseline to baseline, as a share of the size.
    pub leading: f32,
    /// Whether paragraphs begin with an indent.
    pub indents: bool,
}

impl Placed {
    pub fn is_text(&self) -> bool {
        self.role == Role::Text
    }

    /// Distance from the line above, as a share of the size.
    pub fn distance(&self, above: &Placed) -> f32 {
        (self.line.baseline - above.line.baseline) / self.line.size.max(above.line.size).max(1.0)
    }
}

/// Whether the first word of the next line would have fitted at the end of this one: then the paragraph ended there.
pub fn has_room(last: &Placed, next: &Placed) -> bool {
    let word = next.line.text.split_whitespace().next().unwrap_or_default().chars().count() as f32;
    let letter = (next.line.right - next.line.left) / next.line.chars().max(1) as f32;
    last.right - last.line.right > (word + 1.0) * letter + 0.5 * last.line.size
}

/// All lines of the book in reading order.
pub fn flow(pages: Vec<PageText>) -> Vec<Placed> {
    let mut flow = Vec::new();
    for page in pages {
        for column in columns(page.pieces) {
            let (left, right) = (column.left, column.right);
            let placed = column.lines.into_iter().enumerate().map(|(at, line)| Placed {
                line,
                page: page.number,
                left,
                right,
                first: at == 0,
                ..Placed::default()
            });
            flow.extend(placed);
        }
    }
    widen_short_columns(&mut flow);
    flow
}

/// A page with little text does not say how wide its column is: it is as wide as the others.
fn widen_short_columns(flow: &mut [Placed]) {
    let full = |column: &&[Placed]| column.len() > 12;
    let by_column = |_: &Placed, next: &Placed| !next.first;
    let widths = flow.chunk_by(by_column).filter(full).map(|column| column[0].right - column[0].left);
    let usual = percentile(widths, 0.5);
    for column in flow.chunk_by_mut(by_column).filter(|column| column.len() <= 12) {
        for placed in column {
            placed.right = placed.right.max(placed.left + usual);
        }
    }
}

/// Measures how most of the book is set.
pub fn body(flow: &[Placed]) -> Body {
    let prose = || flow.iter().filter(|placed| placed.line.cell.is_none());
    let size = usual_size(prose().map(|placed| &placed.line));
    let usual = |placed: &&Placed| (placed.line.size - size).abs() < 0.6;
    let weights = prose().filter(usual).map(|placed| ((placed.line.weight * 2.0).round() as u32, placed.line.chars()));
    let weight = most_frequent(weights).unwrap_or_default() as f32 / 2.0;
    let pairs = || flow.windows(2).filter(|pair| !pair[1].first && usual(&&pair[0]) && usual(&&pair[1]));
    let leadings = pairs().map(|pair| ((pair[1].distance(&pair[0]) * 20.0).round() as i32, 1));
    let leading =
        most_frequent(leadings.filter(|(leading, _)| *leading > 10)).map_or(1.2, |leading| leading as f32 / 20.0);
    Body { size, weight, leading, indents: indents(pairs(), leading) }
}

/// Whether lines right below full ones stand further in often enough.
fn indents<'p>(pairs: impl Iterator<Item = &'p [Placed]>, leading: f32) -> bool {
    let (mut indented, mut all) = (0, 0);
    for pair in pairs.filter(|pair| pair[1].distance(&pair[0]) < 1.2 * leading) {
        let deep = pair[1].line.left - pair[1].left;
        let flush = pair[0].line.left - pair[0].left < 2.0;
        indented += usize::from(flush && deep > 0.8 * pair[1].line.size && deep < 3.0 * pair[1].line.size);
        all += 1;
    }
    indented * 25 > all
}

/// Marks footnotes: lines in smaller letters at the end of a column.
pub fn mark_notes(flow: &mut [Placed], body: &Body) {
    for column in flow.chunk_by_mut(|_, next| !next.first) {
        let small = |placed: &&Placed| placed.line.cell.is_none() && placed.line.size < 0.93 * body.size;
        let notes = column.iter().rev().take_while(small).count();
        if notes * 2 < column.len() {
            let text = column.len() - notes;
            for placed in column[text..].iter_mut().filter(|placed| placed.is_text() && placed.opens.is_empty()) {
                placed.role = Role::Note;
            }
        }
    }
}
