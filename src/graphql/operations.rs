use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use pathwright_api::ErrorCode;

use super::access::{Principal, principal};
use super::enums::CacheKeyKind;
use super::enums::PluginState;
use super::error::{UserError, Wire, services, wire};
use crate::content::HitsAndMisses;
use crate::host::PluginStatus;

/// A plugin with its health, since the process started.
#[derive(SimpleObject)]
pub struct Plugin {
    /// Under which configuration chooses it.
    name: String,
    /// What it answers.
    capability: String,
    /// Its version.
    version: String,
    /// Whether it can be asked.
    state: PluginState,
    /// How often it fell and was started again.
    restarts: u64,
    /// Questions answered.
    processed: u64,
    /// Questions that ended in an error.
    failed: u64,
    /// What waits for it.
    mailbox: Mailbox,
}

/// Questions to a plugin that are waiting or being answered.
#[derive(SimpleObject)]
pub struct Mailbox {
    /// How many there are.
    depth: u32,
    /// How many there may be, before `BUSY` is answered.
    capacity: u32,
}

impl From<PluginStatus> for Plugin {
    fn from(status: PluginStatus) -> Self {
        Self {
            name: status.name.to_owned(),
            capability: status.capability.to_owned(),
            version: status.version.to_owned(),
            state: status.state.into(),
            restarts: status.restarts,
            processed: status.processed,
            failed: status.failed,
            mailbox: Mailbox { depth: status.depth as u32, capacity: status.capacity as u32 },
        }
    }
}

/// How well the content cache does, since the process started.
#[derive(SimpleObject)]
pub struct CacheStats {
    /// Pieces that did not have to be written.
    hits: u64,
    /// Pieces that had to be written.
    misses: u64,
    /// Hits out of both, 0 to 1; 0 before the first request.
    hit_rate: f64,
    /// The same for each kind of cache key.
    by_key_kind: Vec<CacheKeyKindStats>,
    /// Pieces held.
    entries: u64,
}

/// The same for one kind of cache key.
#[derive(SimpleObject)]
pub struct CacheKeyKindStats {
    /// For whom the pieces were written.
    key_kind: CacheKeyKind,
    /// Pieces that did not have to be written.
    hits: u64,
    /// Pieces that had to be written.
    misses: u64,
    /// Hits out of both, 0 to 1; 0 before the first request.
    hit_rate: f64,
}

fn hit_rate(counts: HitsAndMisses) -> f64 {
    let all = counts.hits + counts.misses;
    if all == 0 { 0.0 } else { counts.hits as f64 / all as f64 }
}

#[derive(Default)]
pub struct OperationQueries;

#[Object]
impl OperationQueries {
    /// The plugins with their health, in the order a path passes them.
    async fn plugins(&self, ctx: &Context<'_>) -> Result<Vec<Plugin>> {
        principal(ctx).and_then(Principal::as_operator).wire()?;
        Ok(services(ctx)?.host.status().into_iter().map(Plugin::from).collect())
    }

    /// How well the content cache does.
    async fn cache_stats(&self, ctx: &Context<'_>) -> Result<CacheStats> {
        principal(ctx).and_then(Principal::as_operator).wire()?;
        let (by_key_kind, entries) = services(ctx)?.content.counts().await.wire()?;
        let sum = by_key_kind.iter().fold(HitsAndMisses::default(), |sum, (_, counts)| HitsAndMisses {
            hits: sum.hits + counts.hits,
            misses: sum.misses + counts.misses,
        });
        let by_key_kind = by_key_kind.into_iter().map(|(kind, counts)| CacheKeyKindStats {
            key_kind: kind.into(),
            hits: counts.hits,
            misses: counts.misses,
            hit_rate: hit_rate(counts),
        });
        Ok(CacheStats {
            hits: sum.hits,
            misses: sum.misses,
            hit_rate: hit_rate(sum),
            by_key_kind: by_key_kind.collect(),
            entries,
        })
    }
}

/// Which template's pieces to write ahead.
#[derive(InputObject)]
pub struct WarmCacheInput {
    /// The role template's id.
    template_id: ID,
}

/// How many pieces are ready.
#[derive(SimpleObject)]
pub struct WarmCachePayload {
    /// Explanations and summaries of covered topics that are in the cache now.
    pieces: u32,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct OperationMutations;

#[Object]
impl OperationMutations {
    /// Writes explanations and summaries for a role template ahead. For administrators.
    async fn warm_cache(&self, ctx: &Context<'_>, input: WarmCacheInput) -> Result<WarmCachePayload> {
        principal(ctx).and_then(Principal::as_admin).wire()?;
        match services(ctx)?.content.warm(&input.template_id).await {
            Ok(pieces) => Ok(WarmCachePayload { pieces: pieces as u32, user_errors: vec![] }),
            Err(failure) if failure.code == ErrorCode::TemplateNotFound => {
                Ok(WarmCachePayload { pieces: 0, user_errors: vec![UserError::at("templateId", failure)] })
            }
            Err(failure) => Err(wire(failure)),
        }
    }
}
