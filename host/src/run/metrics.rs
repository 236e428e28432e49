//! `metrics.jsonl`: the numbers that a run logs, one line each, with none twice and none missing
//! after a resume.

mod index;

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufWriter, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
    thread,
    time::{Duration, Instant},
};

use crate::error::{Error, Result, locked};
use index::{Index, MetricLine};

/// How long a line may wait to be written to the file: who watches the run sees it within a second.
const FLUSH_EVERY: Duration = Duration::from_millis(250);

/// The number of names shown where the script names none.
const FIRST_SHOWN: usize = 4;

/// The metric log of a run.
///
/// After a resume, what stands between loops runs again. So each line has a key: loop path, name,
/// and which line of that path and name it is since the path was [entered](Self::enter). A line
/// whose key is among those read back from the file is not written again.
pub struct Metrics {
    path: PathBuf,
    log: Arc<Mutex<MetricLog>>,
}

struct MetricLog {
    file: BufWriter<File>,
    index: Index,
    /// Names that the script wants to be seen while it runs.
    shown: Vec<String>,
    /// Names that were warned of.
    warned: HashSet<String>,
    since: Instant,
}

impl Metrics {
    /// Opens a log, or starts one, and reads back what it holds; a torn last line is dropped.
    ///
    /// Time goes on from the last line.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn open(path: &Path) -> Result<Self> {
        let log = MetricLog::open(path).map_err(Error::io(path))?;
        let log = Arc::new(Mutex::new(log));
        flush_now_and_then(&log).map_err(Error::io(path))?;
        Ok(Self { path: path.to_path_buf(), log })
    }

    /// Logs `value` under `name`; `path` is the loop path, `""` outside of all loops.
    ///
    /// The line's step counts the lines of that name, from 0, over the whole run. Gives whether it was
    /// written: one that was there before a resume is not written again.
    ///
    /// # Errors
    /// `Io` when the file cannot be written.
    pub fn log(&self, path: &str, name: &str, value: f64) -> Result<bool> {
        let mut log = self.lock();
        let is_new = !log.index.meet(path, name);
        if is_new {
            log.write(path, name, value).map_err(Error::io(&self.path))?;
        }
        Ok(is_new)
    }

    /// Says that the body of a loop's item starts, for the first time or once more after a resume.
    pub fn enter(&self, path: &str) {
        self.lock().index.enter(path);
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn flush(&self) -> Result<()> {
        self.lock().file.flush().map_err(Error::io(&self.path))
    }

    /// The length of the file in bytes, with everything in it safe on the disk: for a checkpoint.
    pub fn position(&self) -> Result<u64> {
        self.lock().position().map_err(Error::io(&self.path))
    }

    /// Cuts the log back to where it was when a checkpoint asked for its [position](Self::position).
    ///
    /// # Errors
    /// No line ends there, so the file is not the one that the checkpoint saw; the file cannot be read or
    /// cut.
    pub fn cut_back(&self, position: u64) -> Result<()> {
        let mut log = self.lock();
        log.file.flush().map_err(Error::io(&self.path))?;
        if !line_ends_at(&self.path, position).map_err(Error::io(&self.path))? {
            let error = files::Error::Format {
                path: self.path.clone(),
                offset: position,
                found: "no end of a line".into(),
                expected: "the end of a line, as when the checkpoint was written; if the file was \
                           changed by hand, start the run again"
                    .into(),
            };
            return Err(error.into());
        }
        log.cut_back(&self.path, position).map_err(Error::io(&self.path))
    }

    /// The length of the file in bytes up to its line number `lines`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn position_of(&self, lines: u64) -> Result<u64> {
        let mut log = self.lock();
        log.file.flush().map_err(Error::io(&self.path))?;
        index::position_of(&self.path, lines).map_err(Error::io(&self.path))
    }

    /// Drops all lines after so many, as if they had not been logged.
    ///
    /// # Errors
    /// The file cannot be read or cut.
    pub fn forget_after(&self, lines: u64) -> Result<()> {
        let position = self.position_of(lines)?;
        let mut log = self.lock();
        log.file.get_ref().set_len(position).map_err(Error::io(&self.path))?;
        log.index.forget_after(lines, position);
        Ok(())
    }

    /// How many lines the script has reached: less than there are while it runs again after a resume.
    pub fn reached(&self) -> u64 {
        self.lock().index.reached()
    }

    /// Notes that items which had logged so many lines are done and skipped.
    pub fn reach(&self, lines: u64) {
        self.lock().index.reach(lines);
    }

    /// Whether nobody asked this about the name before: a warning of each is enough.
    pub fn is_first_warning(&self, name: &str) -> bool {
        self.lock().warned.insert(name.to_owned())
    }

    /// Shows a name beside the progress from now on, in place of the first ones.
    pub fn show(&self, name: &str) {
        let mut log = self.lock();
        if !log.shown.iter().any(|shown| shown == name) {
            log.shown.push(name.to_owned());
        }
    }

    /// The newest values of the names that are [shown](Self::show), or else of the first four.
    pub fn last(&self) -> Vec<(String, f64)> {
        let log = self.lock();
        let named = log.shown.iter().map(String::as_str);
        let first = log.index.names().take(if log.shown.is_empty() { FIRST_SHOWN } else { 0 });
        named.chain(first).filter_map(|name| Some((name.to_owned(), log.index.newest(name)?))).collect()
    }

    /// (step, value) of every line of a name that the script has reached, for a curve; empty for an unknown
    /// name.
    pub fn series(&self, name: &str) -> Vec<(f64, f64)> {
        let log = self.lock();
        log.index.values(name).enumerate().map(|(step, value)| (step as f64, value)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, MetricLog> {
        locked(&self.log)
    }
}

impl Drop for Metrics {
    fn drop(&mut self) {
        // Whoever needs to know whether this works has called `flush` or `position`.
        let _ = self.flush();
    }
}

impl MetricLog {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(path)?;
        let index = Index::read(path)?;
        file.set_len(index.bytes)?;
        let file = BufWriter::with_capacity(1 << 16, file);
        Ok(Self { file, index, shown: Vec::new(), warned: HashSet::new(), since: Instant::now() })
    }

    fn write(&mut self, path: &str, name: &str, value: f64) -> io::Result<()> {
        let seconds = self.index.seconds + self.since.elapsed().as_secs_f64();
        let step = self.index.count(name);
        let mut line = MetricLine::new(path, name, value, step as u64, seconds).to_json()?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.index.add(name, value);
        Ok(())
    }

    fn position(&mut self) -> io::Result<u64> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(self.file.get_ref().metadata()?.len())
    }

    fn cut_back(&mut self, path: &Path, position: u64) -> io::Result<()> {
        self.file.get_ref().set_len(position)?;
        self.index = Index::default(); // there may be no room for two
        self.index = Index::read(path)?;
        self.since = Instant::now();
        Ok(())
    }
}

/// Whether a line of the file ends at `position`, or the file begins there.
fn line_ends_at(path: &Path, position: u64) -> io::Result<bool> {
    let length = fs::metadata(path)?.len();
    if position == 0 || position > length {
        return Ok(position == 0);
    }
    let (mut file, mut last) = (File::open(path)?, [0]);
    file.seek(SeekFrom::Start(position - 1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Flushes a log for as long as it is used, so that it can be watched from outside.
fn flush_now_and_then(log: &Arc<Mutex<MetricLog>>) -> io::Result<()> {
    let log = Arc::downgrade(log);
    let flush = move || {
        loop {
            thread::sleep(FLUSH_EVERY);
            let Some(log) = log.upgrade() else { return };
            // A failure is met again, and reported, by the next call of the owner.
            let _ = locked(&log).file.flush();
        }
    };
    thread::Builder::new().name("metrics".into()).spawn(flush).map(drop)
}

#[cfg(test)]
mod tests;
