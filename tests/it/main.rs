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
mod bad_input;
mod cases;
mod client;
mod commands;
mod content;
mod control;
mod evaluate;
mod generations;
mod hostile;
mod library;
mod models;
mod plugins;
mod protocol;
mod real_model;
mod reembed;
mod schema;
mod search;
mod story;
mod stub_model;
mod test_app;
mod tidy;
