use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pathwright_api::{ErrorCode, Failure};
use surrealdb::engine::any;
use surrealdb::opt::auth::Root;
use url::Url;

use super::{Store, failure};

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// In this process, gone with it.
    Memory,
    /// A folder that belongs to one process at a time.
    Folder(PathBuf),
    /// A SurrealDB server that several processes share; `ws://user:password@host:port/namespace/database`.
    Server(Url),
}

impl StoreUrl {
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let invalid = || {
            let hint = "a store is `mem://`, `surrealkv://FOLDER` or `ws://user:password@host:port`";
            Failure::new(ErrorCode::InvalidInput, format!("`{text}` is no address of a store; {hint}"))
        };
        if text == "mem://" {
            return Ok(Self::Memory);
        }
        if let Some(folder) = text.strip_prefix("surrealkv://") {
            return Ok(Self::Folder(PathBuf::from(folder)));
        }
        let url = Url::parse(text).map_err(|_| invalid())?;
        if matches!(url.scheme(), "ws" | "wss") { Ok(Self::Server(url)) } else { Err(invalid()) }
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
            Self::Folder(folder) => write!(f, "surrealkv://{}", folder.display()),
            Self::Server(url) => write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default()),
        }
    }
}

impl fmt::Debug for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Store {
    /// Opens the database and selects Pathwright's part of it; migrations are another step.
    pub async fn connect(url: &StoreUrl) -> Result<Self, Failure> {
        let db = match url {
            StoreUrl::Memory => any::connect("mem://").await.map_err(failure)?,
            StoreUrl::Folder(folder) => open_folder(folder).await?,
            StoreUrl::Server(server) => open_server(server).await?,
        };
        let (namespace, database) = names(url);
        db.use_ns(namespace).use_db(database).await.map_err(failure)?;
        Ok(Self { db, queries: Arc::default() })
    }
}

fn names(url: &StoreUrl) -> (String, String) {
    let StoreUrl::Server(url) = url else {
        return ("pathwright".to_owned(), "main".to_owned());
    };
    let mut parts = url.path_segments().into_iter().flatten().filter(|part| !part.is_empty()).map(str::to_owned);
    let namespace = parts.next().unwrap_or_else(|| "pathwright".to_owned());
    (namespace, parts.next().unwrap_or_else(|| "main".to_owned()))
}

async fn open_folder(folder: &Path) -> Result<surrealdb::Surreal<any::Any>, Failure> {
    check_writable(folder)?;
    // Every acknowledged write is on the disk before it is acknowledged.
    let address = format!("surrealkv://{}?sync=every", folder.display());
    let opened = any::connect(address).await;
    opened.map_err(|error| {
        let text = error.to_string();
        if text.to_lowercase().contains("already locked") {
            let hint = "stop it first, or let both use a SurrealDB server with --store ws://…";
            let message = format!("another pathwright is using the data folder {}; {hint}", folder.display());
            return Failure::new(ErrorCode::StoreUnavailable, message);
        }
        Failure::new(
            ErrorCode::StoreUnavailable,
            format!("the data folder {} cannot be opened: {text}", folder.display()),
        )
    })
}

fn check_writable(folder: &Path) -> Result<(), Failure> {
    let probe = folder.join(".writable");
    let tried = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&probe, b""))
        .and_then(|()| std::fs::remove_file(&probe));
    tried.map_err(|error| {
        let message =
            format!("the data folder {} is not writable ({error}); choose another with --data", folder.display());
        Failure::new(ErrorCode::StoreUnavailable, message)
    })
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
        assert_eq!(names(&url), ("ns".to_owned(), "db".to_owned()));
    }

    #[test]
    fn what_is_no_store_is_refused_with_the_choices() {
        let error = StoreUrl::parse("postgres://x").unwrap_err();
        assert!(error.message.contains("surrealkv://FOLDER"));
    }
}
