use async_graphql::connection::Connection;
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use pathwright_api::ErrorCode;

use super::access::principal;
use super::demand::{DemandedTopics, topics_by_demand};
use super::enums::EducationLevel;
use super::enums::Seniority;
use super::error::{UserError, Wire, services};
use super::generation::Generation;
use super::jobs::JobProfile;
use super::limits::TOPICS_BY_DEMAND;
use super::loaders::loaders;
use super::paths::{LearningPath, NextTopic};
use super::target_jobs::TargetJob;
use super::topics::{Topic, TopicStatus, progress_of};
use crate::domain;

/// Longest id, name or address of a user, in characters.
const LONGEST: usize = 200;

/// Paths in one page of a user's history.
const PATHS: usize = 50;

/// A learner.
pub struct User(pub domain::User);

/// A learner.
#[Object]
impl User {
    /// Chosen by the frontend.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// What the learner is called.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Where to reach the learner.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// The highest degree the learner has or works on.
    async fn education_level(&self) -> Option<EducationLevel> {
        self.0.education_level.map(Into::into)
    }

    /// Hours a week for learning.
    async fn hours_per_week(&self) -> u32 {
        self.0.hours_per_week
    }

    /// The title of the job the learner wants, as they gave it.
    async fn job_title(&self) -> Option<&str> {
        self.0.job.as_ref().and_then(|job| job.title.as_deref())
    }

    /// The posting, as the learner gave it.
    async fn job_description(&self) -> Option<&str> {
        self.0.job.as_ref().and_then(|job| job.description.as_deref())
    }

    /// The seniority the learner chose.
    async fn job_seniority(&self) -> Seniority {
        self.0.job.as_ref().map(|job| job.seniority).unwrap_or_default().into()
    }

    /// The firm the learner named.
    async fn firm(&self) -> Option<&str> {
        self.0.job.as_ref().and_then(|job| job.firm.as_deref())
    }

    /// The role template the learner chose.
    async fn job_template_id(&self) -> Option<ID> {
        self.0.job.as_ref().and_then(|job| job.template_id.as_ref()).map(ID::from)
    }

    /// The role the job was read as, once a path was made for it.
    async fn job_role_type(&self) -> Option<&str> {
        self.0.job_role_type.as_deref()
    }

    /// 0 to 100: name, email, education level and a job description of more than 20 characters count a quarter each.
    async fn profile_completion_percent(&self) -> u32 {
        self.0.profile_completion_percent()
    }

    /// When the user was first seen.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// What was read out of the job target; null until it was.
    async fn job_profile(&self, ctx: &Context<'_>) -> Result<Option<JobProfile>> {
        let hash = self.0.target().hash();
        let found = services(ctx)?.store.profiles(&[hash]).await.wire()?;
        Ok(found.into_iter().next().map(JobProfile))
    }

    /// The jobs the learner keeps in view: the one in force first, then the latest saved. At most 21.
    async fn target_jobs(&self, ctx: &Context<'_>) -> Result<Vec<TargetJob>> {
        let jobs = services(ctx)?.store.target_jobs(&self.0.id).await.wire()?;
        Ok(jobs.into_iter().map(TargetJob).collect())
    }

    /// What the target jobs need: the topics that most of them need first, then those that are more central.
    async fn topics_by_demand(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 50.", default_with = "TOPICS_BY_DEMAND as u32")] first: u32,
        #[graphql(desc = "The cursor of the last topic of the page before.")] after: Option<String>,
    ) -> Result<DemandedTopics> {
        topics_by_demand(services(ctx)?, &self.0.id, first as usize, after.as_deref()).await
    }

    /// The current path; null until one was made.
    async fn learning_path(&self, ctx: &Context<'_>) -> Result<Option<LearningPath>> {
        self.current_path(ctx).await
    }

    /// All paths, the newest first.
    async fn learning_paths(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many, at most 50.", default = 10)] first: u32,
        #[graphql(desc = "The cursor of the last path of the page before.")] after: Option<String>,
    ) -> Result<Connection<String, LearningPath>> {
        let services = services(ctx)?;
        let first = (first as usize).clamp(1, PATHS);
        let mut rows = services.store.paths_of(&self.0.id, after.as_deref(), first + 1).await.wire()?;
        let more = rows.len() > first;
        rows.truncate(first);
        let progress = progress_of(services, &self.0.id).await.wire()?;
        let mut connection = Connection::new(after.is_some(), more);
        connection.edges.extend(
            rows.into_iter().map(|row| {
                async_graphql::connection::Edge::new(row.id.clone(), LearningPath::new(row, progress.clone()))
            }),
        );
        Ok(connection)
    }

    /// The first topic in the order of the path that is not completed and whose prerequisites on the path are.
    async fn next_topic(&self, ctx: &Context<'_>) -> Result<Option<NextTopic>> {
        Ok(self.current_path(ctx).await?.and_then(|path| path.next_topic()))
    }

    /// Every topic of the path that could be begun now.
    async fn startable_topics(&self, ctx: &Context<'_>) -> Result<Vec<Topic>> {
        Ok(self.current_path(ctx).await?.map(|path| path.startable()).unwrap_or_default())
    }

    /// Topics the user has begun or completed, on whatever path.
    async fn progress(&self, ctx: &Context<'_>) -> Result<Vec<TopicStatus>> {
        let rows = services(ctx)?.store.progress(&self.0.id).await.wire()?;
        Ok(rows.into_iter().map(TopicStatus::from).collect())
    }

    /// The latest generation of a path.
    async fn generation(&self, ctx: &Context<'_>) -> Result<Option<Generation>> {
        Ok(services(ctx)?.store.latest_generation(&self.0.id).await.wire()?.map(Generation))
    }
}

impl User {
    async fn current_path(&self, ctx: &Context<'_>) -> Result<Option<LearningPath>> {
        let services = services(ctx)?;
        let Some(path) = loaders(ctx)?.current_paths.load(self.0.id.clone()).await.wire()? else {
            return Ok(None);
        };
        let progress = progress_of(services, &self.0.id).await.wire()?;
        Ok(Some(LearningPath::new(path, progress)))
    }
}

#[derive(Default)]
pub struct UserQueries;

#[Object]
impl UserQueries {
    /// A learner; null when there is none of this id.
    async fn user(&self, ctx: &Context<'_>, #[graphql(desc = "The user's id.")] id: ID) -> Result<Option<User>> {
        principal(ctx).and_then(|principal| principal.for_user(&id)).wire()?;
        Ok(services(ctx)?.store.user(&id).await.wire()?.map(User))
    }

    /// The learner whose key came with the request, as a new one where nothing is stored yet; null for other keys and without
    /// keys.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        let Some(id) = principal(ctx).wire()?.own_user() else {
            return Ok(None);
        };
        let known = services(ctx)?.store.user(id).await.wire()?;
        Ok(Some(User(known.unwrap_or_else(|| domain::User::new(id)))))
    }
}

/// What is known of a learner; what is left out stays as it was.
#[derive(InputObject)]
pub struct UpsertUserInput {
    /// Chosen by the frontend, at most 200 characters.
    id: ID,
    /// At most 200 characters.
    name: Option<String>,
    /// An address with an @, at most 200 characters.
    email: Option<String>,
    /// The highest degree the learner has or works on.
    education_level: Option<EducationLevel>,
    /// Hours a week for learning, 1 to 80; a new user has 6.
    hours_per_week: Option<i32>,
}

/// The learner as stored.
#[derive(SimpleObject)]
pub struct UpsertUserPayload {
    /// Null when there are errors.
    user: Option<User>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// Whom to delete.
#[derive(InputObject)]
pub struct DeleteUserInput {
    /// The user's id.
    id: ID,
}

/// Who was deleted.
#[derive(SimpleObject)]
pub struct DeleteUserPayload {
    /// Null when there are errors.
    deleted_id: Option<ID>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct UserMutations;

#[Object]
impl UserMutations {
    /// Creates a learner or changes what is known of one.
    async fn upsert_user(&self, ctx: &Context<'_>, input: UpsertUserInput) -> Result<UpsertUserPayload> {
        let services = services(ctx)?;
        principal(ctx).and_then(|principal| principal.for_user(&input.id)).wire()?;
        let errors = problems(&input);
        if !errors.is_empty() {
            return Ok(UpsertUserPayload { user: None, user_errors: errors });
        }
        let changes = domain::UserChanges {
            name: input.name,
            email: input.email,
            education_level: input.education_level.map(Into::into),
            hours_per_week: input.hours_per_week.map(|hours| hours as u32),
            created_at: None,
        };
        services.store.merge_user(&domain::User::new(&input.id), &changes).await.wire()?;
        let user = services.store.user(&input.id).await.wire()?.map(User);
        Ok(UpsertUserPayload { user, user_errors: vec![] })
    }

    /// Deletes a learner and everything held about them.
    async fn delete_user(&self, ctx: &Context<'_>, input: DeleteUserInput) -> Result<DeleteUserPayload> {
        let services = services(ctx)?;
        principal(ctx).and_then(|principal| principal.for_user(&input.id)).wire()?;
        let Some(unfinished) = services.store.delete_user(&input.id).await.wire()? else {
            return Ok(DeleteUserPayload { deleted_id: None, user_errors: vec![unknown_user("id", &input.id)] });
        };
        for generation in &unfinished {
            services.generations.announce(generation);
        }
        Ok(DeleteUserPayload { deleted_id: Some(input.id), user_errors: vec![] })
    }
}

fn problems(input: &UpsertUserInput) -> Vec<UserError> {
    let mut errors: Vec<UserError> = check_id("id", &input.id).into_iter().collect();
    for (field, value) in [("name", &input.name), ("email", &input.email)] {
        if value.as_ref().is_some_and(|value| value.chars().count() > LONGEST) {
            errors.push(UserError::new(
                field,
                ErrorCode::InvalidInput,
                format!("{field} is longer than {LONGEST} characters"),
            ));
        }
    }
    if input.email.as_ref().is_some_and(|email| !email.is_empty() && !email.contains('@')) {
        errors.push(UserError::new("email", ErrorCode::InvalidInput, "email is no address: it has no @"));
    }
    if input.hours_per_week.is_some_and(|hours| !(1..=80).contains(&hours)) {
        errors.push(UserError::new("hoursPerWeek", ErrorCode::InvalidInput, "hoursPerWeek must lie between 1 and 80"));
    }
    errors
}

/// An id has something in it, and neither line ends nor other control characters.
pub(super) fn check_id(field: &str, id: &str) -> Option<UserError> {
    let fine = !id.trim().is_empty() && id.chars().count() <= LONGEST && !id.chars().any(char::is_control);
    let message = format!("{field} must have 1 to {LONGEST} characters and no control characters");
    (!fine).then(|| UserError::new(field, ErrorCode::InvalidInput, message))
}

pub(super) fn unknown_user(field: &str, id: &str) -> UserError {
    let id = pathwright_api::text::shorten(id, 100);
    UserError::new(field, ErrorCode::UserNotFound, format!("no user has the id `{id}`; upsertUser makes one"))
}
