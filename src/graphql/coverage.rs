use async_graphql::{Context, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use pathwright_api::coverage::{self, Verdict};
use pathwright_api::topic;
use pathwright_api::{ErrorCode, library as lib};

use super::access::principal;
use super::enums::ResourceKind;
use super::error::{UserError, Wire, services};
use super::library::{Book, Passage, Section};
use super::loaders::loaders;
use super::topics::Topic;
use crate::coverage::{Assessor, Measure};
use crate::services::Services;
use crate::store::resources::ResourceCheck;

/// Longest topic asked about, in characters.
const LONGEST: usize = 200;

/// Whether the library treats a topic, and how sure that is.
pub struct Coverage(pub Verdict);

/// Whether the library treats a topic, and how sure that is.
#[Object]
impl Coverage {
    /// What was checked.
    async fn topic(&self) -> Topic {
        Topic(self.0.topic.clone())
    }

    /// Whether the confidence reaches the threshold, or a reviewer says so.
    async fn covered(&self) -> bool {
        self.0.covered
    }

    /// 0 to 1, calibrated: the same number means the same for every embedding model.
    async fn confidence(&self) -> f32 {
        self.0.confidence
    }

    /// Where it is treated best; null when it is not covered.
    async fn source(&self) -> Option<Source> {
        self.0.source.clone().map(Source)
    }

    /// Passages at or above the threshold.
    async fn num_chunks(&self) -> u32 {
        self.0.num_chunks
    }

    /// The best passages, best first, whether above the threshold or not.
    async fn passages(&self) -> Vec<ScoredPassage> {
        self.0.passages.iter().cloned().map(ScoredPassage).collect()
    }

    /// Why the confidence is what it is: the logistic function of the sum of all parts. Empty where nothing was found.
    async fn parts(&self) -> Vec<ScorePart> {
        self.0.parts.iter().cloned().map(ScorePart::from).collect()
    }

    /// Where else to learn it, without what did not answer when it was last asked; empty for a covered topic.
    async fn external_resources(&self, ctx: &Context<'_>) -> Result<Vec<ExternalResource>> {
        shown(ctx, &self.0.external_resources).await
    }

    /// Why the passages were judged by lesser means than the configured ones, such as words alone; null when they were not.
    async fn fallback_reason(&self) -> Option<&str> {
        self.0.fallback_reason.as_deref()
    }

    /// Who overruled the measurement; null when nobody did.
    async fn overridden_by(&self) -> Option<CoverageOverride> {
        self.0.overridden_by.clone().map(CoverageOverride::from)
    }
}

/// What one kind of evidence adds to a confidence, read off the best passage.
#[derive(SimpleObject)]
pub struct ScorePart {
    /// `base` (before anything is known), `title` (of the section and those above), `name` (how often and where it is named),
    /// `definition`, `words`, `meaning` (the embedding) or `form` (lists, code, fragments).
    name: String,
    /// In log-odds: above 0 it speaks for the topic being explained there, below against it.
    log_odds: f32,
}

impl From<coverage::ScorePart> for ScorePart {
    fn from(part: coverage::ScorePart) -> Self {
        Self { name: part.name, log_odds: part.log_odds }
    }
}

/// Where in the library something is treated.
pub struct Source(pub lib::Source);

/// Where in the library something is treated.
#[Object]
impl Source {
    /// Null when the book was removed meanwhile.
    async fn book(&self, ctx: &Context<'_>) -> Result<Option<Book>> {
        Ok(loaders(ctx)?.books.load(self.0.book_id.clone()).await.wire()?.map(Book))
    }

    /// Whether the passage is no longer in the library: its book was removed, or says something else by now.
    async fn is_gone(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(loaders(ctx)?.passages.load(self.0.passage_id.clone()).await.wire()?.is_none())
    }

    /// The section's title.
    async fn section(&self) -> &str {
        &self.0.section
    }

    /// The section with its place in the book; null when the book was removed meanwhile.
    async fn section_details(&self, ctx: &Context<'_>) -> Result<Option<Section>> {
        Ok(loaders(ctx)?.sections.load(self.0.section_id.clone()).await.wire()?.map(Section))
    }

    /// The page, where the format has pages.
    async fn page(&self) -> Option<u32> {
        self.0.page
    }

    /// The passage that treats it best; null when the book was removed meanwhile.
    async fn passage(&self, ctx: &Context<'_>) -> Result<Option<Passage>> {
        Ok(loaders(ctx)?.passages.load(self.0.passage_id.clone()).await.wire()?.map(Passage))
    }
}

/// A passage with its score.
pub struct ScoredPassage(pub coverage::ScoredPassage);

/// A passage with its score.
#[Object]
impl ScoredPassage {
    /// 0 to 1, calibrated.
    async fn score(&self) -> f32 {
        self.0.score
    }

    /// Null when the book was removed meanwhile.
    async fn passage(&self, ctx: &Context<'_>) -> Result<Option<Passage>> {
        Ok(loaders(ctx)?.passages.load(self.0.passage_id.clone()).await.wire()?.map(Passage))
    }
}

/// Somewhere else to learn a topic: from a curated catalogue or a search template.
#[derive(SimpleObject)]
pub struct ExternalResource {
    /// What it is called.
    title: String,
    /// Its address: never one that a language model made up.
    url: String,
    /// What sort of thing it is.
    kind: ResourceKind,
    /// Readable in full without paying.
    free: bool,
    /// When its address was last asked; null for one that never was, such as a search.
    checked_at: Option<DateTime<Utc>>,
}

/// Resources without those that did not answer when they were last asked.
pub(super) async fn shown(
    ctx: &Context<'_>,
    resources: &[coverage::ExternalResource],
) -> Result<Vec<ExternalResource>> {
    if resources.is_empty() {
        return Ok(Vec::new());
    }
    let addresses = resources.iter().map(|resource| resource.url.clone()).collect();
    let checks = loaders(ctx)?.checks_of(addresses).await.wire()?;
    let known = resources.iter().map(|resource| (resource, checks.get(&resource.url)));
    let shown = known.filter(|(_, check)| check.is_none_or(|check| !check.is_failing()));
    Ok(shown.map(|(resource, check)| ExternalResource::new(resource, check)).collect())
}

impl ExternalResource {
    fn new(resource: &coverage::ExternalResource, check: Option<&ResourceCheck>) -> Self {
        Self {
            title: resource.title.clone(),
            url: resource.url.clone(),
            kind: resource.kind.into(),
            free: resource.free,
            checked_at: check.map(|check| check.checked_at),
        }
    }
}

/// A human's verdict on a topic.
#[derive(SimpleObject)]
pub struct CoverageOverride {
    /// Who said so.
    reviewer: String,
    /// Why.
    note: Option<String>,
    /// When.
    at: DateTime<Utc>,
}

impl From<coverage::Override> for CoverageOverride {
    fn from(verdict: coverage::Override) -> Self {
        Self { reviewer: verdict.reviewer, note: verdict.note, at: verdict.at }
    }
}

#[derive(Default)]
pub struct CoverageQueries;

#[Object]
impl CoverageQueries {
    /// Checks any topic against the library.
    async fn coverage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A topic's id, title or alias, or any other words.")] topic: String,
        #[graphql(desc = "The confidence from which it counts as covered, 0 to 1; 0.75 unless configured otherwise.")]
        min_score: Option<f64>,
    ) -> Result<Coverage> {
        check_topic(&topic)?;
        if min_score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
            let failure = pathwright_api::Failure::new(ErrorCode::InvalidInput, "minScore must lie between 0 and 1");
            return Err(super::error::wire(failure));
        }
        let services = services(ctx)?;
        let topic = services.catalogue.as_asked(&topic).await.wire()?;
        check(services, topic, min_score.map(|score| score as f32)).await
    }
}

/// Something to look for, of bounded length.
pub(super) fn check_topic(topic: &str) -> Result<()> {
    if topic.trim().is_empty() || topic.chars().count() > LONGEST {
        let message = format!("topic must have 1 to {LONGEST} characters");
        return Err(super::error::wire(pathwright_api::Failure::new(ErrorCode::InvalidInput, message)));
    }
    Ok(())
}

async fn check(services: &Services, topic: topic::Topic, min_score: Option<f32>) -> Result<Coverage> {
    let assessor = Assessor::new(&services.store, &services.host).impatient();
    let verdicts = assessor.measure(vec![topic], Measure { min_score, ..Measure::default() }).await.wire()?;
    let verdict = assessor.overruled(verdicts).await.wire()?.into_iter().next();
    verdict.map(Coverage).ok_or_else(|| async_graphql::Error::new("the coverage plugin gave no verdict"))
}

/// A human's verdict, which outlives regeneration.
#[derive(InputObject)]
pub struct OverrideCoverageInput {
    /// A topic's id, title or alias.
    topic: String,
    /// What the library does, in truth.
    covered: bool,
    /// Why, at most 2,000 characters.
    note: Option<String>,
}

/// The verdict as it stands now.
#[derive(SimpleObject)]
pub struct OverrideCoveragePayload {
    /// Null when there are errors.
    coverage: Option<Coverage>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct CoverageMutations;

#[Object]
impl CoverageMutations {
    /// Overrules the verdict on a topic, for everyone and for good. Paths follow when they are made anew.
    async fn override_coverage(
        &self,
        ctx: &Context<'_>,
        input: OverrideCoverageInput,
    ) -> Result<OverrideCoveragePayload> {
        let services = services(ctx)?;
        let principal = principal(ctx).wire()?;
        principal.as_admin().wire()?;
        let refused = |field: &str, message: String| {
            Ok(OverrideCoveragePayload {
                coverage: None,
                user_errors: vec![UserError::new(field, ErrorCode::InvalidInput, message)],
            })
        };
        if input.topic.trim().is_empty() || input.topic.chars().count() > LONGEST {
            return refused("topic", format!("topic must have 1 to {LONGEST} characters"));
        }
        if input.note.as_ref().is_some_and(|note| note.chars().count() > 2_000) {
            return refused("note", "note is longer than 2000 characters".to_owned());
        }
        let topic = services.catalogue.as_asked(&input.topic).await.wire()?;
        let verdict = coverage::Override {
            covered: input.covered,
            reviewer: principal.name().to_owned(),
            note: input.note,
            at: Utc::now(),
        };
        services.store.save_override(&topic.id, &verdict).await.wire()?;
        let coverage = check(services, topic, None).await?;
        Ok(OverrideCoveragePayload { coverage: Some(coverage), user_errors: vec![] })
    }
}
