//! `host sweep`

use std::{num::NonZeroUsize, path::PathBuf, time::Duration};

use clap::{Args, Subcommand};

use super::{Control, DeviceChoice, InputArgs, duration, key_value, slurm::SlurmArgs};

/// `host sweep`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_long_help = "\
Axes:
  method=none,b             a run with each value
  seed=0..4                 seeds 0 to 3; 0..=4: to 4
  levels=[0,0.3],[0,0.6]    lists have brackets
  lr=log:1e-4..1e-2         drawn, with --random N; lin: evenly
All of them together: every value with every other; a single value is for all runs.

A preset has them in [sweep], for all rounds, and in a [[round]] for each:
  [[round]]
  name = \"gan\"
  seed = \"0..3\"
  [[round]]
  name = \"classifiers\"
  seed = \"0..3\"
  generators = [\"@gan/models/generator-1.onnx\"]   # of the run with the same seed
  settings = [{ filter = false }, { filter = true, threshold = 0.5 }]   # together")]
pub struct SweepArgs {
    #[command(subcommand)]
    pub action: Option<SweepCommand>,
    /// The plugin: a file, or a name that `host list` shows
    #[arg(required = true)]
    pub plugin: Option<PathBuf>,
    /// Settings with their values: method=none,b seed=0..4
    #[arg(value_name = "KEY=VALUES", value_parser = key_value)]
    pub axes: Vec<(String, String)>,
    /// Draw N points of the axes, each run with every seed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub random: Option<u32>,
    /// Runs at a time, which share the processor's threads
    #[arg(long, value_name = "N", default_value = "1")]
    pub jobs: NonZeroUsize,
    /// The seed of runs without the axis `seed`, and of --random
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: u64,
    /// Where tensors are made
    #[arg(long, value_enum, default_value = "cpu")]
    pub device: DeviceChoice,
    /// The folder in which the sweep's own folder is made
    #[arg(long, value_name = "DIR", default_value = "sweeps")]
    pub out: PathBuf,
    /// Start more than 100,000 jobs
    #[arg(long)]
    pub yes: bool,
    #[command(flatten)]
    pub slurm: SlurmArgs,
    #[command(flatten)]
    pub inputs: InputArgs,
    #[command(flatten)]
    pub control: Control,
}

/// What can be done with a sweep that exists.
#[derive(Debug, Subcommand)]
pub enum SweepCommand {
    /// Go on with a sweep that was interrupted or killed
    #[command(next_line_help = true)]
    Resume(SweepAgain),
    /// Go on, and run again what failed or was blocked
    #[command(next_line_help = true)]
    Retry(SweepAgain),
    /// Show how the jobs of a sweep stand
    Status {
        /// The sweep's folder
        sweep: PathBuf,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Run one job, in a task of Slurm
    #[command(hide = true)]
    Task(SweepTask),
}

/// How a sweep goes on. The rest is in its plan.
#[derive(Debug, Args)]
pub struct SweepAgain {
    /// The sweep's folder
    pub sweep: PathBuf,
    /// Runs at a time, which share the processor's threads [default: 1]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    #[command(flatten)]
    pub slurm: SlurmArgs,
    #[command(flatten)]
    pub given: GivenAnew,
    /// Stop after this time, with checkpoints: 90s, 10m, 2h
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,
    /// Show no progress
    #[arg(long)]
    pub quiet: bool,
}

/// One job of a sweep.
#[derive(Debug, Args)]
pub struct SweepTask {
    /// The sweep's folder
    pub sweep: PathBuf,
    /// The job, from 1
    pub job: usize,
    #[command(flatten)]
    pub given: GivenAnew,
}

/// What is not taken from a sweep's folder.
#[derive(Debug, Args)]
pub struct GivenAnew {
    /// The plugin, where its recorded name finds none: a file or a name
    #[arg(long, value_name = "PLUGIN")]
    pub plugin: Option<PathBuf>,
    /// A folder with data sets (besides HOST_DATA and ./data)
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A file or folder that the script may read
    #[arg(long, value_name = "PATH")]
    pub allow_read: Vec<PathBuf>,
    /// The ONNX Runtime library
    #[arg(long, value_name = "PATH")]
    pub onnxruntime: Option<PathBuf>,
}
