use std::future::Future;
use std::time::{Duration, SystemTime};

use async_openai::Client;
use async_openai::config::Config as Location;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use backon::{ExponentialBuilder, Retryable};
use http_body_util::{BodyExt, Limited};
use pathwright_api::{ErrorCode, Failure};
use recloser::{AsyncRecloser, Recloser};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Body, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit};
use tower::service_fn;

use crate::config::Llm;

/// Largest answer that is read, streamed or not. An endless one ends here.
const LARGEST_ANSWER: usize = 8 << 20;

/// Failed calls out of which the endpoint is left alone for a while: all of the last five.
const BREAKER_CALLS: usize = 5;

/// How long it is left alone then.
const BREAKER_PAUSE: Duration = Duration::from_secs(30);

/// Longest wait that an endpoint may ask for; one that asks for more is not asked again.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(10);

/// An OpenAI-compatible endpoint: where it is, and how much patience it gets.
pub struct Endpoint {
    client: Client<Address>,
    address: Address,
    permits: Semaphore,
    chats: AsyncRecloser,
    embeddings: AsyncRecloser,
    pub(super) deadline: Duration,
    pub(super) idle: Duration,
}

/// What is asked of it: one may fail while the other works.
#[derive(Clone, Copy)]
pub(super) enum Line {
    Chat,
    Embeddings,
}

/// Where an endpoint is, with its key.
#[derive(Clone)]
pub(super) struct Address {
    base_url: String,
    key: SecretString,
}

impl Location for Address {
    fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let key = self.key.expose_secret();
        if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {key}"))
            && !key.is_empty()
        {
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        headers
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base_url
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

/// Why a call brought nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("the endpoint cannot be reached: {0}")]
    Unreachable(String),
    #[error("the endpoint did not answer within {0} s")]
    Silent(f32),
    #[error("the endpoint answered {status}: {message}")]
    Status { status: StatusCode, message: String, retry_after: Option<Duration> },
    #[error("the endpoint's answer is broken: {0}")]
    Broken(String),
    #[error("the endpoint failed {BREAKER_CALLS} times in a row and is left alone for up to {} s", BREAKER_PAUSE.as_secs())]
    LeftAlone,
}

impl Trouble {
    /// The form of the request is not to the endpoint's liking: another one may be. A prompt that is too long has no other.
    pub(super) fn is_refusal(&self) -> bool {
        let refusals = [400, 404, 405, 415, 422, 501];
        matches!(self, Self::Status { status, message, .. }
            if refusals.contains(&status.as_u16()) && !message.to_lowercase().contains("context"))
    }

    /// Nobody knows how far it got.
    pub(super) fn is_silent(&self) -> bool {
        matches!(self, Self::Silent(_))
    }

    fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_) => true,
            Self::Status { status, .. } => {
                (*status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error())
                    && *status != StatusCode::NOT_IMPLEMENTED
            }
            Self::Silent(_) | Self::Broken(_) | Self::LeftAlone => false,
        }
    }

    /// Whether it speaks against the endpoint rather than against the request.
    fn counts_against(&self) -> bool {
        self.is_passing() || matches!(self, Self::Silent(_) | Self::Broken(_))
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let code = match trouble {
            Trouble::Broken(_) => ErrorCode::ModelAnswerInvalid,
            _ => ErrorCode::ModelUnavailable,
        };
        Self::new(code, trouble.to_string())
    }
}

impl Endpoint {
    pub fn new(config: &Llm) -> Result<Self, Failure> {
        let http = reqwest::Client::builder()
            .connect_timeout(config.connect_time())
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Failure::internal(format!("the client for language models did not start: {error}")))?;
        let address = Address { base_url: config.base_url(), key: config.api_key.clone() };
        let (retries, key) = (config.retries, config.api_key.clone());
        let send = service_fn(move |request: HttpRequestFactory| {
            let (http, key) = (http.clone(), key.clone());
            async move { send(&http, &key, request, retries).await.map_err(|trouble| OpenAIError::Boxed(Box::new(trouble))) }
        });
        Ok(Self {
            client: Client::with_config(address.clone()).with_http_service(send),
            address,
            permits: Semaphore::new(config.at_once),
            chats: breaker(),
            embeddings: breaker(),
            deadline: config.deadline(),
            idle: config.idle_time(),
        })
    }

    /// For people: without a key, user or password.
    pub fn shown(&self) -> String {
        let Ok(mut url) = url::Url::parse(&self.address.base_url) else {
            return "(not an address)".to_owned();
        };
        let _ = (url.set_username(""), url.set_password(None));
        url.set_query(None);
        url.to_string()
    }

    /// One of the places for calls under way; held until the answer is complete.
    pub(super) async fn permit(&self) -> Result<SemaphorePermit<'_>, Trouble> {
        self.permits.acquire().await.map_err(|_| Trouble::Unreachable("the client is shutting down".to_owned()))
    }

    /// A call within the deadline that counts for or against the endpoint. What is built by `call` is dropped at its end.
    pub(super) async fn call<T, F>(&self, line: Line, call: impl FnOnce(Client<Address>) -> F) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, OpenAIError>>,
    {
        let call = call(self.client.clone());
        let timed = async {
            match tokio::time::timeout(self.deadline, call).await {
                Ok(answer) => answer.map_err(|error| self.trouble(error)),
                Err(_) => Err(Trouble::Silent(self.deadline.as_secs_f32())),
            }
        };
        let breaker = match line {
            Line::Chat => &self.chats,
            Line::Embeddings => &self.embeddings,
        };
        breaker.call_with(Trouble::counts_against as fn(&Trouble) -> bool, timed).await.map_err(|error| match error {
            recloser::Error::Inner(trouble) => trouble,
            recloser::Error::Rejected => Trouble::LeftAlone,
        })
    }

    pub(super) fn trouble(&self, error: OpenAIError) -> Trouble {
        match error {
            OpenAIError::Boxed(boxed) => match boxed.downcast::<Trouble>() {
                Ok(trouble) => *trouble,
                Err(other) => Trouble::Broken(clean(&other.to_string(), &self.address.key)),
            },
            OpenAIError::JSONDeserialize(error, _) => {
                Trouble::Broken(format!("it is not JSON of the expected form ({error})"))
            }
            OpenAIError::Reqwest(error) => Trouble::Broken(clean(&describe(error), &self.address.key)),
            other => Trouble::Broken(clean(&other.to_string(), &self.address.key)),
        }
    }
}

fn breaker() -> AsyncRecloser {
    let breaker =
        Recloser::custom().error_rate(0.99).closed_len(BREAKER_CALLS).half_open_len(1).open_wait(BREAKER_PAUSE);
    breaker.build().into()
}

/// Sends until an answer comes or patience ends. Only what passes by itself is tried again: never a request that is at fault.
async fn send(
    http: &reqwest::Client,
    key: &SecretString,
    request: HttpRequestFactory,
    retries: usize,
) -> Result<Response, Trouble> {
    let once = || async {
        let request = request.build().await.map_err(|error| Trouble::Broken(clean(&error.to_string(), key)))?;
        let response =
            http.execute(request).await.map_err(|error| Trouble::Unreachable(clean(&describe(error), key)))?;
        accept(response, key).await
    };
    let policy = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(250))
        .with_max_delay(Duration::from_secs(4))
        .with_max_times(retries)
        .with_jitter();
    once.retry(policy)
        .when(Trouble::is_passing)
        .adjust(|trouble, pause| match trouble {
            Trouble::Status { retry_after: Some(wished), .. } if *wished > LONGEST_RETRY_AFTER => None,
            Trouble::Status { retry_after: Some(wished), .. } => pause.map(|pause| pause.max(*wished)),
            _ => pause,
        })
        .notify(|trouble, pause| tracing::debug!(%trouble, ?pause, "asking the endpoint again"))
        .await
}

/// An answer with a bounded body, or why the endpoint gave none.
async fn accept(response: Response, key: &SecretString) -> Result<Response, Trouble> {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| wait(value.to_str().ok()?));
    let (parts, body) = http::Response::<Body>::from(response).into_parts();
    let bounded = Limited::new(body, LARGEST_ANSWER);
    if status.is_success() {
        return Ok(http::Response::from_parts(parts, Body::wrap(bounded)).into());
    }
    let bytes = bounded.collect().await.map(|collected| collected.to_bytes().to_vec()).unwrap_or_default();
    Err(Trouble::Status { status, message: clean(&message(&bytes), key), retry_after })
}

/// Seconds or a date.
fn wait(value: &str) -> Option<Duration> {
    let date = || httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::now()).ok();
    value.trim().parse().ok().map(Duration::from_secs).or_else(date)
}

/// What an error's body says, in any of the shapes endpoints give it.
fn message(body: &[u8]) -> String {
    let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) else {
        return String::from_utf8_lossy(body).into_owned();
    };
    let places = ["/error/message", "/error", "/message", "/detail", "/0/error/message"];
    let text = places.iter().find_map(|place| json.pointer(place)?.as_str());
    text.map_or_else(|| json.to_string(), str::to_owned)
}

/// Short, printable and without the key, should the other side repeat it.
fn clean(text: &str, key: &SecretString) -> String {
    let key = key.expose_secret();
    let text = if key.is_empty() { text.to_owned() } else { text.replace(key, "(the key)") };
    let text = pathwright_api::text::squeeze(&pathwright_api::text::printable(&text));
    pathwright_api::text::shorten(&text, 200)
}

/// With its causes: reqwest's own words rarely say what happened.
fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after_are_read() {
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(30));
        assert!(wait(&soon).is_some_and(|wait| wait > Duration::from_secs(20)));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn error_bodies_of_every_shape_are_understood() {
        assert_eq!(message(br#"{"error":{"message":"no"}}"#), "no");
        assert_eq!(message(br#"{"error":"no"}"#), "no");
        assert_eq!(message(b"plain no"), "plain no");
    }

    #[test]
    fn a_key_that_the_other_side_repeats_is_taken_out() {
        let key = SecretString::from("sk-secret");
        assert_eq!(clean("bad key sk-secret\u{7}!", &key), "bad key (the key)!");
    }
}
