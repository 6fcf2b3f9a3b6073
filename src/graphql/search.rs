use async_graphql::{Context, Object, Result, SimpleObject};
use pathwright_api::library::FoundPassage;
use pathwright_api::{ErrorCode, Failure};

use super::error::{Wire, services, wire};
use super::library::Passage;
use pathwright_search::{Fragment, Snippet, search};

/// Longest search, in characters.
const LONGEST: usize = 500;

/// A passage that a search found.
#[derive(SimpleObject)]
pub struct SearchHit {
    /// 0 to 1, higher is nearer; comparable within one search.
    score: f32,
    /// The passage.
    passage: Passage,
    /// Where the words that were looked for stand in it: the stretch with most of them, then one with others, if there are any. A
    /// passage that was found by its meaning alone is shown from its beginning.
    highlights: Vec<Highlight>,
    /// What was searched for instead, since the library holds none of the words it replaces; null when it is what was asked.
    corrected_query: Option<String>,
    /// Why it was found by words alone; null when embeddings had their part.
    fallback_reason: Option<String>,
}

/// A stretch of some 200 characters of a passage.
#[derive(SimpleObject)]
pub struct Highlight {
    /// Its parts in order: together they are the stretch, letter by letter.
    fragments: Vec<HighlightFragment>,
    /// Whether the passage begins with it.
    is_start: bool,
    /// Whether the passage ends with it.
    is_end: bool,
}

/// A part of a highlight.
#[derive(SimpleObject)]
pub struct HighlightFragment {
    /// As it stands in the passage, line breaks too; plain text, to be escaped before it becomes markup.
    text: String,
    /// Whether it is a word that was looked for, whatever its ending.
    matched: bool,
}

impl From<Snippet> for Highlight {
    fn from(snippet: Snippet) -> Self {
        let fragment = |Fragment { text, matched }| HighlightFragment { text, matched };
        let fragments = snippet.fragments.into_iter().map(fragment).collect();
        Self { fragments, is_start: snippet.is_start, is_end: snippet.is_end }
    }
}

#[derive(Default)]
pub struct SearchQueries;

#[Object]
impl SearchQueries {
    /// Passages on a subject, by meaning and by words, best first. What stands in quotation marks has to stand so in a passage or
    /// in the titles above it, whatever the words' endings. Words that no book holds are mended where one that is held is near.
    async fn search_library(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Words, at most 500 characters.")] query: String,
        #[graphql(desc = "How many, at most 50.", default = 10)] first: u32,
    ) -> Result<Vec<SearchHit>> {
        if query.chars().count() > LONGEST {
            let message = format!("query is longer than {LONGEST} characters");
            return Err(wire(Failure::new(ErrorCode::InvalidInput, message)));
        }
        if query.trim().is_empty() {
            return Ok(Vec::new());
        }
        let services = services(ctx)?;
        let first = (first as usize).clamp(1, 50);
        let found = search(&services.searcher, &query, first).await.wire()?;
        let hit = |(score, passage): &(f32, FoundPassage)| SearchHit {
            score: *score,
            passage: Passage(passage.clone().into()),
            highlights: found.snippets(passage).into_iter().map(Highlight::from).collect(),
            corrected_query: found.corrected.clone(),
            fallback_reason: found.fallback_reason.clone(),
        };
        Ok(found.hits.iter().map(hit).collect())
    }
}
