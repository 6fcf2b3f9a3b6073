//! The GraphQL schema: views over domain values, one feature a file. No business rules here, and no transport.

/// The principal of a request, and what it may do.
pub mod access;
/// Which jobs a question over several is about.
mod chosen_jobs;
/// Books that may come.
mod compare_books;
/// Generated pieces.
mod content;
/// Verdicts on topics.
mod coverage;
/// Topics over a learner's target jobs.
mod demand;
/// Enums of the contract as GraphQL enums.
mod enums;
/// Typed errors on the wire.
pub mod error;
/// What the making of a path would take.
mod estimate;
/// Paths to take along.
pub mod exports;
/// What the library lacks most.
mod gaps;
/// The making of paths, and its live progress.
mod generation;
/// Books that were sent, on their way in.
mod ingestions;
/// Job targets, profiles, templates.
mod jobs;
/// Verdicts on the topics of a list, asked for together.
mod judging;
/// Books, sections, passages.
mod library;
/// What the library says of a path by now.
mod library_changes;
/// Limits on documents, checked before anything runs.
pub mod limits;
/// Batched loading of what hangs off lists.
pub mod loaders;
/// Plugins, cache, warming.
mod operations;
/// Learning paths.
mod paths;
/// When to learn what, and what a deadline leaves out.
mod plans;
/// What to read, page by page.
mod reading;
/// Passages on a subject.
mod search;
/// Books put in and taken out.
mod shelving;
/// The jobs a learner keeps in view.
mod target_jobs;
/// Topics and how far a learner is.
mod topics;
/// What models used up.
mod usage;
/// Learners.
mod users;

use async_graphql::{MergedObject, MergedSubscription};

use crate::services::Services;

/// The whole schema.
pub type Schema = async_graphql::Schema<Query, Mutation, Subscription>;

#[derive(MergedObject, Default)]
pub struct Query(
    users::UserQueries,
    jobs::JobQueries,
    demand::DemandQueries,
    gaps::GapQueries,
    paths::PathQueries,
    coverage::CoverageQueries,
    content::ContentQueries,
    library::LibraryQueries,
    ingestions::IngestionQueries,
    compare_books::CompareBooksQueries,
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
    target_jobs::TargetJobMutations,
    generation::GenerationMutations,
    topics::ProgressMutations,
    coverage::CoverageMutations,
    content::ContentMutations,
    shelving::ShelvingMutations,
    operations::OperationMutations,
);

#[derive(MergedSubscription, Default)]
pub struct Subscription(
    generation::GenerationSubscriptions,
    content::ContentSubscriptions,
    ingestions::IngestionSubscriptions,
);

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
