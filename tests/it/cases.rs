use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::test_app::TestApp;

/// Each folder of `tests/cases` is a request and what its answer must hold: no recompilation for a new one.
///
/// `expected.json` may leave fields out, and says `"…"` where any value but null will do.
#[tokio::test(flavor = "multi_thread")]
async fn every_case_gets_its_answer() {
    let app = TestApp::start().await;
    app.with_path("ada", "ml_engineer").await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 10);
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let read = |file: &str| fs::read_to_string(case.join(file));
        let variables = read("variables.json").map_or(json!({}), |text| serde_json::from_str(&text).unwrap());
        let expected: Value = serde_json::from_str(&read("expected.json").unwrap()).unwrap();
        let answer = app.query(&read("request.graphql").unwrap(), variables).await;
        if let Err(difference) = holds(&answer, &expected) {
            panic!("{name}: {difference}\n{answer:#}");
        }
    }
    app.stop().await;
}

fn holds(answer: &Value, expected: &Value) -> Result<(), String> {
    match (answer, expected) {
        (Value::Null, Value::String(any)) if any == "…" => Err("null where a value is expected".to_owned()),
        (_, Value::String(any)) if any == "…" => Ok(()),
        (Value::Object(answer), Value::Object(expected)) => expected.iter().try_for_each(|(name, expected)| {
            let found = answer.get(name).ok_or_else(|| format!("{name} is missing"))?;
            holds(found, expected).map_err(|difference| format!("{name}.{difference}"))
        }),
        (Value::Array(answer), Value::Array(expected)) if answer.len() >= expected.len() => {
            answer.iter().zip(expected).try_for_each(|(found, expected)| holds(found, expected))
        }
        _ if answer == expected => Ok(()),
        _ => Err(format!(" is {answer}, expected {expected}")),
    }
}
