use std::collections::HashSet;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};

use crate::commands::doctor;
use crate::stub_model::{Behaviour, Call, StubModel};
use crate::test_app::{TestApp, until};

const POSTING: &str =
    "Trading desk developer wanted.\n\n## Requirements\n- Limit order books\n- SQL and Python\n- Kafka";

const UPDATE: &str = "mutation($posting: String!) {
    updateJobProfile(input: { userId: \"ada\", jobDescription: $posting, wait: true }) {
        generation { id state error { code message } }
        jobProfile { origin confidence fallbackReason roleType domainFocus tools
            requiredTopics { title evidence } implicitTopics { title reason } }
        learningPath { origin fallbackReason coveragePercentage
            stages { name goal topics { id title prerequisites { origin } } }
            uncoveredTopics { topic { title } externalResources { url } } }
        userErrors { code message }
    }
}";

const REQUEST: &str = "mutation($topic: ID!, $kind: ContentKind!) {
    requestContent(input: { userId: \"ada\", topicId: $topic, kind: $kind }) {
        content { markdown writer model fallbackReason citations { marker passage { id } } cache { hit } } userErrors { code message }
    }
}";

const STREAM: &str = "subscription($topic: ID!, $kind: ContentKind!) {
    contentStream(input: { userId: \"ada\", topicId: $topic, kind: $kind }) {
        seq delta restart done content { markdown writer fallbackReason } error { code message }
    }
}";

/// With little patience, so that a model that never answers costs a test three seconds.
const IMPATIENT: &str = "retries = 1\ndeadline_seconds = 3\nidle_seconds = 1\n";

async fn app(stub: &StubModel) -> TestApp {
    let config = format!("{}{IMPATIENT}[embedding]\nmodel = \"stub-embedding\"\n", stub.config());
    let app = TestApp::builder().without_sample().config(&config).start().await;
    app.ingest_small_book().await;
    app
}

async fn path(app: &TestApp) -> Value {
    let answer = app.query(UPDATE, json!({ "posting": POSTING })).await;
    let payload = answer["data"]["updateJobProfile"].clone();
    assert_eq!(payload["generation"]["state"], "COMPLETED", "{answer}");
    payload
}

async fn piece(app: &TestApp, kind: &str) -> Value {
    let answer = app.query(REQUEST, json!({ "topic": "limit-order-book", "kind": kind })).await;
    let content = answer["data"]["requestContent"]["content"].clone();
    assert!(content["markdown"].as_str().is_some_and(|markdown| markdown.len() > 100), "{answer}");
    content
}

fn reason(of: &Value) -> String {
    of["fallbackReason"].as_str().unwrap_or_default().to_owned()
}

fn faults() -> Vec<(&'static str, Behaviour)> {
    vec![
        ("never", Behaviour::Never),
        ("429", Behaviour::Status(429)),
        ("500", Behaviour::Status(500)),
        ("401", Behaviour::Status(401)),
        ("truncated", Behaviour::Truncated),
        ("wrong schema", Behaviour::WrongSchema),
        ("not JSON", Behaviour::NotJson),
        ("invalid UTF-8", Behaviour::InvalidUtf8),
        ("endless", Behaviour::Endless),
        ("cut off", Behaviour::CutOff),
    ]
}

/// What the learner sees of a fault at each step: the reason for the fallback, and how long everything took.
async fn suffer(name: &'static str, fault: Behaviour) -> Vec<String> {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    let well = path(&app).await;
    assert_eq!(well["jobProfile"]["origin"], "LANGUAGE_MODEL", "{well}");
    assert_eq!(well["learningPath"]["origin"], "LANGUAGE_MODEL", "{well}");
    assert_eq!((reason(&well["jobProfile"]), reason(&well["learningPath"])), Default::default());
    let mut seen = Vec::new();
    for (call, step) in [(Call::Analyze, "analyze"), (Call::Embed, "embed"), (Call::Sequence, "sequence")] {
        stub.set(call, fault.clone());
        let (begun, before) = (Instant::now(), stub.count(call));
        let path = path(&app).await;
        let (took, calls) = (begun.elapsed(), stub.count(call) - before);
        stub.set(call, Behaviour::Well);
        let why = match call {
            Call::Analyze => reason(&path["jobProfile"]),
            _ => reason(&path["learningPath"]),
        };
        assert!(!why.is_empty(), "{name} at {step}: no reason in {path}");
        // Each with a deadline of its own: what bounds the time is how often it is asked.
        assert!((1..=2).contains(&calls), "{name} at {step} was asked {calls} times");
        assert!(!path.to_string().contains("sk-stub-secret"), "{name} at {step} shows the key");
        seen.push(format!("| {name} | {step} | {why} | {:.1} |", took.as_secs_f32()));
    }
    stub.set(Call::Write, fault.clone());
    let begun = Instant::now();
    let fallen = piece(&app, "EXPLANATION").await;
    seen.push(format!("| {name} | write | {} | {:.1} |", reason(&fallen), begun.elapsed().as_secs_f32()));
    // A piece has no schema to miss.
    if !matches!(fault, Behaviour::WrongSchema) {
        assert_eq!(fallen["writer"], "EMBEDDED", "{name}: {fallen}");
        assert!(!reason(&fallen).is_empty(), "{name}: {fallen}");
        stub.set(Call::Write, Behaviour::Well);
        let mended = piece(&app, "EXPLANATION").await;
        assert_eq!(
            (&mended["writer"], &mended["cache"]["hit"]),
            (&json!("LANGUAGE_MODEL"), &json!(false)),
            "{name} was kept"
        );
    }
    app.stop().await;
    seen
}

/// `cargo test every_fault -- --nocapture` prints the table.
#[tokio::test(flavor = "multi_thread")]
async fn every_fault_at_every_step_leaves_a_path_or_a_piece_and_says_why() {
    println!("| fault | step | what the learner is told | seconds |\n| --- | --- | --- | --- |");
    for group in faults().chunks(3) {
        let suffered = join_all(group.iter().cloned().map(|(name, fault)| suffer(name, fault))).await;
        suffered.iter().flatten().for_each(|line| println!("{line}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_costs_two_chat_calls_and_one_embedding_batch() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    let topics: Vec<Value> =
        app.services.host.topics.iter().take(40).map(|topic| json!({ "topic": topic.title, "evidence": "" })).collect();
    let reading = json!({ "role_type": "general", "seniority": "SENIOR", "domain_focus": [], "required_topics": topics, "implicit_topics": [] });
    stub.answer(Call::Analyze, &reading.to_string());
    // Measuring the model on the library is done once for each of its states.
    app.services.searcher.warm_up().await.unwrap();
    let before = stub.count(Call::Embed);
    let path = path(&app).await;
    let judged = path["jobProfile"]["requiredTopics"].as_array().unwrap().len();
    assert!(judged >= 40, "{judged}");
    let counts = [Call::Analyze, Call::Sequence, Call::Embed].map(|call| stub.count(call));
    assert_eq!(counts, [1, 1, before + 1]);
    app.stop().await;
}

/// When each step ended, in milliseconds after the first event.
async fn timeline(app: &TestApp, id: &Value) -> String {
    let query = "subscription($id: ID!) { pathGeneration(id: $id) { step done at } }";
    let events = app.client.subscribe(query, json!({ "id": id })).await;
    let events: Vec<&Value> = events.iter().map(|event| &event["data"]["pathGeneration"]).collect();
    let at = |event: &Value| event["at"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let begun = at(events[0]);
    let shown = events.iter().filter(|event| event["step"] != "COVERAGE" || event["done"].as_u64().unwrap() % 8 == 1);
    shown
        .map(|event| {
            format!(
                "{} {} {}",
                event["step"].as_str().unwrap_or("-"),
                event["done"],
                (at(event) - begun).num_milliseconds()
            )
        })
        .collect::<Vec<_>>()
        .join(", ")
}

/// Forty topics: the model's, what the rules find besides, and what goes without saying.
/// `cargo test --release generation_time -- --ignored --nocapture` prints it.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn generation_time_against_the_sum_of_its_calls() {
    let stub = StubModel::start().await;
    let config = format!("{}[embedding]\nmodel = \"stub-embedding\"\n", stub.config());
    let app = TestApp::builder().config(&config).start().await;
    let topics: Vec<Value> =
        app.services.host.topics.iter().take(31).map(|topic| json!({ "topic": topic.title, "evidence": "" })).collect();
    let reading = json!({ "role_type": "general", "seniority": "SENIOR", "domain_focus": [], "required_topics": topics, "implicit_topics": [] });
    stub.answer(Call::Analyze, &reading.to_string());
    path(&app).await;
    for call in [Call::Analyze, Call::Embed, Call::Sequence] {
        stub.set(call, Behaviour::Slow(Duration::from_millis(500)));
    }
    for _ in 0..5 {
        let begun = Instant::now();
        let path = path(&app).await;
        let took = begun.elapsed().as_secs_f32();
        let topics = path["jobProfile"]["requiredTopics"].as_array().unwrap().len();
        println!(
            "{topics} topics: {took:.2} s, of which 1.5 s are the calls'; {}",
            timeline(&app, &path["generation"]["id"]).await
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_by_itself_is_tried_again_and_a_refusal_is_not() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    stub.set(Call::Analyze, Behaviour::StatusFirst { status: 429, times: 1, retry_after: Some("1".into()) });
    let begun = Instant::now();
    assert_eq!(path(&app).await["jobProfile"]["origin"], "LANGUAGE_MODEL");
    assert!(begun.elapsed() >= Duration::from_secs(1), "Retry-After was not honoured");
    assert_eq!(stub.count(Call::Analyze), 2);
    stub.set(Call::Analyze, Behaviour::StatusFirst { status: 503, times: 1, retry_after: Some("3600".into()) });
    assert_eq!(path(&app).await["jobProfile"]["origin"], "EMBEDDED", "nobody waits an hour");
    stub.set(Call::Analyze, Behaviour::Status(401));
    path(&app).await;
    assert_eq!(stub.count(Call::Analyze), 4);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_keeps_failing_is_left_alone() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    path(&app).await;
    stub.set(Call::Write, Behaviour::Status(500));
    for kind in ["EXPLANATION", "QUIZ", "SUMMARY", "WORKED_EXAMPLE", "INTERVIEW_QUESTIONS"] {
        piece(&app, kind).await;
    }
    // The last ones are answered without a call.
    piece(&app, "EXPLANATION").await;
    let before = stub.count(Call::Write);
    assert!(reason(&piece(&app, "QUIZ").await).contains("left alone"));
    assert_eq!(stub.count(Call::Write), before);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_without_schemas_or_json_mode_are_asked_in_plain_text() {
    for (behaviour, format) in
        [(Behaviour::RefuseSchema, json!("json_object")), (Behaviour::RefuseFormats, Value::Null)]
    {
        let stub = StubModel::start().await;
        let app = app(&stub).await;
        stub.set(Call::Analyze, behaviour.clone());
        stub.set(Call::Sequence, behaviour);
        assert_eq!(path(&app).await["jobProfile"]["origin"], "LANGUAGE_MODEL");
        let calls = stub.log().into_iter().filter(|logged| logged.call == Call::Sequence);
        let formats: Vec<Value> = calls.map(|logged| logged.body["response_format"]["type"].clone()).collect();
        assert_eq!(formats, [format], "what was found out by the first question is known to the second");
        app.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_does_not_fit_can_be_mended_once() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    stub.answer(Call::Analyze, "{\"role_type\": 7}");
    assert!(reason(&path(&app).await["jobProfile"]).contains("not even its second one"));
    let log = stub.log();
    let second = log.iter().filter(|logged| logged.call == Call::Analyze).nth(1).unwrap();
    let messages = second.body["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 4);
    assert!(messages[3]["content"].as_str().unwrap().contains("cannot be used"));
    assert!(second.body.get("tools").is_none(), "models are given no tools");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_read_along_cost_one_call_and_read_the_same() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    path(&app).await;
    stub.set(Call::Write, Behaviour::Trickle(Duration::from_millis(5)));
    let variables = json!({ "topic": "limit-order-book", "kind": "EXPLANATION" });
    let read = join_all((0..100).map(|_| app.client.subscribe(STREAM, variables.clone()))).await;
    let texts: HashSet<String> = read.iter().map(|chunks| joined(chunks)).collect();
    assert_eq!(texts.len(), 1);
    assert!(read.iter().any(|chunks| chunks.len() > 10), "the words come one after the other");
    let last = &read[0].last().unwrap()["data"]["contentStream"];
    assert_eq!(
        (last["content"]["markdown"].as_str().unwrap(), &last["content"]["writer"]),
        (joined(&read[0]).as_str(), &json!("LANGUAGE_MODEL"))
    );
    assert_eq!(stub.count(Call::Write), 1);
    app.stop().await;
}

fn joined(chunks: &[Value]) -> String {
    chunks.iter().fold(String::new(), |mut text, chunk| {
        let chunk = &chunk["data"]["contentStream"];
        if chunk["restart"] == true {
            text.clear();
        }
        text + chunk["delta"].as_str().unwrap()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_hangs_up_stops_nobody_else_and_the_last_one_stops_the_call() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    path(&app).await;
    stub.set(Call::Write, Behaviour::Trickle(Duration::from_millis(20)));
    let variables = json!({ "topic": "limit-order-book", "kind": "EXPLANATION" });
    let mut first = app.client.socket().await;
    first.subscribe("1", STREAM, variables.clone()).await;
    first.next().await;
    let mut second = app.client.socket().await;
    second.subscribe("1", STREAM, variables.clone()).await;
    second.next().await;
    drop(first);
    let read = second.rest().await;
    assert_eq!(read.last().unwrap()["data"]["contentStream"]["content"]["writer"], "LANGUAGE_MODEL");
    assert_eq!((stub.count(Call::Write), stub.gone(Call::Write)), (1, 0));

    let mut alone = app.client.socket().await;
    alone.subscribe("1", STREAM, json!({ "topic": "limit-order-book", "kind": "QUIZ" })).await;
    alone.next().await;
    until("the model is asked", || stub.count(Call::Write) == 2).await;
    drop(alone);
    until("the call ends when nobody waits", || stub.gone(Call::Write) == 1).await;
    stub.set(Call::Write, Behaviour::Well);
    assert_eq!(piece(&app, "QUIZ").await["writer"], "LANGUAGE_MODEL", "what was abandoned is written anew");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_off_begins_anew_by_the_embedded_writer() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    path(&app).await;
    stub.set(Call::Write, Behaviour::Truncated);
    let read = app.client.subscribe(STREAM, json!({ "topic": "limit-order-book", "kind": "EXPLANATION" })).await;
    let chunks: Vec<&Value> = read.iter().map(|chunk| &chunk["data"]["contentStream"]).collect();
    assert_eq!(chunks.iter().filter(|chunk| chunk["restart"] == true).count(), 1, "{chunks:?}");
    let last = &chunks.last().unwrap()["content"];
    assert_eq!((last["writer"].as_str(), last["markdown"].as_str()), (Some("EMBEDDED"), Some(joined(&read).as_str())));
    assert!(reason(last).contains("broke off"), "{last}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_written_piece_cites_passages_and_marks_what_it_cannot_support() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    path(&app).await;
    stub.answer(Call::Write, "Boosting adds trees one after the other [1]. Each corrects the last [1] and [99]. It was born on the moon, they say.\n\nSee [this](https://evil.example/x) <script>alert(1)</script> for more of it [1].");
    let content = piece(&app, "EXPLANATION").await;
    let markdown = content["markdown"].as_str().unwrap();
    assert!(markdown.contains("on the moon, they say. *(not from the library)*"), "{markdown}");
    assert!(!markdown.contains("evil.example") && markdown.contains("\\<script>alert"), "{markdown}");
    assert!(!markdown.contains("99"), "{markdown}");
    let markers: Vec<_> = content["citations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|citation| citation["marker"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(markers, ["1"]);
    assert!(content["citations"].as_array().unwrap().iter().all(|citation| citation["passage"]["id"].is_string()));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_says_what_an_endpoint_can_do_and_never_the_key() {
    let stub = StubModel::start().await;
    stub.set(Call::Other, Behaviour::RefuseSchema);
    let config = stub.config();
    let said = tokio::task::spawn_blocking(move || doctor(tempfile::tempdir().unwrap().path(), &config)).await.unwrap();
    for expected in [
        "stub-model, stub-embedding",
        "JSON Schema: no: ",
        "JSON mode: yes",
        "plain text: yes",
        "streams",
        "48 dimensions",
        "the chat model answers",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!said.contains("sk-stub-secret"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_library_embedded_by_another_model_is_refused_with_a_way_out() {
    let stub = StubModel::start().await;
    let config = format!("{}[embedding]\nmodel = \"stub-embedding\"\n", stub.config());
    let said = tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().unwrap();
        assert!(doctor(folder.path(), "").contains("pathwright-tokens"));
        doctor(folder.path(), &config)
    });
    let said = said.await.unwrap();
    assert!(said.contains("failed") && said.contains("ingest --reembed"), "{said}");
}
