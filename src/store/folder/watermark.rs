use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::Utc;

use super::Folder;
use super::seal::{Mark, MarkFile};

/// Keeps the [mark](super::seal) up to date while an engine is open.
pub(in super::super) struct Watermark {
    folder: Folder,
    under_way: AtomicUsize,
    state: Mutex<State>,
}

struct State {
    file: MarkFile,
    mark: Mark,
}

/// A write that is under way until it is said how it ended. One that is dropped before, because nobody waits for it any more, may
/// be under way for as long as the engine is open.
pub(in super::super) struct UnderWay<'w>(&'w Watermark);

impl Watermark {
    pub(in super::super) fn open(folder: &Folder) -> io::Result<Self> {
        let state = State { file: MarkFile::open(&folder.path)?, mark: Mark::read(&folder.path).unwrap_or_default() };
        let watermark = Self { folder: folder.clone(), under_way: AtomicUsize::new(0), state: Mutex::new(state) };
        let newest = folder.files()?.keys().filter_map(|name| folder.engine.log_number(name)).max();
        let mut state = watermark.lock();
        if newest > Some(state.mark.log) {
            state.mark = Mark { log: newest.unwrap_or_default(), ..Mark::default() };
        }
        drop(state);
        Ok(watermark)
    }

    pub(in super::super) fn begin(&self) -> UnderWay<'_> {
        self.under_way.fetch_add(1, SeqCst);
        UnderWay(self)
    }

    /// On to the disk: the log first, so that a mark is never ahead of it.
    pub(in super::super) fn sync(&self) -> io::Result<()> {
        let state = self.lock();
        if let Ok(log) = fs::File::open(self.log_path(state.mark.log)) {
            log.sync_data()?;
        }
        state.file.sync()
    }

    /// Bytes of the log that is written to.
    pub(in super::super) fn log_length(&self) -> u64 {
        let log = self.lock().mark.log;
        fs::metadata(self.log_path(log)).map_or(0, |metadata| metadata.len())
    }

    fn note(&self) -> io::Result<()> {
        let mut state = self.lock();
        let log = self.newest_log(state.mark.log)?;
        let length = match fs::metadata(self.log_path(log)) {
            Ok(metadata) => metadata.len(),
            // It is in a table by now, and the next one is not begun.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        // Asked behind the length: a write that begins now is not in it.
        let exact = self.under_way.load(SeqCst) == 1;
        if (log, length, exact) != (state.mark.log, state.mark.length, state.mark.exact) {
            state.mark = Mark { log, length, at: Utc::now(), exact };
            let mark = state.mark;
            state.file.write(mark)?;
        }
        Ok(())
    }

    fn log_path(&self, number: u64) -> PathBuf {
        self.folder.path.join(self.folder.engine.log_name(number))
    }

    fn newest_log(&self, known: u64) -> io::Result<u64> {
        if self.folder.engine.numbers_logs_one_by_one() {
            let mut newest = known;
            while self.log_path(newest + 1).exists() {
                newest += 1;
            }
            return Ok(newest);
        }
        let mut newest = known;
        for entry in fs::read_dir(&self.folder.path)? {
            let name = entry?.file_name();
            newest = newest.max(name.to_str().and_then(|name| self.folder.engine.log_number(name)).unwrap_or(0));
        }
        Ok(newest)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay<'_> {
    /// Notes that the write was acknowledged.
    pub(in super::super) fn acknowledge(self) -> io::Result<()> {
        let noted = self.0.note();
        self.fail();
        noted
    }

    /// It ended, and is not in the database.
    pub(in super::super) fn fail(self) {
        self.0.under_way.fetch_sub(1, SeqCst);
    }
}
