use super::log::Layout;

pub(super) const MANIFEST: &str = "manifest/00000000000000000000.manifest";

/// Which engine's files a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The default: pure Rust.
    SurrealKv,
    /// With the cargo feature `rocksdb`.
    #[cfg(feature = "rocksdb")]
    RocksDb,
}

impl Engine {
    /// As it stands before `://` in an address.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::SurrealKv => "surrealkv",
            #[cfg(feature = "rocksdb")]
            Self::RocksDb => "rocksdb",
        }
    }

    pub(super) fn layout(self) -> Layout {
        match self {
            Self::SurrealKv => Layout::SurrealKv,
            #[cfg(feature = "rocksdb")]
            Self::RocksDb => Layout::RocksDb,
        }
    }

    /// The number of a log, from its path within the folder.
    pub(super) fn log_number(self, name: &str) -> Option<u64> {
        let number = match self {
            Self::SurrealKv => name.strip_prefix("wal/")?.strip_suffix(".wal")?,
            #[cfg(feature = "rocksdb")]
            Self::RocksDb => name.strip_suffix(".log")?,
        };
        number.parse().ok()
    }

    pub(super) fn log_name(self, number: u64) -> String {
        match self {
            Self::SurrealKv => format!("wal/{number:020}.wal"),
            #[cfg(feature = "rocksdb")]
            Self::RocksDb => format!("{number:06}.log"),
        }
    }

    /// Whether a log must not grow until the engine itself begins another one.
    pub(in super::super) fn needs_short_logs(self) -> bool {
        self == Self::SurrealKv
    }

    /// Whether it calls it an error to be ended twice.
    pub(in super::super) fn ends_once(self) -> bool {
        self != Self::SurrealKv
    }

    /// Whether a folder that another engine of this process has open cannot be opened.
    pub(in super::super) fn locks_within_the_process(self) -> bool {
        self != Self::SurrealKv
    }

    /// Whether it says itself, in a list that is read before it is opened, which files it needs.
    pub(super) fn has_readable_manifest(self) -> bool {
        self == Self::SurrealKv
    }

    /// Otherwise logs share their numbers with other files.
    pub(super) fn numbers_logs_one_by_one(self) -> bool {
        self == Self::SurrealKv
    }

    /// How a file is written, by its path within the folder; none of one that changes, or that says nothing.
    pub(super) fn growth(self, name: &str) -> Option<Growth> {
        let ends = |ending: &str| name.ends_with(ending);
        match self {
            Self::SurrealKv if ends(".sst") => Some(Growth::Never),
            Self::SurrealKv if ends(".vlog") => Some(Growth::AtTheEnd),
            #[cfg(feature = "rocksdb")]
            Self::RocksDb if ends(".sst") || ends(".blob") => Some(Growth::Never),
            #[cfg(feature = "rocksdb")]
            Self::RocksDb if name.starts_with("MANIFEST-") => Some(Growth::AtTheEnd),
            _ => None,
        }
    }

    /// The file without which the engine takes the folder for an empty one.
    pub(super) fn root(self) -> &'static str {
        match self {
            Self::SurrealKv => MANIFEST,
            #[cfg(feature = "rocksdb")]
            Self::RocksDb => "CURRENT",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Growth {
    Never,
    AtTheEnd,
}

pub(super) fn table_name(number: u64) -> String {
    format!("sstables/{number:020}.sst")
}

pub(super) fn table_number(name: &str) -> Option<u64> {
    name.strip_prefix("sstables/")?.strip_suffix(".sst")?.parse().ok()
}
