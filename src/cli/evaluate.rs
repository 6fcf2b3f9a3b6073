/// What the readers make of a print.
mod reading;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use indicatif::ProgressBar;
use serde::Serialize;

use super::progress;
use crate::app::{App, reader};
use crate::config::Config;
use crate::evaluate::{Measured, analyzer, books, contents, coverage, ingest, queries, read_rows, search, sequencer};
use crate::library::Librarian;
use crate::store::{Store, StoreUrl, migrate};
use pathwright_search::Help;

/// Where a measurement works: on a library of its own, so that the user's stays as it is.
pub(super) const STORE: &str = "mem://";

#[derive(Args)]
pub(super) struct Options {
    #[command(subcommand)]
    measurement: Measurement,
    /// Write what was expected and what came into this file, one JSON object a row.
    #[arg(long, global = true, value_name = "FILE")]
    details: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Measurement {
    /// Whether the right topics count as covered.
    Coverage {
        /// Files and folders of books; a folder of books' folders is a shelf.
        #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
        library: Vec<PathBuf>,
        /// Rows with `topic`, `covered` and, if need be, `kind`.
        #[arg(long, value_name = "FILE")]
        labels: PathBuf,
        /// The confidence from which a topic counts as covered, 0 to 1.
        #[arg(long, default_value = "0.75", value_parser = confidence, value_name = "SCORE")]
        min_score: f32,
        /// Write what the judge sees of each row into this file, for fitting its weights.
        #[arg(long, value_name = "FILE")]
        features: Option<PathBuf>,
    },
    /// How far a book's titles alone tell what its full text covers.
    Contents {
        /// The book: a file or a folder.
        #[arg(long, value_name = "DIR")]
        library: PathBuf,
        /// Rows with `topic` and `covered`.
        #[arg(long, value_name = "FILE")]
        labels: PathBuf,
        /// Levels of titles that the table of contents shows.
        #[arg(long, default_value = "3", value_parser = clap::value_parser!(u32).range(1..), value_name = "NUMBER")]
        levels: u32,
    },
    /// What is read out of postings.
    Analyzer {
        /// Rows with `id`, `title`, `text` and any of `seniority`, `tools`, `topics` and `role_type`.
        #[arg(long, value_name = "FILE")]
        labels: PathBuf,
        /// Books whose topics are looked for too; files, folders or shelves.
        #[arg(long, num_args = 1.., value_name = "DIR")]
        library: Vec<PathBuf>,
    },
    /// Whether prerequisites come first.
    Sequencer {
        /// Rows with `topic` and `requires`.
        #[arg(long, value_name = "FILE")]
        labels: PathBuf,
        /// Books that may tell the order; files, folders or shelves.
        #[arg(long, num_args = 1.., value_name = "DIR")]
        library: Vec<PathBuf>,
        /// Topics of a sample.
        #[arg(long, default_value = "30", value_parser = clap::value_parser!(u32).range(2..), value_name = "NUMBER")]
        sample: u32,
        /// What the sample is drawn by; each further one draws a further sample.
        #[arg(long = "seed", default_value = "1", value_name = "NUMBER")]
        seeds: Vec<u64>,
    },
    /// How fast books go in, and beside what the embedding model alone takes.
    Ingest {
        /// Files and folders of books; a folder of books' folders is a shelf.
        #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
        library: Vec<PathBuf>,
        /// A folder that is not there yet: the database is made in it, and stays for you to remove.
        #[arg(long, value_name = "DIR")]
        scratch: PathBuf,
    },
    /// How much of a printed book is read, and how cleanly.
    Reading(reading::Options),
    /// Whether the search finds the right sections.
    Search {
        /// Files and folders of books; a folder of books' folders is a shelf.
        #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
        library: Vec<PathBuf>,
        #[command(flatten)]
        asked: Asked,
    },
}

/// What a search is asked, and how.
#[derive(Args)]
struct Asked {
    /// Rows with `query` and `relevant`, section titles or file paths; without it the queries are made of the library.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    queries: Vec<PathBuf>,
    /// What queries are made of: titles, phrases in quotation marks, or acronyms that the library explains.
    #[arg(long, value_enum, default_value = "titles", conflicts_with = "queries")]
    made: Made,
    /// Put a slip of the finger into a word of each query, drawn by this number.
    #[arg(long, value_name = "SEED")]
    typos: Option<u64>,
    /// Search as if there were no mending of words, no phrases or no acronyms.
    #[arg(long, value_enum, num_args = 1.., value_name = "HELP")]
    without: Vec<Without>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Made {
    Titles,
    Phrases,
    Acronyms,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Without {
    Typos,
    Phrases,
    Acronyms,
}

impl Asked {
    fn help(&self) -> Help {
        let has = |help| !self.without.contains(&help);
        Help { typos: has(Without::Typos), phrases: has(Without::Phrases), acronyms: has(Without::Acronyms) }
    }

    fn made(&self) -> queries::Made {
        match self.made {
            Made::Titles => queries::Made::Titles,
            Made::Phrases => queries::Made::Phrases,
            Made::Acronyms => queries::Made::Acronyms,
        }
    }
}

/// The figures, as they are printed.
#[derive(Serialize)]
struct Answer<'a, R> {
    #[serde(flatten)]
    report: R,
    embedding_model: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    language_model: Option<&'a str>,
    seconds: f64,
}

/// `config` has to name [`STORE`].
pub(super) async fn run(config: Config, options: &Options) -> anyhow::Result<ExitCode> {
    let begun = Instant::now();
    let details = options.details.as_deref();
    if let Some(file) = details {
        // A file that cannot be written is better known before the work than after it.
        write(file, "")?;
    }
    match &options.measurement {
        Measurement::Coverage { library, labels, min_score, features } => {
            let rows: Vec<coverage::CoverageLabel> = read_rows(labels)?;
            let (app, _) = open(config, library).await?;
            if let Some(file) = features {
                write_rows(file, &coverage::seen(&app.services, &rows).await?)?;
            }
            let bar = progress::bar("topics");
            let measured =
                coverage::measure(&app.services, &rows, *min_score, |done, total| progress::advance(&bar, done, total));
            report(&app, begun, finished(measured.await, &bar)?, details)
        }
        Measurement::Contents { library, labels, levels } => {
            let rows: Vec<coverage::CoverageLabel> = read_rows(labels)?;
            let (app, _) = open(config, std::slice::from_ref(library)).await?;
            report(&app, begun, contents::measure(&app.services, &rows, *levels as usize).await?, details)
        }
        Measurement::Analyzer { labels, library } => {
            let rows: Vec<analyzer::AnalyzerLabel> = read_rows(labels)?;
            let (app, _) = open(config, library).await?;
            let at_once = app.config.llm.at_once;
            let bar = progress::bar("postings");
            let measured =
                analyzer::measure(&app.services, &rows, at_once, |done, total| progress::advance(&bar, done, total));
            report(&app, begun, finished(measured.await, &bar)?, details)
        }
        Measurement::Sequencer { labels, library, sample, seeds } => {
            let rows: Vec<sequencer::SequencerLabel> = read_rows(labels)?;
            let (app, _) = open(config, library).await?;
            let (size, seeds, with_library) = (*sample as usize, seeds.clone(), !library.is_empty());
            let samples = sequencer::Samples { size, seeds, with_library };
            let bar = progress::bar("samples");
            let measured =
                sequencer::measure(&app.services, &rows, &samples, |done, total| progress::advance(&bar, done, total));
            report(&app, begun, finished(measured.await, &bar)?, details)
        }
        Measurement::Ingest { library, scratch } => {
            let (app, _) = open(config, &[]).await?;
            let measured = measure_ingest(&app, &shelves(library)?, scratch).await?;
            report(&app, begun, measured, details)
        }
        Measurement::Reading(options) => reading::run(&config, options, details),
        Measurement::Search { library, asked } => measure_search(config, library, asked, begun, details).await,
    }
}

async fn measure_search(
    config: Config,
    library: &[PathBuf],
    asked: &Asked,
    begun: Instant,
    details: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    let mut rows: Vec<search::SearchLabel> = Vec::new();
    for file in &asked.queries {
        rows.extend(read_rows::<search::SearchLabel>(file)?);
    }
    let (app, books) = open(config, library).await?;
    if asked.queries.is_empty() {
        rows = queries::made(&app.services, asked.made(), asked.typos.unwrap_or(1)).await?;
    }
    if let Some(seed) = asked.typos {
        rows = queries::misspelt(rows, seed);
    }
    let bar = progress::bar("searches");
    let advance = |done, total| progress::advance(&bar, done, total);
    let measured = search::measure(&app.services, &rows, &books, asked.help(), advance).await;
    let mut measured = finished(measured, &bar)?;
    if asked.queries.is_empty() && asked.made == Made::Titles {
        let bar = progress::bar("searches without titles");
        let advance = |done, total| progress::advance(&bar, done, total);
        let untitled = search::without_titles(&app.services, &rows, asked.help(), advance).await;
        measured.report.titles_left_out = Some(finished(untitled, &bar)?);
    }
    report(&app, begun, measured, details)
}

fn confidence(text: &str) -> Result<f32, String> {
    let number = text.parse::<f32>().ok().filter(|number| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "a confidence lies between 0 and 1".to_owned())
}

/// Everything running over a library of these books, and where each was read from.
async fn open(config: Config, library: &[PathBuf]) -> anyhow::Result<(App, Vec<PathBuf>)> {
    anyhow::ensure!(config.store() == STORE, "a measurement needs a database of its own, {STORE}");
    let all = shelves(library)?;
    let app = App::build(config).await?;
    for book in &all {
        let bar = progress::book_bar(&book.display().to_string());
        let ingested = app.services.librarian.ingest(book, |progress| progress::advance_book(&bar, progress)).await;
        for bad in finished(ingested, &bar)?.bad {
            super::complain(&format!("skipped {} of {}: {}", bad.name, book.display(), bad.reason));
        }
    }
    app.services.searcher.warm_up().await?;
    Ok((app, all))
}

fn shelves(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        all.extend(books(path)?);
    }
    Ok(all)
}

/// In a database on the disk, as a server has it; the one in memory would be faster.
async fn measure_ingest(
    app: &App,
    books: &[PathBuf],
    scratch: &Path,
) -> anyhow::Result<Measured<ingest::Report, ingest::BookDetail>> {
    anyhow::ensure!(!scratch.exists(), "{} is there already; name a folder that is not", scratch.display());
    let store = Store::connect(&StoreUrl::parse(&format!("surrealkv://{}", scratch.display()))?).await?;
    store.migrate(&migrate::built_in()).await?;
    let embedder = Arc::clone(&app.services.embedder);
    let library = &app.config.library;
    let reader = reader(library)?;
    let librarian = |store, embedder| Librarian::new(store, embedder, library.file_bytes(), reader);
    Ok(ingest::measure(store, embedder, librarian, books).await?)
}

fn report<R: Serialize, D: Serialize>(
    app: &App,
    begun: Instant,
    measured: Measured<R, D>,
    details: Option<&Path>,
) -> anyhow::Result<ExitCode> {
    if let Some(file) = details {
        write_rows(file, &measured.details)?;
    }
    let llm = &app.config.llm;
    let answer = Answer {
        report: measured.report,
        embedding_model: app.services.embedder.model(),
        language_model: llm.is_configured().then_some(llm.model.as_str()),
        seconds: (begun.elapsed().as_secs_f64() * 1_000.0).round() / 1_000.0,
    };
    super::print(&serde_json::to_string_pretty(&answer)?);
    Ok(ExitCode::SUCCESS)
}

fn write_rows<T: Serialize>(file: &Path, rows: &[T]) -> anyhow::Result<()> {
    let rows = rows.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>()?;
    write(file, &rows.iter().map(|row| format!("{row}\n")).collect::<String>())
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(file, text).with_context(|| format!("{} cannot be written", file.display()))
}

fn finished<T, E>(result: Result<T, E>, bar: &ProgressBar) -> Result<T, E> {
    bar.finish_and_clear();
    result
}
