//! What can be typed.

mod bench;
mod network;
mod onnx;
mod slurm;
mod study;
mod sweep;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use ops::Device;

use crate::{error::Result, run::Arguments, study::filter::seconds};
pub use bench::{Bench, BenchTiming};
pub use network::{OnnxDiff, OnnxGraph};
pub use onnx::{OnnxBench, OnnxRun};
pub use study::{CompareArgs, ExportArgs, RunsArgs, RunsCommand, ServeArgs, TableFormat};
pub use sweep::{GivenAnew, SweepAgain, SweepArgs, SweepCommand, SweepTask};

/// Runs machine-learning experiments written as short Rhai scripts.
#[derive(Debug, Parser)]
#[command(name = "host", version, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a plugin; its settings are given as key=value
    #[command(next_line_help = true)]
    Run(RunArgs),
    /// Go on with a run that was interrupted, killed or failed
    #[command(next_line_help = true)]
    Resume(ResumeArgs),
    /// Run a plugin many times, over values of its settings and seeds
    #[command(next_line_help = true)]
    Sweep(Box<SweepArgs>),
    /// Show the settings of a plugin, and its presets
    Params {
        /// The plugin: a file, or a name that `host list` shows
        plugin: PathBuf,
        /// Print a file for `host run --config` to edit
        #[arg(long)]
        toml: bool,
        /// Print JSON: one object
        #[arg(long, conflicts_with = "toml")]
        json: bool,
    },
    /// List the plugins: what each is, where it comes from, its presets
    List {
        /// List the examples: known procedures in short scripts
        #[arg(long)]
        examples: bool,
        /// Print JSON: one object a line
        #[arg(long)]
        json: bool,
    },
    /// Write a built-in plugin with its presets, or a script, out to edit
    Copy {
        /// The name of the plugin or script: dtan, nets/wta
        name: PathBuf,
    },
    /// Explain a command or a script function, or list them all
    Help {
        /// A command, a function or a script module
        name: Vec<String>,
        /// Print the whole reference as Markdown
        #[arg(long)]
        markdown: bool,
        /// Print definitions for editors (.d.rhai)
        #[arg(long)]
        definitions: bool,
    },
    /// List runs, find some of them; name, tag or remove them
    #[command(next_line_help = true, args_conflicts_with_subcommands = true)]
    Runs(RunsArgs),
    /// Write the report of a run anew, and print where it is
    Report {
        /// The run: its folder, the end of its name, or the name that it was given
        run: PathBuf,
    },
    /// Compare runs: means over seeds, with 95 % intervals
    #[command(next_line_help = true)]
    Compare(CompareArgs),
    /// Show runs as pages in a browser, while they run
    #[command(next_line_help = true)]
    Serve(ServeArgs),
    /// Write runs for other programs to show: TensorBoard
    #[command(next_line_help = true)]
    Export(ExportArgs),
    /// Look for mistakes in a plugin without running it
    Check {
        /// The plugin: a file, or a name that `host list` shows
        plugin: PathBuf,
        /// Print JSON: one object a line, for each finding
        #[arg(long)]
        json: bool,
    },
    /// Time training steps or kernels; one JSON line each
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
    /// Show which data sets are found, and where; or bring one
    Data {
        #[command(subcommand)]
        action: Option<DataCommand>,
        /// A folder with data sets
        #[arg(long, value_name = "DIR", global = true)]
        data: Option<PathBuf>,
        /// Print JSON: one object a line, for each set
        #[arg(long)]
        json: bool,
    },
    /// Look at ONNX files
    #[command(subcommand)]
    Onnx(OnnxCommand),
    /// Show devices, ONNX Runtime, data and versions
    Doctor {
        /// The ONNX Runtime library
        #[arg(long, value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
        /// A folder with data sets
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// Print JSON: one object
        #[arg(long)]
        json: bool,
    },
}

/// `host onnx`
#[derive(Debug, Subcommand)]
pub enum OnnxCommand {
    /// List what is not supported in a file; say whether it runs and trains
    Check {
        /// The ONNX file
        file: PathBuf,
        /// The ONNX Runtime library
        #[arg(long, value_name = "PATH")]
        onnxruntime: Option<PathBuf>,
        /// Print JSON: one object
        #[arg(long)]
        json: bool,
    },
    /// Show a file's inputs, outputs, operators, parameters and metadata
    Info {
        /// The ONNX file
        file: PathBuf,
        /// Print JSON: one object
        #[arg(long)]
        json: bool,
    },
    /// Run a file on NumPy arrays or JSON, in ONNX Runtime
    #[command(next_line_help = true)]
    Run(OnnxRun),
    /// Time a file in ONNX Runtime; one JSON line
    #[command(next_line_help = true)]
    Bench(OnnxBench),
    /// Draw a file: boxes with operators and weights, arrows with shapes
    #[command(next_line_help = true)]
    Graph(OnnxGraph),
    /// Compare structure, weights and numbers; exit code 1: different
    #[command(next_line_help = true)]
    Diff(OnnxDiff),
}

/// What can be done about data sets.
#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Bring a public data set into --data DIR, HOST_DATA or ./data
    Get {
        /// The set, such as mnist or cifar-10 (`host data` lists them)
        name: String,
        /// Bring its files from there, not from their address
        #[arg(long, value_name = "URL")]
        from: Option<String>,
    },
}

/// Where tensors are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DeviceChoice {
    /// The processor
    Cpu,
    /// The graphics card, or whatever stands in for one
    Gpu,
    /// A real graphics card where there is one, else the processor
    Auto,
}

impl DeviceChoice {
    /// The choice of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::from_str(name, false).ok()
    }

    /// `cpu`, `gpu`, `auto`
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
            Self::Auto => "auto",
        }
    }

    /// The device that the choice means on this machine.
    ///
    /// # Errors
    /// Those of [`Device::parse`].
    pub fn device(self) -> Result<Device> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Gpu => Ok(Device::parse("gpu")?),
            Self::Auto => Ok(if Device::has_real_gpu() { Device::Gpu } else { Device::Cpu }),
        }
    }
}

/// `host run`
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The plugin: a file, or a name that `host list` shows
    #[arg(required_unless_present = "like")]
    pub plugin: Option<PathBuf>,
    /// Settings of the plugin (`host params PLUGIN` shows them)
    #[arg(value_name = "KEY=VALUE", value_parser = key_value)]
    pub settings: Vec<(String, String)>,
    /// Take plugin, settings, seed, device, --exact of a run
    #[arg(long, value_name = "RUN")]
    pub like: Option<PathBuf>,
    /// The seed of all random numbers [default: 0]
    #[arg(long)]
    pub seed: Option<u64>,
    /// Where tensors are made [default: cpu]
    #[arg(long, value_enum)]
    pub device: Option<DeviceChoice>,
    /// The folder in which the run's own folder is made
    #[arg(long, value_name = "DIR", default_value = "runs")]
    pub out: PathBuf,
    /// The run's own folder, which is made, instead of one in --out
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    pub folder: Option<PathBuf>,
    #[command(flatten)]
    pub inputs: InputArgs,
    #[command(flatten)]
    pub control: Control,
}

/// What new runs are made of, besides the values that are typed.
#[derive(Debug, Args)]
pub struct InputArgs {
    /// Take the settings of a preset; `paper` is the paper's sizes
    #[arg(long, value_name = "NAME")]
    pub preset: Option<String>,
    /// Take settings from a TOML file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A folder with data sets (besides HOST_DATA and ./data)
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A file or folder that the script may read
    #[arg(long, value_name = "PATH")]
    pub allow_read: Vec<PathBuf>,
    /// Convolutions without minimal filtering: smaller errors, slower
    #[arg(long)]
    pub exact: bool,
}

impl InputArgs {
    /// What a record keeps of these and of what a run is watched with.
    pub fn recorded(&self, plugin: &Path, device: DeviceChoice, control: &Control) -> Arguments {
        let path = |path: &PathBuf| path.to_string_lossy().into_owned();
        Arguments {
            plugin: plugin.to_string_lossy().into_owned(),
            device: device.name().to_owned(),
            preset: self.preset.clone(),
            config: self.config.as_ref().map(path),
            data: self.data.as_ref().map(path),
            allow_read: self.allow_read.iter().map(path).collect(),
            exact: self.exact,
            onnxruntime: control.onnxruntime.as_ref().map(path),
            deadline: control.deadline.map(|time| time.as_secs_f64()),
            checkpoint_every: control.checkpoint_every.as_secs_f64(),
            stop_on_nan: control.stop_on_nan,
            max_operations: control.max_operations,
        }
    }
}

/// `host resume`
#[derive(Debug, Args)]
pub struct ResumeArgs {
    /// The run's folder
    pub run: PathBuf,
    /// Settings that are others from now on; run.json notes which
    #[arg(value_name = "KEY=VALUE", value_parser = key_value)]
    pub settings: Vec<(String, String)>,
    /// Go on although scripts or files changed; run.json notes which
    #[arg(long)]
    pub changed: bool,
    /// The plugin, where its recorded name finds none: a file or a name
    #[arg(long, value_name = "PLUGIN")]
    pub plugin: Option<PathBuf>,
    /// Run the scripts as run.json has them, where they are gone
    #[arg(long, conflicts_with = "plugin")]
    pub recorded: bool,
    /// A folder with data sets (besides HOST_DATA and ./data)
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A file or folder that the script may read
    #[arg(long, value_name = "PATH")]
    pub allow_read: Vec<PathBuf>,
    #[command(flatten)]
    pub control: Control,
}

/// How a run is watched and stopped; not part of what it computes.
#[derive(Clone, Debug, Args)]
pub struct Control {
    /// Stop after this time, with a checkpoint: 90s, 10m, 2h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,
    /// Least time between checkpoints; 0s: after every item
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "10s")]
    pub checkpoint_every: Duration,
    /// End the run, as FAILED, where it logs an infinite number or NaN
    #[arg(long)]
    pub stop_on_nan: bool,
    /// Operations that end a script, as an endless loop
    #[arg(long, value_name = "N", default_value_t = 500_000_000)]
    pub max_operations: u64,
    /// The ONNX Runtime library
    #[arg(long, value_name = "PATH")]
    pub onnxruntime: Option<PathBuf>,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
    /// In a task of Slurm that is stopped before its time limit: queue it again
    #[arg(long, hide = true)]
    pub requeue: bool,
}

pub fn key_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("a setting is written key=value")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = seconds(text).or_else(|| text.parse().ok());
    let seconds = parsed.ok_or("a time is written like 90s, 10m or 2h")?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "a time is not negative".to_owned())
}
