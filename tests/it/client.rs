use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A frontend.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub address: String,
    pub key: Option<String>,
}

impl Client {
    pub fn new(address: &str) -> Self {
        pathwright::llm::choose_cryptography();
        Self { http: reqwest::Client::new(), address: address.to_owned(), key: None }
    }

    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, self.url(path));
        match &self.key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        }
    }

    pub fn post(&self, body: impl Into<reqwest::Body>) -> reqwest::RequestBuilder {
        self.request(reqwest::Method::POST, "/graphql").header("content-type", "application/json").body(body)
    }

    pub async fn query(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        parsed(self.post(body).send().await.unwrap()).await
    }

    pub async fn socket(&self) -> Socket {
        let mut socket = self.raw_socket("graphql-transport-ws").await;
        let payload = self.key.as_ref().map(|key| json!({ "authorization": format!("Bearer {key}") }));
        socket.send(&json!({ "type": "connection_init", "payload": payload })).await;
        let answer = socket.next().await;
        assert_eq!(answer, json!({ "type": "connection_ack" }));
        socket
    }

    pub async fn raw_socket(&self, protocol: &str) -> Socket {
        let mut request = format!("ws://{}/graphql/ws", self.address).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
        Socket(connect_async(request).await.unwrap().0)
    }

    /// All answers to a subscription.
    pub async fn subscribe(&self, query: &str, variables: Value) -> Vec<Value> {
        let mut socket = self.socket().await;
        socket.subscribe("1", query, variables).await;
        socket.rest().await
    }
}

pub async fn parsed(response: reqwest::Response) -> Value {
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

pub struct Socket(pub WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub async fn send(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub async fn subscribe(&mut self, id: &str, query: &str, variables: Value) {
        let payload = json!({ "query": query, "variables": variables });
        self.send(&json!({ "type": "subscribe", "id": id, "payload": payload })).await;
    }

    pub async fn next(&mut self) -> Value {
        loop {
            match self.0.next().await.expect("the socket is open").unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// What is still to come of the one subscription.
    pub async fn rest(&mut self) -> Vec<Value> {
        let mut answers = Vec::new();
        loop {
            let message = self.next().await;
            match message["type"].as_str().unwrap() {
                "next" => answers.push(message["payload"].clone()),
                "complete" => return answers,
                "ping" => {}
                _ => panic!("{message}"),
            }
        }
    }

    /// The code the server closes with.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match self.0.next().await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}
