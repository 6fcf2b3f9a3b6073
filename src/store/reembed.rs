use pathwright_api::Failure;
use pathwright_api::job::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Store;
use super::library::{CHUNK, Count, PASSAGE};
use pathwright_api::library::Passage;

/// A model by which the library is being embedded anew, while another one is in use.
///
/// Each model's vectors stand in a field of their own with an index of their own, and the library's row names the field
/// that is in use. So the new vectors grow up beside the old ones, and a single write to that row switches over: whenever
/// the work is cut off, the library works with the old model or with the new one as a whole, and what was embedded stays.
/// Step by step:
///
/// 1. [`Store::begin_reembedding`] notes the new field in the library's row, so that whatever becomes of it, it is known.
/// 2. [`Store::passages_to_embed`] and [`Store::add_vectors`] fill the field, page by page; what is filled is skipped later.
/// 3. [`Store::index_vectors`] builds the field's index.
/// 4. [`Store::switch_over`] changes the library's row, unless passages have come meanwhile: then back to 2.
/// 5. [`Store::discard_other_vectors`] removes the old index, then the old vectors.
///
/// Exchanging vectors and index in place is no way. In one transaction it fails: the database builds an index from what is
/// committed, not from what the transaction that defines it has written. With two there is no index in between, and without
/// one a search by vector answers any passage at all.
///
/// Books may come and go all the while, and in between two runs. Their passages get vectors of the model in use only; the
/// new ones are made at step 2 like all others, in this run or in the next.
#[derive(Clone, Debug)]
pub struct Reembedding {
    model: String,
    dimension: usize,
    field: String,
}

impl Reembedding {
    fn to(model: &str, dimension: usize) -> Self {
        Self { model: model.to_owned(), dimension, field: field_of(model, dimension) }
    }
}

/// Where the vectors stand of the model that a library was founded for.
pub(super) const FIRST_FIELD: &str = "embedding";

/// For a library that was founded before there were other fields.
pub(super) fn first_field() -> String {
    FIRST_FIELD.to_owned()
}

impl Store {
    /// None: the library is embedded by this model already, or is founded for it now.
    pub async fn begin_reembedding(&self, model: &str, dimension: usize) -> Result<Option<Reembedding>, Failure> {
        let state = match self.library_state().await? {
            Some(state) => state,
            None => self.init_library(model, dimension).await?,
        };
        if state.is_of(model, dimension) {
            return Ok(None);
        }
        let target = Reembedding::to(model, dimension);
        let text = "UPDATE library:main SET others = array::add(others ?? [], $field) RETURN NONE";
        self.query(text).bind("field", &target.field).run().await?;
        Ok(Some(target))
    }

    /// How many passages have their new vector, and how many there are.
    pub async fn reembedded(&self, target: &Reembedding) -> Result<(usize, usize), Failure> {
        let text = format!(
            "SELECT count() FROM passage GROUP ALL;
             SELECT count() FROM passage WHERE {} = NONE GROUP ALL",
            target.field
        );
        let mut answers = self.query(text).run().await?;
        let all: Option<Count> = answers.row(0)?;
        let missing: Option<Count> = answers.row(1)?;
        let number = |count: Option<Count>| count.map_or(0, |count| count.count as usize);
        let (all, missing) = (number(all), number(missing));
        Ok((all.saturating_sub(missing), all))
    }

    /// Passages without their new vector, in the order of their ids, beginning behind the id `after`; an empty one is before
    /// all.
    pub async fn passages_to_embed(
        &self,
        target: &Reembedding,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Passage>, Failure> {
        // A range of ids is read from its start; a comparison of ids would read the whole table for each page.
        let text = format!(
            "SELECT {PASSAGE} FROM type::record('passage', $after>..) WHERE {} = NONE ORDER BY id LIMIT $limit",
            target.field
        );
        self.query(text).bind("after", after).bind("limit", limit).run().await?.rows(0)
    }

    /// Stores the new vectors of passages, in their order. A passage that is gone by now stays gone.
    pub async fn add_vectors(
        &self,
        target: &Reembedding,
        passages: &[Passage],
        vectors: &[Vec<f32>],
    ) -> Result<(), Failure> {
        #[derive(Serialize)]
        struct VectorRow<'p> {
            id: &'p str,
            vector: &'p [f32],
        }
        let with_vectors = passages.iter().zip(vectors);
        let rows: Vec<VectorRow> =
            with_vectors.map(|(passage, vector)| VectorRow { id: &passage.id, vector }).collect();
        let text = format!(
            "FOR $row IN $rows {{ UPDATE type::record('passage', $row.id) SET {} = $row.vector RETURN NONE }}",
            target.field
        );
        self.query(text).bind("rows", rows).run().await?;
        Ok(())
    }

    /// Builds the new vectors' index, if it is not there; some 300 vectors a second. Searches use the old one meanwhile.
    pub async fn index_vectors(&self, target: &Reembedding) -> Result<(), Failure> {
        self.query(define_index(&target.field, target.dimension)).run().await?;
        Ok(())
    }

    /// Makes the new vectors those in use; false: some passage has none yet, and nothing was changed.
    pub async fn switch_over(&self, target: &Reembedding) -> Result<bool, Failure> {
        let field = &target.field;
        let text = format!(
            "BEGIN;
             LET $behind = (SELECT VALUE record::id(id) FROM passage WHERE {field} = NONE LIMIT 1);
             LET $switched = array::is_empty($behind);
             IF $switched {{
                 UPDATE library:main SET
                     others = array::complement(array::add(others ?? [], vectors ?? '{FIRST_FIELD}'), [$field]),
                     vectors = $field, embedding_model = $model, dimension = $dimension, revision += 1,
                     switches = (switches ?? 0) + 1 RETURN NONE;
             }};
             RETURN {{ switched: $switched }};
             COMMIT;"
        );
        #[derive(Deserialize)]
        struct Answer {
            switched: bool,
        }
        let query = self.query(text).bind("field", field);
        let query = query.bind("model", &target.model).bind("dimension", target.dimension);
        let answer: Option<Answer> = query.run().await?.last()?;
        Ok(answer.is_some_and(|answer| answer.switched))
    }

    /// Removes every vector that is not in use: of the model before, and of one whose work was cut off and not gone on with.
    /// Only one process may embed anew at a time, or this takes away what another one builds.
    pub async fn discard_other_vectors(&self) -> Result<(), Failure> {
        let Some(state) = self.library_state().await? else {
            return Ok(());
        };
        for field in state.others.iter().filter(|field| **field != state.vectors) {
            self.discard(field).await?;
        }
        Ok(())
    }

    /// The index first: with it, every vector would have to be taken out of it one by one.
    async fn discard(&self, field: &str) -> Result<(), Failure> {
        self.query(format!("REMOVE INDEX IF EXISTS {} ON passage", index_of(field))).run().await?;
        let text = format!(
            "UPDATE (SELECT VALUE id FROM type::record('passage', $after>..) WHERE {field} != NONE ORDER BY id LIMIT {CHUNK})
             UNSET {field} RETURN VALUE record::id(id)"
        );
        let mut after = String::new();
        loop {
            let done: Vec<String> = self.query(text.clone()).bind("after", &after).run().await?.rows(0)?;
            let Some(last) = done.into_iter().next_back() else {
                break;
            };
            after = last;
        }
        let text = "UPDATE library:main SET others = array::complement(others ?? [], [$field]) RETURN NONE";
        self.query(text).bind("field", field).run().await?;
        Ok(())
    }
}

/// The statement that defines the index of a field of vectors.
pub(super) fn define_index(field: &str, dimension: usize) -> String {
    let index = index_of(field);
    format!(
        "DEFINE INDEX IF NOT EXISTS {index} ON passage FIELDS {field}
             HNSW DIMENSION {dimension} DIST COSINE TYPE F32 EFC 100 M 12"
    )
}

fn index_of(field: &str) -> String {
    format!("passage_{field}")
}

/// The same for the same model in every run; what its name contains does not matter.
fn field_of(model: &str, dimension: usize) -> String {
    let digest = hex(&Sha256::digest(format!("{model}\0{dimension}")));
    format!("{FIRST_FIELD}_{}", &digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_has_a_field_of_its_own_that_needs_no_quotes() {
        let field = field_of("BAAI/bge-m3 `; DELETE passage", 1024);
        assert!(field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'), "{field}");
        assert_eq!(field, field_of("BAAI/bge-m3 `; DELETE passage", 1024));
        assert_ne!(field, field_of("BAAI/bge-m3 `; DELETE passage", 512));
        assert_ne!(field_of("a", 8), field_of("b", 8));
    }
}
