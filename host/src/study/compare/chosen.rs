//! Which of the runs that were found are compared.

use std::path::PathBuf;

use crate::{
    run::Status,
    study::{found::is_run, summary::RunSummary},
};

/// The completed runs, and those that were named themselves; and what to say of the others.
pub fn chosen(runs: Vec<RunSummary>, named: &[PathBuf]) -> (Vec<RunSummary>, Option<String>) {
    let is_named = |run: &RunSummary| named.iter().any(|folder| *folder == run.path && is_run(folder));
    let all = runs.len();
    let chosen: Vec<_> =
        runs.into_iter().filter(|run| run.status == Status::Completed || is_named(run)).collect();
    let left_out = match all - chosen.len() {
        0 => None,
        1 => Some("1 run that is not completed is left out".to_owned()),
        n => Some(format!("{n} runs that are not completed are left out")),
    };
    (chosen, left_out)
}
