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
    let (embedding, fallback_reason) = match ranking {
        Ranking::FullText => (Vec::new(), None),
        Ranking::Hybrid | Ranking::Vector => embed(searcher, query).await,
    };
    let wordings = if ranking == Ranking::Vector { Vec::new() } else { vec![query.to_owned()] };
    let question = PassageQuery { wordings, embedding, limit: first.max(CANDIDATES) };
    let found = searcher.candidates(vec![question]).await?.into_iter().next().unwrap_or_default();
    let mut hits = rank(found);
    hits.truncate(first);
    Ok(Found { hits, fallback_reason })
}

async fn embed(searcher: &Searcher, query: &str) -> (Vec<f32>, Option<String>) {
    match searcher.embedder().embed(vec![query.to_owned()]).await {
        Ok(vectors) => (vectors.into_iter().next().unwrap_or_default(), None),
        Err(failure) => (Vec::new(), Some(format!("found by words alone, without embeddings: {failure}"))),
    }
}

/// What the nearness of meaning weighs against the words.
const MEANING: f32 = 0.4;

/// Standard deviations above chance, and lexical score, from which nothing can be nearer.
const NEAREST: f32 = 6.0;
const ALL_WORDS: f32 = 1.6;

/// Fuses the two scores; best first, scores 0 to 1.
fn rank(found: Candidates) -> Vec<(f32, FoundPassage)> {
    let score = |(standing, passage): (f32, FoundPassage)| {
        let (meaning, words) = ((standing / NEAREST).clamp(0.0, 1.0), (passage.lexical / ALL_WORDS).min(1.0));
        (MEANING * meaning + (1.0 - MEANING) * words, passage)
    };
    let mut ranked: Vec<(f32, FoundPassage)> = found.standings().into_iter().zip(found.passages).map(score).collect();
    ranked.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.id.cmp(&other.id)));
    ranked
}
