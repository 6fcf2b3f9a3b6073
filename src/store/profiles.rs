use pathwright_api::Failure;
use pathwright_api::job::JobProfile;

use super::Store;

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
