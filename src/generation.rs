//! The making of a learning path: durable, resumable, watched by anyone who asks.
//!
//! A generation is a row and its events. The events are the memory: whoever takes the work up again reads what the
//! steps before brought forth, and goes on behind the last one.

/// What this process has in hand.
mod in_hand;
/// What wakes those who watch.
mod news;
/// The four steps.
mod steps;
/// Taking, keeping and giving back the work.
mod worker;

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use futures::Stream;
use pathwright_api::job::JobTarget;
use pathwright_api::{ErrorCode, Failure};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::GenerationConfig;
use crate::domain::{Event, Generation, GenerationPurpose, GenerationState, JobChange, SavedJob, TargetJob, User};
use crate::host::Host;
use crate::store::Store;
use in_hand::InHand;
use news::News;
pub use steps::role_name;

/// Generations waiting for a worker before new ones are refused.
const LONGEST_QUEUE: usize = 256;

/// Ended generations of a learner that are kept with their events; paths stay anyway.
const KEPT: usize = 20;

/// Events read in one go.
const PAGE: usize = 200;

/// Starts generations, works on them, and lets them be watched.
#[derive(Clone)]
pub struct Generations {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    host: Arc<Host>,
    in_hand: InHand,
    lease: Duration,
    /// No other process can be at work on this database: leases found at start belong to processes that are gone.
    exclusive: bool,
    workers: Semaphore,
    news: News,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Generations {
    pub fn new(store: Store, host: Arc<Host>, config: &GenerationConfig, exclusive: bool) -> Self {
        let inner = Inner {
            store,
            host,
            in_hand: InHand::default(),
            lease: config.lease(),
            exclusive,
            workers: Semaphore::new(config.workers),
            news: News::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Stores a generation of a path for the learner's job, as it is or as `change` makes it, and begins as soon as a worker is
    /// free. A learner who is not there is created from `new`; without it the answer is none.
    pub async fn start(
        &self,
        user: &str,
        change: &JobChange,
        new: Option<&User>,
    ) -> Result<Option<Generation>, Failure> {
        self.check_room()?;
        let (generation, first) = queued(user, JobTarget::default(), GenerationPurpose::MakePath);
        let Some(started) = self.inner.store.start_generation(&generation, &first, change, new).await? else {
            return Ok(None);
        };
        for id in &started.replaced {
            self.announce(id);
        }
        self.begin(&generation.id);
        if let Err(failure) = self.inner.store.forget_old_generations(user, KEPT).await {
            tracing::warn!(code = %failure.code, %failure, "old generations could not be forgotten");
        }
        Ok(Some(started.generation))
    }

    /// Saves a job of a learner, who is created from `new` if need be, and begins to read it as soon as a worker is free, unless it
    /// was read already or is being read. What had to be read by lesser means than the configured ones, or could not be read, is
    /// read again.
    pub async fn save(&self, mut job: TargetJob, new: Option<&User>) -> Result<SavedJob, Failure> {
        self.check_room()?;
        job.reading = self.open_reading(&job).await?;
        if job.reading.is_some() || self.is_read(&job).await? {
            // None: what was read out of it went with another learner this moment.
            if let Some(saved) = self.inner.store.save_target_job(new, &job, None).await? {
                return Ok(saved);
            }
        }
        let (generation, first) = queued(&job.user, job.target.clone(), GenerationPurpose::ReadJob);
        job.reading = Some(generation.id.clone());
        let reading = Some((&generation, &first));
        let saved = self.inner.store.save_target_job(new, &job, reading).await?.unwrap_or(SavedJob::Gone);
        if matches!(saved, SavedJob::As(_)) {
            self.begin(&generation.id);
        }
        Ok(saved)
    }

    async fn is_read(&self, job: &TargetJob) -> Result<bool, Failure> {
        let known = self.inner.store.profiles(std::slice::from_ref(&job.hash)).await?;
        Ok(known.iter().any(|profile| profile.fallback_reason.is_none()))
    }

    /// The unfinished reading of the same words for the same user.
    async fn open_reading(&self, job: &TargetJob) -> Result<Option<String>, Failure> {
        let store = &self.inner.store;
        let same = store.target_jobs(&job.user).await?.into_iter().filter(|other| other.hash == job.hash);
        let readings: Vec<String> = same.filter_map(|other| other.reading).collect();
        if readings.is_empty() {
            return Ok(None);
        }
        let readings = store.generations_by_id(&readings).await?;
        Ok(readings.into_iter().find(|reading| !reading.state.is_final()).map(|reading| reading.id))
    }

    fn check_room(&self) -> Result<(), Failure> {
        let full = self.inner.tasks.len() >= LONGEST_QUEUE;
        if full { Err(Failure::busy("path generation", 2_000)) } else { Ok(()) }
    }

    fn begin(&self, id: &str) {
        self.inner.news.announce(id);
        self.spawn(id.to_owned(), false);
    }

    /// The events of a generation after number `after`, old and new, in order and without gaps; ends behind the last one.
    pub fn watch(&self, id: String, after: u32) -> impl Stream<Item = Result<Event, Failure>> + Send + use<> {
        let inner = self.inner.clone();
        async_stream::try_stream! {
            let mut news = inner.news.listen();
            let mut seq = after;
            loop {
                let events = inner.store.events_after(&id, seq, PAGE).await?;
                let full = events.len() == PAGE;
                for event in events {
                    seq = event.seq;
                    let last = event.state.is_final();
                    yield event;
                    if last {
                        return;
                    }
                }
                if full {
                    continue;
                }
                let generation = inner.store.generation(&id).await?.ok_or_else(|| not_found(&id))?;
                // Events that came between the two reads are fetched before anything is waited for.
                if generation.seq > seq {
                    continue;
                }
                if generation.state.is_final() {
                    return;
                }
                news.about(&id).await;
            }
        }
    }

    /// The generation once it is finished.
    pub async fn finished(&self, id: &str) -> Result<Generation, Failure> {
        let mut news = self.inner.news.listen();
        loop {
            let generation = self.inner.store.generation(id).await?.ok_or_else(|| not_found(id))?;
            if generation.state.is_final() {
                return Ok(generation);
            }
            news.about(id).await;
        }
    }

    /// Ends a generation before its time; the user's path stays as it was. This process stops working on it at once, another
    /// one with the next sign of life it gives. Fails when the generation is finished or unknown.
    pub async fn cancel(&self, id: &str) -> Result<Generation, Failure> {
        let ended = self.inner.store.cancel_generation(id, "cancelled on request").await?;
        if ended {
            self.announce(id);
        }
        let generation = self.inner.store.generation(id).await?.ok_or_else(|| not_found(id))?;
        if ended {
            return Ok(generation);
        }
        Err(Failure::new(ErrorCode::InvalidInput, format!("the generation `{id}` is finished already")))
    }

    /// Tells that a generation ended before its time, for instance with its user: the work on it stops here, and everyone
    /// who watches looks again.
    pub fn announce(&self, id: &str) {
        self.inner.in_hand.cancel(id);
        self.inner.news.announce(id);
    }
}

/// A new generation with its first event.
fn queued(user: &str, target: JobTarget, purpose: GenerationPurpose) -> (Generation, Event) {
    let generation = Generation {
        id: uuid::Uuid::now_v7().to_string(),
        user: user.to_owned(),
        purpose,
        target,
        hours_per_week: User::HOURS_PER_WEEK,
        state: GenerationState::Queued,
        seq: 1,
        percent: 0,
        lease_owner: None,
        lease_until: None,
        path: None,
        error: None,
        created_at: Utc::now(),
    };
    let first = Event {
        generation: generation.id.clone(),
        seq: 1,
        state: GenerationState::Queued,
        step: None,
        done: 0,
        total: 0,
        percent: 0,
        message: "waiting for its turn".to_owned(),
        at: Utc::now(),
        outcome: None,
    };
    (generation, first)
}

fn not_found(id: &str) -> Failure {
    let id = pathwright_api::text::shorten(id, 100);
    Failure::new(ErrorCode::GenerationNotFound, format!("no generation has the id `{id}`"))
}
