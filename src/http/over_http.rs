use std::convert::Infallible;
use std::time::Duration;

use async_graphql::parser::types::OperationType;
use async_graphql_axum::GraphQLResponse;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Query, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use pathwright_api::{ErrorCode, Failure};
use serde::Deserialize;

use super::protocol::{Checked, GraphqlRequest, failed, is_request_error, with_codes};
use super::{Server, auth, refusal, status_of};

/// What the client wants to read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Media {
    Json,
    GraphqlResponse,
    EventStream,
}

pub(super) async fn post(
    State(server): State<Server>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Any other type could be sent by a page of another site without asking first.
    if content_type.split(';').next().unwrap_or_default().trim() != "application/json" {
        let failure = Failure::new(ErrorCode::BadRequest, "the request has to be sent as application/json");
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, &failure);
    }
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return too_large(&server, &rejection),
    };
    let request = serde_json::from_slice::<GraphqlRequest>(&body)
        .map_err(|error| Failure::new(ErrorCode::BadRequest, format!("the body is no GraphQL request: {error}")));
    answer(&server, &headers, request, false).await
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<String>,
}

pub(super) async fn get(
    State(server): State<Server>,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Response {
    let request = match parameters.query {
        Some(query) => GraphqlRequest::from_parts(query, parameters.operation_name, parameters.variables.as_deref()),
        None => Err(Failure::new(ErrorCode::BadRequest, "the parameter query is missing")),
    };
    answer(&server, &headers, request, true).await
}

async fn answer(
    server: &Server,
    headers: &HeaderMap,
    request: Result<GraphqlRequest, Failure>,
    is_get: bool,
) -> Response {
    let Some(media) = wanted(headers) else {
        let message = "answers come as application/graphql-response+json, application/json or text/event-stream";
        return refusal(StatusCode::NOT_ACCEPTABLE, &Failure::new(ErrorCode::BadRequest, message));
    };
    let principal = match auth::principal(&server.config.auth, headers) {
        Ok(principal) => principal,
        Err(failure) => return refusal(StatusCode::UNAUTHORIZED, &failure),
    };
    let checked = match request.and_then(|request| request.check(server, principal)) {
        Ok(checked) => checked,
        Err(failure) => return refused_request(&failure, media),
    };
    if is_get && checked.kind == OperationType::Mutation {
        let failure = Failure::new(ErrorCode::BadRequest, "mutations need POST");
        let mut response = refusal(StatusCode::METHOD_NOT_ALLOWED, &failure);
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    match media {
        Media::EventStream => events(server.clone(), checked).into_response(),
        _ if checked.kind == OperationType::Subscription => {
            let message = "a subscription needs Accept: text/event-stream, or the WebSocket at /graphql/ws";
            refusal(StatusCode::NOT_ACCEPTABLE, &Failure::new(ErrorCode::BadRequest, message))
        }
        _ => execute(server, checked, media).await,
    }
}

async fn execute(server: &Server, checked: Checked, media: Media) -> Response {
    let limit = server.config.limits.request_time();
    match tokio::time::timeout(limit, server.schema.execute(checked.request)).await {
        Ok(response) => written(with_codes(response), media),
        Err(_) => refusal(StatusCode::GATEWAY_TIMEOUT, &too_slow(limit)),
    }
}

fn too_slow(limit: Duration) -> Failure {
    Failure::new(ErrorCode::DeadlineExceeded, format!("the request took longer than {} s", limit.as_secs()))
}

/// The specification's status for each media type: as `application/json` a well-formed request is always 200.
fn written(response: async_graphql::Response, media: Media) -> Response {
    let refused = is_request_error(&response);
    if refused {
        let body = serde_json::json!({ "errors": response.errors });
        let status = if media == Media::GraphqlResponse { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        return typed((status, axum::Json(body)).into_response(), media);
    }
    typed(GraphQLResponse::from(response).into_response(), media)
}

fn typed(mut response: Response, media: Media) -> Response {
    let content_type = match media {
        Media::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        Media::Json | Media::EventStream => "application/json; charset=utf-8",
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn refused_request(failure: &Failure, media: Media) -> Response {
    let well_formed = !matches!(failure.code, ErrorCode::BadRequest);
    let status = if well_formed && media == Media::Json { StatusCode::OK } else { status_of(failure.code) };
    typed(refusal(status, failure), media)
}

fn too_large(server: &Server, rejection: &BytesRejection) -> Response {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        let message = format!("the body is larger than {} MiB", server.config.limits.body_bytes() >> 20);
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, &Failure::new(ErrorCode::BodyTooLarge, message));
    }
    refusal(StatusCode::BAD_REQUEST, &Failure::new(ErrorCode::BadRequest, "the body could not be read"))
}

/// What the client prefers among what there is; none when it accepts nothing of it.
fn wanted(headers: &HeaderMap) -> Option<Media> {
    let accept = headers.get(ACCEPT).map(|value| value.to_str().unwrap_or_default());
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return Some(Media::Json);
    };
    let ranges = accept.split(',').enumerate().filter_map(|(place, range)| {
        let mut parts = range.split(';').map(str::trim);
        let media = match parts.next()? {
            "application/graphql-response+json" => Media::GraphqlResponse,
            "text/event-stream" => Media::EventStream,
            "application/json" | "application/*" | "*/*" => Media::Json,
            _ => return None,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        (quality > 0.0).then_some((quality, std::cmp::Reverse(place), media))
    });
    ranges.max_by(|(a, first, _), (b, second, _)| a.total_cmp(b).then(first.cmp(second))).map(|(_, _, media)| media)
}

/// Distinct connections mode: `next` for every answer, then `complete`.
fn events(server: Server, checked: Checked) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let limit = server.config.limits.request_time();
    let answers = match checked.kind {
        OperationType::Subscription => server.schema.execute_stream(checked.request).boxed(),
        _ => stream::once(async move {
            let answer = tokio::time::timeout(limit, server.schema.execute(checked.request)).await;
            answer.unwrap_or_else(|_| failed(&too_slow(limit)))
        })
        .boxed(),
    };
    let next = answers.map(|response| {
        let data = serde_json::to_string(&with_codes(response)).unwrap_or_default();
        Event::default().event("next").data(data)
    });
    let complete = stream::once(async { Event::default().event("complete").data("") });
    Sse::new(next.chain(complete).map(Ok)).keep_alive(KeepAlive::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_media_type_is_chosen() {
        let choose = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            wanted(&headers)
        };
        assert!(choose("application/json;q=0.5, application/graphql-response+json") == Some(Media::GraphqlResponse));
        assert!(choose("*/*") == Some(Media::Json));
        assert!(choose("application/graphql-response+json, application/json") == Some(Media::GraphqlResponse));
        assert!(choose("text/html").is_none());
    }
}
