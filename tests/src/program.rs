//! The program under test.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// No command of a test takes this long; one that does hangs.
const LONGEST: Duration = Duration::from_secs(120);

/// A `host` command that is about to be given.
pub struct Host {
    command: Command,
}

impl Host {
    pub fn new<I: IntoIterator<Item: AsRef<OsStr>>>(folder: &Path, args: I) -> Self {
        let mut command = Command::new(program());
        command.current_dir(folder).args(args).env_remove("HOST_DATA").env_remove("COLUMNS");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command }
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn arg(mut self, value: impl AsRef<OsStr>) -> Self {
        self.command.arg(value);
        self
    }

    pub fn args<I: IntoIterator<Item: AsRef<OsStr>>>(mut self, values: I) -> Self {
        self.command.args(values);
        self
    }

    /// Where its output goes, instead of into the [`Outcome`].
    pub fn stdout(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stdout(to);
        self
    }

    /// Where its messages go, instead of into the [`Outcome`].
    pub fn stderr(mut self, to: impl Into<Stdio>) -> Self {
        self.command.stderr(to);
        self
    }

    /// Runs the command to its end.
    pub fn run(self) -> Outcome {
        self.start().wait()
    }

    /// Starts the command.
    pub fn start(mut self) -> Running {
        Running { child: self.command.spawn().expect("the program starts"), since: Instant::now() }
    }
}

/// A command that runs.
pub struct Running {
    child: Child,
    since: Instant,
}

impl Running {
    /// Sends a signal, unless the process has ended.
    pub fn signal(&self, signal: i32) {
        // SAFETY: the process is a child that was not waited for, so the number is still its own.
        unsafe { libc::kill(self.id() as libc::pid_t, signal) };
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal once `delay` has passed since the start, and waits for the end.
    pub fn signal_after(self, delay: Duration, signal: i32) -> Outcome {
        thread::sleep(delay.saturating_sub(self.since.elapsed()));
        self.signal(signal);
        self.wait()
    }

    /// Whether the process has ended.
    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_some()
    }

    /// Waits until `happened`, as long as the process runs.
    pub fn until(mut self, happened: impl Fn() -> bool) -> Self {
        while !happened() && !self.is_over() {
            assert!(self.since.elapsed() < LONGEST, "it hangs");
            thread::sleep(Duration::from_millis(2));
        }
        self
    }

    /// Waits for the end.
    pub fn wait(self) -> Outcome {
        let (id, since) = (self.id(), self.since);
        let (done, over) = std::sync::mpsc::channel::<()>();
        let watch = thread::spawn(move || {
            if over.recv_timeout(LONGEST) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                // SAFETY: the owner of the child still waits for it.
                unsafe { libc::kill(id as libc::pid_t, libc::SIGKILL) };
                panic!("a command took longer than {LONGEST:?}");
            }
        });
        let output = self.child.wait_with_output().expect("a child can be waited for");
        drop(done);
        watch.join().expect("the command ends in time");
        Outcome::new(&output, since.elapsed())
    }
}

/// How a command ended.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Outcome {
    fn new(output: &Output, took: Duration) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status, stdout: text(&output.stdout), stderr: text(&output.stderr), took }
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.status.code(), Some(code), "\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Asserts that the messages contain every one of these texts.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no `{text}` in:\n{}", self.stderr);
        }
        assert!(!self.stderr.contains("a fault inside the host"), "{}", self.stderr);
        self
    }

    /// Asserts that the output contains every one of these texts.
    #[track_caller]
    pub fn shows(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stdout.contains(text), "no `{text}` in:\n{}", self.stdout);
        }
        self
    }
}

/// The program that cargo built for this test: two folders above the test's own file.
fn program() -> PathBuf {
    // Where cargo says, for its build folder may be another than that of what it builds; else near the test.
    if let Some(path) = std::env::var_os("CARGO_BIN_EXE_host-tested") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test knows its own file");
    let name = format!("host-tested{}", std::env::consts::EXE_SUFFIX);
    let found = test.ancestors().skip(1).take(3).map(|folder| folder.join(&name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("there is no {name} near {}: run the tests with cargo", test.display()))
}
