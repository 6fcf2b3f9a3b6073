//! Files that are not as they should be, made out of good ones.

use std::iter::repeat_n;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::good::{
    HTML, MARKDOWN, NOTEBOOK, RST, chapter, epub, epub_entries, epub_of, epub_with, pdf, pdf_objects, pdf_of, pdf_with,
    stream,
};

/// What has to become of a file, besides that nothing falls.
#[derive(Clone, Copy, Debug)]
pub enum Fate {
    /// It is read, or a reason is given.
    ReadOrRefused,
    /// The reason holds this word.
    Refused(&'static str),
    /// It is so much work that the process that reads it may have to be ended.
    ReadOrEnded,
}

/// Name, bytes and what has to become of it.
pub type Bad = (&'static str, Vec<u8>, Fate);

const ANY: Fate = Fate::ReadOrRefused;

pub fn files() -> Vec<Bad> {
    [pdfs(), epubs(), pages(), texts()].concat()
}

fn pdfs() -> Vec<Bad> {
    let good = pdf();
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 5 0 R >> >>";
    vec![
        ("01-half.pdf", good[..good.len() / 2].to_vec(), ANY),
        ("02-head-only.pdf", good[..20].to_vec(), ANY),
        ("03-bytes-flipped.pdf", flipped(&good, 3, 40, ANY_BIT), ANY),
        ("04-many-bytes-flipped.pdf", flipped(&good, 4, 400, ANY_BIT), ANY),
        ("05-spliced-with-an-epub.pdf", spliced(&good, &epub()), ANY),
        ("06-object-that-is-itself.pdf", pdf_with(5, "5 0 R"), ANY),
        ("07-page-tree-loop.pdf", pdf_with(2, "<< /Type /Pages /Kids [2 0 R 4 0 R 2 0 R] /Count 3 >>"), ANY),
        ("08-encrypted.pdf", encrypted(), Fate::Refused("encrypted")),
        ("09-images-only.pdf", images_only(), Fate::Refused("images")),
        ("10-form-that-draws-itself.pdf", pdf_with(5, stream(form, b"/X Do")), ANY),
        ("11-array-nested-100000-deep.pdf", pdf_with(4, [b"[".repeat(100_000), b"]".repeat(100_000)].concat()), ANY),
        ("12-claims-two-billion-pages.pdf", pdf_with(2, "<< /Type /Pages /Kids [4 0 R] /Count 2000000000 >>"), ANY),
        ("13-stream-that-swells.pdf", swelling(), ANY),
        ("14-outline-loop.pdf", pdf_with(9, "<< /Title (Loop) /Parent 8 0 R /First 9 0 R /Next 9 0 R >>"), ANY),
    ]
}

fn epubs() -> Vec<Bad> {
    let good = epub();
    let without = |name: &str| {
        let mut entries = epub_entries();
        entries.retain(|(other, _)| other != name);
        epub_of(entries)
    };
    let mut bomb = String::from("<!DOCTYPE html [<!ENTITY a0 \"lol\">");
    for level in 1..12 {
        bomb += &format!("<!ENTITY a{level} \"{}\">", format!("&a{};", level - 1).repeat(10));
    }
    let bomb = format!("<?xml version=\"1.0\"?>{bomb}]>{}", &chapter("Bomb", "&a11;")[38..]);
    let escaping = "<container><rootfiles><rootfile full-path=\"../../../../etc/hostname\"/></rootfiles></container>";
    vec![
        ("15-half.epub", good[..good.len() / 2].to_vec(), Fate::Refused("")),
        ("16-bytes-flipped.epub", flipped(&good, 16, 30, ANY_BIT), ANY),
        ("17-spliced-with-a-pdf.epub", spliced(&good, &pdf()), ANY),
        ("18-zip-bomb.epub", epub_with("OEBPS/one.xhtml", vec![b' '; 300 << 20]), ANY),
        ("19-entity-bomb.epub", epub_with("OEBPS/one.xhtml", bomb), ANY),
        ("20-package-outside.epub", epub_with("META-INF/container.xml", escaping), Fate::Refused("")),
        ("21-escaping-path.epub", epub_with("../../escaped.xhtml", chapter("Out", "of here")), ANY),
        ("22-no-container.epub", without("META-INF/container.xml"), Fate::Refused("")),
    ]
}

fn pages() -> Vec<Bad> {
    let nested = format!("<h1>Deep</h1>{}down{}", "<div>".repeat(100_000), "</div>".repeat(100_000));
    // Each paragraph opens all that was left open before it once more.
    let open: String = (0..3_000).map(|number| format!("<b id={number}>")).collect();
    let swelling = format!("<h1>Wide</h1><p>{open}{}", "<p>x".repeat(30_000));
    vec![
        ("23-nested-100000-deep.html", nested.into_bytes(), ANY),
        ("24-formats-that-multiply.html", swelling.into_bytes(), Fate::ReadOrEnded),
        ("25-cut-in-a-tag.html", HTML.as_bytes()[..HTML.len() - 20].to_vec(), ANY),
        ("26-bytes-flipped.html", flipped(HTML.as_bytes(), 26, 20, ASCII), ANY),
    ]
}

fn texts() -> Vec<Bad> {
    let lists = format!("{{\"cells\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    let quotes: String = [repeat_n('>', 20_000).collect(), " deep".to_owned()].concat();
    let items: String = (0..1_000).map(|depth| format!("{}- item\n\n", " ".repeat(2 * depth))).collect();
    let half = NOTEBOOK.as_bytes()[..NOTEBOOK.len() / 2].to_vec();
    vec![
        ("27-half.ipynb", half, Fate::Refused("")),
        ("28-10000-nested-lists.ipynb", lists.into_bytes(), Fate::Refused("")),
        ("29-bytes-flipped.ipynb", flipped(NOTEBOOK.as_bytes(), 29, 10, ASCII), ANY),
        ("30-bytes-flipped.rst", flipped(RST.as_bytes(), 30, 10, ASCII), ANY),
        ("31-lists-1000-deep.rst", items.clone().into_bytes(), ANY),
        ("32-quotes-20000-deep.md", quotes.into_bytes(), ANY),
        ("33-brackets.md", "[".repeat(50_000).into_bytes(), ANY),
        ("34-bytes-flipped.md", flipped(MARKDOWN.as_bytes(), 34, 10, ANY_BIT), ANY),
        ("35-spliced-with-a-pdf.md", spliced(MARKDOWN.as_bytes(), &pdf()), ANY),
    ]
}

/// Bits that may flip: of text only those that leave it text.
const ANY_BIT: u8 = u8::MAX;
const ASCII: u8 = 0x1f;

/// Some bytes are others, always the same ones.
fn flipped(good: &[u8], seed: u64, times: usize, bits: u8) -> Vec<u8> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut bytes = good.to_vec();
    for _ in 0..times {
        let at = random.random_range(0..bytes.len());
        bytes[at] ^= random.random_range(1..=u8::MAX) & bits;
    }
    bytes
}

/// The first half of one file and the second of another.
fn spliced(one: &[u8], other: &[u8]) -> Vec<u8> {
    [&one[..one.len() / 2], &other[other.len() / 2..]].concat()
}

/// By a password that nobody told.
fn encrypted() -> Vec<u8> {
    let digest = "<00112233445566778899AABBCCDDEEFF00112233445566778899AABBCCDDEEFF>";
    let encryption = format!("/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -3904 /O {digest} /U {digest} >>");
    pdf_of(&pdf_objects(), &format!("{encryption} /ID [<0011223344556677> <0011223344556677>]"))
}

fn images_only() -> Vec<u8> {
    let image = stream(
        "/Type /XObject /Subtype /Image /Width 2 /Height 2 /BitsPerComponent 8 /ColorSpace /DeviceGray",
        &[0, 255, 255, 0],
    );
    let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /XObject << /X 3 0 R >> >> /Contents 5 0 R >>";
    pdf_of(
        &[
            (1, b"<< /Type /Catalog /Pages 2 0 R >>".to_vec()),
            (2, b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>".to_vec()),
            (3, image),
            (4, page.as_bytes().to_vec()),
            (5, stream("", b"q 500 0 0 700 40 60 cm /X Do Q")),
        ],
        "",
    )
}

/// A page whose content is a quarter of a gibibyte of blanks, packed into a quarter of a mebibyte.
fn swelling() -> Vec<u8> {
    let archive = epub_of(vec![("blanks".to_owned(), vec![b' '; 256 << 20])]);
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&archive)).unwrap();
    let entry = zip.by_index(0).unwrap();
    let (start, length) = (entry.data_start().unwrap() as usize, entry.compressed_size() as usize);
    // What zlib puts around the same stream; readers are lenient about the checksum that ends it.
    let packed = [&[0x78, 0x9c], &archive[start..start + length], &[0; 4]].concat();
    pdf_with(5, stream("/Filter /FlateDecode", &packed))
}
