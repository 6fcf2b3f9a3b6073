use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::{Candidates, PassageQuery, PassageSearch};

use super::Searcher;

/// Fewest passages each index contributes, however few are asked for.
const CANDIDATES: usize = 50;

/// What a search found, best first, each with its score of 0 to 1.
pub struct Found {
    pub hits: Vec<(f32, FoundPassage)>,
    /// Why the embeddings had no part in it.
    pub fallback_reason: Option<String>,
}

/// By what passages are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ranking {
    /// By words and meaning together.
    Hybrid,
    /// By meaning alone.
    Vector,
    /// By words alone.
    FullText,
}

/// Passages on a subject, by meaning and by words; by words alone where the embedding model fails.
pub async fn search(searcher: &Searcher, query: &str, first: usize) -> Result<Found, Failure> {
    search_by(searcher, query, first, Ranking::Hybrid).await
}

pub async fn search_by(searcher: &Searcher, query: &str, first: usize, ranking: Ranking) -> Result<Found, Failure> {
    let (embedding, fallback_reason) = match (ranking, searcher.embedder().embed(vec![query.to_owned()]).await) {
        (Ranking::FullText, _) => (Vec::new(), None),
        (_, Ok(vectors)) => (vectors.into_iter().next().unwrap_or_default(), None),
        (_, Err(failure)) => (Vec::new(), Some(format!("found by words alone, without embeddings: {failure}"))),
    };
    let wordings = if ranking == Ranking::Vector { Vec::new() } else { vec![query.to_owned()] };
    let question = PassageQuery { wordings, embedding, limit: first.max(CANDIDATES) };
    let found = searcher.candidates(vec![question]).await?.into_iter().next().unwrap_or_default();
    let mut hits = rank(found);
    hits.truncate(first);
    Ok(Found { hits, fallback_reason })
}

/// What the nearness of meaning weighs against the words.
const MEANING: f32 = 0.4;

/// Fuses the two scores; best first, scores 0 to 1.
fn rank(found: Candidates) -> Vec<(f32, FoundPassage)> {
    let lowest = found.passages.iter().filter_map(|passage| passage.cosine).fold(f32::INFINITY, f32::min);
    let standing = |passage: &FoundPassage| {
        // What the vector index did not bring is at most as near as the last that it brought.
        let cosine = passage.cosine.unwrap_or(if lowest.is_finite() { lowest } else { found.background.mean });
        found.background.standing(cosine).max(0.0)
    };
    let score = |passage: &FoundPassage| {
        let words = passage.lexical / 1.6;
        MEANING * (standing(passage) / 6.0).min(1.0) + (1.0 - MEANING) * words.min(1.0)
    };
    let scores: Vec<f32> = found.passages.iter().map(score).collect();
    let mut ranked: Vec<(f32, FoundPassage)> = scores.into_iter().zip(found.passages).collect();
    ranked.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.id.cmp(&other.id)));
    ranked
}
