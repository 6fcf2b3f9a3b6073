use std::panic::AssertUnwindSafe;

use futures::{FutureExt, StreamExt};
use pathwright_api::{ErrorCode, Failure};
use tokio::time::Instant;

use super::Generations;
use super::steps::Steps;
use crate::domain::Generation;

impl Generations {
    /// Takes up what a process left behind that is gone, and goes on looking for more; hears of other processes' events.
    pub async fn run_in_background(&self) -> Result<(), Failure> {
        for id in self.inner.store.unattended_generations(self.inner.exclusive).await? {
            tracing::info!(generation = id, "taking up a generation that was left unfinished");
            self.spawn(id, self.inner.exclusive);
        }
        let sweeper = self.clone();
        self.inner.tasks.spawn(async move { sweeper.sweep().await });
        if !self.inner.exclusive {
            let listener = self.clone();
            self.inner.tasks.spawn(async move { listener.listen().await });
        }
        Ok(())
    }

    /// Stops work at the next point where nothing is lost, and gives it back.
    pub async fn shutdown(&self) {
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// Works on a generation unless this process does already.
    pub(super) fn spawn(&self, id: String, from_anyone: bool) {
        let Some(held) = self.inner.in_hand.take(&id) else {
            return;
        };
        let generations = self.clone();
        self.inner.tasks.spawn(async move {
            // Of its own for every run, so that no run passes for another one.
            let owner = uuid::Uuid::now_v7().to_string();
            let work = AssertUnwindSafe(generations.run(&id, &owner, from_anyone)).catch_unwind();
            let stopped = generations.inner.stop.cancelled();
            tokio::select! {
                // What a plugin answers because it was cancelled is not worth looking at.
                biased;
                () = held.cancelled.cancelled() => {}
                () = stopped => {}
                result = work => match result {
                    Ok(Ok(())) => {}
                    Ok(Err(failure)) => {
                        tracing::warn!(generation = id, code = %failure.code, %failure, "the generation was given up for now");
                    }
                    Err(_) => tracing::error!(generation = id, "the work on the generation panicked; it is taken up again"),
                },
            }
            let _ = generations.inner.store.release_lease(&id, &owner).await;
        });
    }

    async fn run(&self, id: &str, owner: &str, from_anyone: bool) -> Result<(), Failure> {
        let inner = &self.inner;
        let _worker = inner.workers.acquire().await.map_err(|_| Failure::internal("the workers are gone"))?;
        let Some(generation) = inner.store.take_lease(id, owner, inner.lease, from_anyone).await? else {
            return Ok(());
        };
        let steps = Steps { store: &inner.store, host: &inner.host, owner, news: &inner.news };
        let outcome = tokio::select! {
            outcome = steps.work(&generation) => outcome,
            lost = self.keep_lease(&generation, owner) => Err(lost),
        };
        match outcome {
            Err(failure) if failure.code == ErrorCode::GenerationCancelled => Ok(()),
            Err(failure) => steps.fail(&generation.id, failure).await,
            Ok(()) => Ok(()),
        }
    }

    /// Renews the lease until it is lost.
    async fn keep_lease(&self, generation: &Generation, owner: &str) -> Failure {
        let inner = &self.inner;
        let mut beat = tokio::time::interval(inner.lease / 3);
        loop {
            beat.tick().await;
            match inner.store.take_lease(&generation.id, owner, inner.lease, false).await {
                Ok(Some(_)) => {}
                Ok(None) => {
                    return Failure::new(
                        ErrorCode::GenerationCancelled,
                        "the generation is finished or somebody else's",
                    );
                }
                Err(error) => {
                    tracing::warn!(%error, generation = generation.id, "the lease could not be renewed; trying again");
                }
            }
        }
    }

    async fn sweep(&self) {
        let mut beat = tokio::time::interval_at(Instant::now() + self.inner.lease, self.inner.lease);
        while tokio::select! { _ = beat.tick() => true, () = self.inner.stop.cancelled() => false } {
            match self.inner.store.unattended_generations(false).await {
                Ok(ids) => ids.into_iter().for_each(|id| self.spawn(id, false)),
                Err(error) => tracing::warn!(%error, "could not look for unattended generations; trying again"),
            }
        }
    }

    async fn listen(&self) {
        let mut news = match self.inner.store.generation_news().await {
            Ok(news) => Box::pin(news),
            Err(error) => return tracing::warn!(%error, "no news from other processes; watchers look for themselves"),
        };
        while let Some(id) = tokio::select! { id = news.next() => id, () = self.inner.stop.cancelled() => None } {
            self.inner.news.announce(&id);
        }
    }
}
