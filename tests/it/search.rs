use serde_json::{Value, json};

use crate::test_app::TestApp;

const TEXT: &str = "# Risk\n\n## Value at risk\n\nValue at Risk (VaR) is a quantile of the losses. Banks backtest it every day, and regulators \
    read the backtests: a model that is exceeded too often costs capital.\n\n## Training\n\nA network is trained by gradient descent. \
    Each step follows the gradient downhill.\n\n```python\ntrain(network, steps=100)\n```\n\nThe loss is $L_{train}$.\n\n## Walking downhill\n\n\
    Descent on foot is easier where the gradient is small, and a network of paths helps.\n\n## Shortfall\n\nExpected shortfall looks beyond \
    VaR, which says nothing of how bad it gets.";

async fn app() -> TestApp {
    let app = TestApp::empty().await;
    let ingest = "mutation($input: IngestBookInput!) { ingestBook(input: $input) { userErrors { message } } }";
    let book = json!({ "input": { "title": "Risk", "format": "MARKDOWN", "text": TEXT } });
    app.query(ingest, book).await;
    app
}

async fn hits(app: &TestApp, query: &str) -> Vec<Value> {
    let search = "query($query: String!) { searchLibrary(query: $query, first: 10) { score correctedQuery
        highlights { fragments { text matched } isStart isEnd } passage { text section { title } } } }";
    let answer = app.query(search, json!({ "query": query })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["searchLibrary"].as_array().unwrap().clone()
}

fn titles(hits: &[Value]) -> Vec<&str> {
    hits.iter().map(|hit| hit["passage"]["section"]["title"].as_str().unwrap()).collect()
}

fn fragments(highlight: &Value) -> impl Iterator<Item = &Value> {
    highlight["fragments"].as_array().unwrap().iter()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_for_is_marked_in_prose_code_and_formulas() {
    let app = app().await;
    let hits = hits(&app, "training networks").await;
    let best = &hits[0];
    assert_eq!((titles(&hits)[0], &best["correctedQuery"]), ("Training", &Value::Null));
    let marked: Vec<&str> = best["highlights"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(fragments)
        .filter(|f| f["matched"] == true)
        .map(|f| f["text"].as_str().unwrap())
        .collect();
    assert_eq!(marked, ["network", "trained", "train", "network", "train"]);
    for hit in &hits {
        for highlight in hit["highlights"].as_array().unwrap() {
            let stretch: String = fragments(highlight).map(|fragment| fragment["text"].as_str().unwrap()).collect();
            assert!(hit["passage"]["text"].as_str().unwrap().contains(&stretch), "{stretch}");
        }
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_of_the_finger_is_mended_and_said() {
    let app = app().await;
    let found = hits(&app, "gradeint descent").await;
    assert_eq!((titles(&found)[0], &found[0]["correctedQuery"]), ("Training", &json!("gradient descent")));
    assert!(
        fragments(&found[0]["highlights"][0])
            .any(|fragment| fragment["matched"] == true && fragment["text"] == "gradient")
    );
    assert_eq!(hits(&app, "kubernetes").await.iter().filter(|hit| !hit["correctedQuery"].is_null()).count(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phrase_has_to_stand_so() {
    let app = app().await;
    assert_eq!(titles(&hits(&app, "\"gradient descent\" in networks").await), ["Training"]);
    assert!(hits(&app, "\"descent gradient\"").await.is_empty());
    assert!(hits(&app, "\"gradeint descent\"").await.is_empty(), "a phrase is taken as it stands");
    assert!(titles(&hits(&app, "gradient descent").await).contains(&"Walking downhill"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acronym_is_found_written_out() {
    let app = app().await;
    let found = hits(&app, "value at risk").await;
    let place = |title: &str| titles(&found).iter().position(|found| *found == title).unwrap();
    assert!(place("Value at risk") < place("Shortfall") && place("Shortfall") < place("Walking downhill"), "{found:?}");
    let marked = |hit: &Value| fragments(&hit["highlights"][0]).any(|f| f["matched"] == true && f["text"] == "VaR");
    assert!(marked(&found[place("Shortfall")]));
    app.stop().await;
}
