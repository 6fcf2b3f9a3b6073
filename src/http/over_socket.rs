use std::collections::HashMap;
use std::time::Duration;

use async_graphql::Response as Answer;
use async_graphql::parser::types::OperationType;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use pathwright_api::{ErrorCode, Failure};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::protocol::{Checked, GraphqlRequest, failed, is_request_error, with_codes};
use super::{Server, auth};
use crate::graphql::access::Principal;

const PROTOCOL: &str = "graphql-transport-ws";

/// How long a client may take to introduce itself.
const INIT: Duration = Duration::from_secs(10);

/// Between two signs of life from the server.
const PING: Duration = Duration::from_secs(20);

/// Largest message of a client, in bytes.
const LARGEST: usize = 1 << 20;

/// Answers waiting to be sent, over all operations of a socket: a client that does not read slows its own operations.
const WAITING: usize = 64;

/// The protocol's way to end a connection.
type Close = (u16, String);

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum FromClient {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Ping {},
    Pong {},
    Subscribe {
        id: String,
        payload: GraphqlRequest,
    },
    Complete {
        id: String,
    },
}

pub(super) async fn upgrade(State(server): State<Server>, headers: HeaderMap, socket: WebSocketUpgrade) -> Response {
    socket
        .protocols([PROTOCOL])
        .max_message_size(LARGEST)
        .on_upgrade(move |socket| async move { Connection::run(server, headers, socket).await })
}

struct Connection {
    server: Server,
    principal: Principal,
    outgoing: mpsc::Sender<Message>,
    finished: mpsc::UnboundedSender<String>,
    running: HashMap<String, AbortHandle>,
}

/// Operations end with the connection that asked for them.
impl Drop for Connection {
    fn drop(&mut self) {
        self.running.values().for_each(AbortHandle::abort);
    }
}

impl Connection {
    async fn run(server: Server, headers: HeaderMap, socket: WebSocket) {
        let known = socket.protocol().is_some_and(|protocol| protocol == PROTOCOL);
        let (mut sink, mut stream) = socket.split();
        let ended = if known {
            Self::converse(server, headers, &mut sink, &mut stream).await
        } else {
            Some((4406, "Subprotocol not acceptable".to_owned()))
        };
        if let Some((code, reason)) = ended {
            let _ = sink.send(Message::Close(Some(CloseFrame { code, reason: reason.into() }))).await;
        }
        // The answer to a client's own farewell: without it a browser takes the connection for broken.
        let _ = sink.close().await;
    }

    /// None: the client hung up.
    async fn converse(
        server: Server,
        headers: HeaderMap,
        sink: &mut SplitSink<WebSocket, Message>,
        stream: &mut SplitStream<WebSocket>,
    ) -> Option<Close> {
        let principal = match introduction(&server, &headers, sink, stream).await {
            Ok(principal) => principal,
            Err(close) => return close,
        };
        sink.send(text(&json!({ "type": "connection_ack" }))).await.ok()?;
        let (outgoing, mut to_send) = mpsc::channel(WAITING);
        let (finished, mut ended) = mpsc::unbounded_channel();
        let mut connection = Self { server, principal, outgoing, finished, running: HashMap::new() };
        let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + PING, PING);
        loop {
            tokio::select! {
                message = to_send.recv() => sink.send(message?).await.ok()?,
                Some(id) = ended.recv() => { connection.running.remove(&id); }
                _ = beat.tick() => sink.send(text(&json!({ "type": "ping" }))).await.ok()?,
                message = next(stream) => match message? {
                    Ok(FromClient::Ping {}) => sink.send(text(&json!({ "type": "pong" }))).await.ok()?,
                    Ok(message) => if let Err(close) = connection.handle(message) { return Some(close) },
                    Err(close) => return Some(close),
                }
            }
        }
    }

    fn handle(&mut self, message: FromClient) -> Result<(), Close> {
        match message {
            FromClient::ConnectionInit { .. } => Err((4429, "Too many initialisation requests".to_owned())),
            FromClient::Ping {} | FromClient::Pong {} => Ok(()),
            FromClient::Complete { id } => {
                if let Some(running) = self.running.remove(&id) {
                    running.abort();
                }
                Ok(())
            }
            FromClient::Subscribe { id, payload } => self.subscribe(id, payload),
        }
    }

    fn subscribe(&mut self, id: String, payload: GraphqlRequest) -> Result<(), Close> {
        self.running.retain(|_, running| !running.is_finished());
        if self.running.contains_key(&id) {
            return Err((4409, format!("Subscriber for {id} already exists")));
        }
        let most = self.server.config.limits.operations_per_socket;
        let checked = if self.running.len() < most {
            payload.check(&self.server, self.principal.clone())
        } else {
            Err(Failure::new(ErrorCode::Busy, format!("at most {most} operations may be open on one socket")))
        };
        let operation = Operation { server: self.server.clone(), id: id.clone(), outgoing: self.outgoing.clone() };
        let finished = self.finished.clone();
        let done = id.clone();
        let task = tokio::spawn(async move {
            operation.run(checked).await;
            let _ = finished.send(done);
        });
        self.running.insert(id, task.abort_handle());
        Ok(())
    }
}

/// Waits for `connection_init` and finds out who it is. The inner none: the client hung up.
async fn introduction(
    server: &Server,
    headers: &HeaderMap,
    sink: &mut SplitSink<WebSocket, Message>,
    stream: &mut SplitStream<WebSocket>,
) -> Result<Principal, Option<Close>> {
    // Signs of life are allowed before the introduction.
    let first = tokio::time::timeout(INIT, async {
        loop {
            match next(stream).await {
                Some(Ok(FromClient::Ping {})) => sink.send(text(&json!({ "type": "pong" }))).await.ok()?,
                Some(Ok(FromClient::Pong {})) => {}
                other => return other,
            }
        }
    })
    .await;
    let payload = match first {
        Err(_) => return Err(Some((4408, "Connection initialisation timeout".to_owned()))),
        Ok(None) => return Err(None),
        Ok(Some(Err(close))) => return Err(Some(close)),
        Ok(Some(Ok(FromClient::ConnectionInit { payload }))) => payload.unwrap_or_default(),
        Ok(Some(Ok(_))) => return Err(Some((4401, "Unauthorized".to_owned()))),
    };
    let sent = ["authorization", "Authorization"].iter().find_map(|name| payload.get(*name)?.as_str());
    let principal = match sent {
        Some(credentials) => auth::by_credentials(&server.config.auth, Some(credentials)),
        None => auth::principal(&server.config.auth, headers),
    };
    principal.map_err(|_| Some((4403, "Forbidden".to_owned())))
}

/// The next message that matters; none when the connection is gone.
async fn next(stream: &mut SplitStream<WebSocket>) -> Option<Result<FromClient, Close>> {
    loop {
        match stream.next().await?.ok()? {
            Message::Text(text) => {
                let message = serde_json::from_str(&text);
                return Some(message.map_err(|error| {
                    (4400, pathwright_api::text::shorten(&format!("Invalid message: {error}"), 100))
                }));
            }
            Message::Binary(_) => return Some(Err((4400, "Messages have to be text".to_owned()))),
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return None,
        }
    }
}

struct Operation {
    server: Server,
    id: String,
    outgoing: mpsc::Sender<Message>,
}

impl Operation {
    async fn run(&self, checked: Result<Checked, Failure>) {
        let checked = match checked {
            Ok(checked) => checked,
            Err(failure) => return self.refuse(&failed(&failure)).await,
        };
        if checked.kind == OperationType::Subscription {
            let mut answers = self.server.schema.execute_stream(checked.request);
            while let Some(answer) = answers.next().await {
                if !self.send(answer).await {
                    return;
                }
            }
        } else {
            let limit = self.server.config.limits.request_time();
            let answer = tokio::time::timeout(limit, self.server.schema.execute(checked.request)).await;
            let late = || failed(&Failure::new(ErrorCode::DeadlineExceeded, "the operation took too long"));
            if !self.send(answer.unwrap_or_else(|_| late())).await {
                return;
            }
        }
        let _ = self.outgoing.send(text(&json!({ "type": "complete", "id": self.id }))).await;
    }

    /// Answers false when nothing more can be sent for this operation.
    async fn send(&self, answer: Answer) -> bool {
        let answer = with_codes(answer);
        if is_request_error(&answer) {
            self.refuse(&answer).await;
            return false;
        }
        self.outgoing.send(text(&json!({ "type": "next", "id": self.id, "payload": answer }))).await.is_ok()
    }

    async fn refuse(&self, answer: &Answer) {
        let message = json!({ "type": "error", "id": self.id, "payload": answer.errors });
        let _ = self.outgoing.send(text(&message)).await;
    }
}

fn text(message: &Value) -> Message {
    Message::Text(message.to_string().into())
}
