//! The end of an engine, behind which nothing of it is left.
//!
//! An ended engine is gone when its datastore was dropped, and not before: RocksDB, for one, then removes every file of its
//! folder that it does not know, by name, so those of another that was put in its place too. A task of the engine's own holds
//! the datastore while it ends it; were that task the last to let go, nobody would know when the drop is over. So it is kept here
//! until nobody else has it, and dropped here.

use std::sync::Arc;
use std::time::Duration;

use pathwright_api::{ErrorCode, Failure};
use surrealdb_core::kvs::Datastore;
use tokio::time::Instant;

use super::engine::{OnDisk, Open, Options, Running, build};
use super::folder::Folder;

/// How long what an engine had begun may hold it.
const LAST_WORDS: Duration = Duration::from_secs(30);

/// How often it is looked again whether something has let go.
const LOOK: Duration = Duration::from_millis(5);

impl Running {
    /// Ends the engine, if one is open, and waits until it is gone; `why` is the answer to whoever asks before another one is
    /// opened. What is still held after a while is a failure, and is waited for again the next time.
    pub(super) async fn end(&mut self, why: Failure, on_disk: Option<&OnDisk>) -> Result<(), Failure> {
        let ends_once = on_disk.is_some_and(|on_disk| on_disk.folder.engine.ends_once());
        if let Ok(open) = std::mem::replace(&mut self.open, Err(why)) {
            let Open { db, datastore, watermark } = open;
            let datastore = self.leaving.insert(datastore);
            drop((db, watermark));
            // Where a second end is an error, its own task's has to do.
            if !ends_once && let Err(error) = datastore.shutdown().await {
                tracing::warn!(%error, "the engine did not end in order");
            }
        }
        gone(&mut self.leaving).await
    }
}

/// Waits until nobody else holds a datastore, and drops it; one that stays held is left where it is.
pub(super) async fn gone(leaving: &mut Option<Arc<Datastore>>) -> Result<(), Failure> {
    let until = Instant::now() + LAST_WORDS;
    while let Some(held) = leaving.take() {
        match Arc::try_unwrap(held) {
            // Files are closed and removed.
            Ok(last) => drop(tokio::task::spawn_blocking(|| drop(last)).await),
            Err(held) => {
                *leaving = Some(held);
                if Instant::now() >= until {
                    return Err(still_held());
                }
                tokio::time::sleep(LOOK).await;
            }
        }
    }
    Ok(())
}

/// Makes sure that no part of an ended engine has outlived its datastore: a transaction that somebody gave up keeps the files of
/// RocksDB open by itself. Only opening them tells, which one process can do once at a time.
pub(super) async fn let_go(folder: &Folder, options: Options) -> Result<(), Failure> {
    let until = Instant::now() + LAST_WORDS;
    loop {
        match build(folder, options).await {
            Ok(datastore) => {
                let ended = datastore.shutdown().await;
                gone(&mut Some(datastore)).await?;
                return ended.map_err(|error| Failure::internal(format!("{error:#}")));
            }
            Err(failure) if !failure.message.contains("lock hold by current process") => return Err(failure),
            Err(_) if Instant::now() >= until => return Err(still_held()),
            Err(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

fn still_held() -> Failure {
    Failure::new(ErrorCode::StoreUnavailable, "something still holds the engine that was ended")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn an_engine_is_gone_once_the_last_one_has_let_go_of_it() {
        let datastore = Datastore::builder().without_maintenance_tasks().build_with_path("memory").await.unwrap();
        let (holder, mut leaving) = (Arc::clone(&datastore), Some(datastore));
        let (tell, told) = tokio::sync::oneshot::channel::<()>();
        let waiting = tokio::spawn(async move {
            gone(&mut leaving).await.unwrap();
            assert!(leaving.is_none());
        });
        let holding = tokio::spawn(async move {
            told.await.unwrap();
            drop(holder);
        });
        assert!(!waiting.is_finished());
        tell.send(()).unwrap();
        holding.await.unwrap();
        waiting.await.unwrap();
    }
}
