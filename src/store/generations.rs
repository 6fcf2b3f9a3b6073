use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use futures::{Stream, StreamExt};
use pathwright_api::ErrorCode;
use pathwright_api::Failure;
use pathwright_api::coverage::Verdict;
use pathwright_api::job::{JobProfile, JobTarget};
use pathwright_api::messages::Sequenced;
use pathwright_api::path::{PathOrigin, SetAside, Stage};
use serde::{Deserialize, Serialize};
use surrealdb::types::SurrealValue;

use super::paths::LearningPath;
use super::target_jobs::TargetJob;
use super::users::{LEARNER, User};
use super::{Store, failure};

/// The making of one learning path, or the reading of one job: a row that outlives the process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    pub id: String,
    pub user: String,
    pub purpose: GenerationPurpose,
    pub target: JobTarget,
    pub hours_per_week: u32,
    pub state: GenerationState,
    /// Number of the last event.
    pub seq: u32,
    /// 0 to 100.
    pub percent: u32,
    /// The process that works on it, and until when others keep off (RFC 3339).
    pub lease_owner: Option<String>,
    pub lease_until: Option<String>,
    pub path: Option<String>,
    pub error: Option<Failure>,
    pub created_at: DateTime<Utc>,
}

/// What a generation is to bring forth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GenerationPurpose {
    /// A path, for the job in force.
    MakePath,
    /// A job profile alone, for a job that was saved.
    ReadJob,
}

/// How far a generation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GenerationState {
    /// Waits for its turn.
    Queued,
    /// Is being worked on.
    Running,
    /// The path is there, or the job is read.
    Completed,
    /// Ended with an error.
    Failed,
    /// Replaced by a newer one, or cancelled on request.
    Cancelled,
}

impl GenerationState {
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

/// What is being done for a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GenerationStep {
    /// Reading the job target.
    Analyze,
    /// Checking each topic against the library.
    Coverage,
    /// Putting covered topics in order.
    Sequence,
    /// Storing the path.
    Persist,
}

/// One numbered piece of news about a generation; together they are also its memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    pub generation: String,
    /// From 1, without gaps.
    pub seq: u32,
    pub state: GenerationState,
    pub step: Option<GenerationStep>,
    pub done: u32,
    pub total: u32,
    /// 0 to 100.
    pub percent: u32,
    pub message: String,
    pub at: DateTime<Utc>,
    /// What the step brought forth, for a process that takes the work up again.
    pub outcome: Option<Outcome>,
}

/// The result of a step, or of a part of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "verdicts are most of all outcomes, and none lives long")]
pub enum Outcome {
    Analyzed(JobProfile),
    Judged(Verdict),
    Sequenced {
        stages: Vec<Stage>,
        origin: PathOrigin,
        fallback_reason: Option<String>,
        #[serde(default)]
        set_aside: Vec<SetAside>,
    },
    Persisted {
        path: String,
    },
    Failed(Failure),
}

impl From<Sequenced> for Outcome {
    fn from(sequenced: Sequenced) -> Self {
        let Sequenced { stages, origin, fallback_reason, set_aside } = sequenced;
        Self::Sequenced { stages, origin, fallback_reason, set_aside }
    }
}

/// What becomes of a learner's job when a path is made.
#[derive(Clone, Debug, PartialEq)]
pub enum JobChange {
    /// It stays what it is when the generation is stored.
    None,
    To(JobTarget),
    /// There is none any more.
    Clear,
}

/// A generation that was stored.
#[derive(Clone, Debug)]
pub struct Started {
    /// With the job it is for.
    pub generation: Generation,
    /// Those that were ended for it.
    pub replaced: Vec<String>,
}

const FIELDS: &str = "*, record::id(id) AS id";

/// Part of a transaction: ends the unfinished generations `$open`, each with a last event that says `$why`.
const CANCEL: &str = "
            FOR $old IN $open {
                LET $seq = (SELECT VALUE seq FROM ONLY type::record('generation', $old)) + 1;
                UPDATE type::record('generation', $old) SET state = 'CANCELLED', seq = $seq, lease_owner = NULL, lease_until = NULL;
                CREATE type::record('event', [$old, $seq]) CONTENT {
                    generation: $old, seq: $seq, state: 'CANCELLED', step: NULL, done: 0, total: 0, percent: 100,
                    message: $why, at: $at, outcome: NULL };
            };";

impl Store {
    /// Stores a new generation of a path with its first event, for the learner's job as it is or as `change` makes it, and cancels
    /// the learner's unfinished paths. A job that nobody saved goes when another one takes its place. A learner who is not there
    /// is created from `new`, or none is: then the answer is none.
    pub async fn start_generation(
        &self,
        generation: &Generation,
        first: &Event,
        change: &JobChange,
        new: Option<&User>,
    ) -> Result<Option<Started>, Failure> {
        let before = "BEGIN;
            IF $new != NULL AND !record::exists(type::record('user', $user)) {
                CREATE type::record('user', $user) CONTENT object::remove(object::remove($new, 'id'), 'job') RETURN NONE;
            };";
        let between = "
            LET $learner = (SELECT current_job, hours_per_week FROM ONLY type::record('user', $user));
            LET $was = $learner.current_job;
            LET $known = (SELECT VALUE id FROM target_job
                WHERE user = $user AND hash = $job.hash AND target.firm = $job.target.firm)[0];
            IF $is_there AND $job != NULL AND $known = NONE {
                CREATE type::record('target_job', $job.id) CONTENT object::remove($job, 'id') RETURN NONE;
            };
            LET $now = IF !$changes { $was } ELSE IF $job = NULL { NONE } ELSE { $known ?? type::record('target_job', $job.id) };
            LET $target = IF $now = NONE { $nothing } ELSE { $now.target ?? $nothing };
            UPDATE type::record('user', $user) SET current_job = $now, generation = $generation.id RETURN NONE;
            IF $was != NONE AND $was != $now { DELETE $was WHERE saved_at = NULL RETURN NONE; };
            LET $open = IF !$is_there { [] } ELSE { (SELECT VALUE record::id(id) FROM generation
                WHERE user = $user AND state IN ['QUEUED', 'RUNNING'] AND purpose = 'MAKE_PATH') };";
        let after = "
            IF $is_there {
                CREATE type::record('generation', $generation.id) CONTENT object::extend(object::remove($generation, 'id'),
                    { target: $target, hash: IF $now = NONE { NONE } ELSE { $now.hash }, hours_per_week: $learner.hours_per_week }) RETURN NONE;
                CREATE type::record('event', [$generation.id, 1]) CONTENT $first RETURN NONE;
            };
            RETURN { replaced: $open, generation: (SELECT *, record::id(id) AS id FROM type::record('generation', $generation.id)) };
            COMMIT;";
        #[derive(Deserialize)]
        struct Answer {
            replaced: Vec<String>,
            generation: Vec<Generation>,
        }
        let job = match change {
            JobChange::To(target) => Some(TargetJob::new(&generation.user, target.clone())),
            JobChange::None | JobChange::Clear => None,
        };
        let text = [before, LEARNER, between, CANCEL, after].concat();
        let call = self.query(text).bind("user", &generation.user).bind("new", new).bind("job", job);
        let call = call.bind("changes", *change != JobChange::None).bind("nothing", JobTarget::default());
        let call = call.bind("generation", generation).bind("first", first);
        let call = call.bind("why", "a newer job target replaced this one").bind("at", Utc::now());
        let answer: Option<Answer> = call.run().await?.last()?;
        let started = |Answer { replaced, generation }: Answer| {
            Some(Started { generation: generation.into_iter().next()?, replaced })
        };
        Ok(answer.and_then(started))
    }

    /// Ends a generation that is queued or running, whoever works on it; answers false when there is nothing to end.
    pub async fn cancel_generation(&self, id: &str, why: &str) -> Result<bool, Failure> {
        let before = "BEGIN;
            LET $open = (SELECT VALUE record::id(id) FROM type::record('generation', $id) WHERE state IN ['QUEUED', 'RUNNING']);";
        let after = "
            RETURN { cancelled: array::len($open) > 0 };
            COMMIT;";
        #[derive(Deserialize)]
        struct Answer {
            cancelled: bool,
        }
        let call = self.query([before, CANCEL, after].concat()).bind("id", id).bind("why", why).bind("at", Utc::now());
        let answer: Option<Answer> = call.run().await?.last()?;
        Ok(answer.is_some_and(|answer| answer.cancelled))
    }

    pub async fn generation(&self, id: &str) -> Result<Option<Generation>, Failure> {
        let text = format!("SELECT {FIELDS} FROM type::record('generation', $id)");
        self.query(text).bind("id", id).run().await?.row(0)
    }

    /// By id, in no particular order.
    pub async fn generations_by_id(&self, ids: &[String]) -> Result<Vec<Generation>, Failure> {
        let text = format!("SELECT {FIELDS} FROM $ids.map(|$id| type::record('generation', $id))");
        self.query(text).bind("ids", ids).run().await?.rows(0)
    }

    /// The generation of a path that was started last for a user.
    pub async fn latest_generation(&self, user: &str) -> Result<Option<Generation>, Failure> {
        let text = format!(
            "SELECT {FIELDS} FROM (SELECT VALUE type::record('generation', generation) FROM type::record('user', $user)
                WHERE generation != NONE)"
        );
        self.query(text).bind("user", user).run().await?.row(0)
    }

    /// Unfinished generations that nobody works on; with `all`, those with a lease of a process that is gone too.
    pub async fn unattended_generations(&self, all: bool) -> Result<Vec<String>, Failure> {
        let text = "SELECT VALUE record::id(id) FROM generation WHERE state IN ['QUEUED', 'RUNNING'] \
            AND ($all OR lease_until = NULL OR lease_until < $now) ORDER BY id";
        self.query(text).bind("all", all).bind("now", stamp(Utc::now())).run().await?.rows(0)
    }

    /// Takes the work on a generation for a while; none when it is finished or somebody else's.
    pub async fn take_lease(
        &self,
        id: &str,
        owner: &str,
        lease: Duration,
        from_anyone: bool,
    ) -> Result<Option<Generation>, Failure> {
        let text = format!(
            "UPDATE type::record('generation', $id) SET state = 'RUNNING', lease_owner = $owner, lease_until = $until \
             WHERE state IN ['QUEUED', 'RUNNING'] AND ($anyone OR lease_owner IN [NULL, $owner] OR lease_until < $now) \
             RETURN {FIELDS}"
        );
        let now = Utc::now();
        let call = self.query(text).bind("id", id).bind("owner", owner).bind("anyone", from_anyone);
        call.bind("now", stamp(now)).bind("until", stamp(now + lease)).run().await?.row(0)
    }

    /// Gives the work back, for any process to go on with.
    pub async fn release_lease(&self, id: &str, owner: &str) -> Result<(), Failure> {
        let text = "UPDATE type::record('generation', $id) SET lease_owner = NULL, lease_until = NULL WHERE lease_owner = $owner RETURN NONE";
        self.query(text).bind("id", id).bind("owner", owner).run().await?;
        Ok(())
    }

    /// Appends events, which follow the last one without gap, if `owner` still holds the lease; stores a profile that one of
    /// them holds and the path, if there is one, in the same transaction: of a user who was deleted meanwhile nothing is kept.
    pub async fn append_events(
        &self,
        owner: &str,
        events: &[Event],
        path: Option<&LearningPath>,
    ) -> Result<(), Failure> {
        let (Some(first), Some(last)) = (events.first(), events.last()) else {
            return Ok(());
        };
        let text = "BEGIN;
            LET $held = UPDATE type::record('generation', $last.generation)
                SET seq = $last.seq, state = $last.state, percent = $last.percent, path = $path_id, error = $error
                WHERE lease_owner = $owner AND state = 'RUNNING' AND seq = $before;
            IF array::len($held) = 0 { THROW 'lease lost' };
            LET $wanted = (SELECT VALUE id FROM target_job WHERE hash = $profile.id LIMIT 1);
            FOR $event IN $events { CREATE type::record('event', [$event.generation, $event.seq]) CONTENT $event RETURN NONE; };
            IF $profile != NULL AND ($held[0].purpose = 'MAKE_PATH' OR array::len($wanted) > 0) {
                UPSERT type::record('job_profile', $profile.id) CONTENT { profile: $profile } RETURN NONE;
            };
            IF $path != NULL {
                CREATE type::record('learning_path', $path.id) CONTENT object::remove($path, 'id') RETURN NONE;
                LET $number = ((SELECT VALUE paths FROM ONLY type::record('user', $path.user)) ?? 0) + 1;
                CREATE type::record('path_of', [$path.user, -$number]) SET path = $path.id RETURN NONE;
                UPSERT type::record('path_check', $path.user) CONTENT {
                    path: $path.id, contents: $path.library_contents, lease_owner: '', lease_until: '',
                    checked_at: NULL, found: NULL } RETURN NONE;
                UPDATE type::record('user', $path.user) SET job_role_type = $path.profile.role_type, paths = $number,
                    current_path = type::record('learning_path', $path.id) RETURN NONE;
            };
            COMMIT;";
        let error = match &last.outcome {
            Some(Outcome::Failed(failure)) => Some(failure),
            _ => None,
        };
        let profile = events.iter().find_map(|event| match &event.outcome {
            Some(Outcome::Analyzed(profile)) => Some(profile),
            _ => None,
        });
        let call =
            self.query(text).bind("owner", owner).bind("events", events).bind("last", last).bind("profile", profile);
        let call = call.bind("before", first.seq - 1).bind("path", path).bind("path_id", path.map(|path| &path.id));
        match call.bind("error", error).run().await {
            Ok(_) => Ok(()),
            Err(failure) if failure.code == ErrorCode::GenerationCancelled => Err(failure),
            Err(failure) => Err(self.lost_or(failure, &last.generation, owner).await),
        }
    }

    /// Tells a lease that was lost from a database that failed.
    async fn lost_or(&self, failure: Failure, id: &str, owner: &str) -> Failure {
        let held = self.generation(id).await.is_ok_and(|row| {
            row.is_some_and(|row| row.lease_owner.as_deref() == Some(owner) && row.state == GenerationState::Running)
        });
        if held {
            failure
        } else {
            Failure::new(ErrorCode::GenerationCancelled, "the generation was cancelled, or replaced by a newer one")
        }
    }

    /// The events after number `after`, in order, at most `limit`.
    pub async fn events_after(&self, generation: &str, after: u32, limit: usize) -> Result<Vec<Event>, Failure> {
        let text =
            "SELECT * OMIT id FROM event WHERE generation = $generation AND seq > $after ORDER BY seq LIMIT $limit";
        self.query(text).bind("generation", generation).bind("after", after).bind("limit", limit).run().await?.rows(0)
    }

    /// The ids of generations that have news, from any process. News may be missed or out of order: a reader goes by the
    /// numbers in the table.
    pub async fn generation_news(&self) -> Result<impl Stream<Item = String> + Send + use<>, Failure> {
        #[derive(SurrealValue)]
        struct News {
            generation: String,
        }
        let shared = || Failure::internal("an embedded database has no other processes to hear of");
        let db = self.engine.server().ok_or_else(shared)?;
        let live = db.query("LIVE SELECT generation FROM event").await.map_err(failure)?;
        let mut live = live.check().map_err(failure)?;
        let stream = live.stream::<surrealdb::Notification<News>>(0).map_err(failure)?;
        Ok(stream.filter_map(|news| std::future::ready(news.ok().map(|news| news.data.generation))))
    }
}

/// Times of leases compare as text.
pub(super) fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
