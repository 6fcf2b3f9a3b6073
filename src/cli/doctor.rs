use std::process::ExitCode;

use pathwright_api::Failure;

use crate::app::App;
use crate::config::{Config, EmbeddingChoice};
use crate::llm::Models;
use crate::llm::probe::{self, Findings};

/// Models of an endpoint that are named; gateways list hundreds.
const NAMED: usize = 12;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    say("address", &config.addr.to_string());
    say("data", &config.data.display().to_string());
    let keys = config.auth.keys.len();
    say("access", &if keys == 0 { "this machine only, no keys".to_owned() } else { format!("{keys} API keys") });
    let app = match App::build(config).await {
        Ok(app) => app,
        Err(failure) => {
            say("failed", &failure.message);
            return Ok(ExitCode::from(super::FAILED));
        }
    };
    let services = &app.services;
    let choice = app.config.embedding.choice();
    if let Some(state) = services.store.library_state().await? {
        let books = services.store.books(None, 1).await?.total;
        say("library", &format!("{books} books, revision {}", state.revision));
        let place = match choice {
            EmbeddingChoice::Embedded => "embedded: no key, no internet",
            EmbeddingChoice::Folder(_) => "from a folder: no key, no internet",
            EmbeddingChoice::Endpoint(_) => "at the endpoint",
        };
        say("embedding", &format!("{} ({} dimensions), {place}", state.embedding_model, state.dimension));
    }
    say(
        "topics",
        &format!("{} topics, {} templates", services.host.topics.len(), services.host.templates.iter().count()),
    );
    for plugin in services.host.status() {
        say("plugin", &format!("{} {} ({})", plugin.name, plugin.version, plugin.capability));
    }
    if let Some(models) = &app.models {
        return examine(&app, models).await;
    }
    say("model", "no language model configured: the embedded analyzer, sequencer and writer do the work");
    Ok(ExitCode::SUCCESS)
}

fn say(part: &str, what: &str) {
    super::print(&format!("{part:<10} {what}"));
}

/// Asks the endpoint; that the chat model answers is what decides.
async fn examine(app: &App, models: &Models) -> anyhow::Result<ExitCode> {
    let llm = &app.config.llm;
    say("model", &format!("{} at {}", llm.model, models.endpoint.shown()));
    let embedding_model = match app.config.embedding.choice() {
        EmbeddingChoice::Endpoint(name) => name,
        EmbeddingChoice::Embedded | EmbeddingChoice::Folder(_) => "text-embedding-3-small".to_owned(),
    };
    let Findings { models: listed, shapes, streaming, embeddings } = probe::probe(models, &embedding_model).await;
    say("  lists", &yes_or_why(listed.map(|names| named(&names))));
    for (rung, result) in &shapes {
        say(
            "  answers",
            &format!("{rung}: {}", result.as_ref().map_or_else(|why| format!("no: {why}"), |()| "yes".to_owned())),
        );
    }
    say("  streams", &yes_or_why(streaming.map(|parts| format!("yes, {parts} parts"))));
    say(
        "  embeds",
        &format!(
            "{embedding_model}: {}",
            yes_or_why(embeddings.map(|dimension| format!("yes, {dimension} dimensions")))
        ),
    );
    if let Err(failure) = app.services.meter.check_budget().await {
        say("  budget", &failure.message);
    }
    let answers = shapes.iter().any(|(_, result)| result.is_ok());
    say(
        "",
        if answers { "the chat model answers" } else { "degraded: the embedded default stands in for the chat model" },
    );
    Ok(if answers { ExitCode::SUCCESS } else { ExitCode::from(super::FAILED) })
}

fn yes_or_why(result: Result<String, Failure>) -> String {
    result.unwrap_or_else(|failure| format!("no: {failure}"))
}

fn named(names: &[String]) -> String {
    let shown = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
