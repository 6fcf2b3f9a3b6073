use serde_json::{Value, json};

use crate::test_app::TestApp;

const POSTING: &str = "# Quantitative Trader

## What you will do
- Make markets in listed options and manage inventory risk
- Read the limit order book and improve our execution algorithms

## Requirements
- Probability, linear regression and time series analysis
- Value at risk and stress testing
- Python; no experience with Java needed
- 3+ years of experience in trading

## Benefits
- Kubernetes meetups and free fruit";

const UPDATE: &str = "mutation($input: UpdateJobProfileInput!) {
    updateJobProfile(input: $input) {
        user { id jobTitle jobSeniority jobRoleType profileCompletionPercent }
        jobProfile { roleType seniority requiredTopics { title evidence } tools origin confidence fallbackReason }
        generation { id state percent }
        learningPath { id coveragePercentage }
        userErrors { field code message }
    }
}";

const EVENTS: &str = "subscription($id: ID!, $after: Int) {
    pathGeneration(id: $id, after: $after) {
        seq state step done total percent message topic { title } coverage { covered confidence }
        learningPath { id coveragePercentage } error { code }
    }
}";

fn seqs(events: &[Value]) -> Vec<u64> {
    events.iter().map(|event| event["data"]["pathGeneration"]["seq"].as_u64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_posting_to_a_completed_topic() {
    let app = TestApp::start().await;
    let user = json!({ "id": "ada", "name": "Ada", "email": "ada@site.example", "educationLevel": "MASTER", "hoursPerWeek": 10 });
    let upsert = "mutation($input: UpsertUserInput!) { upsertUser(input: $input) { user { profileCompletionPercent } userErrors { code } } }";
    let answer = app.query(upsert, json!({ "input": user })).await;
    assert_eq!(answer["data"]["upsertUser"]["user"]["profileCompletionPercent"], 75);

    let input = json!({ "userId": "ada", "jobTitle": "Options Trader", "jobDescription": POSTING });
    let answer = app.query(UPDATE, json!({ "input": input })).await;
    let payload = &answer["data"]["updateJobProfile"];
    assert_eq!(payload["userErrors"], json!([]), "{answer}");
    assert_eq!(payload["user"]["profileCompletionPercent"], 100);
    let generation = payload["generation"]["id"].as_str().unwrap().to_owned();

    let events = app.client.subscribe(EVENTS, json!({ "id": generation })).await;
    assert_eq!(seqs(&events), (1..=events.len() as u64).collect::<Vec<_>>());
    let percents: Vec<u64> =
        events.iter().map(|event| event["data"]["pathGeneration"]["percent"].as_u64().unwrap()).collect();
    assert!(percents.is_sorted(), "{percents:?}");
    let last = &events.last().unwrap()["data"]["pathGeneration"];
    assert_eq!((&last["state"], &last["step"]), (&json!("COMPLETED"), &json!("PERSIST")));
    let judged = events.iter().filter(|event| !event["data"]["pathGeneration"]["coverage"].is_null()).count();
    assert!(judged >= 8, "{judged} topics");
    let resumed = app.client.subscribe(EVENTS, json!({ "id": generation, "after": 3 })).await;
    assert_eq!(resumed, events[3..]);

    let path = app.query(PATH, json!({ "user": "ada" })).await;
    let path = &path["data"]["user"];
    check_profile(&path["jobProfile"]);
    check_path(&path["learningPath"]);
    complete_first(&app, path).await;
    app.stop().await;
}

const PATH: &str = "query($user: ID!) {
    user(id: $user) {
        jobProfile { roleType seniority requiredTopics { title evidence } tools origin }
        nextTopic { id title reason } startableTopics { id }
        learningPath {
            coveragePercentage totalWeeks
            stages { name goal durationWeeks progressPercent topics { id title completed prerequisites { title origin } source { section book { title } } confidence } }
            coveredTopics { topic { title } source { passage { text } } }
            uncoveredTopics { topic { title } externalResources { title url kind free } }
        }
        learningPaths(first: 1) { edges { cursor node { id } } pageInfo { hasNextPage } }
    }
}";

fn titles(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

fn check_profile(profile: &Value) {
    assert_eq!(profile["roleType"], "quant_trader");
    assert_eq!(profile["seniority"], "MID");
    assert_eq!(profile["origin"], "EMBEDDED");
    let required = titles(&profile["requiredTopics"]);
    for topic in ["Value at risk", "Linear regression", "Inventory risk", "Limit order book"] {
        assert!(required.contains(&topic), "{topic} is not among {required:?}");
    }
    assert!(!required.iter().any(|topic| matches!(*topic, "Java" | "Kubernetes")), "{required:?}");
    let evidence =
        profile["requiredTopics"].as_array().unwrap().iter().find(|topic| topic["title"] == "Value at risk").unwrap();
    assert_eq!(evidence["evidence"], "Value at risk and stress testing");
}

/// Prerequisites come first, everything covered has its passage, everything else another place to go.
fn check_path(path: &Value) {
    let mut seen: Vec<&str> = Vec::new();
    for topic in path["stages"].as_array().unwrap().iter().flat_map(|stage| stage["topics"].as_array().unwrap()) {
        assert!(titles(&topic["prerequisites"]).iter().all(|needed| seen.contains(needed)), "{topic}");
        assert!(topic["source"]["book"]["title"].is_string() && topic["confidence"].as_f64().unwrap() >= 0.75);
        seen.push(topic["title"].as_str().unwrap());
    }
    let covered = path["coveredTopics"].as_array().unwrap();
    let uncovered = path["uncoveredTopics"].as_array().unwrap();
    assert_eq!(seen.len(), covered.len());
    assert!(
        covered.iter().all(|topic| topic["source"]["passage"]["text"].as_str().is_some_and(|text| !text.is_empty()))
    );
    assert!(uncovered.iter().all(|topic| !topic["externalResources"].as_array().unwrap().is_empty()));
    let percent = (covered.len() as f64 * 100.0 / (covered.len() + uncovered.len()) as f64).round();
    assert_eq!(path["coveragePercentage"].as_f64().unwrap(), percent);
}

async fn complete_first(app: &TestApp, user: &Value) {
    let next = user["nextTopic"]["id"].clone();
    let complete = "mutation($topic: ID!) { completeTopic(input: { userId: \"ada\", topicId: $topic }) {
        user { nextTopic { id } startableTopics { id } learningPath { stages { progressPercent topics { id completed } } } } userErrors { code } } }";
    let answer = app.query(complete, json!({ "topic": next })).await;
    let after = &answer["data"]["completeTopic"]["user"];
    assert_ne!(after["nextTopic"]["id"], next);
    assert!(!after["startableTopics"].as_array().unwrap().contains(&json!({ "id": next })));
    let first = &after["learningPath"]["stages"][0];
    assert!(first["progressPercent"].as_u64().unwrap() > 0);

    // Progress carries over to a new path, and the old path stays as history.
    app.with_path("ada", "quant_trader").await;
    let path = app.query(PATH, json!({ "user": "ada" })).await;
    let done = path["data"]["user"]["learningPath"]["stages"].as_array().unwrap().iter();
    let done = done.flat_map(|stage| stage["topics"].as_array().unwrap()).find(|topic| topic["id"] == next);
    assert!(done.is_none_or(|topic| topic["completed"] == true));
    assert_eq!(path["data"]["user"]["learningPaths"]["pageInfo"]["hasNextPage"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_user_leaves_nothing() {
    let app = TestApp::empty().await;
    let generation = app.with_path("bob", "general").await["generation"]["id"].clone();
    let delete = "mutation { deleteUser(input: { id: \"bob\" }) { deletedId userErrors { code } } }";
    assert_eq!(app.query(delete, json!({})).await["data"]["deleteUser"]["deletedId"], "bob");
    let left = app
        .query("query($id: ID!) { user(id: \"bob\") { id } generation(id: $id) { id } }", json!({ "id": generation }))
        .await;
    assert_eq!(left["data"], json!({ "user": null, "generation": null }));
    assert_eq!(app.query(delete, json!({})).await["data"]["deleteUser"]["userErrors"][0]["code"], "USER_NOT_FOUND");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reviewer_overrules_a_verdict_for_good() {
    let app = TestApp::start().await;
    let overrule = "mutation($covered: Boolean!) { overrideCoverage(input: { topic: \"Dropout\", covered: $covered, note: \"read it\" }) {
        coverage { covered source { section } externalResources { url } overriddenBy { reviewer note } } userErrors { code } } }";
    let coverage = "{ coverage(topic: \"dropout\") { covered source { section } overriddenBy { note } } }";
    let before = app.query(coverage, json!({})).await;
    assert_eq!(before["data"]["coverage"]["source"]["section"], "Dropout and Weight Decay");
    let answer = app.query(overrule, json!({ "covered": false })).await;
    let verdict = &answer["data"]["overrideCoverage"]["coverage"];
    assert_eq!((&verdict["covered"], &verdict["source"]), (&json!(false), &Value::Null), "{answer}");
    assert!(!verdict["externalResources"].as_array().unwrap().is_empty());
    assert_eq!(verdict["overriddenBy"], json!({ "reviewer": "local", "note": "read it" }));
    assert_eq!(app.query(coverage, json!({})).await["data"]["coverage"]["covered"], false);
    app.query(overrule, json!({ "covered": true })).await;
    assert_eq!(app.query(coverage, json!({})).await["data"]["coverage"]["covered"], true);
    app.stop().await;
}
