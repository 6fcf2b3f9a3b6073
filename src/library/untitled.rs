use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;

use super::ingest::Librarian;
use crate::store::library::EmbeddedPassage;
use pathwright_api::library::Passage;
use pathwright_reader::BATCH;

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
            let found = self.store.passages_of_book(&book.id, &book.content_hash).await?;
            let untitled = |found: FoundPassage| Passage { heading: Vec::new(), ..Passage::from(found) };
            let passages: Vec<Passage> = found.into_iter().map(untitled).collect();
            book.content_hash.push_str(" without titles");
            self.store.begin_book(&book.id, &book.content_hash, &book.source).await?;
            for batch in passages.chunks(BATCH) {
                let with_vectors = batch.iter().cloned().zip(self.vectors(batch).await?);
                let embedded: Vec<EmbeddedPassage> =
                    with_vectors.map(|(passage, embedding)| EmbeddedPassage { passage, embedding }).collect();
                self.store.stage(&book.id, &book.content_hash, &embedded, &[], &library).await?;
            }
            self.store.finish_book(&book, &sections, &library).await?;
        }
        Ok(())
    }
}
