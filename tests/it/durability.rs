use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pathwright::domain::{User, UserChanges};
use pathwright::store::{Opening, Options, Store, StoreUrl, migrate};
use pathwright_api::{ErrorCode, Failure};
use reqwest::Method;
use serde_json::json;

use crate::client::parsed;
use crate::generations::Server;

/// A database in a folder, whose files can be copied at any moment: what is copied is what a kill at that moment leaves.
struct Data {
    folder: tempfile::TempDir,
}

impl Data {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    async fn open_with(&self, opening: Opening) -> Result<Store, Failure> {
        let store = Store::open(&address(&self.store()), opening).await?;
        store.migrate(&migrate::built_in()).await?;
        Ok(store)
    }

    async fn open(&self) -> Result<Store, Failure> {
        self.open_with(Opening::default()).await
    }

    fn killed(&self) -> Self {
        let copy = Self::new();
        copy_folder(&self.store(), &copy.store());
        copy
    }

    /// Every file with its bytes, by path within the folder.
    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.store(), Path::new(""), &mut files);
        files
    }

    fn log(&self) -> PathBuf {
        let mut logs: Vec<PathBuf> = self.files().into_keys().filter(|file| is_log(file)).collect();
        logs.sort();
        self.store().join(logs.pop().expect("there is a log"))
    }

    /// What stands in the data folder: the database and its lock, when nothing is under way.
    fn beside(&self) -> usize {
        fs::read_dir(self.folder.path()).unwrap().count()
    }

    /// Whether a text stands in the database or in anything beside it.
    fn contains(&self, text: &str) -> bool {
        let mut files = BTreeMap::new();
        collect(self.folder.path(), Path::new(""), &mut files);
        let holds = |bytes: &Vec<u8>| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        files.values().any(holds)
    }
}

#[cfg(not(feature = "rocksdb"))]
fn address(folder: &Path) -> StoreUrl {
    StoreUrl::folder(folder)
}

/// Where the other engine is there, `TEST_ENGINE=rocksdb` tries it with the same tests.
#[cfg(feature = "rocksdb")]
fn address(folder: &Path) -> StoreUrl {
    let engine = std::env::var("TEST_ENGINE").unwrap_or_else(|_| "surrealkv".to_owned());
    StoreUrl::parse(&format!("{engine}://{}", folder.display())).unwrap()
}

fn is_log(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "wal" || extension == "log")
}

fn collect(folder: &Path, prefix: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    // What is there may go while it is looked at.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = prefix.join(path.file_name().unwrap());
        if path.is_dir() {
            collect(&path, &name, files);
        } else if let Ok(bytes) = fs::read(&path) {
            files.insert(name, bytes);
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let copy = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_folder(&path, &copy);
        } else if fs::copy(&path, &copy).is_err() {
            assert!(!path.exists(), "{}", path.display());
        }
    }
}

/// Writes learners `from..to`, each acknowledged.
async fn write(store: &Store, learners: std::ops::Range<usize>) {
    for number in learners {
        // Some are longer than what an engine keeps beside their keys.
        let name = Some(format!("Learner number {number} {}", "of many ".repeat(number % 7 * 150)));
        let changes = UserChanges { name, ..UserChanges::default() };
        store.merge_user(&User::new(&format!("learner-{number}")), &changes).await.unwrap();
    }
}

/// Those that are not there, or cannot be read.
async fn missing(store: &Store, learners: std::ops::Range<usize>) -> Vec<usize> {
    let mut missing = Vec::new();
    for number in learners {
        if !matches!(store.user(&format!("learner-{number}")).await, Ok(Some(_))) {
            missing.push(number);
        }
    }
    missing
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_behind_a_torn_tail_is_there_after_a_kill() {
    let data = Data::new();
    let store = data.open().await.unwrap();
    write(&store, 0..20).await;
    let before = data.killed();
    let log = before.log();
    let begun = fs::metadata(&log).unwrap().len() as usize;
    // A transaction larger than a block of the log, so that it is torn between its parts too.
    let changes = UserChanges { name: Some("long ".repeat(16_000)), ..UserChanges::default() };
    store.merge_user(&User::new("begun"), &changes).await.unwrap();
    let whole = fs::read(data.store().join(log.strip_prefix(before.store()).unwrap())).unwrap();
    assert!(whole.len() > begun + 70_000);

    for place in 1..=50 {
        let torn = before.killed();
        let end = begun + (whole.len() - begun - 1) * place / 50;
        fs::write(torn.log(), &whole[..end]).unwrap();
        let again = torn.open().await.unwrap_or_else(|failure| panic!("torn at {end}: {failure}"));
        write(&again, 20..23).await;
        let killed = torn.killed();
        again.close().await;
        let last = killed.open().await.unwrap_or_else(|failure| panic!("torn at {end}: {failure}"));
        assert_eq!(missing(&last, 0..23).await, Vec::<usize>::new(), "torn at {end}");
        last.close().await;
    }
    store.close().await;
}

/// SurrealKV counts the write at which it begins another log to the wrong one of the two.
#[tokio::test(flavor = "multi_thread")]
async fn a_kill_behind_a_log_that_became_long_loses_nothing() {
    if address(Path::new("store")) != StoreUrl::folder("store") {
        return;
    }
    let data = Data::new();
    let options = Options { log_mib: 1, ..Options::default() };
    let store = data.open_with(Opening { options, ..Opening::default() }).await.unwrap();
    let logs = |data: &Data| {
        data.files().into_iter().filter(|(file, _)| is_log(file)).map(|(file, _)| file).collect::<Vec<_>>()
    };
    let (mut seen, mut written) = (logs(&data), 0);
    for _ in 0..3 {
        while logs(&data) == seen {
            write(&store, written..written + 20).await;
            written += 20;
            assert!(written < 20_000, "the log is put into tables");
        }
        seen = logs(&data);
        let killed = data.killed();
        let again = killed.open().await.unwrap();
        assert_eq!(missing(&again, 0..written).await, Vec::<usize>::new());
        again.close().await;
    }
    store.close().await;
}

/// A database with tables and a log, as a kill leaves it, of 60 learners.
async fn well_used() -> Data {
    let data = Data::new();
    for learners in [0..20, 20..40] {
        let store = data.open().await.unwrap();
        write(&store, learners).await;
        store.close().await;
    }
    let store = data.open().await.unwrap();
    write(&store, 40..60).await;
    let killed = data.killed();
    store.close().await;
    killed
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_database_has_everything_or_says_what_is_lost_and_is_not_opened() {
    let data = well_used().await;
    let whole = data.killed();
    let opened = whole.open().await.unwrap();
    assert_eq!(missing(&opened, 0..60).await, Vec::<usize>::new());
    opened.close().await;

    let mut told = 0;
    for (file, bytes) in data.files() {
        let turned = |share: usize| {
            let mut bytes = bytes.clone();
            let at = (bytes.len().saturating_sub(1)) * share / 10;
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x55;
            }
            Some(bytes)
        };
        let cut = |length: usize| Some(bytes[..length].to_vec());
        let longer = Some([bytes.as_slice(), &[0; 5_000]].concat());
        let damages = [None, cut(bytes.len() / 2), cut(bytes.len().saturating_sub(7)), longer];
        let damages = damages.into_iter().chain((0..=10).map(turned));
        for (number, damaged) in damages.enumerate() {
            let what = format!("{} by damage {number}", file.display());
            let copy = data.killed();
            match damaged {
                Some(bytes) => fs::write(copy.store().join(&file), bytes).unwrap(),
                None => fs::remove_file(copy.store().join(&file)).unwrap(),
            }
            match copy.open().await {
                Ok(store) => {
                    assert_eq!(missing(&store, 0..60).await, Vec::<usize>::new(), "{what}");
                    store.close().await;
                }
                Err(failure) => {
                    assert_eq!(failure.code, ErrorCode::StoreDamaged, "{what}: {failure}");
                    assert!(failure.message.contains("--accept-loss"), "{failure}");
                    told += 1;
                }
            }
        }
    }
    assert!(told > 10, "damages are found: {told}");
}

/// What was written behind the last seal can be damaged too.
#[cfg(feature = "rocksdb")]
#[tokio::test(flavor = "multi_thread")]
async fn damaged_tables_that_nobody_sealed_are_found_before_they_are_served() {
    let data = well_used().await;
    if address(&data.store()) == StoreUrl::folder(data.store()) {
        return;
    }
    fs::remove_file(data.store().join("pathwright.seal")).unwrap();
    let is_table = |file: &Path| file.extension().is_some_and(|extension| extension == "sst" || extension == "blob");
    let mut told = 0;
    for (file, bytes) in data.files().into_iter().filter(|(file, _)| is_table(file)) {
        for share in 0..10 {
            let copy = data.killed();
            let mut turned = bytes.clone();
            turned[bytes.len() * share / 10] ^= 0x55;
            fs::write(copy.store().join(&file), turned).unwrap();
            match copy.open().await {
                Ok(store) => {
                    let what = format!("{} turned at {share}", file.display());
                    assert_eq!(missing(&store, 0..60).await, Vec::<usize>::new(), "{what}");
                    store.close().await;
                }
                Err(failure) => {
                    assert_eq!(failure.code, ErrorCode::StoreDamaged, "{failure}");
                    told += 1;
                }
            }
            // What is not served can be given up in the same process.
            let store = copy.open_with(Opening { accept_loss: true, ..Opening::default() }).await.unwrap();
            store.close().await;
        }
    }
    assert!(told > 10, "damages are found: {told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_loss_keeps_what_can_be_kept_and_the_damaged_files() {
    let data = well_used().await;
    let log = data.log();
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() / 2]).unwrap();
    let refused = data.open().await.err().unwrap();
    assert!(refused.message.contains("acknowledged bytes") && refused.message.contains("202"), "{refused}");
    // It stays refused until it is accepted.
    assert_eq!(data.open().await.err().unwrap().code, ErrorCode::StoreDamaged);

    let store = data.open_with(Opening { accept_loss: true, ..Opening::default() }).await.unwrap();
    let lost = missing(&store, 0..60).await;
    assert!(!lost.is_empty() && lost[0] >= 40, "{lost:?}");
    let kept = fs::read_dir(data.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let aside = kept.into_iter().find(|path| path.to_string_lossy().contains(".damaged-")).unwrap();
    let mut files = BTreeMap::new();
    collect(&aside, Path::new(""), &mut files);
    assert_eq!(files.into_values().next().unwrap(), bytes[..bytes.len() / 2]);
    write(&store, 60..65).await;
    let killed = data.killed();
    store.close().await;
    let store = killed.open().await.unwrap();
    assert_eq!(missing(&store, 60..65).await, Vec::<usize>::new());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_damaged_database_serves_nothing_before_it_is_told_to() {
    let data = Data::new();
    let server = Server::start_with(data.folder.path(), &["--no-sample"]);
    let upsert = "mutation($id: ID!) { upsertUser(input: { id: $id }) { user { id } } }";
    for number in 0..30 {
        let answer = server.client.query(upsert, json!({ "id": format!("ada-{number}") })).await;
        assert!(answer["data"]["upsertUser"]["user"]["id"].is_string(), "{answer}");
    }
    server.kill();
    let bytes = fs::read(data.log()).unwrap();
    fs::write(data.log(), &bytes[..bytes.len() - 2_000]).unwrap();

    let server = Server::start_with(data.folder.path(), &[]);
    let asked = |path: &'static str| server.client.request(Method::GET, path).send();
    assert_eq!(asked("/healthz").await.unwrap().status(), 200);
    let ready = asked("/readyz").await.unwrap();
    assert_eq!(ready.status(), 503);
    let ready = parsed(ready).await;
    assert!(
        ready["status"] == "unready" && ready["problems"][0]["why"].as_str().unwrap().contains("acknowledged"),
        "{ready}"
    );
    let answer = server.client.query("{ library { id } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "STORE_DAMAGED");
    assert_eq!(asked("/").await.unwrap().status(), 503);
    server.kill();

    let server = Server::start_with(data.folder.path(), &["--accept-loss"]);
    let ready = server.client.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(parsed(ready).await["status"], "ready");
    let user = |number: usize| json!({ "id": format!("ada-{number}") });
    let query = "query($id: ID!) { user(id: $id) { id } }";
    assert!(server.client.query(query, user(0)).await["data"]["user"]["id"].is_string());
    assert!(server.client.query(query, user(29)).await["data"]["user"].is_null());
    server.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_learner_is_off_the_disk_in_time() {
    let data = Data::new();
    let options = Options { erase_after: Duration::ZERO, ..Options::default() };
    let store = data.open_with(Opening { options, ..Opening::default() }).await.unwrap();
    write(&store, 0..20).await;
    let secret = "quizzical.zebra@example.org";
    let changes = UserChanges { email: Some(secret.to_owned()), ..UserChanges::default() };
    store.merge_user(&User::new("gone"), &changes).await.unwrap();
    assert!(data.contains(secret));
    assert!(store.delete_user("gone").await.unwrap().is_some());

    let erased = async {
        while data.contains(secret) || data.beside() > 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), erased).await.expect("it goes in time");
    assert_eq!(missing(&store, 0..20).await, Vec::<usize>::new());
    write(&store, 20..25).await;
    let killed = data.killed();
    store.close().await;
    let store = killed.open().await.unwrap();
    assert_eq!(missing(&store, 0..25).await, Vec::<usize>::new());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_process_deleted_is_taken_off_the_disk_at_the_start() {
    let data = Data::new();
    let store = data.open().await.unwrap();
    let secret = "a posting nobody else should read";
    let changes = UserChanges { name: Some(secret.to_owned()), ..UserChanges::default() };
    store.merge_user(&User::new("gone"), &changes).await.unwrap();
    store.delete_user("gone").await.unwrap();
    let killed = data.killed();
    store.close().await;
    assert!(killed.contains(secret));
    let store = pathwright::app::open_store(&address(&killed.store()), Opening::default()).await.unwrap();
    assert!(!killed.contains(secret));
    store.close().await;
}
