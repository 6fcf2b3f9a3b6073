use std::collections::HashSet;

use async_graphql::{Context, InputObject, Object, Result};
use chrono::Utc;
use pathwright_api::Failure;
use pathwright_api::job::RoleTemplate;

use super::enums::ExportFormat;
use super::error::{Wire, services};
use super::loaders::{Loaders, loaders};
use super::plans::{Date, DeadlineCheck};
use crate::domain::LearningPath;
use crate::export::{self, Format, Handout, Progress};
use crate::services::Services;

pub use super::plans::Wish;

/// What to write, and for which pace.
#[derive(InputObject)]
pub struct ExportInput {
    /// What to write it in.
    format: ExportFormat,
    /// The first day; the next Monday (UTC) if it is left out.
    start_date: Option<Date>,
    /// The day before which everything is to be learnt, if there is one.
    deadline: Option<Date>,
    /// 1 to 80, spread evenly over seven days; the path's own if it is left out.
    hours_per_week: Option<i32>,
}

/// A path as a file.
pub struct Export(export::Export);

impl Export {
    pub(super) async fn of(
        path: &LearningPath,
        progress: &Progress,
        input: ExportInput,
        ctx: &Context<'_>,
    ) -> Result<Self> {
        let wish = Wish::new(input.start_date, input.hours_per_week, input.deadline);
        write(services(ctx)?, loaders(ctx)?, path, progress, input.format.into(), wish).await.map(Self).wire()
    }
}

/// A path as a file.
#[Object]
impl Export {
    /// A name for the file.
    async fn file_name(&self) -> &str {
        &self.0.file_name
    }

    /// Its media type.
    async fn media_type(&self) -> &str {
        self.0.media_type
    }

    /// What stands in it.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// What the deadline leaves room for; null when none was given.
    async fn deadline_check(&self) -> Option<DeadlineCheck> {
        self.0.deadline_check.clone().map(DeadlineCheck)
    }
}

/// Writes a path down, with what the library has on it by now. Costs a handful of round trips, however long the path.
///
/// # Errors
/// `INVALID_INPUT` for hours or dates that cannot be meant.
pub async fn write(
    services: &Services,
    loaders: &Loaders,
    path: &LearningPath,
    progress: &Progress,
    format: Format,
    wish: Wish,
) -> Result<export::Export, Failure> {
    let made_at = Utc::now();
    let plan = export::plan(path, progress, wish.pace(path, made_at)?)?;
    let deadline = wish.check(path, progress, made_at)?;
    let material = loaders.material(export::passages_to_read(path)).await?;
    let failing = failing(loaders, path).await?;
    let template = services.host.templates.get(&path.profile.role_type);
    let role = template.filter(|template| template.id != RoleTemplate::GENERAL).map(|template| template.name.as_str());
    let reading = export::reading_list(path, &material);
    let handout = Handout {
        path,
        role,
        progress,
        plan: &plan,
        reading: &reading,
        deadline: deadline.as_ref(),
        failing: &failing,
        made_at,
    };
    Ok(export::export(format, &handout))
}

/// Addresses among a path's external resources that did not answer when they were last asked.
async fn failing(loaders: &Loaders, path: &LearningPath) -> Result<HashSet<String>, Failure> {
    let resources = path.verdicts.iter().flat_map(|verdict| &verdict.external_resources);
    let checks = loaders.checks_of(resources.map(|resource| resource.url.clone()).collect()).await?;
    Ok(checks
        .into_values()
        .filter(super::super::store::resources::ResourceCheck::is_failing)
        .map(|check| check.url)
        .collect())
}
