use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use pathwright_api::Failure;
use pathwright_api::job::JobTarget;
use serde::Deserialize;

use super::Store;
use super::profiles::{FORGET, HOLD};
use super::users::LEARNER;
use crate::domain::{Event, Generation, JobChange, TargetJob, User};

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

    /// Forgets the oldest ended generations of a learner but for `keep`, with their events, and what was read out of postings that
    /// nobody has any more; readings of jobs that the learner has stay.
    pub async fn forget_old_generations(&self, user: &str, keep: usize) -> Result<(), Failure> {
        let before = "BEGIN;
            LET $ended = (SELECT VALUE id FROM generation
                WHERE user = $user AND state IN ['COMPLETED', 'FAILED', 'CANCELLED'] ORDER BY id);
            LET $readings = (SELECT VALUE reading FROM target_job WHERE user = $user);
            LET $old = array::filter(array::slice($ended, 0, math::max([array::len($ended) - $keep, 0])),
                |$one| record::id($one) NOT IN $readings);
            LET $mine = array::distinct((SELECT VALUE hash FROM $old WHERE hash != NONE));
            FOR $one IN $old {
                DELETE event WHERE generation = record::id($one) RETURN NONE;
                DELETE $one RETURN NONE;
            };";
        let text = [before, HOLD, FORGET, "COMMIT;"].concat();
        self.query(text).bind("user", user).bind("keep", keep).run().await.map(drop)
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
}

/// Times of leases compare as text.
pub(super) fn stamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}
