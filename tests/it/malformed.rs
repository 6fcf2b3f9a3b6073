//! Files that are broken, or made to break whoever reads them.

/// Such files.
mod bad;
/// Those they are made of.
mod good;
/// Commands whose memory is looked at.
mod watched;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use pathwright::library::SandboxedReader;
use pathwright::store::{Store, StoreUrl};
use pathwright_api::library::BookFormat;

use bad::Fate;
use watched::{Watched, watched};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pathwright");
/// Memory of the process that reads, and what the program itself takes of it besides.
const READER_MIB: u64 = 512;
const PROGRAM_MIB: u64 = 300;
/// Memory of the process that puts books in, which has the database and the embedding model too.
const WHOLE_MIB: u64 = 1_500;

fn ingest(data: &Path, book: &Path) -> Watched {
    let config = data.with_extension("toml");
    fs::write(&config, format!("[library]\nreader_mib = {READER_MIB}\nreader_seconds = 60\n")).unwrap();
    let mut command = Command::new(PROGRAM);
    command.env_remove("OPENAI_API_KEY").arg("ingest").arg(book).arg("--data").arg(data).arg("--config").arg(config);
    watched(&mut command)
}

/// What was said of a file: none where it went in.
fn reason<'s>(said: &'s str, name: &str) -> Option<&'s str> {
    said.lines().find_map(|line| line.trim_start().strip_prefix("skipped ")?.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_file_holds_the_rest_of_the_folder_goes_in() {
    let folder = tempfile::tempdir().unwrap();
    let (book, data) = (folder.path().join("book"), folder.path().join("data"));
    fs::create_dir(&book).unwrap();
    let good: [(&str, Vec<u8>); 6] = [
        ("good.md", good::MARKDOWN.into()),
        ("good.html", good::HTML.into()),
        ("good.ipynb", good::NOTEBOOK.into()),
        ("good.rst", good::RST.into()),
        ("good.pdf", good::pdf()),
        ("good.epub", good::epub()),
    ];
    let bad = bad::files();
    assert!(bad.len() >= 30, "{} files", bad.len());
    for (name, bytes) in
        good.iter().map(|(name, bytes)| (name, bytes)).chain(bad.iter().map(|(name, bytes, _)| (name, bytes)))
    {
        fs::write(book.join(name), bytes).unwrap();
    }
    // It has holes for bytes, so that it takes no room.
    File::create(book.join("sparse.pdf")).unwrap().set_len(2 << 30).unwrap();

    let Watched { status, said, peak, took } = ingest(&data, &book);
    assert_eq!(status.code(), Some(3), "{said}");
    println!("peak {:?} MiB in {took:?}\n{said}", peak.map(|bytes| bytes >> 20));
    assert!(peak.is_none_or(|bytes| bytes < WHOLE_MIB << 20), "{peak:?} bytes");
    for (name, _, fate) in &bad {
        let reason = reason(&said, name);
        let ended = reason.is_some_and(|reason| reason.contains("took longer") || reason.contains("needs more"));
        let fell = reason.is_some_and(|reason| reason.contains("made the reader fail") || reason.is_empty());
        let as_expected = match fate {
            Fate::ReadOrRefused => !ended,
            Fate::ReadOrEnded => true,
            Fate::Refused(why) => !ended && reason.is_some_and(|reason| reason.contains(why)),
        };
        assert!(as_expected && !fell, "{name}: {fate:?}, but {reason:?}");
    }
    assert!(reason(&said, "sparse.pdf").unwrap().contains("is 2048 MiB large"), "{said}");
    for (name, _) in &good {
        assert_eq!(reason(&said, name), None);
    }
    let store = Store::connect(&StoreUrl::folder(data.join("store"))).await.unwrap();
    let titles: Vec<String> =
        store.sections_of("book", None, 10_000).await.unwrap().rows.into_iter().map(|section| section.title).collect();
    for title in [
        "Rope in Markdown",
        "Rope in HTML",
        "Rope in a notebook",
        "Rope in reStructuredText",
        "Rope in EPUB",
        "Rope in PDF",
    ] {
        assert!(titles.iter().any(|found| found == title), "{title} is missing of {titles:?}");
    }
}

#[test]
fn no_file_makes_its_reader_grow_without_bound() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes, fate) in bad::files() {
        let file = folder.path().join(name);
        fs::write(&file, bytes).unwrap();
        let mut command = Command::new(PROGRAM);
        command.arg("read").arg(&file).args(["--memory-mib", &READER_MIB.to_string(), "--seconds", "60"]);
        let Watched { status, said, peak, took } = watched(&mut command);
        println!("{name}: {status}, {:?} MiB, {took:?}", peak.map(|bytes| bytes >> 20));
        assert!(peak.is_none_or(|bytes| bytes < (READER_MIB + PROGRAM_MIB) << 20), "{name}: {peak:?} bytes");
        let ends_by_itself = matches!(status.code(), Some(0 | 1)) || matches!(fate, Fate::ReadOrEnded);
        assert!(ends_by_itself, "{name}: {status}: {}", said.chars().take(400).collect::<String>());
    }
}

#[test]
fn a_reader_that_needs_too_much_memory_or_time_is_given_up() {
    let page = format!("<p>{}", "word <i>word</i> ".repeat(1 << 20)).into_bytes();
    let small = SandboxedReader::new(PROGRAM.into(), 48 << 20, Duration::from_secs(100));
    let refused = small.read(BookFormat::Html, &page).unwrap_err();
    assert_eq!(refused, "needs more than 48 MiB of memory to be read");
    let hasty = SandboxedReader::new(PROGRAM.into(), 1 << 30, Duration::from_millis(1));
    assert_eq!(hasty.read(BookFormat::Html, &page).unwrap_err(), "took longer than 0 s to read and was given up");
    let patient = SandboxedReader::new(PROGRAM.into(), 1 << 30, Duration::from_secs(100));
    assert_eq!(patient.read(BookFormat::Html, b"<h1>Rope</h1>").unwrap().sections[0].title, "Rope");
}

#[test]
fn files_that_vanish_or_change_while_they_are_read_are_told_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let (book, data) = (folder.path().join("book"), folder.path().join("data"));
    fs::create_dir(&book).unwrap();
    fs::write(book.join("a-good.md"), good::MARKDOWN).unwrap();
    let (vanishing, changing) = (book.join("vanishing.md"), book.join("changing.html"));
    let done = AtomicBool::new(false);
    let Watched { status, said, .. } = thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0.. {
                if done.load(Relaxed) {
                    break;
                }
                let _ = fs::write(&vanishing, "# Vanishing\n\nNow it is here.");
                let _ = fs::write(&changing, format!("<h1>Round {round}</h1>{}", "<p>More.".repeat(round % 5_000)));
                let _ = fs::remove_file(&vanishing);
            }
        });
        let watched = ingest(&data, &book);
        done.store(true, Relaxed);
        watched
    });
    let told = said.contains("vanishing.md") || said.contains("changing.html");
    assert!(status.success() || status.code().is_some_and(|code| code == 1 || code == 3) && told, "{status}: {said}");
    let again = ingest(&data, &book);
    assert!(matches!(again.status.code(), Some(0 | 3)), "{}", again.said);
}
