//! What is timed, and how.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::DeviceChoice;

/// `host bench`
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Full training steps: the scripts in scripts/bench
    Steps {
        /// Which ones (all), and settings of their scripts as key=value
        #[arg(value_name = "NAME|KEY=VALUE")]
        words: Vec<String>,
        #[command(flatten)]
        timing: BenchTiming,
    },
    /// Single operations
    Kernels {
        /// Which ones (all)
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Time forward and backward where there is a gradient
        #[arg(long)]
        backward: bool,
        #[command(flatten)]
        timing: BenchTiming,
    },
}

/// How often something is done while the clock runs, on what, with what.
#[derive(Debug, Args)]
pub struct BenchTiming {
    /// Items at a time, instead of the default of each bench
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: Option<u64>,
    /// Times that are measured
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub reps: u32,
    /// Times before, that are not
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub warmup: u32,
    /// Threads of the processor, all where it is left out
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
    /// Where tensors are made
    #[arg(long, value_enum, default_value = "cpu")]
    pub device: DeviceChoice,
    /// Count kernel launches, bytes and round trips of one repetition, too
    ///
    /// A step of dcgan launches 267 kernels, one of resnet20_w64 367,
    /// whatever their sizes, and neither waits for the GPU; a card that
    /// takes more buffers a launch needs fewer. Launches are exact; bytes
    /// are those that operations are given and give, the least that has
    /// to be moved.
    #[arg(long, verbatim_doc_comment)]
    pub count: bool,
    /// The seed of all random numbers
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// A line of JSON each, with all that is known
    #[arg(long)]
    pub json: bool,
    /// Append lines of JSON to a file, with the date and the machine
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
}
