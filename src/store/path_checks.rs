use std::time::Duration;

use chrono::Utc;
use pathwright_api::Failure;
use pathwright_api::coverage::Verdict;
use serde::{Deserialize, Serialize};

use super::Store;
use super::generations::stamp;
use super::library::LibraryState;
use crate::domain::{Changes, PathCheck};

/// A check as it stands, and the library that it may be behind of.
#[derive(Clone, Debug)]
pub struct PathChecks {
    pub checks: Vec<PathCheck>,
    /// [`LibraryState::contents`]; 0 before the library is founded.
    pub contents: u64,
}

/// The verdicts of a path.
#[derive(Clone, Debug, Deserialize)]
pub struct PathVerdicts {
    pub id: String,
    pub verdicts: Vec<Verdict>,
}

/// A path that was taken for comparison, or has been compared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Taken {
    pub user: String,
    pub path: String,
    #[serde(default)]
    pub found: Option<Changes>,
}

impl LibraryState {
    /// Grows with every book that comes, changes or goes, and not when the same books are embedded by another model.
    pub fn contents(&self) -> u64 {
        self.revision.saturating_sub(self.switches)
    }
}

const FIELDS: &str = "record::id(id) AS user, path, contents, checked_at, found";

impl Store {
    /// The checks of some users' current paths, and the state of the library, in one round trip.
    pub async fn path_checks(&self, users: &[String]) -> Result<PathChecks, Failure> {
        let text = format!(
            "SELECT * FROM library:main;
             SELECT {FIELDS} FROM $users.map(|$id| type::record('path_check', $id))"
        );
        let mut answers = self.query(text).bind("users", users).run().await?;
        let library: Option<LibraryState> = answers.row(0)?;
        Ok(PathChecks { contents: library.map_or(0, |library| library.contents()), checks: answers.rows(1)? })
    }

    /// Takes up to `limit` paths that were compared with an earlier state than `contents` and that nobody compares now; with
    /// `from_anyone`, those with a lease of a process that is gone too.
    pub async fn take_path_checks(
        &self,
        contents: u64,
        owner: &str,
        lease: Duration,
        from_anyone: bool,
        limit: usize,
    ) -> Result<Vec<Taken>, Failure> {
        let text = "UPDATE (SELECT VALUE id FROM path_check WHERE contents < $contents AND ($anyone OR lease_until < $now) LIMIT $limit)
            SET lease_owner = $owner, lease_until = $until
            WHERE contents < $contents AND ($anyone OR lease_until < $now) RETURN record::id(id) AS user, path";
        let now = Utc::now();
        let call = self.query(text).bind("contents", contents).bind("owner", owner).bind("anyone", from_anyone);
        call.bind("now", stamp(now)).bind("until", stamp(now + lease)).bind("limit", limit).run().await?.rows(0)
    }

    /// Keeps what was taken for longer, as far as it is still the owner's.
    pub async fn keep_path_checks(&self, taken: &[Taken], owner: &str, lease: Duration) -> Result<(), Failure> {
        let text = "UPDATE (SELECT VALUE id FROM $users.map(|$id| type::record('path_check', $id)))
            SET lease_until = $until WHERE lease_owner = $owner RETURN NONE";
        let users: Vec<&str> = taken.iter().map(|taken| taken.user.as_str()).collect();
        let until = stamp(Utc::now() + lease);
        self.query(text).bind("users", users).bind("owner", owner).bind("until", until).run().await?;
        Ok(())
    }

    /// Notes what was found, and gives the paths back; what has become somebody else's meanwhile, or was replaced by a newer
    /// path, stays as it is.
    pub async fn finish_path_checks(&self, done: &[Taken], owner: &str, contents: u64) -> Result<(), Failure> {
        let text = "FOR $check IN $done {
            UPDATE type::record('path_check', $check.user)
                SET contents = $contents, checked_at = $at, found = $check.found, lease_owner = '', lease_until = ''
                WHERE lease_owner = $owner AND path = $check.path RETURN NONE
        }";
        let call = self.query(text).bind("done", done).bind("owner", owner).bind("contents", contents);
        call.bind("at", Utc::now()).run().await?;
        Ok(())
    }

    /// Gives paths back that were not compared.
    pub async fn give_back_path_checks(&self, taken: &[Taken], owner: &str) -> Result<(), Failure> {
        let text = "UPDATE (SELECT VALUE id FROM $users.map(|$id| type::record('path_check', $id)))
            SET lease_owner = '', lease_until = '' WHERE lease_owner = $owner RETURN NONE";
        let users: Vec<&str> = taken.iter().map(|taken| taken.user.as_str()).collect();
        self.query(text).bind("users", users).bind("owner", owner).run().await?;
        Ok(())
    }

    pub async fn path_verdicts(&self, paths: &[&str]) -> Result<Vec<PathVerdicts>, Failure> {
        let text = "SELECT record::id(id) AS id, verdicts FROM $ids.map(|$id| type::record('learning_path', $id))";
        self.query(text).bind("ids", paths).run().await?.rows(0)
    }
}
