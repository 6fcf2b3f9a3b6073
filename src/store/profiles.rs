use pathwright_api::Failure;
use pathwright_api::job::{JobProfile, JobTarget};

use super::Store;

/// Part of a transaction that asks who has a job of one of the hashes `$mine`: two that do, for the same hash, follow each other.
pub(super) const HOLD: &str = "
            FOR $hash IN $mine { UPSERT type::record('job_hold', $hash) SET holds = (holds ?? 0) + 1 RETURN NONE; };";

/// Part of a transaction, behind [`HOLD`]: forgets what was read out of the jobs of hashes `$mine`, and what was written for them, as far as
/// nobody has such a job any more.
pub(super) const FORGET: &str = "
            LET $orphans = array::complement($mine, (SELECT VALUE hash FROM target_job WHERE hash IN $mine));
            FOR $hash IN $orphans {
                DELETE type::record('job_profile', $hash) RETURN NONE;
                DELETE type::record('job_hold', $hash) RETURN NONE;
            };
            DELETE piece WHERE key.audience.JobHash IN $orphans RETURN NONE;";

impl Store {
    /// Keeps what a job was read as; what was read out of a posting only while somebody has it.
    pub async fn save_profile(&self, profile: &JobProfile, target: &JobTarget) -> Result<(), Failure> {
        let after = "
            LET $is_wanted = !$is_posting OR array::len((SELECT VALUE id FROM target_job WHERE hash IN $mine LIMIT 1)) > 0;
            IF $is_wanted {
                UPSERT type::record('job_profile', $profile.id) CONTENT { profile: $profile } RETURN NONE;
            } ELSE {
                FOR $hash IN $mine { DELETE type::record('job_hold', $hash) RETURN NONE; };
            };
            COMMIT;";
        let is_posting = target.description.is_some();
        let mine: &[&str] = if is_posting { &[&profile.id] } else { &[] };
        let call = self.query(["BEGIN;", HOLD, after].concat()).bind("mine", mine);
        call.bind("is_posting", is_posting).bind("profile", profile).run().await?;
        Ok(())
    }

    /// By hash of the job target.
    pub async fn profiles(&self, hashes: &[String]) -> Result<Vec<JobProfile>, Failure> {
        let text = "SELECT VALUE profile FROM $ids.map(|$id| type::record('job_profile', $id))";
        self.query(text).bind("ids", hashes).run().await?.rows(0)
    }
}
