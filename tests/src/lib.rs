//! What the black-box tests share: a fresh folder with the shipped scripts, the program run in it, and
//! the run folders that it leaves behind.

mod bench;
mod browser;
mod fake;
mod program;
pub mod random;
mod run_folder;
mod served;
mod slurm;

pub use bench::{Bench, onnxruntime, repository, skipped};
pub use browser::Browser;
pub use fake::{FakeRun, fake_methods, fake_runs};
pub use program::{Host, Outcome, Running};
pub use run_folder::RunFolder;
pub use served::{Reply, Served};
pub use slurm::Cluster;
