//! The pages in a real browser: `tests/e2e`, run by Playwright's own runner.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pathwright");

/// Names under which Chromium and Chrome are installed.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Where they are without being on the path.
const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

#[test]
fn the_pages_tell_the_whole_story_in_a_real_browser() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e");
    let browser = browser().expect("no Chromium and no Chrome: install one, or name one in CHROMIUM");
    install(&folder);
    let output = Command::new(folder.join("node_modules/.bin/playwright"))
        .arg("test")
        .current_dir(&folder)
        .env("PATHWRIGHT", PROGRAM)
        .env("CHROMIUM", browser)
        .output()
        .expect("Node.js runs the browser tests: install it");
    assert!(output.status.success(), "{}", said(&output));
    println!("{}", said(&output));
}

fn browser() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let on_path = std::env::split_paths(&path).flat_map(|folder| BROWSERS.map(|name| folder.join(name)));
    on_path.chain([PathBuf::from(MAC)]).find(|browser| browser.is_file())
}

/// What the lock file names, without running any of its scripts; nothing to do when it is there.
fn install(folder: &Path) {
    let (wanted, installed) = (folder.join("package-lock.json"), folder.join("node_modules/.installed-lock.json"));
    if fs::read(&installed).is_ok_and(|installed| installed == fs::read(&wanted).unwrap()) {
        return;
    }
    let npm = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder)
        .output()
        .expect("npm installs the browser tests' packages: install Node.js");
    assert!(npm.status.success(), "{}", said(&npm));
    fs::copy(wanted, installed).unwrap();
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
