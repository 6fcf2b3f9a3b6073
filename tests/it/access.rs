use pathwright_api::job::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::{Client, parsed};
use crate::test_app::TestApp;

fn key(name: &str, role: &str, user: Option<&str>) -> String {
    let user = user.map(|user| format!("user = \"{user}\"\n")).unwrap_or_default();
    format!("[[auth.keys]]\nname = \"{name}\"\nsha256 = \"{}\"\nrole = \"{role}\"\n{user}", hex(&Sha256::digest(name)))
}

async fn app() -> TestApp {
    let keys = [
        key("root", "admin", None),
        key("site", "service", None),
        key("ada-key", "learner", Some("ada")),
        key("bob-key", "learner", Some("bob")),
    ];
    TestApp::builder().without_sample().config(&keys.concat()).start().await
}

async fn code(client: &Client, query: &str) -> Value {
    client.query(query, json!({})).await["errors"][0]["extensions"]["code"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_known_key_nothing_is_answered() {
    let app = app().await;
    for client in [app.client.clone(), app.client.with_key("guess")] {
        let response = client.post("{\"query\":\"{ __typename }\"}").send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert_eq!(parsed(response).await["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        let mut socket = client.raw_socket("graphql-transport-ws").await;
        socket.send(&json!({ "type": "connection_init" })).await;
        assert_eq!(socket.closed().await, 4403);
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_reaches_nobody_elses_data() {
    let app = app().await;
    let (ada, bob, site) =
        (app.client.with_key("ada-key"), app.client.with_key("bob-key"), app.client.with_key("site"));
    let make = "mutation { updateJobProfile(input: { userId: \"bob\", templateId: \"general\", wait: true }) { generation { id } learningPath { id } } }";
    let made = bob.query(make, json!({})).await;
    let path = made["data"]["updateJobProfile"]["learningPath"]["id"].as_str().unwrap().to_owned();
    let generation = made["data"]["updateJobProfile"]["generation"]["id"].as_str().unwrap().to_owned();
    let content = "userId: \"bob\", topicId: \"sql\", kind: SUMMARY";
    let save =
        "mutation { saveTargetJob(input: { userId: \"bob\", templateId: \"ml_engineer\" }) { targetJob { id } } }";
    let saved = bob.query(save, json!({})).await;
    let job = saved["data"]["saveTargetJob"]["targetJob"]["id"].as_str().unwrap().to_owned();
    let others = [
        "{ user(id: \"bob\") { id } }".to_owned(),
        format!("{{ learningPath(id: \"{path}\") {{ id }} }}"),
        format!("{{ generation(id: \"{generation}\") {{ id }} }}"),
        format!("{{ content(input: {{ {content} }}) {{ id }} }}"),
        "{ compareBooks(input: { jobs: { userId: \"bob\" }, candidates: [] }) { topicCount } }".to_owned(),
        make.to_owned(),
        "mutation { upsertUser(input: { id: \"bob\", name: \"Eve\" }) { user { id } } }".to_owned(),
        "mutation { clearJobProfile(input: { userId: \"bob\" }) { user { id } } }".to_owned(),
        "mutation { generatePath(input: { userId: \"bob\" }) { user { id } } }".to_owned(),
        "mutation { startTopic(input: { userId: \"bob\", topicId: \"sql\" }) { user { id } } }".to_owned(),
        "mutation { completeTopic(input: { userId: \"bob\", topicId: \"sql\" }) { user { id } } }".to_owned(),
        "mutation { reopenTopic(input: { userId: \"bob\", topicId: \"sql\" }) { user { id } } }".to_owned(),
        format!("mutation {{ requestContent(input: {{ {content} }}) {{ content {{ id }} }} }}"),
        save.to_owned(),
        format!("{{ compareTargetJobs(a: \"{job}\", b: \"{job}\") {{ hoursLeftForB }} }}"),
        "{ libraryGaps(userId: \"bob\") { score } }".to_owned(),
        format!("mutation {{ chooseTargetJob(input: {{ id: \"{job}\" }}) {{ userErrors {{ code }} }} }}"),
        format!("mutation {{ removeTargetJob(input: {{ id: \"{job}\" }}) {{ userErrors {{ code }} }} }}"),
        "mutation { deleteUser(input: { id: \"bob\" }) { deletedId } }".to_owned(),
    ];
    for query in &others {
        assert_eq!(code(&ada, query).await, "FORBIDDEN", "{query}");
        assert!(site.query(query, json!({})).await["errors"].is_null() || query.contains("deleteUser"), "{query}");
    }
    let mut socket = bob.socket().await;
    socket
        .subscribe("1", &format!("subscription {{ pathGeneration(id: \"{generation}\") {{ seq }} }}"), json!({}))
        .await;
    let answer = socket.next().await;
    assert!(
        answer.to_string().contains("GENERATION_NOT_FOUND"),
        "bob is deleted, and his generation with him: {answer}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn watching_another_users_generation_is_forbidden() {
    let app = app().await;
    let make =
        "mutation { updateJobProfile(input: { userId: \"bob\", templateId: \"general\" }) { generation { id } } }";
    let made = app.client.with_key("bob-key").query(make, json!({})).await;
    let mut socket = app.client.with_key("ada-key").socket().await;
    let query = "subscription($id: ID!) { pathGeneration(id: $id) { seq } }";
    socket.subscribe("1", query, json!({ "id": made["data"]["updateJobProfile"]["generation"]["id"] })).await;
    let answer = socket.next().await;
    assert!(answer.to_string().contains("FORBIDDEN"), "{answer}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_library_belongs_to_administrators() {
    let app = app().await;
    let admin_only = [
        "mutation { removeBook(input: { id: \"x\" }) { removedId } }",
        "mutation { ingestBook(input: { title: \"x\", format: TEXT, text: \"x\" }) { book { id } } }",
        "mutation { overrideCoverage(input: { topic: \"x\", covered: true }) { userErrors { code } } }",
        "mutation { warmCache(input: { templateId: \"general\" }) { pieces } }",
    ];
    for query in admin_only {
        assert_eq!(code(&app.client.with_key("site"), query).await, "FORBIDDEN", "{query}");
        assert_eq!(code(&app.client.with_key("ada-key"), query).await, "FORBIDDEN", "{query}");
        assert!(app.client.with_key("root").query(query, json!({})).await["errors"].is_null(), "{query}");
    }
    assert_eq!(code(&app.client.with_key("ada-key"), "{ plugins { name } }").await, "FORBIDDEN");
    let viewer = "{ viewer { id learningPath { id } } }";
    assert_eq!(
        app.client.with_key("ada-key").query(viewer, json!({})).await["data"]["viewer"],
        json!({ "id": "ada", "learningPath": null })
    );
    assert_eq!(app.client.with_key("root").query(viewer, json!({})).await["data"]["viewer"], Value::Null);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_keys_pages_of_other_sites_are_kept_out() {
    let app = TestApp::empty().await;
    for (name, value) in [("host", "evil.example"), ("origin", "https://evil.example")] {
        let response = app.client.post("{\"query\":\"{ __typename }\"}").header(name, value).send().await.unwrap();
        assert_eq!(response.status(), 403, "{name}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_send_books_and_pages_need_no_key() {
    let app = app().await;
    for (client, expected) in
        [(app.client.clone(), 401), (app.client.with_key("ada-key"), 403), (app.client.with_key("site"), 403)]
    {
        let request = client.request(reqwest::Method::POST, "/books?title=a&file=a.md").body("# A\n\nA book.");
        let answer = request.header("content-type", "application/octet-stream").send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected);
        let follow = "subscription { ingestion(id: \"x\") { state } }";
        assert!(
            expected == 401
                || client.subscribe(follow, json!({})).await[0]["errors"][0]["extensions"]["code"] == "FORBIDDEN"
        );
        assert!(expected == 401 || code(&client, "{ ingestions { id } }").await == "FORBIDDEN");
    }
    let page = app.client.request(reqwest::Method::GET, "/").header("accept", "text/html").send().await.unwrap();
    assert_eq!(page.status(), 200);
    app.stop().await;
}
