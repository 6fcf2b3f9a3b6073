//! A database put down anew, key by key, so that nothing is left on the disk of what was deleted.
//!
//! A deleted row stands on in the engine's files until it is put together with newer ones, which an engine does when it suits it,
//! and not at all for a small database. A copy of what is there has nothing else in it.

use std::fs;
use std::io;
use std::path::Path;

use surrealdb_core::kvs::Datastore;
use surrealdb_core::kvs::copy::{KeyRole, KeyspaceVersion, VERSION_KEY, key_role, keyspace};
use surrealdb_kvs::{Direction, Key, TransactionType};

use super::folder::beside;

/// Pairs read at once.
const PAGE: u32 = 500;

/// Bytes written in one transaction.
const CHUNK: usize = 8 << 20;

/// Copies a database into an empty one. The version comes last: without it no engine takes the copy for a whole one.
pub(super) async fn copy(from: &Datastore, to: &Datastore) -> anyhow::Result<()> {
    let source = from.transaction(TransactionType::Read).await?;
    KeyspaceVersion::read(&source).await?.check()?;
    let mut pairs = source.open_vals_cursor_raw(keyspace(), Direction::Forward, 0, None).await?;
    let mut target = to.transaction(TransactionType::Write).await?;
    let mut written = 0;
    let mut version = None;
    loop {
        let page = pairs.next_batch(PAGE).await?;
        if page.is_empty() {
            break;
        }
        for (key, value) in &page {
            match key_role(key) {
                KeyRole::Data => {
                    written += key.len() + value.len();
                    target.set(Key::from(key.to_vec()), value.to_vec()).await?;
                }
                KeyRole::Version => version = Some(value.to_vec()),
                KeyRole::Skipped => {}
            }
        }
        if written >= CHUNK {
            target.commit().await?;
            target = to.transaction(TransactionType::Write).await?;
            written = 0;
        }
    }
    drop(pairs);
    if let Some(version) = version {
        target.set(Key::from(VERSION_KEY.to_vec()), version).await?;
    }
    target.commit().await?;
    source.cancel().await
}

/// Reads a database from end to end: what of its tables is damaged, or gone, is an error.
pub(super) async fn read_through(datastore: &Datastore) -> anyhow::Result<()> {
    let source = datastore.transaction(TransactionType::Read).await?;
    let mut pairs = source.open_vals_cursor_raw(keyspace(), Direction::Forward, 0, None).await?;
    while !pairs.next_batch(PAGE).await?.is_empty() {}
    drop(pairs);
    source.cancel().await
}

/// Where a copy grows up, and where the folder goes that it replaces.
const FRESH: &str = "fresh";
const STALE: &str = "stale";

/// The folders that an exchange goes through.
pub(super) struct Exchange<'f> {
    folder: &'f Path,
}

impl<'f> Exchange<'f> {
    pub(super) fn of(folder: &'f Path) -> Self {
        Self { folder }
    }

    pub(super) fn fresh(&self) -> std::path::PathBuf {
        beside(self.folder, FRESH)
    }

    fn stale(&self) -> std::path::PathBuf {
        beside(self.folder, STALE)
    }

    /// Puts the copy, which is whole, in the folder's place. Cut off anywhere, [`Exchange::finish`] finds out how far it came.
    pub(super) fn swap(&self) -> io::Result<()> {
        fs::rename(self.folder, self.stale())?;
        fs::rename(self.fresh(), self.folder)?;
        sync_parent(self.folder)
    }

    /// Ends an exchange that was cut off: the folder is the copy if that was whole, and otherwise what it was. Nothing else
    /// stays.
    pub(super) fn finish(&self) -> io::Result<()> {
        if !self.folder.exists() && self.stale().exists() {
            // Only a whole copy lets the folder be moved away.
            let whole = if self.fresh().exists() { self.fresh() } else { self.stale() };
            fs::rename(whole, self.folder)?;
            sync_parent(self.folder)?;
        }
        for left in [self.fresh(), self.stale()] {
            match fs::remove_dir_all(&left) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

fn sync_parent(folder: &Path) -> io::Result<()> {
    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::File::open(parent)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the three folders are there, each with its name in it.
    fn with(folders: &[&str]) -> (tempfile::TempDir, std::path::PathBuf) {
        let data = tempfile::tempdir().unwrap();
        let store = data.path().join("store");
        for name in folders {
            let folder = if *name == "store" { store.clone() } else { beside(&store, name) };
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("was"), name).unwrap();
        }
        (data, store)
    }

    #[test]
    fn an_exchange_that_was_cut_off_ends_with_one_whole_folder() {
        let cases: [(&[&str], &str); 5] = [
            (&["store"], "store"),
            (&["store", FRESH], "store"),
            (&[STALE, FRESH], FRESH),
            (&["store", STALE], "store"),
            (&[STALE], STALE),
        ];
        for (folders, stays) in cases {
            let (data, store) = with(folders);
            Exchange::of(&store).finish().unwrap();
            assert_eq!(fs::read_to_string(store.join("was")).unwrap(), stays, "{folders:?}");
            assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1, "{folders:?}");
        }
    }

    #[test]
    fn a_copy_takes_the_place_of_its_source() {
        let (data, store) = with(&["store", FRESH]);
        Exchange::of(&store).swap().unwrap();
        Exchange::of(&store).finish().unwrap();
        assert_eq!(fs::read_to_string(store.join("was")).unwrap(), FRESH);
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1);
    }
}
