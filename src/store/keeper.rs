//! What goes on beside an engine over a folder: its seal is renewed, a disk that was full is tried again, and what was deleted is
//! taken off the disk.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Weak};
use std::time::Duration;

use pathwright_api::{ErrorCode, Failure};

use super::ending::{gone, let_go};
use super::engine::{Embedded, Engine, OnDisk, Open, Running, build, open_folder};
use super::folder::{Folder, SealedFolder};
use super::rewrite::{Exchange, copy};

/// How old a seal may be.
const BEAT: Duration = Duration::from_secs(2);

/// Room that has to be there before a disk counts as no longer full, in bytes.
const ROOM: usize = 16 << 20;

/// Runs until the engine is closed or gone.
pub(super) fn keep(engine: &Arc<Engine>) {
    let engine = Arc::downgrade(engine);
    tokio::spawn(async move {
        let mut sealed = None;
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            let Some(engine) = Weak::upgrade(&engine) else { return };
            let Engine::Embedded(embedded) = engine.as_ref() else { return };
            if embedded.is_closed() {
                return;
            }
            embedded.look_after(&mut sealed).await;
        }
    });
}

impl Embedded {
    async fn look_after(&self, sealed: &mut Option<SealedFolder>) {
        let Some(on_disk) = self.on_disk() else { return };
        let is_down = self.running.read().await.open.is_err();
        if (is_down || on_disk.is_full.load(SeqCst)) && self.try_again(on_disk).await {
            *sealed = None;
        }
        if on_disk.is_erasure_due() {
            match Box::pin(self.rewrite(on_disk)).await {
                Ok(()) => *sealed = None,
                Err(failure) => {
                    tracing::warn!(code = %failure.code, %failure, "what was deleted could not be taken off the disk; trying again");
                }
            }
        }
        let running = self.running.read().await;
        let Ok(open) = running.open.as_ref() else { return };
        if let Some(Err(error)) = open.watermark.as_ref().map(super::folder::Watermark::sync) {
            tracing::debug!(%error, "the mark could not be synced");
        }
        // A new table is read as a whole, once.
        let (folder, before) = (on_disk.folder.clone(), sealed.take());
        let renewed = tokio::task::spawn_blocking(move || {
            let renewed = folder.seal(before.as_ref());
            (before, renewed)
        });
        match renewed.await {
            Ok((before, Ok(renewed))) => *sealed = renewed.or(before),
            Ok((before, Err(error))) => {
                tracing::debug!(%error, "the folder could not be sealed");
                *sealed = before;
            }
            Err(error) => tracing::debug!(%error, "the folder could not be sealed"),
        }
    }

    /// Opens the engine anew, after a full disk once there is room; what it could not put into tables is in its log, which is mended first. Answers
    /// whether it is open again.
    async fn try_again(&self, on_disk: &OnDisk) -> bool {
        if on_disk.is_full.load(SeqCst) && !has_room(&on_disk.folder.path) {
            return false;
        }
        let mut running = self.running.write().await;
        if self.is_closed() {
            return false;
        }
        let ended = running.end(super::full(), Some(on_disk)).await;
        let opened = match ended {
            Ok(()) => reopen(on_disk).await,
            Err(failure) => Err(failure),
        };
        match opened {
            Ok(open) => {
                running.open = Ok(open);
                if on_disk.is_full.swap(false, SeqCst) {
                    tracing::info!("there is room on the disk again: writing goes on");
                }
                true
            }
            Err(failure) => {
                tracing::error!(code = %failure.code, %failure, "the database could not be opened again");
                running.open = Err(failure);
                false
            }
        }
    }

    /// Closes and opens the engine where its log has become long: closing puts what is in the log into tables. Queries wait
    /// meanwhile, a moment. What was begun is ended when the one who asked has hung up.
    pub(super) async fn shorten_log(self: &Arc<Self>, on_disk: &OnDisk) {
        if !on_disk.folder.engine.needs_short_logs() || !on_disk.has_long_log(&*self.running.read().await) {
            return;
        }
        let embedded = Arc::clone(self);
        if let Err(error) = tokio::spawn(async move { embedded.open_anew().await }).await {
            tracing::error!(%error, "the database could not be opened anew");
        }
    }

    async fn open_anew(&self) {
        let Some(on_disk) = self.on_disk() else { return };
        let mut running = self.running.write().await;
        if self.is_closed() || !on_disk.has_long_log(&running) {
            return;
        }
        let resting = Failure::new(ErrorCode::StoreUnavailable, "the database is being opened anew");
        running.open = match running.end(resting, Some(on_disk)).await {
            Ok(()) => open_folder(&on_disk.folder, on_disk.options).await,
            Err(failure) => Err(failure),
        };
    }

    /// Puts a copy of what is there in the folder's place. Queries wait meanwhile.
    pub(super) async fn rewrite(&self, on_disk: &OnDisk) -> Result<(), Failure> {
        let mut running = self.running.write().await;
        let open = running.open.as_ref().map_err(Clone::clone)?;
        let exchange = Exchange::of(&on_disk.folder.path);
        exchange.finish().map_err(told)?;
        let fresh = Folder { path: exchange.fresh(), engine: on_disk.folder.engine };
        if let Err(failure) = put_down(open, &fresh, on_disk).await {
            exchange.finish().map_err(told)?;
            return Err(failure);
        }
        let stopped = Failure::new(ErrorCode::StoreUnavailable, "the database is being put down anew");
        if let Err(failure) = release(&mut running, stopped, on_disk).await {
            exchange.finish().map_err(told)?;
            return Err(failure);
        }
        let swapped = fresh.go_on_numbering(&on_disk.folder).and_then(|()| exchange.swap()).map_err(told);
        let finished = exchange.finish().map_err(told);
        running.open = reopen(on_disk).await;
        swapped.and(finished)?;
        let open = running.open.as_ref().map_err(Clone::clone)?;
        // A row of its own says that something is to be erased; it was copied along.
        let forgotten = open.db.query(super::erasure::DONE).await;
        if let Err(error) = forgotten.and_then(surrealdb::IndexedResults::check) {
            tracing::warn!(%error, "the database is put down anew, and will be once more at the next start");
        }
        on_disk.erased();
        Ok(())
    }

    /// Ends the engine in order: everything goes into tables, and the seal is the last word.
    pub(super) async fn close(&self) {
        self.set_closed();
        let mut running = self.running.write().await;
        let closed = Failure::new(ErrorCode::StoreUnavailable, "the database is closed");
        let was_open = running.open.is_ok();
        let ended = running.end(closed, self.on_disk()).await;
        if let Err(failure) = &ended {
            tracing::warn!(%failure, "the database could not be closed in order");
        }
        let Some(on_disk) = self.on_disk() else { return };
        if was_open
            && ended.is_ok()
            && let Err(error) = on_disk.folder.seal(None)
        {
            tracing::warn!(%error, "the folder could not be sealed");
        }
        on_disk.unlock();
    }
}

impl OnDisk {
    fn has_long_log(&self, running: &Running) -> bool {
        let watermark = running.open.as_ref().ok().and_then(|open| open.watermark.as_ref());
        watermark.is_some_and(|watermark| watermark.log_length() >= (self.options.log_mib << 20) as u64)
    }
}

/// Ends the engine, and makes sure that its folder can be put in another place.
async fn release(running: &mut Running, why: Failure, on_disk: &OnDisk) -> Result<(), Failure> {
    running.end(why, Some(on_disk)).await?;
    if on_disk.folder.engine.locks_within_the_process() {
        let_go(&on_disk.folder, on_disk.options).await
    } else {
        Ok(())
    }
}

async fn put_down(open: &Open, fresh: &Folder, on_disk: &OnDisk) -> Result<(), Failure> {
    let target = build(fresh, on_disk.options).await?;
    let copied = copy(&open.datastore, &target).await;
    let ended = target.shutdown().await;
    gone(&mut Some(target)).await?;
    copied.and(ended).map_err(|error| Failure::internal(format!("{error:#}")))?;
    fresh.seal(None).map_err(told)?;
    Ok(())
}

async fn reopen(on_disk: &OnDisk) -> Result<Open, Failure> {
    on_disk.folder.prepare(false)?;
    open_folder(&on_disk.folder, on_disk.options).await
}

/// Asked by writing: what a file system says of its room is not always what it has.
fn has_room(folder: &Path) -> bool {
    let probe = folder.join(".room");
    let tried = || -> io::Result<()> {
        let mut file = File::create(&probe)?;
        file.write_all(&vec![1; ROOM])?;
        file.sync_all()
    };
    let has = tried().is_ok();
    let _ = fs::remove_file(&probe);
    has
}

fn told(error: io::Error) -> Failure {
    Failure::new(ErrorCode::StoreUnavailable, format!("the data folder cannot be changed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::super::engine::Options;
    use super::super::{Opening, Store, StoreUrl};
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn who_hangs_up_while_the_log_is_shortened_leaves_an_open_database() {
        let folder = tempfile::tempdir().unwrap();
        // Every log is a long one.
        let options = Options { log_mib: 0, ..Options::default() };
        let url = StoreUrl::folder(folder.path().join("store"));
        let store = Store::open(&url, Opening { options, ..Opening::default() }).await.unwrap();
        store.query("DEFINE TABLE knot SCHEMALESS").run().await.unwrap();
        for patience in 0..40 {
            let write = store.query("UPSERT knot:one SET tied = (tied ?? 0) + 1").run();
            let _ = tokio::time::timeout(Duration::from_millis(patience), write).await;
            store.query("SELECT * FROM knot").run().await.unwrap();
        }
        store.close().await;
    }
}
