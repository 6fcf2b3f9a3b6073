use async_graphql::{Context, ID, InputObject, Result};

use super::access::{Principal, principal};
use super::error::{Wire, services};
use crate::chosen_jobs::{self, Choice, ChosenJob};

/// The jobs that a question over several is about: a learner's target jobs, role templates, or both. With neither everybody's
/// target jobs are meant, which is for administrators.
#[derive(InputObject, Debug, Default)]
pub struct JobsInput {
    /// A learner: their target jobs, the one in force included.
    pub(super) user_id: Option<ID>,
    /// Role templates, at most 50.
    pub(super) template_ids: Option<Vec<ID>>,
}

/// The jobs as they were read, for those who may know them.
pub(super) async fn chosen(ctx: &Context<'_>, input: JobsInput) -> Result<Vec<ChosenJob>> {
    let choice = choice(principal(ctx).wire()?, input).wire()?;
    let services = services(ctx)?;
    chosen_jobs::chosen(&services.store, &services.host, &choice).await.wire()
}

fn choice(asker: &Principal, input: JobsInput) -> Result<Choice, pathwright_api::Failure> {
    let templates = input.template_ids.unwrap_or_default();
    if input.user_id.is_none() && templates.is_empty() {
        asker.as_admin()?;
        return Ok(Choice::Everybodys);
    }
    if let Some(user) = &input.user_id {
        asker.for_user(user)?;
    }
    let templates = templates.into_iter().map(|id| id.to_string()).collect();
    Ok(Choice::Some { user: input.user_id.map(|id| id.to_string()), templates })
}
