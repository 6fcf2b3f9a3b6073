use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};
use pathwright_api::llm::{Llm, PromptFile, Purpose, Question, ask};
use pathwright_api::messages::{Sequence, Sequenced};
use pathwright_api::path::{PathOrigin, Stage};
use pathwright_api::plugin::{Ask, Plugin, PluginInit, SequencerHandles, unless_cancelled};
use pathwright_api::ports::Ports;
use pathwright_api::{ErrorCode, Failure};

use crate::config::Config;
use crate::evidence::Evidence;
use crate::graph::Graph;
use crate::knowledge::Knowledge;
use crate::prompt;
use crate::proposal::Proposal;
use crate::stages::embedded;

/// Fewer topics than this leave nothing to propose that would be worth a call.
const MIN_TOPICS: usize = 3;

/// Sixty topics in twenty stages, each with its name and reason, and as many needs as are allowed.
const ANSWER_TOKENS: u32 = 4_000;

/// The sequencer that asks a language model. What the model proposes is checked and mended; the embedded rules stand in
/// when it fails, and answer by themselves when no model is configured.
#[derive(Clone)]
pub struct ModelSequencer {
    config: Config,
    ports: Ports,
    knowledge: Arc<Knowledge>,
    llm: Option<Arc<dyn Llm>>,
    prompt: Arc<PromptFile>,
}

impl Plugin for ModelSequencer {
    const NAME: &'static str = "model-sequencer";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = SequencerHandles;
    const ASKS_A_MODEL: bool = true;

    fn start(init: PluginInit<Config>) -> Result<SequencerHandles, Failure> {
        let prompt = Arc::new(prompt::file()?);
        let knowledge = Arc::new(Knowledge::new(init.topics));
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            let llm = init.ports.llm.clone();
            Self { config: init.config, ports: init.ports, knowledge, llm, prompt }
        });
        Ok(SequencerHandles { sequence: address.recipient() })
    }
}

impl Actor for ModelSequencer {
    type Context = Context<Self>;
}

/// Detached, because it waits seconds for the model: the host's permits bound how many run at once.
impl Handler<Ask<Sequence>> for ModelSequencer {
    type Result = ResponseFuture<Result<Sequenced, Failure>>;

    fn handle(&mut self, Ask { question, cancelled, .. }: Ask<Sequence>, _: &mut Context<Self>) -> Self::Result {
        let plugin = self.clone();
        Box::pin(async move { unless_cancelled(&cancelled, plugin.sequence(question)).await })
    }
}

impl ModelSequencer {
    async fn sequence(&self, Sequence { topics, hours_per_week, role }: Sequence) -> Result<Sequenced, Failure> {
        let evidence = Evidence::gather(&topics, &self.knowledge, &self.ports).await?;
        let graph = Graph::new(topics, &self.knowledge, &evidence);
        let by_rules = |fallback_reason: Option<String>| Sequenced {
            stages: embedded(&graph, hours_per_week, &role, &self.config),
            origin: PathOrigin::Embedded,
            fallback_reason,
            set_aside: graph.set_aside.clone(),
        };
        let Some(llm) = self.llm.as_deref().filter(|_| graph.topics.len() >= MIN_TOPICS) else {
            return Ok(by_rules(None));
        };
        Ok(match self.stages(llm, &graph, hours_per_week, &role).await {
            Ok(stages) => {
                let set_aside = graph.set_aside.clone();
                Sequenced { stages, origin: PathOrigin::LanguageModel, fallback_reason: None, set_aside }
            }
            Err(failure) => by_rules(Some(format!("the embedded order stands in for the language model: {failure}"))),
        })
    }

    async fn stages(
        &self,
        llm: &dyn Llm,
        graph: &Graph,
        hours_per_week: u32,
        role: &str,
    ) -> Result<Vec<Stage>, Failure> {
        let prompt = prompt::render(&self.prompt, graph, hours_per_week, role)?;
        let (tokens, most) = (prompt.tokens(), llm.prompt_tokens());
        if tokens > most as u64 {
            let message = format!("{} topics make a prompt of {tokens} tokens, more than {most}", graph.topics.len());
            return Err(Failure::new(ErrorCode::InvalidInput, message));
        }
        llm.ready().await?;
        let question = Question { purpose: Purpose::Sequence, prompt: prompt.clone(), answer_tokens: ANSWER_TOKENS };
        let proposal = ask::<Proposal>(llm, question, "path_order").await?;
        proposal.checked(&prompt, graph, hours_per_week, role, &self.config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{ids, map, place};
    use async_trait::async_trait;
    use futures::stream::{self, BoxStream};
    use pathwright_api::llm::{Delta, Shape};
    use serde_json::{Value, json};
    use std::sync::Mutex;
    use tokio::sync::Notify;
    use tokio_util::sync::CancellationToken;

    /// What a model is like that answers `answer`, or never when there is none.
    struct Fake {
        answer: Option<Result<Value, Failure>>,
        ready: Result<(), Failure>,
        prompt_tokens: usize,
        questions: Mutex<Vec<Question>>,
        asked: Notify,
    }

    impl Fake {
        fn new(answer: Option<Result<Value, Failure>>) -> Self {
            Self { answer, ready: Ok(()), prompt_tokens: 8_000, questions: Mutex::default(), asked: Notify::new() }
        }
    }

    #[async_trait]
    impl Llm for Fake {
        fn model(&self) -> &str {
            "fake"
        }

        fn prompt_tokens(&self) -> usize {
            self.prompt_tokens
        }

        async fn ready(&self) -> Result<(), Failure> {
            self.ready.clone()
        }

        async fn answer(&self, question: Question, shape: Shape) -> Result<Value, Failure> {
            self.questions.lock().unwrap().push(question);
            self.asked.notify_one();
            let Some(answer) = self.answer.clone() else { return std::future::pending().await };
            let answer = answer?;
            (shape.check)(&answer).map_err(|why| Failure::new(ErrorCode::ModelAnswerInvalid, why))?;
            Ok(answer)
        }

        fn write(&self, _: Question) -> BoxStream<'static, Result<Delta, Failure>> {
            Box::pin(stream::empty())
        }
    }

    /// Four topics, of which the second requires the first.
    fn plugin(llm: Option<Arc<Fake>>) -> ModelSequencer {
        ModelSequencer {
            config: Config::default(),
            ports: pathwright_api::testing::ports(Vec::new()),
            knowledge: Arc::new(Knowledge::new(Arc::new(map(&[vec![], vec![0], vec![], vec![]])))),
            llm: llm.map(|llm| llm as Arc<dyn Llm>),
            prompt: Arc::new(prompt::file().unwrap()),
        }
    }

    fn question(plugin: &ModelSequencer, number: usize) -> Sequence {
        let chosen: Vec<(usize, f32)> = (0..number).map(|at| (at, 0.5)).collect();
        Sequence { topics: place(&plugin.knowledge.map, &chosen), hours_per_week: 6, role: "the job".to_owned() }
    }

    async fn sequenced(llm: &Arc<Fake>) -> Sequenced {
        let plugin = plugin(Some(llm.clone()));
        plugin.sequence(question(&plugin, 4)).await.unwrap()
    }

    async fn by_rules(number: usize) -> Sequenced {
        let plugin = plugin(None);
        plugin.sequence(question(&plugin, number)).await.unwrap()
    }

    async fn falls_back(llm: Fake, why: &str) {
        let sequenced = sequenced(&Arc::new(llm)).await;
        let reason = sequenced.fallback_reason.clone().unwrap();
        assert_eq!(reason, format!("the embedded order stands in for the language model: {why}"));
        assert_eq!(Sequenced { fallback_reason: None, ..sequenced }, by_rules(4).await);
    }

    fn answer(stages: Value) -> Value {
        json!({ "stages": stages, "needs": [{ "topic": 4, "requires": 3 }] })
    }

    #[tokio::test]
    async fn a_good_order_is_used_and_asked_for_once() {
        let stages = json!([
            { "name": "Later", "why": "It fits.", "topics": [3, 1] },
            { "name": "B", "why": "C.", "topics": [4, 2] },
        ]);
        let llm = Arc::new(Fake::new(Some(Ok(answer(stages)))));
        let sequenced = sequenced(&llm).await;
        assert_eq!((sequenced.origin, &sequenced.fallback_reason), (PathOrigin::LanguageModel, &None));
        assert_eq!(ids(&sequenced.stages), ["t2".into(), "t0".into(), "t3".into(), "t1".into()]);
        assert_eq!((sequenced.stages[0].name.as_str(), sequenced.stages[0].goal.as_str()), ("Later", "It fits."));
        let questions = llm.questions.lock().unwrap();
        assert_eq!((questions.len(), questions[0].purpose), (1, Purpose::Sequence));
        assert!(questions[0].prompt.user.contains("2 requires 1"), "{}", questions[0].prompt.user);
    }

    #[tokio::test]
    async fn a_faulty_order_is_mended() {
        let stages = json!([{ "name": "<i>All</i>", "why": "", "topics": [2, 9, 4, 3, 3] }]);
        let sequenced = sequenced(&Arc::new(Fake::new(Some(Ok(answer(stages)))))).await;
        assert_eq!(sequenced.origin, PathOrigin::LanguageModel);
        assert_eq!(ids(&sequenced.stages), ["t0".into(), "t1".into(), "t2".into(), "t3".into()]);
        assert_eq!(sequenced.stages[0].name, "A");
    }

    #[tokio::test]
    async fn nonsense_a_failure_and_a_model_that_is_not_ready_leave_the_embedded_order() {
        let nonsense = json!([{ "name": "One", "why": "Because.", "topics": [3, 17] }]);
        falls_back(Fake::new(Some(Ok(answer(nonsense)))), "the model's order holds only 1 of the 4 topics").await;
        let failure = Failure::new(ErrorCode::ModelUnavailable, "the endpoint does not answer");
        falls_back(Fake::new(Some(Err(failure))), "the endpoint does not answer").await;
        let spent = Err(Failure::new(ErrorCode::BudgetSpent, "the budget of the day is spent"));
        falls_back(Fake { ready: spent, ..Fake::new(None) }, "the budget of the day is spent").await;
    }

    #[tokio::test]
    async fn a_prompt_that_is_too_long_is_not_sent() {
        let llm = Arc::new(Fake { prompt_tokens: 100, ..Fake::new(None) });
        let reason = sequenced(&llm).await.fallback_reason.unwrap();
        assert!(reason.contains("4 topics make a prompt of") && reason.ends_with("more than 100"), "{reason}");
        assert!(llm.questions.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn two_topics_or_no_model_are_no_fallback() {
        let llm = Arc::new(Fake::new(None));
        let plugin = plugin(Some(llm.clone()));
        let two = plugin.sequence(question(&plugin, 2)).await.unwrap();
        assert_eq!(two, by_rules(2).await);
        assert_eq!((two.origin, two.fallback_reason), (PathOrigin::Embedded, None));
        assert!(llm.questions.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn when_nobody_waits_any_more_the_call_ends() {
        let llm = Arc::new(Fake::new(None));
        let plugin = plugin(Some(llm.clone()));
        let cancelled = CancellationToken::new();
        let cancel = async {
            llm.asked.notified().await;
            cancelled.cancel();
        };
        let (sequenced, ()) = tokio::join!(unless_cancelled(&cancelled, plugin.sequence(question(&plugin, 4))), cancel);
        assert_eq!(sequenced.unwrap_err().code, ErrorCode::GenerationCancelled);
    }
}
