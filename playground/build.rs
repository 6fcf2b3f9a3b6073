//! Builds the pages into the folder that the binary embeds, where Node is there. Where it is not, the server is built all the
//! same, and says in place of the pages what is missing.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What Vite asks for: of each major version the first minor one that will do; newer majors than these do too.
const NODE: [(u32, u32); 2] = [(20, 19), (22, 12)];

/// Next to these, everything else in the folder is made by the build.
const MADE: [&str; 3] = ["node_modules", "generated", "dist"];

fn main() -> ExitCode {
    let source = Path::new("playground");
    let target = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default()).join("playground");
    watch(source);
    match prepare(&target).and_then(|()| install(source)) {
        Ok(()) => build(source, &target),
        Err(missing) => explain(&missing, &target),
    }
}

/// Why there are no pages, and how to get them: the end of the page that stands in their place.
struct Missing(String);

/// Rebuilt when something changes that the pages are made from, and at no other time.
fn watch(source: &Path) {
    println!("cargo:rerun-if-changed=schema.graphql");
    for entry in fs::read_dir(source).into_iter().flatten().flatten() {
        if !MADE.iter().any(|made| entry.file_name() == *made) {
            println!("cargo:rerun-if-changed={}", entry.path().display());
        }
    }
}

fn prepare(target: &Path) -> Result<(), Missing> {
    let _ = fs::remove_dir_all(target);
    fs::create_dir_all(target).map_err(|error| Missing(format!("{} cannot be made: {error}", target.display())))?;
    let Ok(output) = command("node", Path::new(".")).arg("--version").output() else {
        watch_path();
        return Err(Missing("Node.js was not found. Install Node.js 20.19 or later, with npm".to_owned()));
    };
    let version = String::from_utf8_lossy(&output.stdout).trim().trim_start_matches('v').to_owned();
    if is_new_enough(&version) {
        return Ok(());
    }
    watch_path();
    Err(Missing(format!("Node.js {version} is too old. Install Node.js 20.19 or later (of 22: 22.12), with npm")))
}

/// Looks again once something is installed where programs are looked for, or they are looked for elsewhere.
fn watch_path() {
    println!("cargo:rerun-if-env-changed=PATH");
    let path = std::env::var_os("PATH").unwrap_or_default();
    for folder in std::env::split_paths(&path).filter(|folder| folder.is_dir()) {
        println!("cargo:rerun-if-changed={}", folder.display());
    }
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split('.').map_while(|part| part.parse::<u32>().ok());
    let (Some(major), Some(minor)) = (numbers.next(), numbers.next()) else {
        return false;
    };
    major > 22 || NODE.iter().any(|(known, least)| major == *known && minor >= *least)
}

/// The packages of the lock file that the build needs, without running any of their scripts; nothing to do when they are there. Those
/// of linting and testing are not among them.
fn install(source: &Path) -> Result<(), Missing> {
    let wanted = source.join("package-lock.json");
    let installed = source.join("node_modules").join(".installed-lock.json");
    // Another build of the same checkout, as editors start them, waits for its turn.
    let turn = File::open(&wanted).and_then(|file| file.lock().map(|()| file));
    if turn.is_ok() && same(&wanted, &installed) {
        return Ok(());
    }
    let options = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let output = command("npm", source).arg("ci").args(options).output();
    let failure = match output {
        Ok(output) if output.status.success() => fs::copy(&wanted, &installed).err().map(|error| error.to_string()),
        Ok(output) => Some(first_line(&output.stderr)),
        Err(error) => Some(error.to_string()),
    };
    let Some(failure) = failure else {
        return Ok(());
    };
    // A file that is never there: the next build tries again.
    println!("cargo:rerun-if-changed=playground/node_modules/.never");
    Err(Missing(format!("`npm ci` could not install the pages' packages ({failure}). Mend that")))
}

/// The rest is for a terminal, and names folders of this machine.
fn first_line(said: &[u8]) -> String {
    String::from_utf8_lossy(said).lines().next().unwrap_or("npm says nothing more").trim().to_owned()
}

fn same(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}

/// Pages that do not compile are a mistake in them or in the schema, and no build.
#[expect(clippy::print_stderr, reason = "it is how a build script says why it failed")]
fn build(source: &Path, target: &Path) -> ExitCode {
    let output = command("npm", source)
        .args(["run", "--silent", "build", "--", "--emptyOutDir", "--outDir"])
        .arg(target)
        .output();
    let problem = match output {
        Ok(output) if output.status.success() => return ExitCode::SUCCESS,
        Ok(output) => [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n"),
        Err(error) => error.to_string(),
    };
    eprintln!("the pages in playground/ do not build:\n{problem}");
    ExitCode::FAILURE
}

fn explain(Missing(why): &Missing, target: &Path) -> ExitCode {
    println!("cargo:warning=the pages are not built, the API is: {why}");
    if fs::write(target.join("missing.txt"), why).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn command(program: &str, folder: &Path) -> Command {
    let name = if cfg!(windows) && program == "npm" { OsString::from("npm.cmd") } else { OsString::from(program) };
    let mut command = Command::new(name);
    command.current_dir(folder);
    command
}
