use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How a command ended, what it said, and the most memory it ever had.
pub struct Watched {
    pub status: ExitStatus,
    /// Standard output and standard error.
    pub said: String,
    /// Bytes in memory, the program's own file included; none where the system does not say.
    pub peak: Option<u64>,
    pub took: Duration,
}

/// Runs a command to its end and looks at its memory all the while.
pub fn watched(command: &mut Command) -> Watched {
    let begun = Instant::now();
    let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (output, errors) = (process.stdout.take().unwrap(), process.stderr.take().unwrap());
    let reading = [thread::spawn(move || all(output)), thread::spawn(move || all(errors))];
    let mut most = None;
    let status = loop {
        // The system keeps the highest mark until the end, so that looking now and then misses little.
        most = peak(&process).max(most);
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let said = reading.map(|thread| thread.join().unwrap()).concat();
    Watched { status, said, peak: most, took: begun.elapsed() }
}

fn all(mut stream: impl Read) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn peak(process: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse::<u64>().ok().map(|kib| kib << 10)
}
