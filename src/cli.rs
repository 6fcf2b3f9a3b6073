//! The command line, one file a command.

/// `books` and `remove-book`.
mod books;
/// What is configured, what answers, what is degraded.
mod doctor;
/// Plugins and search, measured against files of labels.
mod evaluate;
/// A learner's path as a file.
mod export;
/// Users and progress of the difficulty-based platform.
mod import_legacy;
/// Books into the library.
mod ingest;
/// API keys.
mod key;
/// The schema of the database.
mod migrate;
/// Progress bars.
mod progress;
/// What a reader makes of a file.
mod read;
/// Whether the catalogue's addresses still answer.
mod resources;
/// The server.
mod serve;
/// Pieces written ahead.
mod warm;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::config::{Config, ConfigError, LibraryOverrides, LogFormat, Overrides};
use crate::graphql;

/// How a command ended.
const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;
const WRONG_CONFIGURATION: u8 = 64;

/// Paste a job posting; get a learning path over your own library.
///
/// Configuration: flags over PATHWRIGHT_* variables over pathwright.toml over defaults.
#[derive(Parser)]
#[command(version, about)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    serve: serve::Options,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Flags that every command has.
#[derive(Args)]
struct Global {
    /// The configuration file, instead of pathwright.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder for everything Pathwright keeps.
    #[arg(long, global = true, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// The database: mem://, surrealkv://FOLDER or ws://user:password@host:port.
    #[arg(long, global = true, value_name = "URL")]
    store: Option<String>,
}

#[derive(Subcommand)]
enum Command {
    /// Migrate, load the sample library on first start, serve. The default.
    Serve(serve::Options),
    /// Put books into the library: each file or folder is a book.
    Ingest(ingest::Options),
    /// List the books.
    Books,
    /// Remove a book and everything derived from it.
    RemoveBook {
        /// The book's id, as `books` prints it.
        id: String,
    },
    /// Show or apply changes of the database's schema.
    #[command(subcommand)]
    Migrate(migrate::Action),
    /// Take over users and progress of the difficulty-based platform.
    ImportLegacy(import_legacy::Options),
    /// Write the pieces of a role template ahead.
    Warm {
        /// The template's id.
        #[arg(long)]
        template: String,
    },
    /// Write a learner's path as Markdown, as JSON or for a calendar.
    Export(export::Options),
    /// Look after the catalogue of external resources.
    #[command(subcommand)]
    Resources(resources::Action),
    /// Print the GraphQL schema.
    Schema,
    /// Say what is configured, what answers and what is degraded.
    Doctor,
    /// Measure the plugins and the search against files of labels, over a library of its own in memory.
    Evaluate(evaluate::Options),
    /// Print what is read of a file, as JSON: title, author, and sections with level, title, pages, terms and text.
    Read(read::Options),
    /// Make an API key and print what to put into the configuration.
    Key(key::Options),
}

impl Cli {
    pub fn run(self) -> ExitCode {
        let (command, overrides) = self.command_and_overrides();
        match command {
            Command::Schema => {
                print(graphql::sdl().trim_end());
                return ExitCode::SUCCESS;
            }
            Command::Key(options) => return key::run(options),
            Command::Read(options) => return read::run(options),
            _ => {}
        }
        let config = match Config::load(self.global.config.as_deref(), &overrides) {
            Ok(mut config) => {
                config.accept_loss = self.accepts_loss();
                config
            }
            Err(error) => return wrong_configuration(&error),
        };
        if let Err(code) = start_logging(&config) {
            return code;
        }
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build()
        {
            Ok(runtime) => runtime,
            Err(error) => return failed(&anyhow::Error::from(error)),
        };
        let result = runtime.block_on(command.run(config));
        // Blocking work that is still going on is not waited for.
        runtime.shutdown_background();
        result.unwrap_or_else(|error| failed(&error))
    }

    fn accepts_loss(&self) -> bool {
        self.serve.accept_loss || matches!(&self.command, Some(Command::Serve(options)) if options.accept_loss)
    }

    fn command_and_overrides(&self) -> (&Command, Overrides) {
        static SERVE: Command = Command::Serve(serve::Options::NONE);
        let command = self.command.as_ref().unwrap_or(&SERVE);
        let options = match &self.command {
            Some(Command::Serve(options)) => options,
            _ => &self.serve,
        };
        let own_store = matches!(command, Command::Evaluate(_)).then(|| evaluate::STORE.to_owned());
        let overrides = Overrides {
            addr: options.addr.clone().or_else(|| self.serve.addr.clone()),
            data: self.global.data.clone(),
            store: own_store.or_else(|| self.global.store.clone()),
            library: (options.no_sample || self.serve.no_sample).then_some(LibraryOverrides { sample: false }),
        };
        (command, overrides)
    }
}

impl Command {
    async fn run(&self, config: Config) -> anyhow::Result<ExitCode> {
        match self {
            Self::Serve(_) => serve::run(config).await,
            Self::Ingest(options) => ingest::run(config, options).await,
            Self::Books => books::list(config).await,
            Self::RemoveBook { id } => books::remove(config, id).await,
            Self::Migrate(action) => migrate::run(config, action).await,
            Self::ImportLegacy(options) => import_legacy::run(config, options).await,
            Self::Warm { template } => warm::run(config, template).await,
            Self::Export(options) => export::run(config, options).await,
            Self::Resources(action) => resources::run(config, action).await,
            Self::Doctor => doctor::run(config).await,
            Self::Evaluate(options) => evaluate::run(config, options).await,
            Self::Schema | Self::Key(_) | Self::Read(_) => Ok(ExitCode::SUCCESS),
        }
    }
}

fn start_logging(config: &Config) -> Result<(), ExitCode> {
    let filter = EnvFilter::try_new(&config.log.filter).map_err(|error| {
        complain(&format!("log.filter cannot be used: {error}"));
        ExitCode::from(WRONG_CONFIGURATION)
    })?;
    let is_read_by_a_person =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(is_read_by_a_person);
    match config.log.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
    Ok(())
}

fn wrong_configuration(error: &ConfigError) -> ExitCode {
    complain(&format!("the configuration cannot be used: {error}"));
    ExitCode::from(WRONG_CONFIGURATION)
}

fn failed(error: &anyhow::Error) -> ExitCode {
    complain(&format!("{error:#}"));
    ExitCode::from(FAILED)
}

/// A line on standard output: the answer to the command.
#[expect(clippy::print_stdout, reason = "the one place that answers on standard output")]
fn print(line: &str) {
    println!("{line}");
}

/// A whole document on standard output, its line ends included.
#[expect(clippy::print_stdout, reason = "the same place, for answers that are more than lines")]
fn print_as_it_is(document: &str) {
    print!("{document}");
}

/// A line on standard error: everything else.
#[expect(clippy::print_stderr, reason = "the one place that speaks on standard error")]
fn complain(line: &str) {
    eprintln!("pathwright: {line}");
}
