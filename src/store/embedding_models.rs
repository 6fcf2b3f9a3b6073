use pathwright_api::Failure;
use serde::Deserialize;

use super::Store;

#[derive(Deserialize)]
struct DimensionRow {
    dimension: usize,
}

impl Store {
    /// The dimension of an embedding model, found out at an earlier start.
    pub async fn known_dimension(&self, name: &str) -> Result<Option<usize>, Failure> {
        let text = "SELECT dimension FROM type::record('embedding_model', $name)";
        let row: Option<DimensionRow> = self.query(text).bind("name", name).run().await?.row(0)?;
        Ok(row.map(|row| row.dimension))
    }

    pub async fn remember_dimension(&self, name: &str, dimension: usize) -> Result<(), Failure> {
        let text = "UPSERT type::record('embedding_model', $name) CONTENT { dimension: $dimension } RETURN NONE";
        self.query(text).bind("name", name).bind("dimension", dimension).run().await?;
        Ok(())
    }
}
