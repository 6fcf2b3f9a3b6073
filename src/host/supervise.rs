use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix::{MailboxError, Message, Recipient};
use pathwright_api::{ErrorCode, Failure};
use tokio::sync::Semaphore;

use super::registry::Factory;

/// Longest wait between two restarts of a plugin that keeps falling.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// One plugin: asked with a deadline, bounded in how many may ask at once, started anew when its actor is gone.
pub struct Supervised<H> {
    name: &'static str,
    capability: &'static str,
    version: &'static str,
    factory: Factory<H>,
    running: Mutex<Running<H>>,
    permits: Semaphore,
    capacity: usize,
    deadline: Duration,
    processed: AtomicU64,
    failed: AtomicU64,
    /// Of answered questions, in microseconds, as a moving average: the hint of how soon to ask again.
    latency: AtomicU64,
}

struct Running<H> {
    handles: H,
    /// Counts starts, so that of many who saw the same actor fall one restarts it.
    generation: u64,
    restarts: u64,
    fallen_in_a_row: u32,
    not_before: Instant,
    state: PluginState,
}

/// Whether a plugin can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, async_graphql::Enum)]
pub enum PluginState {
    /// It answers.
    Running,
    /// It fell, and is started again after a pause.
    Restarting,
}

/// A plugin with its health and counters, since the process started.
#[derive(Clone, Debug)]
pub struct PluginStatus {
    pub name: &'static str,
    pub capability: &'static str,
    pub version: &'static str,
    pub state: PluginState,
    pub restarts: u64,
    pub processed: u64,
    pub failed: u64,
    /// Questions waiting or being answered, and how many may.
    pub depth: usize,
    pub capacity: usize,
}

impl<H: Clone> Supervised<H> {
    pub(super) fn start(
        name: &'static str,
        capability: &'static str,
        version: &'static str,
        factory: Factory<H>,
        capacity: usize,
        deadline: Duration,
    ) -> Result<Self, Failure> {
        let running = Running {
            handles: factory()?,
            generation: 0,
            restarts: 0,
            fallen_in_a_row: 0,
            not_before: Instant::now(),
            state: PluginState::Running,
        };
        Ok(Self {
            name,
            capability,
            version,
            factory,
            running: Mutex::new(running),
            permits: Semaphore::new(capacity),
            capacity,
            deadline,
            processed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            latency: AtomicU64::new(1_000),
        })
    }

    /// Asks, and gets an answer or a typed failure within the deadline, whatever happens to the actor.
    pub async fn ask<M, T>(&self, pick: impl Fn(&H) -> &Recipient<M>, message: M) -> Result<T, Failure>
    where
        M: Message<Result = Result<T, Failure>> + Send + 'static,
        T: Send + 'static,
    {
        let Ok(_permit) = self.permits.try_acquire() else {
            return Err(Failure::busy(&format!("the {}", self.capability), self.worth_waiting()));
        };
        let (handles, generation) = self.handles()?;
        let recipient = pick(&handles).clone();
        // An actor whose fall nobody has noticed yet: the next one to ask starts a new one instead of failing too.
        let (recipient, generation) = if recipient.connected() {
            (recipient, generation)
        } else {
            self.fell(generation, false);
            let (handles, generation) = self.handles()?;
            (pick(&handles).clone(), generation)
        };
        let asked = Instant::now();
        #[expect(clippy::disallowed_methods, reason = "the one place that sends: bounded by a permit and a deadline")]
        let answer = tokio::time::timeout(self.deadline, recipient.send(message)).await;
        let result = match answer {
            Ok(Ok(result)) => {
                self.note_latency(asked.elapsed());
                self.lock().fallen_in_a_row = 0;
                result
            }
            Ok(Err(MailboxError::Closed)) => Err(self.fell(generation, recipient.connected())),
            Ok(Err(MailboxError::Timeout)) | Err(_) => Err(self.too_late()),
        };
        let count = if result.is_ok() { &self.processed } else { &self.failed };
        count.fetch_add(1, Relaxed);
        result
    }

    /// Asks again while the plugin is busy or being restarted: for work in the background, which nobody waits for.
    pub async fn ask_patiently<M, T>(&self, pick: impl Fn(&H) -> &Recipient<M>, message: M) -> Result<T, Failure>
    where
        M: Message<Result = Result<T, Failure>> + Clone + Send + 'static,
        T: Send + 'static,
    {
        let mut tries = 0;
        loop {
            match self.ask(&pick, message.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => {
                    tries += 1;
                    wait_out(failure, tries).await?;
                }
            }
        }
    }

    pub fn status(&self) -> PluginStatus {
        let running = self.lock();
        PluginStatus {
            name: self.name,
            capability: self.capability,
            version: self.version,
            state: running.state,
            restarts: running.restarts,
            processed: self.processed.load(Relaxed),
            failed: self.failed.load(Relaxed),
            depth: self.capacity - self.permits.available_permits(),
            capacity: self.capacity,
        }
    }

    /// The handles of a running actor; starts one if the pause after a fall is over.
    fn handles(&self) -> Result<(H, u64), Failure> {
        let mut running = self.lock();
        if running.state == PluginState::Restarting {
            self.restart(&mut running)?;
        }
        Ok((running.handles.clone(), running.generation))
    }

    /// A question was dropped without an answer: either its handler panicked or the whole actor did.
    fn fell(&self, generation: u64, still_there: bool) -> Failure {
        let mut running = self.lock();
        if running.generation == generation && !still_there && running.state == PluginState::Running {
            running.state = PluginState::Restarting;
            running.fallen_in_a_row += 1;
            running.not_before = Instant::now() + pause(running.fallen_in_a_row);
            tracing::error!(plugin = self.name, fallen_in_a_row = running.fallen_in_a_row, "the plugin fell");
            // The first time at once; later, whoever asks after the pause starts it.
            let _ = self.restart(&mut running);
        }
        Failure::new(
            ErrorCode::PluginFailed,
            format!("the {} failed while it worked on this; try again", self.capability),
        )
    }

    fn restart(&self, running: &mut Running<H>) -> Result<(), Failure> {
        let wait = running.not_before.saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            return Err(Failure::busy(
                &format!("the {} is being restarted and", self.capability),
                wait.as_millis() as u64 + 1,
            ));
        }
        running.handles = (self.factory)()?;
        running.generation += 1;
        running.restarts += 1;
        running.state = PluginState::Running;
        tracing::info!(plugin = self.name, restarts = running.restarts, "the plugin was started again");
        Ok(())
    }

    fn too_late(&self) -> Failure {
        let message = format!("the {} did not answer within {} s", self.capability, self.deadline.as_secs_f32());
        Failure::new(ErrorCode::DeadlineExceeded, message)
    }

    fn note_latency(&self, latest: Duration) {
        let average = self.latency.load(Relaxed);
        self.latency.store((average * 7 + latest.as_micros() as u64) / 8, Relaxed);
    }

    /// Milliseconds until a place is likely to be free.
    fn worth_waiting(&self) -> u64 {
        (self.latency.load(Relaxed) / 1_000).clamp(50, 5_000)
    }

    fn lock(&self) -> MutexGuard<'_, Running<H>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits out a passing failure, or gives it back when it is none or has happened too often.
pub async fn wait_out(failure: Failure, tries: u32) -> Result<(), Failure> {
    const TRIES: u32 = 5;
    let passing = matches!(failure.code, ErrorCode::Busy | ErrorCode::PluginFailed);
    if !passing || tries >= TRIES {
        return Err(failure);
    }
    tokio::time::sleep(Duration::from_millis(failure.retry_after_ms.unwrap_or(100))).await;
    Ok(())
}

/// None after the first fall, then doubling from 200 ms.
fn pause(fallen_in_a_row: u32) -> Duration {
    match fallen_in_a_row {
        0 | 1 => Duration::ZERO,
        more => (Duration::from_millis(100) * 2u32.saturating_pow(more.min(12) - 1)).min(LONGEST_PAUSE),
    }
}
