use std::borrow::Cow;
use std::path::{Component, Path};

use axum::extract::State;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::header::{HeaderName, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, include_dir};
use pathwright_api::{ErrorCode, Failure};

use super::{Server, refusal};

/// What the build made of `playground/`: the pages, or a sentence on why there are none.
static BUILT: Dir<'static> = include_dir!("$OUT_DIR/playground");

/// Nothing but this server's own files runs, loads or is asked, and no text ever becomes markup: the pages make elements.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// GraphiQL's editor writes style sheets into the page and works in workers; scripts are the server's own here too.
const GRAPHIQL_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";

/// A file of the pages; the learner's page for every other address that a browser opens, because it knows its addresses itself.
pub(super) async fn serve(State(server): State<Server>, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let name = match path {
        "" => "index.html",
        "graphiql" => "graphiql.html",
        path => path,
    };
    let folder = server.config.pages.folder();
    if let Some(file) = read(folder, name).await {
        return found(name, file);
    }
    let wants_page =
        headers.get(ACCEPT).is_some_and(|accept| accept.to_str().unwrap_or_default().contains("text/html"));
    if !wants_page && !matches!(path, "" | "graphiql") {
        return refusal(
            StatusCode::NOT_FOUND,
            &Failure::new(ErrorCode::BadRequest, "there is nothing at this address"),
        );
    }
    match read(folder, "index.html").await {
        Some(page) => found("index.html", page),
        None => missing(folder),
    }
}

/// None where there is no such file, or the name leads out of the folder.
async fn read(folder: Option<&Path>, name: &str) -> Option<Cow<'static, [u8]>> {
    let Some(folder) = folder else {
        return BUILT.get_file(name).map(|file| Cow::Borrowed(file.contents()));
    };
    let within = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
    if !within {
        return None;
    }
    tokio::fs::read(folder.join(name)).await.ok().map(Cow::Owned)
}

fn found(name: &str, file: Cow<'static, [u8]>) -> Response {
    let media = mime_guess::from_path(name).first_or_octet_stream();
    let media = if media.type_() == "text" { format!("{media}; charset=utf-8") } else { media.to_string() };
    // The build names what is in this folder by its content.
    let cache = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let policy = if name == "graphiql.html" { GRAPHIQL_POLICY } else { POLICY };
    guarded(policy, ([(CONTENT_TYPE, media), (CACHE_CONTROL, cache.to_owned())], file).into_response())
}

fn guarded(policy: &'static str, mut response: Response) -> Response {
    let all: [(HeaderName, &'static str); 4] = [
        (CONTENT_SECURITY_POLICY, policy),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    response.headers_mut().extend(all.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// Why there are no pages, where the build, or the folder, has none.
pub fn why_missing(folder: Option<&Path>) -> Option<String> {
    match folder {
        Some(folder) if folder.join("index.html").is_file() => None,
        Some(folder) => Some(format!("pages.folder = {} has no index.html. Build the pages into it", folder.display())),
        None => BUILT.get_file("missing.txt").and_then(|file| file.contents_utf8()).map(str::to_owned),
    }
}

/// The page that stands in for the pages.
fn missing(folder: Option<&Path>) -> Response {
    let why = why_missing(folder).unwrap_or_default();
    let why = html_escape::encode_text(&why);
    let page = format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Pathwright</title>\n<h1>Pathwright runs, without its pages</h1>\n<p>{why}, then start Pathwright with \
         <code>cargo run</code> again: the pages are built with it.</p>\n<p>The API works: <code>POST /graphql</code>, \
         <code>/graphql/ws</code>; <a href=\"/readyz\">/readyz</a> says whether everything does.</p>\n"
    );
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, "no-store"), (RETRY_AFTER, "60")];
    guarded(POLICY, (StatusCode::SERVICE_UNAVAILABLE, headers, page).into_response())
}
