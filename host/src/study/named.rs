//! The run that somebody names: by its folder, by the end of the folder's name, or by the name that it was
//! given.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::{
    found::{self, RUNS, default_folders, is_run},
    summary::RunSummary,
};
use crate::{
    error::{Error, Result},
    script::did_you_mean,
};

/// How many runs an error lists.
const NAMED: usize = 3;

/// The whole path of a run's folder.
///
/// # Errors
/// `Usage`, with the nearest run or the newest ones; the name is that of several.
pub fn find(named: &Path) -> Result<PathBuf> {
    if let Ok(found) = named.canonicalize() {
        return Ok(found);
    }
    match &among_all(named)?[..] {
        [] => Err(unknown(named)),
        [found] => found.canonicalize().map_err(Error::io(found)),
        several => {
            let shown: Vec<_> = several.iter().map(|path| path.display().to_string()).collect();
            let problem = format!("{} runs are called {}", several.len(), named.display());
            Err(Error::usage(problem, format!("give the folder: {}", shown.join(", "))))
        }
    }
}

/// [`find`], of what is the folder of a run.
///
/// # Errors
/// As [`find`]; it is no run.
pub fn find_run(named: &Path) -> Result<PathBuf> {
    let folder = find(named)?;
    match is_run(&folder) {
        true => Ok(folder),
        false => {
            let problem = format!("{} is not the folder of a run: it has no run.json", named.display());
            Err(Error::usage(problem, "give a folder that `host runs` lists"))
        }
    }
}

/// The runs that are called so: `1a2b3c4d` is the end of `runs/dtan-1a2b3c4d`.
fn among_all(named: &Path) -> Result<Vec<PathBuf>> {
    let name = named.to_string_lossy();
    if named.components().count() != 1 || name.is_empty() {
        return Ok(Vec::new());
    }
    let is_called = |run: &RunSummary| {
        let folder = run.path.file_name().unwrap_or_default().to_string_lossy();
        let before = folder.strip_suffix(&*name);
        run.notes.name == name || before.is_some_and(|before| before.is_empty() || before.ends_with('-'))
    };
    let runs = found::find(&default_folders())?.runs;
    Ok(runs.into_iter().filter(is_called).map(|run| run.path).collect())
}

fn unknown(named: &Path) -> Error {
    let folder = named.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(RUNS));
    let runs = newest(folder);
    let shown = |name: &String| folder.join(name).display().to_string();
    let name = named.file_name().unwrap_or_default().to_string_lossy();
    let near = did_you_mean(&name, runs.iter().map(String::as_str));
    let help = match &runs[..] {
        [] => format!("there are no runs in {}", folder.display()),
        runs => {
            format!("the newest are {}", runs.iter().take(NAMED).map(shown).collect::<Vec<_>>().join(", "))
        }
    };
    Error::usage(format!("there is no run {}", named.display()), near.unwrap_or(help))
}

/// The names of the runs in a folder, the newest first.
fn newest(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let changed = |path: PathBuf| path.join("run.json").metadata().and_then(|record| record.modified()).ok();
    let dated =
        entries.filter_map(|entry| Some((changed(entry.path())?, entry.file_name().into_string().ok()?)));
    let mut runs: Vec<(SystemTime, String)> = dated.collect();
    runs.sort_by(|a, b| b.cmp(a));
    runs.into_iter().map(|(_, name)| name).collect()
}
