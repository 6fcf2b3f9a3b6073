use std::collections::HashMap;
use std::sync::Arc;

use actix::{Actor, Context, Handler, ResponseFuture};
use pathwright_api::Failure;
use pathwright_api::job::{JobProfile, JobTarget, RoleTemplates};
use pathwright_api::llm::{Llm, Prompt, PromptFile, Purpose, Question, ask};
use pathwright_api::messages::Analyze;
use pathwright_api::plugin::{AnalyzerHandles, Ask, Plugin, PluginInit, unless_cancelled};
use pathwright_api::ports::{Embedder, LibraryTopics};
use pathwright_api::text;
use pathwright_api::topic::{TopicId, TopicMap};
use pathwright_api::topic_index::TopicIndex;
use serde_json::json;
use tokio::sync::OnceCell;

use crate::config::Config;
use crate::mentions::Lexicon;
use crate::merge::Merger;
use crate::profile::read_profile;
use crate::reading::Reading;
use crate::shelf::index_of;

const PROMPT: &str = include_str!("../prompts/analyze.md");

/// Tokens of an answer: sixty topics with their quotes, should a posting have so many.
const ANSWER_TOKENS: u32 = 3_000;

/// Cosine from which two names mean the same to the embedded model: the same words, inflected or in another order.
const SAME: f32 = 0.83;

/// The analyzer that asks a language model, holds its answer against the posting, and adds what the embedded rules find.
#[derive(Clone)]
pub struct ModelAnalyzer(Arc<Inner>);

struct Inner {
    config: Config,
    lexicon: Lexicon,
    topics: Arc<TopicMap>,
    templates: Arc<RoleTemplates>,
    llm: Option<Arc<dyn Llm>>,
    embedder: Arc<dyn Embedder>,
    library: Arc<dyn LibraryTopics>,
    prompt: PromptFile,
    names: OnceCell<Vec<KnownName>>,
}

/// A name of the map with its embedding.
struct KnownName {
    topic: TopicId,
    stems: Vec<String>,
    vector: Vec<f32>,
}

impl Plugin for ModelAnalyzer {
    const NAME: &'static str = "model-analyzer";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = AnalyzerHandles;
    const ASKS_A_MODEL: bool = true;

    fn start(init: PluginInit<Config>) -> Result<AnalyzerHandles, Failure> {
        let inner = Inner {
            config: init.config,
            lexicon: Lexicon::new(&init.topics),
            topics: init.topics,
            templates: init.templates,
            llm: init.ports.llm,
            embedder: init.ports.embedded,
            library: init.ports.topics,
            prompt: PromptFile::parse("analyze", PROMPT)?,
            names: OnceCell::new(),
        };
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self(Arc::new(inner))
        });
        Ok(AnalyzerHandles { analyze: address.recipient() })
    }
}

impl Actor for ModelAnalyzer {
    type Context = Context<Self>;
}

/// Detached, because it waits for the model: the host's permits and the model's own bound how many run at once.
impl Handler<Ask<Analyze>> for ModelAnalyzer {
    type Result = ResponseFuture<Result<JobProfile, Failure>>;

    fn handle(&mut self, Ask { question, cancelled, .. }: Ask<Analyze>, _: &mut Context<Self>) -> Self::Result {
        let plugin = self.0.clone();
        Box::pin(
            async move { unless_cancelled(&cancelled, async { Ok(plugin.analyze(&question.target).await) }).await },
        )
    }
}

impl Inner {
    /// Always a profile: where the model fails, the embedded one, which says why.
    async fn analyze(&self, target: &JobTarget) -> JobProfile {
        let index = index_of(self.library.as_ref()).await;
        let embedded = read_profile(target, &self.lexicon, &self.topics, &index, &self.templates, &self.config);
        let posting = target.description.as_deref().filter(|text| !text.trim().is_empty());
        let (Some(llm), Some(posting), None) = (&self.llm, posting, target.template_id.as_deref()) else {
            return embedded;
        };
        match self.read(llm.as_ref(), target, posting).await {
            Ok((prompt, reading)) => self.merge(embedded, target, &index, &prompt, &reading).await,
            Err(failure) => {
                tracing::warn!(code = %failure.code, %failure, "the language model did not read the posting; the embedded analyzer stands in");
                fallen_back(embedded, &failure.to_string())
            }
        }
    }

    async fn read(&self, llm: &dyn Llm, target: &JobTarget, posting: &str) -> Result<(Prompt, Reading), Failure> {
        let prompt = self.render(llm, target, posting)?;
        let question = Question { purpose: Purpose::Analyze, prompt: prompt.clone(), answer_tokens: ANSWER_TOKENS };
        Ok((prompt, ask(llm, question, "job_reading").await?))
    }

    /// As much of the posting as fits; what the embedded analyzer finds in the rest is merged all the same.
    fn render(&self, llm: &dyn Llm, target: &JobTarget, posting: &str) -> Result<Prompt, Failure> {
        let roles: Vec<_> =
            self.templates.iter().map(|template| json!({ "id": template.id, "name": template.name })).collect();
        let title = target.title.as_deref().map(|title| text::shorten(title, 300));
        let fill = |posting: &str| self.prompt.render(json!({ "roles": roles, "title": title, "posting": posting }));
        let around = fill("")?.tokens() as usize;
        // Some four bytes a token in English; three leave room for other languages.
        let room = llm.prompt_tokens().saturating_sub(around) * 3;
        fill(&posting[..posting.floor_char_boundary(room)])
    }

    async fn merge(
        &self,
        embedded: JobProfile,
        target: &JobTarget,
        index: &TopicIndex,
        prompt: &Prompt,
        reading: &Reading,
    ) -> JobProfile {
        let similar = self.similar(reading).await;
        let merger = Merger {
            topics: &self.topics,
            index,
            templates: &self.templates,
            lexicon: &self.lexicon,
            config: &self.config,
            target,
            prompt,
            similar: &|name| similar.get(name).cloned(),
        };
        let merged = merger.merge(embedded.clone(), reading);
        if merged.required_topics.is_empty() {
            return fallen_back(embedded, "the language model named nothing that the posting asks for");
        }
        JobProfile { fallback_reason: None, ..merged }
    }

    /// Names that the map does not have with the topic whose name is nearest, if any is near enough. A word in common is asked
    /// for besides: small embedding models put strangers on the same spot.
    async fn similar(&self, reading: &Reading) -> HashMap<String, TopicId> {
        let read = reading.required_topics.iter().map(|read| &read.topic);
        let implied = reading.implicit_topics.iter().map(|read| &read.topic);
        let unknown: Vec<String> = read
            .chain(implied)
            .map(|name| text::squeeze(name))
            .filter(|name| self.topics.find(name).is_none())
            .collect();
        if unknown.is_empty() {
            return HashMap::new();
        }
        let (Ok(known), Ok(vectors)) = (self.known_names().await, self.embedder.embed(unknown.clone()).await) else {
            return HashMap::new();
        };
        let nearest = |name: &String, vector: &Vec<f32>| {
            let stems = text::content_stems(name);
            let related = known.iter().filter(|known| known.stems.iter().any(|stem| stems.contains(stem)));
            let near =
                related.map(|known| (cosine(vector, &known.vector), known)).filter(|(cosine, _)| *cosine >= SAME);
            near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known.topic.clone())
        };
        unknown.iter().zip(&vectors).filter_map(|(name, vector)| Some((name.clone(), nearest(name, vector)?))).collect()
    }

    async fn known_names(&self) -> Result<&Vec<KnownName>, Failure> {
        let embed = || async {
            let names =
                self.topics.iter().flat_map(|topic| topic.names().map(|name| (topic.id.clone(), name.to_owned())));
            let (topics, names): (Vec<TopicId>, Vec<String>) = names.unzip();
            let stems = names.iter().map(|name| text::content_stems(name)).collect::<Vec<_>>();
            let vectors = self.embedder.embed(names).await?;
            let known = topics.into_iter().zip(stems).zip(vectors);
            Ok(known.map(|((topic, stems), vector)| KnownName { topic, stems, vector }).collect())
        };
        self.names.get_or_try_init(embed).await
    }
}

fn fallen_back(embedded: JobProfile, why: &str) -> JobProfile {
    let own = embedded.fallback_reason.as_deref().map(|own| format!("; {own}")).unwrap_or_default();
    JobProfile {
        fallback_reason: Some(format!("the embedded analyzer stands in for the language model: {why}{own}")),
        ..embedded
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[cfg(test)]
mod tests;
