//! What the folder of a run shows. It may come from anywhere: only regular files are read, and no link is
//! followed out of it.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::SystemTime,
};

use serde_json::{Map, Value};

use crate::{
    error::{Error, Result},
    run::{RECORD, Status, is_held, natural_key},
};

/// What is shown of the log: its last lines; what is read of it: its last bytes.
const LOG_LINES: usize = 200;
const LOG_BYTES: u64 = 1 << 20;
/// Warnings that are shown.
const WARNINGS: usize = 20;

/// A file of the run.
#[derive(Clone, Debug)]
pub struct FoundFile {
    /// Its path from the run's folder: `figures/a.png`.
    pub name: String,
    pub path: PathBuf,
    pub bytes: u64,
    pub modified: SystemTime,
}

impl FoundFile {
    /// Its name without folder and extension.
    pub fn stem(&self) -> String {
        self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
    }

    pub fn has_extension(&self, extension: &str) -> bool {
        self.path.extension().is_some_and(|own| own == extension)
    }
}

/// `run.json`, and what to say where it is missing or no object. What is RUNNING without a process is
/// INTERRUPTED.
pub fn record(run: &Path) -> Result<(Value, String)> {
    let problem = match regular(&run.join(RECORD))? {
        None => "run.json is missing.".to_string(),
        Some(mut file) => {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map_err(Error::io(run.join(RECORD)))?;
            match serde_json::from_slice(&bytes) {
                Ok(Value::Object(record)) => return Ok((standing(run, record), String::new())),
                Ok(_) => "run.json is not an object.".to_string(),
                Err(e) => format!("run.json cannot be read: {e}."),
            }
        }
    };
    Ok((Value::Object(Map::new()), problem))
}

fn standing(run: &Path, mut record: Map<String, Value>) -> Value {
    let status = |status: Status| serde_json::json!(status);
    if record.get("status") == Some(&status(Status::Running)) && !is_held(run).unwrap_or(true) {
        record.insert("status".into(), status(Status::Interrupted));
    }
    record.into()
}

/// The regular files in the folder `part` of a run (`""`: in the run's own), in natural order.
pub fn files(run: &Path, part: &str) -> Result<Vec<FoundFile>> {
    let folder = if part.is_empty() { run.to_owned() } else { run.join(part) };
    let is_link = || folder.symlink_metadata().is_ok_and(|facts| facts.is_symlink());
    let entries = match fs::read_dir(&folder) {
        Err(e) if e.kind() == ErrorKind::NotFound && !part.is_empty() => return Ok(Vec::new()),
        Ok(_) if !part.is_empty() && is_link() => return Ok(Vec::new()),
        entries => entries.map_err(Error::io(&folder))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io(&folder))?.path();
        let name = path.strip_prefix(run).unwrap_or(&path).to_string_lossy().into_owned();
        match fs::symlink_metadata(&path) {
            Ok(facts) if facts.is_file() => {
                let modified = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push(FoundFile { name, path, bytes: facts.len(), modified });
            }
            Ok(_) => {}
            // A file that was being written beside its final place when the folder was listed.
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(Error::io(path)(e)),
        }
    }
    files.retain(|file| !file.name.rsplit('/').next().unwrap_or_default().starts_with('.'));
    files.sort_by_cached_key(|file| natural_key(&file.name));
    Ok(files)
}

/// A file that is there and no link.
fn regular(path: &Path) -> Result<Option<File>> {
    match fs::symlink_metadata(path) {
        Ok(facts) if facts.is_file() => Ok(Some(File::open(path).map_err(Error::io(path))?)),
        Ok(_) => Ok(None),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(Error::io(path)(e)),
    }
}

/// The last lines of the log, and the last warnings among what is read of it, without their times.
pub fn log(run: &Path) -> Result<(String, Vec<String>)> {
    let path = run.join("log.txt");
    let Some(mut file) = regular(&path)? else { return Ok(Default::default()) };
    let mut bytes = Vec::new();
    file.metadata()
        .and_then(|facts| file.seek(SeekFrom::Start(facts.len().saturating_sub(LOG_BYTES))))
        .and_then(|_| file.read_to_end(&mut bytes))
        .map_err(Error::io(path))?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let warnings = lines.iter().filter_map(|line| line.split_once(" warning: "));
    let warnings: Vec<String> =
        warnings.filter(|(time, _)| !time.contains(' ')).map(|(_, warning)| warning.to_owned()).collect();
    let last = |lines: usize, of: usize| lines.saturating_sub(of);
    let tail = lines[last(lines.len(), LOG_LINES)..].join("\n");
    Ok((tail, warnings[last(warnings.len(), WARNINGS)..].to_vec()))
}
