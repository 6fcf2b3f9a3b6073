use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{StatusCode, Uri, header};
use axum::response::IntoResponse;
use pathwright::resources::{Curated, Patience, check};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::test_app::TestApp;

/// Web pages on loopback whose answers a test can change.
#[derive(Clone)]
struct Pages {
    address: String,
    statuses: Arc<Mutex<HashMap<&'static str, u16>>>,
}

impl Pages {
    async fn start() -> Self {
        let statuses: Arc<Mutex<HashMap<&'static str, u16>>> = Arc::default();
        let known = Arc::clone(&statuses);
        let answer = move |uri: Uri| async move {
            let status = known.lock().unwrap().get(uri.path()).copied().unwrap_or(200);
            let answer = StatusCode::from_u16(status).unwrap();
            let target = (status == 301).then_some([(header::LOCATION, "/elsewhere")]);
            (answer, target, "").into_response()
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { address, statuses }
    }

    fn set(&self, path: &'static str, status: u16) {
        self.statuses.lock().unwrap().insert(path, status);
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A catalogue of the operator's with these pages, all about Kubernetes.
    fn catalogue(&self, data: &Path, paths: &[&str]) {
        let entry = |path: &&str| {
            let url = self.url(path);
            format!(
                "[[resource]]\ntitle = \"Page {path}\"\nurl = \"{url}\"\nkind = \"book\"\nfree = true\ntopics = [\"kubernetes\"]\n"
            )
        };
        let folder = data.join("resources");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("own.toml"), paths.iter().map(entry).collect::<String>()).unwrap();
    }

    async fn check(&self, app: &TestApp, paths: &[&str]) {
        let entry = |path: &&str| Curated { title: (*path).to_owned(), url: self.url(path).parse().unwrap() };
        let entries: Vec<Curated> = paths.iter().map(entry).collect();
        let patience = Patience { pause: std::time::Duration::from_millis(1), ..Patience::default() };
        let checks = check(&entries, patience, |_| {}).await.unwrap();
        app.services.store.save_resource_checks(&checks).await.unwrap();
    }
}

const PATH: &str = "{ user(id: \"ada\") { learningPath { uncoveredTopics { topic { id } externalResources { url kind checkedAt } } } } }";

/// What a stored path shows for Kubernetes, of the operator's own pages.
async fn shown(app: &TestApp, pages: &Pages) -> Vec<(String, bool)> {
    let answer = app.query(PATH, json!({})).await;
    let topics = answer["data"]["user"]["learningPath"]["uncoveredTopics"].as_array().unwrap().clone();
    let topic = topics.iter().find(|topic| topic["topic"]["id"] == "kubernetes").unwrap();
    let own = |resource: &&Value| resource["url"].as_str().unwrap().contains(&pages.address);
    let seen = |resource: &Value| (resource["url"].as_str().unwrap().to_owned(), resource["checkedAt"].is_string());
    topic["externalResources"].as_array().unwrap().iter().filter(own).map(seen).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_answer_is_not_shown_until_it_answers_again() {
    let pages = Pages::start().await;
    let folder = tempfile::tempdir().unwrap();
    pages.catalogue(folder.path(), &["/a", "/b"]);
    let config = format!("data = {:?}\n", folder.path());
    let app = TestApp::builder().without_sample().config(&config).start().await;
    app.with_path("ada", "ml_engineer").await;
    let (a, b) = (pages.url("/a"), pages.url("/b"));
    assert_eq!(shown(&app, &pages).await, [(a.clone(), false), (b.clone(), false)], "nobody asked yet");

    pages.set("/a", 404);
    pages.check(&app, &["/a", "/b"]).await;
    assert_eq!(shown(&app, &pages).await, [(b.clone(), true)], "a path that was stored before");
    let fresh = app.query("{ coverage(topic: \"kubernetes\") { externalResources { url } } }", json!({})).await;
    assert!(fresh.to_string().contains(&b) && !fresh.to_string().contains(&a), "{fresh}");
    let full = fresh["data"]["coverage"]["externalResources"].as_array().unwrap().len();
    assert_eq!(full, 5, "others move up: {fresh}");

    pages.set("/a", 200);
    pages.check(&app, &["/a"]).await;
    assert_eq!(shown(&app, &pages).await, [(a, true), (b, true)]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_of_all_resources_is_one_round_trip() {
    let app = TestApp::empty().await;
    app.with_path("ada", "ml_engineer").await;
    let cost = async |query: &str| {
        let before = app.services.store.query_count();
        let answer = app.query(query, json!({})).await;
        assert!(answer["errors"].is_null(), "{answer}");
        app.services.store.query_count() - before
    };
    let without = cost("{ user(id: \"ada\") { learningPath { uncoveredTopics { topic { id } } } } }").await;
    assert_eq!(cost(PATH).await, without + 1);
    app.stop().await;
}

fn pathwright(data: &Path, only: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pathwright"));
    command.args(["resources", "check", "--only", only]).args(arguments).arg("--data").arg(data).output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_says_what_is_dead_moved_and_fine() {
    let pages = Pages::start().await;
    pages.set("/gone", 410);
    pages.set("/old", 301);
    pages.set("/robots", 403);
    let folder = tempfile::tempdir().unwrap();
    pages.catalogue(folder.path(), &["/fine", "/gone", "/old", "/robots"]);
    let address = pages.address.clone();
    let data = folder.path().to_owned();
    let run = move |arguments: &[&str]| pathwright(&data, &address, arguments);
    let (plain, json) = tokio::task::spawn_blocking(move || (run(&[]), run(&["--json"]))).await.unwrap();
    let lines = String::from_utf8_lossy(&plain.stdout).into_owned();
    assert!(plain.status.success(), "{lines}{}", String::from_utf8_lossy(&plain.stderr));
    let url = |path: &str| pages.url(path);
    for line in [
        format!("dead     {}  “Page /gone”: it answers 410 Gone", url("/gone")),
        format!("refused  {}  “Page /robots”: it answers 403 Forbidden", url("/robots")),
        format!("moved    {}  “Page /old”: now at {}", url("/old"), url("/elsewhere")),
        format!("fine     {}  “Page /fine”: ", url("/fine")),
        "4 addresses: 1 fine, 0 slow, 1 moved, 1 refused, 1 dead; dead ones are not shown".to_owned(),
    ] {
        assert!(lines.contains(&line), "{line} in {lines}");
    }
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["summary"], json!({ "fine": 1, "slow": 0, "moved": 1, "refused": 1, "dead": 1 }));
    assert_eq!(report["resources"][0]["finding"], "dead");
    assert_eq!(report["resources"][0]["status"], 410);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_the_command_says_so_once_and_fails() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let pages = Pages { address: closed.to_string(), statuses: Arc::default() };
    let folder = tempfile::tempdir().unwrap();
    pages.catalogue(folder.path(), &["/a", "/b"]);
    let data = folder.path().to_owned();
    let run = move |only: &str, arguments: &[&str]| pathwright(&data, only, arguments);
    let (silent, nothing) =
        tokio::task::spawn_blocking(move || (run(&pages.address, &["--json"]), run("http://no.such.entry/", &[])))
            .await
            .unwrap();
    let said = String::from_utf8_lossy(&silent.stderr).into_owned();
    assert_eq!(silent.status.code(), Some(1), "{said}");
    assert!(silent.stdout.is_empty() && said.matches("no network").count() == 1, "{said}");
    assert!(nothing.status.code() == Some(1) && String::from_utf8_lossy(&nothing.stderr).contains("no address"));
}
