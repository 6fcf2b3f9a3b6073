#![allow(clippy::unwrap_used, reason = "helpers of tests: a panic is a failed test")]

use std::fs;
use std::time::Instant;

use super::*;

/// A program that does this instead of reading; it leaves its process's number in `pid` beside it.
fn program(folder: &Path, script: &str) -> SandboxedReader {
    let program = folder.join("reader");
    // Written by another process: a file that this one has open for writing, be it in a child that another test has just
    // started, cannot be run.
    let mut writing = Command::new("/bin/sh");
    writing.args(["-c", "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\"", "sh"]);
    writing.arg(format!("#!/bin/sh\necho $$ > \"${{0%/*}}/pid\"\n{script}\n")).arg(&program);
    assert!(writing.status().unwrap().success());
    SandboxedReader::new(program, 64 << 20, Duration::from_secs(20))
}

fn refused(script: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    program(folder.path(), script).read(BookFormat::Pdf, b"bytes").unwrap_err()
}

#[test]
fn an_answer_is_taken_and_so_is_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let document = r#"{"document":{"title":"Rope","author":null,"sections":[]}}"#;
    let read = program(folder.path(), &format!("cat > /dev/null; echo '{document}'"))
        .read(BookFormat::Epub, &vec![7; 1 << 20]);
    assert_eq!(read.unwrap().title.as_deref(), Some("Rope"));
    assert_eq!(refused(r#"echo '{"unreadable":"is encrypted"}'; exit 1"#), "is encrypted");
}

#[test]
fn a_reader_that_falls_is_told_by_how_it_fell() {
    assert_eq!(refused("kill -6 $$"), "made the reader fail (signal 6)");
    assert_eq!(refused("exit 101"), "made the reader fail (exit code 101)");
    assert_eq!(refused("echo 'no JSON'"), "made the reader fail (exit code 0)");
    let memory = refused("echo 'memory allocation of 9 bytes failed' >&2; kill -6 $$");
    assert_eq!(memory, "needs more than 64 MiB of memory to be read");
    let nowhere = SandboxedReader::new("/no/such/program".into(), 1, Duration::ZERO);
    assert!(nowhere.read(BookFormat::Pdf, b"").unwrap_err().starts_with("cannot be read: the reader does not start"));
}

#[test]
fn a_reader_that_hangs_is_ended_and_collected() {
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let hanging = SandboxedReader { deadline: Duration::from_secs(1), ..program(folder.path(), "exec sleep 1000") };
    let refused = hanging.read(BookFormat::Pdf, &vec![0; 1 << 20]).unwrap_err();
    assert_eq!(refused, "took longer than 1 s to read and was given up");
    assert!(begun.elapsed() < Duration::from_secs(20));
    let pid = fs::read_to_string(folder.path().join("pid")).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "the process is still there");
}

#[test]
fn a_reader_sees_nothing_of_the_environment() {
    let folder = tempfile::tempdir().unwrap();
    let _ = program(folder.path(), "env > \"${0%/*}/env\"").read(BookFormat::Pdf, b"");
    let seen = fs::read_to_string(folder.path().join("env")).unwrap();
    assert!(!seen.contains("HOME=") && !seen.contains("CARGO"), "{seen}");
}

#[test]
fn only_so_much_is_taken_of_what_is_said() {
    assert_eq!(taken(Some(io::repeat(b'x')), 10).len(), 10);
    assert!(taken(None::<io::Empty>, 10).is_empty());
}
