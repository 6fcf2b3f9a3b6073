use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};
use futures::{StreamExt, stream};
use pathwright_api::Failure;
use pathwright_api::coverage::{ExternalResource, ScoredPassage, Verdict};
use pathwright_api::library::{FoundPassage, Source};
use pathwright_api::messages::{CheckCoverage, CoverageHandles, FindResources};
use pathwright_api::plugin::{Plugin, PluginInit};
use pathwright_api::ports::{PassageQuery, Ports};
use pathwright_api::topic::Topic;

use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::judge::judge;

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
    async fn check(&self, message: CheckCoverage) -> Result<Vec<Verdict>, Failure> {
        let min_score = message.min_score.unwrap_or(self.config.min_score);
        let texts = message.topics.iter().map(|topic| topic.title.clone()).collect();
        let embeddings = self.ports.embedder.embed(texts).await?;
        let mut verdicts = Vec::with_capacity(message.topics.len());
        let asked: Vec<_> = message.topics.into_iter().zip(embeddings).collect();
        let mut found = stream::iter(asked.chunks(BATCH).map(|batch| self.search(batch))).buffered(AT_ONCE);
        while let Some(searched) = found.next().await {
            for (topic, candidates) in searched? {
                let verdict = self.verdict(topic, &candidates, min_score);
                if let Some(progress) = &message.progress {
                    // Whoever listened may have gone; the verdicts are still in the answer.
                    let _ = progress.send(verdict.clone());
                }
                verdicts.push(verdict);
            }
        }
        Ok(verdicts)
    }

    async fn search<'t>(&self, batch: &'t [(Topic, Vec<f32>)]) -> Result<Vec<(&'t Topic, Vec<FoundPassage>)>, Failure> {
        let queries = batch.iter().map(|(topic, embedding)| self.query(topic, embedding)).collect();
        let found = self.ports.passages.candidates(queries).await?;
        Ok(batch.iter().map(|(topic, _)| topic).zip(found).collect())
    }

    fn query(&self, topic: &Topic, embedding: &[f32]) -> PassageQuery {
        PassageQuery {
            wordings: topic.names().take(WORDINGS).map(str::to_owned).collect(),
            embedding: embedding.to_vec(),
            limit: self.config.candidates,
        }
    }

    fn verdict(&self, topic: &Topic, candidates: &[FoundPassage], min_score: f32) -> Verdict {
        let mut scored = judge(topic, candidates, self.ports.embedder.calibration());
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
            overridden_by: None,
        }
    }
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
