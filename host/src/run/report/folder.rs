//! What the folder of a run shows.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value};

use super::html::natural_key;
use crate::error::{Error, Result};

/// What is shown of the log: its last lines, from its last bytes.
const LOG_LINES: usize = 200;
const LOG_BYTES: u64 = 64 << 10;

/// `run.json`, and what to say where it is missing or no object.
pub fn record(run: &Path) -> Result<(Value, String)> {
    let problem = match fs::read(run.join("run.json")) {
        Ok(bytes) => match serde_json::from_slice(&bytes) {
            Ok(Value::Object(record)) => return Ok((Value::Object(record), String::new())),
            Ok(_) => "run.json is not an object.".to_string(),
            Err(e) => format!("run.json cannot be read: {e}."),
        },
        Err(e) if e.kind() == ErrorKind::NotFound => "run.json is missing.".to_string(),
        Err(e) => return Err(Error::io(run.join("run.json"))(e)),
    };
    Ok((Value::Object(Map::new()), problem))
}

/// The regular files in `folder` with their sizes, in natural order; none without the folder.
pub fn files(folder: &Path) -> Result<Option<Vec<(PathBuf, u64)>>> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        entries => entries.map_err(Error::io(folder))?,
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io(folder))?.path();
        match fs::metadata(&path) {
            Ok(meta) if meta.is_file() => files.push((path, meta.len())),
            Ok(_) => {}
            // A file that was being written beside its final place when the folder was listed.
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(Error::io(path)(e)),
        }
    }
    files.sort_by_cached_key(|(path, _)| natural_key(&path.to_string_lossy()));
    Ok(Some(files))
}

/// The log's last lines.
pub fn log_tail(path: &Path) -> Result<String> {
    let mut file = match File::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(String::new()),
        file => file.map_err(Error::io(path))?,
    };
    let mut bytes = Vec::new();
    file.metadata()
        .and_then(|meta| file.seek(SeekFrom::Start(meta.len().saturating_sub(LOG_BYTES))))
        .and_then(|_| file.read_to_end(&mut bytes))
        .map_err(Error::io(path))?;
    let tail = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = tail.lines().collect();
    Ok(lines[lines.len().saturating_sub(LOG_LINES)..].join("\n"))
}
