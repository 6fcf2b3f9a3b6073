use actix::{Actor, Context, Handler, ResponseFuture};
use pathwright_api::Failure;
use pathwright_api::content::Piece;
use pathwright_api::messages::{Count, Get, Invalidate, Put};
use pathwright_api::plugin::{Ask, CacheHandles, Plugin, PluginInit, unless_cancelled};

use crate::cache::PieceCache;
use crate::config::Config;

/// The cache plugin.
///
/// All its questions wait for the store, so they run detached; the host's permits bound how many.
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
            get: address.clone().recipient(),
            put: address.clone().recipient(),
            invalidate: address.clone().recipient(),
            count: address.recipient(),
        })
    }
}

impl Actor for LayeredCache {
    type Context = Context<Self>;
}

impl Handler<Ask<Get>> for LayeredCache {
    type Result = ResponseFuture<Result<Option<Piece>, Failure>>;

    fn handle(&mut self, Ask { question, cancelled, .. }: Ask<Get>, _: &mut Context<Self>) -> Self::Result {
        let cache = self.0.clone();
        Box::pin(async move { unless_cancelled(&cancelled, cache.get(&question.key)).await })
    }
}

/// What was begun is kept, whether anybody waits for it or not.
impl Handler<Ask<Put>> for LayeredCache {
    type Result = ResponseFuture<Result<(), Failure>>;

    fn handle(&mut self, Ask { question: Put { key, piece }, .. }: Ask<Put>, _: &mut Context<Self>) -> Self::Result {
        let cache = self.0.clone();
        Box::pin(async move { cache.put(key, piece).await })
    }
}

impl Handler<Ask<Invalidate>> for LayeredCache {
    type Result = Result<(), Failure>;

    fn handle(&mut self, _: Ask<Invalidate>, _: &mut Context<Self>) -> Self::Result {
        self.0.invalidate();
        Ok(())
    }
}

impl Handler<Ask<Count>> for LayeredCache {
    type Result = ResponseFuture<Result<u64, Failure>>;

    fn handle(&mut self, Ask { cancelled, .. }: Ask<Count>, _: &mut Context<Self>) -> Self::Result {
        let cache = self.0.clone();
        Box::pin(async move { unless_cancelled(&cancelled, cache.count()).await })
    }
}
