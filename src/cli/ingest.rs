use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::app::App;
use crate::config::Config;
use crate::library::{Ingested, Outcome};

/// Some files failed and the rest went in.
const PARTLY: u8 = 3;

#[derive(Args)]
pub(super) struct Options {
    /// Files and folders; each is a book.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(super) async fn run(config: Config, options: &Options) -> anyhow::Result<ExitCode> {
    let app = App::build(config).await?;
    let mut went_in = 0;
    let mut failed = 0;
    for path in &options.paths {
        let bar = progress_bar(&path.display().to_string());
        let result = app.services.librarian.ingest(path, |done, total| advance(&bar, done, total)).await;
        bar.finish_and_clear();
        match result {
            Ok(ingested) => {
                went_in += 1;
                failed += ingested.bad.len();
                super::print(&describe(&ingested));
                for bad in &ingested.bad {
                    super::print(&format!("  skipped {}: {}", bad.name, bad.reason));
                }
            }
            Err(failure) => {
                failed += 1;
                super::print(&format!("failed  {failure}"));
            }
        }
    }
    Ok(match (went_in, failed) {
        (_, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(super::FAILED),
        _ => ExitCode::from(PARTLY),
    })
}

fn progress_bar(name: &str) -> ProgressBar {
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} passages {per_sec} {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_prefix(name.to_owned());
    bar
}

fn advance(bar: &ProgressBar, done: usize, total: usize) {
    bar.set_length(total as u64);
    bar.set_position(done as u64);
}

fn describe(ingested: &Ingested) -> String {
    let book = &ingested.book;
    let what = match ingested.outcome {
        Outcome::Added => "added    ",
        Outcome::Replaced => "replaced ",
        Outcome::Unchanged => "unchanged",
    };
    let size = format!("{} sections, {} passages, {} words", book.section_count, book.passage_count, book.word_count);
    format!("{what} {} “{}”: {size}", book.id, book.title)
}
