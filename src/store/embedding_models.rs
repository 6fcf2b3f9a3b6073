use pathwright_api::Failure;
use pathwright_api::ports::Calibration;
use serde::{Deserialize, Serialize};

use super::Store;

#[derive(Serialize, Deserialize)]
struct Row {
    dimension: usize,
    calibration: Calibration,
}

impl Store {
    /// What an earlier start found out about an embedding model: its dimension and calibration.
    pub async fn known_embedding_model(&self, name: &str) -> Result<Option<(usize, Calibration)>, Failure> {
        let text = "SELECT dimension, calibration FROM type::record('embedding_model', $name)";
        let row: Option<Row> = self.query(text).bind("name", name).run().await?.row(0)?;
        Ok(row.map(|row| (row.dimension, row.calibration)))
    }

    pub async fn remember_embedding_model(
        &self,
        name: &str,
        dimension: usize,
        calibration: Calibration,
    ) -> Result<(), Failure> {
        let text = "UPSERT type::record('embedding_model', $name) CONTENT $row RETURN NONE";
        self.query(text).bind("name", name).bind("row", Row { dimension, calibration }).run().await?;
        Ok(())
    }
}
