//! What the black-box tests share: a fresh folder with the shipped scripts, the program run in it, and
//! the run folders that it leaves behind.

mod bench;
mod fake;
mod program;
pub mod random;
mod run_folder;
mod slurm;

pub use bench::{Bench, onnxruntime, repository, skipped};
pub use fake::{FakeRun, fake_runs};
pub use program::{Host, Outcome, Running};
pub use run_folder::RunFolder;
pub use slurm::Cluster;
