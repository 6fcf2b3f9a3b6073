//! Logs as the engines of LevelDB's family write them: blocks of 32 KiB, each record cut where its block ends.
//!
//! A part of a record has a header: a checksum of four bytes, a length of two, a kind of one byte. Fewer bytes than a header
//! at the end of a block are padding.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use chrono::{DateTime, Utc};

const BLOCK: usize = 32 << 10;
const HEADER: usize = 7;

/// Bytes of a record that are kept to find its time: it stands behind the first key and its value.
const LOOKED_INTO: usize = 256 << 10;

/// How an engine writes the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Big-endian, CRC-32 over kind and content.
    SurrealKv,
    /// Little-endian, CRC-32C over kind and content, rotated and shifted; kinds from 5 on carry their log's number.
    #[cfg(feature = "rocksdb")]
    RocksDb,
}

/// What a log holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scanned {
    /// Bytes of the file.
    pub(super) size: u64,
    /// Where the last whole record ends.
    pub(super) sound: u64,
    pub(super) end: End,
    /// When the last whole record was written, where the engine notes it.
    pub(super) last: Option<DateTime<Utc>>,
    /// The highest number of a write among the whole records, where the engine notes it.
    pub(super) sequence: Option<u64>,
}

/// Why there is nothing after the last whole record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The file ends there, but for padding.
    Whole,
    /// A record was begun, and the file ends within it: what a killed process or a full disk leaves.
    Begun,
    /// What follows is no record, and no record follows it.
    Broken,
    /// What follows is no record, and whole records follow it: the log was damaged in its middle.
    Damaged,
}

/// Reads a log from its beginning to the last whole record.
pub(super) fn scan(path: &Path, layout: Layout) -> io::Result<Scanned> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let mut scan = Scan { layout, sound: 0, record: Vec::new(), within: false, last: None, sequence: None };
    let mut block = vec![0; BLOCK];
    let mut start = 0;
    let mut ended = None;
    while start < size {
        let length = fill(&mut file, &mut block)?;
        if length == 0 {
            break;
        }
        let block = &block[..length];
        match ended {
            None => ended = scan.block(start, block),
            Some(_) if first_part(layout, block).is_some() => {
                ended = Some(End::Damaged);
                break;
            }
            Some(_) => {}
        }
        start += length as u64;
    }
    let end = match ended {
        Some(end) => end,
        None if scan.within => End::Begun,
        None => End::Whole,
    };
    Ok(Scanned { size, sound: scan.sound, end, last: scan.last, sequence: scan.sequence })
}

fn fill(file: &mut File, block: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < block.len() {
        match file.read(&mut block[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(filled)
}

struct Scan {
    layout: Layout,
    sound: u64,
    /// The beginning of the record that is being put together.
    record: Vec<u8>,
    within: bool,
    last: Option<DateTime<Utc>>,
    sequence: Option<u64>,
}

impl Scan {
    /// Goes through the parts of a block that begins at `start` of the file; answers why it went no further, if it did not.
    fn block(&mut self, start: u64, block: &[u8]) -> Option<End> {
        let mut at = 0;
        while block.len() - at >= HEADER {
            let rest = &block[at..];
            if rest.iter().all(|byte| *byte == 0) {
                // The engine takes zeros for padding, and would write behind them what it could not read again.
                return Some(End::Broken);
            }
            let Some(part) = Part::read(self.layout, rest) else {
                return Some(self.why(block, at));
            };
            if self.within == part.place.begins() {
                return Some(End::Damaged);
            }
            at += part.length;
            self.take(&part, start + at as u64);
        }
        // A file that ends within a header was cut there; at the end of a full block it is padding.
        (block.len() < BLOCK && block.len() > at).then_some(End::Begun)
    }

    fn take(&mut self, part: &Part<'_>, end: u64) {
        if part.place.begins() {
            self.record.clear();
        }
        let room = LOOKED_INTO.saturating_sub(self.record.len());
        self.record.extend_from_slice(&part.content[..part.content.len().min(room)]);
        self.within = !part.place.ends();
        if part.place.ends() {
            self.sound = end;
            if self.layout == Layout::SurrealKv
                && let Some((sequence, at)) = batch(&self.record)
            {
                self.sequence = Some(sequence);
                self.last = at.or(self.last);
            }
        }
    }

    /// A bad part at the very end is one that was not written to its end, unless a whole one stands behind it.
    fn why(&self, block: &[u8], at: usize) -> End {
        let rest = &block[at..];
        if (1..rest.len()).any(|from| first_part(self.layout, &rest[from..]).is_some()) {
            return End::Damaged;
        }
        let claimed = HEADER + claimed_length(self.layout, rest);
        if block.len() < BLOCK && claimed > rest.len() { End::Begun } else { End::Broken }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    All,
    First,
    Middle,
    Last,
}

impl Place {
    fn begins(self) -> bool {
        matches!(self, Self::All | Self::First)
    }

    fn ends(self) -> bool {
        matches!(self, Self::All | Self::Last)
    }
}

/// A part of a record whose checksum is right.
struct Part<'b> {
    place: Place,
    content: &'b [u8],
    /// With its header.
    length: usize,
}

impl<'b> Part<'b> {
    fn read(layout: Layout, bytes: &'b [u8]) -> Option<Self> {
        let kind = *bytes.get(6)?;
        let length = HEADER + claimed_length(layout, bytes);
        let checked = bytes.get(6..length)?;
        let place = match kind {
            1 | 5 | 9..=11 | 129.. => Place::All,
            2 | 6 => Place::First,
            3 | 7 => Place::Middle,
            4 | 8 => Place::Last,
            _ => return None,
        };
        let stored: [u8; 4] = bytes[..4].try_into().ok()?;
        let right = match layout {
            Layout::SurrealKv => (kind <= 4 || kind == 9) && u32::from_be_bytes(stored) == crc32fast::hash(checked),
            #[cfg(feature = "rocksdb")]
            Layout::RocksDb => u32::from_le_bytes(stored) == masked(crc32c::crc32c(checked)),
        };
        right.then_some(Self { place, content: &checked[1..], length })
    }
}

#[cfg(feature = "rocksdb")]
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

fn claimed_length(layout: Layout, bytes: &[u8]) -> usize {
    let (Some(a), Some(b)) = (bytes.get(4), bytes.get(5)) else {
        return 0;
    };
    match layout {
        Layout::SurrealKv => usize::from(u16::from_be_bytes([*a, *b])),
        #[cfg(feature = "rocksdb")]
        Layout::RocksDb => {
            let numbered = if bytes.get(6).is_some_and(|kind| (5..=8).contains(kind)) { 4 } else { 0 };
            usize::from(u16::from_le_bytes([*a, *b])) + numbered
        }
    }
}

/// The part that bytes begin with, if one does that is not empty.
fn first_part(layout: Layout, bytes: &[u8]) -> Option<Part<'_>> {
    Part::read(layout, bytes).filter(|part| !part.content.is_empty())
}

/// Number and time of a batch of SurrealKV's: a version, a number, a count, then for each entry a kind, a key, a value and a
/// time in nanoseconds. The time is none where the entry was cut off here.
fn batch(record: &[u8]) -> Option<(u64, Option<DateTime<Utc>>)> {
    let mut rest = record.get(1..)?;
    let first = varint(&mut rest)?;
    let count = varint(&mut rest)?;
    let at = || {
        let mut rest = rest.get(1..)?;
        for _ in 0..2 {
            let length = usize::try_from(varint(&mut rest)?).ok()?;
            rest = rest.get(length..)?;
        }
        let nanoseconds = i64::try_from(varint(&mut rest)?).ok()?;
        (nanoseconds > 0).then(|| DateTime::from_timestamp_nanos(nanoseconds))
    };
    Some((first.saturating_add(count.saturating_sub(1)), at()))
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A log of records of these lengths, as SurrealKV writes it, with where each ends.
    fn written(lengths: &[usize]) -> (Vec<u8>, Vec<u64>) {
        let (mut log, mut ends) = (Vec::new(), Vec::new());
        for (number, length) in lengths.iter().enumerate() {
            let content = vec![number as u8 | 1; *length];
            let mut rest = content.as_slice();
            let mut begins = true;
            loop {
                let left = BLOCK - log.len() % BLOCK;
                if left < HEADER {
                    log.extend(std::iter::repeat_n(0, left));
                    continue;
                }
                let (part, behind) = rest.split_at(rest.len().min(left - HEADER));
                let kind = match (begins, behind.is_empty()) {
                    (true, true) => 1,
                    (true, false) => 2,
                    (false, false) => 3,
                    (false, true) => 4,
                };
                let checked = [&[kind], part].concat();
                log.extend(crc32fast::hash(&checked).to_be_bytes());
                log.extend((part.len() as u16).to_be_bytes());
                log.extend(checked);
                (rest, begins) = (behind, false);
                if rest.is_empty() {
                    break;
                }
            }
            ends.push(log.len() as u64);
        }
        (log, ends)
    }

    fn scanned(bytes: &[u8]) -> Scanned {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        scan(file.path(), Layout::SurrealKv).unwrap()
    }

    fn sound_before(ends: &[u64], cut: u64) -> u64 {
        ends.iter().rev().find(|end| **end <= cut).copied().unwrap_or(0)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn a_log_cut_anywhere_is_sound_up_to_its_last_whole_record(
            lengths in proptest::collection::vec(1_usize..90_000, 1..8), share in 0.0..1.0_f64,
        ) {
            let (log, ends) = written(&lengths);
            prop_assert_eq!(scanned(&log).end, End::Whole);
            prop_assert_eq!(scanned(&log).sound, log.len() as u64);
            let cut = (log.len() as f64 * share) as usize;
            let found = scanned(&log[..cut]);
            prop_assert_eq!(found.sound, sound_before(&ends, cut as u64));
            prop_assert!(matches!(found.end, End::Whole | End::Begun), "{:?}", found);
        }

        #[test]
        fn a_turned_byte_ends_the_log_before_its_record(
            lengths in proptest::collection::vec(1_usize..40_000, 2..8), share in 0.0..1.0_f64, bit in 0_u8..8,
        ) {
            let (mut log, ends) = written(&lengths);
            let at = (log.len() as f64 * share) as usize;
            log[at] ^= 1 << bit;
            let found = scanned(&log);
            // What is turned may be padding, which no record needs.
            prop_assert!(found.sound == sound_before(&ends, at as u64) || found.sound == log.len() as u64, "{:?}", found);
            if found.sound < log.len() as u64 && at as u64 <= ends[ends.len() - 2] {
                prop_assert_eq!(found.end, End::Damaged);
            }
        }

        #[test]
        fn zeros_at_the_end_are_not_part_of_it(lengths in proptest::collection::vec(1_usize..40_000, 1..5), zeros in 1_usize..100_000) {
            let (mut log, ends) = written(&lengths);
            log.extend(std::iter::repeat_n(0, zeros));
            let found = scanned(&log);
            prop_assert_eq!(found.sound, ends[ends.len() - 1]);
            prop_assert!(found.end != End::Damaged, "{:?}", found);
        }
    }
}
