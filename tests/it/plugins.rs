use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use actix::{Actor, Context, Handler, ResponseFuture};
use pathwright_api::coverage::{ExternalResource, Verdict};
use pathwright_api::job::{JobProfile, JobTarget};
use pathwright_api::messages::{Analyze, CheckCoverage, FindResources};
use pathwright_api::plugin::{AnalyzerHandles, Ask, CoverageHandles, Plugin, PluginInit};
use pathwright_api::{ErrorCode, Failure};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::alphabetical::Alphabetical;
use crate::test_app::{TestApp, until};

/// Panics over a posting that says so, answers the general template otherwise.
struct Fragile(PluginInit<NoConfig>);

#[derive(serde::Deserialize, Default, Clone)]
pub struct NoConfig {}

impl Plugin for Fragile {
    const NAME: &'static str = "fragile";
    const VERSION: &'static str = "1";
    type Config = NoConfig;
    type Handles = AnalyzerHandles;

    fn start(init: PluginInit<NoConfig>) -> Result<AnalyzerHandles, Failure> {
        let arbiter = init.arbiter.clone();
        Ok(AnalyzerHandles { analyze: Self::start_in_arbiter(&arbiter, |_| Self(init)).recipient() })
    }
}

impl Actor for Fragile {
    type Context = Context<Self>;
}

static PANICKED: AtomicBool = AtomicBool::new(false);

impl Handler<Ask<Analyze>> for Fragile {
    type Result = Result<JobProfile, Failure>;

    fn handle(&mut self, message: Ask<Analyze>, _: &mut Context<Self>) -> Self::Result {
        let asked_to = message.question.target.description.as_deref().is_some_and(|posting| posting.contains("panic"));
        if asked_to && !PANICKED.swap(true, SeqCst) {
            // Without the hook: to print the trace of a program of this size can take longer than a deadline.
            std::panic::resume_unwind(Box::new("asked to panic, the first time"));
        }
        Ok(self.0.templates.general().profile(&self.0.topics, &message.question.target))
    }
}

/// An analyzer without any state.
macro_rules! analyzer_plugin {
    ($plugin:ident, $name:literal) => {
        impl Plugin for $plugin {
            const NAME: &'static str = $name;
            const VERSION: &'static str = "1";
            type Config = NoConfig;
            type Handles = AnalyzerHandles;

            fn start(init: PluginInit<NoConfig>) -> Result<AnalyzerHandles, Failure> {
                Ok(AnalyzerHandles { analyze: Self::start_in_arbiter(&init.arbiter, |_| Self).recipient() })
            }
        }

        impl Actor for $plugin {
            type Context = Context<Self>;
        }
    };
}

/// Never answers.
struct Silent;

analyzer_plugin!(Silent, "silent");

impl Handler<Ask<Analyze>> for Silent {
    type Result = ResponseFuture<Result<JobProfile, Failure>>;

    fn handle(&mut self, _: Ask<Analyze>, _: &mut Context<Self>) -> Self::Result {
        Box::pin(std::future::pending())
    }
}

/// Answers for no topic at all.
pub struct Forgetful;

impl Plugin for Forgetful {
    const NAME: &'static str = "forgetful";
    const VERSION: &'static str = "1";
    type Config = NoConfig;
    type Handles = CoverageHandles;

    fn start(init: PluginInit<NoConfig>) -> Result<CoverageHandles, Failure> {
        let address = Self::start_in_arbiter(&init.arbiter, |_| Self);
        Ok(CoverageHandles { check: address.clone().recipient(), resources: address.recipient() })
    }
}

impl Actor for Forgetful {
    type Context = Context<Self>;
}

impl Handler<Ask<CheckCoverage>> for Forgetful {
    type Result = Result<Vec<Verdict>, Failure>;

    fn handle(&mut self, _: Ask<CheckCoverage>, _: &mut Context<Self>) -> Self::Result {
        Ok(Vec::new())
    }
}

impl Handler<Ask<FindResources>> for Forgetful {
    type Result = Result<Vec<ExternalResource>, Failure>;

    fn handle(&mut self, _: Ask<FindResources>, _: &mut Context<Self>) -> Self::Result {
        Ok(Vec::new())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_leaves_topics_out_fails_the_generation_with_a_reason() {
    let config = "[plugins.coverage]\nname = \"forgetful\"\nmailbox = 8\ndeadline_seconds = 5\nsettings = {}\n";
    let app = TestApp::builder()
        .without_sample()
        .registry(|registry| registry.coverage.add::<Forgetful>())
        .config(config)
        .start()
        .await;
    let answer = app.query(UPDATE, json!({ "posting": "SQL" })).await;
    let payload = &answer["data"]["updateJobProfile"];
    assert_eq!(
        (&payload["generation"]["state"], &payload["userErrors"][0]["code"]),
        (&json!("FAILED"), &json!("PLUGIN_FAILED"))
    );
    let user = app.query("{ user(id: \"ada\") { generation { error { code message } } } }", json!({})).await;
    assert!(
        user["data"]["user"]["generation"]["error"]["message"].as_str().unwrap().contains("no verdict on"),
        "{user}"
    );
    app.stop().await;
}

fn analyzer(name: &str, mailbox: u32, deadline_seconds: u32) -> String {
    format!(
        "[plugins.analyzer]\nname = \"{name}\"\nmailbox = {mailbox}\ndeadline_seconds = {deadline_seconds}\nsettings = {{}}\n"
    )
}

const UPDATE: &str = "mutation($posting: String!) {
    updateJobProfile(input: { userId: \"ada\", jobDescription: $posting, wait: true }) {
        generation { state } jobProfile { origin fallbackReason } userErrors { code }
    }
}";

async fn analyzer_status(app: &TestApp) -> Value {
    let plugins =
        app.query("{ plugins { capability state restarts failed mailbox { depth capacity } } }", json!({})).await;
    plugins["data"]["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .find(|plugin| plugin["capability"] == "analyzer")
        .unwrap()
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_panics_answers_the_next_request() {
    let app = TestApp::builder()
        .without_sample()
        .plugins_may_fall()
        .registry(|registry| registry.analyzer.add::<Fragile>())
        .config(&analyzer("fragile", 8, 60))
        .start()
        .await;
    let answer = app.query(UPDATE, json!({ "posting": "please panic" })).await;
    assert_eq!(answer["data"]["updateJobProfile"]["generation"]["state"], "COMPLETED", "{answer}");
    let status = analyzer_status(&app).await;
    assert_eq!((&status["restarts"], &status["state"]), (&json!(1), &json!("RUNNING")), "{status}");
    let answer = app.query(UPDATE, json!({ "posting": "a calm posting" })).await;
    assert_eq!(answer["data"]["updateJobProfile"]["jobProfile"]["fallbackReason"], Value::Null, "{answer}");
    assert_eq!(analyzer_status(&app).await["restarts"], 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_never_answers_is_replaced_by_the_general_template_which_says_so() {
    let app = TestApp::builder()
        .without_sample()
        .registry(|registry| registry.analyzer.add::<Silent>())
        .config(&analyzer("silent", 8, 1))
        .start()
        .await;
    let answer = app.query(UPDATE, json!({ "posting": "a posting" })).await;
    let payload = &answer["data"]["updateJobProfile"];
    assert_eq!(payload["generation"]["state"], "COMPLETED");
    assert!(
        payload["jobProfile"]["fallbackReason"].as_str().unwrap().contains("did not answer within 1 s"),
        "{answer}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_mailbox_pushes_back_with_a_hint() {
    let app = TestApp::builder()
        .without_sample()
        .registry(|registry| registry.analyzer.add::<Silent>())
        .config(&analyzer("silent", 1, 30))
        .start()
        .await;
    let host = Arc::clone(&app.services.host);
    let first = tokio::spawn(async move { host.analyzer.ask(|handles| &handles.analyze, question()).await });
    while analyzer_status(&app).await["mailbox"]["depth"] != 1 {
        tokio::task::yield_now().await;
    }
    let refused = app.services.host.analyzer.ask(|handles| &handles.analyze, question()).await;
    let failure = refused.unwrap_err();
    assert_eq!(failure.code, ErrorCode::Busy);
    assert!(failure.retry_after_ms.is_some_and(|wait| wait > 0));
    first.abort();
    app.stop().await;
}

fn question() -> Analyze {
    Analyze { target: JobTarget::default() }
}

/// Works until it is let go, whoever waits for it.
struct Stubborn;

static AT_WORK: AtomicUsize = AtomicUsize::new(0);
static MOST_AT_WORK: AtomicUsize = AtomicUsize::new(0);
static LET_GO: Notify = Notify::const_new();

analyzer_plugin!(Stubborn, "stubborn");

impl Handler<Ask<Analyze>> for Stubborn {
    type Result = ResponseFuture<Result<JobProfile, Failure>>;

    fn handle(&mut self, message: Ask<Analyze>, _: &mut Context<Self>) -> Self::Result {
        MOST_AT_WORK.fetch_max(AT_WORK.fetch_add(1, SeqCst) + 1, SeqCst);
        Box::pin(async move {
            message.cancelled.cancelled().await;
            LET_GO.notified().await;
            AT_WORK.fetch_sub(1, SeqCst);
            Err(Failure::internal("nobody waited"))
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn askers_who_leave_do_not_let_others_in_while_their_work_goes_on() {
    let app = TestApp::builder()
        .without_sample()
        .registry(|registry| registry.analyzer.add::<Stubborn>())
        .config(&analyzer("stubborn", 1, 60))
        .start()
        .await;
    let host = &app.services.host;
    let mut busy = 0;
    for _ in 0..50 {
        let asked = host.analyzer.ask(|handles| &handles.analyze, question());
        if let Ok(answer) = tokio::time::timeout(Duration::from_millis(10), asked).await {
            assert_eq!(answer.unwrap_err().code, ErrorCode::Busy);
            busy += 1;
        }
    }
    assert_eq!((busy, MOST_AT_WORK.load(SeqCst)), (49, 1));
    // The token told it that nobody waits; once the work has ended, there is room again.
    LET_GO.notify_one();
    until("the work has ended", || host.analyzer.status().depth == 0).await;
    app.stop().await;
}

/// The first of its kind never gives its thread back.
struct Stuck;

static IS_STUCK: AtomicBool = AtomicBool::new(false);

analyzer_plugin!(Stuck, "stuck");

impl Handler<Ask<Analyze>> for Stuck {
    type Result = Result<JobProfile, Failure>;

    fn handle(&mut self, _: Ask<Analyze>, _: &mut Context<Self>) -> Self::Result {
        if IS_STUCK.swap(true, SeqCst) {
            return Err(Failure::new(ErrorCode::InvalidInput, "here I am"));
        }
        loop {
            std::thread::park();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_hangs_is_given_up_and_another_one_answers() {
    let app = TestApp::builder()
        .without_sample()
        .plugins_may_fall()
        .registry(|registry| registry.analyzer.add::<Stuck>())
        .config(&analyzer("stuck", 2, 1))
        .start()
        .await;
    let host = &app.services.host;
    let ask = || host.analyzer.ask(|handles| &handles.analyze, question());
    // Two fill what may be under way, and both stay there.
    let (one, two) = tokio::join!(ask(), ask());
    assert_eq!([one, two].map(|answer| answer.unwrap_err().code), [ErrorCode::DeadlineExceeded; 2]);
    assert_eq!(ask().await.unwrap_err().message, "here I am");
    let status = host.analyzer.status();
    assert_eq!((status.restarts, status.depth), (1, 0));
    app.stop().await;
}

/// The guide's own Rust, which `alphabetical` is, and its own TOML.
#[tokio::test(flavor = "multi_thread")]
async fn the_guides_example_takes_the_place_of_a_built_in_plugin() {
    let guide = include_str!("../../plugins/README.md");
    assert!(guide.contains(include_str!("alphabetical.rs")), "the guide shows another example");
    let (_, toml) = guide.split_once("```toml\n").unwrap();
    let (toml, _) = toml.split_once("```").unwrap();
    let app =
        TestApp::builder().registry(|registry| registry.sequencer.add::<Alphabetical>()).config(toml).start().await;
    let path = app.with_path("ada", "ml_engineer").await;
    let stages = path["learningPath"]["stages"].as_array().unwrap();
    assert_eq!((stages.len(), &stages[0]["name"]), (1, &json!("All at once")));
    let titles: Vec<&str> =
        stages[0]["topics"].as_array().unwrap().iter().map(|topic| topic["title"].as_str().unwrap()).collect();
    assert!(titles.len() > 5 && titles.is_sorted(), "{titles:?}");
    app.stop().await;
}
