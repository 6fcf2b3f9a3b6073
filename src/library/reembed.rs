use pathwright_api::Failure;

use super::ingest::Librarian;
use crate::store::reembed::Reembedding;
use pathwright_reader::BATCH;

/// What embedding the library anew came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reembedded {
    /// Passages embedded by this run.
    pub now: usize,
    /// Passages that runs before it had embedded by the same model.
    pub before: usize,
}

impl Librarian {
    /// Embeds all passages by this librarian's model and makes it the library's; none when it is that already. What
    /// [`Reembedding`] says about being cut off holds. `progress` hears of passages done and passages in all; when the two
    /// are equal, their index is built, which takes a while too.
    pub async fn reembed(&self, mut progress: impl FnMut(usize, usize)) -> Result<Option<Reembedded>, Failure> {
        let _turn = self.turn.lock().await;
        let (model, dimension) = (self.embedder.model(), self.embedder.dimension());
        let Some(target) = self.store.begin_reembedding(model, dimension).await? else {
            self.store.discard_other_vectors().await?;
            return Ok(None);
        };
        let (before, total) = self.store.reembedded(&target).await?;
        progress(before, total);
        let mut now = 0;
        loop {
            let done = before + now;
            now += self.catch_up(&target, |more| progress(done + more, total.max(done + more))).await?;
            self.store.index_vectors(&target).await?;
            if self.store.switch_over(&target).await? {
                break;
            }
        }
        tracing::info!(model, dimension, passages = before + now, "the library was embedded anew");
        self.store.discard_other_vectors().await?;
        Ok(Some(Reembedded { now, before }))
    }

    /// Embeds what lacks its new vector, a page at a time; answers how many passages that were.
    async fn catch_up(&self, target: &Reembedding, mut progress: impl FnMut(usize)) -> Result<usize, Failure> {
        let mut count = 0;
        let mut after = String::new();
        loop {
            let page = self.store.passages_to_embed(target, &after, BATCH).await?;
            let Some(last) = page.last() else {
                return Ok(count);
            };
            after.clone_from(&last.id);
            let vectors = self.vectors(&page).await?;
            self.store.add_vectors(target, &page, &vectors).await?;
            count += page.len();
            progress(count);
        }
    }
}
