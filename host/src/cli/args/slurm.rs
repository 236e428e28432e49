//! How jobs are given to Slurm.

use std::num::NonZeroU32;

use clap::Args;

use crate::sweep::slurm::{Options, memory, option, time, word};

/// Options of commands that start the jobs of a sweep.
#[derive(Debug, Args)]
#[command(next_help_heading = "Slurm")]
pub struct SlurmArgs {
    /// Submit the jobs to Slurm, as a job array for each round
    #[arg(long, conflicts_with_all = ["jobs", "deadline"])]
    pub slurm: bool,
    /// The partition
    #[arg(long, value_name = "NAME", requires = "slurm", value_parser = word)]
    pub partition: Option<String>,
    /// Time limit of a job, which then waits again: 30 (minutes), 2:00:00, 1-12
    #[arg(long, value_name = "TIME", requires = "slurm", value_parser = time)]
    pub time: Option<String>,
    /// GPUs of a job
    #[arg(long, value_name = "N", requires = "slurm")]
    pub gpus: Option<NonZeroU32>,
    /// CPUs of a job, which are its threads
    #[arg(long, value_name = "N", requires = "slurm")]
    pub cpus: Option<NonZeroU32>,
    /// Memory of a job: 4000 (megabytes), 16G
    #[arg(long, value_name = "SIZE", requires = "slurm", value_parser = memory)]
    pub mem: Option<String>,
    /// Jobs that run at a time
    #[arg(long, value_name = "N", requires = "slurm")]
    pub max_running: Option<NonZeroU32>,
    /// A further option of sbatch, such as account=lab
    #[arg(long = "option", value_name = "NAME=VALUE", requires = "slurm", value_parser = option)]
    #[arg(allow_hyphen_values = true)]
    pub more: Vec<String>,
    /// Print the batch scripts, and submit nothing
    #[arg(long, requires = "slurm")]
    pub dry_run: bool,
}

impl SlurmArgs {
    /// What is asked of Slurm; none without `--slurm`.
    pub fn options(&self) -> Option<Options> {
        self.slurm.then(|| Options {
            partition: self.partition.clone(),
            time: self.time.clone(),
            gpus: self.gpus,
            cpus: self.cpus,
            mem: self.mem.clone(),
            max_running: self.max_running,
            more: self.more.clone(),
        })
    }
}
