//! Pathwright: paste a job posting; get a learning path over your own library.
//!
//! Modules in reading order:

/// Everything wired together.
pub mod app;
/// Where settings come from, and what they may be.
/// The one table of what plugins can do.
mod capabilities;
/// Several jobs at once.
pub mod chosen_jobs;
/// The command line.
pub mod cli;
/// Books that may come, compared.
pub mod comparison;
pub mod config;
/// Cited pieces about topics.
pub mod content;
/// Topics assessed against the library.
pub mod coverage;
/// Topics over several jobs.
pub mod demand;
/// Learners, jobs, paths and generations as plain values.
pub mod domain;
/// Embedding models.
pub mod embed;
/// How good the plugins and the search are.
pub mod evaluate;
/// Paths to take along.
pub mod export;
/// What the library lacks most.
pub mod gaps;
/// Durable making of paths.
pub mod generation;
/// The schema.
pub mod graphql;
/// The plugins, supervised.
pub mod host;
/// GraphQL over HTTP, server-sent events and WebSocket.
pub mod http;
/// Books that were sent, on their way in.
pub mod ingestions;
/// Books in, passages out.
pub mod library;
/// Language models and embeddings at an endpoint.
pub mod llm;
/// Paths, compared with a library that goes on changing.
pub mod rechecks;
/// Whether the catalogue's addresses still answer.
pub mod resources;
/// What GraphQL, command line and measurements stand on.
pub mod services;
/// The database, behind plain values.
pub mod store;
