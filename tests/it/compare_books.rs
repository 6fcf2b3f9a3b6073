use std::fmt::Write;

use serde_json::{Value, json};

use crate::test_app::TestApp;

const COMPARE: &str = "query($input: CompareBooksInput!) {
    compareBooks(input: $input) {
        topicCount
        candidates {
            rank title basis caution sectionCount gain coveragePercentageBefore coveragePercentageAfter
            jobs { name coveragePercentageBefore coveragePercentageAfter }
            becomesCovered { topic { title } section heading page confidence confidenceBefore }
            improved { topic { title } section confidence confidenceBefore }
            staysUncovered { topic { title } confidence externalResources { url } }
        }
        userErrors { field code message }
    }
}";

const COOKING: &str = "1 Knives 3\n2 Stocks and broths 9\n3 Sauces 14\n4 Bread 20\n5 Fish 31\n6 Puddings 40";

async fn compare(app: &TestApp, templates: &[&str], candidates: Value) -> Value {
    let input = json!({ "jobs": { "templateIds": templates }, "candidates": candidates });
    let answer = app.query(COMPARE, json!({ "input": input })).await;
    assert!(answer["errors"].is_null(), "{answer}");
    answer["data"]["compareBooks"].clone()
}

/// Titles of what the library lacks for a template.
async fn lacking(app: &TestApp, template: &str) -> Vec<String> {
    let answer = compare(app, &[template], json!([{ "title": "Cooking", "tableOfContents": COOKING }])).await;
    let topics = answer["candidates"][0]["staysUncovered"].as_array().unwrap();
    topics.iter().map(|coverage| coverage["topic"]["title"].as_str().unwrap().to_owned()).collect()
}

fn titles(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["topic"]["title"].as_str().unwrap()).collect()
}

/// A chapter on each.
fn written(titles: &[String]) -> String {
    let mut text = String::from("# Preface\n\nWhat follows was written for a test of comparisons.\n\n");
    for title in titles {
        let _ = write!(
            text,
            "# {title}\n\n{title} is what this chapter explains. We define {title} first, then work through an example of \
             {title}, and at last say where {title} goes wrong in practice and what people do about it.\n\n"
        );
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_book_is_judged_as_it_is_once_it_is_in() {
    let app = TestApp::start().await;
    let lacking: Vec<String> = lacking(&app, "quant_trader").await.into_iter().take(6).collect();
    let text = written(&lacking);
    let before = library(&app).await;
    let candidates = json!([{ "title": "Trading", "text": text, "format": "MARKDOWN" }]);
    let answer = compare(&app, &["quant_trader"], candidates).await;
    let book = &answer["candidates"][0];
    assert_eq!((&book["basis"], &book["caution"]), (&json!("FULL_TEXT"), &Value::Null));
    let covered = book["becomesCovered"].as_array().unwrap();
    assert!(covered.len() >= 4, "{book}");
    assert_eq!(library(&app).await, before, "something of the candidate was kept");

    let ingest = "mutation($input: IngestBookInput!) { ingestBook(input: $input) { outcome } }";
    app.query(ingest, json!({ "input": { "title": "Trading", "format": "MARKDOWN", "text": text } })).await;
    for told in covered {
        let query = "query($topic: String!) { coverage(topic: $topic) { covered confidence source { section } } }";
        let now = app.query(query, json!({ "topic": told["topic"]["title"] })).await["data"]["coverage"].clone();
        assert_eq!((&now["covered"], &now["source"]["section"]), (&json!(true), &told["section"]), "{told}");
        let apart = now["confidence"].as_f64().unwrap() - told["confidence"].as_f64().unwrap();
        assert!(apart.abs() < 0.01, "{told} {now}");
    }
    let path = app.with_path("ada", "quant_trader").await;
    assert_eq!(path["learningPath"]["coveragePercentage"], book["coveragePercentageAfter"]);
    app.stop().await;
}

async fn library(app: &TestApp) -> Value {
    let query = "{ library { revision books { totalCount edges { node { passageCount } } } } searchLibrary(query: \"written for a test of comparisons\") { passage { id } } }";
    app.query(query, json!({})).await["data"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_contents_are_ranked_and_say_that_they_are_no_more() {
    let app = TestApp::start().await;
    let lacking = lacking(&app, "quant_trader").await;
    let contents = |titles: &[String]| {
        titles
            .iter()
            .enumerate()
            .fold(String::new(), |text, (at, title)| format!("{text}{}. {title} ..... {}\n", at + 1, at * 10 + 1))
    };
    let candidates = json!([
        { "title": "Cooking", "tableOfContents": COOKING },
        { "title": "Half", "tableOfContents": contents(&lacking[..lacking.len() / 2]) },
        { "title": "All", "tableOfContents": contents(&lacking) },
    ]);
    let before = app.services.store.query_count();
    let answer = compare(&app, &["quant_trader", "risk_quant"], candidates).await;
    let cost = app.services.store.query_count() - before;
    let ranked: Vec<&Value> = answer["candidates"].as_array().unwrap().iter().collect();
    let names: Vec<&str> = ranked.iter().map(|book| book["title"].as_str().unwrap()).collect();
    assert_eq!(names, ["All", "Half", "Cooking"]);
    assert!(ranked.iter().all(|book| book["basis"] == "TABLE_OF_CONTENTS" && book["caution"].is_string()));
    assert!(ranked[2]["becomesCovered"] == json!([]) && ranked[2]["gain"] == 0.0, "{}", ranked[2]);
    let best = ranked[0];
    assert!(titles(&best["becomesCovered"]).len() * 2 > lacking.len(), "{best}");
    let first = &best["becomesCovered"][0];
    assert_eq!(first["section"], first["topic"]["title"]);
    assert!(first["page"].is_u64());
    assert!(
        best["becomesCovered"].as_array().unwrap().iter().all(|topic| topic["confidence"].as_f64().unwrap() < 0.97)
    );
    assert_eq!(best["jobs"][0]["name"], "Quantitative Trader");
    assert!(best["jobs"][0]["coveragePercentageAfter"].as_u64() > best["jobs"][0]["coveragePercentageBefore"].as_u64());
    assert!(best["coveragePercentageAfter"].as_u64() > ranked[1]["coveragePercentageAfter"].as_u64());
    // Candidates cost the database nothing: only the library is searched in it.
    assert!(cost <= 24, "{cost} round trips");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_candidate_is_refused_by_its_field() {
    let app = TestApp::empty().await;
    let good = json!({ "title": "Cooking", "tableOfContents": COOKING });
    let prose =
        "The clocks were striking thirteen when he came home from his work at the ministry of truth, which was near.\n"
            .repeat(9);
    let refused = [
        (json!([]), "candidates", "INVALID_INPUT"),
        (json!([good, good, good, good, good, good]), "candidates", "INVALID_INPUT"),
        (json!([{ "title": " ", "tableOfContents": COOKING }]), "candidates.0.title", "INVALID_INPUT"),
        (json!([{ "title": "T" }]), "candidates.0.tableOfContents", "INVALID_INPUT"),
        (json!([{ "title": "T", "tableOfContents": COOKING, "text": "t" }]), "candidates.0.text", "INVALID_INPUT"),
        (json!([good, { "title": "T", "tableOfContents": "" }]), "candidates.1.tableOfContents", "BOOK_UNREADABLE"),
        (
            json!([{ "title": "T", "tableOfContents": "1\n2\n3\n\u{202e}" }]),
            "candidates.0.tableOfContents",
            "BOOK_UNREADABLE",
        ),
        (json!([{ "title": "T", "tableOfContents": prose }]), "candidates.0.tableOfContents", "BOOK_UNREADABLE"),
        (
            json!([{ "title": "T", "tableOfContents": "x".repeat(257 << 10) }]),
            "candidates.0.tableOfContents",
            "INVALID_INPUT",
        ),
        (json!([{ "title": "T", "text": "" }]), "candidates.0.text", "BOOK_UNREADABLE"),
        (json!([{ "title": "T", "text": "a\u{0}b" }]), "candidates.0.text", "BOOK_UNREADABLE"),
    ];
    for (candidates, field, code) in refused {
        let answer = compare(&app, &["general"], candidates).await;
        let error = &answer["userErrors"][0];
        assert_eq!((error["field"].as_str(), error["code"].as_str()), (Some(field), Some(code)), "{answer}");
        assert_eq!(answer["candidates"], json!([]));
    }
    let input = json!({ "jobs": { "templateIds": ["no such"] }, "candidates": [good] });
    let answer = app.query(COMPARE, json!({ "input": input })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "TEMPLATE_NOT_FOUND");
    app.stop().await;
}
