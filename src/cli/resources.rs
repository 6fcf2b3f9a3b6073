use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Subcommand;
use serde::Serialize;

use super::progress;
use crate::app;
use crate::config::Config;
use crate::resources::{self, Curated, Patience};
use crate::store::StoreUrl;
use crate::store::resources::{Finding, ResourceCheck};

#[derive(Subcommand)]
pub(super) enum Action {
    /// Ask every address of the catalogue whether it still answers. What fails is not shown until it answers again.
    Check {
        /// Only addresses that contain this.
        #[arg(long, default_value = "", value_name = "TEXT")]
        only: String,
        /// Print all that was found, as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(config: Config, action: &Action) -> anyhow::Result<ExitCode> {
    let Action::Check { only, json } = action;
    // The database first: what cannot be kept is not asked for.
    let store = app::open_store(&StoreUrl::parse(&config.store())?, config.opening()).await?;
    let mut addresses = app::curated(&config)?;
    addresses.retain(|entry| entry.url.as_str().contains(only));
    if addresses.is_empty() {
        bail!("no address of the catalogue contains `{only}`");
    }
    let bar = progress::bar("asking");
    let checked =
        resources::check(&addresses, Patience::default(), |done| progress::advance(&bar, done, addresses.len()));
    let checked = checked.await;
    bar.finish_and_clear();
    let checks = checked?;
    store.save_resource_checks(&checks).await.context("what was found could not be kept")?;
    let report = Report::new(&addresses, checks);
    if *json {
        super::print(&serde_json::to_string_pretty(&report)?);
    } else {
        report.lines().iter().for_each(|line| super::print(line));
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct Report {
    summary: BTreeMap<String, usize>,
    /// The worst first.
    resources: Vec<Named>,
}

#[derive(Serialize)]
struct Named {
    title: String,
    #[serde(flatten)]
    check: ResourceCheck,
}

/// From good to bad.
const FINDINGS: [(Finding, &str); 5] = [
    (Finding::Fine, "fine"),
    (Finding::Slow, "slow"),
    (Finding::Moved, "moved"),
    (Finding::Refused, "refused"),
    (Finding::Dead, "dead"),
];

impl Report {
    fn new(addresses: &[Curated], checks: Vec<ResourceCheck>) -> Self {
        let titles: BTreeMap<&str, &str> =
            addresses.iter().map(|entry| (entry.url.as_str(), entry.title.as_str())).collect();
        let named = |check: ResourceCheck| Named {
            title: titles.get(check.url.as_str()).copied().unwrap_or_default().to_owned(),
            check,
        };
        let mut resources: Vec<Named> = checks.into_iter().map(named).collect();
        resources.sort_by(|a, b| (rank(b), &a.check.url).cmp(&(rank(a), &b.check.url)));
        let count = |finding| resources.iter().filter(|named| named.check.finding == finding).count();
        let summary = FINDINGS.map(|(finding, name)| (name.to_owned(), count(finding)));
        Self { summary: BTreeMap::from(summary), resources }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.resources.iter().map(Named::line).collect();
        let count =
            |(_, name): (Finding, &str)| format!("{} {name}", self.summary.get(name).copied().unwrap_or_default());
        let counts = FINDINGS.map(count).join(", ");
        lines.push(format!(
            "{} addresses: {counts}; dead ones are not shown until they answer again",
            self.resources.len()
        ));
        lines
    }
}

impl Named {
    fn line(&self) -> String {
        let check = &self.check;
        let what = match (&check.moved_to, &check.reason) {
            (Some(target), _) => format!("now at {target}"),
            (None, Some(reason)) => reason.clone(),
            (None, None) => format!("{:.1} s", check.milliseconds as f64 / 1_000.0),
        };
        format!("{:<8} {}  “{}”: {what}", FINDINGS[rank(self)].1, check.url, self.title)
    }
}

fn rank(named: &Named) -> usize {
    FINDINGS.iter().position(|(finding, _)| *finding == named.check.finding).unwrap_or_default()
}
