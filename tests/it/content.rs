use serde_json::{Value, json};

use crate::test_app::{TestApp, at_once};

const REQUEST: &str = "mutation($input: ContentInput!) {
    requestContent(input: $input) {
        content {
            id kind markdown writer model topic { id }
            citations { marker passage { text section { title book { title } } } }
            cache { hit keyKind ageSeconds }
        }
        userErrors { field code message }
    }
}";

const STATS: &str = "{ cacheStats { hits misses hitRate entries byKeyKind { keyKind hits misses } } }";

fn input(user: &str, kind: &str, context: Option<&str>) -> Value {
    json!({ "input": { "userId": user, "topicId": "gradient-boosting", "kind": kind, "userContext": context } })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_is_cited_from_the_library() {
    let app = TestApp::start().await;
    app.with_path("ada", "ml_engineer").await;
    for kind in ["EXPLANATION", "WORKED_EXAMPLE", "QUIZ", "INTERVIEW_QUESTIONS", "SUMMARY"] {
        let answer = app.query(REQUEST, input("ada", kind, None)).await;
        let content = &answer["data"]["requestContent"]["content"];
        let markdown = content["markdown"].as_str().unwrap_or_else(|| panic!("{answer}"));
        let citations = content["citations"].as_array().unwrap();
        assert!(!citations.is_empty());
        for citation in citations {
            assert!(
                markdown.contains(&format!("\\[{}\\]", citation["marker"].as_str().unwrap())),
                "{kind}: {markdown}"
            );
            assert!(citation["passage"]["section"]["book"]["title"].is_string());
        }
        let claims =
            markdown.lines().filter(|line| line.len() > 60 && !line.starts_with(['#', '`', ' ', '>'])).filter(|line| {
                line.split_whitespace().count() > 12 && !line.contains("\\[") && !line.contains("not from the library")
            });
        let in_code = |line: &&str| markdown.split("```").skip(1).step_by(2).any(|code| code.contains(line));
        let unmarked: Vec<_> = claims.filter(|line| !in_code(line)).collect();
        assert!(unmarked.is_empty(), "{kind}: {unmarked:?}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_identical_requests_cost_one_writing() {
    let app = TestApp::start().await;
    app.with_path("ada", "ml_engineer").await;
    app.with_path("bob", "ml_engineer").await;
    let client = app.client.clone();
    let answers = at_once(200, move |_| {
        let client = client.clone();
        Box::pin(async move { client.query(REQUEST, input("ada", "EXPLANATION", None)).await })
    })
    .await;
    let ids: std::collections::HashSet<String> =
        answers.iter().map(|answer| answer["data"]["requestContent"]["content"]["id"].to_string()).collect();
    assert_eq!(ids.len(), 1, "{:?}", answers[0]);
    let second = app.query(REQUEST, input("bob", "EXPLANATION", None)).await;
    let cache = &second["data"]["requestContent"]["content"]["cache"];
    assert_eq!((&cache["hit"], &cache["keyKind"]), (&json!(true), &json!("TEMPLATE")));
    let stats = app.query(STATS, json!({})).await;
    assert_eq!(
        (&stats["data"]["cacheStats"]["hits"], &stats["data"]["cacheStats"]["misses"]),
        (&json!(200), &json!(1))
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_words_of_ones_own_never_touches_the_cache() {
    let app = TestApp::start().await;
    app.with_path("ada", "ml_engineer").await;
    for _ in 0..2 {
        let answer = app.query(REQUEST, input("ada", "SUMMARY", Some("I know trees <script>"))).await;
        let content = &answer["data"]["requestContent"]["content"];
        assert_eq!(content["cache"], Value::Null);
        assert!(content["markdown"].as_str().unwrap().contains("I know trees \\<script\\>"));
    }
    let stats = app.query(STATS, json!({})).await;
    let stats = &stats["data"]["cacheStats"];
    assert_eq!((&stats["hits"], &stats["misses"], &stats["entries"]), (&json!(0), &json!(0), &json!(0)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn warming_peeking_streaming_and_the_old_way() {
    let app = TestApp::start().await;
    let peek = "query($input: ContentInput!) { content(input: $input) { writer cache { hit } } }";
    app.with_path("ada", "ml_engineer").await;
    assert_eq!(app.query(peek, input("ada", "SUMMARY", None)).await["data"]["content"], Value::Null);
    let warm = app
        .query(
            "mutation { warmCache(input: { templateId: \"ml_engineer\" }) { pieces userErrors { code } } }",
            json!({}),
        )
        .await;
    assert!(warm["data"]["warmCache"]["pieces"].as_u64().unwrap() >= 4, "{warm}");
    assert_eq!(app.query(peek, input("ada", "SUMMARY", None)).await["data"]["content"]["cache"]["hit"], true);

    let stream = "subscription($input: ContentInput!) { contentStream(input: $input) { seq delta done content { markdown } error { code } } }";
    let chunks = app.client.subscribe(stream, input("ada", "SUMMARY", None)).await;
    let text: String = chunks.iter().map(|chunk| chunk["data"]["contentStream"]["delta"].as_str().unwrap()).collect();
    let last = &chunks.last().unwrap()["data"]["contentStream"];
    assert_eq!((&last["done"], &last["content"]["markdown"]), (&json!(true), &json!(text)));

    let old = app.query("{ explanation(topic: \"gradient boosting\", difficulty: 3) { markdown } }", json!({})).await;
    assert!(old["data"]["explanation"]["markdown"].as_str().unwrap().contains("Gradient boosting"), "{old}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_about_what_the_library_lacks() {
    let app = TestApp::start().await;
    app.with_path("ada", "ml_engineer").await;
    let lacking = json!({ "input": { "userId": "ada", "topicId": "kubernetes", "kind": "SUMMARY" } });
    let answer = app.query(REQUEST, lacking).await;
    let payload = &answer["data"]["requestContent"];
    assert_eq!((&payload["content"], &payload["userErrors"][0]["code"]), (&Value::Null, &json!("TOPIC_NOT_COVERED")));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_learners_words_do_not_reach_another_through_the_shared_cache() {
    let app = TestApp::start().await;
    let named = "mutation { updateJobProfile(input: { userId: \"ada\", templateId: \"ml_engineer\", jobTitle: \"Secret Desk\", wait: true }) { user { id } } }";
    app.query(named, json!({})).await;
    let answer = app.query(REQUEST, input("ada", "EXPLANATION", None)).await;
    let content = &answer["data"]["requestContent"]["content"];
    assert_eq!(content["cache"]["keyKind"], "TEMPLATE");
    assert!(!content["markdown"].as_str().unwrap().contains("Secret Desk"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overruled_topic_is_not_served_from_the_cache() {
    let app = TestApp::start().await;
    app.with_path("ada", "ml_engineer").await;
    app.query(REQUEST, input("ada", "SUMMARY", None)).await;
    let overrule = "mutation { overrideCoverage(input: { topic: \"gradient-boosting\", covered: false }) { userErrors { code } } }";
    app.query(overrule, json!({})).await;
    let answer = app.query(REQUEST, input("ada", "SUMMARY", None)).await;
    assert_eq!(answer["data"]["requestContent"]["userErrors"][0]["code"], "TOPIC_NOT_COVERED", "{answer}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piece_outlives_all_changes_but_those_of_what_it_is_made_of() {
    let app = TestApp::empty().await;
    let ingest = "mutation($title: String!, $text: String!) {
        ingestBook(input: { title: $title, format: MARKDOWN, text: $text }) { book { id } userErrors { message } } }";
    let boosting = "# Gradient boosting\n\nGradient boosting is a method that adds trees one after the other. Gradient boosting \
        fits each tree to what the trees before it left over, and gradient boosting shrinks each of them.\n";
    let knots =
        "# The bowline\n\nThe bowline is a knot that makes a loop at the end of a rope. The bowline does not slip.\n";
    let put = async |title: &str, text: &str| {
        let answer = app.query(ingest, json!({ "title": title, "text": text })).await;
        answer["data"]["ingestBook"]["book"]["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    };
    let remove = async |id: &str| {
        app.query("mutation($id: ID!) { removeBook(input: { id: $id }) { removedId } }", json!({ "id": id })).await;
    };
    let piece = async || {
        let answer = app.query(REQUEST, input("ada", "SUMMARY", None)).await;
        answer["data"]["requestContent"]["content"].clone()
    };
    put("Trees", boosting).await;
    app.with_path("ada", "ml_engineer").await;
    let written = piece().await;
    assert_eq!(written["cache"]["hit"], false, "{written}");

    let other = put("Knots", knots).await;
    let overrule = "mutation { overrideCoverage(input: { topic: \"sql\", covered: true }) { userErrors { code } } }";
    app.query(overrule, json!({})).await;
    let with_another_book = piece().await;
    remove(&other).await;
    for kept in [with_another_book, piece().await] {
        assert_eq!((&kept["id"], &kept["cache"]["hit"]), (&written["id"], &json!(true)));
    }

    put("Trees", &format!("{boosting}\nGradient boosting was thought of in 1999, and gradient boosting is fast.\n"))
        .await;
    let anew = piece().await;
    assert!(anew["id"].is_string() && anew["id"] != written["id"], "{anew}");
    let stats = app.query(STATS, json!({})).await;
    assert_eq!(stats["data"]["cacheStats"]["entries"], 1, "what has lost its passages is forgotten");
    assert!(app.services.store.orphans().await.unwrap().is_empty());
    app.stop().await;
}
