use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::content::{Audience, CacheKey, Piece};
use pathwright_api::ports::PieceStore;
use serde::{Deserialize, Serialize};

use super::Store;
use super::profiles::HOLD;

#[derive(Serialize, Deserialize)]
struct PieceRow {
    key: CacheKey,
    piece: Piece,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
}

/// Part of a transaction that takes passages of the book `$id` away: forgets the pieces that have lost one.
pub(super) const FORGET_GROUNDLESS: &str = "
             DELETE piece WHERE array::any(piece.passages ?? [], |$one|
                 string::starts_with($one, $id + '-p') AND !record::exists(type::record('passage', $one))) RETURN NONE;";

#[async_trait]
impl PieceStore for Store {
    async fn load(&self, key: &CacheKey) -> Result<Option<Piece>, Failure> {
        let text = "SELECT VALUE piece FROM type::record('piece', $digest)";
        self.query(text).bind("digest", key.digest()).run().await?.row(0)
    }

    async fn save(&self, key: &CacheKey, piece: &Piece) -> Result<(), Failure> {
        let row = PieceRow { key: key.clone(), piece: piece.clone() };
        // A piece is not kept when a passage it is made of went while it was written, nor when it is for a job that nobody has any
        // more.
        let after = "
            LET $is_grounded = array::all($row.piece.passages, |$one| record::exists(type::record('passage', $one)));
            LET $is_wanted = array::is_empty($mine) OR array::len((SELECT VALUE id FROM target_job WHERE hash IN $mine LIMIT 1)) > 0;
            IF $is_grounded AND $is_wanted { UPSERT type::record('piece', $digest) CONTENT $row RETURN NONE };
            IF !$is_wanted { FOR $hash IN $mine { DELETE type::record('job_hold', $hash) RETURN NONE; } };
            COMMIT;";
        let mine: &[&str] = match &key.audience {
            Audience::JobHash(hash) => &[hash],
            _ => &[],
        };
        let call = self.query(["BEGIN;", HOLD, after].concat()).bind("mine", mine);
        call.bind("digest", key.digest()).bind("row", row).run().await?;
        Ok(())
    }

    async fn count(&self) -> Result<u64, Failure> {
        let count: Option<Count> = self.query("SELECT count() FROM piece GROUP ALL").run().await?.row(0)?;
        Ok(count.map_or(0, |count| count.count))
    }
}
