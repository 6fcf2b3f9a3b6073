//! How good the plugins and the search are, measured against files of labels.
//!
//! Each measurement asks running services and answers figures; what library they have is the caller's business.

/// What is read out of postings: seniority, tools, topics, role.
pub mod analyzer;
/// What a table of contents tells of what the whole text would say.
pub mod contents;
/// Whether the right topics count as covered.
pub mod coverage;
/// How fast books go in.
pub mod ingest;
/// The measures themselves: labels and answers in, figures out.
pub mod metrics;
/// What comes before what, as a file of labels says it.
mod prerequisites;
/// Queries made of the library itself, and slips of the finger.
pub mod queries;
/// What the readers make of printed books.
pub mod reading;
/// What a query should find.
mod relevant;
/// Whether the search finds the right sections.
pub mod search;
/// Whether prerequisites come first.
pub mod sequencer;
/// The books of a folder.
mod shelf;

use std::path::Path;
use std::time::Duration;

use pathwright_api::{ErrorCode, Failure, text};
use serde::de::DeserializeOwned;

pub use shelf::books;

/// What a measurement brought forth.
#[derive(Debug)]
pub struct Measured<R, D> {
    pub report: R,
    /// What was expected and what came, one a row.
    pub details: Vec<D>,
}

/// The rows of a file, one JSON object a line. A file without rows is an error, and so is a row that is no `T`.
pub fn read_rows<T: DeserializeOwned>(file: &Path) -> Result<Vec<T>, Failure> {
    let invalid = |what: String| Failure::new(ErrorCode::InvalidInput, format!("{}{what}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| invalid(format!(" cannot be read: {error}")))?;
    let mut rows = Vec::new();
    for (at, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if !line.trim().is_empty() {
            let row = serde_json::from_str(line).map_err(|error| invalid(complaint(at + 1, &error)))?;
            rows.push(row);
        }
    }
    if rows.is_empty() { Err(invalid(" holds no row".to_owned())) } else { Ok(rows) }
}

/// The parser saw one line only, and took it for the first.
fn complaint(line: usize, error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.rsplit_once(" at line ").map_or(text.as_str(), |(reason, _)| reason);
    format!(", line {line}, column {}: {reason}", error.column())
}

/// What two spellings of a name have in common: case and white space make no difference.
fn key(name: &str) -> String {
    text::squeeze(&text::fold(name))
}

/// Mean milliseconds of one of several, to a hundredth.
fn milliseconds_each(spent: Duration, times: usize) -> f64 {
    let mean = spent.as_secs_f64() * 1_000.0 / times.max(1) as f64;
    (mean * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Row {
        topic: String,
    }

    fn read(text: &str) -> Result<Vec<Row>, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let file: PathBuf = folder.path().join("labels.jsonl");
        std::fs::write(&file, text).unwrap();
        read_rows(&file)
    }

    #[test]
    fn rows_are_read_and_empty_lines_skipped() {
        let rows = read("{\"topic\": \"a\", \"other\": 1}\r\n\n{\"topic\": \"b\"}").unwrap();
        assert_eq!(rows.iter().map(|row| row.topic.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn a_row_that_does_not_parse_is_named_by_file_and_line() {
        let message = read("{\"topic\": \"a\"}\n{\"topik\": \"b\"}").unwrap_err().message;
        assert!(message.contains("labels.jsonl, line 2, column "), "{message}");
        assert!(message.ends_with("missing field `topic`"), "{message}");
    }

    #[test]
    fn a_file_without_rows_and_a_missing_one_are_errors() {
        assert!(read("\n \n").unwrap_err().message.ends_with("holds no row"));
        assert!(read_rows::<Row>(Path::new("/no/such/file")).unwrap_err().message.contains("cannot be read"));
    }

    #[test]
    fn time_is_shared_out() {
        assert_eq!(milliseconds_each(Duration::from_millis(10), 3), 3.33);
        assert_eq!(milliseconds_each(Duration::ZERO, 0), 0.0);
    }
}
