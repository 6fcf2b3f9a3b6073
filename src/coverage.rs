//! Topics assessed against the library: the one way to do it.

use std::pin::pin;

use futures::Stream;
use pathwright_api::coverage::Verdict;
use pathwright_api::messages::{CheckCoverage, FindResources};
use pathwright_api::plugin::News;
use pathwright_api::topic::{Topic, TopicId};
use pathwright_api::{ErrorCode, Failure};
use tokio::sync::mpsc;

use crate::host::{Host, wait_out};
use crate::store::Store;

/// Topics in one question: the plugin's deadline is for so many, however many are asked about.
const TOPICS: usize = 100;

/// Verdicts handed on at once.
const TOLD: usize = 16;

/// Asks the coverage plugin, and lets people overrule it.
#[derive(Clone, Copy)]
pub struct Assessor<'a> {
    store: &'a Store,
    host: &'a Host,
    is_patient: bool,
}

/// By what topics are measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Measure<'m> {
    /// The confidence from which a topic counts as covered; the plugin's own where none is given.
    pub min_score: Option<f32>,
    /// The name of an overlay of the library's passages; none: the library as it is.
    pub overlay: Option<&'m str>,
}

impl<'a> Assessor<'a> {
    /// One that asks again while the plugin is busy or being started again.
    pub fn new(store: &'a Store, host: &'a Host) -> Self {
        Self { store, host, is_patient: true }
    }

    /// For somebody who would rather hear that the plugin is busy.
    pub fn impatient(self) -> Self {
        Self { is_patient: false, ..self }
    }

    /// One verdict a topic, in order, as people overruled them.
    ///
    /// # Errors
    /// The plugin's, `PLUGIN_FAILED` where it leaves a topic out, and the store's.
    pub async fn assess(&self, topics: Vec<Topic>) -> Result<Vec<Verdict>, Failure> {
        let measured = self.measure(topics, Measure::default()).await?;
        self.overruled(measured).await
    }

    /// The same as the verdicts come, some at a time, each topic once; in the order asked for all that a plugin tells in order. What
    /// was told is not asked again when the plugin fails in the middle.
    pub fn batches(&self, topics: Vec<Topic>) -> impl Stream<Item = Result<Vec<Verdict>, Failure>> + Send + use<'a> {
        let assessor = *self;
        async_stream::try_stream! {
            let mut tries = 0;
            for mut missing in chunks(topics) {
                while !missing.is_empty() {
                    let asked: Vec<TopicId> = missing.iter().map(|topic| topic.id.clone()).collect();
                    let (sender, mut told) = mpsc::unbounded_channel();
                    let question = CheckCoverage { topics: missing.clone(), min_score: None, overlay: None };
                    let coverage = &assessor.host.coverage;
                    let answer = coverage.ask_and_hear(|handles| &handles.check, question, News(Some(sender)));
                    let mut answer = pin!(answer);
                    let answer = loop {
                        let mut batch = Vec::new();
                        tokio::select! {
                            biased;
                            count = told.recv_many(&mut batch, TOLD), if !told.is_closed() || !told.is_empty() => {
                                if count > 0 {
                                    yield assessor.overruled(taken(&mut missing, batch)).await?;
                                }
                            }
                            answer = &mut answer => break answer,
                        }
                    };
                    match answer {
                        Ok(verdicts) => {
                            let verdicts = check_complete(&asked, verdicts)?;
                            yield assessor.overruled(taken(&mut missing, verdicts)).await?;
                        }
                        Err(failure) => {
                            tries += 1;
                            wait_out(failure, tries).await?;
                        }
                    }
                }
            }
        }
    }

    /// One verdict a topic, in order, whatever people say.
    ///
    /// # Errors
    /// As for [`assess`](Self::assess).
    pub async fn measure(&self, topics: Vec<Topic>, by: Measure<'_>) -> Result<Vec<Verdict>, Failure> {
        let mut verdicts = Vec::with_capacity(topics.len());
        for topics in chunks(topics) {
            verdicts.extend(self.ask(topics, by).await?);
        }
        Ok(verdicts)
    }

    /// Verdicts as people overruled them.
    ///
    /// # Errors
    /// The plugin's and the store's.
    pub async fn overruled(&self, mut verdicts: Vec<Verdict>) -> Result<Vec<Verdict>, Failure> {
        let topics: Vec<TopicId> = verdicts.iter().map(|verdict| verdict.topic.id.clone()).collect();
        if topics.is_empty() {
            return Ok(verdicts);
        }
        for (topic, overruling) in self.store.overrides(&topics).await? {
            for verdict in verdicts.iter_mut().filter(|verdict| verdict.topic.id == topic) {
                verdict.covered = overruling.covered;
                verdict.overridden_by = Some(overruling.clone());
                if overruling.covered {
                    verdict.external_resources.clear();
                } else {
                    verdict.source = None;
                    let question = FindResources { topic: verdict.topic.clone() };
                    verdict.external_resources =
                        self.host.coverage.ask_with_retry(|handles| &handles.resources, question).await?;
                }
            }
        }
        Ok(verdicts)
    }

    async fn ask(&self, topics: Vec<Topic>, by: Measure<'_>) -> Result<Vec<Verdict>, Failure> {
        let asked: Vec<TopicId> = topics.iter().map(|topic| topic.id.clone()).collect();
        let question = CheckCoverage { topics, min_score: by.min_score, overlay: by.overlay.map(str::to_owned) };
        let coverage = &self.host.coverage;
        let verdicts = if self.is_patient {
            coverage.ask_with_retry(|handles| &handles.check, question).await?
        } else {
            coverage.ask(|handles| &handles.check, question).await?
        };
        check_complete(&asked, verdicts)
    }
}

/// Those of the verdicts whose topics are still missing; no others are wanted.
fn taken(missing: &mut Vec<Topic>, verdicts: Vec<Verdict>) -> Vec<Verdict> {
    let mut is_missing = |verdict: &Verdict| {
        let place = missing.iter().position(|topic| topic.id == verdict.topic.id);
        place.map(|place| missing.remove(place)).is_some()
    };
    verdicts.into_iter().filter(|verdict| is_missing(verdict)).collect()
}

fn chunks(topics: Vec<Topic>) -> Vec<Vec<Topic>> {
    topics.chunks(TOPICS).map(<[Topic]>::to_vec).collect()
}

/// A plugin that answers has to answer for every topic, in the order asked.
fn check_complete(asked: &[TopicId], verdicts: Vec<Verdict>) -> Result<Vec<Verdict>, Failure> {
    let answered = |at: usize| verdicts.get(at).map(|verdict: &Verdict| &verdict.topic.id);
    if let Some(missing) = (0..asked.len()).find(|at| answered(*at) != Some(&asked[*at])) {
        let message = format!("the coverage plugin gave no verdict on `{}`", asked[missing]);
        return Err(Failure::new(ErrorCode::PluginFailed, message));
    }
    Ok(verdicts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(title: &str) -> Verdict {
        Verdict {
            topic: Topic::unknown(title),
            covered: false,
            confidence: 0.0,
            source: None,
            num_chunks: 0,
            passages: vec![],
            parts: vec![],
            external_resources: vec![],
            fallback_reason: None,
            overridden_by: None,
        }
    }

    #[test]
    fn an_answer_that_leaves_out_or_swaps_topics_is_none() {
        let asked = ["Knots", "Splices"].map(|title| Topic::unknown(title).id);
        let check = |titles: &[&str]| check_complete(&asked, titles.iter().map(|title| verdict(title)).collect());
        assert!(check(&["Knots", "Splices"]).is_ok());
        for wrong in [&["Knots"][..], &["Splices", "Knots"], &[]] {
            assert_eq!(check(wrong).unwrap_err().code, ErrorCode::PluginFailed, "{wrong:?}");
        }
        assert!(check(&["Knots"]).unwrap_err().message.contains("splices"));
    }

    #[test]
    fn a_verdict_is_taken_once_and_only_where_it_is_missing() {
        let mut missing = vec![Topic::unknown("Knots"), Topic::unknown("Splices")];
        let told = taken(&mut missing, ["Knots", "Knots", "Rigging"].map(verdict).to_vec());
        assert_eq!((told, missing), (vec![verdict("Knots")], vec![Topic::unknown("Splices")]));
    }

    #[test]
    fn topics_are_cut_so_that_none_is_lost() {
        let topics: Vec<Topic> = (0..=2 * TOPICS).map(|number| Topic::unknown(&format!("t{number}"))).collect();
        let cut = chunks(topics.clone());
        assert_eq!((cut.len(), cut.concat()), (3, topics));
    }
}
