use async_graphql::{Context, ErrorExtensions, SimpleObject};
use pathwright_api::Failure;

pub use super::enums::ErrorCode;
use crate::services::Services;

/// An error a person can act on, in a mutation's payload.
#[derive(SimpleObject, Clone, Debug)]
pub struct UserError {
    /// The input field it is about, such as `jobDescription`; null when it is about the whole.
    pub field: Option<String>,
    /// One sentence, for people.
    pub message: String,
    /// For programs.
    pub code: ErrorCode,
}

impl UserError {
    pub(super) fn new(field: &str, code: pathwright_api::ErrorCode, message: impl Into<String>) -> Self {
        Self { field: Some(field.to_owned()), message: message.into(), code: code.into() }
    }

    pub(super) fn at(field: &str, failure: Failure) -> Self {
        Self::new(field, failure.code, failure.message)
    }
}

/// Why something ended without its result.
#[derive(SimpleObject, Clone, Debug)]
pub struct Problem {
    /// For programs.
    pub code: ErrorCode,
    /// One sentence, for people.
    pub message: String,
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self { code: failure.code.into(), message: failure.message }
    }
}

/// A failure as an entry of `errors`, with `extensions.code` and, where waiting helps, `extensions.retryAfterMs`.
pub fn wire(failure: Failure) -> async_graphql::Error {
    async_graphql::Error::new(failure.message).extend_with(|_, extensions| {
        extensions.set("code", failure.code.as_str());
        if let Some(wait) = failure.retry_after_ms {
            extensions.set("retryAfterMs", wait);
        }
    })
}

/// Shortens `.map_err(wire)?` to `.wire()?`.
pub(super) trait Wire<T> {
    fn wire(self) -> async_graphql::Result<T>;
}

impl<T> Wire<T> for Result<T, Failure> {
    fn wire(self) -> async_graphql::Result<T> {
        self.map_err(wire)
    }
}

/// The services of the request's schema.
pub(super) fn services<'c>(ctx: &'c Context<'_>) -> async_graphql::Result<&'c Services> {
    ctx.data::<Services>()
}
