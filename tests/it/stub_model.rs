use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use regex::Regex;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;

/// An OpenAI-compatible endpoint on loopback that behaves as a test wants. Dropped, it breaks all its connections.
pub struct StubModel {
    shared: Arc<Shared>,
    address: SocketAddr,
    /// Its own, so that connections end with it; there until the drop.
    runtime: Option<Runtime>,
}

/// What a request is for; `Other` is such as the doctor's probe.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Call {
    Analyze,
    Sequence,
    Write,
    Embed,
    Models,
    Other,
}

#[derive(Clone, Debug)]
pub struct Logged {
    pub call: Call,
    pub body: Value,
    pub authorization: Option<String>,
}

#[derive(Clone, Debug)]
pub enum Behaviour {
    Well,
    /// Waits, then well.
    Slow(Duration),
    /// Streams a word each interval; waits once when it does not stream.
    Trickle(Duration),
    Never,
    /// The error repeats the key, as some servers do.
    Status(u16),
    /// The first times like [`Behaviour::Status`], then well.
    StatusFirst {
        status: u16,
        times: usize,
        retry_after: Option<String>,
    },
    /// Half of a chat's content, of a stream or of any other body, each a complete HTTP message.
    Truncated,
    /// Valid JSON that nobody asked for, or vectors of different lengths; a piece is written well.
    WrongSchema,
    /// Prose.
    NotJson,
    /// The bytes 0xff 0xfe in the middle of the text.
    InvalidUtf8,
    /// Words without end, as fast as the client reads.
    Endless,
    /// The connection breaks in the middle of the body.
    CutOff,
    /// HTTP 400 for a JSON Schema.
    RefuseSchema,
    /// HTTP 400 for any `response_format`.
    RefuseFormats,
}

impl StubModel {
    pub async fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let shared = Arc::<Shared>::default();
        let router = Router::new()
            .route("/v1/chat/completions", post(serve))
            .route("/v1/embeddings", post(serve))
            .route("/v1/models", get(serve))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared));
        let listener = runtime.spawn(async { TcpListener::bind("127.0.0.1:0").await }).await.unwrap().unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { shared, address, runtime: Some(runtime) }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Makes Pathwright use it.
    pub fn config(&self) -> String {
        let url = self.base_url();
        format!("[llm]\nbase_url = \"{url}\"\napi_key = \"sk-stub-secret\"\nmodel = \"stub-model\"\n")
    }

    /// For one kind of call, until changed.
    pub fn set(&self, call: Call, behaviour: Behaviour) {
        self.shared.behaviours.lock().unwrap().insert(call, behaviour);
    }

    /// What a well-behaved answer says: the content of a chat's message, the whole body of other calls.
    pub fn answer(&self, call: Call, text: &str) {
        self.shared.answers.lock().unwrap().insert(call, text.to_owned());
    }

    pub fn log(&self) -> Vec<Logged> {
        self.shared.log.lock().unwrap().clone()
    }

    pub fn count(&self, call: Call) -> usize {
        self.shared.log.lock().unwrap().iter().filter(|logged| logged.call == call).count()
    }

    /// Requests whose client hung up before the end of the answer.
    pub fn gone(&self, call: Call) -> usize {
        self.shared.gone.lock().unwrap().iter().filter(|gone| **gone == call).count()
    }
}

impl Drop for StubModel {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[derive(Default)]
struct Shared {
    behaviours: Mutex<HashMap<Call, Behaviour>>,
    answers: Mutex<HashMap<Call, String>>,
    log: Mutex<Vec<Logged>>,
    gone: Mutex<Vec<Call>>,
}

async fn serve(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let call = call(uri.path(), &body);
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| Some(value.to_str().ok()?.to_owned()));
    shared.log.lock().unwrap().push(Logged { call, body: body.clone(), authorization });
    let mut caller = Caller { shared: Arc::clone(&shared), call, served: false };
    let behaviour = shared.behaviour(call);
    if let Some(refusal) = behaviour.refusal(&body, &headers) {
        caller.has_all();
        return refusal;
    }
    let streams = body["stream"] == true;
    match behaviour {
        Behaviour::Never => std::future::pending().await,
        Behaviour::Slow(pause) => sleep(pause).await,
        Behaviour::Trickle(pause) if !streams => sleep(pause).await,
        _ => {}
    }
    let wanted = shared.answers.lock().unwrap().get(&call).cloned();
    let text = behaviour.spoil(wanted.unwrap_or_else(|| well(call, &body)), call, streams);
    let (kind, parts) = match call {
        Call::Embed | Call::Models => ("application/json", vec![text]),
        _ if streams => ("text/event-stream", events(&body, &text)),
        _ => ("application/json", vec![completion(&body, &text)]),
    };
    ([(header::CONTENT_TYPE, kind)], deliver(parts, &behaviour, caller)).into_response()
}

fn call(path: &str, body: &Value) -> Call {
    let system = message(body, "system");
    match path {
        "/v1/embeddings" => Call::Embed,
        "/v1/models" => Call::Models,
        _ if system.starts_with("You read job postings") => Call::Analyze,
        _ if system.starts_with("You order learning paths") => Call::Sequence,
        _ if system.starts_with("You write study material") => Call::Write,
        _ => Call::Other,
    }
}

/// The first message of a role.
fn message<'b>(body: &'b Value, role: &str) -> &'b str {
    let found = body["messages"].as_array().into_iter().flatten().find(|message| message["role"] == role);
    found.and_then(|message| message["content"].as_str()).unwrap_or_default()
}

/// Notices when its client hangs up.
struct Caller {
    shared: Arc<Shared>,
    call: Call,
    served: bool,
}

impl Caller {
    fn has_all(&mut self) {
        self.served = true;
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if !self.served {
            self.shared.gone.lock().unwrap().push(self.call);
        }
    }
}

impl Shared {
    fn behaviour(&self, call: Call) -> Behaviour {
        let mut behaviours = self.behaviours.lock().unwrap();
        let behaviour = behaviours.entry(call).or_insert(Behaviour::Well);
        let now = behaviour.clone();
        if let Behaviour::StatusFirst { times, .. } = behaviour {
            *times = times.saturating_sub(1);
        }
        now
    }
}

impl Behaviour {
    fn refusal(&self, body: &Value, headers: &HeaderMap) -> Option<Response> {
        let format = body["response_format"]["type"].as_str();
        let (status, retry_after) = match self {
            Self::Status(status) => (*status, None),
            Self::StatusFirst { status, times: 1.., retry_after } => (*status, retry_after.as_ref()),
            Self::RefuseSchema if format == Some("json_schema") => (400, None),
            Self::RefuseFormats if format.is_some() => (400, None),
            _ => return None,
        };
        let message = format!("the stub refuses {format:?} to {:?}", headers.get(header::AUTHORIZATION));
        let error = json!({ "error": { "message": message, "type": "stub_error", "param": null, "code": null } });
        let wait = retry_after.map(|wait| [(header::RETRY_AFTER, wait.clone())]);
        Some((StatusCode::from_u16(status).unwrap(), wait, Json(error)).into_response())
    }

    fn spoil(&self, text: String, call: Call, streams: bool) -> String {
        let (first, second) = halves(&text);
        match self {
            Self::Truncated if !streams => first.to_owned(),
            Self::WrongSchema if call == Call::Embed => text.replacen(r#""embedding":["#, r#""embedding":[0.5,"#, 1),
            Self::WrongSchema if call != Call::Write => r#"{"verdict":"fine","list":[1,2]}"#.to_owned(),
            Self::NotJson => "I am sorry, but I would rather talk about the weather. It is fine today.".to_owned(),
            Self::InvalidUtf8 => format!("{first}{BROKEN}{second}"),
            _ => text,
        }
    }
}

/// Stands where bytes go that no text can hold.
const BROKEN: char = '\u{fffd}';

fn halves(text: &str) -> (&str, &str) {
    let middle = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at));
    text.split_at(middle.unwrap_or_default())
}

fn deliver(parts: Vec<String>, behaviour: &Behaviour, mut caller: Caller) -> Body {
    let (half, words) = match parts.as_slice() {
        [document] => (vec![halves(document).0.to_owned()], "word ".repeat(200)),
        events => (events[..events.len() / 2].to_vec(), events[1].clone()),
    };
    let streams = parts.len() > 1;
    let (parts, words) = match behaviour {
        Behaviour::Endless => (half, Some(words)),
        Behaviour::CutOff => (half, None),
        Behaviour::Truncated if streams => (half, None),
        _ => (parts, None),
    };
    let mut parts = parts.into_iter().chain(words.into_iter().cycle()).peekable();
    let pause = if let (Behaviour::Trickle(pause), true) = (behaviour, streams) { Some(*pause) } else { None };
    let breaks = matches!(behaviour, Behaviour::CutOff);
    Body::from_stream(async_stream::stream! {
        while let Some(part) = parts.next() {
            if let Some(pause) = pause {
                sleep(pause).await;
            }
            if parts.peek().is_none() {
                caller.has_all();
            }
            yield Ok(part.split(BROKEN).map(str::as_bytes).collect::<Vec<_>>().join(b"\xff\xfe".as_slice()));
        }
        if breaks {
            // The server sends what it has before it learns of the error.
            tokio::task::yield_now().await;
            yield Err(std::io::Error::other("the connection breaks"));
        }
    })
}

fn completion(body: &Value, text: &str) -> String {
    let message = json!({ "role": "assistant", "content": text });
    let choices = json!([{ "index": 0, "message": message, "finish_reason": "stop" }]);
    envelope(body, "chat.completion", choices, usage(body, text)).to_string()
}

fn events(body: &Value, text: &str) -> Vec<String> {
    let event =
        |choices: Value, usage: Value| format!("data: {}\n\n", envelope(body, "chat.completion.chunk", choices, usage));
    let part = |delta: Value, finish: Option<&str>| {
        event(json!([{ "index": 0, "delta": delta, "finish_reason": finish }]), Value::Null)
    };
    let mut events = vec![part(json!({ "role": "assistant", "content": "" }), None)];
    events.extend(text.split_inclusive(' ').map(|word| part(json!({ "content": word }), None)));
    events.push(part(json!({}), Some("stop")));
    if body["stream_options"]["include_usage"] == true {
        events.push(event(json!([]), usage(body, text)));
    }
    events.push("data: [DONE]\n\n".to_owned());
    events
}

fn envelope(body: &Value, object: &str, choices: Value, usage: Value) -> Value {
    json!({
        "id": "chatcmpl-stub", "object": object, "created": 1_700_000_000, "model": body["model"],
        "choices": choices, "usage": usage,
    })
}

fn usage(body: &Value, text: &str) -> Value {
    let (prompt, answer) = (body["messages"].to_string().len().div_ceil(4), text.len().div_ceil(4));
    json!({ "prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer })
}

fn well(call: Call, body: &Value) -> String {
    let user = message(body, "user");
    match call {
        Call::Analyze => profile(user),
        Call::Sequence => stages(user),
        Call::Write => PIECE.to_owned(),
        Call::Embed => embeddings(body),
        Call::Models => r#"{"object":"list","data":[{"id":"stub-model"},{"id":"stub-embedding"}]}"#.to_owned(),
        Call::Other => r#"{"ok":true}"#.to_owned(),
    }
}

/// The topics it knows that the posting names, each with the words around it.
fn profile(user: &str) -> String {
    let posting = user.split_once("<posting ").map_or(user, |(_, posting)| posting);
    let read = |topic: &str| {
        let quote = Regex::new(&format!(r"(?i)\b.{{0,65}}\b{topic}\b.{{0,65}}\b")).unwrap();
        Some(json!({ "topic": topic, "evidence": quote.find(posting)?.as_str().trim() }))
    };
    let topics = ["SQL", "Python", "Docker", "Kubernetes", "Gradient boosting", "Kafka"];
    json!({
        "role_type": "general", "seniority": "SENIOR", "domain_focus": ["Data"],
        "required_topics": topics.into_iter().filter_map(read).collect::<Vec<Value>>(), "implicit_topics": [],
    })
    .to_string()
}

/// All topics, last ones first, so that there is something to put right.
fn stages(user: &str) -> String {
    let topics = user.split_once("<topics ").map_or(user, |(_, topics)| topics);
    let numbered = Regex::new(r"(?m)^ *(\d+)\. ").unwrap();
    let mut numbers: Vec<u32> = numbered.captures_iter(topics).filter_map(|found| found[1].parse().ok()).collect();
    numbers.reverse();
    let names = ('A'..='Z').cycle().map(|letter| format!("Stage {letter}"));
    let stage =
        |(name, numbers): (String, &[u32])| json!({ "name": name, "why": "These come first.", "topics": numbers });
    let stages: Vec<Value> = names.zip(numbers.chunks(3)).map(stage).collect();
    json!({ "stages": stages, "needs": [] }).to_string()
}

const PIECE: &str = "The idea rests on a few definitions, which the book gives first and then uses throughout [1]. \
    A worked case shows each step in turn, with the numbers filled in [1].\n\n\
    Once the steps are clear, the same method carries over to larger cases [2]. Practice makes this quicker. \
    The method has limits where its assumptions fail, and the book names them plainly [2].";

fn embeddings(body: &Value) -> String {
    let texts = body["input"].as_array().into_iter().flatten().filter_map(Value::as_str).enumerate();
    let embedding =
        |(index, text): (usize, &str)| json!({ "object": "embedding", "index": index, "embedding": vector(text) });
    let data: Vec<Value> = texts.map(embedding).collect();
    let tokens = body["input"].to_string().len().div_ceil(4);
    let usage = json!({ "prompt_tokens": tokens, "total_tokens": tokens });
    json!({ "object": "list", "model": body["model"], "data": data, "usage": usage }).to_string()
}

/// Texts with the same words point the same way: each word adds a step in a direction of its own.
fn vector(text: &str) -> Vec<f64> {
    // Not zero, so that a text without words has a direction too.
    let mut vector = vec![0.001_f64; 48];
    for word in text.to_lowercase().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let mut hasher = DefaultHasher::new();
        word.hash(&mut hasher);
        for (at, number) in vector.iter_mut().enumerate() {
            *number += if (hasher.finish() >> at) & 1 == 1 { 1.0 } else { -1.0 };
        }
    }
    let length = vector.iter().map(|number| number * number).sum::<f64>().sqrt();
    vector.iter().map(|number| number / length).collect()
}
