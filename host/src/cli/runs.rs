//! Finding the folder of a run.

use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{
    error::{Error, Result},
    script::did_you_mean,
};

/// Where runs are, unless --out says otherwise.
const RUNS: &str = "runs";

/// How many runs an error lists.
const NAMED: usize = 3;

/// The whole path of a run's folder.
///
/// # Errors
/// `Usage`, with the nearest run or the newest ones.
pub fn find(named: &Path) -> Result<PathBuf> {
    if let Ok(found) = named.canonicalize() {
        return Ok(found);
    }
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
    Err(Error::usage(format!("there is no run {}", named.display()), near.unwrap_or(help)))
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
