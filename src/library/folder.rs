use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use pathwright_api::job::hex;
use sha2::{Digest, Sha256};

use super::document::Document;
use super::{epub, html, markdown, notebook, pdf, plain, rst};
use crate::store::library::BookFormat;

/// Part of every content hash: raise it when reading or cutting changes, and unchanged books are read again.
const READER_VERSION: &str = "2";

/// A file of a book, read from the disk but not yet understood.
#[derive(Debug)]
pub struct SourceFile {
    /// Path inside the book, with `/`.
    pub name: String,
    pub format: BookFormat,
    pub bytes: Vec<u8>,
}

/// A file that could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadFile {
    pub name: String,
    pub reason: String,
}

/// The files of one book in reading order, and those that cannot be read.
#[derive(Debug)]
pub struct BookFiles {
    /// The path as it is stored: absolute.
    pub source: String,
    /// From the folder's or file's name, for a book that does not say its title.
    pub fallback_title: String,
    pub files: Vec<SourceFile>,
    pub bad: Vec<BadFile>,
}

impl BookFiles {
    /// SHA-256 over names, contents and the reader's version. Not over the embedding model: the library as a whole has one,
    /// and embedding it anew does not change its books.
    pub fn content_hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(format!("{READER_VERSION}\0"));
        for file in &self.files {
            hasher.update(file.name.as_bytes());
            hasher.update((file.bytes.len() as u64).to_le_bytes());
            hasher.update(&file.bytes);
        }
        hex(&hasher.finalize())
    }

    /// What most files are written in.
    pub fn format(&self) -> BookFormat {
        let all = [
            BookFormat::Markdown,
            BookFormat::Html,
            BookFormat::Epub,
            BookFormat::Pdf,
            BookFormat::Rst,
            BookFormat::Notebook,
            BookFormat::Text,
        ];
        let count = |format: &BookFormat| self.files.iter().filter(|file| file.format == *format).count();
        all.into_iter().max_by_key(count).unwrap_or(BookFormat::Text)
    }
}

/// The format a file's name stands for; none for what is not read.
pub fn format_of(path: &Path) -> Option<BookFormat> {
    match path.extension()?.to_str()?.to_lowercase().as_str() {
        "md" | "markdown" | "qmd" | "rmd" => Some(BookFormat::Markdown),
        "html" | "htm" | "xhtml" => Some(BookFormat::Html),
        "epub" => Some(BookFormat::Epub),
        "pdf" => Some(BookFormat::Pdf),
        "rst" | "rest" => Some(BookFormat::Rst),
        "ipynb" => Some(BookFormat::Notebook),
        "txt" | "text" => Some(BookFormat::Text),
        _ => None,
    }
}

/// Collects the book at a path: a file is a book, and so is a folder with all that is below it.
pub fn collect(path: &Path, largest: u64) -> Result<BookFiles, String> {
    let source = path.canonicalize().map_err(|error| format!("cannot be opened: {error}"))?;
    let mut book = BookFiles {
        fallback_title: title_of(&source),
        source: source.display().to_string(),
        files: Vec::new(),
        bad: Vec::new(),
    };
    if source.is_file() {
        let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
        read_into(&mut book, &source, name, largest);
        return Ok(book);
    }
    for (name, path) in listed(&source, &mut book.bad) {
        read_into(&mut book, &path, name, largest);
    }
    order_by_summary(&mut book.files);
    if book.files.is_empty() && book.bad.is_empty() {
        return Err("holds no Markdown, HTML, EPUB, PDF, reStructuredText, notebook or text file".to_owned());
    }
    Ok(book)
}

/// Files below a folder in natural order; hidden and ignored ones are left out, links are not followed.
fn listed(folder: &Path, bad: &mut Vec<BadFile>) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    for entry in WalkBuilder::new(folder).require_git(false).build() {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) && format_of(entry.path()).is_some() => {
                let inner = entry.path().strip_prefix(folder).unwrap_or(entry.path());
                let name =
                    inner.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
                found.push((name, entry.into_path()));
            }
            Ok(_) => {}
            Err(error) => bad.push(BadFile { name: folder.display().to_string(), reason: error.to_string() }),
        }
    }
    found.sort_by(|(a, _), (b, _)| natural(a, b));
    found
}

/// Numbers by value, `index` and `README` before their neighbours.
fn natural(a: &str, b: &str) -> Ordering {
    let key = |name: &str| -> Vec<(u8, u64, String)> { name.split('/').flat_map(parts).collect() };
    key(a).cmp(&key(b))
}

fn parts(component: &str) -> Vec<(u8, u64, String)> {
    let stem = component.split('.').next().unwrap_or_default().to_lowercase();
    if matches!(stem.as_str(), "index" | "readme" | "_index") {
        return vec![(0, 0, String::new())];
    }
    let mut parts = Vec::new();
    let mut rest = component;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (part, tail) = rest.split_at(end);
        let number = if digits { part.parse().unwrap_or(u64::MAX) } else { 0 };
        parts.push((if digits { 1 } else { 2 }, number, part.to_lowercase()));
        rest = tail;
    }
    parts
}

fn read_into(book: &mut BookFiles, path: &Path, name: String, largest: u64) {
    match read_file(path, largest) {
        Ok((format, bytes)) => book.files.push(SourceFile { name, format, bytes }),
        Err(reason) => book.bad.push(BadFile { name, reason }),
    }
}

fn read_file(path: &Path, largest: u64) -> Result<(BookFormat, Vec<u8>), String> {
    let format = format_of(path)
        .ok_or("is not of a format that is read: Markdown, HTML, EPUB, PDF, reStructuredText, notebook, plain text")?;
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > largest {
        return Err(format!("is {} MiB large, more than library.file_mib allows", size >> 20));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    Ok((format, bytes))
}

/// An mdBook's `SUMMARY.md` says in which order its files are read; the summary itself is no text.
fn order_by_summary(files: &mut Vec<SourceFile>) {
    let Some(at) = files.iter().position(|file| file.name.rsplit('/').next() == Some("SUMMARY.md")) else {
        return;
    };
    let summary = files.remove(at);
    let folder = summary.name.trim_end_matches("SUMMARY.md").to_owned();
    let text = String::from_utf8_lossy(&summary.bytes).into_owned();
    let place =
        |name: &str| text.find(&format!("({})", name.strip_prefix(&folder).unwrap_or(name))).unwrap_or(usize::MAX);
    files.sort_by_key(|file| place(&file.name));
}

/// `dive-into-deep-learning` as "Dive into deep learning".
fn title_of(path: &Path) -> String {
    let stem = if path.is_dir() { path.file_name() } else { path.file_stem() };
    let words = stem.unwrap_or_default().to_string_lossy().replace(['-', '_'], " ");
    let mut chars = words.chars();
    chars.next().map_or_else(|| "Untitled".to_owned(), |first| first.to_uppercase().chain(chars).collect())
}

/// Understands one file.
pub fn read(file: &SourceFile) -> Result<Document, String> {
    let text = || decode(&file.bytes);
    match file.format {
        BookFormat::Markdown => Ok(markdown::read(&text()?)),
        BookFormat::Html => Ok(html::read(&text()?)),
        BookFormat::Epub => epub::read(&file.bytes),
        BookFormat::Pdf => pdf::read(&file.bytes),
        BookFormat::Rst => Ok(rst::read(&text()?)),
        BookFormat::Notebook => notebook::read(&text()?),
        BookFormat::Text => Ok(plain::read(&text()?)),
    }
}

fn decode(bytes: &[u8]) -> Result<String, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text =
        std::str::from_utf8(bytes).map_err(|error| format!("is not UTF-8 text (byte {})", error.valid_up_to()))?;
    if text.contains('\0') {
        return Err("is binary data".to_owned());
    }
    Ok(pathwright_api::plain::printable(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, name: &str, bytes: &[u8]) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn files_come_in_reading_order_and_bad_ones_are_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["ch10.md", "ch2.md", "index.md", "b/README.md", "b/a.md", "picture.png", ".hidden.md"] {
            write(folder.path(), name, b"# T\n\ntext");
        }
        write(folder.path(), "large.txt", &[b'x'; 2000]);
        let book = collect(folder.path(), 1000).unwrap();
        let names: Vec<_> = book.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["index.md", "b/README.md", "b/a.md", "ch2.md", "ch10.md"]);
        assert_eq!(book.bad[0].name, "large.txt");
    }

    #[test]
    fn a_summary_gives_the_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.md", "b.md"] {
            write(folder.path(), name, b"text");
        }
        write(folder.path(), "SUMMARY.md", b"- [B](b.md)\n- [A](a.md)");
        let book = collect(folder.path(), 1000).unwrap();
        assert_eq!(book.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), ["b.md", "a.md"]);
    }

    #[test]
    fn what_is_no_text_is_refused_with_the_reason() {
        let file = |bytes: &[u8]| SourceFile { name: "x".into(), format: BookFormat::Text, bytes: bytes.to_vec() };
        assert!(read(&file(b"\xff\xfe\x00")).unwrap_err().contains("UTF-8"));
        assert!(read(&file(b"a\0b")).unwrap_err().contains("binary"));
    }

    #[test]
    fn the_hash_depends_on_the_content() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.md", b"one");
        let before = collect(folder.path(), 1000).unwrap();
        assert_eq!(before.content_hash(), collect(folder.path(), 1000).unwrap().content_hash());
        write(folder.path(), "a.md", b"two");
        assert_ne!(before.content_hash(), collect(folder.path(), 1000).unwrap().content_hash());
    }
}
