use std::collections::HashMap;

use hayro_interpret::font::{Glyph, PositionedGlyph};
use hayro_interpret::kurbo::Shape;

/// How often a narrow and a wide letter must be seen with one width before it is taken for a typewriter's.
const EVIDENCE: u32 = 3;

/// What the fonts of a book look like, told from the characters they show: their names are often lost or made up.
#[derive(Default)]
pub struct Typefaces {
    /// Width in half thousandths of the size: how many narrow and wide letters have it.
    widths: HashMap<u32, (u32, u32)>,
    weights: HashMap<u128, f32>,
}

impl Typefaces {
    /// Notes that a letter has this width.
    pub fn see(&mut self, letter: char, advance: f32) {
        let narrow = matches!(letter, 'i' | 'l' | 'j' | '.' | ',' | ';' | ':');
        let wide = matches!(letter, 'm' | 'w' | 'M' | 'W' | 'G' | 'Q');
        if narrow || wide {
            let (narrows, wides) = self.widths.entry(key(advance)).or_default();
            *narrows += u32::from(narrow);
            *wides += u32::from(wide);
        }
    }

    /// Whether narrow letters are as wide as wide ones.
    pub fn is_typewriter(&self, advance: f32) -> bool {
        self.widths.get(&key(advance)).is_some_and(|(narrow, wide)| *narrow >= EVIDENCE && *wide >= EVIDENCE)
    }

    /// The mean thickness of the strokes in thousandths of the size; 0 for a glyph without outline.
    pub fn weight(&mut self, shown: &PositionedGlyph<'_>) -> f32 {
        let Glyph::Outline(glyph) = &**shown else {
            return 0.0;
        };
        *self.weights.entry(glyph.identifier().cache_key()).or_insert_with(|| {
            let outline = glyph.outline();
            let (area, length) = (outline.area().abs(), outline.perimeter(1.0));
            if length > 1.0 && area.is_finite() { (2.0 * area / length) as f32 } else { 0.0 }
        })
    }
}

fn key(advance: f32) -> u32 {
    (advance * 2.0).round() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typewriter_gives_all_letters_one_width() {
        let mut faces = Typefaces::default();
        for letter in "mill willow".chars() {
            faces.see(letter, 525.0);
            faces.see(letter, if matches!(letter, 'i' | 'l') { 278.0 } else { 800.0 });
        }
        for letter in "mmm".chars() {
            faces.see(letter, 525.0);
        }
        assert!(faces.is_typewriter(525.0));
        assert!(!faces.is_typewriter(278.0) && !faces.is_typewriter(800.0));
    }
}
