use actix::{Actor, Context, Handler, ResponseFuture};
use pathwright_api::Failure;
use pathwright_api::messages::{
    CacheCounts, CacheHandles, CachedPiece, CountCache, Fill, Invalidate, Lookup, unless_cancelled,
};
use pathwright_api::plugin::{Plugin, PluginInit};

use crate::cache::PieceCache;
use crate::config::Config;

/// The cache plugin.
///
/// All its messages wait for the store or for a writer, so they run detached; the host's permits bound how many.
pub struct LayeredCache(PieceCache);

impl Plugin for LayeredCache {
    const NAME: &'static str = "layered-cache";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    type Config = Config;
    type Handles = CacheHandles;

    fn start(init: PluginInit<Config>) -> Result<CacheHandles, Failure> {
        let cache = PieceCache::new(init.config.hot_pieces, init.ports.pieces);
        let address = Self::start_in_arbiter(&init.arbiter, move |context: &mut Context<Self>| {
            context.set_mailbox_capacity(init.mailbox_capacity);
            Self(cache)
        });
        Ok(CacheHandles {
            lookup: address.clone().recipient(),
            fill: address.clone().recipient(),
            invalidate: address.clone().recipient(),
            count: address.recipient(),
        })
    }
}

impl Actor for LayeredCache {
    type Context = Context<Self>;
}

impl Handler<Lookup> for LayeredCache {
    type Result = ResponseFuture<Result<Option<CachedPiece>, Failure>>;

    fn handle(&mut self, message: Lookup, _: &mut Context<Self>) -> Self::Result {
        let cache = self.0.clone();
        Box::pin(async move { unless_cancelled(&message.cancelled, cache.lookup(message.key)).await })
    }
}

impl Handler<Fill> for LayeredCache {
    type Result = ResponseFuture<Result<CachedPiece, Failure>>;

    fn handle(&mut self, message: Fill, _: &mut Context<Self>) -> Self::Result {
        let cache = self.0.clone();
        Box::pin(async move { cache.fill(message.key, message.write).await })
    }
}

impl Handler<Invalidate> for LayeredCache {
    type Result = ResponseFuture<Result<u64, Failure>>;

    fn handle(&mut self, _: Invalidate, _: &mut Context<Self>) -> Self::Result {
        let cache = self.0.clone();
        Box::pin(async move { cache.invalidate().await })
    }
}

impl Handler<CountCache> for LayeredCache {
    type Result = ResponseFuture<Result<CacheCounts, Failure>>;

    fn handle(&mut self, _: CountCache, _: &mut Context<Self>) -> Self::Result {
        let cache = self.0.clone();
        Box::pin(async move { cache.counts().await })
    }
}
