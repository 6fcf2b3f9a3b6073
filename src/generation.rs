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
use pathwright_api::{ErrorCode, Failure};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::GenerationConfig;
use crate::host::Host;
use crate::store::Store;
use crate::store::generations::{Event, Generation, GenerationState};
use crate::store::users::User;
use in_hand::InHand;
use news::News;
pub use steps::{overruled, role_name};

/// Generations waiting for a worker before new ones are refused.
const LONGEST_QUEUE: usize = 256;

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

    /// Stores a generation for the user's job target and begins with it as soon as a worker is free.
    pub async fn start(&self, user: &User) -> Result<Generation, Failure> {
        if self.inner.tasks.len() >= LONGEST_QUEUE {
            return Err(Failure::busy("path generation", 2_000));
        }
        let generation = Generation {
            id: uuid::Uuid::now_v7().to_string(),
            user: user.id.clone(),
            target: user.target(),
            hours_per_week: user.hours_per_week,
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
        let replaced = self.inner.store.start_generation(user, &generation, &first).await?;
        for id in &replaced {
            self.announce(id);
        }
        self.inner.news.announce(&generation.id);
        self.spawn(generation.id.clone(), false);
        Ok(generation)
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

fn not_found(id: &str) -> Failure {
    let id = pathwright_api::text::shorten(id, 100);
    Failure::new(ErrorCode::GenerationNotFound, format!("no generation has the id `{id}`"))
}
