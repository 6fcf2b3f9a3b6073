use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use actix::{ArbiterHandle, MailboxError, Recipient};
use pathwright_api::messages::Question;
use pathwright_api::plugin::{Ask, News};
use pathwright_api::{ErrorCode, Failure};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::registry::Factory;
use super::threads::ActorThreads;

/// Longest wait between two restarts of a plugin that keeps falling.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Deadlines that pass without any answer until a plugin counts as hung; fewer where fewer questions may be under way, all of which
/// it then holds.
const HUNG: usize = 3;

/// One plugin: asked with a deadline, bounded in how much it has under way, started anew when its actor is gone or hangs.
pub struct Supervised<H> {
    known: Known,
    factory: Factory<H>,
    threads: Arc<ActorThreads>,
    running: Mutex<Running<H>>,
    /// Deadlines that passed since the last answer.
    late_in_a_row: Arc<AtomicUsize>,
    processed: AtomicU64,
    failed: AtomicU64,
    /// Of answered questions, in microseconds, as a moving average: the hint of how soon to ask again.
    latency: AtomicU64,
}

/// What does not change of a plugin.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) capability: &'static str,
    pub(super) version: &'static str,
    pub(super) asks_a_model: bool,
    /// Questions that may be under way.
    pub(super) capacity: usize,
    pub(super) deadline: Duration,
}

struct Running<H> {
    handles: H,
    thread: ArbiterHandle,
    /// One for each question under way; work that hangs keeps them, so each actor has its own.
    permits: Arc<Semaphore>,
    /// Counts starts, so that of many who saw the same actor fall one restarts it.
    generation: u64,
    restarts: u64,
    fallen_in_a_row: u32,
    not_before: Instant,
    state: PluginState,
}

/// Whether a plugin can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    /// After a fall, or because it hung.
    pub restarts: u64,
    pub processed: u64,
    pub failed: u64,
    /// Questions waiting or being answered, and how many may.
    pub depth: usize,
    pub capacity: usize,
}

impl<H: Clone> Supervised<H> {
    pub(super) fn start(known: Known, factory: Factory<H>, threads: Arc<ActorThreads>) -> Result<Self, Failure> {
        let thread = threads.arbiter()?;
        let running = Running {
            handles: factory(thread.clone())?,
            thread,
            permits: Arc::new(Semaphore::new(known.capacity)),
            generation: 0,
            restarts: 0,
            fallen_in_a_row: 0,
            not_before: Instant::now(),
            state: PluginState::Running,
        };
        Ok(Self {
            known,
            factory,
            threads,
            running: Mutex::new(running),
            late_in_a_row: Arc::default(),
            processed: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            latency: AtomicU64::new(1_000),
        })
    }

    /// Asks, and gets an answer or a typed failure within the deadline, whatever happens to the actor. When it comes to that, or
    /// when the asker leaves, the work is told to end.
    pub async fn ask<Q: Question>(
        &self,
        pick: impl Fn(&H) -> &Recipient<Ask<Q>>,
        question: Q,
    ) -> Result<Q::Answer, Failure> {
        self.ask_and_hear(pick, question, News(None)).await
    }

    /// The same for whoever listens to what is told meanwhile.
    pub async fn ask_and_hear<Q: Question>(
        &self,
        pick: impl Fn(&H) -> &Recipient<Ask<Q>>,
        question: Q,
        news: News<Q::News>,
    ) -> Result<Q::Answer, Failure> {
        let (handles, generation, permit) = self.handles()?;
        let recipient = pick(&handles).clone();
        // An actor whose fall nobody has noticed yet: the next one to ask starts a new one instead of failing too.
        let (recipient, generation, permit) = if recipient.connected() {
            (recipient, generation, permit)
        } else {
            self.fell(generation, false);
            let (handles, generation, permit) = self.handles()?;
            (pick(&handles).clone(), generation, permit)
        };
        let cancelled = CancellationToken::new();
        let _told_to_end = cancelled.clone().drop_guard();
        let message = Ask { question, cancelled, news };
        let asked = Instant::now();
        let work = tokio::spawn(work(recipient.clone(), message, permit, Arc::clone(&self.late_in_a_row)));
        let answer = tokio::time::timeout(self.known.deadline, work).await;
        let result = match answer {
            Ok(Ok(Ok(result))) => {
                self.note_latency(asked.elapsed());
                self.lock().fallen_in_a_row = 0;
                result
            }
            Ok(Ok(Err(MailboxError::Closed)) | Err(_)) => Err(self.fell(generation, recipient.connected())),
            Ok(Ok(Err(MailboxError::Timeout))) | Err(_) => Err(self.late(generation)),
        };
        let count = if result.is_ok() { &self.processed } else { &self.failed };
        count.fetch_add(1, Relaxed);
        result
    }

    /// Asks again while the plugin is busy or being restarted: for work in the background, which nobody waits for.
    pub async fn ask_with_retry<Q: Question>(
        &self,
        pick: impl Fn(&H) -> &Recipient<Ask<Q>>,
        question: Q,
    ) -> Result<Q::Answer, Failure> {
        let mut tries = 0;
        loop {
            match self.ask(&pick, question.clone()).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => {
                    tries += 1;
                    wait_out(failure, tries).await?;
                }
            }
        }
    }

    /// Whether it may ask a language model.
    pub fn asks_a_model(&self) -> bool {
        self.known.asks_a_model
    }

    pub fn status(&self) -> PluginStatus {
        let running = self.lock();
        PluginStatus {
            name: self.known.name,
            capability: self.known.capability,
            version: self.known.version,
            state: running.state,
            restarts: running.restarts,
            processed: self.processed.load(Relaxed),
            failed: self.failed.load(Relaxed),
            depth: self.known.capacity - running.permits.available_permits(),
            capacity: self.known.capacity,
        }
    }

    /// What the actor in use offers, without asking it.
    pub fn offer<T>(&self, pick: impl Fn(&H) -> T) -> T {
        pick(&self.lock().handles)
    }

    /// The handles of a running actor, and the permit to ask it; starts one if the pause after a fall is over.
    fn handles(&self) -> Result<(H, u64, OwnedSemaphorePermit), Failure> {
        let mut running = self.lock();
        if running.state == PluginState::Restarting {
            self.restart(&mut running)?;
        }
        let permit = Arc::clone(&running.permits).try_acquire_owned();
        let busy = |_| Failure::busy(&format!("the {}", self.known.capability), self.worth_waiting());
        Ok((running.handles.clone(), running.generation, permit.map_err(busy)?))
    }

    /// A question was dropped without an answer: either its handler panicked or the whole actor did.
    fn fell(&self, generation: u64, still_there: bool) -> Failure {
        let mut running = self.lock();
        if running.generation == generation && !still_there && running.state == PluginState::Running {
            running.state = PluginState::Restarting;
            running.fallen_in_a_row += 1;
            running.not_before = Instant::now() + pause(running.fallen_in_a_row);
            tracing::error!(plugin = self.known.name, fallen_in_a_row = running.fallen_in_a_row, "the plugin fell");
            // The first time at once; later, whoever asks after the pause starts it.
            let _ = self.restart(&mut running);
        }
        Failure::new(
            ErrorCode::PluginFailed,
            format!("the {} failed while it worked on this; try again", self.known.capability),
        )
    }

    fn restart(&self, running: &mut Running<H>) -> Result<(), Failure> {
        let wait = running.not_before.saturating_duration_since(Instant::now());
        if !wait.is_zero() {
            return Err(Failure::busy(
                &format!("the {} is being restarted and", self.known.capability),
                wait.as_millis() as u64 + 1,
            ));
        }
        running.handles = (self.factory)(running.thread.clone())?;
        running.permits = Arc::new(Semaphore::new(self.known.capacity));
        running.generation += 1;
        running.restarts += 1;
        running.state = PluginState::Running;
        tracing::info!(plugin = self.known.name, restarts = running.restarts, "the plugin was started again");
        Ok(())
    }

    /// A deadline passed. After some without any answer between them the actor is given up, with its thread, which it may hold
    /// for ever.
    fn late(&self, generation: u64) -> Failure {
        let mut running = self.lock();
        if running.generation == generation
            && self.late_in_a_row.fetch_add(1, Relaxed) + 1 >= HUNG.min(self.known.capacity)
        {
            self.late_in_a_row.store(0, Relaxed);
            tracing::error!(plugin = self.known.name, "the plugin hangs: it is given up, and another one started");
            if let Err(failure) = self.replace(&mut running) {
                tracing::error!(plugin = self.known.name, %failure, "no other one could be started");
            }
        }
        let message =
            format!("the {} did not answer within {} s", self.known.capability, self.known.deadline.as_secs_f32());
        Failure::new(ErrorCode::DeadlineExceeded, message)
    }

    fn replace(&self, running: &mut Running<H>) -> Result<(), Failure> {
        let thread = self.threads.arbiter()?;
        std::mem::replace(&mut running.thread, thread).stop();
        running.not_before = Instant::now();
        self.restart(running)
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

/// The work as the host sees it: from the question to the answer, whether or not anybody still waits for it.
async fn work<Q: Question>(
    recipient: Recipient<Ask<Q>>,
    message: Ask<Q>,
    permit: OwnedSemaphorePermit,
    late_in_a_row: Arc<AtomicUsize>,
) -> Result<Result<Q::Answer, Failure>, MailboxError> {
    #[expect(clippy::disallowed_methods, reason = "the one place that sends: bounded by a permit and a deadline")]
    let answer = recipient.send(message).await;
    drop(permit);
    late_in_a_row.store(0, Relaxed);
    answer
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
