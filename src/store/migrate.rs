use include_dir::{Dir, include_dir};
use pathwright_api::job::hex;
use pathwright_api::{ErrorCode, Failure};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::Store;

static MIGRATIONS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// One numbered change of the schema.
#[derive(Clone, Debug)]
pub struct Migration {
    /// The file's name without ending, such as `0001_foundation`.
    pub name: String,
    pub text: String,
}

impl Migration {
    /// SHA-256 of the text, hexadecimal.
    pub fn checksum(&self) -> String {
        hex(&Sha256::digest(self.text.as_bytes()))
    }
}

/// A migration and whether this database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrationStatus {
    pub name: String,
    /// When it was applied, if it was.
    pub applied_at: Option<String>,
}

#[derive(Deserialize)]
struct Applied {
    name: String,
    checksum: String,
    at: String,
}

/// The migrations this binary carries, in order.
pub fn built_in() -> Vec<Migration> {
    let mut migrations: Vec<Migration> = MIGRATIONS
        .files()
        .filter_map(|file| {
            let name = file.path().file_name()?.to_str()?.strip_suffix(".surql")?;
            Some(Migration { name: name.to_owned(), text: file.contents_utf8()?.to_owned() })
        })
        .collect();
    migrations.sort_by(|a, b| a.name.cmp(&b.name));
    migrations
}

impl Store {
    /// Which migrations the database has; refuses a database whose history is not the binary's.
    pub async fn migration_status(&self, migrations: &[Migration]) -> Result<Vec<MigrationStatus>, Failure> {
        let applied = self.applied().await?;
        if let Some(unknown) = applied.iter().find(|done| migrations.iter().all(|known| known.name != done.name)) {
            let message = format!(
                "the database has migration {}, which this version does not know; use a newer one",
                unknown.name
            );
            return Err(Failure::new(ErrorCode::StoreUnavailable, message));
        }
        let status = |migration: &Migration| {
            let done = applied.iter().find(|done| done.name == migration.name);
            if done.is_some_and(|done| done.checksum != migration.checksum()) {
                let message = format!(
                    "migration {} was edited after it was applied; restore its text and add a new one",
                    migration.name
                );
                return Err(Failure::new(ErrorCode::StoreUnavailable, message));
            }
            Ok(MigrationStatus { name: migration.name.clone(), applied_at: done.map(|done| done.at.clone()) })
        };
        migrations.iter().map(status).collect()
    }

    /// Applies what is missing, in order, each in a transaction with its record; answers the names.
    pub async fn migrate(&self, migrations: &[Migration]) -> Result<Vec<String>, Failure> {
        let status = self.migration_status(migrations).await?;
        let mut applied = Vec::new();
        for (migration, status) in migrations.iter().zip(status) {
            if status.applied_at.is_none() && self.apply(migration).await? {
                applied.push(migration.name.clone());
            }
        }
        Ok(applied)
    }

    /// Answers false when another process was quicker.
    async fn apply(&self, migration: &Migration) -> Result<bool, Failure> {
        let text = format!(
            "BEGIN; CREATE type::record('migration', $name) SET name = $name, checksum = $checksum, at = <string>time::now(); {}\nCOMMIT;",
            migration.text
        );
        let tried = self.query(text).bind("name", &migration.name).bind("checksum", migration.checksum()).run().await;
        match tried {
            Ok(_) => Ok(true),
            Err(error) if self.applied().await?.iter().any(|done| done.name == migration.name) => {
                tracing::debug!(%error, migration = migration.name, "another process applied it meanwhile");
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn applied(&self) -> Result<Vec<Applied>, Failure> {
        let text =
            "DEFINE TABLE IF NOT EXISTS migration SCHEMALESS; SELECT name, checksum, at FROM migration ORDER BY name";
        self.query(text).run().await?.rows(1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::StoreUrl;
    use super::*;

    fn migration(name: &str, text: &str) -> Migration {
        Migration { name: name.into(), text: text.into() }
    }

    async fn store() -> Store {
        Store::connect(&StoreUrl::Memory).await.unwrap()
    }

    #[tokio::test]
    async fn every_migration_says_why_and_applies_once() {
        assert!(built_in().iter().all(|migration| migration.text.starts_with("-- Why:")));
        let store = store().await;
        assert_eq!(store.migrate(&built_in()).await.unwrap().len(), built_in().len());
        assert!(store.migrate(&built_in()).await.unwrap().is_empty());
        assert!(store.migration_status(&built_in()).await.unwrap().iter().all(|status| status.applied_at.is_some()));
    }

    #[tokio::test]
    async fn an_edited_old_migration_is_refused() {
        let store = store().await;
        store.migrate(&[migration("0001_a", "DEFINE TABLE a;")]).await.unwrap();
        let error = store.migrate(&[migration("0001_a", "DEFINE TABLE b;")]).await.unwrap_err();
        assert!(error.message.contains("0001_a was edited"));
        let error = store.migrate(&[]).await.unwrap_err();
        assert!(error.message.contains("does not know"));
    }

    #[tokio::test]
    async fn a_failing_migration_leaves_nothing_behind() {
        let store = store().await;
        let bad = migration("0001_bad", "CREATE a:1; THROW 'no';");
        assert!(store.migrate(std::slice::from_ref(&bad)).await.is_err());
        assert!(store.migration_status(&[bad]).await.unwrap()[0].applied_at.is_none());
    }

    #[tokio::test]
    async fn processes_that_start_together_apply_each_migration_once() {
        let store = store().await;
        let all = built_in();
        let (a, b, c) = tokio::join!(store.migrate(&all), store.migrate(&all), store.migrate(&all));
        let applied = a.unwrap().len() + b.unwrap().len() + c.unwrap().len();
        assert_eq!(applied, all.len());
    }
}
