use std::collections::HashMap;

use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::Candidates;

use crate::highlight::{Snippet, snippets};
use crate::reading::Help;
use crate::searcher::{Question, Searcher};
use crate::snapshot::Findings;

/// Fewest passages each index contributes, however few are asked for.
const CANDIDATES: usize = 50;

/// What a search found.
pub struct Found {
    /// Best first, each with its score of 0 to 1.
    pub hits: Vec<(f32, FoundPassage)>,
    /// What was searched for instead of what was asked, since the library holds none of the words that it replaces.
    pub corrected: Option<String>,
    /// Why the embeddings had no part in it.
    pub fallback_reason: Option<String>,
    /// How much each stem that was looked for weighs.
    weights: HashMap<String, f32>,
}

impl Found {
    /// Where the words that were looked for stand in one of the passages.
    pub fn snippets(&self, passage: &FoundPassage) -> Vec<Snippet> {
        snippets(&passage.text, &self.weights)
    }
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
///
/// What stands in quotation marks has to stand so, words that no book holds are mended, and acronyms are found written out.
pub async fn search(searcher: &Searcher, query: &str, first: usize) -> Result<Found, Failure> {
    search_by(searcher, query, first, Ranking::Hybrid, Help::default()).await
}

/// The same by one ranking, and with some of the help only.
pub async fn search_by(
    searcher: &Searcher,
    query: &str,
    first: usize,
    ranking: Ranking,
    help: Help,
) -> Result<Found, Failure> {
    let question = Question {
        text: query.to_owned(),
        help,
        by_meaning: ranking != Ranking::FullText,
        by_words: ranking != Ranking::Vector,
        limit: first.max(CANDIDATES),
    };
    let (findings, fallback_reason) = searcher.find(question).await?;
    let Findings { candidates, weights, corrected } = findings;
    let mut hits = rank(candidates);
    hits.truncate(first);
    Ok(Found { hits, corrected, fallback_reason, weights })
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
    let mut ranked: Vec<(f32, FoundPassage)> = found.z_scores().into_iter().zip(found.passages).map(score).collect();
    ranked.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.id.cmp(&other.id)));
    ranked
}
