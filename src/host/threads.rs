use std::sync::Mutex;

use actix::{Arbiter, ArbiterHandle, System};
use pathwright_api::Failure;

/// An actix system on a thread of its own, and the threads of its arbiters.
///
/// Apart from the web server's runtime, so that a plugin that computes for a while delays nobody's request.
pub(super) struct ActorThreads {
    system: System,
    arbiters: Mutex<Vec<Arbiter>>,
}

impl ActorThreads {
    pub(super) fn start() -> Result<Self, Failure> {
        let (started, system) = std::sync::mpsc::channel();
        let run = move || {
            let runner = System::new();
            let _ = started.send(System::current());
            let _ = runner.run();
        };
        let failed =
            |error: &dyn std::fmt::Display| Failure::internal(format!("the plugins' threads did not start: {error}"));
        std::thread::Builder::new().name("plugins".to_owned()).spawn(run).map_err(|error| failed(&error))?;
        let system = system.recv().map_err(|error| failed(&error))?;
        Ok(Self { system, arbiters: Mutex::default() })
    }

    /// A new thread for the actors of one plugin.
    pub(super) fn arbiter(&self) -> Result<ArbiterHandle, Failure> {
        let (made, arbiter) = std::sync::mpsc::channel();
        let make = move || {
            let _ = made.send(Arbiter::new());
        };
        // Arbiters are made on the system's own thread: elsewhere there is no current system to belong to.
        self.system.arbiter().spawn_fn(make);
        let arbiter = arbiter.recv().map_err(|_| Failure::internal("the plugins' threads are gone"))?;
        let handle = arbiter.handle();
        self.arbiters.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(arbiter);
        Ok(handle)
    }
}

impl Drop for ActorThreads {
    fn drop(&mut self) {
        self.system.stop();
    }
}
