use std::borrow::Cow;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use pathwright_api::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use surrealdb::IndexedResults;
use surrealdb::types::{QueryError, SurrealValue, Value, Variables};

use super::engine::Unanswered;
use super::{Store, failure};

/// Statements with their bindings; several statements are one round trip.
pub(super) struct Query<'s> {
    store: &'s Store,
    text: Cow<'static, str>,
    bindings: Vec<(Cow<'static, str>, Value)>,
    unusable: Option<Failure>,
}

impl Store {
    pub(super) fn query(&self, text: impl Into<Cow<'static, str>>) -> Query<'_> {
        Query { store: self, text: text.into(), bindings: Vec::new(), unusable: None }
    }
}

impl Query<'_> {
    pub(super) fn bind(mut self, name: impl Into<Cow<'static, str>>, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => self.bindings.push((name.into(), value.into_value())),
            Err(error) => self.unusable = Some(Failure::internal(format!("a value cannot be stored: {error}"))),
        }
        self
    }

    /// Runs the statements. A transaction that lost against another one is run again; all text here is either one
    /// statement or one transaction, so that nothing happens twice.
    pub(super) async fn run(self) -> Result<Answers, Failure> {
        if let Some(failure) = self.unusable {
            return Err(failure);
        }
        let once = || {
            self.store.queries.fetch_add(1, Relaxed);
            let mut variables = Variables::new();
            for (name, value) in &self.bindings {
                variables.insert(name.to_string(), value.clone());
            }
            self.store.engine.query(self.text.as_ref(), variables)
        };
        let policy = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(5))
            .with_max_delay(Duration::from_millis(500))
            .with_max_times(8)
            .with_jitter();
        once.retry(policy).when(is_conflict).await.map(Answers).map_err(|unanswered| match unanswered {
            Unanswered::Refused(failure) => failure,
            Unanswered::Failed(error) => failure(error),
        })
    }
}

fn is_conflict(unanswered: &Unanswered) -> bool {
    let Unanswered::Failed(error) = unanswered else {
        return false;
    };
    matches!(error.query_details(), Some(QueryError::TransactionConflict))
        || error.to_string().contains("transaction conflict")
}

/// The answers to the statements of one query, by their number from 0.
pub(super) struct Answers(IndexedResults);

impl Answers {
    /// All rows; one that does not fit fails the query.
    pub(super) fn rows<T: DeserializeOwned>(&mut self, statement: usize) -> Result<Vec<T>, Failure> {
        self.values(statement)?.into_iter().map(read).collect()
    }

    /// For a page of a list: a row that does not fit is left out, and the log says so.
    pub(super) fn rows_that_fit<T: DeserializeOwned>(&mut self, statement: usize) -> Result<Vec<T>, Failure> {
        Ok(self.values(statement)?.into_iter().filter_map(|row| read(row).ok()).collect())
    }

    fn values(&mut self, statement: usize) -> Result<Vec<serde_json::Value>, Failure> {
        let value: Value = self.0.take(statement).map_err(failure)?;
        Ok(match value.into_json_value() {
            serde_json::Value::Null => Vec::new(),
            serde_json::Value::Array(rows) => rows,
            single => vec![single],
        })
    }

    /// The answer of the last statement that has one.
    pub(super) fn last<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Failure> {
        for statement in (0..self.0.num_statements()).rev() {
            let rows: Vec<serde_json::Value> = self.rows(statement)?;
            if let Some(row) = rows.into_iter().next() {
                return read(row).map(Some);
            }
        }
        Ok(None)
    }

    pub(super) fn row<T: DeserializeOwned>(&mut self, statement: usize) -> Result<Option<T>, Failure> {
        Ok(self.rows(statement)?.into_iter().next())
    }
}

fn read<T: DeserializeOwned>(row: serde_json::Value) -> Result<T, Failure> {
    let id = row.get("id").map(ToString::to_string).unwrap_or_default();
    serde_json::from_value(row).map_err(|error| {
        tracing::error!(%error, id, "a stored row does not have the expected shape");
        Failure::internal("a stored row does not have the expected shape; the log has the details")
    })
}
