//! The GraphQL schema: views over domain values, one feature a file. No business rules here, and no transport.

/// The principal of a request, and what it may do.
pub mod access;
/// Generated pieces.
mod content;
/// Verdicts on topics.
mod coverage;
/// Enums of the contract as GraphQL enums.
mod enums;
/// Typed errors on the wire.
pub mod error;
/// What the making of a path would take.
mod estimate;
/// The making of paths, and its live progress.
mod generation;
/// Job targets, profiles, templates.
mod jobs;
/// Books, sections, passages.
mod library;
/// Limits on documents, checked before anything runs.
pub mod limits;
/// Batched loading of what hangs off lists.
pub mod loaders;
/// Plugins, cache, warming.
mod operations;
/// Learning paths.
mod paths;
/// Passages on a subject.
mod search;
/// Topics and how far a learner is.
mod topics;
/// What models used up.
mod usage;
/// Learners.
mod users;

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{MergedObject, MergedSubscription};
use pathwright_api::llm::Llm;
use pathwright_api::ports::Embedder;

use crate::content::ContentDesk;
use crate::generation::Generations;
use crate::host::Host;
use crate::library::{Librarian, Searcher};
use crate::llm::meter::Meter;
use crate::store::Store;

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

/// What resolvers work with.
#[derive(Clone)]
pub struct Services {
    pub store: Store,
    pub host: Arc<Host>,
    pub generations: Generations,
    pub desk: ContentDesk,
    pub librarian: Librarian,
    pub searcher: Searcher,
    pub embedder: Arc<dyn Embedder>,
    /// Whether embedding costs calls.
    pub embedding_endpoint: bool,
    /// None: no language model is configured.
    pub llm: Option<Arc<dyn Llm>>,
    pub meter: Arc<Meter>,
    /// Longest posting, in bytes.
    pub posting_bytes: usize,
    /// How long a mutation may wait for a path.
    pub longest_wait: Duration,
}

#[derive(MergedObject, Default)]
pub struct Query(
    users::UserQueries,
    jobs::JobQueries,
    paths::PathQueries,
    coverage::CoverageQueries,
    content::ContentQueries,
    library::LibraryQueries,
    search::SearchQueries,
    generation::GenerationQueries,
    estimate::EstimateQueries,
    operations::OperationQueries,
    usage::UsageQueries,
);

#[derive(MergedObject, Default)]
pub struct Mutation(
    users::UserMutations,
    jobs::JobMutations,
    generation::GenerationMutations,
    topics::ProgressMutations,
    coverage::CoverageMutations,
    content::ContentMutations,
    library::LibraryMutations,
    operations::OperationMutations,
);

#[derive(MergedSubscription, Default)]
pub struct Subscription(generation::GenerationSubscriptions, content::ContentSubscriptions);

/// The schema over running services.
pub fn schema(services: Services) -> Schema {
    builder().data(services).finish()
}

/// The schema's description, sorted, as `schema.graphql` holds it.
pub fn sdl() -> String {
    let options = async_graphql::SDLExportOptions::new().sorted_fields().sorted_arguments().sorted_enum_items();
    builder().finish().sdl_with_options(options)
}

/// Limits on documents are checked before execution, in [`limits`]: those of the library count introspection too.
fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    async_graphql::Schema::build(Query::default(), Mutation::default(), Subscription::default())
}
