use pathwright_api::testing::conformance::{self, Violations};

use crate::alphabetical::Alphabetical;
use crate::test_app::TestApp;

/// The built-in plugins as the configuration chooses them, over the sample library.
#[tokio::test(flavor = "multi_thread")]
async fn built_in_plugins_do_what_their_capability_asks_for() {
    let app = TestApp::start().await;
    let host = &app.services.host;
    let none = Violations::default;
    assert_eq!(conformance::analyzer(&host.analyzer.offer(Clone::clone)).await, none());
    assert_eq!(conformance::coverage(&host.coverage.offer(Clone::clone)).await, none());
    assert_eq!(conformance::sequencer(&host.sequencer.offer(Clone::clone)).await, none());
    assert_eq!(conformance::writer(&host.writer.offer(Clone::clone)).await, none());
    assert_eq!(conformance::cache(&host.cache.offer(Clone::clone)).await, none());
    app.stop().await;
}

/// Those that ask a language model, with none that answers: what stands in conforms too.
#[tokio::test(flavor = "multi_thread")]
async fn plugins_of_a_model_that_is_away_do_too() {
    let config = "[llm]\nbase_url = \"http://127.0.0.1:9/v1\"\nmodel = \"away\"\ndeadline_seconds = 2\n";
    let app = TestApp::builder().config(config).start().await;
    let host = &app.services.host;
    let names: Vec<&str> = host.status().iter().map(|plugin| plugin.name).collect();
    assert_eq!(names, ["model-analyzer", "embedded-coverage", "model-sequencer", "model-writer", "layered-cache"]);
    assert_eq!(conformance::analyzer(&host.analyzer.offer(Clone::clone)).await, Violations::default());
    assert_eq!(conformance::sequencer(&host.sequencer.offer(Clone::clone)).await, Violations::default());
    assert_eq!(conformance::writer(&host.writer.offer(Clone::clone)).await, Violations::default());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guides_example_does_too() {
    let config = "[plugins.sequencer]\nname = \"alphabetical\"\n";
    let registry = TestApp::builder()
        .without_sample()
        .registry(|registry| registry.sequencer.add::<Alphabetical>())
        .config(config);
    let app = registry.start().await;
    let sequencer = app.services.host.sequencer.offer(Clone::clone);
    assert_eq!(conformance::sequencer(&sequencer).await, Violations::default());
    app.stop().await;
}

/// The kit itself: what a plugin does wrong is named.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_conform_is_named() {
    let config = "[plugins.coverage]\nname = \"forgetful\"\n";
    let builder = TestApp::builder().without_sample();
    let app =
        builder.registry(|registry| registry.coverage.add::<crate::plugins::Forgetful>()).config(config).start().await;
    let Violations(named) = conformance::coverage(&app.services.host.coverage.offer(Clone::clone)).await;
    assert!(named.iter().any(|what| what.contains("one verdict a topic")), "{named:?}");
    assert!(named.iter().any(|what| what.contains("overlay")), "{named:?}");
    app.stop().await;
}
