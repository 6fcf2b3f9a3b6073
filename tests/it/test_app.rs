use std::sync::Arc;
use std::time::Duration;

use pathwright::app::App;
use pathwright::config::Config;
use pathwright::host::Registry;
use pathwright::services::Services;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::Client;

/// A server of its own for a test: fresh database in memory, free port, no network but loopback.
pub struct TestApp {
    pub client: Client,
    pub services: Services,
    stop: Option<oneshot::Sender<()>>,
    serving: Option<JoinHandle<()>>,
    plugins_may_fall: bool,
}

pub struct Builder {
    config: String,
    registry: Registry,
    sample: bool,
    plugins_may_fall: bool,
}

/// What reads files apart: the test is another program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_pathwright");

const SMALL_BOOK: &str = "# Limit order book\n\nA limit order book is the list of all resting orders of an exchange. The limit order book changes with every \
    message, and traders read the limit order book to see how deep the market is.\n\n# SQL\n\nSQL is the language of relational databases. SQL queries \
    say what is wanted, and the database finds out how. Most SQL databases keep statistics for that.\n\n# Python\n\nPython is a language whose programs \
    are short. Python is slow by itself, and its libraries are written in C. Most Python programs are read more often than written.\n";

impl TestApp {
    pub fn builder() -> Builder {
        Builder { config: String::new(), registry: Registry::built_in(), sample: true, plugins_may_fall: false }
    }

    /// With the sample library.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// With no book at all.
    pub async fn empty() -> Self {
        Self::builder().without_sample().start().await
    }

    pub async fn query(&self, query: &str, variables: Value) -> Value {
        self.client.query(query, variables).await
    }

    /// Makes a path for a new user of a template, and waits for it.
    pub async fn with_path(&self, user: &str, template: &str) -> Value {
        let query = "mutation($user: ID!, $template: ID!) {
            updateJobProfile(input: { userId: $user, templateId: $template, wait: true }) {
                generation { id state } learningPath { id coveragePercentage stages { name topics { id title } } } userErrors { code message }
            }
        }";
        let answer = self.query(query, serde_json::json!({ "user": user, "template": template })).await;
        let payload = answer["data"]["updateJobProfile"].clone();
        assert_eq!(payload["generation"]["state"], "COMPLETED", "{answer}");
        payload
    }

    /// A book of three sections, each of which covers a topic of the map: quicker to judge than the sample library.
    pub async fn ingest_small_book(&self) {
        let ingest = "mutation($text: String!) {
            ingestBook(input: { title: \"Desk\", format: MARKDOWN, text: $text }) { userErrors { message } }
        }";
        let answer = self.query(ingest, serde_json::json!({ "text": SMALL_BOOK })).await;
        assert_eq!(answer["data"]["ingestBook"]["userErrors"], serde_json::json!([]), "{answer}");
    }

    /// Stops the server and fails when a plugin fell that should not have.
    pub async fn stop(mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        if let Some(serving) = self.serving.take() {
            serving.await.unwrap();
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        let fallen: Vec<_> = self.services.host.status().into_iter().filter(|plugin| plugin.restarts > 0).collect();
        if !std::thread::panicking() {
            assert!(self.plugins_may_fall || fallen.is_empty(), "a plugin fell: {fallen:?}");
        }
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

impl Builder {
    /// TOML over the defaults.
    pub fn config(mut self, toml: &str) -> Self {
        self.config.push_str(toml);
        self
    }

    pub fn without_sample(mut self) -> Self {
        self.sample = false;
        self
    }

    /// Plugins of the test's own.
    pub fn registry(mut self, change: impl FnOnce(&mut Registry)) -> Self {
        change(&mut self.registry);
        self
    }

    pub fn plugins_may_fall(mut self) -> Self {
        self.plugins_may_fall = true;
        self
    }

    pub async fn start(self) -> TestApp {
        let toml = format!("store = \"mem://\"\nlibrary.reader_program = {PROGRAM:?}\n{}", self.config);
        let app = App::build_with(Config::from_toml(&toml).unwrap(), &self.registry).await.unwrap();
        if self.sample {
            assert_eq!(app.offer_sample().await.unwrap().len(), 3);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let services = app.services.clone();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(async move {
            let signal = async move {
                let _ = stopped.await;
            };
            app.serve(listener, signal).await.unwrap();
        });
        TestApp {
            client: Client::new(&address.to_string()),
            services,
            stop: Some(stop),
            serving: Some(serving),
            plugins_may_fall: self.plugins_may_fall,
        }
    }
}

/// Waits for a condition; a time only bounds how long a failure takes.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let met = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), met).await.unwrap_or_else(|_| panic!("not in time: {what}"));
}

/// Asks from many tasks at once.
pub async fn at_once<T: Send + 'static>(
    times: usize,
    ask: impl Fn(usize) -> futures::future::BoxFuture<'static, T>,
) -> Vec<T> {
    let ask = Arc::new(ask);
    let tasks: Vec<_> = (0..times).map(|at| tokio::spawn(ask(at))).collect();
    let mut answers = Vec::with_capacity(times);
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}
