//! Runs: the folder, what is recorded in it, durable loops and their checkpoints, progress.

mod arguments;
mod blobs;
mod environment;
mod folder;
pub mod json_number;
mod logged;
mod loops;
mod metrics;
mod progress;
mod record;
mod state;
mod table;
mod words;

pub use arguments::Arguments;
pub use environment::{Environment, peak_memory};
pub(crate) use folder::make_folder;
pub use folder::{LOCK, Run, is_held, lock, status_on_disk};
pub use logged::{LoggedMetrics, Logs, Metric};
pub use loops::{LoopExtent, LoopState, Loops};
pub use metrics::Metrics;
pub use progress::{LoopHandle, Progress, readable};
pub use record::{
    Change, FILE as RECORD, FileRecord, LeftFile, Record, ScriptText, SettingChange, Status, timestamp,
    versions,
};
pub use state::{Content, DEEPEST, Saved};
pub use table::{TableCell, aligned, from_csv, to_csv, to_markdown, to_tex, to_typst};
pub use words::{NaturalKey, byte_size, duration, natural_key, number, shell_quoted};
