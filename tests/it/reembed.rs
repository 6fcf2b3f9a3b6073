use std::process::Command;
use std::sync::atomic::Ordering::SeqCst;

use pathwright::library::{Outcome, Reembedded, Upload};
use pathwright::store::Store;
use pathwright_api::ErrorCode;

use crate::words_model::{Words, book, founded_by, librarian};

fn weaving() -> Upload {
    book(
        "Weaving",
        "# Willow\n\nWillow bends.\n\n# Soaking\n\nSoak willow in cold water.\n\n# Cane\n\nCane makes chairs.",
    )
}

/// Headings of what is nearest to the text of a passage, and how near.
async fn nearest(store: &Store, embedder: &Words, passage: &str) -> (String, f32) {
    let vectors = store.library_state().await.unwrap().unwrap().vectors;
    let found = store.nearest(&vectors, &[&embedder.vector(passage)], 3).await.unwrap().remove(0);
    let (id, cosine) = found.into_iter().next().unwrap();
    let best = store.passages_by_id(&[id]).await.unwrap().remove(0);
    (best.heading.join(" "), cosine)
}

async fn is_of(store: &Store, embedder: &Words) -> bool {
    match store.init_library(embedder.model, embedder.dimension).await {
        Ok(_) => true,
        Err(failure) => {
            assert_eq!(failure.code, ErrorCode::EmbeddingModelMismatch);
            assert!(failure.message.contains("ingest --reembed"), "{failure}");
            false
        }
    }
}

const SOAKING: &str = "Soaking\nSoak willow in cold water.";

#[tokio::test(flavor = "multi_thread")]
async fn the_library_is_searched_by_the_new_model_and_the_old_one_is_refused() {
    let (old, new) = (Words::new("old", 16), Words::new("new", 24));
    let store = founded_by(&old).await;
    let (by_old, by_new) = (librarian(&store, &old), librarian(&store, &new));
    by_old.ingest_upload(weaving()).await.unwrap();
    let before = store.library_state().await.unwrap().unwrap();
    let mut heard = Vec::new();
    let done = by_new.reembed(|done, total| heard.push((done, total))).await.unwrap();
    assert_eq!(done, Some(Reembedded { now: 3, before: 0 }));
    assert_eq!(heard, [(0, 3), (3, 3)]);

    let (heading, cosine) = nearest(&store, &new, SOAKING).await;
    assert!(heading == "Soaking" && cosine > 0.999, "{heading} {cosine}");
    assert!(is_of(&store, &new).await && !is_of(&store, &old).await);
    assert_eq!(store.library_state().await.unwrap().unwrap().revision, before.revision + 1);
    assert_eq!(store.library_state().await.unwrap().unwrap().contents(), before.contents(), "no book has changed");

    assert_eq!(by_new.ingest_upload(weaving()).await.unwrap().outcome, Outcome::Unchanged);
    let late = by_old.ingest_upload(book("Late", "# Late\n\nBy the old model.")).await.unwrap_err();
    assert_eq!(late.code, ErrorCode::EmbeddingModelMismatch);
    by_new.ingest_upload(book("Knots", "# Knots\n\nA reef knot joins two ropes.")).await.unwrap();
    assert_eq!(nearest(&store, &new, "Knots\nA reef knot joins two ropes.").await.0, "Knots");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_of_another_model_does_not_get_in_behind_the_switch() {
    let (old, new) = (Words::new("old", 16), Words::new("new", 16));
    let store = founded_by(&old).await;
    librarian(&store, &old).ingest_upload(weaving()).await.unwrap();
    let stale = store.library_state().await.unwrap().unwrap();
    let known = store.books(None, 1).await.unwrap().rows.remove(0);
    librarian(&store, &new).reembed(|_, _| ()).await.unwrap();
    let refused = store.finish_book(&known, &[], &stale).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::EmbeddingModelMismatch);
    assert_eq!(nearest(&store, &new, SOAKING).await.0, "Soaking");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_leaves_the_old_model_at_work_and_goes_on_later() {
    const SECTIONS: usize = 300;
    let (old, new) = (Words::new("old", 16), Words::new("new", 24));
    let store = founded_by(&old).await;
    let long: String = (0..SECTIONS).map(|n| format!("# Part{n}\n\nAbout subject{n}.\n\n")).collect();
    librarian(&store, &old).ingest_upload(book("Long", &long)).await.unwrap();

    new.limit.store(SECTIONS - 1, SeqCst);
    let failure = librarian(&store, &new).reembed(|_, _| ()).await.unwrap_err();
    assert_eq!(failure.code, ErrorCode::ModelUnavailable);
    let in_first_run = new.embedded.load(SeqCst);
    assert!(in_first_run > 0, "nothing was done before the failure");
    assert!(is_of(&store, &old).await && !is_of(&store, &new).await);
    librarian(&store, &old).ingest_upload(weaving()).await.unwrap();
    assert_eq!(nearest(&store, &old, SOAKING).await.0, "Soaking");

    new.limit.store(usize::MAX, SeqCst);
    let done = librarian(&store, &new).reembed(|_, _| ()).await.unwrap().unwrap();
    assert_eq!(done, Reembedded { now: SECTIONS + 3 - in_first_run, before: in_first_run });
    assert_eq!(new.embedded.load(SeqCst), SECTIONS + 3);
    assert!(is_of(&store, &new).await);
    assert_eq!(nearest(&store, &new, SOAKING).await.0, "Soaking");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_model_has_nothing_to_do_and_one_may_go_back() {
    let (old, new) = (Words::new("old", 16), Words::new("new", 24));
    let store = founded_by(&old).await;
    librarian(&store, &old).ingest_upload(weaving()).await.unwrap();
    let before = store.library_state().await.unwrap();
    assert_eq!(librarian(&store, &old).reembed(|_, _| ()).await.unwrap(), None);
    assert_eq!((store.library_state().await.unwrap(), old.embedded.load(SeqCst)), (before, 3));

    for embedder in [&new, &old, &new] {
        let done = librarian(&store, embedder).reembed(|_, _| ()).await.unwrap();
        assert_eq!(done, Some(Reembedded { now: 3, before: 0 }), "{}", embedder.model);
        assert_eq!(nearest(&store, embedder, SOAKING).await.0, "Soaking");
    }
}

#[test]
fn the_command_takes_no_path_and_says_when_there_is_nothing_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pathwright"));
    command.args(["ingest", "--reembed", "--data"]).arg(folder.path()).current_dir(folder.path());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("is embedded by pathwright-tokens-256-v1 already"), "{output:?}");
}
