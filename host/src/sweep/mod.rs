//! Sweeps: many runs of one plugin over axes of settings and seeds, in one round or several.
//!
//! A sweep is a folder: `sweep.toml` is the plan, `jobs.jsonl` has a line for each job, `runs/` has their
//! runs. How a job stands is how its run's folder stands. From what was asked for to runs:
//! [`drafts`] (the points of all rounds) → [`Sweep::create`] (the folder, with paths and with runs that exist
//! already) → an engine that starts jobs: [`local`] has processes of this machine, [`slurm`] tasks of a
//! cluster → [`report`]: its page, its CSV file, and the table of its preset.

mod adopt;
mod axis;
mod draft;
mod folder;
mod job;
pub mod local;
mod plan;
mod range;
mod reference;
pub mod report;
mod round;
mod sections;
pub mod slurm;
mod state;

pub use adopt::Existing;
pub use draft::{Request, check, drafts, table};
pub use folder::{Outline, Sweep, is_sweep};
pub use job::{Job, Launch};
pub use plan::Plan;
pub use state::{JobState, Standing, counts, states};

/// The axis that is not a setting.
const SEED: &str = "seed";
