//! Whether the catalogue's addresses still answer. Nothing is read of the answers but their beginning.

/// One address: asked, followed, asked again.
mod ask;
/// Which addresses lie inside a machine or a network of somebody's own.
mod inside;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::pin::pin;
use std::time::Duration;

use chrono::Utc;
use futures::{StreamExt, stream};
use pathwright_api::Failure;
use url::Url;

use crate::store::resources::{Finding, ResourceCheck};
use ask::{Answer, Asker};

/// Addresses asked at the same time; of one host never more than one.
const AT_ONCE: usize = 8;

/// Addresses that all have to stay silent, before anything else was heard, for the network to be taken to be down.
const SILENT: usize = 10;

/// An entry of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Curated {
    pub title: String,
    pub url: Url,
}

/// How long an address is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    pub connect: Duration,
    /// For one request, connecting included.
    pub answer: Duration,
    /// From here on an answer counts as slow.
    pub slow: Duration,
    /// Before an address that failed is asked once more, at least.
    pub pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(20),
            slow: Duration::from_secs(5),
            pause: Duration::from_secs(2),
        }
    }
}

/// Why nothing was found out.
#[derive(Debug, thiserror::Error)]
pub enum CannotCheck {
    #[error("none of the first {0} addresses answered: this machine seems to have no network; nothing was changed")]
    NoNetwork(usize),
    #[error(transparent)]
    Failure(#[from] Failure),
}

/// Asks every address, each of one host after the other. `progress` is told how many are done.
///
/// # Errors
/// When nothing at all answers, which says nothing about the addresses.
pub async fn check(
    addresses: &[Curated],
    patience: Patience,
    progress: impl FnMut(usize),
) -> Result<Vec<ResourceCheck>, CannotCheck> {
    check_with(&Asker::new(patience)?, addresses, progress).await
}

async fn check_with(
    asker: &Asker,
    addresses: &[Curated],
    mut progress: impl FnMut(usize),
) -> Result<Vec<ResourceCheck>, CannotCheck> {
    let answers = stream::iter(by_host(addresses)).map(|urls| one_after_the_other(asker, urls));
    let mut answers = pin!(answers.flatten_unordered(AT_ONCE));
    let mut checks = Vec::with_capacity(addresses.len());
    let mut any_heard = false;
    while let Some((url, answer)) = answers.next().await {
        any_heard |= answer.is_heard;
        checks.push(described(url, answer));
        progress(checks.len());
        if !any_heard && checks.len() >= SILENT.min(addresses.len()) {
            return Err(CannotCheck::NoNetwork(checks.len()));
        }
    }
    Ok(checks)
}

fn by_host(addresses: &[Curated]) -> Vec<Vec<&Url>> {
    let mut hosts: BTreeMap<&str, Vec<&Url>> = BTreeMap::new();
    for Curated { url, .. } in addresses {
        hosts.entry(url.host_str().unwrap_or_default()).or_default().push(url);
    }
    hosts.into_values().collect()
}

fn one_after_the_other<'a>(
    asker: &'a Asker,
    urls: Vec<&'a Url>,
) -> impl futures::Stream<Item = (&'a Url, Answer)> + Unpin + 'a {
    Box::pin(stream::iter(urls).then(async move |url| (url, asker.ask(url).await)))
}

fn described(url: &Url, answer: Answer) -> ResourceCheck {
    ResourceCheck {
        url: url.to_string(),
        finding: answer.finding,
        status: answer.status,
        moved_to: answer.moved_to.filter(|_| answer.finding == Finding::Moved).map(String::from),
        reason: answer.reason,
        milliseconds: answer.took.as_millis() as u64,
        checked_at: Utc::now(),
    }
}
