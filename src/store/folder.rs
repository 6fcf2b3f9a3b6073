//! A folder that holds a database: what is checked of it, and mended, before an engine opens it.
//!
//! The engines recover from a log that ends in the middle of a record, and take every other damage of a log for the same: they
//! go on without what stood behind, and say nothing. So the folder is compared first with what it held ([`seal`]) and with what
//! its own files promise. What was begun and never acknowledged is cut off; what was acknowledged and is gone is a
//! [loss](Examined::losses), and the folder is not opened before somebody accepted it.

/// Which file of an engine's is what.
mod layout;
/// Logs, record by record.
mod log;
/// The engine's list of its tables.
mod manifest;
/// What is put right before an engine opens the folder.
mod mend;
/// What the folder held.
mod seal;
/// The mark, as writes are acknowledged.
mod watermark;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
pub use layout::Engine;
use layout::{Growth, MANIFEST, table_name, table_number};
use log::{End, Scanned};
use manifest::Manifest;
use seal::{Compared, Mark, Seal, Sealed};

pub(super) use watermark::{UnderWay, Watermark};

/// A folder and the engine whose files it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) engine: Engine,
}

/// What was found before opening.
#[derive(Debug, Default)]
pub(super) struct Examined {
    /// What was acknowledged and is gone, a sentence each; empty when everything is there.
    pub(super) losses: Vec<String>,
    /// Nothing in the folder can be relied on: it is kept as a whole, and a new one begun.
    is_beyond_repair: bool,
    /// Files to end at a length, by path within the folder.
    cuts: BTreeMap<String, u64>,
    /// Files that cannot count any more.
    removals: Vec<String>,
    /// The manifest as it was sealed, to replace a damaged one.
    manifest: Option<Vec<u8>>,
    /// The last log, and where it ends once all is mended.
    log: Option<(u64, u64)>,
}

impl Examined {
    fn lose(&mut self, loss: String) {
        self.losses.push(loss);
    }

    fn lose_all(&mut self, loss: String) {
        self.lose(loss);
        self.is_beyond_repair = true;
    }
}

impl Folder {
    /// Keeps other processes off the folder for as long as the file is open; none: one is at work on it.
    pub(super) fn lock(&self) -> io::Result<Option<File>> {
        if let Some(parent) = self.path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(beside(&self.path, "lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Bytes of the longest log.
    pub(super) fn longest_log(&self) -> u64 {
        let logs = self.files().unwrap_or_default();
        logs.iter()
            .filter(|(name, _)| self.engine.log_number(name).is_some())
            .map(|(_, length)| *length)
            .max()
            .unwrap_or(0)
    }

    /// Lets the numbers of logs go on behind those of another folder, whose engine may still remove its old ones by their names.
    pub(super) fn go_on_numbering(&self, from: &Self) -> io::Result<()> {
        if !self.engine.needs_short_logs() {
            return Ok(());
        }
        let logs = from.files()?.keys().filter_map(|name| from.engine.log_number(name)).max().unwrap_or(0);
        let manifest = fs::read(from.path.join(MANIFEST)).ok().and_then(|bytes| Manifest::parse(&bytes));
        let next = logs.max(manifest.map_or(0, |manifest| manifest.log_number)) + 2;
        fs::create_dir_all(self.path.join("wal"))?;
        File::create(self.path.join(self.engine.log_name(next)))?.sync_all()
    }

    /// Compares what is there with what was there. Changes nothing.
    pub(super) fn examine(&self) -> io::Result<Examined> {
        let mut found = Examined::default();
        let files = self.files()?;
        let (seal, mark) = (Seal::read(&self.path), Mark::read(&self.path));
        if !files.keys().any(|name| self.is_data(name)) {
            if seal.as_ref().is_some_and(|seal| !seal.files.is_empty()) || mark.is_some_and(|mark| mark.length > 0) {
                found.lose_all("the files of the database are gone as a whole".to_owned());
            }
            return Ok(found);
        }
        let seal = seal.unwrap_or_default();
        if !files.contains_key(self.engine.root()) && seal.manifest().is_none() {
            found.lose_all(format!("{} is missing, without which nothing else can be read", self.engine.root()));
            return Ok(found);
        }
        let manifest = match self.engine {
            Engine::SurrealKv => {
                let Some(manifest) = self.check_manifest(&files, &seal, &mut found)? else {
                    return Ok(found);
                };
                Some(manifest)
            }
            #[cfg(feature = "rocksdb")]
            Engine::RocksDb => None,
        };
        self.check_files(&files, &seal, manifest.as_ref(), &mut found)?;
        self.check_logs(&files, mark, manifest.as_ref(), &mut found)?;
        Ok(found)
    }

    /// Whether only reading tells that its tables are whole: they are not those that were sealed, or not as long.
    pub(super) fn is_doubtful(&self) -> io::Result<bool> {
        if self.engine.has_readable_manifest() {
            return Ok(false);
        }
        let sealed = Seal::read(&self.path).unwrap_or_default().files;
        let mut files = self.files()?;
        files.retain(|name, _| self.engine.growth(name) == Some(Growth::Never));
        let is_known =
            |(name, length): (&String, &u64)| sealed.get(name).is_some_and(|sealed| sealed.length == *length);
        let is_there = |name: &String| self.engine.growth(name) != Some(Growth::Never) || files.contains_key(name);
        Ok(!(files.iter().all(is_known) && sealed.keys().all(is_there)))
    }

    /// Every file with its length, by path within the folder.
    fn files(&self) -> io::Result<BTreeMap<String, u64>> {
        let mut files = BTreeMap::new();
        list(&self.path, "", &mut files)?;
        Ok(files)
    }

    /// Whether the engine keeps data in it, or knows by it where they are.
    fn is_data(&self, name: &str) -> bool {
        name == self.engine.root() || self.engine.growth(name).is_some() || self.engine.log_number(name).is_some()
    }

    /// None: nothing can be read without it. What the engine writes of it changes its tables each time, so one that differs from
    /// the sealed one and has the same tables is damaged.
    fn check_manifest(
        &self,
        files: &BTreeMap<String, u64>,
        seal: &Seal,
        found: &mut Examined,
    ) -> io::Result<Option<Manifest>> {
        let bytes = if files.contains_key(MANIFEST) { fs::read(self.path.join(MANIFEST))? } else { Vec::new() };
        let missing = |manifest: &Manifest| {
            manifest.tables.iter().map(|table| table_name(*table)).find(|name| !files.contains_key(name))
        };
        let newest = files.keys().filter_map(|name| table_number(name)).max();
        let sealed = seal.manifest().and_then(|bytes| Some((Manifest::parse(&bytes)?, bytes)));
        let sealed = sealed.filter(|(sealed, _)| missing(sealed).is_none() && newest <= sealed.tables.last().copied());
        let stored = Manifest::parse(&bytes);
        let is_sound = |stored: &Manifest| match &sealed {
            Some((sealed, _)) if sealed.tables == stored.tables => sealed == stored,
            _ => missing(stored).is_none(),
        };
        if let Some(stored) = stored.clone().filter(is_sound) {
            return Ok(Some(stored));
        }
        if let Some((sealed, bytes)) = sealed {
            found.manifest = Some(bytes);
            return Ok(Some(sealed));
        }
        found.lose_all(match stored.as_ref().and_then(missing) {
            Some(table) => format!("{table} is missing"),
            None => format!("{MANIFEST} is damaged or missing, and without it no table can be read"),
        });
        Ok(None)
    }

    fn check_files(
        &self,
        files: &BTreeMap<String, u64>,
        seal: &Seal,
        manifest: Option<&Manifest>,
        found: &mut Examined,
    ) -> io::Result<()> {
        let sealed_tables = seal.manifest().and_then(|bytes| Manifest::parse(&bytes)).map(|sealed| sealed.tables);
        let has_changed = manifest.map(|manifest| &manifest.tables) != sealed_tables.as_ref();
        for (name, sealed) in &seal.files {
            let in_force = |table| manifest.is_none_or(|manifest| manifest.tables.contains(&table));
            if !table_number(name).is_none_or(in_force) {
                continue;
            }
            if !files.contains_key(name) {
                // The engine removes what no table needs, the oldest first, and does not miss what is gone.
                let is_older = |other: &&String| other.ends_with(".vlog") && *other < name;
                if name.ends_with(".vlog") && (!has_changed || files.keys().any(|other| is_older(&other))) {
                    found.lose_all(format!("{name} is missing"));
                }
                continue;
            }
            let path = self.path.join(name);
            match sealed.compare(&path)? {
                // Of tables that are in force, and so were written to their end when they were sealed; or padding.
                Compared::Longer
                    if self.engine.growth(name) == Some(Growth::Never)
                        && (manifest.is_some() || sealed.is_padded(&path)?) =>
                {
                    found.cuts.insert(name.clone(), sealed.length);
                }
                Compared::Same | Compared::Longer => {}
                Compared::Shorter { length } => {
                    found.lose_all(format!("{name} holds {length} of {} bytes", sealed.length));
                }
                Compared::Different => found.lose_all(format!("{name} is not what was written")),
            }
        }
        Ok(())
    }

    fn check_logs(
        &self,
        files: &BTreeMap<String, u64>,
        mark: Option<Mark>,
        manifest: Option<&Manifest>,
        found: &mut Examined,
    ) -> io::Result<()> {
        let first = manifest.map_or(0, |manifest| manifest.log_number);
        let mut logs = BTreeMap::new();
        for name in files.keys() {
            if let Some(number) = self.engine.log_number(name) {
                logs.insert(number, (name.as_str(), log::scan(&self.path.join(name), self.engine.layout())?));
            }
        }
        let in_tables = manifest.map_or(0, |manifest| manifest.last_sequence);
        let passed_over = logs.range(..first).find(|(_, (_, log))| log.sequence > Some(in_tables));
        if let Some((_, (name, _))) = passed_over {
            found.lose_all(format!("{MANIFEST} passes over {name}, whose writes are in no table"));
            return Ok(());
        }
        let last = logs.keys().next_back().copied();
        if let Some(mark) = mark.filter(|mark| mark.length > 0 && mark.log >= first && last < Some(mark.log)) {
            found.lose(format!("the log {} is missing{}", mark.log, until(&mark, None)));
        }
        let counted: Vec<_> = logs.range(first..).map(|(number, log)| (*number, *log)).collect();
        if self.engine == Engine::SurrealKv
            && let Some(pair) = counted.windows(2).find(|pair| pair[1].0 != pair[0].0 + 1)
        {
            found.lose(format!("the log {} is missing", pair[0].0 + 1));
        }
        found.log = last.map(|last| (last, 0));
        let mut is_lost = false;
        for (number, (name, log)) in counted {
            if is_lost {
                // What was written after a loss may rest on what was lost.
                found.removals.push(name.to_owned());
                continue;
            }
            if log.sound < log.size {
                found.cuts.insert(name.to_owned(), log.sound);
            }
            if let Some(loss) = loss(name, &log, Some(number) == last, mark.filter(|mark| mark.log == number)) {
                found.lose(loss);
                is_lost = true;
            }
            found.log = Some((number, log.sound));
        }
        Ok(())
    }

    /// Notes what the folder holds by now; `before` is what was noted last. Answers it when it is another.
    pub(super) fn seal(&self, before: Option<&SealedFolder>) -> io::Result<Option<SealedFolder>> {
        let mut files = self.files()?;
        files.retain(|name, _| self.engine.growth(name).is_some());
        let manifest = match self.engine {
            Engine::SurrealKv => fs::read(self.path.join(MANIFEST)).unwrap_or_default(),
            #[cfg(feature = "rocksdb")]
            Engine::RocksDb => Vec::new(),
        };
        let mut seal = Seal::default();
        if let Some(parsed) = Manifest::parse(&manifest) {
            seal.set_manifest(&manifest);
            // Others are still being written, or about to go.
            files.retain(|name, _| table_number(name).is_none_or(|table| parsed.tables.contains(&table)));
        }
        for (name, length) in &files {
            let known = before.and_then(|before| before.0.files.get(name)).copied();
            let sealed = match known.filter(|known| known.length == *length) {
                Some(known) => Ok(known),
                None => Sealed::of(&self.path.join(name), known),
            };
            // A file may go while it is looked at.
            if let Ok(sealed) = sealed {
                seal.files.insert(name.clone(), sealed);
            }
        }
        if before.is_some_and(|before| before.0 == seal) {
            return Ok(None);
        }
        seal.write(&self.path)?;
        Ok(Some(SealedFolder(seal)))
    }
}

/// What was noted of a folder.
pub(super) struct SealedFolder(Seal);

/// A sibling of the folder: its name with an ending.
pub(super) fn beside(folder: &Path, ending: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    folder.with_file_name(name)
}

fn list(folder: &Path, prefix: &str, files: &mut BTreeMap<String, u64>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => list(&entry.path(), &format!("{name}/"), files)?,
            Ok(metadata) => {
                files.insert(name, metadata.len());
            }
            // It has gone since the folder was listed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What is gone of a log; the engine begins the next one only when one is whole.
fn loss(name: &str, log: &Scanned, is_last: bool, mark: Option<Mark>) -> Option<String> {
    let whole = log.end == End::Whole;
    let acknowledged = mark.map_or(0, |mark| mark.length);
    if !is_last && !whole {
        return Some(format!("{name} ends after {} of {} bytes", log.sound, log.size));
    }
    if log.end == End::Damaged {
        return Some(format!(
            "{name} is damaged after {} of {} bytes{}",
            log.sound,
            log.size,
            since(log, mark.as_ref())
        ));
    }
    // A write that was under way when the mark was set may have been begun before it, and was acknowledged by nobody.
    let may_be_begun = log.end == End::Begun && log.size >= acknowledged && mark.is_some_and(|mark| !mark.exact);
    if log.sound >= acknowledged || may_be_begun {
        return None;
    }
    Some(format!("{name} holds {} of {acknowledged} acknowledged bytes{}", log.sound, since(log, mark.as_ref())))
}

fn since(log: &Scanned, mark: Option<&Mark>) -> String {
    mark.map_or_else(String::new, |mark| until(mark, log.last))
}

/// From when to when what was acknowledged is gone.
fn until(mark: &Mark, kept: Option<DateTime<Utc>>) -> String {
    let shown = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Millis, true);
    match kept {
        Some(kept) => format!(
            ": the last write that is there is of {}, the last acknowledged one of {}",
            shown(kept),
            shown(mark.at)
        ),
        None => format!(": the last acknowledged write is of {}", shown(mark.at)),
    }
}
