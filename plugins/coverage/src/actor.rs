use std::collections::HashSet;
use std::pin::pin;
use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};
use futures::{StreamExt, stream};
use pathwright_api::coverage::{ExternalResource, ScoredPassage, Verdict};
use pathwright_api::library::{FoundPassage, Source};
use pathwright_api::messages::{CheckCoverage, FindResources};
use pathwright_api::plugin::{Ask, CoverageHandles, News, Plugin, PluginInit, unless_cancelled};
use pathwright_api::ports::{Candidates, PassageQuery, PassageSearch, Ports};
use pathwright_api::topic::Topic;
use pathwright_api::{ErrorCode, Failure};

use crate::closeness::closeness;
use crate::config::Config;
use crate::features::Texts;
use crate::judge::{Judgement, Weights, judge};
use crate::resource_catalog::ResourceCatalog;

/// Topics searched for together: large enough to keep the indexes busy, small enough for progress to be seen.
const BATCH: usize = 8;

/// Batches under way at once: enough to keep the database and the judge busy, few enough for verdicts to come one after the other.
const AT_ONCE: usize = 2;

/// Wordings of one topic searched for by words.
const WORDINGS: usize = 6;

/// Passages each index contributes to the judging of a topic: the weights were fitted with as many.
const CANDIDATES: usize = 30;

/// The coverage plugin that needs no language model.
#[derive(Clone)]
pub struct EmbeddedCoverage {
    config: Config,
    ports: Ports,
    weights: Arc<Weights>,
    catalogue: Arc<ResourceCatalog>,
}

impl Plugin for EmbeddedCoverage {
    const NAME: &'static str = "embedded-coverage";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = CoverageHandles;

    fn start(init: PluginInit<Config>) -> Result<CoverageHandles, Failure> {
        let added = init.ports.files.read("resources")?;
        let added = added.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let catalogue = Arc::new(ResourceCatalog::parse(crate::resource_files().into_iter().chain(added))?);
        let is_embedded = init.ports.embedder.model() == init.ports.embedded.model();
        let weights = Arc::new(if is_embedded { Weights::embedded()? } else { Weights::other()? });
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self { config: init.config, ports: init.ports, weights, catalogue }
        });
        Ok(CoverageHandles { check: address.clone().recipient(), resources: address.recipient() })
    }
}

impl Actor for EmbeddedCoverage {
    type Context = Context<Self>;
}

/// Detached, because it waits for the database: the host's permits bound how many run at once.
impl Handler<Ask<CheckCoverage>> for EmbeddedCoverage {
    type Result = ResponseFuture<Result<Vec<Verdict>, Failure>>;

    fn handle(&mut self, Ask { question, cancelled, news }: Ask<CheckCoverage>, _: &mut Context<Self>) -> Self::Result {
        let plugin = self.clone();
        Box::pin(async move { unless_cancelled(&cancelled, plugin.check(question, &news)).await })
    }
}

/// Detached, because it waits for what is known of the addresses.
impl Handler<Ask<FindResources>> for EmbeddedCoverage {
    type Result = ResponseFuture<Result<Vec<ExternalResource>, Failure>>;

    fn handle(&mut self, Ask { question, cancelled, .. }: Ask<FindResources>, _: &mut Context<Self>) -> Self::Result {
        let plugin = self.clone();
        Box::pin(async move {
            let found = async { Ok(plugin.resources(&question.topic, &plugin.failing().await)) };
            unless_cancelled(&cancelled, found).await
        })
    }
}

impl EmbeddedCoverage {
    async fn check(
        &self,
        CheckCoverage { topics, min_score, overlay }: CheckCoverage,
        news: &News<Verdict>,
    ) -> Result<Vec<Verdict>, Failure> {
        let min_score = min_score.unwrap_or(self.config.min_score);
        let passages = self.passages(overlay.as_deref())?;
        let passages = passages.as_ref();
        let (embeddings, fallback_reason) = self.embed(&topics).await;
        let failing = self.failing().await;
        let batches = topics.chunks(BATCH).zip(embeddings.chunks(BATCH));
        let judged = batches.map(|(topics, embeddings)| async move {
            let found = search(passages, topics, embeddings).await?;
            self.judge(found, min_score).await
        });
        let mut judged = pin!(stream::iter(judged).buffered(AT_ONCE));
        let mut verdicts = Vec::with_capacity(topics.len());
        while let Some(batch) = judged.next().await {
            for mut verdict in batch? {
                verdict.fallback_reason.clone_from(&fallback_reason);
                if !verdict.covered {
                    verdict.external_resources = self.resources(&verdict.topic, &failing);
                }
                news.tell(verdict.clone());
                verdicts.push(verdict);
            }
        }
        Ok(verdicts)
    }

    fn passages(&self, overlay: Option<&str>) -> Result<Arc<dyn PassageSearch>, Failure> {
        let Some(name) = overlay else {
            return Ok(Arc::clone(&self.ports.passages));
        };
        let gone = || Failure::new(ErrorCode::InvalidInput, format!("nobody holds the passages `{name}` any more"));
        self.ports.passages.overlay(name).ok_or_else(gone)
    }

    fn resources(&self, topic: &Topic, failing: &HashSet<String>) -> Vec<ExternalResource> {
        self.catalogue.find(topic, self.config.resources, failing)
    }

    /// Addresses that do not answer; none where nobody can tell, because a dead link is better than no verdict.
    async fn failing(&self) -> HashSet<String> {
        self.ports.resources.failing().await.unwrap_or_else(|failure| {
            tracing::warn!(code = %failure.code, %failure, "which resources answer is not known");
            HashSet::new()
        })
    }

    /// All topics in one call. Where embedding fails, words alone have to find the passages, and the verdicts say so.
    async fn embed(&self, topics: &[Topic]) -> (Vec<Vec<f32>>, Option<String>) {
        let titles = topics.iter().map(|topic| topic.title.clone()).collect();
        match self.ports.embedder.embed(titles).await {
            Ok(embeddings) => (embeddings, None),
            Err(failure) => {
                tracing::warn!(code = %failure.code, %failure, "topics could not be embedded; the search by words stands in");
                let reason = format!("judged by words alone, without embeddings: {failure}");
                (vec![Vec::new(); topics.len()], Some(reason))
            }
        }
    }

    /// On a blocking thread: taking passages apart is computation.
    async fn judge(&self, batch: Vec<(Topic, Candidates)>, min_score: f32) -> Result<Vec<Verdict>, Failure> {
        let closeness = closeness(&batch, self.ports.embedded.as_ref()).await?;
        let plugin = self.clone();
        let work = move || {
            let texts = Texts::of(batch.iter().flat_map(|(_, candidates)| &candidates.passages));
            let with_closeness = batch.iter().zip(&closeness);
            with_closeness
                .map(|((topic, found), close)| plugin.verdict(topic, found, close, &texts, min_score))
                .collect()
        };
        let judged = tokio::task::spawn_blocking(work).await;
        judged.map_err(|error| Failure::internal(format!("judging passages failed: {error}")))
    }

    fn verdict(
        &self,
        topic: &Topic,
        candidates: &Candidates,
        closeness: &[f32],
        texts: &Texts<'_>,
        min_score: f32,
    ) -> Verdict {
        let Judgement { passages: mut scored, parts } = judge(topic, candidates, closeness, texts, &self.weights);
        let confidence = scored.first().map_or(0.0, |best| best.score);
        let covered = confidence >= min_score && !scored.is_empty();
        let num_chunks = scored.iter().filter(|passage| passage.score >= min_score).count() as u32;
        scored.truncate(self.config.passages);
        Verdict {
            topic: topic.clone(),
            covered,
            confidence,
            source: scored.first().filter(|_| covered).and_then(|best| source(best, &candidates.passages)),
            num_chunks,
            passages: scored,
            parts,
            external_resources: Vec::new(),
            fallback_reason: None,
            overridden_by: None,
        }
    }
}

async fn search(
    passages: &dyn PassageSearch,
    topics: &[Topic],
    embeddings: &[Vec<f32>],
) -> Result<Vec<(Topic, Candidates)>, Failure> {
    let questions = topics.iter().zip(embeddings).map(|(topic, embedding)| question(topic, embedding.clone()));
    let found = passages.candidates(questions.collect()).await?;
    Ok(topics.iter().cloned().zip(found).collect())
}

/// What the library is asked about a topic.
pub fn question(topic: &Topic, embedding: Vec<f32>) -> PassageQuery {
    PassageQuery { wordings: topic.names().take(WORDINGS).map(str::to_owned).collect(), embedding, limit: CANDIDATES }
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
    use std::collections::HashMap;

    use super::*;
    use pathwright_api::testing;
    use tokio::sync::mpsc;

    fn plugin() -> EmbeddedCoverage {
        let dropout = "Dropout sets hidden units to zero at random while a network trains. Dropout is a form of regularisation, \
            and dropout costs nothing at test time.";
        EmbeddedCoverage {
            config: Config::default(),
            ports: testing::ports(vec![testing::passage("p1", "Dropout", dropout)]),
            weights: Arc::new(Weights::embedded().unwrap()),
            catalogue: Arc::new(ResourceCatalog::default()),
        }
    }

    fn question(topics: &[&str], overlay: Option<&str>) -> CheckCoverage {
        let topics = topics.iter().map(|title| Topic::unknown(title)).collect();
        CheckCoverage { topics, min_score: None, overlay: overlay.map(str::to_owned) }
    }

    #[tokio::test]
    async fn a_covered_topic_names_its_source_and_an_uncovered_one_where_else_to_go() {
        let (sender, mut told) = mpsc::unbounded_channel();
        let asked = question(&["Dropout", "Basel III"], None);
        let verdicts = plugin().check(asked, &News(Some(sender))).await.unwrap();
        assert!(verdicts[0].covered);
        assert_eq!(verdicts[0].source.as_ref().unwrap().section, "Dropout");
        assert!(verdicts[0].external_resources.is_empty() && verdicts[0].num_chunks == 1);
        assert!(!verdicts[1].covered && verdicts[1].source.is_none() && !verdicts[1].external_resources.is_empty());
        assert_eq!((told.recv().await.as_ref(), told.recv().await.as_ref()), (verdicts.first(), verdicts.get(1)));
    }

    #[tokio::test]
    async fn other_passages_stand_in_for_the_library() {
        let text = "Basel III is the third accord of banks. Basel III says how much capital a bank has to hold. Under Basel III \
            banks hold more.";
        let other = testing::ports(vec![testing::passage("q1", "Basel III", text)]).passages;
        let overlays = HashMap::from([("more".to_owned(), other)]);
        let mut plugin = plugin();
        plugin.ports.passages = Arc::new(testing::KnownPassages { overlays, ..testing::KnownPassages::default() });
        let verdicts = plugin.check(question(&["Dropout", "Basel III"], Some("more")), &News(None)).await.unwrap();
        assert_eq!(verdicts.iter().map(|verdict| verdict.covered).collect::<Vec<_>>(), [false, true]);
        let gone = plugin.check(question(&["Dropout"], Some("less")), &News(None)).await.unwrap_err();
        assert!(gone.message.contains("`less`"), "{gone}");
    }

    #[tokio::test]
    async fn a_resource_that_does_not_answer_is_left_out() {
        let file = "[[resource]]\ntitle = \"Gone\"\nurl = \"https://gone.example/\"\nkind = \"book\"\nfree = true\n\
            topics = [\"basel-iii\"]";
        let failing = HashSet::from(["https://gone.example/".to_owned()]);
        let mut plugin = plugin();
        plugin.catalogue = Arc::new(ResourceCatalog::parse([("f", file)]).unwrap());
        let named = async |plugin: &EmbeddedCoverage| {
            let verdicts = plugin.check(question(&["Basel III"], None), &News(None)).await.unwrap();
            verdicts[0].external_resources.iter().any(|resource| resource.title == "Gone")
        };
        assert!(named(&plugin).await);
        plugin.ports.resources = Arc::new(testing::Failing(failing));
        assert!(!named(&plugin).await);
    }
}
