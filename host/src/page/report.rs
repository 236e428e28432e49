//! `report.html`: the page of a run with everything in it, in the run's folder.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    document::Page,
    figures::Pictures,
    run_page::{run_page, run_page_of},
};
use crate::{
    error::{Error, Result, locked},
    files::write_whole,
    run::{LoggedMetrics, Record},
    study::summary::METRICS,
};

/// The name of the report in a run's folder.
pub const FILE: &str = "report.html";

/// How often the report of a run under way is written anew.
const EVERY: Duration = Duration::from_secs(10);

/// At most this share of the time is spent on it: a page of very many records takes longer to make.
const SHARE: u32 = 20;

/// Writes the report into the folder `run`.
///
/// # Errors
/// The folder, or a file in it, cannot be read; the report cannot be written.
pub fn write(run: &Path) -> Result<()> {
    store(run, &run_page(run, &LoggedMetrics::read(&run.join(METRICS))?, Pictures::Inside)?)
}

/// [`write`] with the record that the folder is about to have.
///
/// # Errors
/// As there.
pub fn write_as(run: &Path, record: &Record) -> Result<()> {
    let record = serde_json::to_value(record).map_err(|e| Error::io(run)(e.into()))?;
    let metrics = LoggedMetrics::read(&run.join(METRICS))?;
    store(run, &run_page_of(run, &record, "", &metrics, Pictures::Inside)?)
}

fn store(run: &Path, page: &Page) -> Result<()> {
    Ok(write_whole(&run.join(FILE), page.document(None).as_bytes())?)
}

/// Writes the report of a run under way every ten seconds, on a thread of its own that only reads the run's
/// files.
#[derive(Clone)]
pub struct Rewriter(Arc<Mutex<Option<Rewriting>>>);

/// The thread, and what ends it when it is dropped.
type Rewriting = (Sender<()>, JoinHandle<()>);

impl Rewriter {
    /// # Errors
    /// There can be no more threads.
    pub fn start(run: PathBuf) -> Result<Self> {
        let (stop, stopped) = channel();
        let rewrite = move || {
            let mut wait = EVERY;
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let began = Instant::now();
                // A failure is met again, and reported, by the last write of the run.
                let _ = write(&run);
                wait = EVERY.max(began.elapsed() * SHARE);
            }
        };
        let thread = thread::Builder::new().name("report".into()).spawn(rewrite);
        let thread = thread.map_err(Error::io("the thread of the report"))?;
        Ok(Self(Arc::new(Mutex::new(Some((stop, thread))))))
    }

    /// Waits for a write that has begun, so that none comes after the last one of the run.
    pub fn stop(&self) {
        if let Some((stop, thread)) = locked(&self.0).take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}
