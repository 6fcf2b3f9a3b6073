use std::time::Duration;

use pathwright::rechecks::Rechecks;
use serde_json::{Value, json};

use crate::generations::Server;
use crate::test_app::TestApp;

const PATH: &str = "query($user: ID!) { user(id: $user) { learningPath {
    id coveragePercentage needsRecheck
    goneSources { topic { id } }
    coveredTopics { topic { id } source { isGone section book { id } passage { id } } }
    libraryChanges { checkedAt libraryRevision coveragePercentage
        gained { topic { id } source { book { id } } } lost { topic { id } externalResources { url } } moved { topic { id } } }
} } }";

const REMOVE: &str = "mutation($id: ID!) { removeBook(input: { id: $id }) { removedId } }";

async fn path(app: &TestApp, user: &str) -> Value {
    let answer = app.query(PATH, json!({ "user": user })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["user"]["learningPath"].clone()
}

/// The path once it has been compared with the library as it is.
async fn rechecked(app: &TestApp, user: &str) -> Value {
    let compared = async {
        loop {
            let path = path(app, user).await;
            if path["needsRecheck"] == false {
                return path;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), compared).await.expect("the path is compared in time")
}

fn ids(list: &Value) -> Vec<&str> {
    let mut ids: Vec<&str> =
        list.as_array().unwrap().iter().map(|item| item["topic"]["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids
}

async fn ingest(app: &TestApp, title: &str, text: &str) {
    let ingest = "mutation($input: IngestBookInput!) { ingestBook(input: $input) { outcome userErrors { message } } }";
    let input = json!({ "title": title, "format": "MARKDOWN", "text": text });
    let answer = app.query(ingest, json!({ "input": input })).await;
    assert_eq!(answer["data"]["ingestBook"]["userErrors"], json!([]), "{answer}");
}

const OWN_BOOK: &str = "# Market making\n\nMarket making is quoting both sides of a market. Market making earns the spread, and market making loses \
    when the price runs away. A market maker who practices market making holds an inventory.\n\n# Limit order book\n\nA limit order book is the \
    list of all resting orders of an exchange. The limit order book changes with every message, and a limit order book is read from the top.\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_book_marks_its_paths_at_once_and_the_comparison_says_what_is_lost() {
    let app = TestApp::empty().await;
    app.ingest_small_book().await;
    app.with_path("ada", "quant_trader").await;
    let fresh = rechecked(&app, "ada").await;
    let covered = ids(&fresh["coveredTopics"]).into_iter().map(str::to_owned).collect::<Vec<_>>();
    assert!(covered.contains(&"limit-order-book".to_owned()) && covered.len() >= 2, "{fresh}");
    assert_eq!((&fresh["goneSources"], &fresh["libraryChanges"]), (&json!([]), &Value::Null));

    app.query(REMOVE, json!({ "id": "desk" })).await;
    let marked = path(&app, "ada").await;
    assert_eq!(ids(&marked["goneSources"]), covered, "{marked}");
    for topic in marked["coveredTopics"].as_array().unwrap() {
        let source = &topic["source"];
        assert_eq!(
            (&source["isGone"], &source["book"], &source["passage"]),
            (&json!(true), &Value::Null, &Value::Null)
        );
        assert!(source["section"].is_string());
    }
    let compared = rechecked(&app, "ada").await;
    let changes = &compared["libraryChanges"];
    assert_eq!(ids(&changes["lost"]), covered, "{compared}");
    assert_eq!((ids(&changes["gained"]), ids(&changes["moved"])), (vec![], vec![]));
    assert_eq!((&changes["coveragePercentage"], &changes["libraryRevision"]), (&json!(0), &json!(3)));
    assert_eq!(compared["id"], fresh["id"], "the path was made anew by itself");
    assert_eq!(compared["coveragePercentage"], fresh["coveragePercentage"]);

    app.ingest_small_book().await;
    assert_eq!(rechecked(&app, "ada").await["libraryChanges"], Value::Null);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_book_shows_as_gain_until_the_learner_takes_it_in_and_reviewers_keep_the_last_word() {
    let app = TestApp::empty().await;
    app.ingest_small_book().await;
    app.with_path("ada", "quant_trader").await;
    let overrule = "mutation { overrideCoverage(input: { topic: \"python\", covered: true, note: \"I teach it\" }) { userErrors { code } } }";
    app.query(overrule, json!({})).await;
    ingest(&app, "Making", OWN_BOOK).await;
    let compared = rechecked(&app, "ada").await;
    let changes = &compared["libraryChanges"];
    assert_eq!(ids(&changes["gained"]), ["market-making"], "{compared}");
    assert_eq!(changes["gained"][0]["source"]["book"]["id"], "making");
    assert!(changes["coveragePercentage"].as_u64() > compared["coveragePercentage"].as_u64());

    app.query(REMOVE, json!({ "id": "desk" })).await;
    let compared = rechecked(&app, "ada").await;
    let changes = &compared["libraryChanges"];
    assert!(ids(&changes["moved"]).contains(&"limit-order-book"), "{compared}");
    assert!(!ids(&changes["lost"]).contains(&"python"), "{compared}");
    assert!(ids(&changes["moved"]).contains(&"python"), "its source is gone: {compared}");

    let anew = "mutation { generatePath(input: { userId: \"ada\", wait: true }) { learningPath { id needsRecheck goneSources { topic { id } }
        libraryChanges { checkedAt } coveredTopics { topic { id } } } userErrors { code } } }";
    let answer = app.query(anew, json!({})).await;
    let anew = &answer["data"]["generatePath"]["learningPath"];
    assert_eq!((&anew["needsRecheck"], &anew["libraryChanges"]), (&json!(false), &Value::Null), "{answer}");
    assert!(ids(&anew["coveredTopics"]).contains(&"market-making"));
    let old = "query($id: ID!) { learningPath(id: $id) { needsRecheck libraryChanges { checkedAt } goneSources { topic { id } } } }";
    let past = app.query(old, json!({ "id": compared["id"] })).await["data"]["learningPath"].clone();
    assert_eq!((&past["needsRecheck"], &past["libraryChanges"]), (&json!(false), &Value::Null));
    assert!(!past["goneSources"].as_array().unwrap().is_empty());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_paths_are_one_question_whoever_asks_and_a_bounded_number_of_round_trips() {
    const USERS: usize = 12;
    let app = TestApp::empty().await;
    app.ingest_small_book().await;
    for user in 0..USERS {
        app.with_path(&format!("u{user}"), if user % 2 == 0 { "quant_trader" } else { "risk_quant" }).await;
    }
    let asked = || app.services.host.status().iter().find(|plugin| plugin.capability == "coverage").unwrap().processed;
    let services = &app.services;
    let lease = Duration::from_secs(15);
    let other = Rechecks::new(services.store.clone(), services.host.clone(), services.searcher.clone(), lease, false);
    other.run_in_background();
    for user in 0..USERS {
        assert_eq!(rechecked(&app, &format!("u{user}")).await["libraryChanges"], Value::Null);
    }
    let (before, round_trips) = (asked(), services.store.query_count());
    assert!(services.store.delete_book("desk").await.unwrap());
    services.rechecks.library_changed().await;
    other.library_changed().await;
    let users: Vec<String> = (0..USERS).map(|user| format!("u{user}")).collect();
    let mut looks = 0;
    let compared = async {
        loop {
            let state = services.store.path_checks(&users).await.unwrap();
            looks += 1;
            if state.checks.iter().all(|check| check.contents == state.contents) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(2), compared).await.expect("all paths are compared in time");
    let (after, cost) = (asked() - before, services.store.query_count() - round_trips - looks);
    for user in 0..USERS {
        let path = path(&app, &format!("u{user}")).await;
        assert!(path["needsRecheck"] == false && path["libraryChanges"]["lost"] != json!([]), "{path}");
    }
    assert_eq!(after, 1, "several questions about the same topics");
    assert!(cost <= 40, "{cost} round trips");
    other.shutdown().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_left_is_compared_by_the_next_one() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path());
    let make = "mutation { updateJobProfile(input: { userId: \"ada\", templateId: \"ml_engineer\", wait: true }) { learningPath { id } } }";
    server.client.query(make, json!({})).await;
    let removed = server.client.query(REMOVE, json!({ "id": "deep-learning" })).await;
    assert_eq!(removed["data"]["removeBook"]["removedId"], "deep-learning", "{removed}");
    server.kill();

    let server = Server::start(data.path());
    let compared = async {
        loop {
            let path =
                server.client.query(PATH, json!({ "user": "ada" })).await["data"]["user"]["learningPath"].clone();
            if path["needsRecheck"] == false {
                return path;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let path = tokio::time::timeout(Duration::from_mins(1), compared).await.expect("compared after the restart");
    assert!(!ids(&path["libraryChanges"]["lost"]).is_empty(), "{path}");
    assert!(!ids(&path["goneSources"]).is_empty(), "{path}");
    server.kill();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_keeps_others_off_and_a_late_answer_changes_nothing() {
    let app = TestApp::empty().await;
    app.ingest_small_book().await;
    app.with_path("ada", "general").await;
    app.services.rechecks.shutdown().await;
    let store = &app.services.store;
    let long = Duration::from_mins(10);
    store.delete_book("desk").await.unwrap();
    let contents = store.library_state().await.unwrap().unwrap().contents();
    let take = |owner: &'static str, anyone: bool| store.take_path_checks(contents, owner, long, anyone, 10);
    let first = take("first", false).await.unwrap();
    assert_eq!(first.iter().map(|taken| taken.user.as_str()).collect::<Vec<_>>(), ["ada"]);
    assert!(take("second", false).await.unwrap().is_empty());
    let second = take("second", true).await.unwrap();
    assert_eq!(second.len(), 1);
    store.finish_path_checks(&first, "first", contents).await.unwrap();
    assert_eq!(path(&app, "ada").await["needsRecheck"], true, "the late answer of the first counted");
    store.finish_path_checks(&second, "second", contents).await.unwrap();
    assert_eq!(path(&app, "ada").await["needsRecheck"], false);
    assert!(take("third", true).await.unwrap().is_empty());
    app.stop().await;
}
