use std::path::Path;
use std::process::{Command, Output};

fn pathwright(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pathwright"));
    command
        .env_remove("OPENAI_API_KEY")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap()
}

/// What `doctor` says of the data in a folder with this configuration.
pub fn doctor(folder: &Path, config: &str) -> String {
    let file = folder.join("pathwright.toml");
    std::fs::write(&file, config).unwrap();
    out(&pathwright(&folder.join("data"), &["doctor", "--config", file.to_str().unwrap()]))
}

fn out(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn books_go_in_once_and_a_bad_file_is_reported_and_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let book = folder.path().join("my-book");
    std::fs::create_dir(&book).unwrap();
    std::fs::write(book.join("one.md"), "# One\n\nSome text about one thing.").unwrap();
    std::fs::write(book.join("two.txt"), b"\xff\xfe\x00").unwrap();
    let data = folder.path().join("data");
    let book = book.to_str().unwrap();
    let first = pathwright(&data, &["ingest", book]);
    assert_eq!(first.status.code(), Some(3), "{}", out(&first));
    assert!(
        out(&first).contains("added     my-book “One”: 1 sections, 1 passages")
            && out(&first).contains("skipped two.txt")
    );
    std::fs::remove_file(Path::new(book).join("two.txt")).unwrap();
    assert!(out(&pathwright(&data, &["ingest", book])).contains("replaced"));
    let again = pathwright(&data, &["ingest", book]);
    assert!(again.status.success() && out(&again).contains("unchanged"));
    assert!(out(&pathwright(&data, &["books"])).contains("my-book\tOne"));
    assert!(pathwright(&data, &["remove-book", "my-book"]).status.success());
    assert_eq!(pathwright(&data, &["remove-book", "my-book"]).status.code(), Some(1));
    assert_eq!(pathwright(&data, &["ingest", "/no/such/book"]).status.code(), Some(1));
}

#[test]
fn the_old_platforms_users_are_taken_over_once() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let users = write(
        "users.csv",
        "id,name,email,education_level,learning_level,created_at\n7,\"Ada, Countess\",ada@site.example,Master,4,2024-01-05 10:00:00+00\n8,Bob,,,2,\n",
    );
    let progress = write(
        "progress.jsonl",
        "{\"user_id\": 7, \"topic\": \"linear regression\", \"completed\": true}\n{\"user_id\": 8, \"topic\": \"SQL\", \"progress\": 40}\n",
    );
    let explanations = write("explanations.csv", "topic,difficulty,explanation\nsql,1,\"Long, long ago\"\n");
    let data = folder.path().join("data");
    let arguments = ["import-legacy", &users, &progress, &explanations];
    let first = out(&pathwright(&data, &arguments));
    assert!(first.contains("users:        2 taken over, 0 were there already"), "{first}");
    assert!(
        first.contains("progress:     2 topics taken over")
            && first.contains("2 learning levels, 1 cached explanations"),
        "{first}"
    );
    let second = out(&pathwright(&data, &arguments));
    assert!(second.contains("users:        0 taken over, 2 were there already"), "{second}");
    assert!(second.contains("progress:     0 topics taken over, 2 were there already"), "{second}");
}

#[test]
fn the_database_says_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let status = || out(&pathwright(folder.path(), &["migrate", "status"]));
    assert!(status().contains("0001_foundation\tnot applied"));
    assert!(out(&pathwright(folder.path(), &["migrate", "up"])).contains("applied 0001_foundation"));
    assert!(out(&pathwright(folder.path(), &["migrate", "up"])).contains("nothing to apply"));
    assert!(!status().contains("not applied"));
}

#[test]
fn a_wrong_configuration_ends_with_64_and_names_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    std::fs::write(&file, "adr = \"127.0.0.1:1\"").unwrap();
    let unknown = pathwright(folder.path(), &["doctor", "--config", file.to_str().unwrap()]);
    assert!(unknown.status.code() == Some(64) && out(&unknown).contains("adr"), "{}", out(&unknown));
    let open = pathwright(folder.path(), &["serve", "--addr", "0.0.0.0:0"]);
    assert!(open.status.code() == Some(64) && out(&open).contains("auth.keys is empty"), "{}", out(&open));
    let variable = Command::new(env!("CARGO_BIN_EXE_pathwright"))
        .arg("doctor")
        .env("PATHWRIGHT_GENERATION_WORKER", "3")
        .output()
        .unwrap();
    assert_eq!(variable.status.code(), Some(64), "{}", out(&variable));
    assert_eq!(pathwright(folder.path(), &["ingest"]).status.code(), Some(2));
}

#[test]
fn a_folder_that_cannot_be_used_is_said_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let output = pathwright(&file, &["doctor"]);
    assert!(output.status.code() == Some(1) && out(&output).contains("is not writable"), "{}", out(&output));
}

#[test]
fn keys_are_printed_once_and_kept_as_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let printed = out(&pathwright(folder.path(), &["key", "--role", "learner", "--user", "ada"]));
    let key = printed.lines().next().unwrap().rsplit(' ').next().unwrap();
    assert!(key.starts_with("pw_") && printed.matches(key).count() == 1);
    let snippet = printed.split("for pathwright.toml:").nth(1).unwrap();
    assert!(pathwright::config::Config::from_toml(snippet).is_ok(), "{snippet}");
    let schema = pathwright(folder.path(), &["schema"]);
    assert!(out(&schema).contains("type LearningPath"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_folder_is_told_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let url = pathwright::store::StoreUrl::folder(folder.path().join("store"));
    let _first = pathwright::store::Store::connect(&url).await.unwrap();
    let second = pathwright(folder.path(), &["serve", "--addr", "127.0.0.1:0"]);
    assert!(
        second.status.code() == Some(1) && out(&second).contains("another pathwright is using"),
        "{}",
        out(&second)
    );
}
