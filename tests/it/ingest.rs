use std::sync::atomic::Ordering::SeqCst;

use pathwright::library::{Outcome, Upload};
use pathwright::store::Store;
use pathwright_api::ErrorCode;
use pathwright_api::library::Book;

use crate::words_model::{Words, book, founded_by, librarian};

/// A book of so many sections, each a passage.
fn long(chapters: std::ops::Range<usize>) -> Upload {
    let chapter = |number: usize| format!("# Chapter {number}\n\nThe {number}th knot joins rope number {number}.\n\n");
    book("Knots", &chapters.map(chapter).collect::<String>())
}

async fn the_book(store: &Store) -> Option<Book> {
    store.books(None, 10).await.unwrap().rows.into_iter().next()
}

/// Texts of what the library shows, in reading order.
async fn shown(store: &Store) -> Vec<String> {
    let Some(book) = the_book(store).await else {
        return Vec::new();
    };
    let passages = store.passages_of_book(&book.id, &book.content_hash).await.unwrap();
    assert!(passages.iter().enumerate().all(|(at, passage)| passage.ordinal as usize == at));
    passages.into_iter().map(|passage| passage.heading.join(" ")).collect()
}

/// All passages that are stored, shown or not.
async fn stored(store: &Store, embedder: &Words) -> usize {
    let vectors = store.library_state().await.unwrap().unwrap().vectors;
    store.nearest(&vectors, &[&embedder.vector("knot")], 2_000).await.unwrap().remove(0).len()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_off_goes_on_where_it_stopped() {
    let embedder = Words::new("w", 16);
    let store = founded_by(&embedder).await;
    let librarian = librarian(&store, &embedder);
    embedder.limit.store(600, SeqCst);
    assert_eq!(librarian.ingest_upload(long(0..1_000)).await.unwrap_err().code, ErrorCode::ModelUnavailable);
    let embedded = embedder.embedded.load(SeqCst);
    assert!(embedded >= 256 && the_book(&store).await.is_none(), "{embedded} embedded");
    let written = stored(&store, &embedder).await;
    assert_eq!(store.library_state().await.unwrap().unwrap().drafts.len(), 1);

    embedder.limit.store(usize::MAX, SeqCst);
    let done = librarian.ingest_upload(long(0..1_000)).await.unwrap();
    assert_eq!((done.outcome, done.known as usize, done.book.passage_count), (Outcome::Added, written, 1_000));
    assert_eq!(embedder.embedded.load(SeqCst), embedded + 1_000 - written);
    assert_eq!((shown(&store).await.len(), stored(&store, &embedder).await), (1_000, 1_000));
    assert!(store.library_state().await.unwrap().unwrap().drafts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_changed_book_only_what_is_new_is_embedded() {
    let embedder = Words::new("w", 16);
    let store = founded_by(&embedder).await;
    let librarian = librarian(&store, &embedder);
    librarian.ingest_upload(long(0..300)).await.unwrap();
    let before = embedder.embedded.load(SeqCst);
    let changed = librarian.ingest_upload(long(100..350)).await.unwrap();
    assert_eq!((changed.outcome, changed.known), (Outcome::Replaced, 200));
    assert_eq!(embedder.embedded.load(SeqCst), before + 50);
    let shown = shown(&store).await;
    assert_eq!((shown.len(), shown[0].as_str(), shown[249].as_str()), (250, "Chapter 100", "Chapter 349"));
    assert_eq!(stored(&store, &embedder).await, 250);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_book_that_is_cut_off_is_shown_as_it_was() {
    let embedder = Words::new("w", 16);
    let store = founded_by(&embedder).await;
    let librarian = librarian(&store, &embedder);
    librarian.ingest_upload(long(0..300)).await.unwrap();
    // Two batches fit, whichever comes first; a third does not.
    embedder.limit.store(embedder.embedded.load(SeqCst) + 450, SeqCst);
    librarian.ingest_upload(long(200..1_000)).await.unwrap_err();
    let before = shown(&store).await;
    assert_eq!((before.len(), before[0].as_str()), (300, "Chapter 0"));
    assert!(stored(&store, &embedder).await > 300);

    // Another edition than the one that was cut off: what only that one had goes.
    embedder.limit.store(usize::MAX, SeqCst);
    librarian.ingest_upload(long(0..10)).await.unwrap();
    assert_eq!((shown(&store).await.len(), stored(&store, &embedder).await), (10, 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unfinished_book_can_be_removed() {
    let embedder = Words::new("w", 16);
    let store = founded_by(&embedder).await;
    embedder.limit.store(600, SeqCst);
    librarian(&store, &embedder).ingest_upload(long(0..1_000)).await.unwrap_err();
    assert!(store.delete_book("knots").await.unwrap() && !store.delete_book("knots").await.unwrap());
    assert_eq!(stored(&store, &embedder).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_cannot_be_read_leaves_nothing() {
    let embedder = Words::new("w", 16);
    let store = founded_by(&embedder).await;
    let refused = librarian(&store, &embedder).ingest_upload(book("Nothing", "# Only a heading")).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::BookUnreadable);
    assert!(store.library_state().await.unwrap().unwrap().drafts.is_empty() && the_book(&store).await.is_none());
}
