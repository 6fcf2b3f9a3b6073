use std::collections::HashSet;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};
use futures::future::{Either, select};
use futures::{Stream, StreamExt, stream};
use pathwright_api::Failure;
use pathwright_api::coverage::{ExternalResource, ScoredPassage, Verdict};
use pathwright_api::library::{FoundPassage, Source};
use pathwright_api::messages::{CheckCoverage, CoverageHandles, FindResources};
use pathwright_api::plugin::{Plugin, PluginInit};
use pathwright_api::ports::{PassageQuery, Ports};
use pathwright_api::topic::Topic;

use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::judge::{Texts, judge};

/// Topics searched for together: large enough to keep the indexes busy, small enough for progress to be seen.
const BATCH: usize = 8;

/// Searches under way at once: enough to keep the database busy, few enough for verdicts to come one after the other.
const AT_ONCE: usize = 2;

/// Wordings of one topic sent to the full-text index.
const WORDINGS: usize = 6;

/// The coverage plugin that needs no language model.
#[derive(Clone)]
pub struct EmbeddedCoverage {
    config: Config,
    ports: Ports,
    catalogue: Arc<Catalogue>,
}

impl Plugin for EmbeddedCoverage {
    const NAME: &'static str = "embedded-coverage";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = CoverageHandles;

    fn start(init: PluginInit<Config>) -> Result<CoverageHandles, Failure> {
        let added = init.ports.files.read("resources")?;
        let added = added.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let catalogue = Arc::new(Catalogue::parse(crate::resource_files().into_iter().chain(added))?);
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self { config: init.config, ports: init.ports, catalogue }
        });
        Ok(CoverageHandles { check: address.clone().recipient(), resources: address.recipient() })
    }
}

impl Actor for EmbeddedCoverage {
    type Context = Context<Self>;
}

/// Detached, because it waits for the database: the host's permits bound how many run at once.
impl Handler<CheckCoverage> for EmbeddedCoverage {
    type Result = ResponseFuture<Result<Vec<Verdict>, Failure>>;

    fn handle(&mut self, message: CheckCoverage, _: &mut Context<Self>) -> Self::Result {
        let plugin = self.clone();
        Box::pin(async move { plugin.check(message).await })
    }
}

/// A plain handler: a look into memory.
impl Handler<FindResources> for EmbeddedCoverage {
    type Result = Result<Vec<ExternalResource>, Failure>;

    fn handle(&mut self, message: FindResources, _: &mut Context<Self>) -> Self::Result {
        Ok(self.catalogue.find(&message.topic, self.config.resources))
    }
}

impl EmbeddedCoverage {
    /// Words are searched for while the topics are embedded, which may be a call to an endpoint; vectors afterwards.
    async fn check(&self, message: CheckCoverage) -> Result<Vec<Verdict>, Failure> {
        let min_score = message.min_score.unwrap_or(self.config.min_score);
        let batches = || stream::iter(message.topics.chunks(BATCH));
        let mut by_words = batches().map(|batch| self.search_words(batch)).buffered(AT_ONCE).boxed();
        let (early, (embeddings, fallback_reason)) = drive(&mut by_words, self.embed(&message.topics)).await;
        let by_vectors =
            stream::iter(embeddings.chunks(BATCH)).map(|batch| self.search_vectors(batch)).buffered(AT_ONCE);
        let mut found = batches().zip(stream::iter(early).chain(by_words)).zip(by_vectors).boxed();
        let mut verdicts = Vec::with_capacity(message.topics.len());
        while let Some(((topics, by_words), by_vectors)) = found.next().await {
            let both = by_words?.into_iter().zip(by_vectors?);
            let candidates: Vec<_> = both.map(|(words, vectors)| union(vectors, words)).collect();
            let texts = Texts::of(candidates.iter().flatten());
            for (topic, candidates) in topics.iter().zip(&candidates) {
                let mut verdict = self.verdict(topic, candidates, &texts, min_score);
                verdict.fallback_reason.clone_from(&fallback_reason);
                if let Some(progress) = &message.progress {
                    // Whoever listened may have gone; the verdicts are still in the answer.
                    let _ = progress.send(verdict.clone());
                }
                verdicts.push(verdict);
            }
        }
        Ok(verdicts)
    }

    /// All topics in one call. Where embedding fails, words alone have to find the passages, and the verdicts say so.
    async fn embed(&self, topics: &[Topic]) -> (Vec<Vec<f32>>, Option<String>) {
        let titles = topics.iter().map(|topic| topic.title.clone()).collect();
        match self.ports.embedder.embed(titles).await {
            Ok(embeddings) => (embeddings, None),
            Err(failure) => {
                tracing::warn!(code = %failure.code, %failure, "topics could not be embedded; the full-text search stands in");
                let reason = format!("judged by words alone, without embeddings: {failure}");
                (vec![Vec::new(); topics.len()], Some(reason))
            }
        }
    }

    async fn search_words(&self, topics: &[Topic]) -> Result<Vec<Vec<FoundPassage>>, Failure> {
        let query = |topic: &Topic| PassageQuery {
            wordings: topic.names().take(WORDINGS).map(str::to_owned).collect(),
            embedding: Vec::new(),
            limit: self.config.candidates,
        };
        self.ports.passages.candidates(topics.iter().map(query).collect()).await
    }

    async fn search_vectors(&self, embeddings: &[Vec<f32>]) -> Result<Vec<Vec<FoundPassage>>, Failure> {
        let query = |embedding: &Vec<f32>| PassageQuery {
            wordings: Vec::new(),
            embedding: embedding.clone(),
            limit: self.config.candidates,
        };
        self.ports.passages.candidates(embeddings.iter().map(query).collect()).await
    }

    fn verdict(&self, topic: &Topic, candidates: &[FoundPassage], texts: &Texts<'_>, min_score: f32) -> Verdict {
        let mut scored = judge(topic, candidates, texts, self.ports.embedder.calibration());
        let confidence = scored.first().map_or(0.0, |best| best.score);
        let covered = confidence >= min_score && !scored.is_empty();
        let num_chunks = scored.iter().filter(|passage| passage.score >= min_score).count() as u32;
        scored.truncate(self.config.passages);
        Verdict {
            topic: topic.clone(),
            covered,
            confidence,
            source: scored.first().filter(|_| covered).and_then(|best| source(best, candidates)),
            num_chunks,
            passages: scored,
            external_resources: if covered { Vec::new() } else { self.catalogue.find(topic, self.config.resources) },
            fallback_reason: None,
            overridden_by: None,
        }
    }
}

/// What the stream brings until the work is done, and the work's result.
async fn drive<T, R>(stream: &mut (impl Stream<Item = T> + Unpin), work: impl Future<Output = R>) -> (Vec<T>, R) {
    let mut brought = Vec::new();
    let mut work = pin!(work);
    loop {
        match select(work, stream.next()).await {
            Either::Left((result, _)) => return (brought, result),
            Either::Right((Some(item), unfinished)) => {
                brought.push(item);
                work = unfinished;
            }
            Either::Right((None, unfinished)) => return (brought, unfinished.await),
        }
    }
}

/// Each passage once; one found by both keeps its cosine.
fn union(by_vectors: Vec<FoundPassage>, by_words: Vec<FoundPassage>) -> Vec<FoundPassage> {
    let mut seen = HashSet::new();
    by_vectors.into_iter().chain(by_words).filter(|passage| seen.insert(passage.id.clone())).collect()
}

fn source(best: &ScoredPassage, candidates: &[FoundPassage]) -> Option<Source> {
    let passage = candidates.iter().find(|passage| passage.id == best.passage_id)?;
    Some(Source {
        book_id: passage.book_id.clone(),
        section_id: passage.section_id.clone(),
        section: passage.section_title().to_owned(),
        page: passage.page,
        passage_id: passage.id.clone(),
        ordinal: passage.ordinal,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use pathwright_api::testing;
    use tokio::sync::mpsc;

    fn plugin() -> EmbeddedCoverage {
        let dropout = "Dropout sets hidden units to zero at random while a network trains. Dropout is a form of regularisation, \
            and dropout costs nothing at test time.";
        EmbeddedCoverage {
            config: Config::default(),
            ports: testing::ports(vec![testing::passage("p1", "Dropout", dropout)]),
            catalogue: Arc::new(Catalogue::default()),
        }
    }

    #[tokio::test]
    async fn a_covered_topic_names_its_source_and_an_uncovered_one_where_else_to_go() {
        let (progress, mut announced) = mpsc::unbounded_channel();
        let topics = vec![Topic::unknown("Dropout"), Topic::unknown("Basel III")];
        let verdicts =
            plugin().check(CheckCoverage { topics, min_score: None, progress: Some(progress) }).await.unwrap();
        assert!(verdicts[0].covered);
        assert_eq!(verdicts[0].source.as_ref().unwrap().section, "Dropout");
        assert!(verdicts[0].external_resources.is_empty() && verdicts[0].num_chunks == 1);
        assert!(!verdicts[1].covered && verdicts[1].source.is_none() && !verdicts[1].external_resources.is_empty());
        assert_eq!(announced.recv().await.unwrap().topic.title, "Dropout");
        assert_eq!(announced.recv().await.unwrap().topic.title, "Basel III");
    }
}
