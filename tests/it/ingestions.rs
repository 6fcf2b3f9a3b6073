use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, parsed};
use crate::test_app::TestApp;

const BOOK: &str = "# A primer\n\n## Dropout\n\nDropout switches units off at random while a network is trained. Dropout is a regulariser: units that \
    may be off cannot rely on each other.\n\n## Gradient descent\n\nGradient descent walks against the gradient. A step is as long as \
    the learning rate says.\n";

const FOLLOW: &str = "subscription($id: ID!) { ingestion(id: $id) {
    id title state percent passageCount outcome book { id title } skipped { name } error { code message } } }";

async fn send(client: &Client, query: &str, book: impl Into<reqwest::Body>) -> (u16, Value) {
    let request = client.request(Method::POST, &format!("/books?{query}")).body(book);
    let answer = request.header("content-type", "application/octet-stream").send().await.unwrap();
    (answer.status().as_u16(), parsed(answer).await)
}

fn code(answer: &Value) -> &Value {
    &answer["errors"][0]["extensions"]["code"]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_is_sent_as_it_is_and_followed_into_the_library() {
    let app = TestApp::empty().await;
    let (status, taken) = send(&app.client, "title=A%20primer&file=primer.md", BOOK).await;
    assert_eq!(status, 202, "{taken}");
    let states = app.client.subscribe(FOLLOW, json!({ "id": taken["id"] })).await;
    let last = &states.last().unwrap()["data"]["ingestion"];
    assert_eq!(
        (&last["state"], &last["outcome"], &last["percent"]),
        (&json!("COMPLETED"), &json!("ADDED"), &json!(100))
    );
    assert_eq!(last["book"]["title"], "A primer");
    assert_eq!(last["passageCount"], 2);
    assert!(states[..states.len() - 1].iter().all(|state| state["data"]["ingestion"]["state"] == "RUNNING"));

    // Whoever comes late is told the end, and the same book again is none.
    let again = app.client.subscribe(FOLLOW, json!({ "id": taken["id"] })).await;
    assert_eq!(again.iter().map(|state| &state["data"]["ingestion"]).collect::<Vec<_>>(), [last]);
    let (_, second) = send(&app.client, "title=A%20primer&file=primer.md", BOOK).await;
    let states = app.client.subscribe(FOLLOW, json!({ "id": second["id"] })).await;
    assert_eq!(states.last().unwrap()["data"]["ingestion"]["outcome"], "UNCHANGED");
    let all = app.query("{ ingestions { id } }", json!({})).await;
    assert_eq!(all["data"]["ingestions"], json!([{ "id": second["id"] }, { "id": taken["id"] }]));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_book_is_told_and_harms_nothing() {
    let app = TestApp::builder().without_sample().config("library.file_mib = 1").start().await;
    let (_, taken) = send(&app.client, "title=Broken&file=broken.pdf", "%PDF-1.7 and nothing else").await;
    let states = app.client.subscribe(FOLLOW, json!({ "id": taken["id"] })).await;
    let last = &states.last().unwrap()["data"]["ingestion"];
    assert_eq!((&last["state"], &last["error"]["code"]), (&json!("FAILED"), &json!("BOOK_UNREADABLE")), "{last}");

    let (status, large) = send(&app.client, "title=Large&file=large.txt", vec![b'a'; (1 << 20) + 1]).await;
    assert_eq!((status, code(&large)), (413, &json!("BODY_TOO_LARGE")));
    let (status, nameless) = send(&app.client, "title=%20&file=a.md", BOOK).await;
    assert_eq!((status, code(&nameless)), (400, &json!("INVALID_INPUT")));
    let (status, program) = send(&app.client, "title=a&file=a.exe", BOOK).await;
    assert_eq!((status, code(&program)), (400, &json!("INVALID_INPUT")));
    let (status, bare) = send(&app.client, "", BOOK).await;
    assert_eq!((status, code(&bare)), (400, &json!("BAD_REQUEST")));
    let as_text = app.client.request(Method::POST, "/books?title=a&file=a.md").body(BOOK).send().await.unwrap();
    assert_eq!(as_text.status(), 400);
    let unknown = app.client.subscribe(FOLLOW, json!({ "id": "nobody" })).await;
    assert_eq!(unknown[0]["errors"][0]["extensions"]["code"], "INVALID_INPUT", "{unknown:?}");
    let library = app.query("{ library { books { totalCount } } }", json!({})).await;
    assert_eq!(library["data"]["library"]["books"]["totalCount"], 0);
    app.stop().await;
}
