//! What script functions share while one script runs: where it runs, on which device, from which seed,
//! with which settings, into which folder.

pub mod access;
mod files;

use std::{
    collections::BTreeSet,
    fmt::Display,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, Weak},
    time::{Duration, Instant},
};

use ops::{Device, random::Key};
use rhai::{Dynamic, Engine, Map};

use access::Grants;
pub use files::{DATA, changed};

use crate::{
    data::Caller,
    error::{Error, Result, locked},
    run::{Content, LoopExtent, LoopState, Loops, Metrics, Progress, Run, Saved},
    script::{Carried, Observers, Scripts, ended, settings::NamedPath, stack},
};

/// How a script is run. The defaults suit a program that embeds the host: no folder, no limits on
/// time, random numbers from seed 0, tensors on the CPU.
#[derive(Debug, Clone)]
pub struct Options {
    /// The seed of all random numbers.
    pub seed: u64,
    /// Where tensors are made.
    pub device: Device,
    /// Folders in which data sets are looked for.
    pub data: Vec<PathBuf>,
    /// Files and folders that a script may read in addition to data sets.
    pub readable: Vec<PathBuf>,
    /// The ONNX Runtime library, where it is not found by itself.
    pub onnxruntime: Option<PathBuf>,
    /// Folders of scripts that plugins import from.
    pub scripts: Vec<PathBuf>,
    /// The minimum time between two checkpoints.
    pub checkpoint_every: Duration,
    /// Whether a metric that is infinite or NaN ends the run.
    pub stop_on_nan: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 0,
            device: Device::Cpu,
            data: Vec::new(),
            readable: Vec::new(),
            onnxruntime: None,
            scripts: Vec::new(),
            checkpoint_every: Duration::from_secs(10),
            stop_on_nan: false,
        }
    }
}

/// The state of one script's run.
pub struct Session {
    /// How it runs.
    pub options: Options,
    /// The folder, the metric log and the checkpoint of the run, where it has a folder.
    recorder: OnceLock<Recorder>,
    /// Bars or lines while it runs.
    pub progress: Progress,
    /// The settings that `params` gives, and what they let the script read.
    settings: OnceLock<(Map, Grants)>,
    /// The engine, for functions of the script that are called from outside of its own calls.
    engine: OnceLock<Weak<Engine>>,
    /// How values of script types are compared.
    observers: OnceLock<Observers>,
    /// The warnings that were shown.
    warned: Mutex<BTreeSet<String>>,
}

/// What a run leaves behind.
pub struct Recorder {
    pub run: Run,
    pub metrics: Metrics,
    /// Whether the run goes on with files that changed since it began.
    pub accepts_changes: bool,
    scripts: Scripts,
    loops: Mutex<Loops>,
}

impl Recorder {
    /// Records into a run folder, from what an earlier process left there.
    ///
    /// # Errors
    /// `Io` where the checkpoints or the metrics cannot be read.
    pub fn new(run: Run, options: &Options, scripts: Scripts) -> Result<Self> {
        let loops = Loops::open(&run.path().join("checkpoints"), options.checkpoint_every)?;
        let metrics = Metrics::open(&run.path().join("metrics.jsonl"))?;
        metrics.cut_back(loops.metrics_position())?;
        Ok(Self { run, metrics, accepts_changes: false, scripts, loops: Mutex::new(loops) })
    }

    /// The durable loops.
    pub fn loops(&self) -> MutexGuard<'_, Loops> {
        locked(&self.loops)
    }

    /// Begins a loop whose body captured those values: its path, and what is known of it. What the script
    /// has done after a loop that goes on, since it has more items now, is done again.
    ///
    /// # Errors
    /// `Usage` for a checkpoint that does not fit the loop, `Io` where a file cannot be written.
    pub fn start_loop(
        &self,
        name: &str,
        extent: &LoopExtent,
        initial: Saved,
        captured: &Saved,
    ) -> Result<(String, LoopState)> {
        let mut loops = self.loops();
        let logged = self.metrics.reached();
        let (path, start, is_extended) = loops.start(name, extent, initial, captured, logged)?;
        if is_extended {
            // The checkpoint first: should this process end before the log is cut back, the next one does it.
            if loops.save(self.metrics.position_of(start.logged)?, Instant::now())? {
                self.metrics.forget_after(start.logged)?;
            }
        }
        self.metrics.reach(start.logged);
        Ok((path, start))
    }

    /// Begins item `number` (from 1) of a loop and gives its path.
    pub fn enter(&self, path: &str, number: u64) -> String {
        let item = self.loops().enter(path, number);
        self.metrics.enter(&item);
        item
    }

    /// Ends the current item, done or not.
    pub fn leave(&self) {
        self.loops().leave();
    }

    /// Notes in the record which library runs models.
    ///
    /// # Errors
    /// `Io` where the record cannot be written.
    pub fn note_library(&self, library: &Path) -> Result<()> {
        let library = library.display().to_string();
        self.run.update(|record| {
            record.versions.insert("onnxruntime".into(), library.into());
        })
    }

    /// Notes in the record which data set or array was read.
    ///
    /// # Errors
    /// `Io` where the record cannot be written.
    pub fn note_data(&self, name: &str, set: &impl Display) -> Result<()> {
        let note = (name.to_owned(), set.to_string());
        self.run.update(|record| {
            if !record.data.contains(&note) {
                record.data.push(note);
            }
        })
    }

    /// Writes a checkpoint now, and gives whether it did: one with weights that are NaN is not written.
    ///
    /// # Errors
    /// `Io` where the checkpoint cannot be written.
    pub fn save(&self) -> Result<bool> {
        let started = Instant::now();
        // Before the checkpoint, which is worth nothing with other scripts; and the record's clock goes on.
        self.run.update(|record| record.scripts = self.scripts.record())?;
        // No item ends between the two, so that no line of the log is missing from what the checkpoint holds.
        let mut loops = self.loops();
        loops.save(self.metrics.position()?, started)
    }

    /// The scripts that the run reads.
    pub fn scripts(&self) -> &Scripts {
        &self.scripts
    }
}

impl Session {
    /// A session of those options, without a run folder yet.
    pub fn new(options: Options, progress: Progress) -> Self {
        Self {
            options,
            recorder: OnceLock::new(),
            progress,
            settings: OnceLock::new(),
            engine: OnceLock::new(),
            observers: OnceLock::new(),
            warned: Mutex::default(),
        }
    }

    /// The engine that runs the script.
    ///
    /// # Errors
    /// `Usage` once the script has ended.
    pub fn engine(&self) -> Result<Arc<Engine>> {
        self.engine.get().and_then(Weak::upgrade).ok_or_else(ended)
    }

    /// Makes the engine known, once it is built.
    pub(crate) fn set_engine(&self, engine: &Arc<Engine>, observers: &Observers) {
        // There is one engine for a session; a second one would not know its scripts.
        let _ = self.engine.set(Arc::downgrade(engine));
        let _ = self.observers.set(observers.clone());
    }

    /// What a value is compared by that no state of a loop holds; nothing for types that are not known.
    pub fn content(&self, value: &Dynamic) -> Option<Content> {
        self.observers.get()?.get(&value.type_id()).and_then(|observer| observer(value))
    }

    /// Records into a run folder from now on.
    pub fn record(&self, recorder: Recorder) {
        // A second call would split a run over two folders; the first one counts.
        let _ = self.recorder.set(recorder);
    }

    /// The recorder of the run, where it has a folder.
    pub fn recorder(&self) -> Option<&Recorder> {
        self.recorder.get()
    }

    /// The recorder, for a function that records in the order of the script.
    ///
    /// # Errors
    /// `Usage` on threads of `parallel` and `ahead`, where there is no order.
    pub fn recorder_in_order(&self) -> Result<Option<&Recorder>> {
        if stack::is_worker() {
            return Err(Error::usage(
                "this is within `parallel` or `ahead`, where things happen in no order",
                "give the value back, and do this with it outside",
            ));
        }
        Ok(self.recorder())
    }

    /// Records with [`Session::recorder_in_order`], where there is one.
    ///
    /// # Errors
    /// Those of it, and of `record`.
    pub fn record_in_order(&self, record: impl FnOnce(&Recorder) -> Result<()>) -> Result<()> {
        self.recorder_in_order()?.map_or(Ok(()), record)
    }

    /// Gives the settings that `params` returns, instead of the script's own defaults; and what they let the
    /// script read.
    pub fn set_settings(&self, settings: Map, grants: Grants) {
        // A second call would change settings under a running script; the first one counts.
        let _ = self.settings.set((settings, grants));
    }

    /// The settings that `params` returns, where they were resolved before.
    pub fn settings(&self) -> Option<&Map> {
        self.settings.get().map(|(settings, _)| settings)
    }

    /// What the user named in settings.
    pub fn named(&self) -> &[NamedPath] {
        self.settings.get().map_or(&[], |(_, grants)| &grants.named)
    }

    /// Shows a line of the script's own, and keeps it in the run's log.
    pub fn print(&self, line: &str) {
        self.progress.println(line);
        if let Some(note) = self.recorder().and_then(|recorder| recorder.run.log_line(line)) {
            self.progress.println(&note);
        }
    }

    /// Shows a warning and keeps it in the run's log, once: the same one again says nothing new.
    pub fn warn(&self, warning: &str) {
        if locked(&self.warned).insert(warning.to_owned()) {
            self.print(&format!("warning: {warning}"));
        }
    }

    /// Where tensors are made.
    pub fn device(&self) -> Device {
        self.options.device
    }

    /// Writes a checkpoint where enough time has passed since the last one.
    ///
    /// # Errors
    /// As [`Session::save`].
    pub fn save_if_due(&self) -> Result<()> {
        let is_due = self.recorder().is_some_and(|recorder| recorder.loops().is_due());
        if is_due { self.save() } else { Ok(()) }
    }

    /// Writes a checkpoint now, where the run has a folder; warns once of weights that are NaN.
    ///
    /// # Errors
    /// `Io` where the checkpoint cannot be written.
    pub fn save(&self) -> Result<()> {
        let Some(recorder) = self.recorder() else { return Ok(()) };
        if !recorder.save()? {
            self.warn(
                "weights in the state are NaN, so no checkpoint is written any more, and the last good one \
                 stays; \
                 --stop-on-nan ends a run as soon as it logs one",
            );
        }
        Ok(())
    }

    /// The key of the run's random numbers.
    pub fn key(&self) -> Key {
        Key::new(self.options.seed)
    }

    /// The path of the item of a durable loop that is being run, empty outside all.
    pub fn item_path(&self) -> String {
        self.recorder().map_or_else(String::new, |recorder| recorder.loops().item_path().to_owned())
    }
}

/// Functions of scripts take it as their first parameter: `|session: &Session, name: String| ...`.
impl Carried for Session {}

impl Caller for Session {
    fn check(&self, path: &Path) -> crate::files::Result<()> {
        self.readable(path)
    }

    fn warn(&self, warning: &str) {
        Self::warn(self, warning);
    }
}
