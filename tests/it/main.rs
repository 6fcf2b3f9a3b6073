//! Behaviour, seen from outside: GraphQL over real HTTP and WebSocket against the real embedded database.
//!
//! One binary, because each one links the database again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests: a panic is a failed test"
)]

mod access;
/// The example of the guide to writing a plugin.
#[expect(clippy::disallowed_methods, reason = "its own test asks without a host")]
mod alphabetical;
mod bad_input;
mod browser;
mod cases;
mod client;
mod commands;
mod compare_books;
mod conformance;
mod content;
mod control;
mod durability;
mod evaluate;
mod export;
mod gaps;
mod generations;
mod hostile;
mod ingest;
mod ingestions;
mod library;
mod library_changes;
mod malformed;
mod meeting;
mod models;
mod pages;
mod plugins;
mod protocol;
mod reading;
mod real_model;
mod reembed;
mod removal;
mod resources;
mod schema;
mod search;
mod story;
mod stub_model;
mod target_jobs;
mod test_app;
mod tidy;
mod topics;
mod words_model;
