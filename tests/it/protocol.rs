use futures::SinkExt;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::client::parsed;
use crate::test_app::TestApp;

async fn post(app: &TestApp, accept: &str, body: Value) -> (u16, String, Value) {
    let response = app.client.post(body.to_string()).header("accept", accept).send().await.unwrap();
    let media = response.headers()["content-type"].to_str().unwrap().split(';').next().unwrap().to_owned();
    (response.status().as_u16(), media, parsed(response).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_have_the_media_type_and_status_the_client_understands() {
    let app = TestApp::empty().await;
    let new = "application/graphql-response+json";
    let good = json!({ "query": "{ library { revision } }" });
    assert_eq!(
        post(&app, new, good.clone()).await,
        (200, new.to_owned(), json!({ "data": { "library": { "revision": 1 } } }))
    );
    assert_eq!(post(&app, "*/*", good).await.1, "application/json");
    for bad in ["{ nonsense }", "{ library {", "query($x: Nope) { library { revision } }"] {
        let (status, _, answer) = post(&app, new, json!({ "query": bad })).await;
        assert_eq!(
            (status, answer.get("data"), &answer["errors"][0]["extensions"]["code"]),
            (400, None, &json!("GRAPHQL_INVALID")),
            "{bad}"
        );
        assert_eq!(post(&app, "application/json", json!({ "query": bad })).await.0, 200, "{bad}");
    }
    for malformed in
        [json!({}), json!([]), json!({ "query": 3 }), json!({ "query": "{ __typename }", "variables": [] })]
    {
        let (status, _, answer) = post(&app, "application/json", malformed.clone()).await;
        assert_eq!((status, &answer["errors"][0]["extensions"]["code"]), (400, &json!("BAD_REQUEST")), "{malformed}");
    }
    let plain = app
        .client
        .request(Method::POST, "/graphql")
        .header("content-type", "text/plain")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(plain.status(), 415);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn get_serves_queries_and_nothing_else() {
    let app = TestApp::empty().await;
    let get = |query: &str| app.client.request(Method::GET, &format!("/graphql?query={query}")).send();
    assert_eq!(get("%7Blibrary%7Brevision%7D%7D").await.unwrap().status(), 200);
    let mutation = get("mutation%7BdeleteUser(input:%7Bid:%22x%22%7D)%7BdeletedId%7D%7D").await.unwrap();
    assert_eq!((mutation.status().as_u16(), mutation.headers()["allow"].to_str().unwrap()), (405, "POST"));
    assert_eq!(app.client.request(Method::GET, "/graphql").send().await.unwrap().status(), 400);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn subscriptions_come_as_server_sent_events() {
    let app = TestApp::empty().await;
    let id = app.with_path("ada", "general").await["generation"]["id"].clone();
    let body = json!({ "query": "subscription($id: ID!) { pathGeneration(id: $id) { seq state } }", "variables": { "id": id } });
    let response = app.client.post(body.to_string()).header("accept", "text/event-stream").send().await.unwrap();
    let text = String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap();
    let events: Vec<&str> =
        text.split("\n\n").filter(|event| !event.trim().is_empty() && !event.starts_with(':')).collect();
    assert!(events[0].starts_with("event: next\ndata: {\"data\":{\"pathGeneration\":{\"seq\":1,"), "{text}");
    assert!(events[events.len() - 2].contains("COMPLETED"), "{text}");
    assert!(events.last().unwrap().starts_with("event: complete"), "{text}");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_breaks_the_protocol_is_closed_with_the_protocols_code() {
    let app = TestApp::empty().await;
    let init = json!({ "type": "connection_init" });
    let subscribe = |id: &str| json!({ "type": "subscribe", "id": id, "payload": { "query": "subscription { pathGeneration(id: \"x\") { seq } }" } });

    assert_eq!(app.client.raw_socket("graphql-transport-ws, other").await.0.close(None).await.ok(), Some(()));
    let mut early = app.client.raw_socket("graphql-transport-ws").await;
    early.send(&subscribe("1")).await;
    assert_eq!(early.closed().await, 4401);
    let mut polite = app.client.raw_socket("graphql-transport-ws").await;
    polite.send(&json!({ "type": "ping" })).await;
    assert_eq!(polite.next().await["type"], "pong");
    let mut twice = app.client.socket().await;
    twice.send(&init).await;
    assert_eq!(twice.closed().await, 4429);
    for nonsense in ["{", "{\"type\":\"nonsense\"}", "{\"type\":\"subscribe\"}", "[]"] {
        let mut socket = app.client.socket().await;
        socket.0.send(Message::text(nonsense)).await.unwrap();
        assert_eq!(socket.closed().await, 4400, "{nonsense}");
    }
    let mut binary = app.client.socket().await;
    binary.0.send(Message::binary(vec![0xff, 0x00])).await.unwrap();
    assert_eq!(binary.closed().await, 4400);
    // The server is as well as before.
    let mut socket = app.client.socket().await;
    socket.send(&json!({ "type": "ping" })).await;
    assert_eq!(socket.next().await["type"], "pong");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_id_is_used_once_at_a_time() {
    let app = TestApp::builder().without_sample().config("[limits]\noperations_per_socket = 1\n").start().await;
    let id = app.with_path("ada", "general").await["generation"]["id"].clone();
    let events = "subscription($id: ID!) { pathGeneration(id: $id) { seq } }";
    let mut socket = app.client.socket().await;
    socket.subscribe("1", events, json!({ "id": id })).await;
    socket.subscribe("1", events, json!({ "id": id })).await;
    // Either the first was over in time and the second is answered, or the second is refused.
    let ended = async {
        loop {
            match futures::StreamExt::next(&mut socket.0).await.unwrap().unwrap() {
                Message::Close(Some(frame)) => return u16::from(frame.code) == 4409,
                Message::Text(text) if text.contains("\"complete\"") => return true,
                _ => {}
            }
        }
    };
    assert!(tokio::time::timeout(std::time::Duration::from_mins(1), ended).await.expect("it ends"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn defaults_of_variables_hold_in_directives() {
    let app = TestApp::empty().await;
    let query = "query($no: Boolean = true) { library { revision @skip(if: $no) __typename } }";
    assert_eq!(app.query(query, json!({})).await, json!({ "data": { "library": { "__typename": "Library" } } }));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told() {
    let app = TestApp::empty().await;
    let ready = app.client.request(Method::GET, "/readyz").send().await.unwrap();
    assert_eq!(parsed(ready).await, json!({ "status": "ready", "problems": [] }));
    assert_eq!(app.client.request(Method::GET, "/healthz").send().await.unwrap().status(), 200);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_farewell_is_answered() {
    let app = TestApp::empty().await;
    let mut socket = app.client.socket().await;
    let farewell = CloseFrame { code: CloseCode::Normal, reason: "".into() };
    socket.0.close(Some(farewell)).await.unwrap();
    assert_eq!(socket.closed().await, 1000);
    app.stop().await;
}
