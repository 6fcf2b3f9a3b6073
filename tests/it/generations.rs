use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::client::Client;
use crate::test_app::TestApp;

const START: &str =
    "mutation { updateJobProfile(input: { userId: \"ada\", templateId: \"quant_researcher\" }) { generation { id } } }";
const EVENTS: &str = "subscription($id: ID!, $after: Int) {
    pathGeneration(id: $id, after: $after) { seq state topic { id } learningPath { id } }
}";

/// The real program on a folder of its own.
pub struct Server {
    process: Child,
    pub client: Client,
}

impl Server {
    pub fn start(data: &std::path::Path) -> Self {
        Self::start_with(data, &[])
    }

    pub fn start_with(data: &std::path::Path, flags: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_pathwright"))
            .args(["serve", "--addr", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let address =
            lines.find_map(|line| line.unwrap().strip_prefix("listening on http://").map(str::to_owned)).unwrap();
        Self { process, client: Client::new(&address) }
    }

    /// As `kill -9` does.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

fn event(message: &Value) -> &Value {
    &message["payload"]["data"]["pathGeneration"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_survives_kill_9_and_its_watcher_misses_and_repeats_nothing() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let started = server.client.query(START, json!({})).await;
    let id = started["data"]["updateJobProfile"]["generation"]["id"].clone();

    let mut socket = server.client.socket().await;
    socket.subscribe("1", EVENTS, json!({ "id": id })).await;
    let mut seen: Vec<Value> = Vec::new();
    while seen.iter().all(|event| event["topic"].is_null()) {
        let message = socket.next().await;
        seen.push(event(&message).clone());
    }
    server.kill();

    let server = Server::start(data.path());
    let after = seen.last().unwrap()["seq"].clone();
    let rest = server.client.subscribe(EVENTS, json!({ "id": id, "after": after })).await;
    seen.extend(rest.iter().map(|answer| answer["data"]["pathGeneration"].clone()));
    let seqs: Vec<u64> = seen.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let topics: Vec<&Value> = seen.iter().map(|event| &event["topic"]["id"]).filter(|id| !id.is_null()).collect();
    let once: std::collections::HashSet<String> = topics.iter().map(ToString::to_string).collect();
    assert_eq!(once.len(), topics.len(), "a topic was judged twice");
    let last = seen.last().unwrap();
    assert!(last["state"] == "COMPLETED" && last["learningPath"]["id"].is_string(), "{last}");
    server.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_job_target_replaces_an_unfinished_generation() {
    let app = TestApp::start().await;
    let first = app.query(START, json!({})).await["data"]["updateJobProfile"]["generation"]["id"].clone();
    let second = app.with_path("ada", "general").await["generation"]["id"].clone();
    assert_ne!(first, second);
    let events = app.client.subscribe(EVENTS, json!({ "id": first })).await;
    let last = &events.last().unwrap()["data"]["pathGeneration"];
    assert!(last["state"] == "CANCELLED" || last["state"] == "COMPLETED", "{last}");
    let seqs: Vec<u64> = events.iter().map(|event| event["data"]["pathGeneration"]["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_watchers_see_the_same_events() {
    let app = TestApp::empty().await;
    let id = app.query(START, json!({})).await["data"]["updateJobProfile"]["generation"]["id"].clone();
    let (client, watched) = (app.client.clone(), id.clone());
    let all = crate::test_app::at_once(10, move |_| {
        let (client, id) = (client.clone(), watched.clone());
        Box::pin(async move { client.subscribe(EVENTS, json!({ "id": id })).await })
    })
    .await;
    assert!(all.iter().all(|events| *events == all[0]) && all[0].len() > 10);
    app.stop().await;
}
