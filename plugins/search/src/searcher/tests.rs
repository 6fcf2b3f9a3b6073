use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use pathwright_api::ErrorCode;
use pathwright_api::testing::passage;
use tokio::sync::Semaphore;

use super::*;
use crate::ranking::search;

/// A library of one passage; reading its words takes until somebody lets it.
struct Library {
    revision: AtomicU64,
    may_read: Semaphore,
    reads: AtomicU64,
}

impl Library {
    fn new() -> Arc<Self> {
        Arc::new(Self { revision: AtomicU64::new(1), may_read: Semaphore::new(1), reads: AtomicU64::new(0) })
    }

    fn change(&self) {
        self.revision.fetch_add(1, SeqCst);
    }
}

#[async_trait]
impl PassageSource for Library {
    async fn version(&self) -> Result<Option<LibraryVersion>, Failure> {
        let (revision, vectors) = (self.revision.load(SeqCst), "v".to_owned());
        Ok(Some(LibraryVersion { revision, vectors, is_changing: false, background: None }))
    }

    async fn editions(&self) -> Result<Vec<BookEdition>, Failure> {
        let content_hash = self.revision.load(SeqCst).to_string();
        Ok(vec![BookEdition { id: "knots".to_owned(), content_hash }])
    }

    async fn passages_of(&self, edition: &BookEdition) -> Result<Vec<FoundPassage>, Failure> {
        self.may_read.acquire().await.unwrap().forget();
        self.reads.fetch_add(1, SeqCst);
        let text = format!("A bowline of edition {}.", edition.content_hash);
        Ok(vec![passage(&format!("p{}", edition.content_hash), "Knots", &text)])
    }

    async fn nearest(&self, _: &str, embeddings: &[&[f32]], _: usize) -> Result<Vec<Vec<(String, f32)>>, Failure> {
        Ok(vec![Vec::new(); embeddings.len()])
    }

    async fn vectors_of(&self, _: &str, passages: &[String]) -> Result<Vec<Vec<f32>>, Failure> {
        Ok(vec![vec![1.0]; passages.len()])
    }

    async fn remember_background(&self, _: MeasuredBackground) -> Result<(), Failure> {
        Ok(())
    }
}

#[derive(Default)]
struct Model {
    is_down: AtomicBool,
    asked: AtomicU64,
}

#[async_trait]
impl Embedder for Model {
    fn model(&self) -> &'static str {
        "model"
    }

    fn dimension(&self) -> usize {
        1
    }

    async fn embed(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure> {
        self.asked.fetch_add(1, SeqCst);
        if self.is_down.load(SeqCst) {
            return Err(Failure::new(ErrorCode::ModelUnavailable, "is down"));
        }
        Ok(vec![vec![1.0]; texts.len()])
    }
}

fn searcher(library: &Arc<Library>, model: &Arc<Model>) -> Searcher {
    let (library, model) = (Arc::clone(library) as Arc<dyn PassageSource>, Arc::clone(model) as Arc<dyn Embedder>);
    Searcher::new(library, model, &[], |_| false, vec!["probe".to_owned()])
}

async fn found(searcher: &Searcher) -> Vec<String> {
    let found = tokio::time::timeout(Duration::from_secs(20), search(searcher, "bowline", 5)).await;
    found.expect("nobody waits for the index").unwrap().hits.into_iter().map(|(_, passage)| passage.id).collect()
}

#[tokio::test]
async fn a_question_is_answered_from_before_while_the_changed_library_is_read_once() {
    let (library, model) = (Library::new(), Arc::default());
    let searcher = searcher(&library, &model);
    assert_eq!(found(&searcher).await, ["p1"]);

    library.change();
    assert_eq!((found(&searcher).await, found(&searcher).await), (vec!["p1".to_owned()], vec!["p1".to_owned()]));
    let assessing = tokio::spawn({
        let searcher = searcher.clone();
        async move { searcher.passages(vec!["p1".to_owned(), "p2".to_owned()]).await.unwrap() }
    });
    library.may_read.add_permits(1);
    // Whoever assesses waits for the library as it is.
    assert_eq!(assessing.await.unwrap().into_iter().map(|passage| passage.id).collect::<Vec<_>>(), ["p2"]);
    assert_eq!(found(&searcher).await, ["p2"]);
    assert_eq!(library.reads.load(SeqCst), 2);
}

#[tokio::test]
async fn what_was_changed_is_found_once_warming_up_has_ended() {
    let (library, model) = (Library::new(), Arc::default());
    let searcher = searcher(&library, &model);
    library.may_read.add_permits(5);
    for edition in 1..5 {
        searcher.warm_up().await.unwrap();
        assert_eq!(found(&searcher).await, [format!("p{edition}")]);
        library.change();
    }
}

#[tokio::test]
async fn the_probes_are_embedded_once_and_a_model_that_is_down_holds_up_nobody() {
    let (library, model) = (Library::new(), Arc::new(Model::default()));
    library.may_read.add_permits(5);
    let searcher = searcher(&library, &model);
    model.is_down.store(true, SeqCst);
    assert_eq!(found(&searcher).await, ["p1"]);
    model.is_down.store(false, SeqCst);
    searcher.warm_up().await.unwrap();
    let asked = model.asked.load(SeqCst);
    library.change();
    searcher.warm_up().await.unwrap();
    assert_eq!(model.asked.load(SeqCst), asked, "what the probes are like does not depend on the books");
}
