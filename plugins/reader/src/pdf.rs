use std::collections::HashMap;
use std::thread;

use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use super::document::{Document, DocumentBuilder};

/// Columns of a page, and the order they are read in.
mod columns;
/// Printed tables of contents, left out.
mod contents;
/// Lines of all pages in reading order.
mod flow;
/// Running heads, feet and page numbers, taken off.
mod furniture;
/// Characters and where they stand.
mod glyphs;
/// Printed headings that bookmarks name.
mod headings;
/// Words parted at the ends of lines.
mod hyphens;
/// The index at the end of a book.
mod index;
/// Marks of a list's items.
mod items;
/// Prose, code, tables and formulas.
mod kinds;
/// Printed page numbers.
mod labels;
/// Characters as they are typed.
mod letters;
/// Characters on one baseline.
mod line;
/// What is usual among many values.
mod measure;
/// Numbers of chapters and sections.
mod numbers;
/// Strings and trees of the file format.
mod objects;
/// Bookmarks.
mod outline;
/// Text of single pages.
mod pages;
/// Lines put together to paragraphs.
mod paragraphs;
/// What the book is called and who wrote it.
mod title;
/// What fonts look like.
mod typefaces;
/// Headings told by how they are set.
mod typography;

/// Forms nest as deeply as the file likes; the interpreter stops at 50 of them, and needs room for that.
const STACK: usize = 64 << 20;

/// Reads a book in PDF: its text in reading order under the headings its bookmarks or its typography give.
///
/// What is printed on every page (heads, feet, numbers), tables of contents and the index are no text; the terms of the index
/// go to the sections on the pages it names. Fails with a reason for what is no PDF, is encrypted, or holds no text.
pub fn read(bytes: &[u8]) -> Result<Document, String> {
    thread::scope(|scope| {
        let reader = thread::Builder::new().name("pdf".to_owned()).stack_size(STACK);
        let reader = reader.spawn_scoped(scope, || read_here(bytes)).map_err(|error| error.to_string())?;
        reader.join().unwrap_or_else(|_| Err(DAMAGED.to_owned()))
    })
}

const DAMAGED: &str = "is no PDF, or damaged beyond reading";

fn read_here(bytes: &[u8]) -> Result<Document, String> {
    let pdf = Pdf::new(bytes.to_vec()).map_err(refusal)?;
    let mut pages = pages::pages(&pdf)?;
    check_text(&pages)?;
    let offset = furniture::take_off(&mut pages);
    let count = pages.len();
    let mut flow = flow::flow(pages);
    let body = flow::body(&flow);
    let mut builder = DocumentBuilder::default();
    let (title, author) = title::metadata(&pdf);
    builder.title(title.or_else(|| title::printed(&flow, &body)));
    builder.author(author);
    contents::take_out(&mut flow);
    let bookmarks = outline::bookmarks(&pdf);
    if headings::suffice(&bookmarks, count) {
        headings::mark(&mut flow, &bookmarks, &body);
    } else {
        typography::mark(&mut flow, &body);
    }
    let entries = index::take_out(&mut flow);
    flow::mark_notes(&mut flow, &body);
    paragraphs::deliver(&flow, &body, &mut builder);
    let mut document = builder.finish();
    let labels = labels::labels(&pdf);
    index::assign(&mut document, &entries, |label| page_of(label, offset, &labels));
    Ok(document)
}

fn refusal(error: LoadPdfError) -> String {
    match error {
        LoadPdfError::Decryption(DecryptionError::UnsupportedAlgorithm) => {
            "is encrypted in a way that is not read: save it without encryption first".to_owned()
        }
        LoadPdfError::Decryption(_) => {
            "is encrypted: take its password off first, for example with `qpdf --decrypt --password=… book.pdf open.pdf`"
                .to_owned()
        }
        LoadPdfError::Invalid => DAMAGED.to_owned(),
    }
}

/// Refuses a file whose text would be none, or not what its pages show.
fn check_text(pages: &[pages::PageText]) -> Result<(), String> {
    let (empty, full): (Vec<_>, Vec<_>) = pages.iter().partition(|page| page.pieces.is_empty());
    let pictures = empty.iter().filter(|page| page.pictures).count();
    if full.is_empty() && pictures > 0 {
        return Err(
            "holds images of pages without text; run it through an OCR program such as ocrmypdf first".to_owned()
        );
    }
    if full.is_empty() {
        let broken = pages.iter().any(|page| page.broken);
        return Err(if broken { DAMAGED.to_owned() } else { "holds no text".to_owned() });
    }
    let sample: String =
        full.iter().flat_map(|page| &page.pieces).map(|piece| piece.text.as_str()).collect::<Vec<_>>().join(" ");
    if letters::is_garbage(&sample) {
        return Err(
            "has fonts that do not say which characters they show; run it through an OCR program first, for example \
            with `ocrmypdf --force-ocr`"
                .to_owned(),
        );
    }
    let broken = pages.iter().filter(|page| page.broken).count();
    if pictures + broken > 0 {
        tracing::warn!(
            pictures,
            broken,
            pages = pages.len(),
            "pages of a PDF are images without text, or broken; they are left out"
        );
    }
    Ok(())
}

/// The page of the file that carries a printed number.
fn page_of(label: &str, offset: Option<i64>, labels: &HashMap<String, u32>) -> Option<u32> {
    let number = label.parse::<i64>().ok();
    let printed = offset.zip(number).and_then(|(offset, number)| u32::try_from(number + offset).ok());
    printed.or_else(|| labels.get(label).copied()).or_else(|| u32::try_from(number?).ok())
}

#[cfg(test)]
mod tests;
