use pathwright_api::job::JobTarget;
use serde_json::{Value, json};

use crate::stub_model::{Behaviour, Call, StubModel};
use crate::test_app::{TestApp, until};

const DESK: &str = "Trading desk developer wanted.\n\n## Requirements\n- Limit order book\n- SQL and Python\n- Docker";
const DATA: &str = "Data engineer wanted.\n\n## Requirements\n- SQL and Python\n- Kafka\n- Airflow";

const SAVE: &str = "mutation($input: SaveTargetJobInput!) { saveTargetJob(input: $input) {
    targetJob { id name title firm templateId seniority isCurrent savedAt
        jobProfile { origin fallbackReason requiredTopics { title } }
        reading { id purpose state percent learningPath { id } } }
    user { id targetJobs { name } learningPath { id } }
    userErrors { field code message }
} }";

const CHOOSE: &str = "mutation($id: ID!) { chooseTargetJob(input: { id: $id, wait: true }) {
    user { jobTitle jobDescription targetJobs { name isCurrent } }
    generation { state purpose } jobProfile { id } learningPath { id jobDescription } userErrors { field code }
} }";

const REMOVE: &str = "mutation($id: ID!) { removeTargetJob(input: { id: $id }) {
    removedId user { targetJobs { name } } userErrors { field code message }
} }";

const JOBS: &str = "query($user: ID!) { user(id: $user) {
    targetJobs { id name isCurrent savedAt jobProfile { id fallbackReason } reading { state } }
    generation { purpose } jobProfile { id }
} }";

const UPDATE: &str = "mutation($input: UpdateJobProfileInput!) { updateJobProfile(input: $input) {
    generation { state } userErrors { code }
} }";

pub async fn save(app: &TestApp, user: &str, job: Value) -> Value {
    let mut input = json!({ "userId": user, "wait": true });
    input.as_object_mut().unwrap().extend(job.as_object().unwrap().clone());
    let answer = app.query(SAVE, json!({ "input": input })).await;
    let payload = answer["data"]["saveTargetJob"].clone();
    assert!(payload.is_object(), "{answer}");
    payload
}

async fn update(app: &TestApp, user: &str, posting: &str) {
    let input = json!({ "userId": user, "jobDescription": posting, "wait": true });
    let answer = app.query(UPDATE, json!({ "input": input })).await;
    assert_eq!(answer["data"]["updateJobProfile"]["generation"]["state"], "COMPLETED", "{answer}");
}

async fn jobs(app: &TestApp, user: &str) -> Value {
    app.query(JOBS, json!({ "user": user })).await["data"]["user"].clone()
}

fn names(jobs: &Value) -> Vec<&str> {
    jobs["targetJobs"].as_array().unwrap().iter().map(|job| job["name"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_jobs_are_kept_in_view_and_one_is_in_force() {
    let app = TestApp::empty().await;
    let saved = save(&app, "ada", json!({ "jobDescription": DESK, "name": "  The   desk ", "firm": "Acme" })).await;
    assert_eq!(saved["userErrors"], json!([]), "{saved}");
    let desk = &saved["targetJob"];
    assert_eq!((&desk["name"], &desk["firm"], &desk["isCurrent"]), (&json!("The desk"), &json!("Acme"), &json!(false)));
    let topics = desk["jobProfile"]["requiredTopics"].as_array().unwrap();
    assert!(topics.iter().any(|topic| topic["title"] == "Limit order book"), "{desk}");
    assert_eq!(desk["reading"]["purpose"], "READ_JOB");
    assert_eq!((&desk["reading"]["state"], &desk["reading"]["percent"]), (&json!("COMPLETED"), &json!(100)));
    assert_eq!((&desk["reading"]["learningPath"], &saved["user"]["learningPath"]), (&Value::Null, &Value::Null));

    let quant = save(&app, "ada", json!({ "templateId": "risk_quant" })).await;
    assert_eq!(
        (&quant["targetJob"]["name"], &quant["targetJob"]["templateId"]),
        (&json!("Risk Analyst"), &json!("risk_quant"))
    );
    update(&app, "ada", DATA).await;
    let held = jobs(&app, "ada").await;
    assert_eq!(names(&held), ["Data engineer wanted.", "Risk Analyst", "The desk"]);
    assert_eq!((&held["targetJobs"][0]["isCurrent"], &held["targetJobs"][0]["savedAt"]), (&json!(true), &Value::Null));
    assert_eq!(held["targetJobs"][0]["jobProfile"]["id"], held["jobProfile"]["id"]);
    assert_eq!(held["generation"]["purpose"], "MAKE_PATH");

    let chosen = app.query(CHOOSE, json!({ "id": desk["id"] })).await;
    let chosen = &chosen["data"]["chooseTargetJob"];
    assert_eq!(chosen["generation"], json!({ "state": "COMPLETED", "purpose": "MAKE_PATH" }), "{chosen}");
    assert_eq!(
        (&chosen["user"]["jobDescription"], &chosen["learningPath"]["jobDescription"]),
        (&json!(DESK), &json!(DESK))
    );
    // Nobody saved the job that was in force.
    assert_eq!(names(&chosen["user"]), ["The desk", "Risk Analyst"]);
    assert_eq!(chosen["user"]["targetJobs"][0]["isCurrent"], true);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_saved_once_and_the_one_in_force_stays_when_it_is_saved() {
    let app = TestApp::empty().await;
    update(&app, "ada", DESK).await;
    let saved = save(&app, "ada", json!({ "jobDescription": format!("  {DESK}\n"), "name": "Desk" })).await;
    let desk = &saved["targetJob"];
    assert!(desk["isCurrent"] == true && desk["savedAt"].is_string() && desk["name"] == "Desk", "{saved}");
    assert_eq!(desk["reading"], Value::Null, "it was read with its path");
    let again = save(&app, "ada", json!({ "jobDescription": DESK })).await;
    assert_eq!((&again["targetJob"]["id"], &again["targetJob"]["name"]), (&desk["id"], &json!("Desk")));
    let elsewhere = save(&app, "ada", json!({ "jobDescription": DESK, "firm": "Acme" })).await;
    assert_ne!(elsewhere["targetJob"]["id"], desk["id"]);

    let refused = app.query(REMOVE, json!({ "id": desk["id"] })).await;
    assert_eq!(refused["data"]["removeTargetJob"]["userErrors"][0]["code"], "INVALID_INPUT", "{refused}");
    let clear =
        "mutation { clearJobProfile(input: { userId: \"ada\", wait: true }) { user { targetJobs { id isCurrent } } } }";
    let cleared = app.query(clear, json!({})).await;
    let left = cleared["data"]["clearJobProfile"]["user"]["targetJobs"].as_array().unwrap();
    assert!(left.len() == 2 && left.iter().all(|job| job["isCurrent"] == false), "{cleared}");
    let removed = app.query(REMOVE, json!({ "id": desk["id"] })).await;
    assert_eq!(removed["data"]["removeTargetJob"]["removedId"], desk["id"], "{removed}");
    assert_eq!(names(&jobs(&app, "ada").await).len(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_saved_says_why() {
    let app = TestApp::empty().await;
    let refused = [
        (json!({}), "jobDescription", "INVALID_INPUT"),
        (json!({ "templateId": "pirate" }), "templateId", "TEMPLATE_NOT_FOUND"),
        (json!({ "jobDescription": " \n " }), "jobDescription", "POSTING_EMPTY"),
        (json!({ "jobDescription": DESK, "name": "  " }), "name", "INVALID_INPUT"),
        (json!({ "jobDescription": DESK, "name": "two\nlines" }), "name", "INVALID_INPUT"),
        (json!({ "jobDescription": DESK, "firm": "x".repeat(301) }), "firm", "INVALID_INPUT"),
    ];
    for (job, field, code) in refused {
        let payload = save(&app, "ada", job).await;
        let error = &payload["userErrors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!(field), &json!(code)), "{payload}");
        assert_eq!(payload["targetJob"], Value::Null);
    }
    for at in 0..20 {
        let payload = save(&app, "ada", json!({ "templateId": "general", "firm": format!("firm {at}") })).await;
        assert_eq!(payload["userErrors"], json!([]), "{at}: {payload}");
    }
    let full = save(&app, "ada", json!({ "templateId": "general", "firm": "one more" })).await;
    assert!(full["userErrors"][0]["message"].as_str().unwrap().contains("20 target jobs"), "{full}");
    let known = save(&app, "ada", json!({ "templateId": "general", "firm": "firm 3", "name": "Third" })).await;
    assert_eq!(known["targetJob"]["name"], "Third", "one that is there already can be saved again");
    assert_eq!(names(&jobs(&app, "ada").await).len(), 20);
    for query in [CHOOSE, REMOVE] {
        let answer = app.query(query, json!({ "id": "nothing" })).await;
        let payload = answer["data"].as_object().unwrap().values().next().unwrap();
        let error = &payload["userErrors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!("id"), &json!("TARGET_JOB_NOT_FOUND")), "{answer}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesser_reading_shows_and_is_tried_again() {
    let stub = StubModel::start().await;
    let app = TestApp::builder().without_sample().config(&stub.config()).start().await;
    stub.set(Call::Analyze, Behaviour::NotJson);
    let saved = save(&app, "ada", json!({ "jobDescription": DESK })).await;
    let profile = &saved["targetJob"]["jobProfile"];
    assert!(profile["origin"] == "EMBEDDED" && profile["fallbackReason"].is_string(), "{saved}");
    let events =
        "subscription($id: ID!) { pathGeneration(id: $id) { seq state step message percent learningPath { id } } }";
    let events = app.client.subscribe(events, json!({ "id": saved["targetJob"]["reading"]["id"] })).await;
    let events: Vec<&Value> = events.iter().map(|event| &event["data"]["pathGeneration"]).collect();
    let reason = profile["fallbackReason"].as_str().unwrap();
    assert!(events.iter().any(|event| event["message"].as_str().unwrap().contains(reason)), "{events:?}");
    let last = events.last().unwrap();
    assert_eq!(
        (&last["state"], &last["step"], &last["percent"]),
        (&json!("COMPLETED"), &json!("ANALYZE"), &json!(100))
    );

    stub.set(Call::Analyze, Behaviour::Well);
    let again = save(&app, "ada", json!({ "jobDescription": DESK })).await;
    assert_eq!(again["targetJob"]["jobProfile"]["origin"], "LANGUAGE_MODEL", "{again}");
    assert_eq!(again["targetJob"]["id"], saved["targetJob"]["id"]);
    let calls = stub.count(Call::Analyze);
    let known = save(&app, "ada", json!({ "jobDescription": DESK })).await;
    assert_eq!((stub.count(Call::Analyze), &known["targetJob"]["reading"]["state"]), (calls, &json!("COMPLETED")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_goes_on_beside_a_path_and_ends_with_its_job_or_user() {
    let stub = StubModel::start().await;
    let app = TestApp::builder().without_sample().config(&stub.config()).start().await;
    stub.set(Call::Analyze, Behaviour::Never);
    let input = json!({ "input": { "userId": "ada", "jobDescription": DESK } });
    let saved = app.query(SAVE, input.clone()).await["data"]["saveTargetJob"]["targetJob"].clone();
    until("the model is asked", || stub.count(Call::Analyze) > 0).await;
    assert!(saved["jobProfile"].is_null() && saved["reading"]["state"] != "COMPLETED", "{saved}");
    app.with_path("ada", "general").await;
    let held = jobs(&app, "ada").await;
    assert_eq!(held["targetJobs"][1]["reading"]["state"], "RUNNING", "a path does not end it: {held}");
    let twice = app.query(SAVE, input).await["data"]["saveTargetJob"]["targetJob"]["reading"]["id"].clone();
    assert_eq!(twice, saved["reading"]["id"], "it is not read twice at once");

    app.query(REMOVE, json!({ "id": saved["id"] })).await;
    until("the model is not waited for", || stub.gone(Call::Analyze) > 0).await;
    let hash = JobTarget { description: Some(DESK.to_owned()), ..JobTarget::default() }.hash();
    assert!(app.services.store.profiles(&[hash]).await.unwrap().is_empty());
    let reading = app.query("query($id: ID!) { generation(id: $id) { id } }", json!({ "id": twice })).await;
    assert_eq!(reading["data"]["generation"], Value::Null);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_two_learners_share_goes_with_the_last_of_them() {
    let app = TestApp::empty().await;
    update(&app, "ada", DESK).await;
    update(&app, "ada", DATA).await;
    save(&app, "ada", json!({ "jobDescription": DESK })).await;
    let bobs = save(&app, "bob", json!({ "jobDescription": DESK })).await;
    let profile = |posting: &str| JobTarget { description: Some(posting.to_owned()), ..JobTarget::default() }.hash();
    let store = app.services.store.clone();
    let known = async |posting: &str| !store.profiles(&[profile(posting)]).await.unwrap().is_empty();
    assert!(known(DESK).await && known(DATA).await);

    let delete = "mutation { deleteUser(input: { id: \"ada\" }) { deletedId } }";
    assert_eq!(app.query(delete, json!({})).await["data"]["deleteUser"]["deletedId"], "ada");
    assert!(known(DESK).await, "bob has the same posting");
    assert!(!known(DATA).await, "nobody else has it");
    assert!(store.target_jobs("ada").await.unwrap().is_empty());
    assert!(jobs(&app, "bob").await["targetJobs"][0]["jobProfile"]["id"].is_string());

    app.query(REMOVE, json!({ "id": bobs["targetJob"]["id"] })).await;
    assert!(!known(DESK).await, "nobody has it any more");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_of_a_list_of_jobs_is_read_in_a_few_round_trips() {
    let app = TestApp::empty().await;
    for at in 0..12 {
        save(&app, "ada", json!({ "jobDescription": format!("{DESK}\n\nDesk number {at}") })).await;
    }
    let before = app.services.store.query_count();
    let held = jobs(&app, "ada").await;
    let cost = app.services.store.query_count() - before;
    assert!(held["targetJobs"].as_array().unwrap().iter().all(|job| job["jobProfile"]["id"].is_string()), "{held}");
    assert!(cost <= 6, "{cost} round trips");
    app.stop().await;
}
