use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use super::Server;
use crate::host::PluginState;

/// The process runs.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

#[derive(Serialize)]
pub(super) struct Readiness {
    /// `ready`, `degraded` (answers, but not as configured) or `unready`.
    status: &'static str,
    /// What is not as it should be, and why; empty when ready.
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Problem {
    part: String,
    why: String,
    #[serde(skip)]
    serious: bool,
}

/// Whether requests can be answered, and what is missing.
pub(super) async fn ready(State(server): State<Server>) -> (StatusCode, Json<Readiness>) {
    let mut problems = Vec::new();
    match server.services.store.library_state().await {
        Ok(Some(_)) => {}
        Ok(None) => problems.push(Problem { part: "library".into(), why: "not founded yet".into(), serious: true }),
        Err(failure) => problems.push(Problem { part: "store".into(), why: failure.message, serious: true }),
    }
    if server.services.store.is_full() {
        let why = "no space is left on the database's disk; once there is room, writing goes on by itself".to_owned();
        problems.push(Problem { part: "store".into(), why, serious: true });
    }
    for plugin in server.services.host.status() {
        if plugin.state == PluginState::Restarting {
            let why = format!("fell {} times and waits to be started again", plugin.restarts + 1);
            problems.push(Problem { part: plugin.name.to_owned(), why, serious: false });
        }
    }
    let (code, status) = match problems.as_slice() {
        [] => (StatusCode::OK, "ready"),
        some if some.iter().any(|problem| problem.serious) => (StatusCode::SERVICE_UNAVAILABLE, "unready"),
        _ => (StatusCode::OK, "degraded"),
    };
    (code, Json(Readiness { status, problems }))
}

/// A database that lost what was acknowledged.
pub(super) fn damaged(why: String) -> (StatusCode, Json<Readiness>) {
    let problems = vec![Problem { part: "store".into(), why, serious: true }];
    (StatusCode::SERVICE_UNAVAILABLE, Json(Readiness { status: "unready", problems }))
}
