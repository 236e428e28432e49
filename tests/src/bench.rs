//! A fresh folder for one test.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::{Host, Outcome, RunFolder};

/// The name of the plugin that a test writes itself.
const OWN: &str = "own";

/// A folder that is gone after the test, with copies of the repository's `plugins/` and `scripts/`.
pub struct Bench {
    folder: TempDir,
}

impl Bench {
    /// An empty folder: without the copies.
    pub fn empty() -> Self {
        Self { folder: TempDir::new().expect("a folder for temporary files") }
    }

    pub fn new() -> Self {
        let bench = Self::empty();
        for part in ["plugins", "scripts"] {
            copy(&repository().join(part), &bench.path().join(part));
        }
        bench
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the folder and gives its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }

    /// `host ARGS`, given in this folder.
    pub fn host<I: IntoIterator<Item: AsRef<OsStr>>>(&self, args: I) -> Host {
        Host::new(self.path(), args)
    }

    /// Writes `plugins/own.rhai` and gives `host run own --quiet ARGS`.
    pub fn script(&self, text: &str, args: &[&str]) -> Host {
        self.write(&format!("plugins/{OWN}.rhai"), text);
        self.host(["run", OWN, "--quiet"].iter().chain(args))
    }

    /// Runs a plugin of that text.
    pub fn run(&self, text: &str) -> Outcome {
        self.script(text, &[]).run()
    }

    /// The folders of all runs that were made here, by name.
    pub fn runs(&self) -> Vec<RunFolder> {
        let entries = fs::read_dir(self.path().join("runs")).into_iter().flatten();
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        // A folder without a record is one whose process was killed as it made it: nothing had begun.
        paths.retain(|path| path.join("run.json").exists());
        paths.sort();
        paths.into_iter().map(RunFolder::at).collect()
    }

    /// The folder of the one run that was made here.
    pub fn only_run(&self) -> RunFolder {
        let mut runs = self.runs();
        assert_eq!(runs.len(), 1, "one run was expected, there are {runs:?}");
        runs.remove(0)
    }

    /// `host resume RUN --quiet ARGS`
    pub fn resume(&self, run: &RunFolder, args: &[&str]) -> Host {
        let path = run.path().as_os_str();
        let words = ["resume".as_ref(), path, "--quiet".as_ref()];
        self.host(words.into_iter().chain(args.iter().map(OsStr::new)))
    }
}

impl Default for Bench {
    fn default() -> Self {
        Self::new()
    }
}

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is a folder of the repository")
}

/// The ONNX Runtime library, where there is one.
pub fn onnxruntime() -> Option<PathBuf> {
    let named = std::env::var_os("ORT_DYLIB_PATH").map(PathBuf::from);
    let beside = fs::read_dir(repository().join(".ort")).into_iter().flatten().flatten().map(|e| e.path());
    let library = |path: &PathBuf| path.to_string_lossy().contains("libonnxruntime.") && path.is_file();
    named.into_iter().chain(beside).find(library)
}

/// Says on the terminal, past the capture of the test harness, that a test did nothing, and why.
pub fn skipped(why: &str) {
    let _ = writeln!(io::stderr(), "skipped: {why}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder of the repository") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
