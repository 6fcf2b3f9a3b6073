use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use hayro_interpret::kurbo::Rect;
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, RenderContent, TransformExt, interpret_page};
use hayro_syntax::Pdf;
use hayro_syntax::page::Page;

use super::glyphs::{Collector, Stopped};
use super::line::{Line, lines};
use super::typefaces::Typefaces;

/// Characters of a page beyond which it is no page of a book.
const MOST_ON_PAGE: usize = 200_000;
/// Pieces of text on a page: more than any table has.
const MOST_PIECES: usize = 5_000;
/// Characters of a file: some 5,000 full pages.
const MOST_CHARACTERS: usize = 20_000_000;
/// Pages that are looked at.
const MOST_PAGES: usize = 20_000;
/// What a page may take.
const PAGE_TIME: Duration = Duration::from_secs(10);
/// What all pages together may take.
const FILE_TIME: Duration = Duration::from_mins(5);

/// What stands on a page, before its order is known.
#[derive(Debug, Default)]
pub struct PageText {
    /// Counted from 1.
    pub number: u32,
    pub pieces: Vec<Line>,
    /// Whether the page shows a picture.
    pub pictures: bool,
    /// Whether it could not be read to its end.
    pub broken: bool,
}

/// Reads the text of all pages.
pub fn pages(pdf: &Pdf) -> Result<Vec<PageText>, String> {
    let end = Instant::now() + FILE_TIME;
    let mut faces = Typefaces::default();
    let mut cache = InterpreterCache::new();
    let mut pages = Vec::new();
    let mut characters = 0;
    for (at, page) in pdf.pages().iter().take(MOST_PAGES).enumerate() {
        let text = page_text(page, at as u32 + 1, &mut faces, &mut cache, end);
        characters += text.pieces.iter().map(|piece| piece.text.len()).sum::<usize>();
        pages.push(text);
        if Instant::now() > end {
            return Err(format!("takes more than {} seconds to read", FILE_TIME.as_secs()));
        }
        if characters > MOST_CHARACTERS {
            return Err("holds more text than a book".to_owned());
        }
    }
    Ok(pages)
}

fn page_text<'a>(
    page: &Page<'a>,
    number: u32,
    faces: &mut Typefaces,
    cache: &mut InterpreterCache<'a>,
    end: Instant,
) -> PageText {
    let until = end.min(Instant::now() + PAGE_TIME);
    let mut collector = Collector::new(faces, page.render_dimensions(), MOST_ON_PAGE, until);
    // One page that the interpreter stumbles over must not cost the book.
    let read = catch_unwind(AssertUnwindSafe(|| show(page, cache, &mut collector)));
    let (glyphs, pictures) = (std::mem::take(&mut collector.glyphs), collector.pictures);
    let broken = read.is_err();
    if read.is_err_and(|cause| !cause.is::<Stopped>()) {
        *cache = InterpreterCache::new();
    }
    let mut pieces = lines(glyphs, faces);
    pieces.truncate(MOST_PIECES);
    PageText { number, pieces, pictures, broken }
}

fn show<'a>(page: &Page<'a>, cache: &InterpreterCache<'a>, collector: &mut Collector<'_>) {
    let (width, height) = page.render_dimensions();
    let place = page.initial_transform(true).to_kurbo();
    let area = Rect::new(0.0, 0.0, width.into(), height.into());
    let settings = InterpreterSettings { render_content: RenderContent::PAGE, ..InterpreterSettings::default() };
    let mut context = Context::new(place, area, cache, page.xref(), settings);
    interpret_page(page, &mut context, collector);
}
