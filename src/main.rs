//! The menu: parse, run, map the result to an exit code.

use std::process::ExitCode;

use clap::Parser;
use pathwright::cli::Cli;

fn main() -> ExitCode {
    Cli::parse().run()
}
