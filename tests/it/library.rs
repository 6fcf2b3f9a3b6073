use serde_json::{Value, json};

use crate::test_app::TestApp;

const INGEST: &str = "mutation($input: IngestBookInput!) {
    ingestBook(input: $input) { outcome book { id title sectionCount passageCount } skipped { name } userErrors { field code } }
}";

fn book(text: &str) -> Value {
    json!({ "input": { "title": "Basket weaving", "format": "MARKDOWN", "text": text } })
}

const TEXT: &str = "# Willow\n\nWillow is a wood that bends. <script>alert(1)</script>\n\n## Soaking\n\nSoaking is the first step: \
    willow is soaked in cold water for a day, so that it bends without breaking. Soaking for longer makes willow rot.";

#[tokio::test(flavor = "multi_thread")]
async fn a_book_comes_stays_changes_and_goes() {
    let app = TestApp::empty().await;
    let outcome = |answer: &Value| answer["data"]["ingestBook"]["outcome"].clone();
    let added = app.query(INGEST, book(TEXT)).await;
    assert_eq!(outcome(&added), "ADDED", "{added}");
    assert_eq!(outcome(&app.query(INGEST, book(TEXT)).await), "UNCHANGED");

    let search = "query($q: String!) { searchLibrary(query: $q, first: 3) { score passage { text section { title book { id title } } } } }";
    let found = app.query(search, json!({ "q": "soaking willow" })).await;
    let best = &found["data"]["searchLibrary"][0]["passage"];
    assert_eq!(
        best["section"],
        json!({ "title": "Soaking", "book": { "id": "basket-weaving", "title": "Basket weaving" } })
    );
    let covered = app.query("{ coverage(topic: \"Soaking\") { covered numChunks } }", json!({})).await;
    assert_eq!(covered["data"]["coverage"], json!({ "covered": true, "numChunks": 1 }));

    assert_eq!(
        outcome(&app.query(INGEST, book("# Cane\n\nCane is another plant that is woven into chairs.")).await),
        "REPLACED"
    );
    let gone = app.query(search, json!({ "q": "soaking willow" })).await;
    assert!(!gone.to_string().contains("Soaking"), "{gone}");

    let remove = "mutation { removeBook(input: { id: \"basket-weaving\" }) { removedId userErrors { code } } }";
    assert_eq!(app.query(remove, json!({})).await["data"]["removeBook"]["removedId"], "basket-weaving");
    assert_eq!(app.query(remove, json!({})).await["data"]["removeBook"]["userErrors"][0]["code"], "BOOK_NOT_FOUND");
    let left = app
        .query("{ library { revision books { totalCount } } searchLibrary(query: \"cane\") { score } }", json!({}))
        .await;
    assert_eq!(left["data"]["library"], json!({ "revision": 4, "books": { "totalCount": 0 } }));
    assert_eq!(left["data"]["searchLibrary"], json!([]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_a_book_removes_the_pieces_that_cite_it() {
    let app = TestApp::start().await;
    app.with_path("ada", "ml_engineer").await;
    let request = "mutation { requestContent(input: { userId: \"ada\", topicId: \"transformers\", kind: SUMMARY }) {
        content { citations { passage { section { book { id } } } } } userErrors { code } } }";
    let book =
        app.query(request, json!({})).await["data"]["requestContent"]["content"]["citations"][0]["passage"]["section"]
            ["book"]["id"]
            .clone();
    assert_eq!(book, "deep-learning");
    app.query("mutation($id: ID!) { removeBook(input: { id: $id }) { removedId } }", json!({ "id": book })).await;
    let after = app.query(request, json!({})).await;
    assert_eq!(after["data"]["requestContent"]["userErrors"][0]["code"], "TOPIC_NOT_COVERED", "{after}");
    assert_eq!(app.query("{ cacheStats { entries } }", json!({})).await["data"]["cacheStats"]["entries"], 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_cost_a_bounded_number_of_round_trips() {
    let app = TestApp::start().await;
    app.with_path("ada", "general").await;
    let query = "query { user(id: \"ada\") { learningPath {
        stages { topics { title source { section book { title } passage { text section { title book { title } } } } } }
        coveredTopics { source { book { title } } passages { score passage { text section { title book { title } } } } }
        uncoveredTopics { passages { passage { section { book { title } } } } }
    } } }";
    let before = app.services.store.query_count();
    let answer = app.query(query, json!({})).await;
    let cost = app.services.store.query_count() - before;
    assert!(answer["errors"].is_null(), "{answer}");
    assert!(cost <= 12, "{cost} round trips");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other() {
    let app = TestApp::start().await;
    let query = "query($after: String) { library { books(first: 2, after: $after) { totalCount edges { node { id } } pageInfo { hasNextPage endCursor } } } }";
    let first = app.query(query, json!({})).await;
    let page = &first["data"]["library"]["books"];
    assert_eq!((&page["totalCount"], &page["pageInfo"]["hasNextPage"]), (&json!(3), &json!(true)));
    let second = app.query(query, json!({ "after": page["pageInfo"]["endCursor"] })).await;
    let page = &second["data"]["library"]["books"];
    assert_eq!((page["edges"].as_array().unwrap().len(), &page["pageInfo"]["hasNextPage"]), (1, &json!(false)));
    app.stop().await;
}
