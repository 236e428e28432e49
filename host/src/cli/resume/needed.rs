//! Arguments that are not taken from the record of a run: whoever resumes it has to give them again.

use std::path::{Component, Path, PathBuf};

use crate::{
    cli::{args::ResumeArgs, plugin},
    data,
    error::Error,
    onnx,
    run::{Arguments, Record, shell_quoted},
    script::settings::NamedPath,
    session::{Options, access::is_own},
};

/// Such arguments that were given.
#[derive(Default)]
pub struct Given<'a> {
    plugin: Option<&'a Path>,
    data: Option<&'a Path>,
    allow_read: &'a [PathBuf],
    onnxruntime: Option<&'a Path>,
    changed: bool,
}

impl<'a> Given<'a> {
    pub fn of(args: &'a ResumeArgs) -> Self {
        Self {
            plugin: args.plugin.as_deref(),
            data: args.data.as_deref(),
            allow_read: &args.allow_read,
            onnxruntime: args.control.onnxruntime.as_deref(),
            changed: args.changed,
        }
    }

    fn words(&self) -> Vec<Word> {
        let one = |flag, path: Option<&Path>| path.map(|path| Word { flag, path: path.to_owned() });
        let read = self.allow_read.iter().map(|path| Word { flag: ALLOW_READ, path: path.clone() });
        let others = [one(PLUGIN, self.plugin), one(DATA, self.data), one(ONNXRUNTIME, self.onnxruntime)];
        others.into_iter().flatten().chain(read).collect()
    }
}

/// An option with a path, which has to be given.
#[derive(Clone)]
pub struct Word {
    flag: &'static str,
    path: PathBuf,
}

const PLUGIN: &str = "--plugin";
const DATA: &str = "--data";
const ALLOW_READ: &str = "--allow-read";
const ONNXRUNTIME: &str = "--onnxruntime";

impl Word {
    pub fn is_plugin(&self) -> bool {
        self.flag == PLUGIN
    }

    fn shown(&self) -> String {
        format!("{} {}", self.flag, shell_quoted(&self.path.display().to_string()))
    }
}

/// Options of the command that began the run, which this command neither has nor replaces by a default of its
/// own.
pub fn words(record: &Record, began: &Arguments, run: &Path, given: &Given) -> Vec<Word> {
    let there = |path: &str| Path::new(&record.folder).join(path);
    let mut words = Vec::new();
    if given.plugin.is_none() && !is_found(Path::new(&began.plugin), run) {
        words.push(Word { flag: PLUGIN, path: there(&record.plugin) });
    }
    let folders = data::folders(given.data);
    if let (None, Some(folder)) = (given.data, &began.data)
        && !folders.iter().any(|own| is_same(own, &there(folder)))
    {
        words.push(Word { flag: DATA, path: there(folder) });
    }
    if given.allow_read.is_empty() {
        words.extend(began.allow_read.iter().map(|path| Word { flag: ALLOW_READ, path: there(path) }));
    }
    if let (None, Some(library)) = (given.onnxruntime, &began.onnxruntime)
        && !onnx::locate(None).is_ok_and(|found| is_same(&found, &there(library)))
    {
        words.push(Word { flag: ONNXRUNTIME, path: there(library) });
    }
    words
}

/// Files and folders that settings name, and that have to be allowed again before they are read.
pub fn paths(record: &Record, named: &[NamedPath], options: &Options, given: &Given) -> Vec<Word> {
    let home = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    let roots: Vec<PathBuf> =
        options.data.iter().chain(given.allow_read).filter_map(|root| root.canonicalize().ok()).collect();
    let known = |named: &NamedPath| !given.changed && record.has_read(&named.text);
    let real = |named: &NamedPath| {
        let real = Path::new(&named.text).canonicalize().ok()?;
        (real.is_file() || named.is_path && real.is_dir()).then_some(real)
    };
    let mut paths: Vec<PathBuf> = named.iter().filter(|named| !known(named)).filter_map(real).collect();
    paths.retain(|real| !is_own(real, &home) && !roots.iter().any(|root| real.starts_with(root)));
    paths.dedup();
    paths.into_iter().map(|path| Word { flag: ALLOW_READ, path }).collect()
}

/// The command that goes on with a run, with the options that were given and those that are missing.
pub fn command(given: &Given, missing: &[Word], run: &Path) -> String {
    let words = given.words().into_iter().chain(missing.iter().cloned()).map(|word| word.shown());
    let start = ["host resume".to_owned(), shell_quoted(&run.display().to_string())];
    let changed = given.changed.then(|| "--changed".to_owned());
    start.into_iter().chain(words).chain(changed).collect::<Vec<_>>().join(" ")
}

/// The error for options that are missing.
pub fn refusal(given: &Given, missing: &[Word], run: &Path) -> Error {
    let shown: Vec<_> = missing.iter().map(Word::shown).collect();
    Error::usage(
        format!("what a run's record names is not taken from there: {}", shown.join(", ")),
        format!("if that is what you mean: {}", command(given, missing, run)),
    )
}

/// Whether the plugin is found by its name, or in the working folder, so that whoever resumes the run has put
/// it there. One in the folder of the run came with that folder.
pub fn is_found(plugin: &Path, run: &Path) -> bool {
    let Ok(path) = plugin::find(plugin) else { return false };
    // A plugin that is found but not on the disk is built in.
    let Ok(real) = path.canonicalize() else { return true };
    let goes_up = path.components().any(|part| part == Component::ParentDir);
    let names = [Some(real.clone()), std::path::absolute(&path).ok().filter(|_| !goes_up)];
    let home = std::env::current_dir().unwrap_or_default();
    !real.starts_with(run) && names.iter().flatten().any(|path| is_own(path, &home))
}

fn is_same(a: &Path, b: &Path) -> bool {
    a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}
