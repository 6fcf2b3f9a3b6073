use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::commands::doctor;
use crate::test_app::TestApp;

/// llama.cpp with a tiny model, as `.ci/run` installs it. It speaks the protocol and says nothing sensible.
struct Llama {
    process: Child,
    address: String,
}

impl Llama {
    /// None where the variable does not say where it is installed.
    fn start() -> Option<Self> {
        #[expect(clippy::disallowed_methods, reason = "where the test's own model is, not a setting of Pathwright")]
        let folder = std::env::var("TEST_LLAMA_FOLDER").ok().map(PathBuf::from)?;
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/llama/server.py");
        let mut process = Command::new(folder.join("bin/python"))
            .arg(script)
            .arg("--embedding")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the model's Python starts");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines.find_map(|line| line.unwrap().strip_prefix("listening on ").map(str::to_owned));
        let address = ready.expect("the model says where it listens");
        // Whatever else it says is of no interest, but somebody has to read it.
        std::thread::spawn(move || lines.for_each(drop));
        Some(Self { process, address })
    }

    fn config(&self) -> String {
        format!(
            "[llm]\nbase_url = \"{}/v1\"\nmodel = \"SmolLM2-135M-Instruct\"\ncontext_tokens = 4096\nanswer_tokens = 200\ndeadline_seconds = 110\n\
             [plugins.analyzer]\nname = \"\"\nmailbox = 8\ndeadline_seconds = 120\nsettings = {{}}\n\
             [plugins.coverage]\nname = \"embedded-coverage\"\nmailbox = 8\ndeadline_seconds = 120\nsettings = {{}}\n\
             [plugins.sequencer]\nname = \"\"\nmailbox = 8\ndeadline_seconds = 120\nsettings = {{}}\n\
             [limits]\nrequest_seconds = 400\n[embedding]\nmodel = \"SmolLM2-135M-Instruct\"\n",
            self.address
        )
    }
}

impl Drop for Llama {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const UPDATE: &str = "mutation {
    updateJobProfile(input: { userId: \"ada\", jobDescription: \"We need SQL, Python and limit order books.\", wait: true }) {
        generation { state } jobProfile { origin fallbackReason requiredTopics { title } }
        learningPath { origin fallbackReason coveredTopics { topic { id } } }
    }
}";

const STREAM: &str =
    "subscription { contentStream(input: { userId: \"ada\", topicId: \"limit-order-book\", kind: SUMMARY }) {
    delta restart done content { markdown writer fallbackReason } error { code message } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_real_model_is_asked_embedded_streamed_and_its_nonsense_handled() {
    let Some(llama) = tokio::task::spawn_blocking(Llama::start).await.unwrap() else {
        println!("skipped: TEST_LLAMA_FOLDER is not set; .ci/run installs the model and sets it");
        return;
    };
    let said = doctor(tempfile::tempdir().unwrap().path(), &llama.config());
    for expected in ["lists    SmolLM2-135M-Instruct", "JSON Schema: yes", "streams  yes", "yes, 576 dimensions"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let app = TestApp::builder().without_sample().config(&llama.config()).start().await;
    assert_eq!(app.services.embedder.dimension(), 576);
    app.ingest_small_book().await;

    let answer = app.query(UPDATE, json!({})).await;
    let payload = &answer["data"]["updateJobProfile"];
    assert_eq!(payload["generation"]["state"], "COMPLETED", "{answer}");
    let titles: Vec<&str> = payload["jobProfile"]["requiredTopics"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|topic| topic["title"].as_str())
        .collect();
    assert!(titles.contains(&"SQL") && titles.contains(&"Python"), "what the rules find stays: {titles:?}");
    let profile = &payload["jobProfile"];
    let replaced = profile["origin"] == "EMBEDDED" && profile["fallbackReason"].is_string();
    assert!(profile["origin"] == "LANGUAGE_MODEL" || replaced, "{profile}");

    let chunks = app.client.subscribe(STREAM, json!({})).await;
    let parts: Vec<&Value> = chunks.iter().map(|chunk| &chunk["data"]["contentStream"]).collect();
    let last = &parts.last().unwrap()["content"];
    assert!(last["markdown"].as_str().is_some_and(|markdown| markdown.contains("imit order book")), "{parts:?}");
    assert!(last["writer"] == "LANGUAGE_MODEL" || last["fallbackReason"].is_string(), "{last}");
    assert!(parts.len() > 5, "the words come one after the other");

    let usage = app.query("{ usage { total { calls failedCalls promptTokens estimatedTokens } } }", json!({})).await;
    let total = &usage["data"]["usage"]["total"];
    assert!(total["calls"].as_u64() >= Some(4) && total["promptTokens"].as_u64() > Some(100), "{usage}");
    println!("profile {profile}\npath {}\npiece {last}\n{total}", payload["learningPath"]);
    app.stop().await;
}
