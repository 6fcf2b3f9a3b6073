//! Which jobs a question over several jobs is about, and what they were read as.

use std::collections::HashMap;

use pathwright_api::job::{JobProfile, JobTarget, RoleTemplate};
use pathwright_api::text;
use pathwright_api::{ErrorCode, Failure};

use crate::domain::TargetJob;
use crate::host::Host;
use crate::store::Store;

/// Role templates that can be chosen at once.
const TEMPLATES: usize = 50;

/// Profiles that are looked at when everybody's jobs are meant; those that most jobs share come first.
const EVERYBODYS: usize = 500;

/// What is asked about; several are looked at together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The target jobs of a user, the one in force included, and role templates by their ids.
    Some { user: Option<String>, templates: Vec<String> },
    /// The target jobs of all users, without saying whose they are.
    Everybodys,
}

/// A job with what it was read as.
#[derive(Clone, Debug, PartialEq)]
pub struct ChosenJob {
    /// None: it is not to be said whose it is.
    pub name: Option<String>,
    pub profile: JobProfile,
    /// How many target jobs it stands for: 1, except where everybody's are meant.
    pub count: u32,
}

/// The jobs of a choice, in its order. A job that was not read yet is left out; it shows among its user's target jobs without a
/// profile. For a user without any job the general template stands in, as it does for their path.
///
/// Fails when there is no such user or template, or when more than [`TEMPLATES`] are named.
pub async fn chosen(store: &Store, host: &Host, choice: &Choice) -> Result<Vec<ChosenJob>, Failure> {
    match choice {
        Choice::Everybodys => everybodys(store).await,
        Choice::Some { user, templates } => {
            let mut jobs = match user {
                Some(user) => of_user(store, host, user).await?,
                None => Vec::new(),
            };
            jobs.extend(of_templates(host, templates)?);
            Ok(jobs)
        }
    }
}

/// The profiles of these jobs by their hashes, as far as they were read. Those of templates need no reading.
pub async fn profiles_of(
    store: &Store,
    host: &Host,
    jobs: &[TargetJob],
) -> Result<HashMap<String, JobProfile>, Failure> {
    let hashes: Vec<String> = jobs.iter().map(|job| job.hash.clone()).collect();
    let known = if hashes.is_empty() { Vec::new() } else { store.profiles(&hashes).await? };
    let of_template = |job: &TargetJob| {
        let template = host.templates.get(job.target.template_id.as_deref()?)?;
        Some((job.hash.clone(), template.profile(&host.topics, &job.target)))
    };
    let mut profiles: HashMap<String, JobProfile> = jobs.iter().filter_map(of_template).collect();
    profiles.extend(known.into_iter().map(|profile| (profile.id.clone(), profile)));
    Ok(profiles)
}

async fn of_user(store: &Store, host: &Host, user: &str) -> Result<Vec<ChosenJob>, Failure> {
    if store.user(user).await?.is_none() {
        let message = format!("no user has the id `{}`; upsertUser makes one", text::shorten(user, 100));
        return Err(Failure::new(ErrorCode::UserNotFound, message));
    }
    let jobs = store.target_jobs(user).await?;
    if jobs.is_empty() {
        return of_templates(host, &[RoleTemplate::GENERAL.to_owned()]);
    }
    let profiles = profiles_of(store, host, &jobs).await?;
    let read = |job: &TargetJob| {
        let profile = profiles.get(&job.hash)?.clone();
        Some(ChosenJob { name: Some(job.shown_name(&host.templates)), profile, count: 1 })
    };
    Ok(jobs.iter().filter_map(read).collect())
}

fn of_templates(host: &Host, ids: &[String]) -> Result<Vec<ChosenJob>, Failure> {
    if ids.len() > TEMPLATES {
        let message = format!("templateIds names {} templates; at most {TEMPLATES} are allowed", ids.len());
        return Err(Failure::new(ErrorCode::InvalidInput, message));
    }
    let job = |id: &String| {
        let unknown = || format!("no role template has the id `{}`; roleTemplates lists them", text::shorten(id, 100));
        let template = host.templates.get(id).ok_or_else(|| Failure::new(ErrorCode::TemplateNotFound, unknown()))?;
        let target = JobTarget { template_id: Some(id.clone()), ..JobTarget::default() };
        let profile = template.profile(&host.topics, &target);
        Ok(ChosenJob { name: Some(template.name.clone()), profile, count: 1 })
    };
    ids.iter().map(job).collect()
}

async fn everybodys(store: &Store) -> Result<Vec<ChosenJob>, Failure> {
    let wanted = store.wanted_hashes(EVERYBODYS).await?;
    let hashes: Vec<String> = wanted.iter().map(|(hash, _)| hash.clone()).collect();
    let mut profiles: HashMap<String, JobProfile> =
        store.profiles(&hashes).await?.into_iter().map(|profile| (profile.id.clone(), profile)).collect();
    let job = |(hash, count): (String, u32)| Some(ChosenJob { name: None, profile: profiles.remove(&hash)?, count });
    Ok(wanted.into_iter().filter_map(job).collect())
}
