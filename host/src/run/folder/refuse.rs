//! What is no folder of a run, or none that a new run may be made in.

use std::{fs, io::ErrorKind, path::Path};

use super::{FIGURES, LOCK, LOG, MADE, MODELS, TABLES, record};
use crate::{
    error::{Error, Result},
    files::is_leftover,
};

/// Refuses what is not the folder of a run, before anything in it is read.
pub fn refuse_others(folder: &Path) -> Result<()> {
    let not = |why: String, help: String| Error::usage(format!("{} is {why}", folder.display()), help);
    if folder.is_file() {
        let run = folder.parent().filter(|_| folder.file_name().is_some_and(|name| name == record::FILE));
        let help = run.map_or(MADE.to_owned(), |run| format!("give the folder: {}", run.display()));
        return Err(not("a file, expected the folder of a run".into(), help));
    }
    match folder.join(record::FILE).symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(not(format!("not the folder of a run: it has no {}", record::FILE), MADE.into()))
        }
        _ => Ok(()),
    }
}

/// Refuses a folder for a new run that holds more than a run's process leaves before it writes the record.
pub fn refuse_content(path: &Path) -> Result<()> {
    if path.join(record::FILE).exists() {
        let problem = format!("there is a run in {} already", path.display());
        return Err(Error::usage(problem, format!("go on with it: host resume {}", path.display())));
    }
    const LEFT: [&str; 5] = [FIGURES, TABLES, MODELS, LOCK, LOG];
    for entry in fs::read_dir(path).map_err(Error::io(path))? {
        let name = entry.map_err(Error::io(path))?.file_name();
        let name = name.to_string_lossy();
        if !LEFT.contains(&&*name) && !is_leftover(&name) {
            let problem = format!("{} is not empty: there is {name} in it", path.display());
            return Err(Error::usage(problem, "give a folder that is not there yet"));
        }
    }
    Ok(())
}

/// Refuses a folder that holds anything but regular files and folders: it may come from anywhere, and what a
/// run writes through a link lands elsewhere.
pub fn refuse_links(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::io(folder))? {
        let entry = entry.map_err(Error::io(folder))?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(Error::io(entry.path()))?);
        if kind.is_dir() {
            refuse_links(&path)?;
        } else if !kind.is_file() {
            let problem = format!("{} is a link, a pipe or a device, which no run makes", path.display());
            return Err(Error::usage(problem, "put a file or folder of the run itself there"));
        }
    }
    Ok(())
}
