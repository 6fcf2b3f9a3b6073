use std::collections::HashSet;

use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::{Embedder, PassageQuery, PassageSearch};
use pathwright_api::text;

use crate::store::Store;
use crate::store::library::Passage;

/// Fewest passages each index contributes, however few are asked for.
const CANDIDATES: usize = 10;

/// What a search found, best first, each with its score of 0 to 1.
pub struct Found {
    pub hits: Vec<(f32, Passage)>,
    /// Why the embeddings had no part in it.
    pub fallback_reason: Option<String>,
}

/// Passages on a subject, by meaning and by words; by words alone where the embedding model fails.
pub async fn search(store: &Store, embedder: &dyn Embedder, query: &str, first: usize) -> Result<Found, Failure> {
    let (embedding, fallback_reason) = match embedder.embed(vec![query.to_owned()]).await {
        Ok(vectors) => (vectors.into_iter().next().unwrap_or_default(), None),
        Err(failure) => (Vec::new(), Some(format!("found by words alone, without embeddings: {failure}"))),
    };
    let question = PassageQuery { wordings: vec![query.to_owned()], embedding, limit: first.max(CANDIDATES) };
    let found = store.candidates(vec![question]).await?.into_iter().next().unwrap_or_default();
    let mut hits = rank(query, found);
    hits.truncate(first);
    Ok(Found { hits, fallback_reason })
}

/// Orders what a search found: nearness of meaning, words in common, words in the heading; best first, scores 0 to 1.
fn rank(query: &str, found: Vec<FoundPassage>) -> Vec<(f32, Passage)> {
    let wanted: HashSet<String> = text::content_stems(query).into_iter().collect();
    let share = |text: &str| {
        let there: HashSet<String> = text::content_stems(text).into_iter().collect();
        wanted.intersection(&there).count() as f32 / wanted.len().max(1) as f32
    };
    let score = |passage: &FoundPassage| {
        let similar = passage.cosine.unwrap_or(0.0).clamp(0.0, 1.0);
        0.3 * similar + 0.4 * share(&passage.text) + 0.3 * share(&passage.heading.join(" "))
    };
    let mut ranked: Vec<(f32, FoundPassage)> = found.into_iter().map(|passage| (score(&passage), passage)).collect();
    ranked.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.id.cmp(&other.id)));
    ranked.into_iter().map(|(score, passage)| (score, as_stored(passage))).collect()
}

fn as_stored(found: FoundPassage) -> Passage {
    Passage {
        id: found.id,
        book: found.book_id,
        section: found.section_id,
        ordinal: found.ordinal,
        page: found.page,
        heading: found.heading,
        text: found.text,
    }
}
