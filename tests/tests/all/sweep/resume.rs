//! `host sweep resume`: what it goes on with, and what it does not take from the sweep's folder.

use std::fs;

use tests::Bench;

use super::{TINY, folder, runs, sweep};

#[test]
fn one_process_at_a_time_drives_a_sweep() {
    let bench = Bench::new();
    let running = sweep(&bench, TINY, &["steps=100000", "seed=0,1"]).start();
    let running = running.until(|| super::sweeps(&bench).len() == 1);
    let path = super::sweeps(&bench).remove(0);
    let running = running.until(|| runs(&path)[0].path().join("run.json").exists());
    let outcome = bench.host(["sweep", "resume", &path.to_string_lossy()]).run().code(2);
    outcome.says(&["is still running in another process"]);
    running.signal(libc::SIGTERM);
    running.wait().code(130);
}

#[test]
fn a_changed_plugin_is_refused() {
    let bench = Bench::new();
    let outcome = sweep(&bench, TINY, &["steps=1"]).run().code(0);
    let path = folder(&bench, &outcome).to_string_lossy().into_owned();
    let resume = || bench.host(["sweep", "resume", &path, "--quiet"]).run();
    resume().code(0).says(&["1 job: 1 COMPLETED"]);
    bench.write("plugins/own.rhai", format!("{TINY}\n// more"));
    resume().code(2).says(&["since the sweep was planned, plugins/own.rhai changed", "put the text back"]);
}

#[test]
fn a_plugin_that_changes_while_the_sweep_runs_ends_it() {
    let bench = Bench::new();
    let running = sweep(&bench, TINY, &["steps=20000", "seed=0,1", "--jobs", "1"]).start();
    let first = || super::sweeps(&bench).pop().map(|folder| runs(&folder).remove(0));
    let running = running.until(|| first().is_some_and(|run| run.path().join("run.json").exists()));
    bench.write("plugins/own.rhai", format!("{TINY}\n// more"));
    running.wait().code(2).says(&["while the sweep ran, plugins/own.rhai changed"]);
    assert_eq!(first().unwrap().status(), "COMPLETED");
}

#[test]
fn what_lies_outside_of_the_working_folder_is_given_anew() {
    let (bench, other) = (Bench::new(), Bench::empty());
    let file = other.write("text.txt", "secret").to_string_lossy().into_owned();
    let outcome = sweep(&bench, TINY, &["steps=1", &format!("title={file}")]).run().code(0);
    let path = folder(&bench, &outcome).to_string_lossy().into_owned();
    let resume = |args: &[&str]| bench.host([&["sweep", "resume", &path, "--quiet"], args].concat()).run();
    let missing = format!("--allow-read {file}");
    resume(&[]).code(2).says(&["what a sweep's plan names is not taken from there", &missing]);
    resume(&["--allow-read", &file]).code(0);
    // A plan that names a library is not obeyed, either.
    let plan = format!("{path}/sweep.toml");
    let text = fs::read_to_string(&plan).unwrap();
    fs::write(&plan, text.replace("[arguments]", "[arguments]\nonnxruntime = \"/tmp/evil.so\"")).unwrap();
    resume(&["--allow-read", &file]).code(2).says(&["--onnxruntime /tmp/evil.so"]);
    let elsewhere = other.host(["sweep", "resume", &path]).run().code(2);
    elsewhere.says(&["the sweep began in", "cd "]);
}

#[test]
fn a_sweep_takes_in_runs_that_equal_its_jobs() {
    let bench = Bench::new();
    bench.script(TINY, &["method=b", "steps=2", "--seed", "1"]).run().code(0);
    let alone = bench.only_run();
    let before = fs::read(alone.path().join("run.json")).unwrap();
    let args = ["method=a,b", "steps=2", "seed=0..2"];
    let outcome = sweep(&bench, TINY, &args).run().code(0);
    let first = folder(&bench, &outcome);
    let taken: Vec<bool> = runs(&first).iter().map(|run| run.path() == alone.path()).collect();
    assert_eq!(taken, [false, false, false, true]);
    assert_eq!(fs::read(alone.path().join("run.json")).unwrap(), before);
    assert_eq!(fs::read_dir(first.join("runs")).unwrap().count(), 3);
    // The same sweep again has nothing to do; another text, seed or device is another run.
    let again = folder(&bench, &sweep(&bench, TINY, &args).run().code(0));
    assert!(again != first && fs::read_dir(again.join("runs")).unwrap().count() == 0);
    let text = TINY.replace("of no consequence", "of none");
    let changed = folder(&bench, &sweep(&bench, &text, &args).run().code(0));
    assert_eq!(fs::read_dir(changed.join("runs")).unwrap().count(), 4);
}

#[test]
fn a_run_is_taken_in_while_its_files_are_what_they_were() {
    let bench = Bench::new();
    let text = "let cfg = params(#{ net: path(\"\"), a: 1 });\nlet net = nn::linear(2, 2);\n\
                if cfg.net != \"\" { net.load(cfg.net); }\nnet.save(\"net\");";
    let make = |seed: &str| {
        let folder = format!("made/{seed}");
        bench.script(text, &["--seed", seed, "--folder", &folder]).run().code(0);
        fs::copy(
            bench.path().join(folder).join("models/net.safetensors"),
            bench.path().join("net.safetensors"),
        )
        .unwrap();
    };
    let own = || {
        let outcome = sweep(&bench, text, &["net=net.safetensors", "a=1,2"]).run().code(0);
        fs::read_dir(folder(&bench, &outcome).join("runs")).unwrap().count()
    };
    make("1");
    assert_eq!(own(), 2);
    assert_eq!(own(), 0);
    make("2");
    assert_eq!(own(), 2);
}

#[test]
fn a_run_that_went_on_with_another_setting_is_not_taken_in() {
    let bench = Bench::new();
    bench.write("plugins/own.rhai", TINY);
    bench.host(["run", "own", "rate=0.25", "--quiet"]).run().code(0);
    let run = bench.only_run();
    let resumed = bench.host(["resume", &run.path().to_string_lossy(), "rate=0.75", "--quiet"]).run();
    assert_eq!(run.record()["settings"]["rate"], 0.75, "{}", resumed.stderr);
    let outcome = sweep(&bench, TINY, &["rate=0.75"]).run().code(0);
    assert_eq!(fs::read_dir(folder(&bench, &outcome).join("runs")).unwrap().count(), 1);
}
