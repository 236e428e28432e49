//! The batch script of an array.

use std::path::{Path, PathBuf};

use super::{Array, Submission, submitted::LOGS};
use crate::{
    error::{Error, Result},
    run::shell_quoted,
    sweep::job::{Launch, THREADS},
};

/// The text of the script of an array, which starts once those in `after` ended, however they did.
///
/// # Errors
/// A folder into which Slurm cannot write, for its name.
pub fn text(submission: &Submission, array: &Array, after: &[&str]) -> Result<String> {
    let (sweep, options) = (submission.sweep, submission.options);
    let program = std::env::current_exe().map_err(Error::io("the program itself"))?;
    let name = sweep.folder.file_name().unwrap_or_default().to_string_lossy();
    let at_a_time = options.max_running.map(|n| format!("%{n}")).unwrap_or_default();
    let mut lines = vec![
        format!("job-name={}", quoted(&name)),
        format!("array={}{at_a_time}", array.indices()),
        format!("output={}", quoted(&log_pattern(&sweep.folder)?)),
        "open-mode=append".to_owned(),
        "requeue".to_owned(),
        format!("signal=B:TERM@{}", options.lead()),
    ];
    if !after.is_empty() {
        lines.push(format!("dependency=afterany:{}", after.join(":")));
    }
    lines.extend(options.for_sbatch());
    let lines: String = lines.iter().map(|line| format!("#SBATCH --{line}\n")).collect();
    let words = given(submission.launch);
    Ok(format!(
        "#!/bin/bash\n{lines}export {THREADS}=\"$SLURM_CPUS_ON_NODE\"\nexec {} sweep task {} \"$(({} + \
         SLURM_ARRAY_TASK_ID))\"{words}\n",
        shell_quoted(&program.to_string_lossy()),
        shell_quoted(&sweep.folder.to_string_lossy()),
        array.first,
    ))
}

/// What is not taken from the sweep's folder, as words of `host sweep task`.
fn given(launch: &Launch) -> String {
    let word =
        |(name, path): (&str, &PathBuf)| format!(" --{name} {}", shell_quoted(&path.to_string_lossy()));
    let allowed = launch.allow_read.iter().map(|path| ("allow-read", path));
    let data = launch.data.iter().map(|path| ("data", path));
    let library = launch.onnxruntime.iter().map(|path| ("onnxruntime", path));
    [("plugin", &launch.plugin)].into_iter().chain(data).chain(allowed).chain(library).map(word).collect()
}

/// Where the tasks of an array write what they say: `%A` is the array, `%a` the index.
fn log_pattern(folder: &Path) -> Result<String> {
    let folder = folder.join(LOGS).to_string_lossy().into_owned();
    // With a backslash anywhere in it Slurm replaces no `%`.
    match folder.chars().any(|c| c.is_control() || c == '\\') {
        true => Err(Error::usage(
            format!("Slurm cannot write into {folder:?}: a backslash or a control character is in its name"),
            "give --out another folder",
        )),
        false => Ok(format!("{}/%A_%a.out", folder.replace('%', "%%"))),
    }
}

/// A value as a line `#SBATCH` takes it.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./%,=+:@".contains(c);
    match value.chars().all(is_plain) {
        true => value.to_owned(),
        false => format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_quoted_as_sbatch_reads_them() {
        assert_eq!(quoted("dtan-1a2b"), "dtan-1a2b");
        assert_eq!(quoted("a \"b\" #c'd"), "\"a \\\"b\\\" #c'd\"");
    }

    #[test]
    fn the_log_is_named_by_array_and_index() {
        assert_eq!(log_pattern(Path::new("sweeps/a%b")).unwrap(), "sweeps/a%%b/slurm/%A_%a.out");
        assert!(log_pattern(Path::new("a\\b")).is_err() && log_pattern(Path::new("a\nb")).is_err());
    }
}
