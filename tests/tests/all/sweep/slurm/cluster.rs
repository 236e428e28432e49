//! Jobs on a real Slurm.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tests::{Bench, Cluster, RunFolder};

use crate::sweep::{TINY, folder, jobs, rounds, runs, shown, sweep, sweeps};

/// `MaxArraySize` where arrays are not to be split.
const LONG: usize = 1001;

/// What `host sweep status` says of each job of a sweep that this cluster has.
fn states(cluster: &Cluster, bench: &Bench, folder: &Path) -> Vec<String> {
    shown(cluster.host(bench, ["sweep", "status"]), folder)
}

/// `host sweep own --slurm ARGS` of a plugin with that text, given to the cluster.
fn submitted(cluster: &Cluster, bench: &Bench, text: &str, args: &[&str]) -> PathBuf {
    let words = [&["--slurm"], args].concat();
    let conf = cluster.config();
    folder(bench, &sweep(bench, text, &words).env("SLURM_CONF", conf).run().code(0))
}

/// Whether a run has logged anything.
fn has_begun(run: &RunFolder) -> bool {
    run.path().join("metrics.jsonl").metadata().is_ok_and(|metadata| metadata.len() > 0)
}

/// Asserts that a run is what `host run` makes of its job without Slurm.
fn assert_as_alone(bench: &Bench, folder: &Path, job: usize) {
    let job = &jobs(folder)[job - 1];
    let settings = job["settings"].as_object().unwrap();
    let words =
        settings.iter().map(|(name, value)| format!("{name}={}", value.to_string().trim_matches('"')));
    let (seed, alone) = (job["seed"].to_string(), format!("alone/{}", job["job"]));
    let host = bench.host(["run", "own", "--quiet", "--seed", &seed, "--folder", &alone]);
    host.args(words).run().code(0);
    let run = RunFolder::at(folder.join(job["run"].as_str().unwrap()));
    run.assert_tidy();
    run.assert_same_results(&RunFolder::at(bench.path().join(alone)));
}

#[test]
fn two_rounds_of_split_arrays_come_to_their_end_and_nothing_is_submitted_twice() {
    let Some(cluster) = Cluster::start(4) else { return };
    let bench = Bench::new();
    bench.write("plugins/own.p.toml", rounds::PRESET);
    let refused = sweep(&bench, rounds::PARTS, &["--preset", "p", "--slurm", "--partition", "nope"]);
    refused
        .env("SLURM_CONF", cluster.config())
        .run()
        .code(2)
        .says(&["invalid partition specified: nope", "sinfo"]);
    assert!(sweeps(&bench).is_empty());

    let args = ["--preset", "p", "--partition", "closed", "--max-running", "2"];
    let folder = submitted(&cluster, &bench, rounds::PARTS, &args);
    let path = folder.to_string_lossy().into_owned();
    let arrays = fs::read_to_string(folder.join("slurm.jsonl")).unwrap();
    assert_eq!(arrays.matches("\"tasks\":\"0-3\"").count(), 3);
    assert_eq!((cluster.tasks().len(), states(&cluster, &bench, &folder)), (12, vec!["QUEUED".into(); 12]));
    let host =
        |words: &[&str]| cluster.host(&bench, [&["sweep", words[0], &path], &words[1..]].concat()).run();
    let is_down = |task: &String| task.ends_with("PartitionDown");
    cluster.until("reasons", |cluster| cluster.tasks().iter().all(is_down));
    host(&["status"]).code(0).shows(&["waits: PartitionDown", "12 jobs: 12 QUEUED"]);
    let again = "host sweep resume";
    host(&["resume"]).code(2).says(&[
        "was given to Slurm",
        again,
        "--slurm --partition closed --max-running 2`",
    ]);
    host(&["resume", "--jobs", "2"]).code(2).says(&["Slurm has 12 tasks", "scancel", again]);
    host(&["resume", "--slurm"]).code(0).says(&["watch it"]);
    assert_eq!(cluster.tasks().len(), 12);

    cluster.ask("scontrol", &["update", "PartitionName=closed", "State=UP"]);
    cluster.until_empty();
    assert_eq!(states(&cluster, &bench, &folder), ["COMPLETED"; 12]);
    assert_as_alone(&bench, &folder, 1);
    assert_eq!(runs(&folder)[0].record()["resumed"], 0);
    host(&["resume", "--slurm"]).code(0).says(&["nothing to submit", "12 COMPLETED"]);

    // What is gone is made again, and what takes its file waits for it.
    for i in [1, 6] {
        fs::remove_dir_all(runs(&folder)[i].path()).unwrap();
    }
    host(&["retry", "--slurm"]).code(0).says(&["1 task of round make", "1 task of round judge"]);
    cluster.until_empty();
    assert_eq!(states(&cluster, &bench, &folder), ["COMPLETED"; 12]);
}

#[test]
fn a_preempted_job_goes_on_and_ends_with_the_bits_of_one_alone() {
    let Some(cluster) = Cluster::start(LONG) else { return };
    let bench = Bench::new();
    let folder = submitted(&cluster, &bench, TINY, &["steps=200000", "--checkpoint-every", "1h"]);
    let run = &runs(&folder)[0];
    cluster.until("a run", |_| has_begun(run));
    assert_eq!(states(&cluster, &bench, &folder), ["RUNNING"]);
    cluster.ask("sbatch", &["--partition=high", "--cpus-per-task=2", "--output=/dev/null", "--wrap=true"]);
    cluster.until("pre-emption", |cluster| cluster.tasks().iter().any(|task| task.ends_with("BeginTime")));
    assert!(run.has_checkpoint() && run.status() == "INTERRUPTED");
    assert_eq!(states(&cluster, &bench, &folder), ["QUEUED"]);
    cluster.until_empty();
    assert_eq!(states(&cluster, &bench, &folder), ["COMPLETED"]);
    assert_eq!(run.record()["resumed"], 1);
    assert_as_alone(&bench, &folder, 1);
}

#[test]
fn after_the_death_of_a_node_a_sweep_is_resumed_and_loses_nothing() {
    let Some(mut cluster) = Cluster::start(LONG) else { return };
    let bench = Bench::new();
    let args = ["steps=10000", "seed=0..3", "--checkpoint-every", "0s"];
    let folder = submitted(&cluster, &bench, TINY, &args);
    let first = &runs(&folder)[0];
    cluster.until("a run", |_| has_begun(first));
    cluster.kill_node();
    // No process holds the run, and Slurm has not missed the node yet.
    assert_eq!(states(&cluster, &bench, &folder)[0], "RUNNING");
    cluster.until("that Slurm misses the node", |cluster| {
        cluster.tasks().iter().all(|task| task.contains("PENDING"))
    });
    assert_eq!(states(&cluster, &bench, &folder), ["QUEUED"; 3]);
    let array = cluster.tasks()[0].split('_').next().unwrap().to_owned();
    cluster.ask("scancel", &[&array]);
    cluster.until("an empty queue", |cluster| cluster.tasks().is_empty());
    assert_eq!(states(&cluster, &bench, &folder)[0], "INTERRUPTED");
    let path = folder.to_string_lossy().into_owned();
    cluster.host(&bench, ["sweep", "status", &path]).run().code(0).shows(&["its task ended: ", "_0.out"]);
    cluster.start_node();
    let outcome = cluster.host(&bench, ["sweep", "resume", &path, "--slurm"]).run().code(0);
    outcome.says(&["3 tasks of round main"]);
    cluster.until_empty();
    assert_eq!(states(&cluster, &bench, &folder), ["COMPLETED"; 3]);
    assert_eq!(first.record()["resumed"], 1);
    assert_as_alone(&bench, &folder, 1);
}

#[test]
fn a_task_queues_itself_again_at_its_time_limit_with_a_checkpoint() {
    let Some(cluster) = Cluster::start(LONG) else { return };
    let bench = Bench::new();
    let folder =
        submitted(&cluster, &bench, TINY, &["steps=10000000", "--time", "1", "--checkpoint-every", "1h"]);
    let run = &runs(&folder)[0];
    cluster.until("the time limit", |cluster| cluster.tasks().iter().any(|task| task.ends_with("BeginTime")));
    assert!(run.has_checkpoint() && run.status() == "INTERRUPTED");
    assert_eq!(states(&cluster, &bench, &folder), ["QUEUED"]);
    let log = fs::read_dir(folder.join("slurm")).unwrap().next().unwrap().unwrap().path();
    assert!(fs::read_to_string(log).unwrap().contains("goes back into the queue"));
}
