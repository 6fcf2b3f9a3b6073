//! The web server: a thin layer of our own between axum and the schema, because GraphQL's transports ask for more than
//! ready-made services give (see the README's design notes).

/// Who asks, and from where.
mod auth;
/// Books, sent as they are.
mod books;
/// Alive, and able to work.
mod health;
/// GraphQL over POST, GET and server-sent events.
mod over_http;
/// GraphQL over WebSocket.
mod over_socket;
/// The pages of `playground/`.
mod pages;
/// Requests and answers of GraphQL, whatever carries them.
mod protocol;

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use pathwright_api::{ErrorCode, Failure};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::trace::TraceLayer;

use crate::config::Config;
use crate::graphql::Schema;
use crate::services::Services;

pub use pages::why_missing;

/// What the handlers work with.
#[derive(Clone)]
struct Server {
    schema: Schema,
    services: Services,
    config: Arc<Config>,
}

/// All addresses Pathwright serves.
pub fn router(schema: Schema, services: Services, config: Arc<Config>) -> Router {
    let largest = config.limits.body_bytes();
    let server = Server { schema, services, config };
    Router::new()
        .route("/graphql", get(over_http::get).post(over_http::post))
        .route("/graphql/ws", get(over_socket::upgrade))
        .route("/books", post(books::post))
        .fallback_service(get(pages::serve).with_state(server.clone()).layer(CompressionLayer::new()))
        .layer(axum::middleware::from_fn_with_state(server.clone(), auth::guard))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .layer(DefaultBodyLimit::max(largest))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            refusal(
                StatusCode::INTERNAL_SERVER_ERROR,
                &Failure::internal("the request failed; the log has the details"),
            )
        }))
        .layer(TraceLayer::new_for_http())
        .with_state(server)
}

/// What a server answers whose database lost what was acknowledged: that it runs, what is lost, and nothing else.
pub fn damaged(failure: &Failure) -> Router {
    let why = failure.message.clone();
    let message = "the database is damaged; /readyz says what is lost, and nothing is served before the operator has looked after it";
    let refused = Failure::new(failure.code, message);
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(async move || health::damaged(why.clone())))
        .fallback(async move || refusal(StatusCode::SERVICE_UNAVAILABLE, &refused))
}

/// Answers on a listener until the signal comes and open requests are over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    signal: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(signal).await
}

/// A failure before there is a GraphQL answer, in the shape of one.
fn refusal(status: StatusCode, failure: &Failure) -> Response {
    let mut extensions = serde_json::json!({ "code": failure.code });
    if let Some(wait) = failure.retry_after_ms {
        extensions["retryAfterMs"] = wait.into();
    }
    let body = serde_json::json!({ "errors": [{ "message": failure.message, "extensions": extensions }] });
    (status, axum::Json(body)).into_response()
}

/// The status that fits a code, for clients that look at it first.
fn status_of(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::Forbidden => StatusCode::FORBIDDEN,
        ErrorCode::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::Busy | ErrorCode::StoreUnavailable | ErrorCode::StoreFull | ErrorCode::StoreDamaged => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    }
}
