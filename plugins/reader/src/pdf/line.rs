use super::glyphs::Glyph;
use super::letters::accented;
use super::measure::{most_frequent, percentile};
use super::typefaces::Typefaces;

/// A gap wider than this share of the size parts two words.
const WORD_GAP: f32 = 0.16;
/// A gap wider than this parts two pieces of text, to be put together again when columns are known.
const PIECE_GAP: f32 = 1.1;
/// Smaller than this share of its neighbours, a character is an index or an exponent.
pub const SMALL: f32 = 0.86;

/// Text on one baseline: lengths in points, from the upper left corner of the page.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub text: String,
    pub left: f32,
    pub right: f32,
    pub baseline: f32,
    pub size: f32,
    /// Usual thickness of the strokes in thousandths of the size; 0 where unknown.
    pub weight: f32,
    /// In typewriter's letters: the width of one.
    pub cell: Option<f32>,
    /// Where in the text a gap as wide as between the columns of a table stands.
    pub gaps: Vec<usize>,
}

impl Line {
    pub fn chars(&self) -> usize {
        self.text.chars().count()
    }

    /// Takes what stands further right on the same baseline.
    pub fn append(&mut self, other: &Line) {
        let (mine, more) = (self.chars() as f32, other.chars() as f32);
        let gap = other.left - self.right;
        let size = self.size.max(other.size);
        match self.cell.filter(|cell| *cell > 0.0) {
            Some(cell) => self.text.push_str(&" ".repeat((gap / cell).round().clamp(1.0, 120.0) as usize)),
            None if gap > WORD_GAP * size => self.text.push(' '),
            None => {}
        }
        if gap > 1.8 * size {
            self.gaps.push(self.text.len());
        }
        let offset = self.text.len();
        self.gaps.extend(other.gaps.iter().map(|at| at + offset));
        self.text.push_str(&other.text);
        self.weight = (self.weight * mine + other.weight * more) / (mine + more).max(1.0);
        self.right = self.right.max(other.right);
        self.cell = self.cell.filter(|_| other.cell.is_some());
        if more > mine {
            (self.size, self.baseline) = (other.size, other.baseline);
        }
    }
}

/// Puts characters together as long as each stands beside the one before.
pub fn lines(glyphs: Vec<Glyph>, faces: &Typefaces) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut run = Run::default();
    for glyph in glyphs {
        if !run.takes(&glyph) {
            lines.extend(std::mem::take(&mut run).line(faces));
        }
        run.push(glyph);
    }
    lines.extend(run.line(faces));
    lines
}

/// Characters that belong side by side.
#[derive(Default)]
struct Run {
    glyphs: Vec<Glyph>,
    /// Of the largest character.
    baseline: f32,
    size: f32,
    right: f32,
}

impl Run {
    fn takes(&self, glyph: &Glyph) -> bool {
        if self.glyphs.is_empty() {
            return true;
        }
        let (small, large) = (self.size.min(glyph.size), self.size.max(glyph.size));
        let reach = if small < SMALL * large { 0.6 } else { 0.25 };
        let gap = glyph.left - self.right;
        (glyph.baseline - self.baseline).abs() < reach * large && gap < PIECE_GAP * large && gap > -0.7 * large
    }

    fn push(&mut self, glyph: Glyph) {
        if glyph.size > self.size * 1.05 || self.glyphs.is_empty() {
            (self.size, self.baseline) = (glyph.size, glyph.baseline);
        }
        self.right = glyph.right;
        self.glyphs.push(glyph);
    }

    fn line(self, faces: &Typefaces) -> Option<Line> {
        let shown = |glyph: &&Glyph| glyph.text != " ";
        let inked: Vec<&Glyph> = self.glyphs.iter().filter(shown).collect();
        let (first, last) = (inked.first()?, inked.last()?);
        let cell = cell(&inked, faces);
        let (size, baseline) = self.usual(&inked);
        let text = Writer { line: &self, cell, word_gap: word_gap(&inked), text: String::new() }.write();
        (!text.is_empty()).then(|| Line {
            text,
            left: first.left,
            right: last.right,
            baseline,
            size,
            weight: weight(&inked, faces),
            cell,
            gaps: Vec::new(),
        })
    }

    /// The size most characters have, and the baseline of those: one large sign does not make a large line.
    fn usual(&self, inked: &[&Glyph]) -> (f32, f32) {
        let sizes = inked.iter().map(|glyph| ((glyph.size * 10.0).round() as u32, 1));
        let usual = most_frequent(sizes).unwrap_or_default();
        let found = inked.iter().find(|glyph| (glyph.size * 10.0).round() as u32 == usual);
        found.map_or((self.size, self.baseline), |glyph| (glyph.size, glyph.baseline))
    }
}

/// What most letters have at least. A typewriter's letters do not count beside others: a name of code makes text neither bold
/// nor a bold title light.
fn weight(glyphs: &[&Glyph], faces: &Typefaces) -> f32 {
    let known = || glyphs.iter().filter(|glyph| glyph.weight > 0.0);
    let others = known().filter(|glyph| !faces.is_typewriter(glyph.advance)).map(|glyph| glyph.weight);
    let others = percentile(others, 0.4);
    if others > 0.0 { others } else { percentile(known().map(|glyph| glyph.weight), 0.4) }
}

/// The width of a letter, where nearly all are a typewriter's.
fn cell(glyphs: &[&Glyph], faces: &Typefaces) -> Option<f32> {
    let fixed: Vec<&&Glyph> = glyphs.iter().filter(|glyph| faces.is_typewriter(glyph.advance)).collect();
    (fixed.len() * 10 >= glyphs.len() * 9).then(|| fixed.first().map(|glyph| glyph.right - glyph.left)).flatten()
}

/// Text that is set wide has gaps between letters, too.
fn word_gap(glyphs: &[&Glyph]) -> f32 {
    let mut gaps: Vec<f32> =
        glyphs.windows(2).map(|pair| (pair[1].left - pair[0].right) / pair[1].size.max(1.0)).collect();
    gaps.sort_by(f32::total_cmp);
    let usual = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
    if glyphs.len() > 6 && usual > 0.06 { usual + WORD_GAP } else { WORD_GAP }
}

/// Writes down what a run of characters says.
struct Writer<'r> {
    line: &'r Run,
    cell: Option<f32>,
    word_gap: f32,
    text: String,
}

impl Writer<'_> {
    fn write(mut self) -> String {
        let mut before: Option<&Glyph> = None;
        let mut spaced = false;
        let glyphs = &self.line.glyphs;
        let mut at = 0;
        while let Some(glyph) = glyphs.get(at) {
            at += 1;
            if glyph.text == " " {
                spaced = true;
                continue;
            }
            if let Some(before) = before {
                self.blank(before, glyph, spaced);
            }
            spaced = false;
            before = Some(glyph);
            if let Some(letter) = glyphs.get(at).and_then(|next| composed(glyph, next)) {
                self.text.push(letter);
                before = glyphs.get(at);
                at += 1;
            } else if !self.is_note_mark(at - 1) {
                self.text.push_str(&glyph.text);
            }
        }
        self.text.trim().to_owned()
    }

    fn blank(&mut self, before: &Glyph, glyph: &Glyph, spaced: bool) {
        let gap = glyph.left - before.right;
        match self.cell.filter(|cell| *cell > 0.0) {
            Some(cell) => {
                let blanks = (gap / cell).round().clamp(0.0, 120.0) as usize;
                self.text.push_str(&" ".repeat(blanks.max(usize::from(spaced))));
            }
            None if spaced || gap > self.word_gap * before.size.max(glyph.size) => self.text.push(' '),
            None => {}
        }
    }

    /// The number of a footnote, raised after a word or a sentence; what is raised in a formula stays.
    fn is_note_mark(&self, at: usize) -> bool {
        let raised = |glyph: &Glyph| {
            glyph.size < SMALL * self.line.size
                && glyph.baseline < self.line.baseline - 0.2 * self.line.size
                && glyph.text.chars().all(|c| c.is_ascii_digit())
        };
        let glyphs = &self.line.glyphs;
        let start = (0..=at).rev().take_while(|at| raised(&glyphs[*at])).last();
        let Some(start) = start.filter(|start| *start > 0) else {
            return false;
        };
        let before: Vec<char> = glyphs[..start].iter().rev().take(4).flat_map(|glyph| glyph.text.chars()).collect();
        before.first().is_some_and(|c| matches!(c, '.' | ',' | ';' | ':' | ')' | '\u{201d}'))
            || (before.len() >= 4 && before.iter().all(|c| c.is_alphabetic()))
    }
}

/// An accent and the letter under it.
fn composed(accent: &Glyph, letter: &Glyph) -> Option<char> {
    let single = |text: &str| text.chars().next().filter(|c| c.len_utf8() == text.len());
    let under =
        letter.left < accent.right - 0.15 * letter.size && (letter.left - accent.left).abs() < 0.5 * letter.size;
    accented(single(&accent.text)?, single(&letter.text)?).filter(|_| under)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glyph(text: &str, left: f32, baseline: f32, size: f32) -> Glyph {
        let width = size * 0.5;
        Glyph { text: text.into(), left, right: left + width, baseline, size, advance: 500.0, weight: 60.0 }
    }

    fn word(text: &str, left: f32) -> Vec<Glyph> {
        text.chars().enumerate().map(|(at, c)| glyph(&c.to_string(), left + at as f32 * 5.0, 100.0, 10.0)).collect()
    }

    fn read(glyphs: Vec<Glyph>) -> Vec<String> {
        lines(glyphs, &Typefaces::default()).into_iter().map(|line| line.text).collect()
    }

    #[test]
    fn gaps_part_words_and_wide_gaps_part_pieces() {
        let glyphs = [word("two", 0.0), word("words", 18.0), word("apart", 100.0)].concat();
        assert_eq!(read(glyphs), ["two words", "apart"]);
    }

    #[test]
    fn accents_join_their_letters_and_note_marks_go() {
        let mut glyphs = word("caf", 0.0);
        glyphs.push(glyph("\u{b4}", 15.0, 100.0, 10.0));
        glyphs.push(glyph("e", 15.0, 100.0, 10.0));
        glyphs.push(glyph("3", 20.0, 96.0, 7.0));
        assert_eq!(read(glyphs), ["café3"]);
        let mut glyphs = word("coffee", 0.0);
        glyphs.push(glyph("3", 30.0, 96.0, 7.0));
        assert_eq!(read(glyphs), ["coffee"]);
    }

    #[test]
    fn letters_set_wide_are_one_word() {
        let wide = "CHAPTERS".chars().enumerate().map(|(at, c)| glyph(&c.to_string(), at as f32 * 8.0, 100.0, 10.0));
        assert_eq!(read(wide.collect()), ["CHAPTERS"]);
    }
}
