//! Writes that meet: whatever the order, what was acknowledged holds.

use std::collections::HashSet;

use futures::future::join;
use serde_json::{Value, json};

use crate::test_app::TestApp;

const UPDATE: &str = "mutation($user: ID!, $template: ID!) {
    updateJobProfile(input: { userId: $user, templateId: $template }) { generation { id } userErrors { code } }
}";

const GENERATE: &str =
    "mutation($user: ID!) { generatePath(input: { userId: $user }) { generation { id } userErrors { code } } }";

const HELD: &str = "query($user: ID!) { user(id: $user) {
    progress { topicId startedAt completedAt } targetJobs { id } jobTemplateId generation { id }
    learningPath { id } learningPaths { edges { node { id } } }
} }";

fn step(name: &str) -> String {
    format!(
        "mutation($user: ID!, $topic: ID!) {{ {name}(input: {{ userId: $user, topicId: $topic }}) {{ userErrors {{ code }} }} }}"
    )
}

fn is_fine(answer: &Value) -> bool {
    let payloads = answer["data"].as_object().unwrap_or_else(|| panic!("{answer}"));
    payloads.values().all(|payload| payload["userErrors"] == json!([]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_begun_and_completed_at_once_is_both() {
    let app = TestApp::empty().await;
    app.query("mutation { upsertUser(input: { id: \"ada\" }) { userErrors { code } } }", json!({})).await;
    let topics =
        ["python", "sql", "linear-regression", "pca", "transformers", "docker", "kubernetes", "backpropagation"];
    for topic in topics {
        let variables = json!({ "user": "ada", "topic": topic });
        let (start, complete) = (step("startTopic"), step("completeTopic"));
        let (started, completed) = join(app.query(&start, variables.clone()), app.query(&complete, variables)).await;
        assert!(is_fine(&started) && is_fine(&completed), "{started} {completed}");
    }
    let held = app.query(HELD, json!({ "user": "ada" })).await["data"]["user"]["progress"].clone();
    let both = |row: &&Value| row["startedAt"].is_string() && row["completedAt"].is_string();
    assert_eq!(held.as_array().unwrap().iter().filter(both).count(), topics.len(), "{held}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_job_beside_a_path_for_the_old_one_stays_the_new_job() {
    let app = TestApp::empty().await;
    for number in 0..12 {
        let user = format!("ada-{number}");
        app.query(UPDATE, json!({ "user": user, "template": "general" })).await;
        let update = app.query(UPDATE, json!({ "user": user, "template": "ml_engineer" }));
        let (made, updated) = join(app.query(GENERATE, json!({ "user": user })), update).await;
        assert!(is_fine(&made) && is_fine(&updated), "{made} {updated}");
        let held = app.query(HELD, json!({ "user": user })).await;
        assert_eq!(held["data"]["user"]["jobTemplateId"], "ml_engineer", "{held}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_who_is_deleted_beside_their_writes_leaves_nothing() {
    let app = TestApp::empty().await;
    for number in 0..12 {
        let user = format!("ada-{number}");
        app.query(UPDATE, json!({ "user": user, "template": "ml_engineer" })).await;
        let (start, complete) = (step("startTopic"), step("completeTopic"));
        let delete = "mutation($user: ID!) { deleteUser(input: { id: $user }) { deletedId } }";
        let writes = join(
            app.query(&start, json!({ "user": user, "topic": "python" })),
            join(
                app.query(&complete, json!({ "user": user, "topic": "sql" })),
                app.query(GENERATE, json!({ "user": user })),
            ),
        );
        join(app.query(delete, json!({ "user": user })), writes).await;
        assert_eq!(app.query(HELD, json!({ "user": user })).await["data"]["user"], Value::Null);
        app.query(
            "mutation($user: ID!) { upsertUser(input: { id: $user }) { userErrors { code } } }",
            json!({ "user": user }),
        )
        .await;
        let left = app.query(HELD, json!({ "user": user })).await["data"]["user"].clone();
        let nothing = json!({
            "progress": [], "targetJobs": [], "jobTemplateId": null, "generation": null, "learningPath": null,
            "learningPaths": { "edges": [] }
        });
        assert_eq!(left, nothing, "{user}");
    }
    assert_eq!(app.services.store.orphans().await.unwrap(), []);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_editions_and_a_removal_at_once_only_what_is_on_the_shelf_is_found() {
    let app = TestApp::empty().await;
    let text = |mark: &str| -> String {
        (0..40)
            .map(|chapter| {
                format!("# Chapter {chapter} of {mark}\n\nThe zyx{mark}q{chapter} method treats matters.\n\n")
            })
            .collect()
    };
    let ingest = "mutation($text: String!) { ingestBook(input: { title: \"Same\", format: MARKDOWN, text: $text }) { outcome userErrors { code } } }";
    let remove = "mutation { removeBook(input: { id: \"same\" }) { removedId userErrors { code } } }";
    for round in 0..4 {
        let marks = [format!("{round}a"), format!("{round}b")];
        let book = |mark: &str| app.query(ingest, json!({ "text": text(mark) }));
        join(join(book(&marks[0]), book(&marks[1])), app.query(remove, json!({}))).await;
        let books = app.query("{ library { books { edges { node { id } } } } }", json!({})).await;
        let on_shelf = books["data"]["library"]["books"]["edges"].as_array().unwrap().len();
        let mut found = HashSet::new();
        for mark in &marks {
            let search = "query($q: String!) { searchLibrary(query: $q, first: 10) { passage { text } } }";
            let hits = app.query(search, json!({ "q": format!("zyx{mark}q5 method") })).await;
            found.extend(marks.iter().filter(|mark| hits.to_string().contains(&format!("zyx{mark}q"))).cloned());
        }
        assert!(found.len() <= on_shelf, "{found:?} of {on_shelf}");
        assert_eq!(app.services.store.orphans().await.unwrap(), []);
    }
    app.stop().await;
}
