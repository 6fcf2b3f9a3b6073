use pathwright_api::Failure;
use pathwright_api::coverage::Override;
use pathwright_api::topic::TopicId;
use serde::{Deserialize, Serialize};

use super::Store;

#[derive(Serialize, Deserialize)]
struct OverrideRow {
    topic: TopicId,
    verdict: Override,
}

impl Store {
    pub async fn save_override(&self, topic: &TopicId, verdict: &Override) -> Result<(), Failure> {
        let row = OverrideRow { topic: topic.clone(), verdict: verdict.clone() };
        let text = "UPSERT type::record('coverage_override', $row.topic) CONTENT $row RETURN NONE";
        self.query(text).bind("row", row).run().await?;
        Ok(())
    }

    /// What decides whether evidence on a topic still holds: the library's revision, and the override, if there is one.
    pub async fn revision_and_override(&self, topic: &TopicId) -> Result<(u64, Option<Override>), Failure> {
        let text =
            "SELECT VALUE revision FROM library:main; SELECT * OMIT id FROM type::record('coverage_override', $topic)";
        let mut answers = self.query(text).bind("topic", topic).run().await?;
        let overruling: Option<OverrideRow> = answers.row(1)?;
        Ok((answers.row(0)?.unwrap_or(0), overruling.map(|row| row.verdict)))
    }

    /// The overrides among these topics.
    pub async fn overrides(&self, topics: &[TopicId]) -> Result<Vec<(TopicId, Override)>, Failure> {
        let text = "SELECT topic, verdict FROM $topics.map(|$id| type::record('coverage_override', $id))";
        let rows: Vec<OverrideRow> = self.query(text).bind("topics", topics).run().await?.rows(0)?;
        Ok(rows.into_iter().map(|row| (row.topic, row.verdict)).collect())
    }
}
