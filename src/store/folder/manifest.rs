//! SurrealKV's manifest: which tables are in force, and from which log on what is written is in no table yet.
//!
//! The engine reads it without a checksum, and takes the counts in it at their word: a turned byte makes it ask for more memory
//! than there is, or pass over a log. So it is read here first.

use std::collections::BTreeSet;

/// The one version there is.
const VERSION: u64 = 1;

/// Levels of tables; the engine has seven.
const MOST_LEVELS: u64 = 32;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manifest {
    /// Logs with lower numbers are in tables as a whole.
    pub(super) log_number: u64,
    /// The highest number of a write that is in a table.
    pub(super) last_sequence: u64,
    /// Numbers of the tables.
    pub(super) tables: BTreeSet<u64>,
}

impl Manifest {
    /// None: it is damaged.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        if number(&mut rest, 2)? != VERSION {
            return None;
        }
        let next_table = number(&mut rest, 8)?;
        let (log_number, last_sequence) = (number(&mut rest, 8)?, number(&mut rest, 8)?);
        let mut tables = BTreeSet::new();
        let levels = number(&mut rest, 1)?;
        if !(1..=MOST_LEVELS).contains(&levels) {
            return None;
        }
        for _ in 0..levels {
            for _ in 0..number(&mut rest, 4)? {
                let table = number(&mut rest, 8)?;
                if table >= next_table || !tables.insert(table) {
                    return None;
                }
            }
        }
        for _ in 0..number(&mut rest, 4)? {
            let length = usize::try_from(number(&mut rest, 4)?).ok()?;
            rest = rest.get(length..)?;
        }
        // What stands behind is not read; zeros are what a file system may leave there.
        rest.iter().all(|byte| *byte == 0).then_some(Self { log_number, last_sequence, tables })
    }
}

/// A number of so many bytes, big-endian.
fn number(bytes: &mut &[u8], length: usize) -> Option<u64> {
    let (number, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(number.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(tables: &[u64]) -> Vec<u8> {
        let mut bytes = vec![0, 1];
        for number in [10_u64, 4, 900] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.push(2);
        bytes.extend((tables.len() as u32).to_be_bytes());
        bytes.extend(tables.iter().flat_map(|table| table.to_be_bytes()));
        bytes.extend([0; 8]);
        bytes
    }

    #[test]
    fn a_manifest_tells_its_tables_and_the_first_log_that_counts() {
        let manifest = Manifest::parse(&written(&[3, 9])).unwrap();
        assert_eq!((manifest.log_number, manifest.last_sequence), (4, 900));
        assert_eq!(manifest.tables, BTreeSet::from([3, 9]));
    }

    #[test]
    fn one_that_promises_more_than_it_holds_is_damaged() {
        let whole = written(&[3, 9]);
        assert!((0..whole.len()).all(|length| Manifest::parse(&whole[..length]).is_none()));
        assert!(Manifest::parse(&written(&[3, 10])).is_none(), "a table that is yet to come");
        assert!(Manifest::parse(&written(&[3, 3])).is_none());
        let mut counted = whole.clone();
        counted[27] = 0xff;
        assert!(Manifest::parse(&counted).is_none(), "billions of tables");
        let mut longer = whole;
        longer.extend([0; 9]);
        assert!(Manifest::parse(&longer).is_some());
        longer.push(7);
        assert!(Manifest::parse(&longer).is_none());
    }
}
