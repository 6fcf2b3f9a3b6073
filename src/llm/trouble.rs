use std::time::Duration;

use pathwright_api::{ErrorCode, Failure};
use reqwest::StatusCode;

use super::endpoint::{BREAKER_CALLS, BREAKER_PAUSE};

/// Why a call brought nothing. Its words are for operators: they may repeat what the other side said.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the endpoint cannot be reached: {0}")]
    Unreachable(String),
    #[error("the endpoint did not answer within {0} s")]
    Silent(f32),
    #[error("the endpoint fell silent for {0} s in the middle of its answer")]
    Stalled(f32),
    #[error("the endpoint answered {status}: {message}")]
    Status { status: StatusCode, message: String, retry_after: Option<Duration> },
    #[error("the endpoint's answer is broken: {0}")]
    Broken(String),
    #[error("the endpoint's answer broke off in the middle")]
    BrokenOff,
    #[error("the answer was cut off after {0} tokens")]
    CutOff(u32),
    #[error("the model refuses to answer")]
    Refused,
    #[error("the endpoint failed {BREAKER_CALLS} times in a row and is left alone for up to {} s", BREAKER_PAUSE.as_secs())]
    LeftAlone,
}

impl Trouble {
    /// The form of the request is not to the endpoint's liking: another one may be. A prompt that is too long has no other,
    /// and an answer that missed its form is no matter of the request's.
    pub(super) fn is_refusal(&self) -> bool {
        const REFUSALS: [u16; 4] = [400, 415, 422, 501];
        const OTHERWISE: [&str; 6] = [
            "context length",
            "context_length",
            "context window",
            "context size",
            "exceed_context",
            "json_validate_failed",
        ];
        matches!(self, Self::Status { status, message, .. } if REFUSALS.contains(&status.as_u16())
            && !OTHERWISE.iter().any(|words| message.to_lowercase().contains(words)))
    }

    /// Whether a refusal is about a parameter of this name.
    pub(super) fn is_about(&self, parameter: &str) -> bool {
        self.is_refusal() && matches!(self, Self::Status { message, .. } if message.contains(parameter))
    }

    /// The request reached a model, which may have worked on it.
    pub(super) fn reached_a_model(&self) -> bool {
        !matches!(self, Self::Unreachable(_) | Self::Status { .. } | Self::LeftAlone)
    }

    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Status { status, .. } => {
                (*status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error())
                    && *status != StatusCode::NOT_IMPLEMENTED
            }
            _ => false,
        }
    }

    /// Whether it speaks against the endpoint rather than against the request.
    pub(super) fn counts_against(&self) -> bool {
        self.is_passing() || matches!(self, Self::Silent(_) | Self::Stalled(_) | Self::Broken(_) | Self::BrokenOff)
    }
}

/// Learners are told what happened in Pathwright's own words; the log has the other side's.
impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        tracing::warn!(%trouble, "a call to the endpoint brought nothing");
        let code = match trouble {
            Trouble::Broken(_) | Trouble::BrokenOff | Trouble::CutOff(_) | Trouble::Refused => {
                ErrorCode::ModelAnswerInvalid
            }
            _ => ErrorCode::ModelUnavailable,
        };
        let told = match trouble {
            Trouble::Unreachable(_) => "the endpoint cannot be reached".to_owned(),
            Trouble::Status { status, .. } => format!("the endpoint answered {status}"),
            Trouble::Broken(_) => "the endpoint's answer is broken".to_owned(),
            other => other.to_string(),
        };
        Self::new(code, told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_that_is_refused_is_told_from_a_prompt_that_is_too_long() {
        let refused = |message: &str| {
            let status = StatusCode::BAD_REQUEST;
            Trouble::Status { status, message: message.to_owned(), retry_after: None }.is_refusal()
        };
        let openai =
            "Invalid schema for response_format 'x': In context=('properties', 'y'), 'maxLength' is not permitted.";
        assert!(refused(openai));
        assert!(!refused("This model's maximum context length is 8192 tokens."));
    }
}
