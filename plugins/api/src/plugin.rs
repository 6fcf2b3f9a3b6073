use std::sync::Arc;

use actix::{ArbiterHandle, Message, Recipient};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::error::{ErrorCode, Failure};
use crate::job::RoleTemplates;
use crate::messages::{Analyze, CheckCoverage, Count, FindResources, Get, Invalidate, Put, Question, Sequence, Write};
use crate::ports::Ports;
use crate::topic::TopicMap;

/// A plugin: an actor, started from a factory as often as need be.
pub trait Plugin: 'static {
    /// The name under which configuration chooses it.
    const NAME: &'static str;
    /// The version shown in the `plugins` query.
    const VERSION: &'static str;
    /// Its own section of the configuration; unknown keys are refused.
    type Config: DeserializeOwned + Default + Clone + Send + Sync;
    /// The recipients it offers, one struct for each capability.
    type Handles: Clone + Send + Sync;

    /// Whether it asks the language model, where one is configured.
    const ASKS_A_MODEL: bool = false;

    /// Starts the actor on the given arbiter. Called again after a panic, with the same arguments.
    ///
    /// # Errors
    /// What it needs is not there, such as data files that cannot be read; the server does not start then.
    fn start(init: PluginInit<Self::Config>) -> Result<Self::Handles, Failure>;
}

/// What a plugin is given at start.
#[derive(Clone)]
pub struct PluginInit<C> {
    pub config: C,
    /// The thread to start the actor on.
    pub arbiter: ArbiterHandle,
    /// Messages the actor's mailbox holds before the host answers `BUSY`.
    pub mailbox_capacity: usize,
    pub ports: Ports,
    pub topics: Arc<TopicMap>,
    pub templates: Arc<RoleTemplates>,
}

/// A question on its way to an actor.
#[derive(Debug)]
pub struct Ask<Q: Question> {
    pub question: Q,
    /// Triggered as soon as nobody waits for the answer any more: the asker has left, or the deadline is over. The work ends then;
    /// until it has ended, it counts as under way.
    pub cancelled: CancellationToken,
    pub news: News<Q::News>,
}

impl<Q: Question> Message for Ask<Q> {
    type Result = Result<Q::Answer, Failure>;
}

impl<Q: Question> Ask<Q> {
    /// A question that nobody listens to while it is answered, and nobody takes back.
    pub fn new(question: Q) -> Self {
        Self { question, cancelled: CancellationToken::new(), news: News(None) }
    }
}

/// The work's answer, or a failure as soon as nobody waits for it any more.
///
/// # Errors
/// `GENERATION_CANCELLED` when the token was triggered first; otherwise the work's own.
pub async fn unless_cancelled<T>(
    cancelled: &CancellationToken,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let nobody_waits = || Failure::new(ErrorCode::GenerationCancelled, "nobody waits for the answer any more");
    cancelled.run_until_cancelled(work).await.unwrap_or_else(|| Err(nobody_waits()))
}

/// Whoever listens while a question is answered.
#[derive(Clone, Debug)]
pub struct News<N>(pub Option<mpsc::UnboundedSender<N>>);

impl<N> News<N> {
    /// Nobody listening is no failure: all that matters is in the answer.
    pub fn tell(&self, news: N) {
        if let Some(listener) = &self.0 {
            let _ = listener.send(news);
        }
    }
}

/// What an analyzer answers.
#[derive(Clone)]
pub struct AnalyzerHandles {
    pub analyze: Recipient<Ask<Analyze>>,
}

/// What a coverage plugin answers.
#[derive(Clone)]
pub struct CoverageHandles {
    pub check: Recipient<Ask<CheckCoverage>>,
    pub resources: Recipient<Ask<FindResources>>,
}

/// What a sequencer answers.
#[derive(Clone)]
pub struct SequencerHandles {
    pub sequence: Recipient<Ask<Sequence>>,
}

/// What a writer answers.
#[derive(Clone)]
pub struct WriterHandles {
    pub write: Recipient<Ask<Write>>,
    /// Everything that decides, besides the question, what is written: part of what a piece is kept under. A new version has none of
    /// the old one's pieces.
    pub version: String,
    /// That of the one who stands in, if there is one.
    pub stand_in: Option<String>,
}

/// What a cache answers.
#[derive(Clone)]
pub struct CacheHandles {
    pub get: Recipient<Ask<Get>>,
    pub put: Recipient<Ask<Put>>,
    pub invalidate: Recipient<Ask<Invalidate>>,
    pub count: Recipient<Ask<Count>>,
}
