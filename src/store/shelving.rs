use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use pathwright_api::Failure;
use serde::{Deserialize, Serialize};

use super::Store;
use super::library::{Book, EmbeddedPassage, LibraryState, Passage, Section};

/// A book that is on its way in or out, as the library's row keeps it.
///
/// A book goes in piece by piece and comes out piece by piece: one transaction over a large one would hold all of it in memory.
/// Each passage names the edition of its book that it is of, and a book's row names the edition that counts; a passage of any
/// other one is in no search. So the single write of that row brings the whole book in, whatever was cut off before or after:
///
/// 1. [`Store::begin_book`] notes the edition here, so that whatever becomes of it, it is known.
/// 2. [`Store::known_passages`] tells what is there, from the edition before or from a run that was cut off;
///    [`Store::stage`] writes the rest, and tells passages that stay what their place will be.
/// 3. [`Store::finish_book`] writes the book's row.
/// 4. [`Store::sweep`] removes what is of no edition that counts, and forgets the draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The edition that goes in; none: the book comes out.
    pub edition: Option<String>,
    /// Where the book is read from.
    pub source: String,
    pub begun_at: DateTime<Utc>,
}

/// What is stored of a passage that goes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is of this edition already, or will be.
    Staged,
    /// It is of another edition, and stays.
    Kept,
}

/// Rows changed in one statement.
const CHUNK: usize = 500;

/// An [`EmbeddedPassage`] as it is stored: the vector in the field that is in use.
#[derive(Serialize)]
struct Row<'p> {
    #[serde(flatten)]
    passage: &'p Passage,
    edition: &'p str,
    #[serde(flatten)]
    vectors: BTreeMap<&'p str, &'p [f32]>,
}

/// What a passage that stays is to become.
#[derive(Serialize)]
struct Next<'p> {
    id: &'p str,
    edition: &'p str,
    ordinal: u32,
    page: Option<u32>,
}

impl<'p> Next<'p> {
    fn of(passage: &'p Passage, edition: &'p str) -> Self {
        Self { id: &passage.id, edition, ordinal: passage.ordinal, page: passage.page }
    }
}

impl Store {
    /// Notes that this edition of a book goes in. An edition that was begun before and is not this one is given up.
    pub async fn begin_book(&self, id: &str, edition: &str, source: &str) -> Result<(), Failure> {
        let drafts = self.library_state().await?.map(|state| state.drafts).unwrap_or_default();
        match drafts.get(id) {
            Some(draft) if draft.edition.as_deref() == Some(edition) => return Ok(()),
            Some(_) => self.sweep(id).await?,
            None => {}
        }
        self.note(id, &Draft { edition: Some(edition.to_owned()), source: source.to_owned(), begun_at: Utc::now() })
            .await
    }

    /// Those of some passages that need not be embedded.
    pub async fn known_passages(
        &self,
        edition: &str,
        passages: &[Passage],
        library: &LibraryState,
    ) -> Result<HashMap<String, Known>, Failure> {
        #[derive(Deserialize)]
        struct Stored {
            id: String,
            is_staged: bool,
        }
        let text = format!(
            "SELECT record::id(id) AS id, edition = $edition OR next.edition = $edition AS is_staged
             FROM $ids.map(|$id| type::record('passage', $id)) WHERE {} != NONE",
            library.vectors
        );
        let ids: Vec<&str> = passages.iter().map(|passage| passage.id.as_str()).collect();
        let stored: Vec<Stored> = self.query(text).bind("edition", edition).bind("ids", ids).run().await?.rows(0)?;
        let known = |stored: Stored| (stored.id, if stored.is_staged { Known::Staged } else { Known::Kept });
        Ok(stored.into_iter().map(known).collect())
    }

    /// Writes passages of an edition that is not in the library yet: new ones, and the future places of those that stay.
    ///
    /// `library` is what they were embedded for: once another process has switched it to another model, nothing is written.
    pub async fn stage(
        &self,
        edition: &str,
        new: &[EmbeddedPassage],
        kept: &[&Passage],
        library: &LibraryState,
    ) -> Result<(), Failure> {
        let rows: Vec<Row> = new
            .iter()
            .map(|passage| Row {
                passage: &passage.passage,
                edition,
                vectors: BTreeMap::from([(library.vectors.as_str(), passage.embedding.as_slice())]),
            })
            .collect();
        let kept: Vec<Next> = kept.iter().map(|passage| Next::of(passage, edition)).collect();
        let text = format!(
            "BEGIN;
             {SAME_MODEL}
             DELETE $new.map(|$row| type::record('passage', $row.id)) RETURN NONE;
             INSERT INTO passage $new RETURN NONE;
             FOR $next IN $kept {{ UPDATE type::record('passage', $next.id) SET next = object::remove($next, 'id') RETURN NONE }};
             COMMIT;"
        );
        let query = self.query(text).bind("new", rows).bind("kept", kept);
        self.unless_refused(query.bind("model", &library.embedding_model).bind("dimension", library.dimension), library)
            .await
    }

    /// Makes the edition the one that counts. Pieces belong to the library as it was.
    pub async fn finish_book(&self, book: &Book, sections: &[Section], library: &LibraryState) -> Result<(), Failure> {
        let text = format!(
            "BEGIN;
             {SAME_MODEL}
             DELETE section WHERE book = $book.id;
             UPSERT type::record('book', $book.id) CONTENT object::remove($book, 'id') RETURN NONE;
             INSERT INTO section $sections RETURN NONE;
             DELETE piece;
             UPDATE library:main SET revision += 1 RETURN NONE;
             COMMIT;"
        );
        let query = self.query(text).bind("book", book).bind("sections", sections);
        let query = query.bind("model", &library.embedding_model).bind("dimension", library.dimension);
        self.unless_refused(query, library).await?;
        self.sweep(&book.id).await
    }

    /// Forgets the edition that was begun; the one before it stays as it is.
    pub async fn give_up_book(&self, id: &str) -> Result<(), Failure> {
        self.sweep(id).await
    }

    /// Removes a book with its sections and passages, and the pieces of the library as it was; answers whether it was there.
    pub async fn delete_book(&self, id: &str) -> Result<bool, Failure> {
        let draft = Draft { edition: None, source: String::new(), begun_at: Utc::now() };
        let drafts = self.library_state().await?.map(|state| state.drafts).unwrap_or_default();
        if self.books_by_id(&[id.to_owned()]).await?.is_empty() && !drafts.contains_key(id) {
            return Ok(false);
        }
        let text = "BEGIN;
            DELETE section WHERE book = $id;
            DELETE piece;
            DELETE type::record('book', $id);
            UPDATE library:main SET revision += 1, drafts = object::extend(drafts ?? {}, object::from_entries([[$id, $draft]])) RETURN NONE;
            COMMIT;";
        self.query(text).bind("id", id).bind("draft", draft).run().await?;
        self.sweep(id).await?;
        Ok(true)
    }

    /// Ends what was cut off between a book's row and the removal of what it replaced. Books that are not in yet stay begun.
    pub async fn sweep_leftovers(&self) -> Result<(), Failure> {
        let drafts = self.library_state().await?.map(|state| state.drafts).unwrap_or_default();
        let ids: Vec<String> = drafts.keys().cloned().collect();
        let books = self.books_by_id(&ids).await?;
        for (id, draft) in drafts {
            let current = books.iter().find(|book| book.id == id).map(|book| &book.content_hash);
            if draft.edition.as_ref() == current {
                self.sweep(&id).await?;
            }
        }
        Ok(())
    }

    /// Removes all passages of a book but those of the edition that counts, and forgets its draft.
    async fn sweep(&self, id: &str) -> Result<(), Failure> {
        let book = self.books_by_id(&[id.to_owned()]).await?.into_iter().next();
        let edition = book.map(|book| book.content_hash);
        let stays = "next.edition = $edition";
        let moves = "UPDATE $found SET edition = next.edition, ordinal = next.ordinal, page = next.page, next = NONE RETURN NONE";
        self.change_all(id, edition.as_ref(), stays, moves).await?;
        self.change_all(id, edition.as_ref(), "true", "DELETE $found RETURN NONE").await?;
        let text = "UPDATE library:main SET drafts = object::remove(drafts ?? {}, $id) RETURN NONE";
        self.query(text).bind("id", id).run().await.map(drop)
    }

    /// Changes the passages of a book that are not of this edition and fulfil a condition, until there are none.
    async fn change_all(
        &self,
        id: &str,
        edition: Option<&String>,
        condition: &str,
        change: &str,
    ) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct Done {
            count: usize,
        }
        let text = format!(
            "BEGIN;
             LET $found = (SELECT VALUE id FROM passage WHERE book = $id AND edition != $edition AND {condition} LIMIT {CHUNK});
             {change};
             RETURN {{ count: array::len($found) }};
             COMMIT;"
        );
        loop {
            let query = self.query(text.clone()).bind("id", id).bind("edition", edition);
            let done: Option<Done> = query.run().await?.last()?;
            if done.is_none_or(|done| done.count == 0) {
                return Ok(());
            }
        }
    }

    async fn note(&self, id: &str, draft: &Draft) -> Result<(), Failure> {
        let text = "UPDATE library:main SET drafts = object::extend(drafts ?? {}, object::from_entries([[$id, $draft]])) RETURN NONE";
        self.query(text).bind("id", id).bind("draft", draft).run().await.map(drop)
    }

    /// Says so when the library is of another model by now.
    async fn unless_refused(&self, query: super::query::Query<'_>, library: &LibraryState) -> Result<(), Failure> {
        if let Err(refused) = query.run().await {
            self.found_library(&library.embedding_model, library.dimension).await?;
            return Err(refused);
        }
        Ok(())
    }
}

/// Throws when the library is not of the model `$model` with `$dimension`.
const SAME_MODEL: &str = "LET $library = (SELECT embedding_model, dimension FROM ONLY library:main);
    IF $library.embedding_model != $model OR $library.dimension != $dimension {
        THROW 'the library is of another embedding model by now';
    };";
