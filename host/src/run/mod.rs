//! Runs: the folder, what is recorded in it, durable loops and their checkpoints, progress, the report.

mod blobs;
mod files;
mod folder;
mod loops;
mod metrics;
mod progress;
mod record;
pub mod report;
mod state;

pub use files::{safe_name, sha256, sha256_of_file, write_whole};
pub use folder::{Run, status_on_disk};
pub use loops::{LoopState, Loops};
pub use metrics::{Logged, Metrics};
pub use progress::{LoopHandle, Mode, Progress, readable};
pub use record::{ModelFile, Record, ScriptText, Status, timestamp, versions};
pub use report::number;
pub use state::Saved;
