//! The commands of Slurm.

use std::{
    io::{ErrorKind, Write as _},
    process::{Command, Output, Stdio},
};

use crate::error::{Error, Result};

/// `MaxArraySize` where a cluster does not set it.
pub const DEFAULT_LONGEST: usize = 1001;

/// Whether this machine has Slurm's commands.
pub fn is_installed() -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join("sbatch").is_file())
}

/// How many tasks an array of this cluster may have, and what its indices are below: `MaxArraySize`.
///
/// # Errors
/// There is no Slurm here, it does not answer, or it has no arrays.
pub fn longest_array() -> Result<usize> {
    let shown = answer(&run("scontrol", &["show", "config"], "")?, "scontrol")?;
    match max_array_size(&shown) {
        Some(0) => Err(Error::usage(
            "the cluster has no job arrays: its MaxArraySize is 0",
            "ask whoever keeps it to allow them, or run the jobs without --slurm",
        )),
        size => Ok(size.unwrap_or(DEFAULT_LONGEST)),
    }
}

fn max_array_size(config: &str) -> Option<usize> {
    let line = config.lines().find_map(|line| line.strip_prefix("MaxArraySize"))?;
    line.trim_start().strip_prefix('=')?.trim().parse().ok()
}

/// Submits a batch script, and gives the id of the array.
///
/// # Errors
/// Slurm refuses it, in its words.
pub fn sbatch(script: &str) -> Result<String> {
    let shown = answer(&run("sbatch", &["--parsable"], script)?, "sbatch")?;
    // With a cluster's name behind it where there are several.
    let id = shown.trim().split(';').next().unwrap_or_default();
    match !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(id.to_owned()),
        false => Err(Error::usage(
            format!("`sbatch --parsable` said `{}`, expected the number of a job", shown.trim()),
            "look with `squeue --me` what was submitted",
        )),
    }
}

/// What `squeue` says of these arrays or tasks, a line for each task in the format. It does not know ids that
/// ended a while ago.
///
/// # Errors
/// Slurm does not answer.
pub fn squeue(ids: &[&str], format: &str) -> Result<String> {
    let words = ["--noheader", "--array", "--jobs", &ids.join(","), "--format", format];
    let output = run("squeue", &words, "")?;
    // What it says where it knows none of them.
    let is_unknown = String::from_utf8_lossy(&output.stderr).contains("Invalid job id");
    if is_unknown { Ok(String::new()) } else { answer(&output, "squeue") }
}

/// Puts a task that runs back into the queue, which ends its processes.
///
/// # Errors
/// Slurm refuses it, in its words.
pub fn requeue(task: &str) -> Result<()> {
    answer(&run("scontrol", &["requeue", task], "")?, "scontrol").map(|_| ())
}

fn run(program: &str, words: &[&str], input: &str) -> Result<Output> {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|problem| match problem.kind() {
        ErrorKind::NotFound => Error::usage(
            format!("there is no `{program}` on the PATH: --slurm needs the commands of Slurm"),
            "give the command on a machine of the cluster that has them; without --slurm jobs run here",
        ),
        _ => Error::io(program)(problem),
    })?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that ends before it has read all says why.
        let _ = stdin.write_all(input.as_bytes());
    }
    child.wait_with_output().map_err(Error::io(program))
}

/// What a command printed. Errors: it failed.
fn answer(output: &Output, program: &str) -> Result<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let said = text(&output.stderr);
    let said = if said.trim().is_empty() { format!("{program}: {}", output.status) } else { said };
    let help = match program {
        "sbatch" => "give the command again with options that the cluster takes: `sinfo` lists partitions",
        _ => "`scontrol ping` says whether the cluster's controller answers",
    };
    Err(Error::usage(said.trim().replace('\n', "; "), help))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_array_is_read_from_the_configuration() {
        let config =
            "MailProg                = /bin/mail\nMaxArraySize            = 4\nMaxBatchRequeue = 5\n";
        assert_eq!(max_array_size(config), Some(4));
        assert_eq!(max_array_size("SlurmUser = root"), None);
    }
}
