use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use pathwright_api::job::hex;
use sha2::{Digest, Sha256};
use strum::IntoEnumIterator;

use super::document::Document;
use super::order::reading_order;
use super::{epub, html, markdown, notebook, pdf, plain, rst};
use pathwright_api::library::BookFormat;

/// Part of every content hash: raise it when reading or cutting changes, and unchanged books are read again.
const READER_VERSION: &str = "2";

/// The formats that are read, for people.
const FORMATS: &str = "Markdown, HTML, EPUB, PDF, reStructuredText, notebook, plain text";

/// A file of a book, not yet understood.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path inside the book, with `/`.
    pub name: String,
    pub format: BookFormat,
    pub content: Content,
}

/// Where a file's bytes are.
#[derive(Clone, Debug)]
pub enum Content {
    Disk(PathBuf),
    Memory(Vec<u8>),
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
    /// Somebody chose that title: it stands whatever the book says.
    pub is_title_given: bool,
    pub files: Vec<SourceFile>,
    pub bad: Vec<BadFile>,
}

/// A book's files as they were when they were looked at first.
pub struct Fingerprint {
    /// SHA-256 over names, contents and the reader's version, hexadecimal. Not over the embedding model: the library as a whole
    /// has one, and embedding it anew does not change its books.
    pub edition: String,
    /// SHA-256 and size of each file.
    pub files: Vec<([u8; 32], u64)>,
}

impl SourceFile {
    /// Its bytes, at most `largest` of them: a file may have grown since its size was looked at.
    pub fn bytes(&self, largest: u64) -> Result<Cow<'_, [u8]>, String> {
        let path = match &self.content {
            Content::Memory(bytes) => return Ok(Cow::Borrowed(bytes)),
            Content::Disk(path) => path,
        };
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| error.to_string())?;
        file.take(largest + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() as u64 > largest {
            return Err(too_large(bytes.len() as u64));
        }
        Ok(Cow::Owned(bytes))
    }
}

impl BookFiles {
    /// Reads every file once, one at a time; those that cannot be read go to the bad ones.
    pub fn fingerprint(&mut self, largest: u64) -> Fingerprint {
        let mut whole = Sha256::new();
        whole.update(format!("{READER_VERSION}\0"));
        let mut files = Vec::new();
        let bad = &mut self.bad;
        self.files.retain(|file| match file.bytes(largest) {
            Ok(bytes) => {
                let digest = digest(&bytes);
                whole.update(file.name.as_bytes());
                whole.update((bytes.len() as u64).to_le_bytes());
                whole.update(digest);
                files.push((digest, bytes.len() as u64));
                true
            }
            Err(reason) => {
                bad.push(BadFile { name: file.name.clone(), reason });
                false
            }
        });
        Fingerprint { edition: hex(&whole.finalize()), files }
    }

    /// What most files are written in.
    pub fn format(&self) -> BookFormat {
        let count = |format: &BookFormat| self.files.iter().filter(|file| file.format == *format).count();
        BookFormat::iter().max_by_key(count).unwrap_or(BookFormat::Text)
    }
}

pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
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
        is_title_given: false,
        source: source.display().to_string(),
        files: Vec::new(),
        bad: Vec::new(),
    };
    if source.is_file() {
        let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
        add(&mut book, source, name, largest);
        return Ok(book);
    }
    for (name, path) in listed(&source, &mut book.bad) {
        add(&mut book, path, name, largest);
    }
    order(&mut book.files, &source);
    if book.files.is_empty() && book.bad.is_empty() {
        return Err(format!("holds no file of a format that is read: {FORMATS}"));
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

fn add(book: &mut BookFiles, path: PathBuf, name: String, largest: u64) {
    match readable(&path, largest) {
        Ok(format) => book.files.push(SourceFile { name, format, content: Content::Disk(path) }),
        Err(reason) => book.bad.push(BadFile { name, reason }),
    }
}

fn readable(path: &Path, largest: u64) -> Result<BookFormat, String> {
    let format = format_of(path).ok_or_else(|| format!("is not of a format that is read: {FORMATS}"))?;
    let size = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if size > largest { Err(too_large(size)) } else { Ok(format) }
}

fn too_large(size: u64) -> String {
    format!("is {} MiB large, more than library.file_mib allows", size >> 20)
}

/// Bytes of a file that may list others.
const LARGEST_LIST: u64 = 1 << 20;

/// Puts the files into the order that the book's own lists give.
fn order(files: &mut Vec<SourceFile>, folder: &Path) {
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    let held: HashMap<&str, &SourceFile> = files.iter().map(|file| (file.name.as_str(), file)).collect();
    let on_disk = |name: &str| {
        let path = folder.join(name);
        fs::metadata(&path).ok().filter(|list| list.is_file() && list.len() <= LARGEST_LIST)?;
        fs::read(path).ok()
    };
    let text_of = |name: &str| match held.get(name) {
        Some(file) => decode(&file.bytes(LARGEST_LIST).ok()?).ok(),
        None => on_disk(name).and_then(|bytes| decode(&bytes).ok()),
    };
    let order = reading_order(&names, text_of);
    let places: HashMap<String, usize> = order.into_iter().enumerate().map(|(place, name)| (name, place)).collect();
    files.retain(|file| places.contains_key(&file.name));
    files.sort_by_key(|file| places[&file.name]);
}

/// `dive-into-deep-learning` as "Dive into deep learning".
fn title_of(path: &Path) -> String {
    let stem = if path.is_dir() { path.file_name() } else { path.file_stem() };
    let words = stem.unwrap_or_default().to_string_lossy().replace(['-', '_'], " ");
    let mut chars = words.chars();
    chars.next().map_or_else(|| "Untitled".to_owned(), |first| first.to_uppercase().chain(chars).collect())
}

/// Understands one file.
pub fn read(format: BookFormat, bytes: &[u8]) -> Result<Document, String> {
    let text = || decode(bytes);
    match format {
        BookFormat::Markdown => Ok(markdown::read(&text()?)),
        BookFormat::Html => Ok(html::read(&text()?)),
        BookFormat::Epub => epub::read(bytes),
        BookFormat::Pdf => pdf::read(bytes),
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
        let refused = |bytes: &[u8]| read(BookFormat::Text, bytes).unwrap_err();
        assert!(refused(b"\xff\xfe\x00").contains("UTF-8"));
        assert!(refused(b"a\0b").contains("binary"));
    }

    #[test]
    fn the_hash_depends_on_the_content() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.md", b"one");
        let edition = || collect(folder.path(), 1000).unwrap().fingerprint(1000).edition;
        let before = edition();
        assert_eq!(before, edition());
        write(folder.path(), "a.md", b"two");
        assert_ne!(before, edition());
    }

    #[test]
    fn a_file_that_grows_or_goes_after_it_was_listed_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "a.md", b"one");
        write(folder.path(), "b.md", b"two");
        let mut book = collect(folder.path(), 1000).unwrap();
        write(folder.path(), "a.md", &[b'x'; 2000]);
        fs::remove_file(folder.path().join("b.md")).unwrap();
        let fingerprint = book.fingerprint(1000);
        assert_eq!((fingerprint.files.len(), book.files.len()), (0, 0));
        assert!(
            book.bad[0].reason.contains("file_mib") && book.bad[1].reason.contains("No such file"),
            "{:?}",
            book.bad
        );
    }
}
