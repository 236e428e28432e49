//! The folder of a run: made once, owned by one process at a time, and found again after a crash.

mod lock;
mod log;
mod refuse;

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Instant, SystemTime},
};

use super::{
    record::{self, LeftFile, Record, Status, timestamp},
    words::shell_quoted,
};
use crate::{
    error::{Error, Result, locked},
    files::{cleaned, folder_of, remove_leftovers, safe_name, sha256, sync_folder, write_whole},
};
pub use lock::{LOCK, is_held, lock};
use log::RunLog;
use refuse::{refuse_content, refuse_links, refuse_others};

const FIGURES: &str = "figures";
const FIGURE_FORMATS: [&str; 3] = ["png", "svg", "pdf"];
const TABLES: &str = "tables";
const MODELS: &str = "models";
const CHECKPOINTS: &str = "checkpoints";
const LOG: &str = "log.txt";

/// What is resumed.
const MADE: &str = "give a folder that `host run` made";

/// The longest name of a run's folder, in bytes, without the hash and the number at its end; and of each
/// setting's value in it.
const LONGEST_NAME: usize = 100;
const LONGEST_VALUE: usize = 24;

/// A run's folder in the hands of the process that runs it.
///
/// The process holds a lock on it, which the system releases however the process ends.
pub struct Run {
    path: PathBuf,
    state: Mutex<RunState>,
    log: Mutex<RunLog>,
    /// Held until it is dropped.
    _lock: File,
}

/// The record as it stands in the folder, and the clock of [`Record::seconds`].
struct RunState {
    record: Record,
    /// Seconds that the run took until it was opened by this process.
    before: f64,
    since: Instant,
}

impl Run {
    /// Makes the folder `<plugin>[,setting=value...]-<hash>` in `out`, with `record` in it.
    ///
    /// `changed` are the settings that differ from their defaults; the hash is [`Record::fingerprint`]. The
    /// same run again gets `...-<hash>-2`, and so on: no two runs share a folder, however many start at once.
    ///
    /// # Errors
    /// The folder cannot be made or written to.
    pub fn create(out: &Path, plugin: &str, changed: &[(String, String)], record: Record) -> Result<Self> {
        let made = fs::create_dir_all(out).map_err(|problem| ("the folder for runs", problem));
        let made = made.and_then(|()| {
            make_folder(out, &name(plugin, changed, &record))
                .map_err(|problem| ("the folder of a run", problem))
        });
        let path = made.map_err(|(what, problem)| unmade(what, out, &problem))?;
        let run = lock(&path).and_then(|lock| Self::made(&path, lock, record)).and_then(|run| {
            sync_folder(out).map_err(Error::io(out))?;
            Ok(run)
        });
        if run.is_err() {
            // It is the first error that matters, and the folder is this call's own.
            let _ = fs::remove_dir_all(&path);
        }
        run
    }

    /// Makes the very folder `path`, with `record` in it; or fills it, where a process was killed as it made
    /// it.
    ///
    /// # Errors
    /// There is a run in it, or anything else; another process makes it; it cannot be written to.
    pub fn create_at(path: &Path, record: Record) -> Result<Self> {
        fs::create_dir_all(path).map_err(|problem| unmade("the folder of a run", path, &problem))?;
        refuse_content(path)?;
        let lock = lock(path)?;
        // Looked at again: another process may have made the run before the lock was held.
        refuse_content(path)?;
        remove_leftovers(path)?;
        let run = Self::made(path, lock, record)?;
        sync_folder(folder_of(path)).map_err(Error::io(path))?;
        Ok(run)
    }

    /// The record of a run that can be resumed, as far as can be seen from outside; one that is completed
    /// only where it is to be `extended`.
    ///
    /// # Errors
    /// Not the folder of a run, or one with links; the run is completed.
    pub fn look(folder: &Path, extended: bool) -> Result<Record> {
        refuse_others(folder)?;
        refuse_links(folder)?;
        let record = Record::read(folder)?;
        match record.status {
            Status::Completed if !extended => Err(Error::usage(
                format!("{} is completed: there is nothing to resume", folder.display()),
                format!(
                    "with another setting it goes on, as in `host resume {} epochs=40`; `host run` runs the \
                     plugin again, in a folder of its own",
                    shell_quoted(&folder.display().to_string())
                ),
            )),
            _ => Ok(record),
        }
    }

    /// Opens the folder of a run that ended early, to resume it; its record says RUNNING again. A completed
    /// one is opened only to be `extended`.
    ///
    /// # Errors
    /// Not the folder of a run; the run is completed, or still running; the folder cannot be written to.
    pub fn open(folder: &Path, extended: bool) -> Result<Self> {
        Self::look(folder, extended)?;
        let lock = lock(folder)?;
        // Read again: it may have changed before the lock was held.
        let mut record = Self::look(folder, extended)?;
        for part in ["", FIGURES, TABLES, MODELS].map(|part| folder.join(part)) {
            fs::create_dir_all(&part).map_err(Error::io(&part))?;
            remove_leftovers(&part)?;
        }
        let run = Self::locked(folder, record.clone(), lock)?;
        record.resumed += u32::from(record.status != Status::Queued);
        record.status = Status::Running;
        (record.finished, record.error) = (String::new(), None);
        locked(&run.state).store(folder, record)?;
        Ok(run)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a checkpoint worth going on from: one in which anything is done.
    pub fn has_checkpoint(&self) -> bool {
        let done = |path: PathBuf| {
            let record: Option<serde_json::Value> = serde_json::from_slice(&fs::read(path).ok()?).ok();
            record?["done"].as_u64()
        };
        let files = fs::read_dir(self.path.join(CHECKPOINTS)).into_iter().flatten().flatten();
        files.map(|file| file.path()).filter_map(done).any(|items| items > 0)
    }

    /// The record as it stands in the folder.
    pub fn record(&self) -> Record {
        self.view(Record::clone)
    }

    /// What `view` makes of the record. It must not use this run.
    pub fn view<T>(&self, view: impl FnOnce(&Record) -> T) -> T {
        view(&locked(&self.state).record)
    }

    /// Changes the record, in the folder as well, and sets its times.
    ///
    /// `change` must not use this run.
    ///
    /// # Errors
    /// The record cannot be written; then it is unchanged.
    pub fn update(&self, change: impl FnOnce(&mut Record)) -> Result<()> {
        let mut state = locked(&self.state);
        let mut record = state.record.clone();
        change(&mut record);
        state.store(&self.path, record)
    }

    /// Ends the run: changes the record as [`Run::update`] does, once `leave` has written what else is left
    /// of it. So who reads that the run is completed finds everything else in its place. `leave` is given the
    /// record as it will be, and must not use this run.
    ///
    /// # Errors
    /// Those of `leave`, after which a run is not completed; the record cannot be written.
    pub fn close(
        &self,
        change: impl FnOnce(&mut Record),
        leave: impl FnOnce(&Record) -> Result<()>,
    ) -> Result<()> {
        let mut state = locked(&self.state);
        let mut record = state.record.clone();
        change(&mut record);
        let record = state.stamped(record);
        let left = leave(&record);
        if left.is_err() && record.status == Status::Completed {
            return left;
        }
        state.write(&self.path, record)?;
        left
    }

    /// Changes the record, which is written with the next [`Run::update`]; a checkpoint comes with one.
    pub fn amend(&self, change: impl FnOnce(&mut Record)) {
        change(&mut locked(&self.state).record);
    }

    /// Writes a figure to `figures/NAME.FORMAT`, with [`safe_name`], in each of these formats and no other.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn figure(&self, name: &str, files: &[(&str, &[u8])]) -> Result<()> {
        let name = safe_name(name);
        self.write(FIGURES, &name, files)?;
        // One of that name that was drawn before may have had more.
        for format in FIGURE_FORMATS.iter().filter(|format| files.iter().all(|(known, _)| known != *format)) {
            let path = self.path.join(FIGURES).join(format!("{name}.{format}"));
            match fs::remove_file(&path) {
                Err(e) if e.kind() != ErrorKind::NotFound => return Err(Error::io(path)(e)),
                _ => {}
            }
        }
        self.amend(|record| {
            if !record.figures.contains(&name) {
                record.figures.push(name);
            }
        });
        Ok(())
    }

    /// Writes a table to `tables/NAME.FORMAT`, with [`safe_name`], in each of these formats.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn table(&self, name: &str, files: &[(&str, &[u8])]) -> Result<()> {
        self.write(TABLES, &safe_name(name), files)
    }

    fn write(&self, part: &str, name: &str, files: &[(&str, &[u8])]) -> Result<()> {
        let path = |format: &str| self.path.join(part).join(format!("{name}.{format}"));
        Ok(files.iter().try_for_each(|(format, bytes)| write_whole(&path(format), bytes))?)
    }

    /// Where [`Run::model`] writes a model.
    pub fn model_path(&self, name: &str, extension: &str) -> PathBuf {
        self.path.join(format!("{MODELS}/{}.{extension}", safe_name(name)))
    }

    /// Writes a model to `models/NAME.EXTENSION`, with [`safe_name`].
    pub fn model(&self, name: &str, extension: &str, bytes: &[u8]) -> Result<()> {
        let name = format!("{MODELS}/{}.{extension}", safe_name(name));
        write_whole(&self.path.join(&name), bytes)?;
        let model = LeftFile { name, sha256: sha256(bytes), bytes: bytes.len() as u64 };
        self.amend(|record| match record.models.iter_mut().find(|known| known.name == model.name) {
            Some(known) => *known = model,
            None => record.models.push(model),
        });
        Ok(())
    }

    /// Appends to `log.txt`, as [`printable`](crate::terminal::printable) and with the time before each line.
    /// Gives what to say where the log became full with this: from then on nothing is appended.
    ///
    /// A log that cannot be written does not end a run: a full disk is reported by the writes that matter.
    pub fn log_line(&self, text: &str) -> Option<String> {
        locked(&self.log).append(text)
    }

    /// Fills a folder that was just made.
    fn made(path: &Path, lock: File, record: Record) -> Result<Self> {
        for part in [FIGURES, TABLES, MODELS].map(|part| path.join(part)) {
            fs::create_dir_all(&part).map_err(Error::io(&part))?;
        }
        let run = Self::locked(path, Record::default(), lock)?;
        locked(&run.state).store(path, record)?;
        Ok(run)
    }

    fn locked(path: &Path, record: Record, lock: File) -> Result<Self> {
        let log = Mutex::new(RunLog::open(&path.join(LOG))?);
        let state = RunState { before: record.seconds, record, since: Instant::now() };
        Ok(Self { path: path.to_path_buf(), state: Mutex::new(state), log, _lock: lock })
    }
}

impl RunState {
    fn store(&mut self, folder: &Path, record: Record) -> Result<()> {
        let record = self.stamped(record);
        self.write(folder, record)
    }

    /// The record with its times.
    fn stamped(&mut self, mut record: Record) -> Record {
        let now = timestamp(SystemTime::now());
        if self.record.status == Status::Queued {
            self.since = Instant::now(); // waiting is not running
        }
        if record.started.is_empty() && record.status != Status::Queued {
            record.started.clone_from(&now);
        }
        if record.finished.is_empty() {
            record.seconds = self.before + self.since.elapsed().as_secs_f64();
            record.finished = if record.status.is_over() { now } else { String::new() };
        }
        record
    }

    fn write(&mut self, folder: &Path, record: Record) -> Result<()> {
        record.write(folder)?;
        self.record = record;
        Ok(())
    }
}

/// How the run in `folder` stands: one that says RUNNING but that no process holds is INTERRUPTED.
///
/// # Errors
/// Not the folder of a run; it cannot be read.
pub fn status_on_disk(folder: &Path) -> Result<Status> {
    refuse_others(folder)?;
    let status = Record::read(folder)?.status;
    if status != Status::Running || is_held(folder)? {
        return Ok(status);
    }
    // It may have ended between the two reads.
    Ok(match Record::read(folder)?.status {
        Status::Running => Status::Interrupted,
        status => status,
    })
}

fn name(plugin: &str, changed: &[(String, String)], record: &Record) -> String {
    let value = |value: &str| match value.len() {
        0..=LONGEST_VALUE => value.to_owned(),
        _ => format!("{}...", &value[..value.floor_char_boundary(LONGEST_VALUE - 3)]),
    };
    let settings: String = changed.iter().map(|(name, text)| format!(",{name}={}", value(text))).collect();
    let name = cleaned(&format!("{plugin}{settings}"), LONGEST_NAME);
    format!("{name}-{}", record.fingerprint())
}

/// The folder for runs, or that of a run in it, cannot be made: what there is of its path, and the way out.
fn unmade(what: &str, out: &Path, problem: &std::io::Error) -> Error {
    let there = out.ancestors().find(|path| path.exists()).filter(|path| *path != Path::new(""));
    let there = there.map_or_else(String::new, |path| match path.is_dir() {
        true => format!("{} is there, and takes no new folder; ", path.display()),
        false => format!("{} is there, and is no folder; ", path.display()),
    });
    Error::usage(
        format!("{}: {what} cannot be made: {problem}", out.display()),
        format!("{there}give --out a folder that can be written to"),
    )
}

/// Makes the folder `name`, or the first of `name-2`, `name-3`, ... that is free.
pub fn make_folder(out: &Path, name: &str) -> std::io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let path = match number {
            1 => out.join(name),
            _ => out.join(format!("{name}-{number}")),
        };
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests;
