use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use pathwright_api::ErrorCode;
use pathwright_api::job::{self, JobTarget};
use pathwright_api::text;

use super::access::principal;
use super::enums::{ProfileOrigin, Seniority};
use super::error::{UserError, Wire, services};
use super::generation::{Generation, ended};
use super::paths::LearningPath;
use super::topics::{Topic, progress_of};
use super::users::{User, check_id, unknown_user};
use crate::domain::{self, JobChange};
use crate::services::Services;

/// Longest job title or firm, in characters.
pub(super) const LONGEST: usize = 300;

/// What the analyzer read out of a job target.
pub struct JobProfile(pub job::JobProfile);

/// What the analyzer read out of a job target.
#[Object]
impl JobProfile {
    /// Hash of the job target: the same posting has the same profile.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// The role template it is, or is closest to; `general` when none is close.
    async fn role_type(&self) -> &str {
        &self.0.role_type
    }

    /// How senior the job is.
    async fn seniority(&self) -> Seniority {
        self.0.seniority.into()
    }

    /// What the job asks for, the most important first.
    async fn required_topics(&self) -> Vec<RequiredTopic> {
        self.0.required_topics.iter().map(RequiredTopic::from).collect()
    }

    /// What the job needs without naming it.
    async fn implicit_topics(&self) -> Vec<ImplicitTopic> {
        self.0.implicit_topics.iter().map(ImplicitTopic::from).collect()
    }

    /// The fields most of the topics belong to.
    async fn domain_focus(&self) -> &[String] {
        &self.0.domain_focus
    }

    /// Languages, libraries and products, in lower case.
    async fn tools(&self) -> &[String] {
        &self.0.tools
    }

    /// Where the profile came from.
    async fn origin(&self) -> ProfileOrigin {
        self.0.origin.into()
    }

    /// 0 to 1: how far it can be trusted.
    async fn confidence(&self) -> f32 {
        self.0.confidence
    }

    /// Why a lesser source was used; null when it was not.
    async fn fallback_reason(&self) -> Option<&str> {
        self.0.fallback_reason.as_deref()
    }
}

/// A topic that a job asks for.
#[derive(SimpleObject)]
pub struct RequiredTopic {
    /// What it is called.
    title: String,
    /// The topic.
    topic: Topic,
    /// The words of the posting that ask for it; null for a template.
    evidence: Option<String>,
    /// 0 to 1: how central it is to the job.
    weight: f32,
}

impl From<&job::RequiredTopic> for RequiredTopic {
    fn from(required: &job::RequiredTopic) -> Self {
        Self {
            title: required.topic.title.clone(),
            topic: Topic(required.topic.clone()),
            evidence: required.evidence.clone(),
            weight: required.weight,
        }
    }
}

/// A topic that a job needs without naming it.
#[derive(SimpleObject)]
pub struct ImplicitTopic {
    /// What it is called.
    title: String,
    /// The topic.
    topic: Topic,
    /// Why the job needs it.
    reason: String,
}

impl From<&job::ImplicitTopic> for ImplicitTopic {
    fn from(implicit: &job::ImplicitTopic) -> Self {
        Self {
            title: implicit.topic.title.clone(),
            topic: Topic(implicit.topic.clone()),
            reason: implicit.reason.clone(),
        }
    }
}

/// A ready-made profile.
pub struct RoleTemplate(job::RoleTemplate);

/// A ready-made profile.
#[Object]
impl RoleTemplate {
    /// Names it.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What the job is.
    async fn description(&self) -> &str {
        &self.0.description
    }

    /// How senior the job is.
    async fn seniority(&self) -> Seniority {
        self.0.seniority.into()
    }

    /// Languages, libraries and products, in lower case.
    async fn tools(&self) -> &[String] {
        &self.0.tools
    }

    /// Required topics, the most important first, then implicit ones.
    async fn topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
        let map = &services(ctx)?.host.topics;
        let profile = self.0.profile(map, &JobTarget::default());
        Ok(profile.topics().into_iter().cloned().map(Topic).collect())
    }
}

#[derive(Default)]
pub struct JobQueries;

#[Object]
impl JobQueries {
    /// The ready-made profiles, by id.
    async fn role_templates(&self, ctx: &Context<'_>) -> Result<Vec<RoleTemplate>> {
        Ok(services(ctx)?.host.templates.iter().cloned().map(RoleTemplate).collect())
    }
}

/// The job a learner wants: a template or a posting.
#[derive(InputObject)]
pub struct UpdateJobProfileInput {
    /// The learner; created when there is none of this id.
    pub(super) user_id: ID,
    /// A role template, or else …
    pub(super) template_id: Option<ID>,
    /// What the job is called.
    pub(super) job_title: Option<String>,
    /// … the full text of the posting.
    pub(super) job_description: Option<String>,
    /// Outweighs what the posting says.
    pub(super) job_seniority: Option<Seniority>,
    /// The firm, where it matters.
    pub(super) firm: Option<String>,
    /// Answer when the path is ready rather than at once.
    #[graphql(default = false)]
    pub(super) wait: bool,
}

/// A user.
#[derive(InputObject)]
pub struct UserIdInput {
    /// The user's id.
    user_id: ID,
    /// Answer when the path is ready rather than at once.
    #[graphql(default = false)]
    wait: bool,
}

/// The user with the new job target, and the path as far as it is made.
#[derive(SimpleObject, Default)]
pub struct UpdateJobProfilePayload {
    /// Null when there are errors in the input.
    user: Option<User>,
    /// Null until the job target was analyzed.
    job_profile: Option<JobProfile>,
    /// The making of the path; follow it with `pathGeneration`.
    generation: Option<Generation>,
    /// Null until it is made.
    learning_path: Option<LearningPath>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

impl UpdateJobProfilePayload {
    pub(super) fn refused(error: UserError) -> Self {
        Self { user_errors: vec![error], ..Self::default() }
    }
}

#[derive(Default)]
pub struct JobMutations;

#[Object]
impl JobMutations {
    /// Sets a learner's job target and makes a path for it.
    async fn update_job_profile(
        &self,
        ctx: &Context<'_>,
        input: UpdateJobProfileInput,
    ) -> Result<UpdateJobProfilePayload> {
        let services = services(ctx)?;
        principal(ctx).and_then(|principal| principal.for_user(&input.user_id)).wire()?;
        let errors = problems(&input, services);
        if !errors.is_empty() {
            return Ok(UpdateJobProfilePayload { user_errors: errors, ..Default::default() });
        }
        let (user, wait) = (input.user_id.clone(), input.wait);
        // Who was there and is gone when the job is stored was deleted meanwhile, and stays so.
        let is_new = services.store.user(&user).await.wire()?.is_none();
        let new = is_new.then(|| domain::User::new(&user));
        make_path(services, &user, &JobChange::To(target(input)), new.as_ref(), wait).await
    }

    /// Clears a learner's job target: the `general` template stands in.
    async fn clear_job_profile(&self, ctx: &Context<'_>, input: UserIdInput) -> Result<UpdateJobProfilePayload> {
        let services = services(ctx)?;
        principal(ctx).and_then(|principal| principal.for_user(&input.user_id)).wire()?;
        make_path(services, &input.user_id, &JobChange::Clear, None, input.wait).await
    }

    /// Makes the path anew, for the job target as it is.
    async fn generate_path(&self, ctx: &Context<'_>, input: UserIdInput) -> Result<UpdateJobProfilePayload> {
        let services = services(ctx)?;
        principal(ctx).and_then(|principal| principal.for_user(&input.user_id)).wire()?;
        make_path(services, &input.user_id, &JobChange::None, None, input.wait).await
    }
}

fn unknown(id: &str) -> UpdateJobProfilePayload {
    UpdateJobProfilePayload::refused(unknown_user("userId", id))
}

pub(super) async fn make_path(
    services: &Services,
    user: &str,
    change: &JobChange,
    new: Option<&domain::User>,
    wait: bool,
) -> Result<UpdateJobProfilePayload> {
    let Some(mut generation) = services.generations.start(user, change, new).await.wire()? else {
        return Ok(unknown(user));
    };
    let mut user_errors = Vec::new();
    if wait {
        let (finished, problem) = ended(services, generation).await?;
        generation = finished;
        user_errors.extend(problem);
    }
    let learning_path = match &generation.path {
        Some(id) => services.store.path(id).await.wire()?,
        None => None,
    };
    let profiles = services.store.profiles(&[generation.target.hash()]).await.wire()?;
    let user = services.store.user(user).await.wire()?;
    let learning_path = match learning_path {
        Some(path) => {
            let progress = progress_of(services, &path.user).await.wire()?;
            Some(LearningPath::new(path, progress))
        }
        None => None,
    };
    Ok(UpdateJobProfilePayload {
        user: user.map(User),
        job_profile: profiles.into_iter().next().map(JobProfile),
        generation: Some(Generation(generation)),
        learning_path,
        user_errors,
    })
}

pub(super) fn target(input: UpdateJobProfileInput) -> JobTarget {
    let filled = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
    JobTarget {
        template_id: input.template_id.map(|id| id.to_string()),
        title: filled(input.job_title),
        description: filled(input.job_description),
        seniority: input.job_seniority.map(Into::into).unwrap_or_default(),
        firm: filled(input.firm),
    }
}

pub(super) fn problems(input: &UpdateJobProfileInput, services: &Services) -> Vec<UserError> {
    let mut errors: Vec<UserError> = check_id("userId", &input.user_id).into_iter().collect();
    for (field, value) in [("jobTitle", &input.job_title), ("firm", &input.firm)] {
        if value.as_ref().is_some_and(|value| value.chars().count() > LONGEST) {
            errors.push(UserError::new(
                field,
                ErrorCode::InvalidInput,
                format!("{field} is longer than {LONGEST} characters"),
            ));
        }
    }
    match (&input.template_id, &input.job_description) {
        (Some(_), Some(_)) => errors.push(UserError::new(
            "templateId",
            ErrorCode::InvalidInput,
            "templateId and jobDescription exclude each other: send one of them",
        )),
        (None, None) => errors.push(UserError::new(
            "jobDescription",
            ErrorCode::InvalidInput,
            "send a templateId or a jobDescription; clearJobProfile goes back to the general template",
        )),
        (Some(id), None) if services.host.templates.get(id).is_none() => {
            let message = format!("no role template has the id `{}`; roleTemplates lists them", text::shorten(id, 100));
            errors.push(UserError::new("templateId", ErrorCode::TemplateNotFound, message));
        }
        (Some(_), None) => {}
        (None, Some(posting)) => errors.extend(check_posting(posting, services.posting_bytes)),
    }
    errors
}

pub(super) fn check_posting(posting: &str, longest: usize) -> Option<UserError> {
    let refuse = |code, message: String| Some(UserError::new("jobDescription", code, message));
    if posting.len() > longest {
        let message =
            format!("the posting is {} KiB long; at most {} KiB are read", posting.len() >> 10, longest >> 10);
        return refuse(ErrorCode::PostingTooLarge, message);
    }
    let strange = |c: &char| (c.is_control() && !c.is_whitespace()) || *c == char::REPLACEMENT_CHARACTER;
    let all = posting.chars().count();
    if posting.chars().filter(strange).count() * 20 > all {
        return refuse(
            ErrorCode::PostingNotText,
            "the posting is binary data rather than text; paste its text".to_owned(),
        );
    }
    if !posting.chars().any(char::is_alphanumeric) {
        return refuse(
            ErrorCode::PostingEmpty,
            "the posting is empty; paste its text, or choose a template".to_owned(),
        );
    }
    None
}
