use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use async_openai::Client;
use async_openai::config::Config as Location;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use backon::{ExponentialBuilder, Retryable};
use futures::FutureExt;
use futures::future::BoxFuture;
use http_body_util::{BodyExt, Limited};
use pathwright_api::Failure;
use recloser::{AsyncRecloser, Recloser, RecloserFuture};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Body, Response};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::time::{Instant, timeout_at};
use tower::service_fn;

use super::trouble::Trouble;
use crate::config::Llm;

/// Largest answers that are read, streamed or not, in bytes; endless ones end here. A batch of vectors is some 10 MiB for large models.
const LARGEST_ANSWER: usize = 4 << 20;
const LARGEST_EMBEDDINGS: usize = 64 << 20;

/// Failed calls out of which the endpoint is left alone for a while: all of the last five.
pub(super) const BREAKER_CALLS: usize = 5;

/// How long it is left alone then.
pub(super) const BREAKER_PAUSE: Duration = Duration::from_secs(30);

/// Longest wait that an endpoint may ask for; one that asks for more is not asked again.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(10);

/// An OpenAI-compatible endpoint: where it is, and how much patience it gets.
pub struct Endpoint {
    client: Client<Address>,
    address: Address,
    permits: Semaphore,
    chats: AsyncRecloser,
    embeddings: AsyncRecloser,
    patience: Duration,
    pub(super) idle: Duration,
}

/// Which troubles count against an endpoint.
const COUNTS: fn(&Trouble) -> bool = Trouble::counts_against;

type Outcome = BoxFuture<'static, Result<(), Trouble>>;
type Watch = Pin<Box<RecloserFuture<Outcome, fn(&Trouble) -> bool>>>;

/// A stream under way. Dropped, it counts neither for nor against the endpoint.
pub(super) struct Follow {
    outcome: oneshot::Sender<Result<(), Trouble>>,
    watch: Watch,
}

impl Follow {
    pub(super) async fn succeeded(self) {
        let _ = self.outcome.send(Ok(()));
        let _ = self.watch.await;
    }

    /// Gives the trouble back.
    pub(super) async fn failed(self, trouble: Trouble) -> Trouble {
        let _ = self.outcome.send(Err(trouble));
        match self.watch.await {
            Err(error) => inner(error),
            Ok(()) => Trouble::BrokenOff,
        }
    }
}

fn inner(error: recloser::Error<Trouble>) -> Trouble {
    match error {
        recloser::Error::Inner(trouble) => trouble,
        recloser::Error::Rejected => Trouble::LeftAlone,
    }
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

impl Endpoint {
    pub fn new(config: &Llm) -> Result<Self, Failure> {
        let http = http_client(config)?;
        let address = Address { base_url: config.base_url(), key: config.key().clone() };
        let (retries, key) = (config.retries, config.key().clone());
        let client = Client::build(http.clone(), address.clone());
        let send = service_fn(move |request: HttpRequestFactory| {
            let (http, key) = (http.clone(), key.clone());
            async move { send(&http, &key, request, retries).await.map_err(|trouble| OpenAIError::Boxed(Box::new(trouble))) }
        });
        Ok(Self {
            client: client.with_http_service(send),
            address,
            permits: Semaphore::new(config.at_once),
            chats: breaker(),
            embeddings: breaker(),
            patience: config.deadline(),
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

    /// When a question that is asked now has to be answered.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.patience
    }

    /// One of the places for calls under way; held until the answer is complete.
    pub(super) async fn permit(&self, deadline: Instant) -> Result<SemaphorePermit<'_>, Trouble> {
        match timeout_at(deadline, self.permits.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) => Err(Trouble::Unreachable("the client is shutting down".to_owned())),
            Err(_) => Err(self.silent()),
        }
    }

    /// A call that counts for or against the endpoint.
    pub(super) async fn call<T, F>(
        &self,
        line: Line,
        deadline: Instant,
        call: impl FnOnce(Client<Address>) -> F,
    ) -> Result<T, Trouble>
    where
        F: Future<Output = Result<T, OpenAIError>>,
    {
        let call = self.within(deadline, call(self.client.clone()));
        self.breaker(line).call_with(COUNTS, call).await.map_err(inner)
    }

    /// The same for a stream, which counts when it ends: with what [`Follow::ended`] is told.
    pub(super) async fn begin<T, F>(
        &self,
        line: Line,
        deadline: Instant,
        call: impl FnOnce(Client<Address>) -> F,
    ) -> Result<(T, Follow), Trouble>
    where
        F: Future<Output = Result<T, OpenAIError>>,
    {
        let (outcome, heard) = oneshot::channel::<Result<(), Trouble>>();
        let watch = async { heard.await.unwrap_or(Ok(())) };
        let mut watch: Watch = Box::pin(self.breaker(line).call_with(COUNTS, watch.boxed()));
        // The first look asks the breaker for permission.
        if let Poll::Ready(Err(refused)) = futures::poll!(&mut watch) {
            return Err(inner(refused));
        }
        let follow = Follow { outcome, watch };
        match self.within(deadline, call(self.client.clone())).await {
            Ok(begun) => Ok((begun, follow)),
            Err(trouble) => Err(follow.failed(trouble).await),
        }
    }

    async fn within<T>(
        &self,
        deadline: Instant,
        call: impl Future<Output = Result<T, OpenAIError>>,
    ) -> Result<T, Trouble> {
        match timeout_at(deadline, call).await {
            Ok(answer) => answer.map_err(|error| self.trouble(error)),
            Err(_) => Err(self.silent()),
        }
    }

    pub(super) fn silent(&self) -> Trouble {
        Trouble::Silent(self.patience.as_secs_f32())
    }

    fn breaker(&self, line: Line) -> &AsyncRecloser {
        match line {
            Line::Chat => &self.chats,
            Line::Embeddings => &self.embeddings,
        }
    }

    pub(super) fn trouble(&self, error: OpenAIError) -> Trouble {
        match error {
            OpenAIError::Boxed(boxed) => match boxed.downcast::<Trouble>() {
                Ok(trouble) => *trouble,
                Err(other) => Trouble::Broken(clean(&other.to_string(), &self.address.key)),
            },
            OpenAIError::JSONDeserialize(error, _) => Trouble::Broken(clean(&error.to_string(), &self.address.key)),
            OpenAIError::Reqwest(error) => Trouble::Broken(clean(&describe(error), &self.address.key)),
            other => Trouble::Broken(clean(&other.to_string(), &self.address.key)),
        }
    }
}

/// Addresses without TLS need no certificates, and work where there are none.
fn http_client(config: &Llm) -> Result<reqwest::Client, Failure> {
    let mut builder =
        reqwest::Client::builder().connect_timeout(config.connect_time()).redirect(reqwest::redirect::Policy::none());
    if config.base_url().starts_with("http://") {
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        Failure::internal(format!("the client for language models did not start: {}", describe(error)))
    })
}

fn breaker() -> AsyncRecloser {
    let breaker =
        Recloser::custom().error_rate(0.99).closed_len(BREAKER_CALLS - 1).half_open_len(1).open_wait(BREAKER_PAUSE);
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
        let largest = if request.url().path().ends_with("/embeddings") { LARGEST_EMBEDDINGS } else { LARGEST_ANSWER };
        let response =
            http.execute(request).await.map_err(|error| Trouble::Unreachable(clean(&describe(error), key)))?;
        accept(response, largest, key).await
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
async fn accept(response: Response, largest: usize, key: &SecretString) -> Result<Response, Trouble> {
    let status = response.status();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| wait(value.to_str().ok()?));
    let (parts, body) = http::Response::<Body>::from(response).into_parts();
    let bounded = Limited::new(body, largest);
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
    let text = pathwright_api::text::squeeze(&pathwright_api::plain::printable(&text));
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
