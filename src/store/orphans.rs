use pathwright_api::Failure;
use serde::Deserialize;

use super::Store;

/// A row that belongs to something that is not there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Orphan {
    /// Its table.
    pub kind: String,
    pub id: String,
    pub missing: String,
}

impl Store {
    /// Every row that belongs to a book, a section, a passage, a path, a generation or a user that is gone. Reads all tables:
    /// for examining a database, not for serving.
    ///
    /// Verdicts of paths may name what is gone: they say what was, and show it as gone.
    pub async fn orphans(&self) -> Result<Vec<Orphan>, Failure> {
        let text = "RETURN array::flatten([
            (SELECT 'section' AS kind, record::id(id) AS id, 'book ' + book AS missing FROM section
                WHERE !record::exists(type::record('book', book))),
            (SELECT 'passage' AS kind, record::id(id) AS id, 'book ' + book AS missing FROM passage
                WHERE !record::exists(type::record('book', book))),
            (SELECT 'passage' AS kind, record::id(id) AS id, 'section ' + section AS missing FROM passage
                WHERE !record::exists(type::record('section', section))),
            (SELECT 'section' AS kind, record::id(id) AS id, 'a section it refers to' AS missing FROM section
                WHERE array::all(references ?? [], |$to| record::exists(type::record('section', $to))) = false),
            (SELECT 'piece' AS kind, record::id(id) AS id, 'a passage it is made of' AS missing FROM piece
                WHERE array::all(piece.passages ?? [], |$one| record::exists(type::record('passage', $one))) = false),
            (SELECT 'learning_path' AS kind, record::id(id) AS id, 'user ' + user AS missing FROM learning_path
                WHERE !record::exists(type::record('user', user))),
            (SELECT 'path_of' AS kind, <string>id AS id, 'path ' + path AS missing FROM path_of
                WHERE !record::exists(type::record('learning_path', path))),
            (SELECT 'path_check' AS kind, record::id(id) AS id, 'path ' + path AS missing FROM path_check
                WHERE !record::exists(type::record('learning_path', path))),
            (SELECT 'target_job' AS kind, <string>id AS id, 'user ' + user AS missing FROM target_job
                WHERE !record::exists(type::record('user', user))),
            (SELECT 'progress' AS kind, <string>id AS id, 'user ' + user AS missing FROM progress
                WHERE !record::exists(type::record('user', user))),
            (SELECT 'event' AS kind, <string>id AS id, 'generation ' + generation AS missing FROM event
                WHERE !record::exists(type::record('generation', generation)))
        ])";
        self.query(text).run().await?.rows(0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{StoreUrl, migrate};
    use super::*;

    #[tokio::test]
    async fn what_belongs_to_nobody_is_found() {
        let store = Store::connect(&StoreUrl::Memory).await.unwrap();
        store.migrate(&migrate::built_in()).await.unwrap();
        assert_eq!(store.orphans().await.unwrap(), []);
        let text =
            "CREATE progress SET user = 'nobody', topic = 'sql'; CREATE path_of:['nobody', -1] SET path = 'none';";
        store.query(text).run().await.unwrap();
        let found: Vec<String> = store.orphans().await.unwrap().into_iter().map(|orphan| orphan.kind).collect();
        assert_eq!(found, ["path_of", "progress"]);
    }
}
