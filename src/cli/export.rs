use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use pathwright_api::ErrorCode;

use crate::app::App;
use crate::config::Config;
use crate::domain::LearningPath;
use crate::export::{Export, Format, MOST_HOURS, Progress};
use crate::graphql::exports::{self, Wish};
use crate::graphql::loaders::Loaders;
use crate::services::Services;

#[derive(Args)]
pub(super) struct Options {
    /// Whose path.
    #[arg(long, value_name = "ID")]
    user: String,
    /// Which of the user's paths; the current one if it is left out.
    #[arg(long, value_name = "ID")]
    path: Option<String>,
    /// What to write it in.
    #[arg(long, value_enum)]
    format: FormatName,
    /// The first day, YYYY-MM-DD; the next Monday if it is left out.
    #[arg(long, value_name = "DATE")]
    start: Option<NaiveDate>,
    /// The day before which everything is to be learnt.
    #[arg(long, value_name = "DATE")]
    deadline: Option<NaiveDate>,
    /// Hours a week; the path's own if it is left out.
    #[arg(long, value_parser = clap::value_parser!(i32).range(1..=i64::from(MOST_HOURS)), value_name = "NUMBER")]
    hours: Option<i32>,
    /// Write into this file instead of to standard output.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    Markdown,
    Json,
    Icalendar,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Markdown => Self::Markdown,
            FormatName::Json => Self::Json,
            FormatName::Icalendar => Self::Icalendar,
        }
    }
}

pub(super) async fn run(config: Config, options: &Options) -> anyhow::Result<ExitCode> {
    let app = App::build(config).await?;
    let services = &app.services;
    let path = path(services, options).await?;
    let rows = services.store.progress(&options.user).await?;
    let progress: Progress = rows.into_iter().map(|row| (row.topic.clone(), row)).collect();
    let wish = Wish { start: options.start, hours_per_week: options.hours, deadline: options.deadline };
    let loaders = Loaders::new(&services.store);
    match exports::write(services, &loaders, &path, &progress, options.format.into(), wish).await {
        Ok(export) => deliver(&export, options),
        Err(failure) if failure.code == ErrorCode::InvalidInput => {
            super::complain(&failure.message);
            Ok(ExitCode::from(super::WRONG_USAGE))
        }
        Err(failure) => Err(failure.into()),
    }
}

async fn path(services: &Services, options: &Options) -> anyhow::Result<LearningPath> {
    let user = &options.user;
    if services.store.user(user).await?.is_none() {
        bail!("no user has the id `{user}`");
    }
    let Some(id) = &options.path else {
        let newest = services.store.current_path(user).await?;
        return newest.with_context(|| format!("the user `{user}` has no path yet"));
    };
    let found = services.store.path(id).await?.filter(|path| path.user == *user);
    found.with_context(|| format!("the user `{user}` has no path with the id `{id}`"))
}

fn deliver(export: &Export, options: &Options) -> anyhow::Result<ExitCode> {
    let Some(file) = &options.out else {
        super::print_as_it_is(&export.text);
        return Ok(ExitCode::SUCCESS);
    };
    std::fs::write(file, &export.text).with_context(|| format!("{} cannot be written", file.display()))?;
    super::print(&format!("wrote {}", file.display()));
    if let Some(check) = &export.deadline_check {
        super::print(&check.message);
    }
    Ok(ExitCode::SUCCESS)
}
