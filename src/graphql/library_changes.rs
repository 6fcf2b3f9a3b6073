use async_graphql::{Context, Result, SimpleObject};
use chrono::{DateTime, Utc};
use futures::future::join_all;
use pathwright_api::coverage::Verdict;

use super::coverage::Coverage;
use super::error::Wire;
use super::loaders::{Checked, loaders};
use crate::domain::LearningPath;

/// What the library says of a path's topics by now, where that is not what it said when the path was made.
#[derive(SimpleObject)]
pub struct LibraryChanges {
    /// When that was found out.
    checked_at: DateTime<Utc>,
    /// The library's revision then.
    library_revision: u64,
    /// Topics that were not covered and are by now.
    gained: Vec<Coverage>,
    /// Topics that were covered and are not any more, with other places to learn them.
    lost: Vec<Coverage>,
    /// Topics that are covered still, but elsewhere: their source is gone, or another book treats them better.
    moved: Vec<Coverage>,
    /// Covered topics out of all of the path by now, 0 to 100, rounded.
    coverage_percentage: u32,
}

impl LibraryChanges {
    pub(super) fn of(checked: Checked) -> Option<Self> {
        let (found, checked_at) = (checked.check.found?, checked.check.checked_at?);
        let view = |verdicts: Vec<Verdict>| verdicts.into_iter().map(Coverage).collect();
        Some(Self {
            checked_at,
            library_revision: found.revision,
            gained: view(found.gained),
            lost: view(found.lost),
            moved: view(found.moved),
            coverage_percentage: found.coverage_percentage,
        })
    }
}

/// How the path stands to the library; none for one that a newer path has replaced.
pub(super) async fn checked(ctx: &Context<'_>, path: &LearningPath) -> Result<Option<Checked>> {
    let checked = loaders(ctx)?.path_checks.load(path.user.clone()).await.wire()?;
    Ok(checked.filter(|checked| checked.check.path == path.id))
}

/// The covered ones whose source is no longer in the library.
pub(super) async fn gone_sources(ctx: &Context<'_>, verdicts: &[Verdict]) -> Result<Vec<Coverage>> {
    let passages = &loaders(ctx)?.passages;
    let sourced = verdicts.iter().filter_map(|verdict| Some((verdict, verdict.source.as_ref()?)));
    let looked_up = sourced.map(|(verdict, source)| async move {
        let passage = passages.load(source.passage_id.clone()).await.wire()?;
        Ok(passage.is_none().then(|| Coverage(verdict.clone())))
    });
    let found: Result<Vec<Option<Coverage>>> = join_all(looked_up).await.into_iter().collect();
    Ok(found?.into_iter().flatten().collect())
}
