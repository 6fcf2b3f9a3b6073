use std::path::Path;
use std::process::{Command, Output};

use chrono::Utc;
use pathwright_api::job::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::generations::Server;
use crate::test_app::TestApp;

const EXPORT: &str = "query($id: ID!, $input: ExportInput!) {
    learningPath(id: $id) { id export(input: $input) { fileName mediaType text deadlineCheck { message fits { id } doesNotFit { id } } } }
}";

/// Always in the future: the checks compare with the clock.
fn year() -> i32 {
    use chrono::Datelike;
    Utc::now().year() + 2
}

fn day(month_and_day: &str) -> String {
    format!("{}-{month_and_day}", year())
}

async fn app_with_path() -> (TestApp, Value) {
    // Round trips are counted: nothing looks around for work of processes that are gone meanwhile.
    let app = TestApp::builder().without_sample().config("generation.lease_seconds = 3600\n").start().await;
    app.ingest_small_book().await;
    let path = app.with_path("ada", "quant_trader").await["learningPath"]["id"].clone();
    (app, path)
}

async fn export(app: &TestApp, path: &Value, input: Value) -> Value {
    let answer = app.query(EXPORT, json!({ "id": path, "input": input })).await;
    answer["data"]["learningPath"]["export"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_goes_out_in_every_format() {
    let (app, path) = app_with_path().await;
    let input = |format: &str| json!({ "format": format, "startDate": day("01-04"), "deadline": day("01-05"), "hoursPerWeek": 1 });
    let page = export(&app, &path, input("MARKDOWN")).await;
    assert_eq!(page["fileName"], "learning-path-quantitative-trader.md");
    let text = page["text"].as_str().unwrap();
    for part in [
        "# Learning path: Quantitative Trader\n",
        "## Deadline: 5 January",
        "- [ ] **Python**",
        "in *Desk*",
        "## What the library does not",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(page["deadlineCheck"]["doesNotFit"].as_array().is_some_and(|topics| !topics.is_empty()), "{page}");

    let document = export(&app, &path, input("JSON")).await;
    assert_eq!(document["mediaType"], "application/json");
    let document: Value = serde_json::from_str(document["text"].as_str().unwrap()).unwrap();
    assert_eq!((&document["version"], &document["id"]), (&json!(1), &path));
    assert_eq!(document["plan"]["start"], day("01-04"));
    let first = &document["stages"][0]["topics"][0];
    assert_eq!((&first["firstDay"], &first["reading"][0]["book"]["title"]), (&json!(day("01-04")), &json!("Desk")));
    assert!(document["uncovered"][0]["resources"][0]["url"].as_str().is_some_and(|url| url.starts_with("http")));

    let calendar = export(&app, &path, input("ICALENDAR")).await;
    let text = calendar["text"].as_str().unwrap();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && text.ends_with("END:VCALENDAR\r\n"), "{text}");
    let again = export(&app, &path, input("ICALENDAR")).await;
    let names = |text: &str| -> Vec<String> {
        text.lines().filter(|line| line.starts_with("UID:")).map(str::to_owned).collect()
    };
    assert_eq!(names(text), names(again["text"].as_str().unwrap()));
    assert_eq!(names(text).len(), text.matches("BEGIN:VEVENT").count());
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_says_when_and_a_deadline_what_fits() {
    let (app, path) = app_with_path().await;
    let query = "query($id: ID!, $start: Date!, $deadline: Date!) { learningPath(id: $id) {
        plan(input: { startDate: $start, hoursPerWeek: 2 }) { startDate hoursLeft lastDay stages { firstDay lastDay topics { topicId hours firstDay lastDay } } }
        deadlineCheck(input: { startDate: $start, deadline: $deadline, hoursPerWeek: 2 }) { weeksNeeded weeksAvailable fits { id } doesNotFit { id } hoursPerWeekNeeded message }
        default: plan { hoursPerWeek startDate } stages { topics { id hours } }
    } }";
    let variables = json!({ "id": path, "start": day("02-01"), "deadline": day("12-31") });
    let answer = app.query(query, variables.clone()).await;
    let shown = &answer["data"]["learningPath"];
    assert_eq!(shown["plan"]["stages"][0]["topics"][0]["firstDay"], day("02-01"), "{answer}");
    let hours: f64 = shown["stages"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|stage| stage["topics"].as_array().unwrap())
        .map(|topic| topic["hours"].as_f64().unwrap())
        .sum();
    assert!((shown["plan"]["hoursLeft"].as_f64().unwrap() - hours).abs() < 0.1, "no hour is lost: {answer}");
    assert_eq!(shown["deadlineCheck"]["doesNotFit"], json!([]));
    assert_eq!(shown["default"]["hoursPerWeek"], 6);

    let first = shown["stages"][0]["topics"][0]["id"].clone();
    let done = "mutation($id: ID!) { completeTopic(input: { userId: \"ada\", topicId: $id }) { userErrors { code } } }";
    app.query(done, json!({ "id": first })).await;
    let after = app.query(query, variables).await;
    let after = &after["data"]["learningPath"];
    assert_eq!(after["plan"]["stages"][0]["topics"][0]["firstDay"], Value::Null);
    assert!(after["plan"]["hoursLeft"].as_f64() < shown["plan"]["hoursLeft"].as_f64());
    let page = export(&app, &path, json!({ "format": "MARKDOWN" })).await;
    assert_eq!(page["text"].as_str().unwrap().matches("- [x] ").count(), 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_and_hours_that_cannot_be_meant_are_refused_and_the_rest_is_answered() {
    let (app, path) = app_with_path().await;
    let cases = [
        (json!({ "hoursPerWeek": 0 }), "hoursPerWeek must lie between 1 and 80"),
        (json!({ "hoursPerWeek": -1 }), "hoursPerWeek must lie"),
        (json!({ "startDate": "9999-12-31" }), "startDate must lie between the years"),
        (json!({ "startDate": "2027-02-29" }), "a day of the calendar"),
        (json!({ "deadline": "2001-01-01" }), "has passed"),
        (json!({ "startDate": day("03-01"), "deadline": day("03-01") }), "must come after the start"),
        (json!({ "deadline": "tomorrow" }), "a day of the calendar"),
    ];
    for (mut input, message) in cases {
        input["format"] = json!("JSON");
        let answer = app.query(EXPORT, json!({ "id": path, "input": input })).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], "INVALID_INPUT", "{answer}");
        assert!(error["message"].as_str().unwrap().contains(message), "{answer}");
        let rest = &answer["data"]["learningPath"];
        assert!(rest["id"] == path && rest["export"].is_null(), "{answer}");
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_list_names_each_section_once_for_a_bounded_number_of_round_trips() {
    let (app, path) = app_with_path().await;
    app.with_path("ada", "ml_engineer").await;
    // What goes on in the background asks the database, too: it has ended before anything is counted.
    app.services.generations.shutdown().await;
    app.services.rechecks.shutdown().await;
    let list = "readingList { words minutes topics { topic { id } completed words earlier { id }
        sections { words minutes firstPage alsoFor { id } section { title book { title } } book { title } passages { text section { title } } } } }";
    let query = format!("query($id: ID!) {{ learningPath(id: $id) {{ {list} }} }}");
    let before = app.services.store.query_count();
    let answer = app.query(&query, json!({ "id": path })).await;
    let cost = app.services.store.query_count() - before;
    assert!(answer["errors"].is_null() && cost <= 7, "{cost} round trips: {answer}");
    let found = &answer["data"]["learningPath"]["readingList"];
    let topics = found["topics"].as_array().unwrap();
    let sections: Vec<&Value> = topics.iter().flat_map(|topic| topic["sections"].as_array().unwrap()).collect();
    let mut titles: Vec<&str> = sections.iter().map(|section| section["section"]["title"].as_str().unwrap()).collect();
    titles.sort_unstable();
    assert!(titles.contains(&"Python") && titles.windows(2).all(|pair| pair[0] != pair[1]), "{titles:?}");
    let sum: u64 = sections.iter().map(|section| section["words"].as_u64().unwrap()).sum();
    assert!(sum > 50 && found["words"] == sum, "{found}");

    let many = format!("{{ user(id: \"ada\") {{ learningPaths {{ edges {{ node {{ {list} }} }} }} }} }}");
    let before = app.services.store.query_count();
    let answer = app.query(&many, json!({})).await;
    let cost = app.services.store.query_count() - before;
    assert_eq!(answer["data"]["user"]["learningPaths"]["edges"].as_array().map(Vec::len), Some(2), "{answer}");
    assert!(cost <= 9, "{cost} round trips for two paths");

    let before = app.services.store.query_count();
    export(&app, &path, json!({ "format": "ICALENDAR" })).await;
    let cost = app.services.store.query_count() - before;
    assert!(cost <= 7, "{cost} round trips for an export");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_takes_somebody_elses_path_along() {
    let key = |name: &str| {
        let sha256 = hex(&Sha256::digest(name));
        format!("[[auth.keys]]\nname = \"{name}\"\nsha256 = \"{sha256}\"\nrole = \"learner\"\nuser = \"{name}\"\n")
    };
    let app = TestApp::builder().without_sample().config(&[key("ada"), key("bob")].concat()).start().await;
    let (ada, bob) = (app.client.with_key("ada"), app.client.with_key("bob"));
    let make = "mutation { updateJobProfile(input: { userId: \"bob\", templateId: \"general\", wait: true }) { learningPath { id } } }";
    let made = bob.query(make, json!({})).await["data"]["updateJobProfile"]["learningPath"]["id"].clone();
    let variables = json!({ "id": made, "input": { "format": "JSON" } });
    let refused = ada.query(EXPORT, variables.clone()).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    assert!(bob.query(EXPORT, variables).await["data"]["learningPath"]["export"]["text"].is_string());
    app.stop().await;
}

fn pathwright(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pathwright"));
    command.arg("export").args(arguments).arg("--data").arg(data).current_dir(data).output().unwrap()
}

fn out(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_writes_a_path_when_no_server_is_in_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let server = Server::start(data);
    let make = "mutation { updateJobProfile(input: { userId: \"ada\", templateId: \"quant_trader\", wait: true }) { learningPath { id } } }";
    let path = server.client.query(make, json!({})).await["data"]["updateJobProfile"]["learningPath"]["id"].clone();
    let path = path.as_str().unwrap();
    let locked = pathwright(data, &["--user", "ada", "--format", "json"]);
    assert!(
        locked.status.code() == Some(1) && out(&locked).contains("another pathwright is using"),
        "{}",
        out(&locked)
    );
    server.kill();

    let (start, deadline) = (day("01-04"), day("03-01"));
    let plan = ["--start", &start, "--deadline", &deadline, "--hours", "3"];
    let page = pathwright(data, &[&["--user", "ada", "--format", "markdown"][..], &plan[..]].concat());
    let text = String::from_utf8(page.stdout.clone()).unwrap();
    assert!(page.status.success() && text.starts_with("# Learning path: Quantitative Trader\n"), "{}", out(&page));
    assert!(text.contains("## Deadline: 1 March"), "{text}");
    let calendar = pathwright(data, &["--user", "ada", "--path", path, "--format", "icalendar"]);
    assert!(String::from_utf8_lossy(&calendar.stdout).ends_with("END:VCALENDAR\r\n"), "{}", out(&calendar));
    let file = data.join("path.json");
    let written = pathwright(data, &["--user", "ada", "--format", "json", "--out", file.to_str().unwrap()]);
    assert!(written.status.success() && out(&written).contains("wrote "), "{}", out(&written));
    let document: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert_eq!(document["id"], path);

    let code = |arguments: &[&str]| pathwright(data, arguments).status.code();
    let ada = ["--user", "ada", "--format", "json"];
    assert_eq!(code(&["--user", "nobody", "--format", "json"]), Some(1));
    assert_eq!(code(&[&ada[..], &["--path", "nope"]].concat()), Some(1));
    assert_eq!(code(&[&ada[..], &["--hours", "0"]].concat()), Some(2));
    assert_eq!(code(&[&ada[..], &["--start", "2027-02-29"]].concat()), Some(2));
    assert_eq!(code(&[&ada[..], &["--deadline", "2001-01-01"]].concat()), Some(2));
}
