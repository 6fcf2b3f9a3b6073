use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use pathwright_api::job::JobTarget;
use pathwright_api::llm::{Purpose, tokens_of};
use pathwright_api::text;
use pathwright_api::{ErrorCode, Failure};

use super::access::principal;
use super::error::{Wire, services};
use super::jobs;
use crate::llm::meter::Typical;
use crate::services::Services;

/// Seconds for everything but calls of models: judging some twenty topics, ordering them, storing the path.
const EMBEDDED_SECONDS: f64 = 2.0;

/// Tokens around a posting: what the model is told to do, the roles it may name, the shape of its answer.
const ANALYZE_PROMPT_TOKENS: u64 = 700;

/// Tokens of what is read out of a posting: some twenty topics, each with the words that ask for it.
const ANALYZE_ANSWER_TOKENS: u64 = 1_000;

/// Tokens of the instructions and of some twenty topics to order, and of the order.
const SEQUENCE_PROMPT_TOKENS: u64 = 900;
const SEQUENCE_ANSWER_TOKENS: u64 = 500;

/// How long a hosted model takes to begin, in seconds, and how fast it goes on.
const FIRST_TOKEN_SECONDS: f64 = 1.0;
const TOKENS_PER_SECOND: f64 = 75.0;

/// The job a path would be made for: a template or a posting, otherwise the learner's own.
#[derive(InputObject)]
pub struct EstimateGenerationInput {
    /// A learner, whose job target counts when neither a template nor a posting is given.
    user_id: Option<ID>,
    /// A role template, or else …
    template_id: Option<ID>,
    /// What the job is called.
    job_title: Option<String>,
    /// … the full text of the posting.
    job_description: Option<String>,
}

/// What the making of a path is likely to take.
#[derive(SimpleObject, Debug, PartialEq)]
pub struct GenerationEstimate {
    /// Calls of the language model; 0 without one.
    chat_calls: u32,
    /// Calls of an embedding model's endpoint; 0 when the embedded model is used. They cost next to nothing and are in none of
    /// the other figures.
    embedding_calls: u32,
    /// Tokens of what the language model is asked.
    prompt_tokens: u64,
    /// Tokens of what it answers.
    answer_tokens: u64,
    /// US dollars for the language model; null when its price is not known.
    usd: Option<f64>,
    /// From the beginning of the work to the path.
    seconds: f64,
    /// The language model; null without one.
    model: Option<String>,
    /// What the figures rest on.
    basis: EstimateBasis,
    /// Why the embedded default would stand in for the language model now, at no cost; null when it would not.
    fallback_reason: Option<String>,
}

/// What an estimate rests on.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum EstimateBasis {
    /// Averages of the last 30 days' calls.
    Measured,
    /// Assumptions, because there were no calls of the kind yet.
    Assumed,
}

#[derive(Default)]
pub struct EstimateQueries;

#[Object]
impl EstimateQueries {
    /// What the making of a path would take, in calls, tokens, money and time. Nothing is made, and no model is asked.
    async fn estimate_generation(
        &self,
        ctx: &Context<'_>,
        input: EstimateGenerationInput,
    ) -> Result<GenerationEstimate> {
        let services = services(ctx)?;
        let asker = principal(ctx).wire()?;
        if let Some(user) = &input.user_id {
            asker.for_user(user).wire()?;
        }
        let target = target(services, input).await.wire()?;
        estimate(services, &target).await.wire()
    }
}

async fn target(services: &Services, input: EstimateGenerationInput) -> Result<JobTarget, Failure> {
    let invalid = |message: String| Err(Failure::new(ErrorCode::InvalidInput, message));
    if input.job_title.as_ref().is_some_and(|title| title.chars().count() > jobs::LONGEST) {
        return invalid(format!("jobTitle is longer than {} characters", jobs::LONGEST));
    }
    match (input.template_id, input.job_description, input.user_id) {
        (Some(_), Some(_), _) => {
            invalid("templateId and jobDescription exclude each other: send one of them".to_owned())
        }
        (Some(id), None, _) if services.host.templates.get(&id).is_none() => {
            let message =
                format!("no role template has the id `{}`; roleTemplates lists them", text::shorten(&id, 100));
            Err(Failure::new(ErrorCode::TemplateNotFound, message))
        }
        (Some(id), None, _) => Ok(JobTarget { template_id: Some(id.to_string()), ..JobTarget::default() }),
        (None, Some(posting), _) => match jobs::check_posting(&posting, services.posting_bytes) {
            Some(error) => Err(Failure::new(error.code.into(), error.message)),
            None => Ok(JobTarget { title: input.job_title, description: Some(posting), ..JobTarget::default() }),
        },
        (None, None, Some(id)) => {
            let unknown = || {
                let message = format!("no user has the id `{}`", text::shorten(&id, 100));
                Failure::new(ErrorCode::UserNotFound, message)
            };
            Ok(services.store.user(&id).await?.ok_or_else(unknown)?.target())
        }
        (None, None, None) => invalid("send a templateId, a jobDescription or a userId".to_owned()),
    }
}

async fn estimate(services: &Services, target: &JobTarget) -> Result<GenerationEstimate, Failure> {
    let mut estimate = GenerationEstimate {
        chat_calls: 0,
        embedding_calls: u32::from(services.embedding_endpoint),
        prompt_tokens: 0,
        answer_tokens: 0,
        usd: Some(0.0),
        seconds: EMBEDDED_SECONDS,
        model: None,
        basis: EstimateBasis::Assumed,
        fallback_reason: None,
    };
    let Some(llm) = &services.llm else {
        return Ok(estimate);
    };
    let model = llm.model();
    estimate.basis = EstimateBasis::Measured;
    let asked = |purpose: &Purpose| match purpose {
        Purpose::Analyze => services.host.analyzer.asks_a_model(),
        Purpose::Sequence => services.host.sequencer.asks_a_model(),
        Purpose::Write | Purpose::Embed | Purpose::Probe => true,
    };
    for (purpose, assumed) in
        calls(target, llm.prompt_tokens() as u64).into_iter().filter(|(purpose, _)| asked(purpose))
    {
        let measured = services.meter.typical(model, purpose).await?;
        if measured.is_none() {
            estimate.basis = EstimateBasis::Assumed;
        }
        estimate.add(measured.unwrap_or(assumed));
    }
    estimate.usd = services.meter.cost(model, estimate.prompt_tokens, estimate.answer_tokens).usd;
    estimate.fallback_reason = llm.ready().await.err().map(|failure| failure.message);
    estimate.model = Some(model.to_owned());
    Ok(estimate)
}

impl GenerationEstimate {
    fn add(&mut self, call: Typical) {
        self.chat_calls += 1;
        self.prompt_tokens += call.prompt_tokens;
        self.answer_tokens += call.answer_tokens;
        self.seconds += call.seconds;
    }
}

/// The calls of a language model that a path takes, with what is assumed of each; a prompt is cut at its longest.
fn calls(target: &JobTarget, longest: u64) -> Vec<(Purpose, Typical)> {
    let assumed = |prompt_tokens: u64, answer_tokens: u64| Typical {
        prompt_tokens: prompt_tokens.min(longest),
        answer_tokens,
        seconds: FIRST_TOKEN_SECONDS + answer_tokens as f64 / TOKENS_PER_SECOND,
    };
    let sequence = (Purpose::Sequence, assumed(SEQUENCE_PROMPT_TOKENS, SEQUENCE_ANSWER_TOKENS));
    // Nothing is to be read out of a template.
    let Some(posting) = target.description.as_deref().filter(|_| target.template_id.is_none()) else {
        return vec![sequence];
    };
    let title = target.title.as_deref().unwrap_or_default();
    let prompt = ANALYZE_PROMPT_TOKENS + tokens_of(title) + tokens_of(posting);
    vec![(Purpose::Analyze, assumed(prompt, ANALYZE_ANSWER_TOKENS)), sequence]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_posting_takes_a_call_more_than_a_template_and_a_long_one_is_cut() {
        let template = JobTarget { template_id: Some("general".to_owned()), ..JobTarget::default() };
        let asked: Vec<Purpose> = calls(&template, 6_000).into_iter().map(|(purpose, _)| purpose).collect();
        assert_eq!(asked, [Purpose::Sequence]);
        let posting = |text: String| JobTarget { description: Some(text), ..JobTarget::default() };
        let short = calls(&posting("x".repeat(400)), 6_000);
        assert_eq!((short[0].0, short[0].1.prompt_tokens), (Purpose::Analyze, ANALYZE_PROMPT_TOKENS + 100));
        assert_eq!(calls(&posting("x".repeat(400_000)), 6_000)[0].1.prompt_tokens, 6_000);
        assert_eq!(calls(&JobTarget::default(), 6_000).len(), 1);
    }
}
