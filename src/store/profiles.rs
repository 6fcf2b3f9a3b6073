use pathwright_api::Failure;
use pathwright_api::job::JobProfile;

use super::Store;

/// Part of a transaction: forgets what was read out of the jobs of hashes `$mine`, and what was written for them, as far as
/// nobody has such a job any more.
pub(super) const FORGET: &str = "
            LET $orphans = array::complement($mine, (SELECT VALUE hash FROM target_job WHERE hash IN $mine));
            FOR $hash IN $orphans { DELETE type::record('job_profile', $hash) RETURN NONE; };
            DELETE piece WHERE key.audience.JobHash IN $orphans RETURN NONE;";

impl Store {
    pub async fn save_profile(&self, profile: &JobProfile) -> Result<(), Failure> {
        let text = "UPSERT type::record('job_profile', $id) CONTENT { profile: $profile } RETURN NONE";
        self.query(text).bind("id", &profile.id).bind("profile", profile).run().await?;
        Ok(())
    }

    /// By hash of the job target.
    pub async fn profiles(&self, hashes: &[String]) -> Result<Vec<JobProfile>, Failure> {
        let text = "SELECT VALUE profile FROM $ids.map(|$id| type::record('job_profile', $id))";
        self.query(text).bind("ids", hashes).run().await?.rows(0)
    }
}
