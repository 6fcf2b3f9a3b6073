use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use pathwright_api::{ErrorCode, Failure};
use tokio::net::TcpListener;

use crate::app::{self, App};
use crate::config::Config;

#[derive(Args, Clone, Debug)]
pub(super) struct Options {
    /// Where to listen; port 0 picks a free one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) addr: Option<String>,
    /// Do not load the sample library into a new data folder.
    #[arg(long)]
    pub(super) no_sample: bool,
    /// Go on without what a damaged database has lost; what is damaged is kept beside it.
    #[arg(long)]
    pub(super) accept_loss: bool,
}

impl Options {
    pub(super) const NONE: Self = Self { addr: None, no_sample: false, accept_loss: false };
}

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    let address = config.addr;
    // The address first: a port that is taken is known in a moment, and nothing was begun.
    let listener = TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))?;
    let local = listener.local_addr()?;
    let app = match App::build(config).await {
        Err(damaged) if damaged.code == ErrorCode::StoreDamaged => return refuse(listener, &damaged).await,
        app => app?,
    };
    let sample = app.offer_sample().await?;
    if !sample.is_empty() {
        super::print(&format!("loaded the sample library: {}", sample.join("; ")));
    }
    if let Some(models) = &app.models {
        super::print(&format!("language model: {} at {}", app.config.llm.model, models.endpoint.shown()));
    }
    match app.why_no_pages() {
        None => super::print("pages: / for learners, /operator, /graphiql; the API: /graphql"),
        Some(why) => super::print(&format!("no pages, the API alone (/graphql): {why}")),
    }
    super::print(&format!("listening on http://{local}"));
    app.serve(listener, stop_signal()).await?;
    Ok(ExitCode::SUCCESS)
}

/// Says what is lost, and serves nothing else, until somebody looked after it.
async fn refuse(listener: TcpListener, damaged: &Failure) -> anyhow::Result<ExitCode> {
    super::complain(&damaged.message);
    super::print(&format!("listening on http://{}", listener.local_addr()?));
    app::serve_damaged(listener, damaged, stop_signal()).await?;
    Ok(ExitCode::from(super::FAILED))
}

/// Ctrl-C, or the signal service managers send.
async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}
