//! `kill -9` of the sweep, of its workers, of all: resumed, it comes to the runs that `host run` makes alone,
//! each made once.

use std::{collections::BTreeMap, fs, path::PathBuf, thread, time::Duration};

use tests::{Bench, RunFolder, random::Numbers};

use super::{TINY, jobs, runs, sweep, sweeps};

const ARGS: [&str; 8] =
    ["method=a,b", "rate=0.25,1", "seed=0..10", "steps=40", "--jobs", "2", "--checkpoint-every", "0s"];

/// The processes that a process started.
fn children(id: u32) -> Vec<libc::pid_t> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let of_thread = |path: PathBuf| fs::read_to_string(path.join("children")).unwrap_or_default();
    let all: String = threads.map(|thread| of_thread(thread.path())).collect();
    all.split_whitespace().filter_map(|id| id.parse().ok()).collect()
}

/// The records of runs that are completed.
fn completed(folder: &std::path::Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let done = |run: &RunFolder| run.path().join("report.html").exists() && run.status() == "COMPLETED";
    let runs = runs(folder).into_iter().filter(|run| run.path().join("run.json").exists());
    let record = |run: RunFolder| (run.path().to_owned(), fs::read(run.path().join("run.json")).unwrap());
    runs.filter(done).map(record).collect()
}

#[test]
fn a_sweep_killed_at_any_moment_comes_to_the_same_runs() {
    let bench = Bench::new();
    let mut numbers = Numbers::new(1);
    let mut done = BTreeMap::new();
    for i in 0..20 {
        let sweep = match sweeps(&bench).pop() {
            None => sweep(&bench, TINY, &ARGS),
            Some(folder) => {
                let words = ["sweep", "resume", &folder.to_string_lossy(), "--jobs", "2", "--quiet"];
                bench.host(words)
            }
        };
        let running = sweep.start();
        thread::sleep(Duration::from_millis(100 + numbers.below(400) as u64));
        let workers = if i % 3 == 0 { Vec::new() } else { children(running.id()) };
        for worker in workers {
            // SAFETY: the process is a child of the sweep's, which runs or has not been waited for long.
            unsafe { libc::kill(worker, libc::SIGKILL) };
        }
        if i % 3 == 1 {
            thread::sleep(Duration::from_millis(50));
        }
        running.signal_after(Duration::ZERO, libc::SIGKILL);
        if let Some(folder) = sweeps(&bench).pop() {
            let now = completed(&folder);
            assert!(done.iter().all(|(run, record)| now.get(run) == Some(record)), "a run was made twice");
            done = now;
        }
    }
    println!("{} runs were completed after 20 kills", done.len());
    let folder = sweeps(&bench).pop().expect("a sweep");
    bench.host(["sweep", "resume", &folder.to_string_lossy(), "--jobs", "2", "--quiet"]).run().code(0);
    let all = completed(&folder);
    assert!(done.iter().all(|(run, record)| all.get(run) == Some(record)), "a run was made twice");
    assert_eq!(all.len(), 40);
    assert_eq!(fs::read_dir(folder.join("runs")).unwrap().count(), 40);
    assert_equal_to_those_alone(&bench, &folder);
}

/// Asserts that every run of the sweep is what `host run` makes.
fn assert_equal_to_those_alone(bench: &Bench, folder: &std::path::Path) {
    for (job, run) in jobs(folder).iter().zip(runs(folder)) {
        run.assert_tidy();
        let settings = job["settings"].as_object().unwrap();
        let words =
            settings.iter().map(|(name, value)| format!("{name}={}", value.to_string().trim_matches('"')));
        let seed = job["seed"].to_string();
        let alone = format!("alone/{}", job["job"]);
        let host = bench.host(["run", "own", "--quiet", "--seed", &seed, "--folder", &alone]);
        host.args(words).run().code(0);
        let alone = RunFolder::at(bench.path().join(alone));
        run.assert_same_results(&alone);
        assert_eq!(run.record()["settings"], alone.record()["settings"]);
    }
}
