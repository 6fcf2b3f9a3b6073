use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use pathwright_api::job::hex;
use pathwright_api::{ErrorCode, Failure};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use super::{Server, refusal};
use crate::config::{ApiKey, Auth};
use crate::graphql::access::Principal;

/// Keeps web pages of other sites from talking to a server that trusts whoever is on this machine.
///
/// Without keys a request has to name this machine as its host (a foreign name that resolves here is a trick), and must
/// not come from a page of another one.
pub(super) async fn guard(State(server): State<Server>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let api = path.starts_with("/graphql") || path == "/books";
    let foreign = !is_local(request.headers()) || api && is_of_another_site(request.headers());
    if server.config.auth.keys.is_empty() && foreign {
        let message = "without API keys only this machine is served, under the name localhost or its loopback address";
        return refusal(StatusCode::FORBIDDEN, &Failure::new(ErrorCode::Forbidden, message));
    }
    next.run(request).await
}

fn is_local(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let host = text(HOST).is_none_or(|host| is_loopback(&format!("http://{host}")));
    let origin = text(ORIGIN).is_none_or(is_loopback);
    host && origin
}

/// Browsers say so also where they send no origin, as for the address of a picture.
fn is_of_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

fn is_loopback(url: &str) -> bool {
    match Url::parse(url).ok().and_then(|url| url.host().map(|host| host.to_owned())) {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Who the headers say is asking.
pub(super) fn principal(auth: &Auth, headers: &HeaderMap) -> Result<Principal, Failure> {
    let header = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    by_credentials(auth, header)
}

/// Who credentials of the form `Bearer KEY` stand for; nobody needs them while no keys are configured.
pub(super) fn by_credentials(auth: &Auth, credentials: Option<&str>) -> Result<Principal, Failure> {
    if auth.keys.is_empty() {
        return Ok(Principal::Local);
    }
    let refused = |why: &str| Failure::new(ErrorCode::Unauthenticated, why);
    let credentials = credentials.ok_or_else(|| refused("send an API key: Authorization: Bearer KEY"))?;
    let key = credentials.strip_prefix("Bearer ").unwrap_or(credentials).trim();
    let digest = hex(&Sha256::digest(key.as_bytes()));
    let same = |known: &&ApiKey| bool::from(known.sha256.to_lowercase().as_bytes().ct_eq(digest.as_bytes()));
    let found = auth.keys.iter().find(same).ok_or_else(|| refused("the API key is not known"))?;
    Ok(Principal::Key { name: found.name.clone(), role: found.role, user: found.user.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_hosts_and_pages_are_told_from_local_ones() {
        let local = |host: &str, origin: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, host.parse().unwrap());
            origin.map(|origin| headers.insert(ORIGIN, origin.parse().unwrap()));
            is_local(&headers)
        };
        assert!(
            local("127.0.0.1:8080", None)
                && local("localhost", Some("http://localhost:5173"))
                && local("[::1]:80", None)
        );
        assert!(!local("evil.example", None) && !local("localhost:8080", Some("https://evil.example")));
        assert!(!local("localhost", Some("null")));
        let headers = HeaderMap::from_iter([("sec-fetch-site".parse().unwrap(), "cross-site".parse().unwrap())]);
        assert!(is_of_another_site(&headers) && !is_of_another_site(&HeaderMap::new()));
    }
}
