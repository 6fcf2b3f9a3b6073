use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

use super::progress;
use crate::app::App;
use crate::config::Config;
use crate::library::{Ingested, Outcome, Reembedded};

/// Some files failed and the rest went in.
const PARTLY: u8 = 3;

#[derive(Args)]
pub(super) struct Options {
    /// Files and folders; each is a book.
    #[arg(required_unless_present = "reembed", value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// First embed the whole library anew by the configured model. What was cut off goes on where it stopped.
    #[arg(long)]
    reembed: bool,
}

pub(super) async fn run(config: Config, options: &Options) -> anyhow::Result<ExitCode> {
    if !options.reembed {
        let app = App::build(config).await?;
        let code = ingest(&app, &options.paths).await;
        app.close().await;
        return code;
    }
    let app = App::build_for_reembedding(config).await?;
    match reembed(&app).await? {
        Some(report) => super::print(&report),
        None if options.paths.is_empty() => {
            super::print(&format!("the library is embedded by {} already", app.services.embedder.model()));
        }
        None => {}
    }
    let code = ingest(&app, &options.paths).await;
    app.close().await;
    code
}

/// What was done; none when there was nothing to do.
async fn reembed(app: &App) -> anyhow::Result<Option<String>> {
    let bar = progress::bar("embedding");
    let mut has_begun = false;
    let progress = |done, total| {
        progress::advance(&bar, done, total);
        if !has_begun {
            // What an earlier run did says nothing about how fast this one is.
            bar.reset_eta();
            has_begun = true;
        }
        if done == total {
            bar.set_prefix("building the index");
        }
    };
    let result = app.services.librarian.reembed(progress).await;
    bar.finish_and_clear();
    let done = result.context("embedding anew stopped, the same command goes on from there")?;
    let embedder = &app.services.embedder;
    Ok(done.map(|Reembedded { now, before }| {
        let earlier = if before > 0 { format!(", {before} of them in an earlier run") } else { String::new() };
        let (model, dimension) = (embedder.model(), embedder.dimension());
        format!("embedded {} passages with {model} ({dimension} dimensions){earlier}", now + before)
    }))
}

async fn ingest(app: &App, paths: &[PathBuf]) -> anyhow::Result<ExitCode> {
    let mut went_in = 0;
    let mut failed = 0;
    for path in paths {
        let bar = progress::book_bar(&path.display().to_string());
        let work = app.services.librarian.ingest(path, |progress| progress::advance_book(&bar, progress));
        let result = tokio::select! {
            result = work => result,
            _ = tokio::signal::ctrl_c() => {
                bar.abandon();
                super::print("stopped; what is read stays, and the same command goes on from there");
                return Ok(ExitCode::from(super::FAILED));
            }
        };
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

fn describe(ingested: &Ingested) -> String {
    let book = &ingested.book;
    let what = match ingested.outcome {
        Outcome::Added => "added    ",
        Outcome::Replaced => "replaced ",
        Outcome::Unchanged => "unchanged",
    };
    let size = format!("{} sections, {} passages, {} words", book.section_count, book.passage_count, book.word_count);
    let known = match (ingested.known, ingested.outcome) {
        (0, _) | (_, Outcome::Unchanged) => String::new(),
        (known, _) => format!(", {known} passages were there already"),
    };
    format!("{what} {} “{}”: {size}{known}", book.id, book.title)
}
