use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pathwright_api::library::FoundPassage;
use pathwright_api::{ErrorCode, Failure};
use serde::{Deserialize, Serialize};

use super::metrics::{DEPTH, Ranked, ranked};
use super::relevant::{Relevant, Resolver, sections};
use super::{Measured, key, milliseconds_each};
use crate::graphql::Services;
use crate::library::{Ranking, search_by};

/// Passages asked for: enough for ten sections where one section has several.
const PASSAGES: usize = 60;

/// A query and what it should find.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    pub query: String,
    /// Titles of sections, or paths of files below the library's folders.
    pub relevant: Vec<String>,
    /// What sort of query it is, such as "paraphrase"; for the details.
    pub kind: Option<String>,
}

/// The figures of three rankings of the same passages.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Queries with something to find.
    pub n: usize,
    pub vector: Figures,
    pub full_text: Figures,
    pub hybrid: Figures,
    /// Things to be found that neither a title nor a file of the library is called.
    pub relevant_not_in_library: usize,
    /// Searches in which embeddings should have had a part, and failed.
    pub fallbacks: usize,
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

/// Asks every query of every ranking; `books` are the paths the library was read from.
pub async fn measure(
    services: &Services,
    rows: &[Row],
    books: &[PathBuf],
    mut progress: impl FnMut(usize, usize),
) -> Result<Measured<Report, Detail>, Failure> {
    let rows: Vec<&Row> = rows.iter().filter(|row| !row.relevant.is_empty()).collect();
    if rows.is_empty() {
        return Err(Failure::new(ErrorCode::InvalidInput, "no query has anything relevant to find"));
    }
    let mut done = 0;
    let mut tick = || {
        done += 1;
        progress(done, 3 * rows.len());
    };
    let vector = Run::over(services, &rows, Ranking::Vector, &mut tick).await?;
    let full_text = Run::over(services, &rows, Ranking::FullText, &mut tick).await?;
    let hybrid = Run::over(services, &rows, Ranking::Hybrid, &mut tick).await?;
    let mut resolver = Resolver::new(services, books, &sections(&services.store).await?);
    let mut relevant = Vec::with_capacity(rows.len());
    for row in &rows {
        relevant.push(resolver.resolve(&row.relevant).await?);
    }
    let report = Report {
        n: rows.len(),
        vector: vector.figures(&relevant),
        full_text: full_text.figures(&relevant),
        hybrid: hybrid.figures(&relevant),
        relevant_not_in_library: resolver.unknown,
        fallbacks: vector.fallbacks + hybrid.fallbacks,
    };
    let detail = |(at, row): (usize, &&Row)| Detail {
        query: row.query.clone(),
        kind: row.kind.clone(),
        relevant: row.relevant.clone(),
        vector: vector.answer(at, &relevant[at]),
        full_text: full_text.answer(at, &relevant[at]),
        hybrid: hybrid.answer(at, &relevant[at]),
    };
    Ok(Measured { report, details: rows.iter().enumerate().map(detail).collect() })
}

/// The titles of the library's sections as queries that should find themselves: those of several words that one section has.
pub async fn title_queries(services: &Services) -> Result<Vec<Row>, Failure> {
    let titles: Vec<String> = sections(&services.store).await?.into_iter().map(|section| section.title).collect();
    let mut times: HashMap<String, usize> = HashMap::new();
    for title in &titles {
        *times.entry(key(title)).or_default() += 1;
    }
    let is_query = |title: &String| title.split_whitespace().count() > 1 && times[&key(title)] == 1;
    let row = |title: String| Row { query: title.clone(), relevant: vec![title], kind: None };
    Ok(titles.into_iter().filter(is_query).map(row).collect())
}

/// What one ranking found.
struct Run {
    /// For each query its sections, each by the titles above it.
    found: Vec<Vec<Vec<String>>>,
    spent: Duration,
    fallbacks: usize,
}

impl Run {
    async fn over(
        services: &Services,
        rows: &[&Row],
        ranking: Ranking,
        mut tick: impl FnMut(),
    ) -> Result<Self, Failure> {
        let mut run = Self { found: Vec::with_capacity(rows.len()), spent: Duration::ZERO, fallbacks: 0 };
        for row in rows {
            let asked = Instant::now();
            let found = search_by(&services.searcher, &row.query, PASSAGES, ranking).await?;
            run.spent += asked.elapsed();
            run.fallbacks += usize::from(found.fallback_reason.is_some());
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
        let sections = found.iter().map(|heading| heading.join(" > ")).collect();
        Answer { ndcg: score(found, relevant).ndcg, sections }
    }
}

fn score(found: &[Vec<String>], relevant: &Relevant) -> Ranked {
    ranked(&relevant.gains(found), relevant.len())
}

/// The sections of the passages found, each at its best passage, as far as they count.
fn first_sections(hits: Vec<(f32, FoundPassage)>) -> Vec<Vec<String>> {
    let mut seen = HashSet::new();
    let passages = hits.into_iter().map(|(_, passage)| passage);
    let first = passages.filter(|passage| seen.insert(passage.section_id.clone()));
    first.map(|passage| passage.heading).take(DEPTH).collect()
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
        assert_eq!(sections[..3], [["Section 1"], ["Section 2"], ["Section 3"]]);
    }

    #[test]
    fn figures_are_means_over_the_queries() {
        let heading = |title: &str| vec![title.to_owned()];
        let found = vec![vec![heading("A b")], vec![heading("C d"), heading("E f")]];
        let run = Run { found, spent: Duration::from_millis(30), fallbacks: 0 };
        let relevant = [Relevant::of([heading("a B")]), Relevant::of([heading("E f")])];
        let figures = run.figures(&relevant);
        assert_eq!((figures.recall, figures.mrr, figures.milliseconds_per_query), (1.0, 0.75, 15.0));
        let printed = serde_json::to_value(&figures).unwrap();
        assert!(printed["ndcg@10"].as_f64().unwrap() < 1.0 && printed["recall@10"] == 1.0);
    }
}
