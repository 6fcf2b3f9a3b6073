use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;

use super::ingest::Librarian;
use crate::store::library::Passage;

/// Rows read at once: more than a book has.
const ALL: usize = 1_000_000;

impl Librarian {
    /// Takes the titles of all sections out of what is searched, by words and by meaning: for measuring how well a section is
    /// found by its title from what it says. The sections themselves keep theirs.
    pub async fn forget_titles(&self) -> Result<(), Failure> {
        let Some(library) = self.store.library_state().await? else {
            return Ok(());
        };
        for mut book in self.store.books(None, ALL).await?.rows {
            let sections = self.store.sections_of(&book.id, None, ALL).await?.rows;
            let found = self.store.passages_of_book(&book.id).await?;
            let untitled = |found: FoundPassage| Passage { heading: Vec::new(), ..Passage::from(found) };
            let embedded = self.embed(found.into_iter().map(untitled).collect(), &mut |_, _| ()).await?;
            book.content_hash.push_str(" without titles");
            self.store.replace_book(&book, &sections, &embedded, &library).await?;
        }
        Ok(())
    }
}
