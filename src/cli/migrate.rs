use std::process::ExitCode;

use clap::Subcommand;

use crate::config::Config;
use crate::store::{Store, StoreUrl, migrate};

#[derive(Subcommand)]
pub(super) enum Action {
    /// Which migrations the database has.
    Status,
    /// Apply those that are missing.
    Up,
}

pub(super) async fn run(config: Config, action: &Action) -> anyhow::Result<ExitCode> {
    let store = Store::open(&StoreUrl::parse(&config.store())?, config.opening()).await?;
    let migrations = migrate::built_in();
    match action {
        Action::Status => {
            for status in store.migration_status(&migrations).await? {
                let applied = status.applied_at.unwrap_or_else(|| "not applied".to_owned());
                super::print(&format!("{}\t{applied}", status.name));
            }
        }
        Action::Up => {
            let applied = store.migrate(&migrations).await?;
            for name in &applied {
                super::print(&format!("applied {name}"));
            }
            if applied.is_empty() {
                super::print("nothing to apply");
            }
        }
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
