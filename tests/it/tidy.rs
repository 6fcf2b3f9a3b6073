use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<(String, String)> {
    files(folder, &["rs"])
}

/// Files below a folder with one of these endings, without what npm installed.
fn files(folder: &str, endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") {
                open.push(path);
            } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Which part of `src` may name what. The crates under `plugins` are held apart by Cargo.
#[test]
fn dependencies_point_one_way() {
    let allowed: [(&str, &[&str]); 10] = [
        ("async_openai", &["src/llm"]),
        ("surrealdb::", &["src/store"]),
        ("surrealdb_cnf", &["src/store"]),
        ("surrealdb_core", &["src/store"]),
        ("surrealdb_kvs", &["src/store"]),
        ("axum", &["src/http"]),
        ("async_graphql_axum", &["src/http"]),
        ("clap", &["src/cli", "src/config.rs", "src/main.rs"]),
        ("crate::http", &["src/app.rs"]),
        ("crate::app", &["src/cli"]),
    ];
    for (file, text) in sources("src") {
        for (name, places) in allowed {
            let named = text.lines().any(|line| !line.trim_start().starts_with("//") && names(line, name));
            let may = places.iter().any(|place| file.starts_with(place));
            assert!(!named || may, "{file} names {name}; only {places:?} may");
        }
    }
}

/// What each module of `src` knows of the others: a line that is missing here is a wall that was broken through, one too many a wall
/// that could stand. The database knows the domain and nothing else; what people see knows everything, and nobody knows it.
const KNOWS: &str = "
    app: config content embed generation graphql host http ingestions library llm rechecks resources services store
    chosen_jobs: domain host store
    cli: app config domain evaluate export graphql library llm resources services store
    comparison: chosen_jobs coverage host library store
    config: capabilities store
    content: coverage generation host llm store
    coverage: host store
    demand: chosen_jobs
    embed: llm
    evaluate: comparison coverage embed host library services store
    export: domain store
    gaps: chosen_jobs coverage demand host store
    generation: config coverage domain host store
    graphql: chosen_jobs comparison config content coverage demand domain export gaps host ingestions library llm services store
    host: capabilities config
    http: config graphql host library services
    ingestions: library rechecks
    library: store
    llm: config store
    rechecks: coverage domain host store
    resources: llm store
    services: content generation host ingestions library llm rechecks store
    store: domain";

#[test]
fn modules_know_those_below_them_and_no_others() {
    let mut knows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (file, text) in sources("src") {
        let module = file.split('/').nth(1).unwrap().trim_end_matches(".rs").to_owned();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let known = lines.flat_map(|line| line.match_indices("crate::").map(|(at, found)| &line[at + found.len()..]));
        for known in known {
            let name: String = known.chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            if name != module && !name.is_empty() {
                knows.entry(module.clone()).or_default().insert(name);
            }
        }
    }
    let lines = knows
        .iter()
        .map(|(module, known)| format!("{module}: {}", known.iter().cloned().collect::<Vec<_>>().join(" ")));
    let written = KNOWS.lines().map(str::trim).filter(|line| !line.is_empty());
    assert_eq!(lines.collect::<Vec<_>>(), written.collect::<Vec<_>>());
}

/// The engine walks all it holds in memory to find the end of a range, and what sorts last is not what came last.
#[test]
fn nothing_is_read_from_its_end() {
    for (file, text) in sources("src/store") {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        assert!(words.all(|word| word != "DESC"), "{file} reads in descending order");
    }
}

fn names(line: &str, name: &str) -> bool {
    let before = |at: usize| line[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '_');
    let after = |at: usize| {
        name.ends_with(':') || line[at + name.len()..].starts_with(|c: char| !c.is_alphanumeric() && c != '_')
    };
    line.match_indices(name).any(|(at, _)| before(at) && after(at))
}

#[test]
fn plugins_know_the_contract_and_nothing_else_of_ours() {
    for plugin in ["analyzer", "coverage", "sequencer", "cache", "reader", "search", "api"] {
        let manifest = fs::read_to_string(root().join("plugins").join(plugin).join("Cargo.toml")).unwrap();
        let ours: Vec<&str> = manifest.lines().filter(|line| line.starts_with("pathwright-")).collect();
        let expected: &[&str] = if plugin == "api" { &[] } else { &["pathwright-api.workspace = true"] };
        assert_eq!(ours, expected, "{plugin}");
        // The reader looks for the files of a book.
        let files: &[&str] = if plugin == "reader" { &[] } else { &["std::fs", "tokio::fs"] };
        let io = [files, &["std::net", "tokio::net", "std::env", "std::process"]].concat();
        for (file, text) in sources(&format!("plugins/{plugin}/src")) {
            assert!(!io.iter().any(|name| text.contains(name)), "{file} does I/O without a port");
        }
    }
}

#[test]
fn files_hold_one_idea() {
    let rust = ["src", "plugins", "tests"].into_iter().flat_map(sources);
    let pages = ["playground/src", "tests/e2e"].into_iter().flat_map(|folder| files(folder, &["ts", "tsx", "css"]));
    for (file, text) in rust.chain(pages) {
        assert!(text.lines().count() <= 400, "{file} has more than 400 lines");
        assert!(!text.contains(concat!("to", "do!(")), "{file} has something left to do");
    }
}

#[test]
fn every_error_code_is_listed_in_the_schema() {
    let sdl = pathwright::graphql::sdl();
    let missing: Vec<_> = pathwright_api::ErrorCode::ALL.iter().filter(|code| !sdl.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
