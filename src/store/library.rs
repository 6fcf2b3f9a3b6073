use std::collections::BTreeMap;

use pathwright_api::library::{Book, Passage, Section};
use pathwright_api::{ErrorCode, Failure};
use serde::{Deserialize, Serialize};

use super::Store;
use super::reembed::{FIRST_FIELD, define_index, first_field};
use super::search::Measured;
use super::shelving::Draft;

/// What the library was embedded with, and how often it changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LibraryState {
    pub embedding_model: String,
    pub dimension: usize,
    /// The field of a passage in which the vectors in use stand.
    #[serde(default = "first_field")]
    pub vectors: String,
    /// Fields of passages in which vectors of other models may stand.
    #[serde(default)]
    pub(super) others: Vec<String>,
    /// Grows with every book that comes, changes or goes.
    pub revision: u64,
    /// How many of the revisions were a change of the embedding model, and of no book.
    #[serde(default)]
    pub switches: u64,
    /// The sample library was offered once, and is not again.
    pub sample_loaded: bool,
    /// Books on their way in or out, by id.
    #[serde(default)]
    pub drafts: BTreeMap<String, Draft>,
    /// How near the model puts what has nothing to do with each other, as of some revision.
    #[serde(default)]
    pub background: Option<Measured>,
}

impl LibraryState {
    pub(super) fn is_of(&self, model: &str, dimension: usize) -> bool {
        self.embedding_model == model && self.dimension == dimension
    }
}

/// A passage with its vector.
#[derive(Clone, Debug)]
pub struct EmbeddedPassage {
    pub passage: Passage,
    pub embedding: Vec<f32>,
}

/// A page of a list, and how long the whole is.
#[derive(Clone, Debug)]
pub struct Listing<T> {
    pub total: u64,
    pub rows: Vec<T>,
}

#[derive(Deserialize)]
pub(super) struct Count {
    pub(super) count: u64,
}

/// Passages in one statement: the vectors of more would make large messages.
pub const CHUNK: usize = 250;

impl Store {
    pub async fn library_state(&self) -> Result<Option<LibraryState>, Failure> {
        self.query("SELECT * FROM library:main").run().await?.row(0)
    }

    /// Founds the library for an embedding model, or checks that it is the one it was founded for.
    pub async fn init_library(&self, model: &str, dimension: usize) -> Result<LibraryState, Failure> {
        if let Some(state) = self.library_state().await? {
            return check_model(state, model, dimension);
        }
        let text = format!(
            "BEGIN;
             CREATE library:main SET embedding_model = $model, dimension = $dimension, vectors = '{FIRST_FIELD}', others = [],
                 revision = 1, sample_loaded = false;
             {};
             COMMIT;",
            define_index(FIRST_FIELD, dimension)
        );
        let founded = self.query(text).bind("model", model).bind("dimension", dimension).run().await;
        match (self.library_state().await?, founded) {
            // Whether this process founded it or another one that started at the same moment.
            (Some(state), _) => check_model(state, model, dimension),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Err(Failure::internal("the library was founded and is not there")),
        }
    }

    pub async fn mark_sample_loaded(&self) -> Result<(), Failure> {
        self.query("UPDATE library:main SET sample_loaded = true RETURN NONE").run().await?;
        Ok(())
    }

    /// By title; `after` is the id of the last book of the page before.
    pub async fn books(&self, after: Option<&str>, limit: usize) -> Result<Listing<Book>, Failure> {
        let text = "SELECT count() FROM book GROUP ALL;
            SELECT *, record::id(id) AS id FROM book WHERE $after = NULL OR record::id(id) > $after ORDER BY id LIMIT $limit";
        let mut answers = self.query(text).bind("after", after).bind("limit", limit).run().await?;
        let count: Option<Count> = answers.row(0)?;
        Ok(Listing { total: count.map_or(0, |count| count.count), rows: answers.rows_that_fit(1)? })
    }

    pub async fn books_by_id(&self, ids: &[String]) -> Result<Vec<Book>, Failure> {
        let text = "SELECT *, record::id(id) AS id FROM $ids.map(|$id| type::record('book', $id))";
        self.query(text).bind("ids", ids).run().await?.rows(0)
    }

    /// The ids of books that begin with a text.
    pub async fn book_ids_from(&self, beginning: &str) -> Result<Vec<String>, Failure> {
        let text = "SELECT VALUE record::id(id) FROM book WHERE string::starts_with(record::id(id), $beginning)";
        self.query(text).bind("beginning", beginning).run().await?.rows(0)
    }

    pub async fn book_by_source(&self, source: &str) -> Result<Option<Book>, Failure> {
        let text = "SELECT *, record::id(id) AS id FROM book WHERE source = $source";
        self.query(text).bind("source", source).run().await?.row(0)
    }

    pub async fn sections_by_id(&self, ids: &[String]) -> Result<Vec<Section>, Failure> {
        let text = "SELECT *, record::id(id) AS id FROM $ids.map(|$id| type::record('section', $id))";
        self.query(text).bind("ids", ids).run().await?.rows(0)
    }

    pub async fn sections_of(&self, book: &str, after: Option<u32>, limit: usize) -> Result<Listing<Section>, Failure> {
        let text = "SELECT count() FROM section WHERE book = $book GROUP ALL;
            SELECT *, record::id(id) AS id FROM section WHERE book = $book AND ($after = NULL OR ordinal > $after) ORDER BY ordinal LIMIT $limit";
        let query = self.query(text).bind("book", book).bind("after", after).bind("limit", limit);
        let mut answers = query.run().await?;
        let count: Option<Count> = answers.row(0)?;
        Ok(Listing { total: count.map_or(0, |count| count.count), rows: answers.rows_that_fit(1)? })
    }

    pub async fn passages_by_id(&self, ids: &[String]) -> Result<Vec<Passage>, Failure> {
        let text = format!("SELECT {PASSAGE} FROM $ids.map(|$id| type::record('passage', $id))");
        self.query(text).bind("ids", ids).run().await?.rows(0)
    }

    /// The passages of some sections, in reading order.
    pub async fn passages_of_sections(&self, sections: &[String]) -> Result<Vec<Passage>, Failure> {
        let text = format!(
            "LET $editions = (SELECT VALUE content_hash FROM book);
             SELECT {PASSAGE} FROM passage WHERE section IN $sections
                 AND (edition IN $editions OR next.edition IN $editions) ORDER BY ordinal"
        );
        self.query(text).bind("sections", sections).run().await?.rows(1)
    }
}

/// The columns of a [`Passage`].
pub(super) const PASSAGE: &str = "record::id(id) AS id, book, section, ordinal, page, heading, text";

fn check_model(state: LibraryState, model: &str, dimension: usize) -> Result<LibraryState, Failure> {
    if state.is_of(model, dimension) {
        return Ok(state);
    }
    let message = format!(
        "the library was embedded by `{}` ({} dimensions), configured is `{model}` ({dimension}); configure the former model \
         again, or run `pathwright ingest --reembed`",
        state.embedding_model, state.dimension
    );
    Err(Failure::new(ErrorCode::EmbeddingModelMismatch, message))
}
