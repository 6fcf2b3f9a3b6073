use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Error};
use clap::Args;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::write_rows;
use crate::app::reader;
use crate::config::Config;
use crate::evaluate::Measured;
use crate::evaluate::reading::{Report, Truth, compare};

/// What a print is compared with.
#[derive(Args)]
pub(super) struct Options {
    /// The print: a PDF, an EPUB, or anything else that is read.
    #[arg(value_name = "BOOK")]
    book: PathBuf,
    /// What it was printed from.
    #[arg(long, value_name = "FOLDER")]
    source: PathBuf,
    /// The words of each page as another program reads them: a list of lists, as JSON.
    #[arg(long, value_name = "FILE")]
    pages: Option<PathBuf>,
    /// The text as another program reads the source, without markup.
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    report: Report,
    /// What reading the print took.
    seconds: f64,
}

/// Needs no library: what the readers make of the files is all that is looked at.
pub(super) fn run(config: &Config, options: &Options, details: Option<&Path>) -> anyhow::Result<ExitCode> {
    let apart = reader(&config.library)?;
    let documents = |path: &Path| {
        let read = apart.read_book(path, config.library.file_bytes());
        read.map_err(|reason| Error::msg(format!("{}: {reason}", path.display())))
    };
    let plain = options.words.as_deref().map(text).transpose()?;
    let pages: Option<Vec<Vec<String>>> = options.pages.as_deref().map(json).transpose()?;
    let source = documents(&options.source)?;
    let begun = Instant::now();
    let read = documents(&options.book)?;
    let seconds = (begun.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0;
    let truth = Truth { source: &source, plain: plain.as_deref(), pages: pages.as_deref() };
    let Measured { report, details: rows } = compare(&read, &truth);
    if let Some(file) = details {
        write_rows(file, &rows)?;
    }
    super::super::print(&serde_json::to_string_pretty(&Answer { report, seconds })?);
    Ok(ExitCode::SUCCESS)
}

fn text(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

fn json<T: DeserializeOwned>(file: &Path) -> anyhow::Result<T> {
    serde_json::from_str(&text(file)?).with_context(|| format!("{} is not as it should be", file.display()))
}
