//! What the folder of a store held when it was last looked at, in two small files of our own beside the engine's.
//!
//! The *seal* lists files that are never changed once written, with their checksums, and is renewed every few seconds and at the
//! end. The *mark* says how far the log had come when the last write was acknowledged: 32 bytes, written after every one, so that
//! it is exact after a process was killed, and some seconds old at most after a power cut.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use crc32fast::Hasher;
use serde::{Deserialize, Serialize};

const SEAL: &str = "pathwright.seal";
const MARK: &str = "pathwright.mark";

/// Bytes of the mark: log, length, time, whether it is exact, and a checksum.
const MARK_BYTES: usize = 32;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seal {
    /// By path within the folder.
    pub(super) files: BTreeMap<String, Sealed>,
    /// The manifest as it was, in base64: it is small, and without it nothing else can be read.
    manifest: Option<String>,
}

/// A file, or its beginning where it still grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sealed {
    pub(super) length: u64,
    crc: u32,
}

/// How a file compares with what was sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    Same,
    /// The same, and something behind it.
    Longer,
    Shorter {
        length: u64,
    },
    Different,
}

impl Seal {
    /// None: there is none, or it cannot be read, and nothing is known of the files.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(SEAL)).ok()?;
        let (checksum, json) = text.split_once('\n')?;
        (checksum == checksum_of(json)).then(|| serde_json::from_str(json).ok()).flatten()
    }

    /// As a whole or not at all.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let json = serde_json::to_string(self)?;
        let fresh = folder.join(format!("{SEAL}.new"));
        let mut file = File::create(&fresh)?;
        writeln!(file, "{}", checksum_of(&json))?;
        file.write_all(json.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, folder.join(SEAL))
    }

    pub(super) fn manifest(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.manifest.as_deref()?).ok()
    }

    pub(super) fn set_manifest(&mut self, bytes: &[u8]) {
        self.manifest = Some(STANDARD.encode(bytes));
    }
}

fn checksum_of(text: &str) -> String {
    format!("{:08x}", crc32fast::hash(text.as_bytes()))
}

impl Sealed {
    /// Of a whole file; going on from `before`, the file's beginning, where that is known.
    pub(super) fn of(path: &Path, before: Option<Self>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let known = before.filter(|before| file.metadata().is_ok_and(|metadata| metadata.len() >= before.length));
        let known = known.unwrap_or(Self { length: 0, crc: 0 });
        file.seek(SeekFrom::Start(known.length))?;
        let mut hasher = Hasher::new_with_initial_len(known.crc, known.length);
        let read = hash(&mut file, &mut hasher)?;
        // What is sealed has to be there after a power cut too.
        file.sync_data()?;
        Ok(Self { length: known.length + read, crc: hasher.finalize() })
    }

    pub(super) fn compare(&self, path: &Path) -> io::Result<Compared> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        if length < self.length {
            return Ok(Compared::Shorter { length });
        }
        let mut hasher = Hasher::new();
        hash(&mut file.take(self.length), &mut hasher)?;
        Ok(match hasher.finalize() == self.crc {
            false => Compared::Different,
            true if length > self.length => Compared::Longer,
            true => Compared::Same,
        })
    }

    /// Whether only zeros stand behind what was sealed, as a file system may leave them there.
    pub(super) fn is_padded(&self, path: &Path) -> io::Result<bool> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(self.length))?;
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(true),
                read if buffer[..read].iter().any(|byte| *byte != 0) => return Ok(false),
                _ => {}
            }
        }
    }
}

fn hash(from: &mut impl Read, hasher: &mut Hasher) -> io::Result<u64> {
    let mut buffer = vec![0; 1 << 20];
    let mut all = 0;
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(all),
            read => {
                hasher.update(&buffer[..read]);
                all += read as u64;
            }
        }
    }
}

/// How far the log had come when a write was acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The log's number.
    pub(super) log: u64,
    /// Its length, in bytes.
    pub(super) length: u64,
    pub(super) at: DateTime<Utc>,
    /// No other write was under way, which might have been begun in the log and not ended.
    pub(super) exact: bool,
}

impl Mark {
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let bytes = fs::read(folder.join(MARK)).ok()?;
        let bytes: &[u8; MARK_BYTES] = bytes.as_slice().try_into().ok()?;
        let (content, checksum) = bytes.split_at(MARK_BYTES - 4);
        if crc32fast::hash(content).to_be_bytes() != checksum {
            return None;
        }
        let number = |from: usize| Some(u64::from_be_bytes(content.get(from..from + 8)?.try_into().ok()?));
        let at = DateTime::from_timestamp_millis(i64::try_from(number(16)?).ok()?)?;
        Some(Self { log: number(0)?, length: number(8)?, at, exact: content[24] == 1 })
    }

    fn to_bytes(self) -> [u8; MARK_BYTES] {
        let mut bytes = [0; MARK_BYTES];
        bytes[..8].copy_from_slice(&self.log.to_be_bytes());
        bytes[8..16].copy_from_slice(&self.length.to_be_bytes());
        bytes[16..24].copy_from_slice(&self.at.timestamp_millis().to_be_bytes());
        bytes[24] = u8::from(self.exact);
        let checksum = crc32fast::hash(&bytes[..MARK_BYTES - 4]);
        bytes[MARK_BYTES - 4..].copy_from_slice(&checksum.to_be_bytes());
        bytes
    }
}

/// For a log that the mark is not of any more.
pub(super) fn forget_mark(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(MARK)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The file of the mark, held open.
pub(super) struct MarkFile(File);

impl MarkFile {
    pub(super) fn open(folder: &Path) -> io::Result<Self> {
        OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(MARK)).map(Self)
    }

    /// Into the system's memory, which outlives the process.
    pub(super) fn write(&mut self, mark: Mark) -> io::Result<()> {
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(&mark.to_bytes())
    }

    /// On to the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_and_a_mark_are_read_as_they_were_written_and_not_when_they_are_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("table");
        fs::write(&file, b"some bytes").unwrap();
        let mut seal =
            Seal { files: BTreeMap::from([("table".into(), Sealed::of(&file, None).unwrap())]), manifest: None };
        seal.set_manifest(b"\0\xff");
        seal.write(folder.path()).unwrap();
        assert_eq!(Seal::read(folder.path()).as_ref(), Some(&seal));
        assert_eq!(seal.manifest().unwrap(), b"\0\xff");
        let at = "2026-11-30T20:41:03.120Z".parse().unwrap();
        let mark = Mark { log: 3, length: 4_711, at, exact: true };
        MarkFile::open(folder.path()).unwrap().write(mark).unwrap();
        assert_eq!(Mark::read(folder.path()), Some(mark));

        for name in [SEAL, MARK] {
            let mut bytes = fs::read(folder.path().join(name)).unwrap();
            bytes[10] ^= 4;
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        assert_eq!((Seal::read(folder.path()), Mark::read(folder.path())), (None, None));
    }

    #[test]
    fn a_file_is_told_from_what_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("table");
        let compared = |sealed: &Sealed, bytes: &[u8]| {
            fs::write(&file, bytes).unwrap();
            sealed.compare(&file).unwrap()
        };
        fs::write(&file, b"abc").unwrap();
        let short = Sealed::of(&file, None).unwrap();
        fs::write(&file, b"abcdef").unwrap();
        let sealed = Sealed::of(&file, Some(short)).unwrap();
        assert_eq!(sealed, Sealed::of(&file, None).unwrap(), "going on is the same as beginning anew");
        assert_eq!(compared(&sealed, b"abcdef"), Compared::Same);
        assert_eq!(compared(&sealed, b"abcdef\0"), Compared::Longer);
        assert_eq!(compared(&sealed, b"abcde"), Compared::Shorter { length: 5 });
        assert_eq!(compared(&sealed, b"abcdeF"), Compared::Different);
    }
}
