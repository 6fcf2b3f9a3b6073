use std::collections::HashSet;
use std::panic::resume_unwind;
use std::time::Instant;

use hayro_interpret::font::{Glyph as Shown, GlyphRun, PositionedGlyph};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::kurbo::{Affine, BezPath};
use hayro_interpret::{BlendMode, ClipPath, Device, DrawMode, DrawProps, Image, ImageDrawProps, SoftMask};
use hayro_syntax::object::{Dict, String as PdfString};

use super::letters;
use super::objects::text_of;
use super::typefaces::Typefaces;

/// What stands for a character whose font does not say which one it is.
pub const UNKNOWN: char = '\u{fffd}';

/// A character as it stands on a page: lengths in points, from the upper left corner.
#[derive(Clone, Debug)]
pub struct Glyph {
    pub text: String,
    pub left: f32,
    pub right: f32,
    pub baseline: f32,
    pub size: f32,
    /// How wide the font says it is, in thousandths of its size.
    pub advance: f32,
    /// Thickness of its strokes in thousandths of its size; 0 where unknown.
    pub weight: f32,
}

/// Thrown through the interpreter, which has no other way of being told to stop.
pub struct Stopped;

/// Collects what a page shows as text.
pub struct Collector<'t> {
    pub glyphs: Vec<Glyph>,
    /// Whether the page shows a picture.
    pub pictures: bool,
    faces: &'t mut Typefaces,
    width: f32,
    height: f32,
    /// For each marked content that is open: what it means for the text in it.
    marks: Vec<Mark>,
    seen: HashSet<(char, i32, i32)>,
    most: usize,
    steps: u32,
    until: Instant,
}

enum Mark {
    None,
    /// Heads, feet and ornaments.
    Artifact,
    /// The text that all of its characters together stand for, until it is taken.
    Replaced(Option<String>),
}

impl<'t> Collector<'t> {
    pub fn new(faces: &'t mut Typefaces, (width, height): (f32, f32), most: usize, until: Instant) -> Self {
        Self {
            glyphs: Vec::new(),
            pictures: false,
            faces,
            width,
            height,
            marks: Vec::new(),
            seen: HashSet::new(),
            most,
            steps: 0,
            until,
        }
    }

    /// Forms that show forms can ask for more work than time allows, however small the file.
    fn step(&mut self) {
        self.steps = self.steps.wrapping_add(1);
        if self.glyphs.len() > self.most || (self.steps.is_multiple_of(64) && Instant::now() > self.until) {
            resume_unwind(Box::new(Stopped));
        }
    }

    fn add(&mut self, at: Affine, shown: &PositionedGlyph<'_>) {
        let [across, climb, lean, up, left, baseline] = at.as_coeffs().map(|number| number as f32);
        let upright = across > 0.0 && up < 0.0 && climb.abs() < 0.1 * across && lean.abs() < 0.5 * up.abs();
        let size = up.abs() * 1000.0;
        let inside = (-1.0..=self.width).contains(&left) && (-1.0..=self.height).contains(&baseline);
        if !upright || !inside || size < 1.0 {
            return;
        }
        let Some(text) = self.text(shown) else {
            return;
        };
        let first = text.chars().next().unwrap_or(UNKNOWN);
        if !first.is_whitespace() && !self.is_new(first, left, baseline) {
            return;
        }
        let advance = advance(shown);
        // A substitute for a font that is missing is stretched; what the file says of widths holds for the unstretched one.
        let scale = if across > 1.3 * up.abs() { across } else { across.min(up.abs()) };
        let weight = if first.is_alphanumeric() { self.faces.weight(shown) } else { 0.0 };
        self.faces.see(first, advance);
        let right = left + advance * scale;
        self.glyphs.push(Glyph { text, left, right, baseline, size, advance, weight });
    }

    fn text(&mut self, shown: &PositionedGlyph<'_>) -> Option<String> {
        match self.marks.last_mut() {
            Some(Mark::Artifact) => None,
            Some(Mark::Replaced(text)) => text.take(),
            Some(Mark::None) | None => match shown.as_unicode() {
                Some(BfString::Char(c)) => Some(letters::clean(c.encode_utf8(&mut [0; 4]))),
                Some(BfString::String(text)) => Some(letters::clean(&text)),
                None => Some(UNKNOWN.to_string()),
            },
        }
        .filter(|text| !text.is_empty())
    }

    /// Bold is often faked by showing the same text twice.
    fn is_new(&mut self, c: char, x: f32, y: f32) -> bool {
        let (x, y) = ((x * 2.0).round() as i32, (y * 2.0).round() as i32);
        let again = (-1..=1).any(|off| self.seen.contains(&(c, x + off, y)));
        self.seen.insert((c, x, y));
        !again
    }
}

fn advance(shown: &PositionedGlyph<'_>) -> f32 {
    let advance = match &**shown {
        Shown::Outline(glyph) => glyph.advance_width(),
        Shown::Type3(glyph) => glyph.advance_width(),
    };
    advance.filter(|width| width.is_finite()).unwrap_or(500.0).clamp(0.0, 4000.0)
}

impl<'a> Device<'a> for Collector<'_> {
    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {
        self.step();
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.step();
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {
        self.step();
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        for glyph in run.glyphs() {
            self.step();
            self.add(props.transform * glyph.transform(), glyph);
        }
    }

    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {
        self.step();
        self.pictures = true;
    }

    fn pop_clip(&mut self) {}

    fn pop_transparency_group(&mut self) {}

    fn begin_marked_content(&mut self, tag: &[u8], properties: Option<&Dict<'_>>) {
        self.step();
        let replaced = properties.and_then(|dict| dict.get::<PdfString<'_>>("ActualText"));
        let mark = match (self.marks.last(), replaced) {
            (Some(Mark::Artifact), _) => Mark::Artifact,
            _ if tag == b"Artifact" => Mark::Artifact,
            (Some(Mark::Replaced(_)), _) => Mark::Replaced(None),
            (_, Some(text)) => Mark::Replaced(Some(letters::clean(&text_of(text.as_bytes())))),
            _ => Mark::None,
        };
        if self.marks.len() < 1000 {
            self.marks.push(mark);
        }
    }

    fn end_marked_content(&mut self) {
        self.marks.pop();
    }
}
