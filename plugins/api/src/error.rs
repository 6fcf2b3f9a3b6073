use serde::{Deserialize, Serialize};

/// Every way in which Pathwright refuses or fails, as clients see it in `extensions.code` and in `userErrors.code`.
///
/// The set is closed: a client can switch over it. What a person can do about it is in the message and the hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
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
    /// The topic is not known here.
    TopicNotFound,
    /// No book has this id.
    BookNotFound,
    /// No generation has this id.
    GenerationNotFound,
    /// The generation was replaced by a newer one, or its user is gone.
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
    /// The database does not answer, or refuses.
    StoreUnavailable,
    /// The database cannot write: no space is left.
    StoreFull,
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
    pub const ALL: [Self; 27] = [
        Self::InvalidInput,
        Self::BadRequest,
        Self::GraphqlInvalid,
        Self::PostingEmpty,
        Self::PostingTooLarge,
        Self::PostingNotText,
        Self::UserNotFound,
        Self::TemplateNotFound,
        Self::TopicNotFound,
        Self::BookNotFound,
        Self::GenerationNotFound,
        Self::GenerationCancelled,
        Self::TopicNotCovered,
        Self::BookUnreadable,
        Self::EmbeddingModelMismatch,
        Self::Busy,
        Self::DeadlineExceeded,
        Self::PluginFailed,
        Self::StoreUnavailable,
        Self::StoreFull,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::QueryTooDeep,
        Self::QueryTooComplex,
        Self::TooManyAliases,
        Self::BodyTooLarge,
        Self::Internal,
    ];

    /// The code as it goes over the wire, such as `POSTING_EMPTY`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "INVALID_INPUT",
            Self::BadRequest => "BAD_REQUEST",
            Self::GraphqlInvalid => "GRAPHQL_INVALID",
            Self::PostingEmpty => "POSTING_EMPTY",
            Self::PostingTooLarge => "POSTING_TOO_LARGE",
            Self::PostingNotText => "POSTING_NOT_TEXT",
            Self::UserNotFound => "USER_NOT_FOUND",
            Self::TemplateNotFound => "TEMPLATE_NOT_FOUND",
            Self::TopicNotFound => "TOPIC_NOT_FOUND",
            Self::BookNotFound => "BOOK_NOT_FOUND",
            Self::GenerationNotFound => "GENERATION_NOT_FOUND",
            Self::GenerationCancelled => "GENERATION_CANCELLED",
            Self::TopicNotCovered => "TOPIC_NOT_COVERED",
            Self::BookUnreadable => "BOOK_UNREADABLE",
            Self::EmbeddingModelMismatch => "EMBEDDING_MODEL_MISMATCH",
            Self::Busy => "BUSY",
            Self::DeadlineExceeded => "DEADLINE_EXCEEDED",
            Self::PluginFailed => "PLUGIN_FAILED",
            Self::StoreUnavailable => "STORE_UNAVAILABLE",
            Self::StoreFull => "STORE_FULL",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::QueryTooDeep => "QUERY_TOO_DEEP",
            Self::QueryTooComplex => "QUERY_TOO_COMPLEX",
            Self::TooManyAliases => "TOO_MANY_ALIASES",
            Self::BodyTooLarge => "BODY_TOO_LARGE",
            Self::Internal => "INTERNAL",
        }
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
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
        for code in ErrorCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
