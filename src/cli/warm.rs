use std::process::ExitCode;

use crate::app::App;
use crate::config::Config;

pub(super) async fn run(config: Config, template: &str) -> anyhow::Result<ExitCode> {
    let app = App::build(config).await?;
    let pieces = app.services.content.warm(template).await?;
    super::print(&format!("{pieces} pieces are ready for users of {template}"));
    app.close().await;
    Ok(ExitCode::SUCCESS)
}
