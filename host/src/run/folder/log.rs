//! `log.txt`: what a run printed, with times, up to a bound.

use std::{fs::File, io::Write, path::Path, time::SystemTime};

use crate::{
    error::{Error, Result},
    run::record::timestamp,
    terminal::printable,
};

/// The maximum number of bytes of the file.
const LONGEST_LOG: u64 = 64 << 20;

/// `log.txt`, and how many more bytes it may take: none once it says that it is full.
pub struct RunLog {
    file: File,
    room: Option<u64>,
}

impl RunLog {
    /// Opens a log to append to it, or starts one.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::options().create(true).append(true).open(path).map_err(Error::io(path))?;
        let length = file.metadata().map_err(Error::io(path))?.len();
        Ok(Self { file, room: Some(LONGEST_LOG.saturating_sub(length)) })
    }

    /// As [`Run::log_line`](super::Run::log_line).
    pub fn append(&mut self, text: &str) -> Option<String> {
        let time = timestamp(SystemTime::now());
        let text = printable(text);
        let lines = text.trim_end_matches('\n').split('\n');
        let lines: String = lines.map(|line| format!("{time} {line}\n")).collect();
        match self.room?.checked_sub(lines.len() as u64) {
            Some(room) => {
                self.room = Some(room);
                let _ = self.file.write_all(lines.as_bytes());
                None
            }
            None => {
                self.room = None;
                let note =
                    format!("log.txt is full ({} MiB): what follows is not kept in it", LONGEST_LOG >> 20);
                let _ = self.file.write_all(format!("{time} {note}\n").as_bytes());
                Some(note)
            }
        }
    }
}
