use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use pathwright_api::{ErrorCode, Failure};
use serde::{Deserialize, Serialize};

use super::Store;
use super::library::{EmbeddedPassage, LibraryState};
use super::pieces::FORGET_GROUNDLESS;
use pathwright_api::library::{Book, Passage, Section};

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

impl Draft {
    fn out() -> Self {
        Self { edition: None, source: String::new(), begun_at: Utc::now() }
    }
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
struct PassageRow<'p> {
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
            Some(_) => self.give_up_book(id).await?,
            None => {}
        }
        let draft = Draft { edition: Some(edition.to_owned()), source: source.to_owned(), begun_at: Utc::now() };
        self.query(format!("BEGIN; {TURN} {NOTE} COMMIT;")).bind("id", id).bind("draft", draft).run().await.map(drop)
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
    /// `library` is what they were embedded for: once another process has switched it to another model, nothing is written. Nor is
    /// anything of a book that was removed, or begun in another edition, meanwhile.
    pub async fn stage(
        &self,
        id: &str,
        edition: &str,
        new: &[EmbeddedPassage],
        kept: &[&Passage],
        library: &LibraryState,
    ) -> Result<(), Failure> {
        let rows: Vec<PassageRow> = new
            .iter()
            .map(|passage| PassageRow {
                passage: &passage.passage,
                edition,
                vectors: BTreeMap::from([(library.vectors.as_str(), passage.embedding.as_slice())]),
            })
            .collect();
        let kept: Vec<Next> = kept.iter().map(|passage| Next::of(passage, edition)).collect();
        let text = format!(
            "BEGIN;
             {TURN} {SAME_MODEL} {SAME_EDITION}
             DELETE $new.map(|$row| type::record('passage', $row.id)) RETURN NONE;
             INSERT INTO passage $new RETURN NONE;
             FOR $next IN $kept {{ UPDATE type::record('passage', $next.id) SET next = object::remove($next, 'id') RETURN NONE }};
             COMMIT;"
        );
        let query = self.query(text).bind("new", rows).bind("kept", kept).bind("id", id).bind("edition", edition);
        let query = query.bind("model", &library.embedding_model).bind("dimension", library.dimension);
        self.unless_refused(query, id, edition, library).await
    }

    /// Makes the edition the one that counts.
    pub async fn finish_book(&self, book: &Book, sections: &[Section], library: &LibraryState) -> Result<(), Failure> {
        let text = format!(
            "BEGIN;
             {TURN} {SAME_MODEL} {SAME_EDITION}
             DELETE section WHERE book = $book.id;
             UPSERT type::record('book', $book.id) CONTENT object::remove($book, 'id') RETURN NONE;
             INSERT INTO section $sections RETURN NONE;
             UPDATE library:main SET revision += 1 RETURN NONE;
             COMMIT;"
        );
        let query = self.query(text).bind("book", book).bind("sections", sections);
        let query = query.bind("id", &book.id).bind("edition", &book.content_hash);
        let query = query.bind("model", &library.embedding_model).bind("dimension", library.dimension);
        self.unless_refused(query, &book.id, &book.content_hash, library).await?;
        self.sweep(&book.id).await
    }

    /// Forgets the edition that was begun; the one before it stays as it is.
    pub async fn give_up_book(&self, id: &str) -> Result<(), Failure> {
        let text = format!("BEGIN; {TURN} {NOTE} COMMIT;");
        self.query(text).bind("id", id).bind("draft", Draft::out()).run().await?;
        self.sweep(id).await
    }

    /// Removes a book with its sections and passages, and the pieces that are made of them; answers whether it was there. One that
    /// is on its way in does not arrive.
    pub async fn delete_book(&self, id: &str) -> Result<bool, Failure> {
        #[derive(Deserialize)]
        struct Deleted {
            existed: bool,
        }
        let text = format!(
            "BEGIN;
             {TURN}
             LET $existed = record::exists(type::record('book', $id)) OR $library.drafts[$id] != NONE;
             IF $existed {{
                 DELETE section WHERE book = $id;
                 DELETE type::record('book', $id);
                 {NOTE}
                 UPDATE library:main SET revision += 1 RETURN NONE;
             }};
             RETURN {{ existed: $existed }};
             COMMIT;"
        );
        let deleted: Option<Deleted> =
            self.query(text).bind("id", id).bind("draft", Draft::out()).run().await?.last()?;
        if !deleted.is_some_and(|deleted| deleted.existed) {
            return Ok(false);
        }
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
            if draft.edition.is_none() || draft.edition.as_ref() == current {
                self.sweep(&id).await?;
            }
        }
        Ok(())
    }

    /// Removes all passages of a book but those of the edition that counts and of the one that goes in, with the pieces that are
    /// made of them, and forgets its draft unless an edition goes in by it.
    async fn sweep(&self, id: &str) -> Result<(), Failure> {
        let moves = "UPDATE $found SET edition = next.edition, ordinal = next.ordinal, page = next.page, next = NONE RETURN NONE";
        self.change_all(id, "$current != NONE AND next.edition = $current", moves).await?;
        self.change_all(id, "true", "DELETE $found RETURN NONE").await?;
        let text = format!(
            "BEGIN;
             {TURN} {EDITIONS} {FORGET_GROUNDLESS}
             IF $begun = NONE OR $begun = NULL OR $begun = $current {{
                 UPDATE library:main SET drafts = object::remove(drafts ?? {{}}, $id) RETURN NONE;
             }};
             COMMIT;"
        );
        self.query(text).bind("id", id).run().await.map(drop)
    }

    /// Changes the passages of a book that are of neither edition and fulfil a condition, until there are none.
    async fn change_all(&self, id: &str, condition: &str, change: &str) -> Result<(), Failure> {
        #[derive(Deserialize)]
        struct Done {
            count: usize,
        }
        let text = format!(
            "BEGIN;
             {TURN} {EDITIONS}
             LET $found = (SELECT VALUE id FROM passage
                 WHERE book = $id AND edition != $current AND ($begun = NULL OR edition != $begun) AND {condition} LIMIT {CHUNK});
             {change};
             RETURN {{ count: array::len($found) }};
             COMMIT;"
        );
        loop {
            let done: Option<Done> = self.query(text.clone()).bind("id", id).run().await?.last()?;
            if done.is_none_or(|done| done.count == 0) {
                return Ok(());
            }
        }
    }

    /// Says so when the library is of another model by now, or the book is not wanted any more.
    async fn unless_refused(
        &self,
        query: super::query::Query<'_>,
        id: &str,
        edition: &str,
        library: &LibraryState,
    ) -> Result<(), Failure> {
        let Err(refused) = query.run().await else {
            return Ok(());
        };
        let state = self.init_library(&library.embedding_model, library.dimension).await?;
        let is_wanted = state.drafts.get(id).is_some_and(|draft| draft.edition.as_deref() == Some(edition));
        if is_wanted {
            return Err(refused);
        }
        let message = format!("the book `{id}` was removed, or begun in another edition, while it went in");
        Err(Failure::new(ErrorCode::BookNotFound, message))
    }
}

/// Part of a transaction that changes what is on the shelf: two of them follow each other.
const TURN: &str = "UPDATE library:main SET turns = (turns ?? 0) + 1 RETURN NONE;
    LET $library = (SELECT embedding_model, dimension, drafts FROM ONLY library:main);";

/// Puts `$draft` in force for the book `$id`.
const NOTE: &str =
    "UPDATE library:main SET drafts = object::extend(drafts ?? {}, object::from_entries([[$id, $draft]])) RETURN NONE;";

/// The editions of the book `$id` that count: the one on the shelf, and the one that goes in.
const EDITIONS: &str = "LET $current = (SELECT VALUE content_hash FROM ONLY type::record('book', $id));
    LET $begun = $library.drafts[$id].edition;";

/// Throws when the library is not of the model `$model` with `$dimension`.
const SAME_MODEL: &str = "IF $library.embedding_model != $model OR $library.dimension != $dimension {
        THROW 'the library is of another embedding model by now';
    };";

/// Throws when another edition of the book `$id` than `$edition` goes in, or none.
const SAME_EDITION: &str = "IF $library.drafts[$id].edition != $edition {
        THROW 'the book is not wanted any more';
    };";

#[cfg(test)]
mod tests {
    use super::super::{StoreUrl, migrate};
    use super::*;

    #[tokio::test]
    async fn what_a_kill_left_behind_the_switch_is_swept() {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        store.migrate(&migrate::built_in()).await.unwrap();
        store.init_library("w", 2).await.unwrap();
        // As after a kill between the book's row and the sweep: a draft of the edition that counts, and a passage of none.
        let text = "CREATE book:knots SET title = 'Knots', author = NULL, format = 'MARKDOWN', source = 'knots', content_hash = 'now',
                section_count = 1, passage_count = 1, word_count = 2, ingested_at = '2026-11-30T20:00:00Z';
            FOR $edition IN ['now', 'before'] {
                CREATE passage SET book = 'knots', section = 's', text = 'a knot', edition = $edition, embedding = [0.6, 0.8];
            };
            UPDATE library:main SET drafts = { knots: { edition: 'now', source: 'knots', begun_at: '2026-11-30T20:00:00Z' } };";
        store.query(text).run().await.unwrap();
        store.sweep_leftovers().await.unwrap();
        let left = store.query("SELECT VALUE edition FROM passage").run().await.unwrap().rows::<String>(0).unwrap();
        assert_eq!(left, ["now"]);
        assert!(store.library_state().await.unwrap().unwrap().drafts.is_empty());
    }

    #[tokio::test]
    async fn a_book_that_was_removed_while_it_went_in_does_not_arrive() {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        store.migrate(&migrate::built_in()).await.unwrap();
        let library = store.init_library("w", 2).await.unwrap();
        let passage = |id: &str| EmbeddedPassage {
            passage: Passage {
                id: id.into(),
                book: "knots".into(),
                section: "s".into(),
                ordinal: 0,
                page: None,
                heading: vec![],
                text: "a knot".into(),
            },
            embedding: vec![0.6, 0.8],
        };
        store.begin_book("knots", "now", "knots").await.unwrap();
        store.stage("knots", "now", &[passage("a")], &[], &library).await.unwrap();
        assert!(store.delete_book("knots").await.unwrap());
        let refused = store.stage("knots", "now", &[passage("b")], &[], &library).await.unwrap_err();
        assert_eq!(refused.code, ErrorCode::BookNotFound);
        assert!(store.query("SELECT VALUE id FROM passage").run().await.unwrap().rows::<String>(0).unwrap().is_empty());
        assert!(!store.delete_book("knots").await.unwrap());
    }
}
