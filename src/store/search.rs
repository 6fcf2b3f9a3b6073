use std::collections::HashMap;
use std::fmt::Write;

use async_trait::async_trait;
use pathwright_api::Failure;
use pathwright_api::library::FoundPassage;
use pathwright_api::ports::{PassageQuery, PassageSearch};
use serde::Deserialize;

use super::Store;
use super::library::PASSAGE;

/// Breadth of the walk through the vector index: recall@10 of 0.997 and better was measured with it.
const EF: usize = 64;

#[derive(Deserialize)]
struct Row {
    id: String,
    book: String,
    section: String,
    ordinal: u32,
    page: Option<u32>,
    heading: Vec<String>,
    text: String,
    distance: Option<f32>,
}

/// All queries are one round trip, after one that asks in which field the vectors in use stand: another process may have
/// switched to other ones. Full text asks for all words of a wording: any word would score every match,
/// which takes seconds where words are common.
#[async_trait]
impl PassageSearch for Store {
    async fn candidates(&self, queries: Vec<PassageQuery>) -> Result<Vec<Vec<FoundPassage>>, Failure> {
        let by_vectors = queries.iter().any(|query| !query.embedding.is_empty());
        let vectors = if by_vectors { self.vectors_in_use().await? } else { String::new() };
        let mut text = String::new();
        let mut spans = Vec::with_capacity(queries.len());
        let mut statements = 0;
        for (number, query) in queries.iter().enumerate() {
            let before = statements;
            statements += write_statements(&mut text, number, query, &vectors);
            spans.push(before..statements);
        }
        let mut call = self.query(text);
        for (number, query) in queries.into_iter().enumerate() {
            call = call.bind(format!("v{number}"), query.embedding);
            for (at, wording) in query.wordings.into_iter().enumerate() {
                call = call.bind(format!("w{number}_{at}"), wording);
            }
        }
        let mut answers = call.run().await?;
        let mut found = Vec::with_capacity(spans.len());
        for span in spans {
            let mut union: HashMap<String, FoundPassage> = HashMap::new();
            for statement in span {
                for row in answers.rows::<Row>(statement)? {
                    union.entry(row.id.clone()).or_insert_with(|| row.into());
                }
            }
            found.push(union.into_values().collect());
        }
        Ok(found)
    }
}

/// Vector matches first, so that a passage found by both keeps its cosine.
fn write_statements(text: &mut String, number: usize, query: &PassageQuery, vectors: &str) -> usize {
    let limit = query.limit;
    let mut count = 0;
    if !query.embedding.is_empty() {
        let _ = writeln!(
            text,
            "SELECT {PASSAGE}, vector::distance::knn() AS distance FROM passage WHERE {vectors} <|{limit},{EF}|> $v{number};"
        );
        count += 1;
    }
    for at in 0..query.wordings.len() {
        for field in ["text", "headings"] {
            let _ = writeln!(
                text,
                "SELECT {PASSAGE}, search::score(1) AS score FROM passage WHERE {field} @1@ $w{number}_{at} ORDER BY score DESC LIMIT {limit};"
            );
            count += 1;
        }
    }
    count
}

impl From<Row> for FoundPassage {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            book_id: row.book,
            section_id: row.section,
            heading: row.heading,
            ordinal: row.ordinal,
            page: row.page,
            text: row.text,
            cosine: row.distance.map(|distance| 1.0 - distance),
        }
    }
}
