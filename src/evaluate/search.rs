use std::collections::HashSet;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pathwright_api::library::FoundPassage;
use pathwright_api::{ErrorCode, Failure};
use serde::{Deserialize, Serialize};

use super::metrics::{DEPTH, Ranked, ranked};
use super::relevant::{FoundSection, Relevant, Resolver, sections};
use super::{Measured, milliseconds_each};
use crate::services::Services;
use pathwright_search::{Help, Ranking, search_by};

/// Passages asked for: enough for ten sections where one section has several.
const PASSAGES: usize = 60;

/// A query and what it should find.
#[derive(Clone, Debug, Deserialize)]
pub struct SearchLabel {
    pub query: String,
    /// Titles of sections, or paths of files below the library's folders.
    pub relevant: Vec<String>,
    /// What sort of query it is, such as "paraphrase"; for the details.
    pub kind: Option<String>,
    /// Ids of sections, instead, for queries made of the library.
    #[serde(skip)]
    pub sections: Vec<String>,
}

impl SearchLabel {
    /// A query for which nothing is known to be relevant yet.
    pub(super) fn of(query: String) -> Self {
        Self { query, relevant: Vec::new(), kind: None, sections: Vec::new() }
    }
}

/// The figures of three rankings of the same passages.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Queries with something to find.
    pub n: usize,
    #[serde(flatten)]
    pub figures: Rankings,
    /// The same where no title is searched, neither by words nor by meaning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub titles_left_out: Option<Rankings>,
    /// Queries in which words were mended.
    pub corrected: usize,
    /// Things to be found that neither a title nor a file of the library is called.
    pub relevant_not_in_library: usize,
    /// Searches in which embeddings should have had a part, and failed.
    pub fallbacks: usize,
}

/// The figures of each ranking.
#[derive(Debug, Serialize)]
pub struct Rankings {
    pub vector: Figures,
    pub full_text: Figures,
    pub hybrid: Figures,
}

/// Means over all queries, 0 to 1 but for the time.
#[derive(Debug, Serialize)]
pub struct Figures {
    #[serde(rename = "ndcg@10")]
    pub ndcg: f64,
    #[serde(rename = "recall@10")]
    pub recall: f64,
    #[serde(rename = "mrr@10")]
    pub mrr: f64,
    pub milliseconds_per_query: f64,
}

/// A query, what it should find and what the rankings found.
#[derive(Debug, Serialize)]
pub struct Detail {
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    relevant: Vec<String>,
    vector: Answer,
    full_text: Answer,
    hybrid: Answer,
}

/// The sections one ranking found, best first.
#[derive(Debug, Serialize)]
struct Answer {
    #[serde(rename = "ndcg@10")]
    ndcg: f64,
    /// Each by the titles from its chapter's down to its own.
    sections: Vec<String>,
}

/// Asks every query of every ranking, with this help; `books` are the paths the library was read from.
pub async fn measure(
    services: &Services,
    rows: &[SearchLabel],
    books: &[PathBuf],
    help: Help,
    mut progress: impl FnMut(usize, usize),
) -> Result<Measured<Report, Detail>, Failure> {
    let rows: Vec<&SearchLabel> =
        rows.iter().filter(|row| !row.relevant.is_empty() || !row.sections.is_empty()).collect();
    if rows.is_empty() {
        return Err(Failure::new(ErrorCode::InvalidInput, "no query has anything relevant to find"));
    }
    let mut done = 0;
    let mut tick = || {
        done += 1;
        progress(done, 3 * rows.len());
    };
    let runs = Runs::over(services, &rows, help, &mut tick).await?;
    let mut resolver = Resolver::new(services, books, &sections(&services.store).await?);
    let mut relevant = Vec::with_capacity(rows.len());
    for row in &rows {
        relevant.push(match row.sections.as_slice() {
            [] => resolver.resolve(&row.relevant).await?,
            ids => Relevant::Sections(ids.iter().cloned().collect()),
        });
    }
    let Runs { vector, full_text, hybrid } = &runs;
    let report = Report {
        n: rows.len(),
        figures: runs.figures(&relevant),
        titles_left_out: None,
        corrected: hybrid.corrected,
        relevant_not_in_library: resolver.unknown,
        fallbacks: vector.fallbacks + hybrid.fallbacks,
    };
    let detail = |(at, row): (usize, &&SearchLabel)| Detail {
        query: row.query.clone(),
        kind: row.kind.clone(),
        relevant: row.relevant.clone(),
        vector: vector.answer(at, &relevant[at]),
        full_text: full_text.answer(at, &relevant[at]),
        hybrid: hybrid.answer(at, &relevant[at]),
    };
    Ok(Measured { report, details: rows.iter().enumerate().map(detail).collect() })
}

/// The same queries where no title is searched any more. Only for queries made of the library, and the last thing to ask it.
pub async fn without_titles(
    services: &Services,
    rows: &[SearchLabel],
    help: Help,
    mut progress: impl FnMut(usize, usize),
) -> Result<Rankings, Failure> {
    services.librarian.forget_titles().await?;
    services.searcher.warm_up().await?;
    let rows: Vec<&SearchLabel> = rows.iter().filter(|row| !row.sections.is_empty()).collect();
    let relevant: Vec<Relevant> =
        rows.iter().map(|row| Relevant::Sections(row.sections.iter().cloned().collect())).collect();
    let mut done = 0;
    let mut tick = || {
        done += 1;
        progress(done, 3 * rows.len());
    };
    Ok(Runs::over(services, &rows, help, &mut tick).await?.figures(&relevant))
}

/// What the three rankings found.
struct Runs {
    vector: Run,
    full_text: Run,
    hybrid: Run,
}

impl Runs {
    async fn over(
        services: &Services,
        rows: &[&SearchLabel],
        help: Help,
        tick: &mut impl FnMut(),
    ) -> Result<Self, Failure> {
        let vector = Run::over(services, rows, Ranking::Vector, help, &mut *tick).await?;
        let full_text = Run::over(services, rows, Ranking::FullText, help, &mut *tick).await?;
        let hybrid = Run::over(services, rows, Ranking::Hybrid, help, tick).await?;
        Ok(Self { vector, full_text, hybrid })
    }

    fn figures(&self, relevant: &[Relevant]) -> Rankings {
        Rankings {
            vector: self.vector.figures(relevant),
            full_text: self.full_text.figures(relevant),
            hybrid: self.hybrid.figures(relevant),
        }
    }
}

/// What one ranking found.
#[derive(Default)]
struct Run {
    /// For each query its sections, best first.
    found: Vec<Vec<FoundSection>>,
    spent: Duration,
    fallbacks: usize,
    corrected: usize,
}

impl Run {
    async fn over(
        services: &Services,
        rows: &[&SearchLabel],
        ranking: Ranking,
        help: Help,
        mut tick: impl FnMut(),
    ) -> Result<Self, Failure> {
        let mut run = Self { found: Vec::with_capacity(rows.len()), ..Self::default() };
        for row in rows {
            let asked = Instant::now();
            let found = search_by(&services.searcher, &row.query, PASSAGES, ranking, help).await?;
            run.spent += asked.elapsed();
            run.fallbacks += usize::from(found.fallback_reason.is_some());
            run.corrected += usize::from(found.corrected.is_some());
            run.found.push(first_sections(found.hits));
            tick();
        }
        Ok(run)
    }

    fn figures(&self, relevant: &[Relevant]) -> Figures {
        let scored = self.found.iter().zip(relevant);
        let scored: Vec<Ranked> = scored.map(|(found, relevant)| score(found, relevant)).collect();
        let mean = |figure: fn(&Ranked) -> f64| scored.iter().map(figure).sum::<f64>() / scored.len().max(1) as f64;
        Figures {
            ndcg: mean(|one| one.ndcg),
            recall: mean(|one| one.recall),
            mrr: mean(|one| one.reciprocal_rank),
            milliseconds_per_query: milliseconds_each(self.spent, self.found.len()),
        }
    }

    fn answer(&self, at: usize, relevant: &Relevant) -> Answer {
        let found = &self.found[at];
        let sections = found.iter().map(|section| section.heading.join(" > ")).collect();
        Answer { ndcg: score(found, relevant).ndcg, sections }
    }
}

fn score(found: &[FoundSection], relevant: &Relevant) -> Ranked {
    ranked(&relevant.gains(found), relevant.len())
}

/// The sections of the passages found, each at its best passage, as far as they count.
fn first_sections(hits: Vec<(f32, FoundPassage)>) -> Vec<FoundSection> {
    let mut seen = HashSet::new();
    let passages = hits.into_iter().map(|(_, passage)| passage);
    let first = passages.filter(|passage| seen.insert(passage.section_id.clone()));
    first.map(|passage| FoundSection { id: passage.section_id, heading: passage.heading }).take(DEPTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_counts_at_its_best_passage() {
        let passage = |section: usize| {
            let title = format!("Section {section}");
            FoundPassage { heading: vec![title.clone()], ..pathwright_api::testing::passage("p", &title, "") }
        };
        let hits = [1, 2, 1, 3].into_iter().chain(4..20).map(|section| (0.5, passage(section))).collect();
        let sections = first_sections(hits);
        assert_eq!(sections.len(), DEPTH);
        let titles: Vec<&str> = sections[..3].iter().map(|section| section.heading[0].as_str()).collect();
        assert_eq!(titles, ["Section 1", "Section 2", "Section 3"]);
    }

    #[test]
    fn figures_are_means_over_the_queries() {
        let found = |title: &str| FoundSection { heading: vec![title.to_owned()], ..FoundSection::default() };
        let found = vec![vec![found("A b")], vec![found("C d"), found("E f")]];
        let run = Run { found, spent: Duration::from_millis(30), ..Run::default() };
        let relevant = ["a B", "E f"].map(|title| Relevant::of([vec![title.to_owned()]]));
        let figures = run.figures(&relevant);
        assert_eq!((figures.recall, figures.mrr, figures.milliseconds_per_query), (1.0, 0.75, 15.0));
        let printed = serde_json::to_value(&figures).unwrap();
        assert!(printed["ndcg@10"].as_f64().unwrap() < 1.0 && printed["recall@10"] == 1.0);
    }
}
