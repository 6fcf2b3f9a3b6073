use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::test_app::TestApp;

/// Each folder of `tests/cases` is a request and what its answer must hold: no recompilation for a new one.
///
/// `expected.json` may leave fields out, and says `"…"` where any value but null will do. A list is expected whole; one that ends
/// with `"… and more"` is what the answer's list begins with.
#[tokio::test(flavor = "multi_thread")]
async fn every_case_gets_its_answer() {
    let app = TestApp::start().await;
    app.with_path("ada", "ml_engineer").await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 10);
    let mut wrong = Vec::new();
    for case in cases {
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let read = |file: &str| fs::read_to_string(case.join(file));
        let variables = read("variables.json").map_or(json!({}), |text| serde_json::from_str(&text).unwrap());
        let expected: Value = serde_json::from_str(&read("expected.json").unwrap()).unwrap();
        let answer = app.query(&read("request.graphql").unwrap(), variables).await;
        if let Err(difference) = holds(&answer, &expected) {
            wrong.push(format!("{name}: {difference}\n{answer:#}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    app.stop().await;
}

#[test]
fn an_empty_list_is_not_any_list() {
    assert!(holds(&json!([1]), &json!([])).is_err());
    assert!(holds(&json!([1, 2]), &json!([1])).is_err());
    assert!(holds(&json!([1, 2]), &json!([1, "… and more"])).is_ok());
    assert!(holds(&json!([]), &json!(["… and more"])).is_ok());
}

fn holds(answer: &Value, expected: &Value) -> Result<(), String> {
    match (answer, expected) {
        (Value::Null, Value::String(any)) if any == "…" => Err("null where a value is expected".to_owned()),
        (_, Value::String(any)) if any == "…" => Ok(()),
        (Value::Object(answer), Value::Object(expected)) => expected.iter().try_for_each(|(name, expected)| {
            let found = answer.get(name).ok_or_else(|| format!("{name} is missing"))?;
            holds(found, expected).map_err(|difference| format!("{name}.{difference}"))
        }),
        (Value::Array(answer), Value::Array(expected)) => {
            let beginning = expected.strip_suffix(&[json!("… and more")]);
            let wanted = beginning.unwrap_or(expected);
            if answer.len() < wanted.len() || (beginning.is_none() && answer.len() > wanted.len()) {
                return Err(format!(" has {} entries, expected {}", answer.len(), wanted.len()));
            }
            answer.iter().zip(wanted).try_for_each(|(found, expected)| holds(found, expected))
        }
        _ if answer == expected => Ok(()),
        _ => Err(format!(" is {answer}, expected {expected}")),
    }
}
