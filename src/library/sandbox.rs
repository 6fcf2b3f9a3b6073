use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use pathwright_api::library::BookFormat;
use pathwright_reader::{Document, SourceFile};
use serde::{Deserialize, Serialize};
use wait_timeout::ChildExt;

/// Most that is taken of what a reader answers, in bytes.
const LARGEST_ANSWER: u64 = 256 << 20;
/// Most that is taken of what it says besides: why it fell.
const LARGEST_COMPLAINT: u64 = 16 << 10;
/// The words of Rust's standard library before it aborts, those of its errors, and the system's.
const OUT_OF_MEMORY: [&str; 3] = ["memory allocation of", "out of memory", "Cannot allocate memory"];
/// Bytes of a reader's stack.
const STACK: usize = 16 << 20;

/// Reads files whose formats are intricate enough to be turned against their reader in a process of its own: `pathwright read`,
/// which has a limit on its memory and on its time and knows no secret.
#[derive(Clone, Debug)]
pub struct SandboxedReader {
    /// The program that has the command `read`.
    program: PathBuf,
    /// Bytes.
    memory: u64,
    deadline: Duration,
}

/// What `pathwright read` prints, as JSON.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReaderAnswer {
    Document(Document),
    /// Why the file cannot be read: the end of a sentence that the file's name begins.
    Unreadable(String),
}

impl SandboxedReader {
    /// `memory` in bytes.
    pub fn new(program: PathBuf, memory: u64, deadline: Duration) -> Self {
        Self { program, memory, deadline }
    }

    /// Reads a file's bytes, apart where its format asks for that, and waits for the end of it. An error is the end of a sentence
    /// that the file's name begins.
    pub fn read(&self, format: BookFormat, bytes: &[u8]) -> Result<Document, String> {
        match format {
            BookFormat::Pdf | BookFormat::Epub | BookFormat::Html => self.in_a_process(format, bytes),
            BookFormat::Markdown | BookFormat::Rst | BookFormat::Notebook | BookFormat::Text => {
                pathwright_reader::read(format, bytes)
            }
        }
    }

    /// Reads all files of the book at a path, in reading order; one that cannot be read is an error.
    pub fn read_book(&self, path: &Path, largest: u64) -> Result<Vec<Document>, String> {
        let book = pathwright_reader::collect(path, largest)?;
        if let Some(bad) = book.bad.first() {
            return Err(format!("{} {}", bad.name, bad.reason));
        }
        let read = |file: &SourceFile| {
            let read = file.bytes(largest).and_then(|bytes| self.read(file.format, &bytes));
            read.map_err(|reason| format!("{} {reason}", file.name))
        };
        book.files.iter().map(read).collect()
    }

    fn in_a_process(&self, format: BookFormat, bytes: &[u8]) -> Result<Document, String> {
        let mut reader = Reader::start(&mut self.command(format)).map_err(|error| {
            tracing::error!(program = %self.program.display(), %error, "the reader of files does not start");
            format!("cannot be read: the reader does not start ({error})")
        })?;
        let said = reader.ask(bytes, self.deadline);
        match said.status {
            None => Err(format!("took longer than {} s to read and was given up", self.deadline.as_secs())),
            Some(_) if said.answer.len() as u64 > LARGEST_ANSWER => {
                Err(format!("gives more than {} MiB of text", LARGEST_ANSWER >> 20))
            }
            Some(status) => self.understand(status, &said),
        }
    }

    fn understand(&self, status: ExitStatus, said: &Said) -> Result<Document, String> {
        match serde_json::from_slice(&said.answer) {
            Ok(ReaderAnswer::Document(document)) if status.success() => Ok(document),
            Ok(ReaderAnswer::Unreadable(reason)) => Err(reason),
            _ if OUT_OF_MEMORY.iter().any(|words| said.complaint.contains(words)) => {
                Err(format!("needs more than {} MiB of memory to be read", self.memory >> 20))
            }
            _ => {
                tracing::warn!(%status, complaint = said.complaint, "the reader of files fell");
                Err(format!("made the reader fail ({})", ending(status)))
            }
        }
    }

    fn command(&self, format: BookFormat) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(["read", "-", "--format", format.into()])
            .args(["--memory-mib", &(self.memory >> 20).max(1).to_string()])
            // Only for a reader that nobody waits for any more; otherwise it is ended before.
            .args(["--seconds", &(self.deadline.as_secs() + 5).to_string()])
            // Keys stand in the environment, and a reader needs nothing of it.
            .env_clear();
        command
    }
}

/// Reads a file here and now, with more room for recursion than a main thread may have.
pub fn read_here(format: BookFormat, bytes: Vec<u8>) -> io::Result<ReaderAnswer> {
    let reading = thread::Builder::new().stack_size(STACK).spawn(move || pathwright_reader::read(format, &bytes));
    // There is one thread only, so that room for its stack is all that can be lacking.
    let reading = reading.map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    let read = reading.join().map_err(|_| io::Error::other("the reader failed"))?;
    Ok(read.map_or_else(ReaderAnswer::Unreadable, ReaderAnswer::Document))
}

/// This very program, even when its file has been replaced since it was started.
pub fn this_program() -> io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_owned()) } else { std::env::current_exe() }
}

/// Limits this process: bytes of memory and seconds of work, after which the system ends it. What cannot be limited on this
/// system is left to the process that waits.
pub fn limit_this_process(memory: u64, seconds: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rlimit::Resource;
        let lower = |resource: Resource, limit: u64| {
            let (_, most) = resource.get()?;
            let limit = limit.min(most);
            resource.set(limit, limit)
        };
        // Memory of its own; what is mapped of the program's file is shared.
        lower(Resource::DATA, memory)?;
        lower(Resource::CPU, seconds)?;
        lower(Resource::CORE, 0)?;
    }
    #[cfg(not(unix))]
    let _ = (memory, seconds);
    Ok(())
}

/// The process that reads. Whatever becomes of whoever waits for it, it is ended and collected.
struct Reader {
    process: Child,
}

/// What a process said and how it ended; none when it had to be ended.
struct Said {
    status: Option<ExitStatus>,
    answer: Vec<u8>,
    complaint: String,
}

impl Reader {
    fn start(command: &mut Command) -> io::Result<Self> {
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        Ok(Self { process })
    }

    /// Gives the bytes and takes the answer at the same time: a pipe holds little, and either side would wait for the other.
    fn ask(&mut self, bytes: &[u8], deadline: Duration) -> Said {
        let (input, output, errors) = self.pipes();
        thread::scope(|scope| {
            // A reader may have seen enough before the end of the file.
            scope.spawn(move || input.map(|mut input| input.write_all(bytes)));
            let answer = scope.spawn(move || taken(output, LARGEST_ANSWER + 1));
            let complaint = scope.spawn(move || taken(errors, LARGEST_COMPLAINT));
            let status = self.process.wait_timeout(deadline).ok().flatten();
            // Now the pipes close, and the threads come to their end.
            self.end();
            let complaint = String::from_utf8_lossy(&complaint.join().unwrap_or_default()).into_owned();
            Said { status, answer: answer.join().unwrap_or_default(), complaint }
        })
    }

    fn pipes(&mut self) -> (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>) {
        (self.process.stdin.take(), self.process.stdout.take(), self.process.stderr.take())
    }

    /// Does nothing to a process that has ended and been collected.
    fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.end();
    }
}

/// The first bytes of a stream; the pipe is closed behind them.
fn taken(stream: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // What was said before an error is all there is.
        let _ = stream.take(most).read_to_end(&mut bytes);
    }
    bytes
}

fn ending(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

#[cfg(all(test, unix))]
mod tests;
