use std::collections::HashSet;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use pathwright_api::Failure;
use pathwright_api::job::hex;
use pathwright_api::ports::ResourceHealth;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Store;

/// What came of asking an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It answers.
    Fine,
    /// It answers, and takes its time.
    Slow,
    /// It answers, and says that it is somewhere else for good.
    Moved,
    /// There is a server that does not like to be asked by programs: whether people get an answer is not known.
    Refused,
    /// It failed twice in a row: gone, broken, not to be reached, too slow.
    Dead,
}

/// An address of the catalogue, as it answered when it was last asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceCheck {
    pub url: String,
    pub finding: Finding,
    /// Of the last answer; none when there was no answer.
    pub status: Option<u16>,
    /// Where it is now, of one that has moved.
    pub moved_to: Option<String>,
    /// Why it is dead or refused, for operators.
    pub reason: Option<String>,
    /// Until the answer began, or until it was given up.
    pub milliseconds: u64,
    pub checked_at: DateTime<Utc>,
}

impl ResourceCheck {
    /// Whether people are spared it for now.
    pub fn is_failing(&self) -> bool {
        self.finding == Finding::Dead
    }
}

#[derive(Serialize)]
struct ResourceRow<'c> {
    id: String,
    failing: bool,
    #[serde(flatten)]
    check: &'c ResourceCheck,
}

impl<'c> From<&'c ResourceCheck> for ResourceRow<'c> {
    fn from(check: &'c ResourceCheck) -> Self {
        Self { id: id(&check.url), failing: check.is_failing(), check }
    }
}

impl Store {
    /// Each replaces what was known of its address; all or none.
    pub async fn save_resource_checks(&self, checks: &[ResourceCheck]) -> Result<(), Failure> {
        let rows: Vec<ResourceRow<'_>> = checks.iter().map(ResourceRow::from).collect();
        let text = "BEGIN;
            FOR $row IN $rows {
                UPSERT type::record('resource_check', $row.id) CONTENT object::remove($row, 'id') RETURN NONE;
            };
            COMMIT;";
        self.query(text).bind("rows", rows).run().await?;
        Ok(())
    }

    /// What is known of these addresses.
    pub async fn resource_checks(&self, addresses: &[String]) -> Result<Vec<ResourceCheck>, Failure> {
        let ids: Vec<String> = addresses.iter().map(|address| id(address)).collect();
        let text = "SELECT * FROM $ids.map(|$id| type::record('resource_check', $id))";
        self.query(text).bind("ids", ids).run().await?.rows(0)
    }
}

#[async_trait]
impl ResourceHealth for Store {
    async fn failing(&self) -> Result<HashSet<String>, Failure> {
        let text = "SELECT VALUE url FROM resource_check WHERE failing = true";
        Ok(self.query(text).run().await?.rows(0)?.into_iter().collect())
    }
}

/// Addresses may be longer than a record's name.
fn id(url: &str) -> String {
    hex(&Sha256::digest(url))
}

#[cfg(test)]
mod tests {
    use super::super::{StoreUrl, migrate};
    use super::*;

    fn check(url: &str, finding: Finding) -> ResourceCheck {
        ResourceCheck {
            url: url.into(),
            finding,
            status: None,
            moved_to: None,
            reason: None,
            milliseconds: 7,
            checked_at: "2026-11-23T08:00:00Z".parse().unwrap(),
        }
    }

    #[tokio::test]
    async fn an_address_fails_until_it_answers_again() {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        store.migrate(&migrate::built_in()).await.unwrap();
        let (a, b) = ("https://a.example/", "https://b.example/");
        store.save_resource_checks(&[check(a, Finding::Dead), check(b, Finding::Refused)]).await.unwrap();
        assert_eq!(store.failing().await.unwrap(), HashSet::from([a.to_owned()]));
        store.save_resource_checks(&[check(a, Finding::Slow)]).await.unwrap();
        assert!(store.failing().await.unwrap().is_empty());
        let known =
            store.resource_checks(&[a.to_owned(), b.to_owned(), "https://c.example/".to_owned()]).await.unwrap();
        assert_eq!(known, [check(a, Finding::Slow), check(b, Finding::Refused)]);
    }
}
