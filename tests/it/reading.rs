//! Printed books, read and compared with what they were printed from.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::test_app::TestApp;

/// A book of several hundred pages that Sphinx users write, as PDF and EPUB; and a short one in two columns.
struct Prints {
    folder: tempfile::TempDir,
}

/// None where the variable does not say where the printers and the book are: `.ci/run` installs them.
static PRINTS: LazyLock<Option<Prints>> = LazyLock::new(|| {
    #[expect(clippy::disallowed_methods, reason = "where the test's own tools are, not a setting of Pathwright")]
    let tools = std::env::var("TEST_PRINT_FOLDER").ok().map(PathBuf::from)?;
    let prints = Prints { folder: tempfile::tempdir().unwrap() };
    let guides = tools.join("book/docs");
    let starts = ["--start", "intro/index.txt", "--start", "topics/index.txt"];
    prints.print(&tools, &guides, &[&starts, &["--name", "guides", "--title", "Django"][..]].concat());
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/library/sample/statistical-learning");
    prints.print(&tools, &sample, &["--name", "columns", "--columns", "2"]);
    Some(prints)
});

impl Prints {
    fn print(&self, tools: &Path, book: &Path, options: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/print/print.py");
        let mut python = Command::new(tools.join("bin/python"));
        python.arg("-B").arg(script).arg(book).arg("--to").arg(self.folder.path()).args(options);
        let printed = python.output().expect("the printers' Python starts");
        assert!(printed.status.success(), "{}", String::from_utf8_lossy(&printed.stderr));
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn json<T: serde::de::DeserializeOwned>(&self, name: &str) -> T {
        serde_json::from_slice(&fs::read(self.file(name)).unwrap()).unwrap()
    }

    /// The figures of `evaluate reading`.
    #[expect(clippy::print_stdout, reason = "the figures, for whoever asks with --nocapture")]
    fn evaluated(&self, print: &str, more: &[&str]) -> Value {
        let name = print.split('.').next().unwrap();
        let details = self.file(&format!("{print}.details"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_pathwright"));
        command.env_remove("OPENAI_API_KEY").args(["evaluate", "reading"]).arg(self.file(print));
        command.arg("--source").arg(self.file(name)).arg("--words").arg(self.file(&format!("{name}.words.txt")));
        let output = command.args(more).arg("--details").arg(details).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let figures = serde_json::from_slice(&output.stdout).unwrap();
        println!("{print}: {figures:#}");
        figures
    }
}

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
fn prints() -> Option<&'static Prints> {
    let prints = PRINTS.as_ref();
    if prints.is_none() {
        println!("skipped: TEST_PRINT_FOLDER is not set; .ci/run installs the printers and sets it");
    }
    prints
}

fn assert_figures(figures: &Value, floors: &[(&str, f64)], ceilings: &[(&str, f64)]) {
    let figure =
        |path: &str| figures.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {path}: {figures}"));
    for (path, floor) in floors {
        assert!(figure(path) >= *floor, "{path} is {}, less than {floor}", figure(path));
    }
    for (path, ceiling) in ceilings {
        assert!(figure(path) <= *ceiling, "{path} is {}, more than {ceiling}", figure(path));
    }
}

#[test]
fn a_pdf_of_hundreds_of_pages_is_read_as_it_was_written() {
    let Some(prints) = prints() else {
        return;
    };
    let pages = prints.file("guides.pages.json");
    assert!(prints.json::<Vec<Vec<String>>>("guides.pages.json").len() > 300);
    let figures = prints.evaluated("guides.pdf", &["--pages", pages.to_str().unwrap()]);
    let floors = [
        ("/words/recovered", 0.995),
        ("/plain_words/recovered", 0.995),
        ("/headings/recovered", 0.985),
        ("/pages/right", 0.98),
    ];
    assert_figures(&figures, &floors, &[("/words/surplus", 0.005), ("/headings/surplus", 0.015)]);
}

#[test]
fn an_epub_is_read_as_it_was_written() {
    let Some(prints) = prints() else {
        return;
    };
    let figures = prints.evaluated("guides.epub", &[]);
    let floors = [("/words/recovered", 0.998), ("/plain_words/recovered", 0.995), ("/headings/recovered", 0.985)];
    assert_figures(&figures, &floors, &[("/words/surplus", 0.003), ("/headings/surplus", 0.015)]);
}

#[test]
fn two_columns_are_read_one_after_the_other() {
    let Some(prints) = prints() else {
        return;
    };
    let pages = prints.file("columns.pages.json");
    let figures = prints.evaluated("columns.pdf", &["--pages", pages.to_str().unwrap()]);
    let floors = [("/words/recovered", 0.98), ("/headings/recovered", 0.95), ("/pages/right", 0.95)];
    // Formulas are signs here and there; only the source counts none of them.
    assert_figures(&figures, &floors, &[("/plain_words/surplus", 0.03)]);
}

/// Letters and digits only: print has its own spaces and hyphens.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

const SECTIONS: &str = "query($id: ID!, $after: String) { book(id: $id) { title sections(first: 100, after: $after) {
    edges { node { title heading } } pageInfo { hasNextPage endCursor } } } }";
const SEARCH: &str = "query($query: String!) { searchLibrary(query: $query, first: 5) { passage { page text section { title heading } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_book_in_the_library_names_its_sections_and_pages() {
    let Some(prints) = prints() else {
        return;
    };
    let app = TestApp::empty().await;
    let ingested = app.services.librarian.ingest(&prints.file("guides.pdf"), |_| ()).await.unwrap();
    assert_eq!((ingested.book.title.as_str(), ingested.bad.len()), ("Django", 0));

    let written: Vec<(u8, String)> = prints.json("guides.headings.json");
    let titles = titles(&app, &ingested.book.id).await;
    let found = written.iter().filter(|(_, title)| titles.contains(&letters(title))).count();
    assert!(found * 100 >= written.len() * 95, "{found} of {} headings became sections", written.len());

    let pages: Vec<Vec<String>> = prints.json("guides.pages.json");
    for query in [
        "aggregate over a related model",
        "password hashing",
        "testing a view with the test client",
        "format of time zones",
    ] {
        let answer = app.query(SEARCH, json!({ "query": query })).await;
        let hits = answer["data"]["searchLibrary"].as_array().unwrap();
        assert!(!hits.is_empty(), "{answer}");
        for hit in hits {
            assert_on_its_page(&hit["passage"], &pages);
        }
    }
    app.stop().await;
}

async fn titles(app: &TestApp, book: &str) -> Vec<String> {
    let mut titles = Vec::new();
    let mut after = Value::Null;
    loop {
        let answer = app.query(SECTIONS, json!({ "id": book, "after": after })).await;
        let sections = &answer["data"]["book"]["sections"];
        let nodes = sections["edges"].as_array().unwrap_or_else(|| panic!("{answer}"));
        titles.extend(nodes.iter().map(|edge| letters(edge["node"]["title"].as_str().unwrap())));
        if sections["pageInfo"]["hasNextPage"] != true {
            return titles;
        }
        assert!(titles.len() < 100_000, "the pages do not end");
        after = sections["pageInfo"]["endCursor"].clone();
    }
}

/// The passage begins on the page it names, and no running head stands in it.
fn assert_on_its_page(passage: &Value, pages: &[Vec<String>]) {
    let text = passage["text"].as_str().unwrap();
    let page = passage["page"].as_u64().unwrap_or_else(|| panic!("no page: {passage}")) as usize;
    let on_page = letters(&pages[page - 1].join(" "));
    let opening: String = text.split_whitespace().take(4).collect();
    assert!(on_page.contains(&letters(&opening)), "page {page} does not hold {opening:?}: {passage}");
    for head in [format!("Django {page}"), format!("Django {}", page + 1)] {
        assert!(!text.contains(&head), "a running head stands in {passage}");
    }
}
