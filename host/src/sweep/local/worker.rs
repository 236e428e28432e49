//! The process of one job.

use std::{
    collections::VecDeque,
    io::{self, Read},
    num::NonZeroUsize,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::Sender,
    thread,
    time::{Duration, Instant},
};

use crate::{
    error::{Error, Result},
    sweep::{
        Sweep,
        job::{Launch, THREADS},
    },
};

/// How long a worker may take to stop once it was asked. Its own watch ends it long before.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How much of the end of what a worker said is kept, in bytes.
const KEPT: usize = 4096;

/// The process of one job.
#[derive(Debug)]
pub struct Worker {
    /// The index of its job.
    pub index: usize,
    pub since: Instant,
    child: Child,
}

/// A worker is over, or about to be.
#[derive(Debug)]
pub struct Ended {
    pub index: usize,
    /// The end of what it said on stderr.
    pub said: String,
}

impl Worker {
    /// Starts the job of that index, one of `jobs` at a time, with its share of the threads. `ends` hears of
    /// its end.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(
        sweep: &Sweep,
        index: usize,
        launch: &Launch,
        jobs: NonZeroUsize,
        ends: Sender<Ended>,
    ) -> Result<Self> {
        let job = &sweep.jobs[index];
        let folder = sweep.run_folder(job);
        let program = std::env::current_exe().map_err(Error::io("the program itself"))?;
        let mut command = Command::new(&program);
        command.args(launch.words(job, &folder)).env(THREADS, share(jobs).to_string());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        set_apart(&mut command);
        let mut child = command.spawn().map_err(Error::io(&program))?;
        let said = child.stderr.take();
        thread::spawn(move || {
            let said = said.map(end_of).unwrap_or_default();
            // Nobody hears it once the sweep is over.
            let _ = ends.send(Ended { index, said });
        });
        Ok(Self { index, since: Instant::now(), child })
    }

    /// Asks it to stop, with a checkpoint.
    pub fn stop(&self) {
        // SAFETY: the process is a child that was not waited for, so the number is still its own.
        unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGTERM) };
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        // One that is over already need not be killed.
        let _ = self.child.kill();
    }

    /// Waits for its end.
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

/// The threads of one of so many jobs.
fn share(jobs: NonZeroUsize) -> usize {
    (rayon::current_num_threads() / jobs).max(1)
}

/// Keeps Ctrl-C on the terminal from the worker, which hears of it from the sweep, once; and has the system
/// ask it to stop where the sweep is killed.
fn set_apart(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
    #[cfg(target_os = "linux")]
    {
        let parent = std::process::id() as libc::pid_t;
        let follow = move || {
            // SAFETY: both calls take and give numbers, and are allowed between fork and exec.
            let is_orphan = unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM);
                libc::getppid() != parent
            };
            match is_orphan {
                true => Err(std::io::ErrorKind::Interrupted.into()),
                false => Ok(()),
            }
        };
        // SAFETY: it only calls what may be called between fork and exec.
        unsafe { command.pre_exec(follow) };
    }
}

/// The last bytes of a stream, once it ended.
fn end_of(mut stream: impl Read) -> String {
    let mut kept = VecDeque::with_capacity(2 * KEPT);
    let mut buffer = [0; KEPT];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        kept.extend(&buffer[..n]);
        kept.drain(..kept.len().saturating_sub(KEPT));
    }
    String::from_utf8_lossy(kept.make_contiguous()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_stream_is_kept() {
        let text = "x".repeat(3 * KEPT) + "end";
        let kept = end_of(text.as_bytes());
        assert!(kept.len() == KEPT && kept.ends_with("xend"));
        assert_eq!(end_of("a\nb".as_bytes()), "a\nb");
    }
}
