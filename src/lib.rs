//! Pathwright: paste a job posting; get a learning path over your own library.
//!
//! Modules in reading order:

/// Where settings come from, and what they may be.
pub mod config;
/// The database, behind plain values.
pub mod store;
/// Embedding models.
pub mod embed;
/// Books in, passages out.
pub mod library;
/// The plugins, supervised.
pub mod host;
/// Durable making of paths.
pub mod generation;
/// Cited pieces about topics.
pub mod content;
/// The schema.
pub mod graphql;
/// GraphQL over HTTP, server-sent events and WebSocket.
pub mod http;
/// Everything wired together.
pub mod app;
/// The command line.
pub mod cli;
