//! What answers the queries: an engine in this process, over memory or a folder, or a SurrealDB server.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pathwright_api::Failure;
use surrealdb::engine::any::Any;
use surrealdb::engine::local::Db;
use surrealdb::types::Variables;
use surrealdb::{IndexedResults, Surreal};
use surrealdb_cnf::ConfigMap;
use surrealdb_core::kvs::Datastore;
use tokio::sync::RwLock;

use super::connect::{DATABASE, NAMESPACE, in_use, no_room};
use super::ending::gone;
use super::erasure::Erasure;
use super::folder::{Folder, UnderWay, Watermark};
use super::rewrite::read_through;
use super::{failure, full, is_full};

pub(super) enum Engine {
    Server(Surreal<Any>),
    Embedded(Arc<Embedded>),
}

/// Why a query has no answer.
pub(super) enum Unanswered {
    /// It did not reach the database.
    Refused(Failure),
    Failed(surrealdb::Error),
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        Self::Refused(failure)
    }
}

impl From<surrealdb::Error> for Unanswered {
    fn from(error: surrealdb::Error) -> Self {
        Self::Failed(error)
    }
}

impl Engine {
    /// Fails when any of the statements did.
    pub(super) async fn query(&self, text: &str, variables: Variables) -> Result<IndexedResults, Unanswered> {
        match self {
            Self::Server(db) => Ok(checked(db.query(text).bind(variables).await)?),
            Self::Embedded(engine) => engine.query(text, variables).await,
        }
    }

    pub(super) fn server(&self) -> Option<&Surreal<Any>> {
        match self {
            Self::Server(db) => Some(db),
            Self::Embedded(_) => None,
        }
    }

    pub(super) fn folder(&self) -> Option<&OnDisk> {
        match self {
            Self::Embedded(embedded) => embedded.on_disk(),
            Self::Server(_) => None,
        }
    }
}

/// An engine in this process. Queries share the lock; whoever holds it alone may put another engine in its place.
pub(super) struct Embedded {
    pub(super) running: RwLock<Running>,
    on_disk: Option<OnDisk>,
    is_closed: AtomicBool,
}

/// What an engine over a folder has beside it.
pub(super) struct OnDisk {
    pub(super) folder: Folder,
    pub(super) options: Options,
    /// The disk was full: what was written since may stand in the log where it cannot be read again, so nothing more is
    /// written before the engine was opened anew.
    pub(super) is_full: AtomicBool,
    pub(super) erasure: Erasure,
    lock: Mutex<Option<File>>,
}

impl OnDisk {
    /// Lets other processes have the folder.
    pub(super) fn unlock(&self) {
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Memory set aside for what is in no table yet, by what its log may take: an entry needs more there, and the largest transaction
/// comes on top.
const ROOM: usize = 8;

/// How an engine over a folder works.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// What was written last stands in the log and in memory, up to so many MiB; then it is put into tables.
    pub log_mib: usize,
    /// Parts of tables that were read last, in MiB.
    pub cache_mib: usize,
    /// How long what was deleted of a learner may stand on in the engine's files.
    pub erase_after: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { log_mib: 64, cache_mib: 256, erase_after: Duration::from_hours(1) }
    }
}

pub(super) struct Running {
    /// None: it is closed, and why.
    pub(super) open: Result<Open, Failure>,
    /// The one before, for as long as something may hold it.
    pub(super) leaving: Option<Arc<Datastore>>,
}

pub(super) struct Open {
    pub(super) db: Surreal<Db>,
    pub(super) datastore: Arc<Datastore>,
    pub(super) watermark: Option<Watermark>,
}

impl Embedded {
    pub(super) async fn in_memory() -> Result<Self, Failure> {
        let open = Box::pin(open("memory".to_owned(), ConfigMap::empty(), false)).await?;
        Ok(Self::of(open, None))
    }

    /// `lock` is held for as long as the folder is this process's.
    pub(super) async fn over(folder: Folder, options: Options, lock: File) -> Result<Self, Failure> {
        let open = open_folder(&folder, options).await?;
        let (is_full, erasure) = (AtomicBool::new(false), Erasure::default());
        Ok(Self::of(open, Some(OnDisk { folder, options, is_full, erasure, lock: Mutex::new(Some(lock)) })))
    }

    fn of(open: Open, on_disk: Option<OnDisk>) -> Self {
        let running = RwLock::new(Running { open: Ok(open), leaving: None });
        Self { running, on_disk, is_closed: AtomicBool::new(false) }
    }

    pub(super) fn on_disk(&self) -> Option<&OnDisk> {
        self.on_disk.as_ref()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(SeqCst)
    }

    pub(super) fn set_closed(&self) {
        self.is_closed.store(true, SeqCst);
    }

    async fn query(self: &Arc<Self>, text: &str, variables: Variables) -> Result<IndexedResults, Unanswered> {
        let Some(on_disk) = self.on_disk.as_ref().filter(|_| is_write(text)) else {
            let running = self.running.read().await;
            let open = running.open.as_ref().map_err(Clone::clone)?;
            return Ok(checked(open.db.query(text).bind(variables).await)?);
        };
        if on_disk.is_full.load(SeqCst) {
            return Err(full().into());
        }
        self.shorten_log(on_disk).await;
        let running = self.running.read().await;
        let open = running.open.as_ref().map_err(Clone::clone)?;
        let under_way = open.watermark.as_ref().map(Watermark::begin);
        let answers = checked(open.db.query(text).bind(variables).await);
        match &answers {
            Ok(_) => {
                // Without it a start after a crash knows less of what to expect; the write itself is on the disk.
                if let Some(Err(error)) = under_way.map(UnderWay::acknowledge) {
                    tracing::warn!(%error, "how far the log has come could not be noted");
                }
                return Ok(answers?);
            }
            Err(error) if is_full(&error.to_string()) => {
                if !on_disk.is_full.swap(true, SeqCst) {
                    tracing::error!("the disk is full: nothing more is written until there is room");
                }
            }
            Err(_) => {}
        }
        if let Some(under_way) = under_way {
            under_way.fail();
        }
        Ok(answers?)
    }
}

fn checked(answers: surrealdb::Result<IndexedResults>) -> surrealdb::Result<IndexedResults> {
    let mut answers = answers?;
    match cause(answers.take_errors().into_values()) {
        Some(error) => Err(error),
        None => Ok(answers),
    }
}

/// Of a transaction that failed every statement has an error; all but one only say that another one failed. A commit that
/// failed is of the same kind as those, so its words have to tell.
fn cause(errors: impl Iterator<Item = surrealdb::Error>) -> Option<surrealdb::Error> {
    const ECHOES: [&str; 2] =
        ["not executed due to a failed transaction", "not executed due to a cancelled transaction"];
    errors.min_by_key(|error| {
        let text = error.to_string();
        ECHOES.iter().any(|echo| text.contains(echo))
    })
}

/// Whether statements may change something. All of them are written in this module's files, with their words in capitals.
fn is_write(text: &str) -> bool {
    const CHANGES: [&str; 8] = ["CREATE", "UPDATE", "UPSERT", "DELETE", "INSERT", "DEFINE", "REMOVE", "RELATE"];
    text.split(|c: char| !c.is_ascii_alphabetic()).any(|word| CHANGES.contains(&word))
}

/// Opens an engine over a folder that is as it should be.
pub(super) async fn open_folder(folder: &Folder, options: Options) -> Result<Open, Failure> {
    let (address, config) = (address(folder), config(folder, options));
    let is_doubtful = folder.is_doubtful().map_err(|error| unopened(folder, &Failure::internal(error.to_string())))?;
    // A defect of the engine over strange files is an answer too.
    let opening = tokio::spawn(async move { open(address, config, is_doubtful).await });
    let opened = opening.await.unwrap_or_else(|_| Err(Failure::internal("the engine failed; the log has the details")));
    let mut open = opened.map_err(|error| unopened(folder, &error))?;
    let watermark = Watermark::open(folder).map_err(|error| unopened(folder, &Failure::internal(error.to_string())))?;
    open.watermark = Some(watermark);
    Ok(open)
}

/// An engine over an empty folder, without anything in it.
pub(super) async fn build(folder: &Folder, options: Options) -> Result<Arc<Datastore>, Failure> {
    let builder = Datastore::builder().without_maintenance_tasks().with_config(config(folder, options));
    Box::pin(builder.build_with_path(&address(folder))).await.map_err(|error| told(&error))
}

fn address(folder: &Folder) -> String {
    format!("{}://{}", folder.engine.scheme(), folder.path.display())
}

fn config(folder: &Folder, options: Options) -> ConfigMap {
    let bytes = |mib: usize| (mib << 20).to_string();
    // When it runs full, SurrealKV begins another log and counts the last write to the wrong one of the two: a kill then loses
    // it. So there is always more room than the log is let grow to; what is not written to takes no memory.
    let memtable = ROOM * options.log_mib.max((folder.longest_log() >> 20) as usize + 1);
    ConfigMap::empty()
        // Every acknowledged write is on the disk before it is acknowledged.
        .with_key_value("datastore_sync", "every")
        .with_key_value("surrealkv_max_memtable_size", bytes(memtable))
        .with_key_value("surrealkv_block_cache_capacity", bytes(options.cache_mib))
        .with_key_value("rocksdb_block_cache_size", bytes(options.cache_mib))
        // Queries wait while an engine is ended; what is to be compacted can wait for the next one.
        .with_key_value("rocksdb_shutdown_wait_for_compact_seconds", "1")
}

fn told(error: &anyhow::Error) -> Failure {
    Failure::internal(format!("{error:#}"))
}

/// One that is doubtful is read as a whole first.
async fn open(address: String, config: ConfigMap, is_doubtful: bool) -> Result<Open, Failure> {
    // The tasks write, and the database's version has to be its first write.
    let builder = Datastore::builder().without_maintenance_tasks().with_config(config);
    let datastore = builder.build_with_path(&address).await.map_err(|error| told(&error))?;
    match Box::pin(begin(&datastore, is_doubtful)).await {
        Ok(db) => Ok(Open { db, datastore, watermark: None }),
        Err(failure) => {
            // Left to itself its threads would have the folder for as long as the process runs.
            let ended = datastore.shutdown().await.map_err(|error| told(&error));
            if let Err(failure) = ended.and(gone(&mut Some(datastore)).await) {
                tracing::warn!(%failure, "an engine that did not begin did not end in order");
            }
            Err(failure)
        }
    }
}

async fn begin(datastore: &Arc<Datastore>, is_doubtful: bool) -> Result<Surreal<Db>, Failure> {
    if is_doubtful {
        read_through(datastore).await.map_err(|error| told(&error))?;
    }
    datastore.check_version().await.map_err(|error| told(&error))?;
    datastore.bootstrap().await.map_err(|error| told(&error))?;
    datastore.start_maintenance_tasks();
    let db = Surreal::<Db>::unstable_from_datastore(Arc::clone(datastore), None).await.map_err(failure)?;
    db.use_ns(NAMESPACE).use_db(DATABASE).await.map_err(failure)?;
    Ok(db)
}

fn unopened(folder: &Folder, error: &Failure) -> Failure {
    if is_full(&error.message) {
        return no_room(&folder.path);
    }
    if error.message.to_lowercase().contains("already locked") {
        return in_use(&folder.path);
    }
    Failure::internal(format!("its engine cannot open it: {}", error.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_that_found_no_space_is_told_from_its_echoes() {
        use pathwright_api::ErrorCode;
        use surrealdb::types::QueryError;
        let not_executed = |text: &str| surrealdb::Error::query(text.to_owned(), QueryError::NotExecuted);
        let echo = || not_executed("The query was not executed due to a failed transaction");
        let commit = not_executed("Cannot COMMIT: WAL error: No space left on device (os error 28)");
        let found = cause([echo(), echo(), commit].into_iter()).unwrap();
        assert_eq!(failure(found).code, ErrorCode::StoreFull);
        assert_eq!(failure(echo()).code, ErrorCode::StoreUnavailable);
    }

    #[test]
    fn statements_that_change_something_are_told_from_those_that_read() {
        assert!(is_write("BEGIN; UPSERT type::record('user', $id) CONTENT $user RETURN NONE; COMMIT;"));
        assert!(is_write("FOR $row IN $rows { DELETE $row };"));
        assert!(!is_write("SELECT *, created_at, updated FROM type::record('user', $id)"));
    }
}
