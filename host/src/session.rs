//! What script functions share while one script runs: where it runs, on which device, from which seed,
//! with which settings, into which folder.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
    time::Duration,
};

use ops::{Device, random::Key};
use rhai::{Engine, Map};

use crate::{
    api::pool,
    data::Dataset,
    error::{Error, Result},
    run::{Loops, Metrics, ModelFile, Progress, Run},
    script::Scripts,
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
    /// Files and folders that a script may read besides data sets.
    pub readable: Vec<PathBuf>,
    /// The ONNX Runtime library, where it is not in one of the usual places.
    pub onnxruntime: Option<PathBuf>,
    /// Folders of scripts that plugins import from.
    pub scripts: Vec<PathBuf>,
    /// Least time between two checkpoints.
    pub checkpoint_every: Duration,
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
    /// The settings that `params` gives, and the paths that the user named in them.
    settings: OnceLock<(Map, Vec<PathBuf>)>,
    /// The engine, for functions of the script that are called from outside of its own calls.
    engine: OnceLock<Weak<Engine>>,
}

/// What a run leaves behind.
pub struct Recorder {
    pub run: Run,
    pub metrics: Metrics,
    scripts: Scripts,
    loops: Mutex<Loops>,
}

impl Recorder {
    /// Records into a run folder, from what an earlier process left there.
    pub fn new(run: Run, options: &Options, scripts: Scripts) -> Result<Self> {
        let loops = Loops::open(&run.path().join("checkpoints"), options.checkpoint_every)?;
        let metrics = Metrics::open(&run.path().join("metrics.jsonl"))?;
        metrics.cut_back(loops.metrics_position())?;
        Ok(Self { run, metrics, scripts, loops: Mutex::new(loops) })
    }

    /// The durable loops.
    pub fn loops(&self) -> MutexGuard<'_, Loops> {
        self.loops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes in the record which model file was used, and which library runs it, if one does.
    ///
    /// # Errors
    /// [`Error::Usage`] for a file that is another than the run has used under this name.
    pub fn note_model(&self, path: &Path, library: Option<&Path>) -> Result<()> {
        let model = ModelFile::read(path)?;
        let mut changed = false;
        self.run.update(|record| {
            if let Some(library) = library {
                record.versions.insert("onnxruntime".into(), library.display().to_string().into());
            }
            match record.models.iter().find(|known| known.path == model.path) {
                Some(known) => changed = known.sha256 != model.sha256,
                None => record.models.push(model),
            }
        })?;
        if changed {
            let problem = format!("{} changed since the run began", path.display());
            return Err(Error::usage(problem, "put it back, or start a new run"));
        }
        Ok(())
    }

    /// Notes in the record which data set was read.
    pub fn note_data(&self, name: &str, set: &Dataset) -> Result<()> {
        let note = (name.to_owned(), set.to_string());
        self.run.update(|record| {
            if !record.data.contains(&note) {
                record.data.push(note);
            }
        })
    }

    /// Writes a checkpoint now.
    pub fn save(&self) -> Result<()> {
        // Before the checkpoint, which is worth nothing with other scripts; and the record's clock goes on.
        self.run.update(|record| record.scripts = self.scripts.record())?;
        // No item ends between the two, so that no line of the log is missing from what the checkpoint holds.
        let mut loops = self.loops();
        loops.save(self.metrics.position()?)
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
        }
    }

    /// The engine that runs the script, while it lives.
    pub fn engine(&self) -> Option<Arc<Engine>> {
        self.engine.get()?.upgrade()
    }

    /// Makes the engine known, once it is built.
    pub(crate) fn set_engine(&self, engine: &Arc<Engine>) {
        // There is one engine for a session; a second one would not know its scripts.
        let _ = self.engine.set(Arc::downgrade(engine));
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
    /// [`Error::Usage`] on threads of `parallel` and `ahead`, where there is no order.
    pub fn recorder_in_order(&self) -> Result<Option<&Recorder>> {
        if pool::is_worker() {
            return Err(Error::usage(
                "this is within `parallel` or `ahead`, where things happen in no order",
                "give the value back, and do this with it outside",
            ));
        }
        Ok(self.recorder())
    }

    /// Gives the settings that `params` returns, instead of the script's own defaults; and what the user
    /// named in them, which the script may read where it is a file or a folder.
    pub fn set_settings(&self, settings: Map, named: &[String]) {
        // A second call would change settings under a running script; the first one counts.
        let _ = self.settings.set((settings, named.iter().map(PathBuf::from).collect()));
    }

    /// The settings that `params` returns, where they were resolved before.
    pub fn settings(&self) -> Option<&Map> {
        self.settings.get().map(|(settings, _)| settings)
    }

    /// Shows a line of the script's own, and keeps it in the run's log.
    pub fn print(&self, line: &str) {
        self.progress.println(line);
        if let Some(recorder) = self.recorder() {
            recorder.run.log_line(line);
        }
    }

    /// The key of the run's random numbers.
    pub fn key(&self) -> Key {
        Key::new(self.options.seed)
    }

    /// The path of the item of a durable loop that is being run, empty outside all.
    pub fn item_path(&self) -> String {
        self.recorder().map_or_else(String::new, |recorder| recorder.loops().item_path().to_owned())
    }

    /// Whether a script may read a path: data folders, what the user named in a setting, what was allowed.
    ///
    /// # Errors
    /// [`Error::Usage`] when it may not, [`Error::Io`] when there is no such file.
    pub fn readable(&self, path: &Path) -> Result<PathBuf> {
        let real = path.canonicalize().map_err(Error::io(path))?;
        let named = self.settings.get().map_or(&[][..], |(_, named)| named);
        let mut roots = self.options.data.iter().chain(&self.options.readable).chain(named);
        if roots.any(|root| is_within(&real, root)) {
            return Ok(real);
        }
        Err(Error::usage(
            format!("{}: the script may not read this", path.display()),
            "name the file in a setting, put it into the data folder, or allow its folder with --allow-read DIR",
        ))
    }
}

fn is_within(real: &Path, root: &Path) -> bool {
    root.canonicalize().is_ok_and(|root| real.starts_with(root))
}
