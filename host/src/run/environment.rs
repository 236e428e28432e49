//! On what a process of a run computed: machine, system, memory, and the commit of its plugin.

use std::{
    ffi::CStr,
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

/// How long `git` may take: its answer is worth no more.
const PATIENCE: Duration = Duration::from_secs(2);

/// On what a process of a run computed. No result depends on this record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// The name of the machine.
    pub host: String,
    /// The system with its version, and the architecture.
    pub os: String,
    pub cpu: String,
    /// The graphics card, where the run computed on one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu: Option<String>,
    /// Threads that computed on the CPU.
    pub threads: usize,
    /// The commit of the repository that the plugin's folder belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether the files that are tracked there were as in that commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clean: Option<bool>,
    /// Bytes that the process had in memory at most.
    pub peak_memory: u64,
}

impl Environment {
    /// That of this process. `plugin` is the plugin's file, unless it is built in.
    pub fn here(plugin: Option<&Path>, gpu: Option<String>) -> Self {
        let folder = plugin.and_then(Path::parent).filter(|folder| folder.as_os_str() != "");
        let folder = plugin.map(|_| folder.unwrap_or(Path::new(".")));
        let commit = folder.and_then(|folder| answer(folder, &["rev-parse", "HEAD"]));
        let clean = folder.filter(|_| commit.is_some()).and_then(is_clean);
        let (host, system) = names();
        Self {
            host,
            os: system,
            cpu: cpu().unwrap_or_default(),
            gpu,
            threads: rayon::current_num_threads(),
            commit,
            clean,
            peak_memory: peak_memory(),
        }
    }

    /// Adds it to those of earlier processes; one that differs from the last in memory alone is the same one.
    pub fn note(self, known: &mut Vec<Self>) {
        match known.last_mut() {
            Some(last) if (Self { peak_memory: last.peak_memory, ..self.clone() }) == *last => {
                last.peak_memory = last.peak_memory.max(self.peak_memory);
            }
            _ => known.push(self),
        }
    }
}

/// Bytes that this process had in memory at most.
pub fn peak_memory() -> u64 {
    // SAFETY: the structure consists of numbers, and the call fills it.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    // Linux counts in units of 1024 bytes, macOS in bytes.
    let unit = if cfg!(target_os = "macos") { 1 } else { 1024 };
    u64::try_from(usage.ru_maxrss).unwrap_or(0) * unit
}

/// The machine's name, and its system: `Debian GNU/Linux 12 (bookworm), Linux 6.1.0 x86_64`.
fn names() -> (String, String) {
    // SAFETY: the structure consists of bytes, the call fills it, and its texts end in a zero.
    let (system, machine) = unsafe {
        let mut name = std::mem::zeroed::<libc::utsname>();
        libc::uname(&mut name);
        let text = |bytes: &[libc::c_char]| CStr::from_ptr(bytes.as_ptr()).to_string_lossy().into_owned();
        let kernel = [text(&name.sysname), text(&name.release), text(&name.machine)].join(" ");
        (kernel, text(&name.nodename))
    };
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let pretty = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    match pretty {
        Some(pretty) => (machine, format!("{}, {system}", pretty.trim_matches('"'))),
        None => (machine, system),
    }
}

fn cpu() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// Whether no tracked file of the repository around `folder` differs from its last commit.
fn is_clean(folder: &Path) -> Option<bool> {
    let mut child = git(folder, &["diff", "--no-ext-diff", "--quiet", "HEAD"])?;
    match ended(&mut child)? {
        0 => Some(true),
        1 => Some(false),
        _ => None,
    }
}

/// The one line that `git` answers; none where there is no git or no repository.
fn answer(folder: &Path, words: &[&str]) -> Option<String> {
    let mut child = git(folder, words)?;
    (ended(&mut child)? == 0).then_some(())?;
    let output = child.wait_with_output().ok()?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned()).filter(|line| !line.is_empty())
}

fn git(folder: &Path, words: &[&str]) -> Option<Child> {
    let mut command = Command::new("git");
    // A monitor of files is a program that the repository names.
    command.arg("-C").arg(folder).args(["-c", "core.fsmonitor=false"]).args(words);
    command.env("GIT_OPTIONAL_LOCKS", "0");
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"].iter().for_each(|name| {
        command.env_remove(name);
    });
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()
}

/// The exit code of a process that ends in time.
fn ended(child: &mut Child) -> Option<i32> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait().ok()? {
            return status.code();
        }
        thread::sleep(Duration::from_millis(1));
    }
    // It may have ended meanwhile.
    let _ = child.kill().and_then(|()| child.wait());
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_with_another_peak_alone_is_noted_once() {
        let first = Environment { host: "a".into(), peak_memory: 5, ..Environment::default() };
        let mut known = Vec::new();
        first.clone().note(&mut known);
        Environment { peak_memory: 9, ..first.clone() }.note(&mut known);
        Environment { peak_memory: 2, ..first.clone() }.note(&mut known);
        assert_eq!(known, [Environment { peak_memory: 9, ..first.clone() }]);
        Environment { host: "b".into(), ..first }.note(&mut known);
        assert_eq!(known.len(), 2);
    }

    #[test]
    fn a_folder_outside_of_all_repositories_has_no_commit() {
        let folder = tempfile::tempdir().unwrap();
        let here = Environment::here(Some(&folder.path().join("own.rhai")), None);
        assert_eq!((here.commit, here.clean), (None, None));
        assert!(!here.host.is_empty() && !here.os.is_empty() && here.threads > 0);
        assert!(here.peak_memory > 1 << 20, "{}", here.peak_memory);
    }

    #[test]
    fn a_changed_file_makes_a_repository_unclean() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.rhai");
        let run = |words: &[&str]| git(folder.path(), words).and_then(|mut child| ended(&mut child));
        fs::write(&path, "1").unwrap();
        let made = run(&["init", "-q"])
            .and_then(|_| run(&["add", "own.rhai"]))
            .and_then(|_| run(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first"]));
        if made != Some(0) {
            return; // there is no git here, and a run records nothing of it
        }
        let here = || Environment::here(Some(&path), None);
        assert_eq!((here().commit.map(|commit| commit.len()), here().clean), (Some(40), Some(true)));
        fs::write(&path, "2").unwrap();
        assert_eq!(here().clean, Some(false));
    }
}
