//! `--slurm`: scripts and refusals everywhere; and jobs on a Slurm of one node, where it is installed.

mod cluster;

use std::fs;

use tests::{Bench, Outcome};

use super::{TINY, rounds, sweep};

/// `host sweep own --slurm --dry-run ARGS`, on a machine without Slurm.
fn dry_run(bench: &Bench, text: &str, args: &[&str]) -> Outcome {
    sweep(bench, text, &[&["--slurm", "--dry-run"], args].concat()).env("PATH", "").run()
}

#[test]
fn the_script_is_printed_and_nothing_is_made() {
    let bench = Bench::new();
    let options = ["--partition", "gpu", "--time", "2:00:00", "--gpus", "1", "--cpus", "4", "--mem", "16G"];
    let more = ["--max-running", "8", "--option", "account=lab", "--option", "--exclusive", "seed=0..12"];
    let outcome = dry_run(&bench, TINY, &[&options[..], &more].concat()).code(0);
    let outcome = outcome.says(&["there is no Slurm here: arrays have up to 1001 tasks"]);
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines[0], "#!/bin/bash");
    let name = lines[1].strip_prefix("#SBATCH --job-name=").expect("a name");
    let expected = [
        "#SBATCH --array=0-11%8",
        &format!("#SBATCH --output=sweeps/{name}/slurm/%A_%a.out"),
        "#SBATCH --open-mode=append",
        "#SBATCH --requeue",
        "#SBATCH --signal=B:TERM@60",
        "#SBATCH --partition=gpu",
        "#SBATCH --time=2:00:00",
        "#SBATCH --gpus=1",
        "#SBATCH --cpus-per-task=4",
        "#SBATCH --mem=16G",
        "#SBATCH --account=lab",
        "#SBATCH --exclusive",
        "export RAYON_NUM_THREADS=\"$SLURM_CPUS_ON_NODE\"",
    ];
    let rest: Vec<&str> = lines[2..].iter().take(expected.len()).copied().collect();
    assert_eq!(rest, expected);
    let last = lines[lines.len() - 1];
    let words =
        format!(" sweep task sweeps/{name} \"$((1 + SLURM_ARRAY_TASK_ID))\" --plugin plugins/own.rhai");
    assert!(last.starts_with("exec ") && last.ends_with(&words), "{last}");
    assert!(!bench.path().join("sweeps").exists());
}

#[test]
fn a_later_round_waits_for_the_earlier_one_however_that_ends() {
    let bench = Bench::new();
    bench.write("plugins/own.p.toml", rounds::PRESET);
    let outcome = dry_run(&bench, rounds::PARTS, &["--preset", "p"]).code(0);
    let outcome = outcome.shows(&["--array=0-3\n", "--array=0-7\n", "--dependency=afterany:ARRAY1\n"]);
    assert_eq!(outcome.stdout.matches("#!/bin/bash").count(), 2);
    outcome.shows(&["$((1 + SLURM_ARRAY_TASK_ID))", "$((5 + SLURM_ARRAY_TASK_ID))"]);
}

#[test]
fn thousands_of_jobs_are_split_into_arrays_that_wait_for_each_other_where_few_may_run() {
    let bench = Bench::new();
    let outcome = dry_run(&bench, TINY, &["seed=0..2500"]).code(0);
    outcome.shows(&["--array=0-1000\n", "--array=0-497\n", "$((2003 + SLURM_ARRAY_TASK_ID))"]);
    let outcome = dry_run(&bench, TINY, &["seed=0..2500", "--max-running", "9"]).code(0);
    outcome.shows(&["--array=0-497%9\n", "--dependency=afterany:ARRAY1:ARRAY2\n"]);
}

#[test]
fn what_is_typed_for_slurm_is_refused_before_anything_is_made() {
    let bench = Bench::new();
    let refused = |args: &[&str]| {
        let outcome = sweep(&bench, TINY, args).env("PATH", "").run().code(2);
        assert!(!bench.path().join("sweeps").exists());
        outcome
    };
    refused(&["--slurm"]).says(&["there is no `scontrol` on the PATH: --slurm needs the commands of Slurm"]);
    refused(&["--slurm", "--jobs", "2"]).says(&["'--slurm' cannot be used with '--jobs <N>'"]);
    refused(&["--slurm", "--deadline", "1h"]).says(&["'--slurm' cannot be used with '--deadline <TIME>'"]);
    for option in [["--partition", "a"], ["--max-running", "2"], ["--option", "account=lab"]] {
        refused(&option).says(&["required arguments were not provided", "--slurm"]);
    }
    refused(&["--slurm", "--time", "2h"]).says(&["'2h' for '--time <TIME>'", "30 (minutes)", "2:00:00"]);
    refused(&["--slurm", "--mem", "16GB"]).says(&["'16GB' for '--mem <SIZE>'", "16G"]);
    refused(&["--slurm", "--partition", "a b"]).says(&["expected a name", "sinfo"]);
    refused(&["--slurm", "--option", "array=0-9"]).says(&["host sets --array itself"]);
    refused(&["--slurm", "--option", "-A lab"]).says(&["expected a long option of sbatch"]);
    let odd = ["--slurm", "--dry-run", "--out", "a\\b"];
    refused(&odd).says(&["Slurm cannot write into", "a backslash", "give --out another folder"]);
}

#[test]
fn a_task_says_what_its_job_lacks_and_leaves_what_is_done() {
    let bench = Bench::new();
    bench.write("plugins/own.p.toml", rounds::PRESET);
    let outcome = sweep(&bench, rounds::PARTS, &["--preset", "p"]).run().code(0);
    let folder = super::folder(&bench, &outcome);
    let path = folder.to_string_lossy().into_owned();
    let task = |job: &str| bench.host(["sweep", "task", &path, job, "--plugin", "plugins/own.rhai"]).run();
    task("5").code(0).says(&["job 5 is completed"]);
    task("13").code(2).says(&["has no job 13 to run", "it has 12"]);
    fs::remove_dir_all(super::runs(&folder)[4].path()).unwrap();
    task("5").code(0);
    assert_eq!(super::states(&bench, &folder), ["COMPLETED"; 12]);
    for i in [0, 4] {
        fs::remove_dir_all(super::runs(&folder)[i].path()).unwrap();
    }
    task("5").code(2).says(&[
        "job 5 is BLOCKED: job 1 is QUEUED",
        "host sweep retry",
        "--slurm` takes it up",
    ]);
    bench.write("plugins/own.rhai", format!("{}\n// more", rounds::PARTS));
    task("1").code(2).says(&["plugins/own.rhai changed"]);
}
