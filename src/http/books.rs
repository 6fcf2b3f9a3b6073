use std::path::Path;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use pathwright_api::{ErrorCode, Failure, text};
use serde::{Deserialize, Serialize};
use tokio::sync::OwnedSemaphorePermit;

use super::{Server, auth, refusal, status_of};
use crate::library::Upload;
use pathwright_api::library::BookFormat;
use pathwright_reader::format_of;

/// Most that is read of a book that is refused, in bytes, so that its sender hears why.
const SWALLOWED: usize = 256 << 20;

/// How long that may take.
const SWALLOWING: Duration = Duration::from_secs(10);

/// How long a book may take to be sent: it holds one of few places meanwhile.
const SENDING: Duration = Duration::from_mins(10);

#[derive(Deserialize)]
pub(super) struct Parameters {
    /// What the book is called; one sent under the same title before is replaced.
    title: String,
    /// The file's name, whose ending says what it is written in.
    file: String,
}

#[derive(Serialize)]
struct Taken {
    /// By which the subscription `ingestion` follows it.
    id: String,
}

/// Takes a book as it is, without the third that base64 adds, and answers at once: reading it takes longer than sending it.
pub(super) async fn post(
    State(server): State<Server>,
    parameters: Result<Query<Parameters>, QueryRejection>,
    request: Request,
) -> Response {
    let (headers, body) = (request.headers().clone(), request.into_body());
    let taken = match admit(&server, parameters, &headers) {
        Ok(book) => take(&server, book, body).await,
        Err(failure) => {
            let _ = tokio::time::timeout(SWALLOWING, swallow(body)).await;
            Err(failure)
        }
    };
    match taken {
        Ok(id) => (StatusCode::ACCEPTED, Json(Taken { id })).into_response(),
        Err(failure) => refusal(status_of(failure.code), &failure),
    }
}

/// A book that may be sent, before any of it is read.
struct Admitted {
    title: String,
    format: BookFormat,
    place: OwnedSemaphorePermit,
}

fn admit(
    server: &Server,
    parameters: Result<Query<Parameters>, QueryRejection>,
    headers: &HeaderMap,
) -> Result<Admitted, Failure> {
    auth::principal(&server.config.auth, headers)?.as_admin()?;
    let (title, format) = named(parameters)?;
    check(headers, server.config.library.file_bytes())?;
    let place = server.services.ingestions.place()?;
    Ok(Admitted { title, format, place })
}

async fn take(server: &Server, Admitted { title, format, place }: Admitted, body: Body) -> Result<String, Failure> {
    let largest = server.config.library.file_bytes();
    let sent = tokio::time::timeout(SENDING, to_bytes(body, largest as usize)).await;
    let late = || Failure::new(ErrorCode::DeadlineExceeded, "the book took too long to be sent");
    let bytes = sent.map_err(|_| late())?.map_err(|error| match std::error::Error::source(&error) {
        Some(source) if source.is::<http_body_util::LengthLimitError>() => too_large(largest),
        _ => Failure::new(ErrorCode::BadRequest, "the book broke off while it was sent"),
    })?;
    Ok(server.services.ingestions.begin(place, Upload { title, format, bytes: bytes.into() }))
}

/// Reads on without keeping anything: most clients listen for an answer only when they have sent all.
async fn swallow(body: Body) {
    let mut parts = body.into_data_stream();
    let mut swallowed = 0;
    while let Some(Ok(part)) = parts.next().await {
        swallowed += part.len();
        if swallowed > SWALLOWED {
            return;
        }
    }
}

/// The book's title, and what it is written in.
fn named(parameters: Result<Query<Parameters>, QueryRejection>) -> Result<(String, BookFormat), Failure> {
    let Query(Parameters { title, file }) = parameters
        .map_err(|_| Failure::new(ErrorCode::BadRequest, "the address needs the parameters title and file"))?;
    let title = text::squeeze(&title);
    if title.is_empty() || title.chars().count() > 200 {
        return Err(Failure::new(ErrorCode::InvalidInput, "title must have 1 to 200 characters"));
    }
    let format = format_of(Path::new(&file)).ok_or_else(|| {
        let message = format!("`{}` has no ending that says it is a book", text::shorten(&file, 100));
        Failure::new(ErrorCode::InvalidInput, message)
    })?;
    Ok((title, format))
}

/// What can be refused before any of the book is read.
fn check(headers: &HeaderMap, largest: u64) -> Result<(), Failure> {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    // Any other type could be sent by a page of another site without asking first.
    if header(CONTENT_TYPE) != Some("application/octet-stream") {
        return Err(Failure::new(ErrorCode::BadRequest, "a book has to be sent as application/octet-stream"));
    }
    match header(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok()) {
        Some(length) if length > largest => Err(too_large(largest)),
        _ => Ok(()),
    }
}

fn too_large(largest: u64) -> Failure {
    let message = format!("the book is larger than {} MiB (library.file_mib)", largest >> 20);
    Failure::new(ErrorCode::BodyTooLarge, message)
}
