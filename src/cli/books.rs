use std::process::ExitCode;

use anyhow::bail;

use crate::app::App;
use crate::config::Config;

/// Books fetched at once.
const PAGE: usize = 100;

pub(super) async fn list(config: Config) -> anyhow::Result<ExitCode> {
    let app = App::build(config).await?;
    let mut after: Option<String> = None;
    loop {
        let books = app.services.store.books(after.as_deref(), PAGE).await?.rows;
        for book in &books {
            super::print(&format!("{}\t{}\t{} passages\t{}", book.id, book.title, book.passage_count, book.source));
        }
        match books.last() {
            Some(last) if books.len() == PAGE => after = Some(last.id.clone()),
            _ => break,
        }
    }
    let drafts = app.services.store.library_state().await?.map(|state| state.drafts).unwrap_or_default();
    for (id, draft) in drafts.iter().filter(|(_, draft)| draft.edition.is_some()) {
        super::print(&format!("{id}\tunfinished: ingest {} again, or remove-book {id}", draft.source));
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn remove(config: Config, id: &str) -> anyhow::Result<ExitCode> {
    let app = App::build(config).await?;
    if !app.services.store.delete_book(id).await? {
        bail!("no book has the id `{id}`; `pathwright books` lists them");
    }
    super::print(&format!("removed {id}"));
    app.close().await;
    Ok(ExitCode::SUCCESS)
}
