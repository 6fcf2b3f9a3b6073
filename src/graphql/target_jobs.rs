use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use chrono::{DateTime, Utc};
use pathwright_api::{ErrorCode, text};

use super::access::principal;
use super::enums::Seniority;
use super::error::{UserError, Wire, services};
use super::generation::{Generation, ended};
use super::jobs::{self, JobProfile, UpdateJobProfileInput, UpdateJobProfilePayload, make_path};
use super::loaders::loaders;
use super::users::{User, unknown_user};
use crate::domain::{self, JobChange, SavedJob};
use crate::services::Services;

/// Longest name of a target job, in characters.
const LONGEST: usize = 200;

/// A job a learner keeps in view, or the one in force.
pub struct TargetJob(pub domain::TargetJob);

/// A job a learner keeps in view, or the one in force.
#[Object]
impl TargetJob {
    /// Names it.
    async fn id(&self) -> ID {
        ID::from(&self.0.id)
    }

    /// The name it was saved with; otherwise its title, its template's name or the beginning of its posting.
    async fn name(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.0.shown_name(&services(ctx)?.host.templates))
    }

    /// What the job is called, as the learner gave it.
    async fn title(&self) -> Option<&str> {
        self.0.target.title.as_deref()
    }

    /// The posting, as the learner gave it; null for a template.
    async fn description(&self) -> Option<&str> {
        self.0.target.description.as_deref()
    }

    /// The firm the learner named.
    async fn firm(&self) -> Option<&str> {
        self.0.target.firm.as_deref()
    }

    /// The role template the learner chose; null for a posting.
    async fn template_id(&self) -> Option<ID> {
        self.0.target.template_id.as_ref().map(ID::from)
    }

    /// The seniority the learner chose.
    async fn seniority(&self) -> Seniority {
        self.0.target.seniority.into()
    }

    /// What it was read as; null until it was. Its `fallbackReason` says when a lesser source had to be used.
    async fn job_profile(&self, ctx: &Context<'_>) -> Result<Option<JobProfile>> {
        if let Some(profile) = loaders(ctx)?.profiles.load(self.0.hash.clone()).await.wire()? {
            return Ok(Some(JobProfile(profile)));
        }
        let services = services(ctx)?;
        let of_template = self.0.target.template_id.as_deref().and_then(|id| services.host.templates.get(id));
        Ok(of_template.map(|template| JobProfile(template.profile(&services.host.topics, &self.0.target))))
    }

    /// The reading of it, which the subscription `pathGeneration` follows; null when it did not have to be read for itself.
    async fn reading(&self, ctx: &Context<'_>) -> Result<Option<Generation>> {
        match &self.0.reading {
            Some(id) => Ok(loaders(ctx)?.generations.load(id.clone()).await.wire()?.map(Generation)),
            None => Ok(None),
        }
    }

    /// Whether it is the one in force, for which paths are made.
    async fn is_current(&self) -> bool {
        self.0.is_current
    }

    /// When it was saved; null when it was only put in force: it goes when another one takes its place.
    async fn saved_at(&self) -> Option<DateTime<Utc>> {
        self.0.saved_at
    }
}

/// A job to keep in view: a template or a posting.
#[derive(InputObject)]
pub struct SaveTargetJobInput {
    /// The learner; created when there is none of this id.
    user_id: ID,
    /// What to call it, at most 200 characters; made from the job when left out.
    name: Option<String>,
    /// A role template, or else …
    template_id: Option<ID>,
    /// What the job is called.
    job_title: Option<String>,
    /// … the full text of the posting.
    job_description: Option<String>,
    /// Outweighs what the posting says.
    job_seniority: Option<Seniority>,
    /// The firm: the same posting at two firms is two target jobs.
    firm: Option<String>,
    /// Answer when the job is read rather than at once.
    #[graphql(default = false)]
    wait: bool,
}

/// A target job.
#[derive(InputObject)]
pub struct TargetJobInput {
    /// The target job's id.
    id: ID,
}

/// A target job to put in force.
#[derive(InputObject)]
pub struct ChooseTargetJobInput {
    /// The target job's id.
    id: ID,
    /// Answer when the path is ready rather than at once.
    #[graphql(default = false)]
    wait: bool,
}

/// The job as saved.
#[derive(SimpleObject, Default)]
pub struct SaveTargetJobPayload {
    /// Null when there are errors in the input.
    target_job: Option<TargetJob>,
    /// The learner with all their target jobs; null when there are errors in the input.
    user: Option<User>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// What was removed.
#[derive(SimpleObject, Default)]
pub struct RemoveTargetJobPayload {
    /// Null when there are errors.
    removed_id: Option<ID>,
    /// The learner with the target jobs that are left; null when there are errors.
    user: Option<User>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct TargetJobMutations;

#[Object]
impl TargetJobMutations {
    /// Keeps a job in view, at most 20 of them, and reads what it asks for, without making a path. A job that is there already is
    /// not saved twice: it takes the new name, and is read again where it could not be read well.
    async fn save_target_job(&self, ctx: &Context<'_>, input: SaveTargetJobInput) -> Result<SaveTargetJobPayload> {
        let services = services(ctx)?;
        principal(ctx).and_then(|principal| principal.for_user(&input.user_id)).wire()?;
        let (name, wait, job) = parts(input);
        let mut errors = jobs::problems(&job, services);
        errors.extend(name.as_deref().and_then(check_name));
        if !errors.is_empty() {
            return Ok(SaveTargetJobPayload { user_errors: errors, ..Default::default() });
        }
        let user = job.user_id.to_string();
        let is_new = services.store.user(&user).await.wire()?.is_none();
        let new = is_new.then(|| domain::User::new(&user));
        let job = domain::TargetJob {
            name: name.map(|name| text::squeeze(&name)),
            saved_at: Some(Utc::now()),
            ..domain::TargetJob::new(&user, jobs::target(job))
        };
        let refused = |error| Ok(SaveTargetJobPayload { user_errors: vec![error], ..Default::default() });
        match services.generations.save(job, new.as_ref()).await.wire()? {
            SavedJob::As(id) => saved(services, &id, wait).await,
            SavedJob::TooMany => refused(full()),
            SavedJob::Gone => refused(unknown_user("userId", &user)),
        }
    }

    /// Removes a job that is not in force, and forgets what was read out of it, unless somebody else has the same.
    async fn remove_target_job(&self, ctx: &Context<'_>, input: TargetJobInput) -> Result<RemoveTargetJobPayload> {
        let services = services(ctx)?;
        let refused = |error| Ok(RemoveTargetJobPayload { user_errors: vec![error], ..Default::default() });
        let Some(job) = services.store.target_job(&input.id).await.wire()? else {
            return refused(unknown(&input.id));
        };
        principal(ctx).and_then(|principal| principal.for_user(&job.user)).wire()?;
        if !services.store.remove_target_job(&job.id).await.wire()? {
            let message =
                "the target job is in force; choose another one, or clear it with clearJobProfile, and remove it then";
            return refused(UserError::new("id", ErrorCode::InvalidInput, message));
        }
        if let Some(reading) = &job.reading {
            services.generations.announce(reading);
        }
        let user = services.store.user(&job.user).await.wire()?.map(User);
        Ok(RemoveTargetJobPayload { removed_id: Some(input.id), user, user_errors: vec![] })
    }

    /// Puts a target job in force and makes a path for it. The job before stays among the target jobs if it was saved.
    async fn choose_target_job(
        &self,
        ctx: &Context<'_>,
        input: ChooseTargetJobInput,
    ) -> Result<UpdateJobProfilePayload> {
        let services = services(ctx)?;
        let Some(job) = services.store.target_job(&input.id).await.wire()? else {
            return Ok(UpdateJobProfilePayload::refused(unknown(&input.id)));
        };
        principal(ctx).and_then(|principal| principal.for_user(&job.user)).wire()?;
        make_path(services, &job.user, &JobChange::To(job.target), None, input.wait).await
    }
}

fn parts(input: SaveTargetJobInput) -> (Option<String>, bool, UpdateJobProfileInput) {
    let SaveTargetJobInput { user_id, name, template_id, job_title, job_description, job_seniority, firm, wait } =
        input;
    let job =
        UpdateJobProfileInput { user_id, template_id, job_title, job_description, job_seniority, firm, wait: false };
    (name, wait, job)
}

async fn saved(services: &Services, id: &str, wait: bool) -> Result<SaveTargetJobPayload> {
    let job = services.store.target_job(id).await.wire()?;
    let mut user_errors = Vec::new();
    if let (true, Some(reading)) = (wait, job.as_ref().and_then(|job| job.reading.as_deref()))
        && let Some(reading) = services.store.generation(reading).await.wire()?
        && !reading.state.is_final()
    {
        user_errors.extend(ended(services, reading).await?.1);
    }
    let user = match &job {
        Some(job) => services.store.user(&job.user).await.wire()?.map(User),
        None => None,
    };
    Ok(SaveTargetJobPayload { target_job: job.map(TargetJob), user, user_errors })
}

/// A name has something in it, and neither line ends nor other control characters.
fn check_name(name: &str) -> Option<UserError> {
    let fine = !name.trim().is_empty() && name.chars().count() <= LONGEST && !name.chars().any(char::is_control);
    let message = format!("name must have 1 to {LONGEST} characters and no control characters");
    (!fine).then(|| UserError::new("name", ErrorCode::InvalidInput, message))
}

fn full() -> UserError {
    let message = format!("{} target jobs are saved already; remove one of them first", domain::TargetJob::MOST);
    UserError { field: None, message, code: ErrorCode::InvalidInput.into() }
}

fn unknown(id: &str) -> UserError {
    let id = text::shorten(id, 100);
    UserError::new("id", ErrorCode::TargetJobNotFound, format!("no target job has the id `{id}`"))
}
