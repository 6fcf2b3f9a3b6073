use std::sync::Arc;

use pathwright::app::App;
use pathwright::config::Config;
use pathwright::graphql::Services;
use pathwright::host::Registry;
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
                generation { id state } learningPath { id coveragePercentage stages { topics { id title } } } userErrors { code message }
            }
        }";
        let answer = self.query(query, serde_json::json!({ "user": user, "template": template })).await;
        let payload = answer["data"]["updateJobProfile"].clone();
        assert_eq!(payload["generation"]["state"], "COMPLETED", "{answer}");
        payload
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
        let toml = format!("store = \"mem://\"\n{}", self.config);
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
