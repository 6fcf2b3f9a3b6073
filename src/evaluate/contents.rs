use pathwright_api::coverage::Verdict;
use pathwright_api::{ErrorCode, Failure};
use serde::Serialize;

use super::Measured;
use super::coverage::CoverageLabel;
use super::metrics::Retrieval;
use crate::comparison::titles;
use crate::coverage::{Assessor, Measure};
use crate::library::Candidate;
use crate::services::Services;
use crate::store::Store;
use pathwright_api::library::Section;

/// Sections read in one go.
const PAGE: usize = 1_000;

/// What a table of contents tells of what the whole text would say; shares are 0 to 1.
#[derive(Debug, Serialize)]
pub struct Report {
    pub n: usize,
    /// Lines of the table of contents.
    pub titles: usize,
    /// Topics that count as covered by the full text, and by the titles.
    pub by_full_text: usize,
    pub by_titles: usize,
    /// Of the titles' verdicts against those of the full text.
    pub precision: f64,
    pub recall: f64,
    /// Of the same against the labels.
    pub label_precision: f64,
    pub label_recall: f64,
}

/// A topic judged both ways.
#[derive(Debug, Serialize)]
pub struct Detail {
    topic: String,
    expected: bool,
    covered_by_full_text: bool,
    full_text: f32,
    covered_by_titles: bool,
    titles: f32,
    /// The judge's own score of the titles, before it is known what that is worth.
    titles_score: f32,
    /// The title that comes nearest, with those above it.
    best: Option<String>,
}

/// Judges the topics of all rows by the one book of the library, and by its table of contents down to so many levels.
pub async fn measure(
    services: &Services,
    rows: &[CoverageLabel],
    levels: usize,
) -> Result<Measured<Report, Detail>, Failure> {
    let text = table_of_contents(&services.store, levels).await?;
    let topics: Vec<_> = rows.iter().map(|row| services.host.topics.as_asked(&row.topic)).collect();
    let assessor = Assessor::new(&services.store, &services.host);
    let full = assessor.measure(topics.clone(), Measure::default()).await?;
    let candidate = services.librarian.candidate_by_contents(String::new(), &text).await?;
    let alone = services.searcher.overlays().await?.only(&candidate.book).await?;
    let by = Measure { overlay: Some(alone.name()), ..Measure::default() };
    let by_titles = assessor.measure(topics, by).await?;
    let judged = rows.iter().zip(full.iter().zip(&by_titles));
    let details: Vec<Detail> = judged.map(|(row, (full, titles))| detail(row, full, titles, &candidate)).collect();
    Ok(Measured { report: report(&details, candidate.section_count), details })
}

fn detail(row: &CoverageLabel, full: &Verdict, by_titles: &Verdict, candidate: &Candidate) -> Detail {
    let best = by_titles.passages.first().and_then(|scored| candidate.passage(&scored.passage_id));
    let confidence = titles::confidence(by_titles);
    Detail {
        topic: row.topic.clone(),
        expected: row.covered,
        covered_by_full_text: full.covered,
        full_text: full.confidence,
        covered_by_titles: confidence >= titles::COVERS,
        titles: confidence,
        titles_score: by_titles.confidence,
        best: best.map(|passage| passage.heading.join(" > ")),
    }
}

fn report(details: &[Detail], titles: usize) -> Report {
    let of_text = Retrieval::of(details.iter().map(|row| (row.covered_by_full_text, row.covered_by_titles)));
    let of_labels = Retrieval::of(details.iter().map(|row| (row.expected, row.covered_by_titles)));
    Report {
        n: details.len(),
        titles,
        by_full_text: details.iter().filter(|row| row.covered_by_full_text).count(),
        by_titles: details.iter().filter(|row| row.covered_by_titles).count(),
        precision: of_text.precision.value(),
        recall: of_text.recall.value(),
        label_precision: of_labels.precision.value(),
        label_recall: of_labels.recall.value(),
    }
}

/// The titles of the library's only book, indented, as a publisher would print them.
async fn table_of_contents(store: &Store, levels: usize) -> Result<String, Failure> {
    let books = store.books(None, 2).await?.rows;
    let [book] = books.as_slice() else {
        return Err(Failure::new(ErrorCode::InvalidInput, "this measures one book at a time"));
    };
    let mut sections: Vec<Section> = Vec::new();
    loop {
        let after = sections.last().map(|section| section.ordinal);
        let page = store.sections_of(&book.id, after, PAGE).await?.rows;
        let done = page.len() < PAGE;
        sections.extend(page);
        if done {
            return Ok(printed(&sections, levels));
        }
    }
}

fn printed(sections: &[Section], levels: usize) -> String {
    let mut text = String::new();
    let mut before: &[String] = &[];
    for section in sections {
        let shared = before.iter().zip(&section.heading).take_while(|(a, b)| a == b).count();
        for (depth, title) in section.heading.iter().enumerate().take(levels).skip(shared) {
            text.push_str(&"  ".repeat(depth));
            text.push_str(title);
            text.push('\n');
        }
        before = &section.heading;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_printed_once_and_down_to_a_level() {
        let section = |heading: &[&str]| Section {
            id: String::new(),
            book: String::new(),
            ordinal: 0,
            title: String::new(),
            heading: heading.iter().map(ToString::to_string).collect(),
            page: None,
            terms: vec![],
            references: vec![],
        };
        let sections = [section(&["A"]), section(&["A", "B"]), section(&["A", "B", "C"]), section(&["D", "B"])];
        assert_eq!(printed(&sections, 2), "A\n  B\nD\n  B\n");
    }
}
