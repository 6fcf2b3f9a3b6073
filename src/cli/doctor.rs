use std::process::ExitCode;

use crate::app::App;
use crate::config::Config;

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let say = |part: &str, what: &str| super::print(&format!("{part:<10} {what}"));
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
    if let Some(state) = services.store.library_state().await? {
        let books = services.store.books(None, 1).await?.total;
        say("library", &format!("{books} books, revision {}", state.revision));
        say(
            "embedding",
            &format!("{} ({} dimensions), embedded: no key, no internet", state.embedding_model, state.dimension),
        );
    }
    say(
        "topics",
        &format!("{} topics, {} templates", services.host.topics.len(), services.host.templates.iter().count()),
    );
    say("model", "no language model configured: the embedded analyzer, sequencer and writer do the work");
    for plugin in services.host.status() {
        say("plugin", &format!("{} {} ({})", plugin.name, plugin.version, plugin.capability));
    }
    Ok(ExitCode::SUCCESS)
}
