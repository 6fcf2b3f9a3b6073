use std::time::Duration;

use pathwright_api::job::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::stub_model::{Behaviour, Call, StubModel};
use crate::test_app::{TestApp, until};

const POSTING: &str =
    "Machine learning engineer wanted. Requirements: Python, SQL, gradient boosting, cross-validation, Docker.";

const UPDATE: &str = "mutation($user: ID!, $posting: String, $template: ID, $wait: Boolean!) {
    updateJobProfile(input: { userId: $user, jobDescription: $posting, templateId: $template, wait: $wait }) {
        generation { id state } jobProfile { fallbackReason } learningPath { id fallbackReason } userErrors { code message }
    }
}";

const CANCEL: &str =
    "mutation($id: ID!) { cancelGeneration(id: $id) { generation { id state } userErrors { field code message } } }";

const EVENTS: &str = "subscription($id: ID!) { pathGeneration(id: $id) { seq state message error { code } } }";

const USAGE: &str = "{ usage(days: 2) {
    today { calls promptTokens }
    total { calls failedCalls promptTokens answerTokens usd unpricedCalls }
    byModel { model purpose calls promptTokens }
    byDay { day calls }
    savedByCache { calls tokens usd }
    budget { dailyUsd dailyTokens spentUsd spentTokens exhausted resetsAt }
} }";

const ESTIMATE: &str = "query($input: EstimateGenerationInput!) {
    estimateGeneration(input: $input) {
        chatCalls embeddingCalls promptTokens answerTokens usd seconds model basis fallbackReason
    }
}";

async fn app(stub: &StubModel) -> TestApp {
    TestApp::builder().config(&stub.config()).start().await
}

async fn make(app: &TestApp, target: Value, wait: bool) -> Value {
    let mut variables = json!({ "user": "ada", "wait": wait });
    variables.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
    app.query(UPDATE, variables).await["data"]["updateJobProfile"].clone()
}

async fn usage(app: &TestApp) -> Value {
    app.query(USAGE, json!({})).await["data"]["usage"].clone()
}

async fn estimate(app: &TestApp, input: Value) -> Value {
    app.query(ESTIMATE, json!({ "input": input })).await["data"]["estimateGeneration"].clone()
}

/// Starts a generation whose posting the model never finishes reading; answers its id.
async fn hang(app: &TestApp, stub: &StubModel) -> Value {
    stub.set(Call::Analyze, Behaviour::Never);
    let before = stub.count(Call::Analyze);
    let started = make(app, json!({ "posting": POSTING }), false).await;
    until("the model is asked", || stub.count(Call::Analyze) > before).await;
    started["generation"]["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_counts_the_calls_and_tokens_of_a_generation() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    assert_eq!(usage(&app).await["total"]["calls"], 0);
    let made = make(&app, json!({ "posting": POSTING }), true).await;
    assert_eq!(made["generation"]["state"], "COMPLETED", "{made}");

    let usage = usage(&app).await;
    let asked = stub.count(Call::Analyze);
    assert!(asked > 0);
    let analyzed = usage["byModel"].as_array().unwrap().iter().find(|row| row["purpose"] == "ANALYZE").unwrap();
    assert_eq!(analyzed["calls"], json!(asked), "{usage}");
    assert!(analyzed["promptTokens"].as_u64().unwrap() > 10 && analyzed["model"].is_string());
    let total = &usage["total"];
    assert!(total["answerTokens"].as_u64().unwrap() > 0, "{usage}");
    assert_eq!(total["calls"], usage["byDay"][0]["calls"]);
    assert_eq!(usage["today"], json!({ "calls": total["calls"], "promptTokens": total["promptTokens"] }));
    // A model on this machine costs nothing, and that is known.
    assert_eq!((total["usd"].as_f64(), &total["unpricedCalls"]), (Some(0.0), &json!(0)));
    assert!(usage["budget"]["spentTokens"].as_u64().unwrap() > 0 && usage["budget"]["exhausted"] == false, "{usage}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn usage_is_for_operators_and_for_a_year_at_most() {
    let digest = hex(&Sha256::digest("ada-key"));
    let keys =
        format!("[[auth.keys]]\nname = \"ada-key\"\nsha256 = \"{digest}\"\nrole = \"learner\"\nuser = \"ada\"\n");
    let app = TestApp::builder().without_sample().config(&keys).start().await;
    let answer = app.client.with_key("ada-key").query(USAGE, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
    app.stop().await;

    let app = TestApp::empty().await;
    for days in [0, 367, -1] {
        let answer =
            app.query("query($days: Int!) { usage(days: $days) { total { calls } } }", json!({ "days": days }));
        assert_eq!(answer.await["errors"][0]["extensions"]["code"], "INVALID_INPUT", "{days}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_budget_hands_over_to_the_embedded_default_which_says_so() {
    let stub = StubModel::start().await;
    let config = stub.config().replace("[llm]\n", "[llm]\ndaily_tokens = 1\n");
    assert!(config.contains("daily_tokens"), "{config}");
    let app = TestApp::builder().config(&config).start().await;
    make(&app, json!({ "posting": POSTING }), true).await;
    let asked = (stub.count(Call::Analyze), stub.count(Call::Sequence));
    assert_eq!(asked.1, 0, "the first call spent the budget");

    let posting = make(&app, json!({ "posting": format!("{POSTING} Kubernetes.") }), true).await;
    assert_eq!(posting["generation"]["state"], "COMPLETED", "{posting}");
    assert!(posting["jobProfile"]["fallbackReason"].as_str().unwrap().contains("budget"), "{posting}");
    let template = make(&app, json!({ "template": "ml_engineer" }), true).await;
    assert!(template["learningPath"]["fallbackReason"].as_str().unwrap().contains("budget"), "{template}");
    assert_eq!((stub.count(Call::Analyze), stub.count(Call::Sequence)), asked);

    let budget = usage(&app).await["budget"].clone();
    assert!(budget["exhausted"] == true && budget["dailyTokens"] == 1 && budget["resetsAt"].is_string(), "{budget}");
    let estimated = estimate(&app, json!({ "templateId": "ml_engineer" })).await;
    assert!(estimated["fallbackReason"].as_str().unwrap().contains("budget"), "{estimated}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_ends_a_model_call_under_way_and_keeps_the_path() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    let before = make(&app, json!({ "template": "ml_engineer" }), true).await["learningPath"]["id"].clone();
    let id = hang(&app, &stub).await;

    let (client, watched) = (app.client.clone(), id.clone());
    let watcher = tokio::spawn(async move { client.subscribe(EVENTS, json!({ "id": watched })).await });
    let cancelled = app.query(CANCEL, json!({ "id": id })).await;
    let payload = &cancelled["data"]["cancelGeneration"];
    assert_eq!(payload["generation"], json!({ "id": id, "state": "CANCELLED" }), "{cancelled}");
    until("the call ends", || stub.gone(Call::Analyze) > 0).await;

    let events: Vec<Value> =
        watcher.await.unwrap().into_iter().map(|event| event["data"]["pathGeneration"].clone()).collect();
    let last = events.last().unwrap();
    assert_eq!((&last["state"], &last["message"]), (&json!("CANCELLED"), &json!("cancelled on request")));
    assert_eq!(last["error"]["code"], "GENERATION_CANCELLED");
    let seqs: Vec<u64> = events.iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    let user = app.query("{ user(id: \"ada\") { learningPath { id } generation { state } } }", json!({})).await;
    let expected = json!({ "learningPath": { "id": before }, "generation": { "state": "CANCELLED" } });
    assert_eq!(user["data"]["user"], expected);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_not_finished_can_be_cancelled() {
    let app = TestApp::empty().await;
    let id = app.with_path("ada", "general").await["generation"]["id"].clone();
    for (id, code) in [(id, "INVALID_INPUT"), (json!("nope"), "GENERATION_NOT_FOUND")] {
        let answer = app.query(CANCEL, json!({ "id": id })).await;
        let payload = &answer["data"]["cancelGeneration"];
        assert!(payload["generation"].is_null(), "{answer}");
        assert_eq!(payload["userErrors"][0]["code"], code, "{answer}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_cancels_for_another_learner() {
    let key = |name: &str| {
        let digest = hex(&Sha256::digest(format!("{name}-key")));
        format!("[[auth.keys]]\nname = \"{name}-key\"\nsha256 = \"{digest}\"\nrole = \"learner\"\nuser = \"{name}\"\n")
    };
    let app = TestApp::builder().without_sample().config(&[key("ada"), key("bob")].concat()).start().await;
    let (ada, bob) = (app.client.with_key("ada-key"), app.client.with_key("bob-key"));
    let variables = json!({ "user": "ada", "template": "general", "wait": true });
    let made = ada.query(UPDATE, variables).await["data"]["updateJobProfile"].clone();
    let variables = json!({ "id": made["generation"]["id"] });
    assert_eq!(bob.query(CANCEL, variables).await["errors"][0]["extensions"]["code"], "FORBIDDEN");
    let estimated = bob.query(ESTIMATE, json!({ "input": { "userId": "ada" } })).await;
    assert_eq!(estimated["errors"][0]["extensions"]["code"], "FORBIDDEN");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_job_target_ends_the_call_for_the_older_one() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    hang(&app, &stub).await;
    let newer = make(&app, json!({ "template": "general" }), true).await;
    assert_eq!(newer["generation"]["state"], "COMPLETED", "{newer}");
    until("the older call ends", || stub.gone(Call::Analyze) > 0).await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_the_server_does_not_wait_for_a_model() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    hang(&app, &stub).await;
    tokio::time::timeout(Duration::from_secs(30), app.stop()).await.expect("it stops");
    until("the call ends", || stub.gone(Call::Analyze) > 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_model_a_path_costs_nothing() {
    let app = TestApp::empty().await;
    for input in [json!({ "jobDescription": POSTING }), json!({ "templateId": "general" })] {
        let estimated = estimate(&app, input).await;
        let calls = (&estimated["chatCalls"], &estimated["embeddingCalls"], &estimated["promptTokens"]);
        assert_eq!(calls, (&json!(0), &json!(0), &json!(0)), "{estimated}");
        assert_eq!((estimated["usd"].as_f64(), &estimated["model"]), (Some(0.0), &Value::Null));
        assert!(estimated["seconds"].as_f64().unwrap() > 0.0 && estimated["basis"] == "ASSUMED");
        assert!(estimated["fallbackReason"].is_null());
    }
    let wrong = [
        (json!({}), "INVALID_INPUT"),
        (json!({ "templateId": "general", "jobDescription": "SQL" }), "INVALID_INPUT"),
        (json!({ "templateId": "astronaut" }), "TEMPLATE_NOT_FOUND"),
        (json!({ "jobDescription": " \n" }), "POSTING_EMPTY"),
        (json!({ "jobDescription": "x".repeat(1 << 20) }), "POSTING_TOO_LARGE"),
        (json!({ "jobDescription": "SQL", "jobTitle": "x".repeat(400) }), "INVALID_INPUT"),
        (json!({ "userId": "nobody" }), "USER_NOT_FOUND"),
    ];
    for (input, code) in wrong {
        let answer = app.query(ESTIMATE, json!({ "input": input })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_is_assumed_at_first_and_measured_later() {
    let stub = StubModel::start().await;
    let app = app(&stub).await;
    let posting = json!({ "jobDescription": POSTING });
    let assumed = estimate(&app, posting.clone()).await;
    assert_eq!((&assumed["chatCalls"], &assumed["basis"]), (&json!(2), &json!("ASSUMED")), "{assumed}");
    assert!(assumed["promptTokens"].as_u64().unwrap() > 0 && assumed["model"].is_string());
    assert_eq!(estimate(&app, json!({ "templateId": "ml_engineer" })).await["chatCalls"], 1);
    assert_eq!(stub.count(Call::Analyze) + stub.count(Call::Sequence), 0, "an estimate asks no model");

    make(&app, json!({ "posting": POSTING }), true).await;
    make(&app, json!({ "template": "ml_engineer" }), true).await;
    let measured = estimate(&app, posting).await;
    assert_eq!((&measured["chatCalls"], &measured["basis"]), (&json!(2), &json!("MEASURED")), "{measured}");
    assert_ne!(measured["promptTokens"], assumed["promptTokens"]);
    let own = estimate(&app, json!({ "userId": "ada" })).await;
    assert_eq!(own["chatCalls"], 1, "the learner's own target is a template now: {own}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_cache_saved_is_counted_and_looking_is_not() {
    let stub = StubModel::start().await;
    let app = TestApp::builder().without_sample().config(&stub.config()).start().await;
    app.ingest_small_book().await;
    make(&app, json!({ "posting": "We need SQL." }), true).await;
    let input = "input: { userId: \"ada\", topicId: \"sql\", kind: SUMMARY }";
    let request = format!("mutation {{ requestContent({input}) {{ content {{ writer cache {{ hit }} }} }} }}");
    for hit in [false, true] {
        let answer = app.query(&request, json!({})).await;
        assert_eq!(
            answer["data"]["requestContent"]["content"],
            json!({ "writer": "LANGUAGE_MODEL", "cache": { "hit": hit } })
        );
    }
    app.query(&format!("{{ content({input}) {{ id }} }}"), json!({})).await;
    let saved = usage(&app).await["savedByCache"].clone();
    assert_eq!(saved["calls"], 1, "{saved}");
    assert!(saved["tokens"].as_u64() > Some(10), "{saved}");
    app.stop().await;
}
