use serde::{Deserialize, Serialize};
use strum::{Display, IntoStaticStr, VariantArray};

/// Every way in which Pathwright refuses or fails, as clients see it in `extensions.code` and in `userErrors.code`.
///
/// The set is closed: a client can switch over it. What a person can do about it is in the message and the hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Display, IntoStaticStr, VariantArray)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// An argument is missing, too long or malformed.
    InvalidInput,
    /// The request is not a well-formed GraphQL request.
    BadRequest,
    /// The document does not parse, or asks for what the schema does not have.
    GraphqlInvalid,
    /// The posting holds no text to analyze.
    PostingEmpty,
    /// The posting is longer than the configured limit.
    PostingTooLarge,
    /// The posting is binary data rather than text.
    PostingNotText,
    /// No user has this id.
    UserNotFound,
    /// No role template has this id.
    TemplateNotFound,
    /// No target job has this id.
    TargetJobNotFound,
    /// The topic is not known here.
    TopicNotFound,
    /// No book has this id.
    BookNotFound,
    /// No generation has this id.
    GenerationNotFound,
    /// The generation was cancelled on request, was replaced by a newer one, or its user is gone.
    GenerationCancelled,
    /// The library has no passage to ground a piece in.
    TopicNotCovered,
    /// The book cannot be read.
    BookUnreadable,
    /// The library was embedded by another model than the configured one.
    EmbeddingModelMismatch,
    /// Too much is going on at once; try again after the hinted time.
    Busy,
    /// The answer did not come within the deadline.
    DeadlineExceeded,
    /// A plugin failed while it worked on this.
    PluginFailed,
    /// The language model's or the embedding model's endpoint does not answer, refuses, or asks to wait for too long.
    ModelUnavailable,
    /// The language model or the embedding model answered what cannot be used.
    ModelAnswerInvalid,
    /// The day's budget for language models is spent.
    BudgetSpent,
    /// The database does not answer, or refuses.
    StoreUnavailable,
    /// The database cannot write: no space is left.
    StoreFull,
    /// The database has lost what was acknowledged; nothing is served before an operator accepted that.
    StoreDamaged,
    /// No valid credentials came with the request.
    Unauthenticated,
    /// The credentials do not allow this.
    Forbidden,
    /// The document nests too deeply.
    QueryTooDeep,
    /// The document asks for too many fields.
    QueryTooComplex,
    /// The document has too many aliases.
    TooManyAliases,
    /// The request body is larger than the limit.
    BodyTooLarge,
    /// A defect in Pathwright; the log has the details.
    Internal,
}

impl ErrorCode {
    /// Every code, for documentation and completeness tests.
    pub const ALL: &'static [Self] = <Self as VariantArray>::VARIANTS;

    /// The code as it goes over the wire, such as `POSTING_EMPTY`.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A failure with a code for machines and a sentence for people.
///
/// It serialises, because a generation that failed keeps its error in the database.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Failure {
    pub code: ErrorCode,
    /// Lower case, no final period, names the input; never a secret.
    pub message: String,
    /// For [`ErrorCode::Busy`]: when it is worth trying again, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Failure {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry_after_ms: None }
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Internal, message)
    }

    pub fn busy(what: &str, retry_after_ms: u64) -> Self {
        Self {
            code: ErrorCode::Busy,
            message: format!("{what} is busy; try again in {retry_after_ms} ms"),
            retry_after_ms: Some(retry_after_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ErrorCode;

    #[test]
    fn wire_names_are_the_serialised_ones() {
        for &code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
