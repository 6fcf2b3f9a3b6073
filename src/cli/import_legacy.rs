use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDateTime, Utc};
use clap::Args;
use pathwright_api::text;
use serde_json::Value;

use crate::app::App;
use crate::config::Config;
use crate::domain::{EducationLevel, TopicProgress, User, UserChanges};

#[derive(Args)]
pub(super) struct Options {
    /// CSV as PostgreSQL's `COPY … CSV HEADER` writes it, or JSON lines: users, progress, explanations.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// One row of any of the old tables, names in lower case; empty fields are absent.
type Row = HashMap<String, String>;

#[derive(Default)]
struct Counts {
    users: u32,
    known_users: u32,
    progress: u32,
    known_progress: u32,
    levels: u32,
    explanations: u32,
    unusable: u32,
}

pub(super) async fn run(config: Config, options: &Options) -> anyhow::Result<ExitCode> {
    let app = App::build(config).await?;
    let mut counts = Counts::default();
    for file in &options.files {
        for row in rows(file).with_context(|| format!("{} cannot be read", file.display()))? {
            take_over(&app, &row?, &mut counts).await?;
        }
    }
    super::print(&format!("users:        {} taken over, {} were there already", counts.users, counts.known_users));
    super::print(&format!(
        "progress:     {} topics taken over, {} were there already",
        counts.progress, counts.known_progress
    ));
    super::print(&format!(
        "dropped:      {} learning levels, {} cached explanations",
        counts.levels, counts.explanations
    ));
    if counts.unusable > 0 {
        super::print(&format!("not understood: {} rows", counts.unusable));
    }
    app.close().await;
    Ok(ExitCode::SUCCESS)
}

/// What a row is follows from its columns: an explanation has a text, progress has a topic, a user has neither.
async fn take_over(app: &App, row: &Row, counts: &mut Counts) -> anyhow::Result<()> {
    let has = |names: &[&str]| names.iter().any(|name| row.contains_key(*name));
    if has(&["explanation", "content", "explanation_text"]) {
        counts.explanations += 1;
        return Ok(());
    }
    match (first(row, &["user_id", "id"]), first(row, &["topic", "topic_id", "topic_name", "topic_title"])) {
        (Some(user), Some(topic)) => progress(app, row, user, topic, counts).await,
        (Some(id), None) => user(app, row, id, counts).await,
        (None, _) => {
            counts.unusable += 1;
            Ok(())
        }
    }
}

async fn user(app: &App, row: &Row, id: &str, counts: &mut Counts) -> anyhow::Result<()> {
    counts.levels += u32::from(row.contains_key("learning_level"));
    let known = app.services.store.user(id).await?;
    let base = known.clone().unwrap_or_else(|| User::new(id));
    let missing = |field: &Option<String>, names: &[&str]| match field {
        Some(_) => None,
        None => first(row, names).map(str::to_owned),
    };
    let changes = UserChanges {
        name: missing(&base.name, &["name", "full_name"]),
        email: missing(&base.email, &["email"]),
        education_level: match base.education_level {
            Some(_) => None,
            None => first(row, &["education_level", "education"]).map(education),
        },
        hours_per_week: None,
        created_at: known.is_none().then(|| first(row, &["created_at"]).and_then(time)).flatten(),
    };
    if known.is_some() && changes == UserChanges::default() {
        counts.known_users += 1;
        return Ok(());
    }
    app.services.store.merge_user(&base, &changes).await?;
    counts.users += 1;
    Ok(())
}

async fn progress(app: &App, row: &Row, user: &str, topic: &str, counts: &mut Counts) -> anyhow::Result<()> {
    let services = &app.services;
    if services.store.user(user).await?.is_none() {
        services.store.merge_user(&User::new(user), &UserChanges::default()).await?;
        counts.users += 1;
    }
    let topic = services.catalogue.find_or_unknown(topic).await?.id;
    if services.store.progress(user).await?.iter().any(|known| known.topic == topic) {
        counts.known_progress += 1;
        return Ok(());
    }
    let at = first(row, &["completed_at", "updated_at", "last_accessed", "created_at"])
        .and_then(time)
        .unwrap_or_else(Utc::now);
    let progress = TopicProgress {
        topic,
        started_at: Some(first(row, &["started_at", "created_at"]).and_then(time).unwrap_or(at)),
        completed_at: is_completed(row).then_some(at),
    };
    services.store.take_over_progress(user, &progress).await?;
    counts.progress += 1;
    Ok(())
}

fn is_completed(row: &Row) -> bool {
    let is = |name: &str, values: &[&str]| {
        row.get(name).is_some_and(|value| values.contains(&value.to_lowercase().as_str()))
    };
    let percent = first(row, &["progress", "progress_percent", "percent"]).and_then(|value| value.parse::<f64>().ok());
    is("completed", &["t", "true", "1", "yes"])
        || is("status", &["completed", "complete", "done"])
        || row.contains_key("completed_at")
        || percent.is_some_and(|percent| percent >= 100.0)
}

fn education(level: &str) -> EducationLevel {
    let level = text::fold(level);
    match level {
        level if level.contains("phd") || level.contains("doctor") => EducationLevel::Doctorate,
        level if level.contains("master") || level.contains("graduate") && !level.contains("under") => {
            EducationLevel::Master
        }
        level if level.contains("bachelor") || level.contains("undergraduate") => EducationLevel::Bachelor,
        level if level.contains("school") => EducationLevel::HighSchool,
        _ => EducationLevel::Other,
    }
}

/// As PostgreSQL writes it, or RFC 3339.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let with_zone = ["%Y-%m-%d %H:%M:%S%.f%#z", "%+"].iter().find_map(|form| DateTime::parse_from_str(text, form).ok());
    with_zone.map(|time| time.to_utc()).or_else(|| {
        let without = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f");
        without.ok().map(|time| time.and_utc())
    })
}

fn first<'r>(row: &'r Row, names: &[&str]) -> Option<&'r str> {
    names.iter().find_map(|name| row.get(*name)).map(String::as_str)
}

type Rows = Box<dyn Iterator<Item = anyhow::Result<Row>> + Send>;

fn rows(path: &Path) -> anyhow::Result<Rows> {
    let file = File::open(path)?;
    match path.extension().and_then(|extension| extension.to_str()).map(str::to_lowercase).as_deref() {
        Some("csv") => csv_rows(file),
        Some("jsonl" | "ndjson" | "json") => Ok(json_rows(file)),
        _ => bail!("the name has to end in .csv or .jsonl"),
    }
}

fn csv_rows(file: File) -> anyhow::Result<Rows> {
    let mut reader = csv::Reader::from_reader(file);
    let names: Vec<String> = reader.headers()?.iter().map(|name| name.trim().to_lowercase()).collect();
    Ok(Box::new(reader.into_records().map(move |record| {
        let record = record?;
        let fields = names.iter().cloned().zip(record.iter().map(str::to_owned));
        Ok(fields.filter(|(_, value)| !value.trim().is_empty()).collect())
    })))
}

fn json_rows(file: File) -> Rows {
    let lines = BufReader::new(file).lines().filter(|line| line.as_ref().map_or(true, |line| !line.trim().is_empty()));
    Box::new(lines.map(|line| {
        let object: serde_json::Map<String, Value> = serde_json::from_str(&line?)?;
        let fields = object.into_iter().map(|(name, value)| (name.to_lowercase(), plain(value)));
        Ok(fields.filter(|(_, value)| !value.is_empty()).collect())
    }))
}

fn plain(value: Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_postgresql_and_of_rfc_3339_are_read() {
        for text in ["2024-01-05 10:00:00+00", "2024-01-05 10:00:00.123", "2024-01-05T10:00:00Z"] {
            assert_eq!(time(text).unwrap().timestamp(), 1_704_448_800, "{text}");
        }
    }

    #[test]
    fn levels_of_education_are_understood() {
        assert_eq!(education("PhD"), EducationLevel::Doctorate);
        assert_eq!(education("Undergraduate"), EducationLevel::Bachelor);
        assert_eq!(education("High school"), EducationLevel::HighSchool);
    }
}
