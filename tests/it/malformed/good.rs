//! Small files of every format that are as they should be.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

pub const MARKDOWN: &str = "# Rope in Markdown\n\nA rope is laid from strands.\n\n## Splice\n\n- An eye splice makes a loop.\n\n```sh\nsplice --eye\n```\n\n| knot | use |\n|---|---|\n| bowline | loop |\n";

pub const HTML: &str = "<!doctype html><html><head><title>Rope in HTML</title></head><body><h1>Rope in HTML</h1><p>A rope is laid from \
    <b>strands</b>.</p><h2>Splice</h2><ul><li>An eye splice makes a loop.</li></ul><table><tr><td>bowline</td><td>loop</td></tr></table></body></html>";

pub const NOTEBOOK: &str = r##"{"cells": [{"cell_type": "markdown", "id": "a1", "metadata": {}, "source": ["# Rope in a notebook\n", "\n", "A rope is laid from strands."]},
    {"cell_type": "code", "id": "b2", "execution_count": 1, "metadata": {}, "outputs": [], "source": ["splice(1)"]}],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}"##;

pub const RST: &str = "Rope in reStructuredText\n========================\n\nA rope is laid from strands.\n\nSplice\n------\n\n.. note:: An eye splice \
    makes a loop.\n\n.. code-block:: sh\n\n   splice --eye\n";

/// A PDF of these objects, the first of which is the catalogue: number and what stands between `obj` and `endobj`.
pub fn pdf_of(objects: &[(usize, Vec<u8>)], trailer: &str) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    for (number, body) in objects {
        places.push((*number, file.len()));
        file.extend(format!("{number} 0 obj\n").bytes().chain(body.iter().copied()).chain(*b"\nendobj\n"));
    }
    let start = file.len();
    file.extend(*b"xref\n0 1\n0000000000 65535 f \n");
    for (number, place) in &places {
        file.extend(format!("{number} 1\n{place:010} 00000 n \n").bytes());
    }
    let size = places.iter().map(|(number, _)| number + 1).max().unwrap_or(1);
    file.extend(format!("trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n").bytes());
    file
}

pub fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("<< /Length {} {dictionary} >>\nstream\n", data.len());
    [head.as_bytes(), data, b"\nendstream"].concat()
}

/// The objects of a book of two pages with an outline; 5 and 7 are what is drawn on the pages.
pub fn pdf_objects() -> Vec<(usize, Vec<u8>)> {
    let text = |title: &str, line: &str| {
        format!("BT /F1 20 Tf 72 720 Td ({title}) Tj /F1 11 Tf 0 -40 Td ({line}) Tj ET").into_bytes()
    };
    let page = |contents: usize| {
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents {contents} 0 R >>"
        )
    };
    let item = |title: &str, page: usize, next: &str| {
        format!("<< /Title ({title}) /Parent 8 0 R /Dest [{page} 0 R /XYZ 72 740 0] {next} >>")
    };
    vec![
        (1, b"<< /Type /Catalog /Pages 2 0 R /Outlines 8 0 R >>".to_vec()),
        (2, b"<< /Type /Pages /Kids [4 0 R 6 0 R] /Count 2 >>".to_vec()),
        (3, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_vec()),
        (4, page(5).into_bytes()),
        (5, stream("", &text("Rope in PDF", "A rope is laid from strands, and strands from yarns."))),
        (6, page(7).into_bytes()),
        (7, stream("", &text("Splice", "An eye splice makes a loop at the end of a rope."))),
        (8, b"<< /Type /Outlines /First 9 0 R /Last 10 0 R /Count 2 >>".to_vec()),
        (9, item("Rope in PDF", 4, "/Next 10 0 R").into_bytes()),
        (10, item("Splice", 6, "/Prev 9 0 R").into_bytes()),
    ]
}

pub fn pdf() -> Vec<u8> {
    pdf_of(&pdf_objects(), "")
}

/// The good book with one object changed.
pub fn pdf_with(number: usize, body: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut objects = pdf_objects();
    objects.retain(|(other, _)| *other != number);
    objects.push((number, body.into()));
    pdf_of(&objects, "")
}

const CONTAINER: &str = r#"<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
    <rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"#;

const PACKAGE: &str = r#"<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"><metadata
    xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">rope</dc:identifier><dc:title>Rope in EPUB</dc:title><dc:language>en</dc:language></metadata>
    <manifest><item id="one" href="one.xhtml" media-type="application/xhtml+xml"/><item id="two" href="two.xhtml" media-type="application/xhtml+xml"/></manifest>
    <spine><itemref idref="one"/><itemref idref="two"/></spine></package>"#;

pub fn chapter(title: &str, text: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>{title}</title></head><body>\
         <h1>{title}</h1><p>{text}</p></body></html>"
    )
}

/// The entries of a book of two chapters.
pub fn epub_entries() -> Vec<(String, Vec<u8>)> {
    let entry = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    vec![
        entry("mimetype", "application/epub+zip"),
        entry("META-INF/container.xml", CONTAINER),
        entry("OEBPS/book.opf", PACKAGE),
        entry("OEBPS/one.xhtml", &chapter("Rope in EPUB", "A rope is laid from strands.")),
        entry("OEBPS/two.xhtml", &chapter("Splice", "An eye splice makes a loop.")),
    ]
}

pub fn epub() -> Vec<u8> {
    epub_of(epub_entries())
}

/// The good book with one entry changed, or added.
pub fn epub_with(name: &str, content: impl Into<Vec<u8>>) -> Vec<u8> {
    let mut entries = epub_entries();
    entries.retain(|(other, _)| other != name);
    entries.push((name.to_owned(), content.into()));
    epub_of(entries)
}

pub fn epub_of(entries: Vec<(String, Vec<u8>)>) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(&content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
