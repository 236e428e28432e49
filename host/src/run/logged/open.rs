//! Logs that grow: each is read on from where it was left.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom},
    mem,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use super::LoggedMetrics;
use crate::error::{Error, Result, locked};

/// Points that are kept in memory, of all logs together: at most 24 bytes each, twice that while one grows.
const KEPT: usize = 1 << 20;

/// Logs that are read again and again. Those that were not asked for the longest are forgotten first.
#[derive(Default)]
pub struct Logs(Mutex<KnownLogs>);

#[derive(Default)]
struct KnownLogs {
    logs: HashMap<PathBuf, KnownLog>,
    /// How often any was asked for.
    asked: u64,
}

#[derive(Default)]
struct KnownLog {
    log: Arc<Mutex<OpenLog>>,
    points: usize,
    /// When it was asked for last, in [`KnownLogs::asked`].
    asked: u64,
}

impl Logs {
    /// [`LoggedMetrics::read`], of which only what is new is read. A last line without an end is still being
    /// written, and is not counted.
    ///
    /// # Errors
    /// As there.
    pub fn read(&self, path: &Path) -> Result<Arc<LoggedMetrics>> {
        let log = locked(&self.0).asked_for(path);
        let metrics = {
            let mut log = locked(&log);
            log.read_on(path)?;
            Arc::clone(&log.metrics)
        };
        let points = metrics.all.iter().map(|metric| metric.points.len()).sum();
        locked(&self.0).keep(path, points);
        Ok(metrics)
    }
}

impl KnownLogs {
    fn asked_for(&mut self, path: &Path) -> Arc<Mutex<OpenLog>> {
        self.asked += 1;
        let known = self.logs.entry(path.to_owned()).or_default();
        known.asked = self.asked;
        Arc::clone(&known.log)
    }

    fn keep(&mut self, path: &Path, points: usize) {
        if let Some(known) = self.logs.get_mut(path) {
            known.points = points;
        }
        let mut all: usize = self.logs.values().map(|known| known.points).sum();
        while all > KEPT && self.logs.len() > 1 {
            let oldest = self.logs.iter().min_by_key(|(_, known)| known.asked);
            let Some(oldest) = oldest.map(|(path, _)| path.clone()) else { return };
            all -= self.logs.remove(&oldest).map_or(0, |known| known.points);
        }
    }
}

/// A log, and how far it was read.
#[derive(Default)]
pub struct OpenLog {
    pub metrics: Arc<LoggedMetrics>,
    /// Bytes of the whole lines that were read.
    position: u64,
    /// The last of them: a log that was cut back, by a resume, and grew again has another one there.
    last: Vec<u8>,
    /// What follows and is no whole line yet.
    pub torn: Vec<u8>,
}

impl OpenLog {
    /// Reads what is new in the file; all of it where it is not as it was, and nothing where it is gone.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read_on(&mut self, path: &Path) -> Result<()> {
        // A folder may come from anywhere: a link may lead out of it, and a pipe have no end.
        if path.symlink_metadata().is_ok_and(|facts| !facts.is_file()) {
            return Ok(());
        }
        let file = match File::open(path) {
            Err(problem) if problem.kind() == ErrorKind::NotFound => {
                *self = Self::default();
                return Ok(());
            }
            file => file.map_err(Error::io(path))?,
        };
        let mut file = BufReader::with_capacity(1 << 16, file);
        if !self.is_continued(&mut file) {
            *self = Self::default();
            file.rewind().map_err(Error::io(path))?;
        }
        self.read_lines(&mut file).map_err(Error::io(path))
    }

    /// Whether the last line is where it was; the file is at its end then.
    fn is_continued(&self, file: &mut BufReader<File>) -> bool {
        let start = self.position - self.last.len() as u64;
        let mut last = vec![0; self.last.len()];
        let found = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut last));
        found.is_ok() && last == self.last
    }

    fn read_lines(&mut self, file: &mut impl BufRead) -> std::io::Result<()> {
        let mut line = Vec::new();
        self.torn.clear();
        while file.read_until(b'\n', &mut line)? > 0 {
            if !line.ends_with(b"\n") {
                self.torn = line;
                break;
            }
            Arc::make_mut(&mut self.metrics).add_line(&line);
            self.position += line.len() as u64;
            mem::swap(&mut self.last, &mut line);
            line.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write};

    use super::*;

    fn line(name: &str, step: usize, value: f64) -> String {
        format!("{{\"name\":\"{name}\",\"value\":{value},\"step\":{step},\"path\":\"\",\"time\":0.5}}\n")
    }

    fn append(path: &Path, text: &str) {
        let mut file = File::options().create(true).append(true).open(path).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// What a log that is read on has, which is what one that is read whole has.
    fn read(logs: &Logs, path: &Path) -> Vec<(String, Vec<(f64, f64)>)> {
        let shown = |log: &LoggedMetrics| -> Vec<_> {
            log.all.iter().map(|metric| (metric.name.clone(), metric.points.clone())).collect()
        };
        let read = shown(&logs.read(path).unwrap());
        if fs::read(path).is_ok_and(|text| text.ends_with(b"\n")) {
            assert_eq!(read, shown(&LoggedMetrics::read(path).unwrap()));
        }
        read
    }

    #[test]
    fn a_log_is_read_on_as_it_is_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let logs = Logs::default();
        assert_eq!(read(&logs, &path), []);
        append(&path, &[line("a", 0, 1.0), line("b", 0, 2.0), line("a", 2, 3.0)].concat());
        let first = [("a".to_owned(), vec![(0.0, 1.0), (2.0, 3.0)]), ("b".to_owned(), vec![(0.0, 2.0)])];
        assert_eq!(read(&logs, &path), first);
        let whole = line("a", 4, 5.0);
        append(&path, &whole[..10]);
        assert_eq!(read(&logs, &path), first, "a line is still being written");
        append(&path, &whole[10..]);
        assert_eq!(read(&logs, &path)[0].1, [(0.0, 1.0), (2.0, 3.0), (4.0, 5.0)]);
        append(&path, &(line("a", 4, 6.0) + "{}\n"));
        assert_eq!(
            read(&logs, &path)[0].1,
            [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0), (3.0, 6.0)],
            "steps begin again"
        );
        assert_eq!(logs.read(&path).unwrap().skipped, 1);
        // A resume cuts it back to a checkpoint, and it grows to be longer than before.
        fs::write(&path, line("a", 0, 1.0)).unwrap();
        append(&path, &(1..20).map(|step| line("a", step, 7.0)).collect::<String>());
        assert_eq!(read(&logs, &path)[0].1.len(), 20);
        fs::write(&path, line("c", 0, 1.0)).unwrap();
        assert_eq!(read(&logs, &path), [("c".to_owned(), vec![(0.0, 1.0)])]);
        fs::remove_file(&path).unwrap();
        assert_eq!(read(&logs, &path), []);
        fs::write(folder.path().join("other"), line("a", 0, 1.0)).unwrap();
        std::os::unix::fs::symlink("other", &path).unwrap();
        assert_eq!(read(&logs, &path), [], "a link is no log");
    }

    #[test]
    fn logs_that_nobody_asks_for_are_forgotten() {
        let mut known = KnownLogs::default();
        for (path, points) in [("a", KEPT / 2), ("b", KEPT / 2), ("a", KEPT / 2), ("c", 1)] {
            known.asked_for(Path::new(path));
            known.keep(Path::new(path), points);
        }
        let mut kept: Vec<_> = known.logs.keys().map(|path| path.display().to_string()).collect();
        kept.sort();
        assert_eq!(kept, ["a", "c"]);
        known.asked_for(Path::new("d"));
        known.keep(Path::new("d"), KEPT * 2);
        assert_eq!(known.logs.len(), 1, "one is kept, however long it is");
    }
}
