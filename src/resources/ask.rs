use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use backon::{ExponentialBuilder, Retryable};
use pathwright_api::Failure;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, StatusCode};
use url::Url;

use super::Patience;
use super::inside::{is_inside, is_public};
use crate::store::resources::Finding;

/// Says who asks, so that whoever does not like it can say so.
const USER_AGENT: &str =
    concat!("Pathwright/", env!("CARGO_PKG_VERSION"), " (looks whether the addresses of its catalogue still answer)");

/// Redirects followed for one address.
const HOPS: usize = 10;

/// How often an address that failed is asked again before it counts as dead.
const AGAIN: usize = 1;

/// What an address answered in the end.
pub(super) struct Answer {
    pub(super) finding: Finding,
    pub(super) status: Option<u16>,
    pub(super) moved_to: Option<Url>,
    pub(super) reason: Option<String>,
    /// Of the last time it was asked, all redirects together.
    pub(super) took: Duration,
    /// Whether any server said anything.
    pub(super) is_heard: bool,
}

/// Where an address led to.
struct Reached {
    status: StatusCode,
    /// Behind all redirects that are for good, up to the first that is not.
    moved_to: Option<Url>,
    took: Duration,
}

/// Why an address led nowhere. In words for operators.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("it answers {0}")]
    Gone(StatusCode),
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    #[error("it does not answer in time")]
    Silent,
    #[error("it leads to {0}, which is not on the public internet")]
    Inside(String),
    #[error("it leads to {0}, which is no web address")]
    NotTheWeb(String),
    #[error("it goes round in circles: more than {HOPS} redirects")]
    Circles,
}

impl Trouble {
    /// Another method will not help where there was no connection, and not where a redirect is at fault.
    fn may_be_the_method(&self) -> bool {
        matches!(self, Self::Gone(_) | Self::Silent)
    }

    fn is_heard(&self) -> bool {
        !matches!(self, Self::Unreachable(_) | Self::Silent)
    }

    fn status(&self) -> Option<u16> {
        if let Self::Gone(status) = self { Some(status.as_u16()) } else { None }
    }
}

/// Asks addresses, never two of one host at the same time.
pub(super) struct Asker {
    /// For addresses that lie inside already.
    anywhere: Client,
    /// Reaches nothing that lies inside, whatever a name resolves to.
    outside: Client,
    patience: Patience,
    hosts: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

impl Asker {
    pub(super) fn new(patience: Patience) -> Result<Self, Failure> {
        Self::with_names(patience, Outside)
    }

    /// With a resolver of names for addresses of the public internet.
    pub(super) fn with_names(patience: Patience, names: impl Resolve + 'static) -> Result<Self, Failure> {
        crate::llm::choose_cryptography();
        let builder = || {
            let builder = Client::builder().user_agent(USER_AGENT).redirect(Policy::none());
            builder.connect_timeout(patience.connect).timeout(patience.answer)
        };
        let failed = |error: reqwest::Error| {
            Failure::internal(format!("the client for the catalogue's addresses did not start: {}", describe(error)))
        };
        Ok(Self {
            anywhere: builder().build().map_err(failed)?,
            outside: builder().dns_resolver(names).build().map_err(failed)?,
            patience,
            hosts: Mutex::default(),
        })
    }

    /// Asks twice at most; who fails twice in a row is dead.
    pub(super) async fn ask(&self, url: &Url) -> Answer {
        let begun = Mutex::new(Instant::now());
        let once = || async {
            *begun.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
            self.once(url).await
        };
        let policy =
            ExponentialBuilder::default().with_min_delay(self.patience.pause).with_max_times(AGAIN).with_jitter();
        match once.retry(policy).await {
            Ok(reached) => self.judged(reached, url),
            Err(trouble) => Answer {
                finding: Finding::Dead,
                status: trouble.status(),
                moved_to: None,
                reason: Some(trouble.to_string()),
                took: begun.lock().unwrap_or_else(PoisonError::into_inner).elapsed(),
                is_heard: trouble.is_heard(),
            },
        }
    }

    fn judged(&self, reached: Reached, url: &Url) -> Answer {
        let Reached { status, moved_to, took } = reached;
        let has_moved = moved_to.as_ref().is_some_and(|target| target != url);
        let finding = match status {
            status if !status.is_success() => Finding::Refused,
            _ if has_moved => Finding::Moved,
            _ if took >= self.patience.slow => Finding::Slow,
            _ => Finding::Fine,
        };
        let reason = (finding == Finding::Refused).then(|| format!("it answers {status}"));
        Answer { finding, status: Some(status.as_u16()), moved_to, reason, took, is_heard: true }
    }

    /// With HEAD, and where that brings no page, with GET.
    async fn once(&self, url: &Url) -> Result<Reached, Trouble> {
        match self.follow(Method::HEAD, url).await {
            Ok(reached) if reached.status.is_success() => Ok(reached),
            Err(trouble) if !trouble.may_be_the_method() => Err(trouble),
            Ok(_) | Err(_) => self.follow(Method::GET, url).await,
        }
    }

    /// An address of the public internet leads nowhere else.
    async fn follow(&self, method: Method, url: &Url) -> Result<Reached, Trouble> {
        let begun = Instant::now();
        let may_go_inside = is_inside(url);
        let mut here = url.clone();
        let mut moved_to = None;
        let mut is_for_good = true;
        for _ in 0..=HOPS {
            let response = self.send(method.clone(), &here, may_go_inside).await?;
            let status = response.status();
            let Some(next) = target(&response, &here) else {
                return accepted(status).map(|status| Reached { status, moved_to, took: begun.elapsed() });
            };
            check_target(&next, may_go_inside)?;
            is_for_good &= matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::PERMANENT_REDIRECT);
            if is_for_good {
                moved_to = Some(next.clone());
            }
            here = next;
        }
        Err(Trouble::Circles)
    }

    async fn send(&self, method: Method, url: &Url, may_go_inside: bool) -> Result<Response, Trouble> {
        let host = self.host(url);
        let _turn = host.lock().await;
        let client = if may_go_inside { &self.anywhere } else { &self.outside };
        client.request(method, url.clone()).send().await.map_err(|error| {
            if error.is_timeout() && !error.is_connect() {
                Trouble::Silent
            } else {
                Trouble::Unreachable(describe(error))
            }
        })
    }

    fn host(&self, url: &Url) -> Arc<tokio::sync::Mutex<()>> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hosts.entry(url.host_str().unwrap_or_default().to_owned()).or_default())
    }
}

/// Refuses what an address may not lead to.
fn check_target(next: &Url, may_go_inside: bool) -> Result<(), Trouble> {
    if !matches!(next.scheme(), "http" | "https") {
        return Err(Trouble::NotTheWeb(shown(next)));
    }
    if !may_go_inside && is_inside(next) {
        return Err(Trouble::Inside(shown(next)));
    }
    Ok(())
}

/// What a page is gone with is trouble; other refusals may be meant for programs only.
fn accepted(status: StatusCode) -> Result<StatusCode, Trouble> {
    let is_gone = matches!(status, StatusCode::NOT_FOUND | StatusCode::GONE) || status.is_server_error();
    if is_gone { Err(Trouble::Gone(status)) } else { Ok(status) }
}

/// Where a redirect goes; none for any other answer.
fn target(response: &Response, here: &Url) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let mut next = here.join(location).ok()?;
    // A place within the page goes on with the redirect, as browsers have it.
    if next.fragment().is_none() {
        next.set_fragment(here.fragment());
    }
    Some(next)
}

/// Short and printable: it is the other side that chose it.
fn shown(url: &Url) -> String {
    pathwright_api::text::shorten(&pathwright_api::plain::printable(url.as_str()), 200)
}

/// With its causes, which say what happened.
fn describe(error: reqwest::Error) -> String {
    let error = error.without_url();
    let causes = std::iter::successors(std::error::Error::source(&error), |cause| cause.source());
    let innermost = causes.last().map_or_else(|| error.to_string(), ToString::to_string);
    pathwright_api::text::shorten(&pathwright_api::plain::printable(&innermost), 200)
}

/// Resolves names to addresses of the public internet and to no others.
pub(super) struct Outside;

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err("its name leads to no address of the public internet".into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}
