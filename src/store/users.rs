use std::collections::HashSet;

use chrono::Utc;
use pathwright_api::Failure;
use pathwright_api::job::JobTarget;
use pathwright_api::topic::TopicId;
use serde::Deserialize;

use super::Store;
use super::erasure;
use super::profiles::{FORGET, HOLD};
use crate::domain::{ProgressStep, TopicProgress, User, UserChanges};

/// Part of a transaction that writes for a learner: finds out that `$user` is there, as `$is_there`, and makes transactions that
/// write for the same learner, or delete them, follow each other: the database lets two pass that change different rows.
pub(super) const LEARNER: &str = "
            LET $is_there = array::len((UPDATE type::record('user', $user) SET writes = (writes ?? 0) + 1 RETURN VALUE id)) > 0;";

fn for_learner(write: &str) -> String {
    format!("BEGIN; {LEARNER} IF $is_there {{ {write} }}; RETURN {{ is_there: $is_there }}; COMMIT;")
}

async fn is_there(call: super::query::Query<'_>) -> Result<bool, Failure> {
    #[derive(Deserialize)]
    struct Answer {
        is_there: bool,
    }
    let answer: Option<Answer> = call.run().await?.last()?;
    Ok(answer.is_some_and(|answer| answer.is_there))
}

impl Store {
    pub async fn user(&self, id: &str) -> Result<Option<User>, Failure> {
        let text = "SELECT *, record::id(id) AS id, current_job.target AS job FROM type::record('user', $id)";
        self.query(text).bind("id", id).run().await?.row(0)
    }

    /// Stores the user if there is none of this id, and otherwise changes nothing but the given fields.
    pub async fn merge_user(&self, new: &User, changes: &UserChanges) -> Result<(), Failure> {
        let text = "BEGIN;
            IF !record::exists(type::record('user', $new.id)) {
                CREATE type::record('user', $new.id) CONTENT object::remove(object::remove($new, 'id'), 'job') RETURN NONE;
            };
            UPDATE type::record('user', $new.id) MERGE $changes RETURN NONE;
            UPDATE type::record('user', $new.id) SET writes = (writes ?? 0) + 1 RETURN NONE;
            COMMIT;";
        self.query(text).bind("new", new).bind("changes", changes).run().await?;
        Ok(())
    }

    /// Everything known about how far a learner is.
    pub async fn progress(&self, user: &str) -> Result<Vec<TopicProgress>, Failure> {
        let text = "SELECT topic, started_at, completed_at FROM progress WHERE user = $user ORDER BY topic";
        self.query(text).bind("user", user).run().await?.rows_that_fit(0)
    }

    /// Notes how a learner goes on with a topic; false: there is no such learner, and nothing was noted.
    pub async fn advance(&self, user: &str, topic: &TopicId, step: ProgressStep) -> Result<bool, Failure> {
        let change = match step {
            ProgressStep::Start => "started_at = started_at ?? $at",
            ProgressStep::Complete => "completed_at = completed_at ?? $at",
            ProgressStep::Reopen => "completed_at = NULL",
        };
        let write = format!(
            "UPSERT type::record('progress', [$user, $topic]) SET user = $user, topic = $topic, {change} RETURN NONE"
        );
        let call = self.query(for_learner(&write)).bind("user", user).bind("topic", topic).bind("at", Utc::now());
        is_there(call).await
    }

    /// Keeps progress made elsewhere, unless something is known of the topic already; false: there is no such learner.
    pub async fn take_over_progress(&self, user: &str, progress: &TopicProgress) -> Result<bool, Failure> {
        let write = "IF !record::exists(type::record('progress', [$user, $progress.topic])) {
                CREATE type::record('progress', [$user, $progress.topic]) CONTENT object::extend($progress, { user: $user }) RETURN NONE
            }";
        is_there(self.query(for_learner(write)).bind("user", user).bind("progress", progress)).await
    }

    /// Deletes everything held about a user, and what was read out of their postings as far as nobody else has the same; answers
    /// what was being done for them, or none when there was no such user.
    pub async fn delete_user(&self, id: &str) -> Result<Option<Vec<String>>, Failure> {
        let before = "BEGIN;
            LET $was = SELECT VALUE id FROM type::record('user', $id);
            LET $unfinished = (SELECT VALUE record::id(id) FROM generation WHERE user = $id AND state IN ['QUEUED', 'RUNNING']);
            LET $mine = array::union(array::union($asked_for, (SELECT VALUE hash FROM target_job WHERE user = $id)),
                (SELECT VALUE hash FROM generation WHERE user = $id AND hash != NONE));
            DELETE type::record('path_of', [$id, NONE]..=[$id, 0]);
            DELETE event WHERE generation IN (SELECT VALUE record::id(id) FROM generation WHERE user = $id);
            DELETE generation WHERE user = $id;
            DELETE learning_path WHERE user = $id;
            DELETE type::record('path_check', $id);
            DELETE progress WHERE user = $id;
            DELETE target_job WHERE user = $id;";
        let after = "
            DELETE type::record('user', $id);
            RETURN { existed: array::len($was) > 0, unfinished: $unfinished };
            COMMIT;";
        #[derive(Deserialize)]
        struct Deleted {
            existed: bool,
            unfinished: Vec<String>,
        }
        let call = self.query([before, HOLD, FORGET, erasure::DUE, after].concat()).bind("id", id);
        let deleted: Option<Deleted> = call.bind("asked_for", self.hashes_asked_for(id).await?).run().await?.last()?;
        self.erase();
        Ok(deleted.filter(|deleted| deleted.existed).map(|deleted| deleted.unfinished))
    }

    /// Hashes of everything a path was asked for before generations noted them, but for the general template, which is everybody's.
    async fn hashes_asked_for(&self, user: &str) -> Result<HashSet<String>, Failure> {
        let text = "SELECT VALUE target FROM generation WHERE user = $user";
        let targets: Vec<JobTarget> = self.query(text).bind("user", user).run().await?.rows(0)?;
        let own = targets.iter().filter(|target| **target != JobTarget::default());
        Ok(own.map(JobTarget::hash).collect())
    }
}
