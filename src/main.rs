//! The menu: parse, run, map the result to an exit code.

use std::process::ExitCode;

use clap::Parser;
use pathwright::cli::Cli;

/// Much of the work is small values of rows and answers, on many threads at once. Measured: README, design notes.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    Cli::parse().run()
}
