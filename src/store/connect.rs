use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pathwright_api::{ErrorCode, Failure};
use surrealdb::engine::any;
use surrealdb::opt::auth::Root;
use url::Url;

use super::engine::{Embedded, Engine, Options};
use super::folder::{self, Folder};
use super::rewrite::Exchange;
use super::{Store, failure, is_full, keeper};

/// Pathwright's part of an embedded database, and of a server's that names none.
pub(super) const NAMESPACE: &str = "pathwright";
pub(super) const DATABASE: &str = "main";

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// In this process, gone with it.
    Memory,
    /// A folder that belongs to one process at a time, in the files of one of the engines.
    Folder(folder::Engine, PathBuf),
    /// A SurrealDB server that several processes share; `ws://user:password@host:port/namespace/database`.
    Server(Url),
}

impl StoreUrl {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let invalid =
            |hint: &str| Failure::new(ErrorCode::InvalidInput, format!("`{text}` is no address of a store; {hint}"));
        if text == "mem://" {
            return Ok(Self::Memory);
        }
        if let Some(folder) = text.strip_prefix("surrealkv://") {
            return Ok(Self::folder(folder));
        }
        #[cfg(feature = "rocksdb")]
        if let Some(folder) = text.strip_prefix("rocksdb://") {
            return Ok(Self::Folder(folder::Engine::RocksDb, PathBuf::from(folder)));
        }
        #[cfg(not(feature = "rocksdb"))]
        if text.starts_with("rocksdb://") {
            return Err(invalid("this program was built without RocksDB: `cargo build --features rocksdb` has it"));
        }
        let choices = "a store is `mem://`, `surrealkv://FOLDER`, `rocksdb://FOLDER` or `ws://user:password@host:port`";
        let url = Url::parse(text).map_err(|_| invalid(choices))?;
        if matches!(url.scheme(), "ws" | "wss") { Ok(Self::Server(url)) } else { Err(invalid(choices)) }
    }

    /// A folder of the default engine.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        Self::Folder(folder::Engine::SurrealKv, path.into())
    }

    /// Whether no other process can work on the same data.
    pub fn is_exclusive(&self) -> bool {
        !matches!(self, Self::Server(_))
    }
}

/// Without the password.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("mem://"),
            Self::Folder(engine, folder) => write!(f, "{}://{}", engine.scheme(), folder.display()),
            Self::Server(url) => write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How to open a database.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opening {
    pub options: Options,
    /// Go on without what a damaged folder has lost; otherwise it is not opened.
    pub accept_loss: bool,
}

impl Store {
    /// Opens the database and selects Pathwright's part of it; migrations are another step. A folder that lost what was
    /// acknowledged is `STORE_DAMAGED`.
    pub async fn connect(url: &StoreUrl) -> Result<Self, Failure> {
        Self::open(url, Opening::default()).await
    }

    pub async fn open(url: &StoreUrl, opening: Opening) -> Result<Self, Failure> {
        let engine = match url {
            StoreUrl::Memory => Engine::Embedded(Arc::new(Embedded::in_memory().await?)),
            StoreUrl::Folder(engine, path) => {
                let folder = Folder { path: path.clone(), engine: *engine };
                let unusable = |error: std::io::Error| unusable(path, &error);
                let lock = folder.lock().map_err(unusable)?.ok_or_else(|| in_use(path))?;
                folder.prepare(opening.accept_loss)?;
                Engine::Embedded(Arc::new(open_embedded(folder, opening, lock).await?))
            }
            StoreUrl::Server(server) => {
                let db = open_server(server).await?;
                let (namespace, database) = names(server);
                db.use_ns(namespace).use_db(database).await.map_err(failure)?;
                Engine::Server(db)
            }
        };
        let engine = Arc::new(engine);
        if engine.folder().is_some() {
            keeper::keep(&engine);
        }
        Ok(Self { engine, queries: Arc::default() })
    }

    /// Ends the database in order; nothing is answered any more. Without it the next start recovers, as after a crash.
    pub async fn close(&self) {
        if let Engine::Embedded(engine) = self.engine.as_ref() {
            engine.close().await;
        }
    }
}

/// A folder that looks as it should, and that its engine cannot open all the same, is damaged too.
async fn open_embedded(folder: Folder, opening: Opening, lock: File) -> Result<Embedded, Failure> {
    let held = lock.try_clone().map_err(|error| unusable(&folder.path, &error))?;
    match Embedded::over(folder.clone(), opening.options, held).await {
        Err(failure) if failure.code == ErrorCode::Internal && opening.accept_loss => {
            let aside = folder.set_aside().map_err(|error| unusable(&folder.path, &error))?;
            tracing::warn!(why = failure.message, kept = %aside.display(), "going on without what the database held");
            Embedded::over(folder, opening.options, lock).await
        }
        Err(failure) if failure.code == ErrorCode::Internal => Err(damaged(&folder.path, &failure.message)),
        opened => opened,
    }
}

fn names(url: &Url) -> (String, String) {
    let mut parts = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).map(str::to_owned);
    let namespace = parts.next().unwrap_or_else(|| NAMESPACE.to_owned());
    (namespace, parts.next().unwrap_or_else(|| DATABASE.to_owned()))
}

impl Folder {
    /// Makes the folder as an engine has to find it: what was cut off is ended, what was begun and never acknowledged goes. What
    /// was acknowledged and is lost is a failure, unless that is accepted.
    pub(super) fn prepare(&self, accept_loss: bool) -> Result<(), Failure> {
        let unusable = |error: std::io::Error| unusable(&self.path, &error);
        Exchange::of(&self.path).finish().map_err(unusable)?;
        std::fs::create_dir_all(&self.path).map_err(unusable)?;
        check_writable(&self.path).map_err(unusable)?;
        let found = self.examine().map_err(unusable)?;
        if found.losses.is_empty() {
            return self.mend(&found).map_err(unusable);
        }
        let losses = found.losses.join("; ");
        if !accept_loss {
            return Err(damaged(&self.path, &losses));
        }
        let aside = self.accept_loss(&found).map_err(unusable)?;
        tracing::warn!(losses, kept = %aside.display(), "going on without what the database has lost");
        Ok(())
    }
}

fn damaged(folder: &Path, why: &str) -> Failure {
    let hint = "nothing is served: put a backup in its place, or go on without what is lost with `pathwright serve --accept-loss`, \
        which keeps the damaged files beside the folder";
    let message = format!("the database in {} has lost what was written: {why}; {hint}", folder.display());
    Failure::new(ErrorCode::StoreDamaged, message)
}

pub(super) fn in_use(folder: &Path) -> Failure {
    let hint = "stop it first, or let both use a SurrealDB server with --store ws://…";
    let message = format!("another pathwright is using the data folder {}; {hint}", folder.display());
    Failure::new(ErrorCode::StoreUnavailable, message)
}

fn unusable(folder: &Path, error: &std::io::Error) -> Failure {
    if is_full(&error.to_string()) {
        return no_room(folder);
    }
    let message = format!("the data folder {} is not writable ({error}); choose another with --data", folder.display());
    Failure::new(ErrorCode::StoreUnavailable, message)
}

pub(super) fn no_room(folder: &Path) -> Failure {
    let message = format!(
        "the data folder {} cannot be opened: no space is left on its disk; make room and start again",
        folder.display()
    );
    Failure::new(ErrorCode::StoreFull, message)
}

fn check_writable(folder: &Path) -> std::io::Result<()> {
    let probe = folder.join(".writable");
    std::fs::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe))
}

async fn open_server(url: &Url) -> Result<surrealdb::Surreal<any::Any>, Failure> {
    let mut address = url.clone();
    let (username, password) = (address.username().to_owned(), address.password().unwrap_or_default().to_owned());
    let _ = address.set_username("");
    let _ = address.set_password(None);
    address.set_path("");
    let unreachable = |why: String| {
        let shown = StoreUrl::Server(url.clone());
        Failure::new(ErrorCode::StoreUnavailable, format!("the database server {shown} cannot be used: {why}"))
    };
    let connecting = tokio::time::timeout(Duration::from_secs(10), any::connect(address.to_string())).await;
    let db = match connecting {
        Ok(opened) => opened.map_err(|error| unreachable(error.to_string()))?,
        Err(_) => return Err(unreachable("no answer within 10 s".to_owned())),
    };
    if !username.is_empty() {
        db.signin(Root { username, password }).await.map_err(|error| unreachable(error.to_string()))?;
    }
    Ok(db)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_never_show_their_password() {
        let url = StoreUrl::parse("ws://root:secret@db.example:8000/ns/db").unwrap();
        assert!(!format!("{url} {url:?}").contains("secret"));
        let StoreUrl::Server(server) = url else { panic!("no server") };
        assert_eq!(names(&server), ("ns".to_owned(), "db".to_owned()));
    }

    #[test]
    fn what_is_no_store_is_refused_with_the_choices() {
        let error = StoreUrl::parse("postgres://x").unwrap_err();
        assert!(error.message.contains("surrealkv://FOLDER"));
    }
}
