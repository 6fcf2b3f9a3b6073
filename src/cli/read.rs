use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::Context;
use clap::Args;
use pathwright_api::library::BookFormat;
use pathwright_reader::format_of;
use strum::IntoEnumIterator;

use crate::library::{ReaderAnswer, limit_this_process, read_here};

/// Needs neither configuration nor database nor runtime, and says nothing but the answer on standard output: the library reads
/// files by it, each in a process that a hostile one can do no harm.
#[derive(Args)]
pub(super) struct Options {
    /// A file; `-` is standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What it is written in, where its name does not say so: markdown, html, epub, pdf, rst, notebook or text.
    #[arg(long, value_parser = format_named, value_name = "FORMAT")]
    format: Option<BookFormat>,
    /// Most memory to take, in MiB.
    #[arg(long, default_value = "1024", value_parser = clap::value_parser!(u64).range(1..1 << 40), value_name = "NUMBER")]
    memory_mib: u64,
    /// Most time to work, in seconds.
    #[arg(long, default_value = "120", value_parser = clap::value_parser!(u64).range(1..), value_name = "NUMBER")]
    seconds: u64,
}

fn format_named(name: &str) -> Result<BookFormat, String> {
    let known = || BookFormat::iter().map(<&str>::from).collect::<Vec<_>>().join(", ");
    BookFormat::from_str(name).map_err(|_| format!("one of {}", known()))
}

pub(super) fn run(options: &Options) -> ExitCode {
    answer(options).unwrap_or_else(|error| super::failed(&error))
}

fn answer(options: &Options) -> anyhow::Result<ExitCode> {
    let file = options.file.as_path();
    let format = options
        .format
        .or_else(|| format_of(file))
        .with_context(|| format!("{} does not say by its name what it is written in: use --format", file.display()))?;
    limit_this_process(options.memory_mib << 20, options.seconds).context("this process cannot be limited")?;
    let bytes = bytes(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let answer = read_here(format, bytes)?;
    print(&answer).context("the answer cannot be written")?;
    Ok(match answer {
        ReaderAnswer::Document(_) => ExitCode::SUCCESS,
        ReaderAnswer::Unreadable(_) => ExitCode::from(super::FAILED),
    })
}

fn bytes(file: &Path) -> io::Result<Vec<u8>> {
    if file != Path::new("-") {
        return fs::read(file);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Without a copy of the whole in memory; whoever reads may go at any time.
fn print(answer: &ReaderAnswer) -> io::Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    serde_json::to_writer(&mut output, answer)?;
    output.write_all(b"\n")?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_the_names_that_the_command_knows() {
        for format in BookFormat::iter() {
            assert_eq!(format_named(format.into()), Ok(format));
        }
        let known = "one of markdown, html, epub, pdf, rst, notebook, text";
        assert_eq!(format_named("docx"), Err(known.to_owned()));
    }
}
