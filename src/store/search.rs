use std::fmt::Write;

use pathwright_api::Failure;
use pathwright_api::library::{BookEdition, FoundPassage, Passage, Section};
use pathwright_api::ports::Background;
use serde::{Deserialize, Serialize};

use super::Store;
use super::library::{LibraryState, PASSAGE};

/// Breadth of the walk through the vector index. With 64, some 3 of 1,000 true neighbours are missed; a test holds that none is
/// with this, also when books have come and gone.
const EF: usize = 150;

/// A passage's id and its cosine to a query.
#[derive(Debug, Deserialize)]
struct Near {
    id: String,
    distance: f32,
}

/// A library's [`Background`], with the state of the library it was measured in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub revision: u64,
    pub vectors: String,
    pub background: Background,
}

impl Measured {
    pub fn is_of(&self, library: &LibraryState) -> bool {
        self.revision == library.revision && self.vectors == library.vectors
    }
}

impl Store {
    /// The passages nearest to each embedding, nearest first, with their cosines; `vectors` is the field they stand in. All
    /// embeddings are one round trip.
    pub async fn nearest(
        &self,
        vectors: &str,
        embeddings: &[&[f32]],
        limit: usize,
    ) -> Result<Vec<Vec<(String, f32)>>, Failure> {
        let mut text = String::new();
        let breadth = EF.max(limit);
        for number in 0..embeddings.len() {
            let _ = writeln!(
                text,
                "SELECT record::id(id) AS id, vector::distance::knn() AS distance FROM passage WHERE {vectors} <|{limit},{breadth}|> $v{number};"
            );
        }
        if embeddings.is_empty() {
            return Ok(Vec::new());
        }
        let mut call = self.query(text);
        for (number, embedding) in embeddings.iter().enumerate() {
            call = call.bind(format!("v{number}"), embedding);
        }
        let mut answers = call.run().await?;
        let mut found = Vec::with_capacity(embeddings.len());
        for statement in 0..embeddings.len() {
            let mut near = answers.rows::<Near>(statement)?;
            near.sort_by(|a, b| a.distance.total_cmp(&b.distance).then_with(|| a.id.cmp(&b.id)));
            found.push(near.into_iter().map(|near| (near.id, 1.0 - near.distance)).collect());
        }
        Ok(found)
    }

    /// All books with their contents' hashes, by id.
    pub async fn book_editions(&self) -> Result<Vec<BookEdition>, Failure> {
        let text = "SELECT record::id(id) AS id, content_hash FROM book ORDER BY id";
        self.query(text).run().await?.rows(0)
    }

    /// All passages of an edition of a book, in reading order.
    pub async fn passages_of_book(&self, book: &str, edition: &str) -> Result<Vec<FoundPassage>, Failure> {
        let text = format!(
            "SELECT {PASSAGE}, edition, next FROM passage WHERE book = $book AND (edition = $edition OR next.edition = $edition)"
        );
        #[derive(Deserialize)]
        struct Row {
            #[serde(flatten)]
            passage: Passage,
            edition: String,
            next: Option<Next>,
        }
        #[derive(Deserialize)]
        struct Next {
            ordinal: u32,
            page: Option<u32>,
        }
        let rows: Vec<Row> = self.query(text).bind("book", book).bind("edition", edition).run().await?.rows(0)?;
        let passage = |Row { passage, edition: of, next }: Row| match next {
            Some(Next { ordinal, page }) if of != edition => Passage { ordinal, page, ..passage },
            _ => passage,
        };
        let mut passages: Vec<Passage> = rows.into_iter().map(passage).collect();
        passages.sort_by_key(|passage| passage.ordinal);
        Ok(passages.into_iter().map(FoundPassage::from).collect())
    }

    /// All sections of a book, in reading order.
    pub async fn outline(&self, book: &str) -> Result<Vec<Section>, Failure> {
        let text = "SELECT *, record::id(id) AS id FROM section WHERE book = $book ORDER BY ordinal";
        self.query(text).bind("book", book).run().await?.rows(0)
    }

    /// The vectors of some passages, as far as they are there.
    pub async fn vectors_of(&self, vectors: &str, ids: &[String]) -> Result<Vec<Vec<f32>>, Failure> {
        let text = format!(
            "SELECT {vectors} AS vector FROM $ids.map(|$id| type::record('passage', $id)) WHERE {vectors} != NONE"
        );
        #[derive(Deserialize)]
        struct Row {
            vector: Vec<f32>,
        }
        let rows: Vec<Row> = self.query(text).bind("ids", ids).run().await?.rows(0)?;
        Ok(rows.into_iter().map(|row| row.vector).collect())
    }

    /// Keeps what was measured, unless the library has changed since.
    pub async fn remember_background(&self, measured: &Measured) -> Result<(), Failure> {
        let text = "UPDATE library:main SET background = $measured
            WHERE revision = $measured.revision AND vectors = $measured.vectors RETURN NONE";
        self.query(text).bind("measured", measured).run().await?;
        Ok(())
    }
}
