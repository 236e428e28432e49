//! Runs: the folder, what is recorded in it, durable loops and their checkpoints, progress, the report.

mod arguments;
mod blobs;
mod environment;
mod folder;
pub mod json_number;
mod loops;
mod metrics;
mod progress;
mod record;
pub mod report;
mod state;
mod table;

pub use arguments::Arguments;
pub use environment::{Environment, peak_memory};
pub(crate) use folder::make_folder;
pub use folder::{Run, is_held, lock, status_on_disk};
pub use loops::{LoopExtent, LoopState, Loops};
pub use metrics::{MetricLine, Metrics, each_metric};
pub use progress::{LoopHandle, Progress, readable};
pub use record::{
    Change, FILE as RECORD, FileRecord, Record, ScriptText, SettingChange, Status, seconds_of, timestamp,
    versions,
};
pub(crate) use report::{duration, shell_quoted};
pub use report::{number, png_size};
pub use state::{Content, DEEPEST, Saved};
pub use table::{TableCell, aligned, from_csv, to_csv, to_markdown, to_tex, to_typst};
