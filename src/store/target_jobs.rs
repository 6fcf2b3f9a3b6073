use std::collections::HashMap;

use pathwright_api::Failure;
use pathwright_api::job::JobTarget;
use serde::Deserialize;

use super::Store;
use super::erasure;
use super::profiles::{FORGET, HOLD};
use super::users::LEARNER;
use crate::domain::{Event, Generation, SavedJob, TargetJob, User};

const FIELDS: &str = "*, record::id(id) AS id, type::record('user', user).current_job = id AS is_current";

impl Store {
    /// A user's jobs: the one in force first, then the latest saved.
    pub async fn target_jobs(&self, user: &str) -> Result<Vec<TargetJob>, Failure> {
        let text = format!("SELECT {FIELDS} FROM target_job WHERE user = $user");
        let mut jobs: Vec<TargetJob> = self.query(text).bind("user", user).run().await?.rows_that_fit(0)?;
        jobs.sort_by(|a, b| (b.is_current, b.saved_at, &b.id).cmp(&(a.is_current, a.saved_at, &a.id)));
        Ok(jobs)
    }

    pub async fn target_job(&self, id: &str) -> Result<Option<TargetJob>, Failure> {
        let text = format!("SELECT {FIELDS} FROM type::record('target_job', $id)");
        self.query(text).bind("id", id).run().await?.row(0)
    }

    /// The hashes of all users' jobs with how many jobs have each, the most frequent first, at most `limit`.
    pub async fn wanted_hashes(&self, limit: usize) -> Result<Vec<(String, u32)>, Failure> {
        #[derive(Deserialize)]
        struct HashRow {
            hash: String,
            jobs: u32,
        }
        let text =
            "SELECT hash, jobs, 0 - jobs AS rank FROM (SELECT hash, count() AS jobs FROM target_job GROUP BY hash)
            ORDER BY rank, hash LIMIT $limit";
        let rows: Vec<HashRow> = self.query(text).bind("limit", limit).run().await?.rows(0)?;
        Ok(rows.into_iter().map(|row| (row.hash, row.jobs)).collect())
    }

    /// Keeps a job of a learner and starts its reading if one is given. A learner who is not there is created from `new`, or none
    /// is: then the answer is `Gone`. A job that is there already keeps its id and takes the new name, if there is one. None: it
    /// came without a reading, and what was once read out of it is not there any more.
    pub async fn save_target_job(
        &self,
        new: Option<&User>,
        job: &TargetJob,
        reading: Option<(&Generation, &Event)>,
    ) -> Result<Option<SavedJob>, Failure> {
        let before = "BEGIN;
            IF $new != NULL AND !record::exists(type::record('user', $user)) {
                CREATE type::record('user', $user) CONTENT object::remove(object::remove($new, 'id'), 'job') RETURN NONE;
            };";
        let between = "
            LET $all = (SELECT VALUE { id: record::id(id), same: hash = $job.hash AND target.firm = $job.target.firm, saved: saved_at != NULL }
                FROM target_job WHERE user = $job.user);
            LET $known = ($all[WHERE same].id)[0];
            LET $full = array::len($all[WHERE saved AND !same]) >= $most;
            LET $unread = $job.reading = NULL AND !record::exists(type::record('job_profile', $job.hash));
            IF $is_there AND !$full AND !$unread {";
        let after = "
                IF $known = NONE {
                    CREATE type::record('target_job', $job.id) CONTENT object::remove($job, 'id') RETURN NONE;
                } ELSE {
                    UPDATE type::record('target_job', $known) SET name = $job.name ?? name, saved_at = saved_at ?? $job.saved_at,
                        reading = $job.reading ?? reading RETURN NONE;
                };
                IF $reading != NULL {
                    CREATE type::record('generation', $reading.id) CONTENT object::extend(object::remove($reading, 'id'), { hash: $job.hash }) RETURN NONE;
                    CREATE type::record('event', [$reading.id, 1]) CONTENT $first RETURN NONE;
                };
            };
            RETURN { is_there: $is_there, full: $full, unread: $unread, id: $known ?? $job.id };
            COMMIT;";
        #[derive(Deserialize)]
        struct Answer {
            is_there: bool,
            full: bool,
            unread: bool,
            id: String,
        }
        let (reading, first) = reading.unzip();
        let text = [before, LEARNER, between, HOLD, after].concat();
        let call = self.query(text).bind("user", &job.user).bind("new", new).bind("mine", [&job.hash]);
        let call = call.bind("job", job).bind("most", TargetJob::MOST).bind("reading", reading).bind("first", first);
        let answer: Option<Answer> = call.run().await?.last()?;
        Ok(match answer {
            Some(Answer { is_there: true, full: true, .. }) => Some(SavedJob::TooMany),
            Some(Answer { is_there: true, unread: true, .. }) => None,
            Some(Answer { is_there: true, id, .. }) => Some(SavedJob::As(id)),
            _ => Some(SavedJob::Gone),
        })
    }

    /// Removes a job that is not in force, with its reading; what was read out of it and written for it stays only when
    /// another job has the same hash. Answers whether it did.
    pub async fn remove_target_job(&self, id: &str) -> Result<bool, Failure> {
        let Some(job) = self.target_job(id).await? else {
            return Ok(false);
        };
        let between = "
            LET $gone = (SELECT id, user, hash, reading FROM type::record('target_job', $id)
                WHERE type::record('user', user).current_job != id);
            LET $mine = $gone.hash;
            LET $ids = $gone.id;
            DELETE $ids RETURN NONE;
            LET $read_still = (SELECT VALUE reading FROM target_job WHERE user IN $gone.user);
            FOR $reading IN array::complement($gone.reading, $read_still).filter(|$reading| $reading != NULL) {
                DELETE event WHERE generation = $reading RETURN NONE;
                DELETE type::record('generation', $reading) RETURN NONE;
            };";
        let after = "
            RETURN { removed: array::len($gone) > 0 };
            COMMIT;";
        #[derive(Deserialize)]
        struct Removed {
            removed: bool,
        }
        let text = ["BEGIN;", LEARNER, between, HOLD, FORGET, erasure::DUE, after].concat();
        let removed: Option<Removed> = self.query(text).bind("id", id).bind("user", job.user).run().await?.last()?;
        self.erase();
        Ok(removed.is_some_and(|answer| answer.removed))
    }

    /// Fills in the hashes of jobs that the migration moved here; answers how many. Each is one statement, and none is
    /// changed by another process's doing the same.
    pub async fn hash_target_jobs(&self) -> Result<usize, Failure> {
        #[derive(Deserialize)]
        struct HashRow {
            id: String,
            target: JobTarget,
        }
        let text = "SELECT record::id(id) AS id, target FROM target_job WHERE hash = ''";
        let rows: Vec<HashRow> = self.query(text).run().await?.rows(0)?;
        let hashes: HashMap<&str, String> = rows.iter().map(|row| (row.id.as_str(), row.target.hash())).collect();
        for (id, hash) in &hashes {
            let text = "UPDATE type::record('target_job', $id) SET hash = $hash RETURN NONE";
            self.query(text).bind("id", id).bind("hash", hash).run().await?;
        }
        Ok(hashes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{StoreUrl, migrate};
    use super::*;
    use chrono::Utc;

    fn posting(text: &str) -> JobTarget {
        JobTarget { description: Some(text.to_owned()), ..JobTarget::default() }
    }

    #[tokio::test]
    async fn jobs_from_before_are_moved_hashed_and_still_in_force() {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        let (before, all): (Vec<_>, Vec<_>) =
            migrate::built_in().into_iter().partition(|one| one.name.as_str() < "0006");
        store.migrate(&before).await.unwrap();
        let text = "CREATE type::record('user', $user.id) CONTENT object::remove($user, 'id'); \
            CREATE generation:old CONTENT { user: 'ada', target: $user.job, state: 'COMPLETED' };";
        for user in [User { job: Some(posting("Quant wanted")), ..User::new("ada") }, User::new("bob")] {
            store.query(text.replace(":old", &format!(":{}", user.id))).bind("user", &user).run().await.unwrap();
        }
        store.migrate(&before.into_iter().chain(all).collect::<Vec<_>>()).await.unwrap();
        assert_eq!((store.hash_target_jobs().await.unwrap(), store.hash_target_jobs().await.unwrap()), (1, 0));

        let jobs = store.target_jobs("ada").await.unwrap();
        assert_eq!((jobs.len(), &jobs[0].hash, jobs[0].is_current), (1, &posting("quant  wanted").hash(), true));
        assert_eq!((jobs[0].saved_at, &jobs[0].name), (None, &None));
        assert_eq!(store.user("ada").await.unwrap().unwrap().job, Some(posting("Quant wanted")));
        assert_eq!(store.user("bob").await.unwrap().unwrap().job, None);
        assert!(store.target_jobs("bob").await.unwrap().is_empty());
        let left = store.query("SELECT VALUE id FROM user WHERE job != NONE").run().await.unwrap().rows::<String>(0);
        assert!(left.unwrap().is_empty(), "there is one truth");
    }

    #[tokio::test]
    async fn jobs_that_come_at_the_same_moment_are_kept_once_and_never_too_many() {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        store.migrate(&migrate::built_in()).await.unwrap();
        let user = User::new("ada");
        let job = |text: &str| TargetJob {
            saved_at: Some(Utc::now()),
            reading: Some("a reading".to_owned()),
            ..TargetJob::new("ada", posting(text))
        };
        let (one, same) = (job("Quant wanted"), job("quant wanted"));
        let save = |job| store.save_target_job(Some(&user), job, None);
        let (a, b) = tokio::join!(save(&one), save(&same));
        assert_eq!(a.unwrap().unwrap(), b.unwrap().unwrap());
        let more: Vec<TargetJob> = (0..TargetJob::MOST + 3).map(|at| job(&format!("job {at}"))).collect();
        let saved = futures::future::try_join_all(more.iter().map(save)).await.unwrap();
        let kept = saved.iter().filter(|saved| matches!(saved, Some(SavedJob::As(_)))).count();
        assert_eq!(kept, TargetJob::MOST - 1);
        assert_eq!(store.target_jobs("ada").await.unwrap().len(), TargetJob::MOST);
    }

    #[tokio::test]
    async fn a_job_is_not_kept_for_what_was_read_out_of_it_and_forgotten_since() {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        store.migrate(&migrate::built_in()).await.unwrap();
        let (user, job) = (User::new("ada"), TargetJob::new("ada", posting("Quant wanted")));
        assert_eq!(store.save_target_job(Some(&user), &job, None).await.unwrap(), None);
        let held =
            || async { store.query("SELECT VALUE holds FROM job_hold").run().await.unwrap().rows::<u32>(0).unwrap() };
        assert!(held().await.is_empty(), "nothing is kept of it");
        let text = "CREATE type::record('job_profile', $hash) SET profile = {}";
        store.query(text).bind("hash", &job.hash).run().await.unwrap();
        let saved = store.save_target_job(Some(&user), &job, None).await.unwrap();
        assert_eq!(saved, Some(SavedJob::As(job.id.clone())));
        // Whoever forgets what was read out of it at this moment meets this row.
        assert_eq!(held().await, [1]);
    }
}
