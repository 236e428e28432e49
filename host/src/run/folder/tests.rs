use std::thread;

use super::{super::record::ScriptText, *};

fn record(seed: u64) -> Record {
    let scripts = vec![ScriptText::new("plugins/dtan.rhai", "let cfg = params(#{});")];
    Record { plugin: "dtan".into(), status: Status::Running, seed, scripts, ..Record::default() }
}

fn changed(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    settings.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

fn create(out: &Path) -> Run {
    Run::create(out, "dtan", &changed(&[("epochs", "3")]), record(1)).unwrap()
}

fn name_of(run: &Run) -> &str {
    run.path().file_name().unwrap().to_str().unwrap()
}

/// What `run.json` says, whoever holds the lock.
fn written(run: &Path) -> Record {
    Record::read(run).unwrap()
}

/// The message of a call that fails.
fn message<T>(result: Result<T>) -> String {
    result.err().unwrap().to_string()
}

#[test]
fn a_folder_is_named_for_what_is_run() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path().join("runs");
    let first = create(&out);
    let hash = record(1).fingerprint();
    assert_eq!(name_of(&first), format!("dtan,epochs=3-{hash}"));
    assert_eq!(name_of(&create(&out)), format!("dtan,epochs=3-{hash}-2"));
    assert_eq!(name_of(&create(&out)), format!("dtan,epochs=3-{hash}-3"));
    let plain = Run::create(&out, "dtan", &[], record(2)).unwrap();
    assert_eq!(name_of(&plain), format!("dtan-{}", record(2).fingerprint()));
    assert_eq!(written(plain.path()), plain.record());
}

#[test]
fn any_setting_makes_a_name_of_bounded_length() {
    let out = tempfile::tempdir().unwrap();
    let odd = changed(&[("data", "../a/b:c*?\n"), ("note", &"ä".repeat(150))]);
    for run in [(); 2].map(|()| Run::create(out.path(), "dtan", &odd, record(1)).unwrap()) {
        let name = name_of(&run);
        assert!(name.starts_with("dtan,data=.._a_b_c___,note=ää"), "{name}");
        assert!(name.len() <= 120, "{name}");
        assert_eq!(run.path().parent().unwrap(), out.path());
    }
}

#[test]
fn runs_that_start_at_once_have_folders_of_their_own() {
    let out = tempfile::tempdir().unwrap();
    let runs: Vec<Run> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| create(out.path()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let mut paths: Vec<_> = runs.iter().map(Run::path).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 8);
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 8);
}

#[test]
fn a_place_that_cannot_be_written_to_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("file");
    fs::write(&file, "").unwrap();
    for wrong in [file.clone(), file.join("runs")] {
        let problem = message(Run::create(&wrong, "dtan", &[], record(1)));
        assert!(problem.starts_with(&wrong.display().to_string()), "{problem}");
    }
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 1);
}

#[test]
fn a_run_is_held_until_its_process_is_gone() {
    let out = tempfile::tempdir().unwrap();
    let run = create(out.path());
    let path = run.path().to_path_buf();
    assert_eq!(status_on_disk(&path).unwrap(), Status::Running);
    let problem = message(Run::open(&path, false));
    assert!(problem.contains("is still running in another process\n  help: wait"), "{problem}");

    drop(run); // as a crash leaves it
    assert_eq!(written(&path).status, Status::Running);
    assert_eq!(status_on_disk(&path).unwrap(), Status::Interrupted);
    fs::remove_file(path.join("lock")).unwrap();
    assert_eq!(status_on_disk(&path).unwrap(), Status::Interrupted);

    let run = Run::open(&path, false).unwrap();
    assert_eq!((run.record().status, run.record().resumed), (Status::Running, 1));
    assert_eq!(status_on_disk(&path).unwrap(), Status::Running);
}

#[test]
fn only_a_run_that_ended_early_can_be_resumed() {
    let out = tempfile::tempdir().unwrap();
    let problem = message(Run::open(out.path(), false));
    assert!(problem.contains("is not the folder of a run: it has no run.json"), "{problem}");
    assert!(fs::read_dir(out.path()).unwrap().next().is_none(), "it was only looked at");
    assert!(status_on_disk(&out.path().join("none")).is_err());

    let run = create(out.path());
    let path = run.path().to_path_buf();
    run.update(|record| {
        record.status = Status::Failed;
        record.error = Some("no such data set".into());
    })
    .unwrap();
    assert!(!run.record().finished.is_empty());
    drop(run);
    assert_eq!(status_on_disk(&path).unwrap(), Status::Failed);

    let run = Run::open(&path, false).unwrap();
    let record = written(&path);
    assert_eq!((record.error.as_deref(), &*record.finished), (None, ""));
    run.update(|record| record.status = Status::Completed).unwrap();
    drop(run);
    let problem = message(Run::open(&path, false));
    assert!(problem.contains("is completed: there is nothing to resume"), "{problem}");
    assert_eq!(written(&path).status, Status::Completed, "a refused resume changes nothing");
}

#[test]
fn a_run_is_completed_once_all_that_is_left_of_it_is_there() {
    let out = tempfile::tempdir().unwrap();
    let run = Run::create(out.path(), "p", &[], record(1)).unwrap();
    let path = run.path().to_owned();
    run.figure("b", &[("png", b"")]).unwrap();
    run.figure("a", &[("png", b"")]).unwrap();
    run.figure("b", &[("png", b"")]).unwrap();
    run.model("net", "onnx", b"old").unwrap();
    run.model("net", "onnx", b"abc").unwrap();
    let full = || Error::io(&path)(std::io::ErrorKind::StorageFull.into());
    let close = |status: Status, left: Result<()>| {
        run.close(
            |record| record.status = status,
            |record| {
                assert_eq!((record.status, written(&path).status), (status, Status::Running));
                assert!(!record.finished.is_empty());
                left
            },
        )
    };
    assert!(close(Status::Completed, Err(full())).is_err());
    assert_eq!(written(&path).status, Status::Running, "to be resumed");
    close(Status::Completed, Ok(())).unwrap();
    let record = written(&path);
    assert_eq!((record.status, record.figures), (Status::Completed, vec!["b".to_owned(), "a".to_owned()]));
    // The vector of FIPS 180-2, appendix B.1.
    let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(record.models, [LeftFile { name: "models/net.onnx".into(), sha256: sum.into(), bytes: 3 }]);
    run.update(|record| record.status = Status::Running).unwrap();
    assert!(close(Status::Failed, Err(full())).is_err());
    assert_eq!(written(&path).status, Status::Failed, "what ended it is recorded all the same");
}

#[test]
fn a_queued_run_is_started_and_not_resumed() {
    let out = tempfile::tempdir().unwrap();
    let queued = Record { status: Status::Queued, ..record(1) };
    let run = Run::create(out.path(), "dtan", &[], queued).unwrap();
    assert_eq!(run.record().started, "");
    let path = run.path().to_path_buf();
    drop(run);
    assert_eq!(status_on_disk(&path).unwrap(), Status::Queued);
    let record = Run::open(&path, false).unwrap().record();
    assert_eq!((record.status, record.resumed), (Status::Running, 0));
    assert!(!record.started.is_empty());
}

#[test]
fn seconds_are_summed_over_resumes() {
    let out = tempfile::tempdir().unwrap();
    let run = create(out.path());
    let path = run.path().to_path_buf();
    run.update(|record| record.status = Status::Interrupted).unwrap();
    drop(run);
    let earlier = Record { seconds: 100.0, ..written(&path) };
    earlier.write(&path).unwrap();
    let run = Run::open(&path, false).unwrap();
    run.update(|record| record.status = Status::Completed).unwrap();
    let seconds = run.record().seconds;
    assert!(seconds >= 100.0, "{seconds}");
    assert_eq!(run.record().started, earlier.started);
    run.update(|record| record.summary.push("late".into())).unwrap();
    assert_eq!(run.record().seconds, seconds, "a completed run takes no more time");
}

#[test]
fn a_record_that_cannot_be_written_is_unchanged() {
    let out = tempfile::tempdir().unwrap();
    let run = create(out.path());
    let path = run.path().join(record::FILE);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let problem = message(run.update(|record| record.device = "gpu".into()));
    assert!(problem.starts_with(&path.display().to_string()), "{problem}");
    assert_eq!(run.record().device, "");
}

#[test]
fn a_panic_in_a_change_changes_nothing() {
    let out = tempfile::tempdir().unwrap();
    let run = create(out.path());
    let panics = || run.update(|record| panic!("{}", record.plugin));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panics)).is_err());
    run.update(|record| record.device = "cpu".into()).unwrap();
    assert_eq!(written(run.path()).device, "cpu");
}

#[test]
fn figures_and_models_have_safe_names() {
    let out = tempfile::tempdir().unwrap();
    let run = create(out.path());
    let names = |part: &str| {
        let files = fs::read_dir(run.path().join(part)).unwrap();
        let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    run.figure("../a/b:c*?", &[("png", b"png")]).unwrap();
    assert_eq!(names("figures"), [format!("{}.png", safe_name("../a/b:c*?"))]);
    run.figure("loss", &[("svg", b"<svg/>"), ("pdf", b"%PDF"), ("png", b"png")]).unwrap();
    assert_eq!(fs::read(run.path().join("figures/loss.svg")).unwrap(), b"<svg/>");
    assert_eq!(names("figures")[1..], ["loss.pdf", "loss.png", "loss.svg"]);
    run.figure("loss", &[("png", b"a sheet of pictures")]).unwrap();
    assert_eq!(names("figures")[1..], ["loss.png"], "what was drawn before is not there any more");
    run.model("net", "onnx", b"bytes").unwrap();
    assert_eq!(fs::read(run.path().join("models/net.onnx")).unwrap(), b"bytes");
    run.model("../a/b:c*?", "onnx", b"").unwrap();
    assert_eq!(fs::read_dir(run.path().join("models")).unwrap().count(), 2);
}

#[test]
fn every_line_of_the_log_has_its_time() {
    let out = tempfile::tempdir().unwrap();
    let run = create(out.path());
    let path = run.path().to_path_buf();
    run.log_line("one\ntwo\n");
    drop(run);
    Run::open(&path, false).unwrap().log_line("");
    let log = fs::read_to_string(path.join("log.txt")).unwrap();
    let (times, lines): (Vec<_>, Vec<_>) = log.lines().map(|line| line.split_once(' ').unwrap()).unzip();
    assert_eq!(lines, ["one", "two", ""]);
    assert!(times.iter().all(|time| time.len() == "2026-02-03T04:05:06Z".len()), "{log}");
}

#[test]
fn resuming_clears_what_a_killed_write_left() {
    let out = tempfile::tempdir().unwrap();
    let run = create(out.path());
    let path = run.path().to_path_buf();
    drop(run);
    fs::write(path.join("figures/.17-3.new"), "half a fig").unwrap();
    fs::remove_dir(path.join("models")).unwrap();
    drop(Run::open(&path, false).unwrap());
    assert!(fs::read_dir(path.join("figures")).unwrap().next().is_none());
    assert!(path.join("models").is_dir(), "folders that went missing are made again");
}

#[test]
fn the_log_has_a_bound_and_says_so_once() {
    let out = tempfile::tempdir().unwrap();
    let run = Run::create(out.path(), "p", &[], Record::default()).unwrap();
    let mebi = "x".repeat(1 << 20);
    let said: Vec<_> = (0..70).filter_map(|_| run.log_line(&mebi)).collect();
    assert_eq!(said, ["log.txt is full (64 MiB): what follows is not kept in it"]);
    assert_eq!(run.log_line("short"), None);
    let log = fs::read_to_string(run.path().join("log.txt")).unwrap();
    assert!(log.len() <= (64 << 20) + 100 && log.ends_with("what follows is not kept in it\n"));
    assert_eq!(log.matches("is full").count(), 1);
}

#[test]
fn control_characters_are_escaped_in_the_log() {
    let out = tempfile::tempdir().unwrap();
    let run = Run::create(out.path(), "p", &[], Record::default()).unwrap();
    run.log_line("a\x1b[2J\nb");
    let log = fs::read_to_string(run.path().join("log.txt")).unwrap();
    let lines: Vec<_> = log.lines().map(|line| line.split_once(' ').unwrap().1).collect();
    assert_eq!(lines, ["a\\x1b[2J", "b"]);
}

#[test]
fn a_long_value_is_cut_in_the_folders_name_and_the_hash_tells_runs_apart() {
    let out = tempfile::tempdir().unwrap();
    let name = |text: &str| {
        let settings = serde_json::Map::from_iter([("text".to_string(), text.into())]);
        let record = Record { settings, ..Record::default() };
        let changed = [("text".to_string(), text.to_string()), ("n".to_string(), "3".to_string())];
        let run = Run::create(out.path(), "p", &changed, record).unwrap();
        run.path().file_name().unwrap().to_str().unwrap().to_string()
    };
    let (one, other) = (name(&"word ".repeat(30)), name(&"word ".repeat(31)));
    let start = "p,text=word word word word w...,n=3-";
    assert!(one.starts_with(start) && other.starts_with(start) && one != other, "{one} {other}");
    assert!(name(&"ä".repeat(50)).starts_with(&format!("p,text={}...,n=3-", "ä".repeat(10))));
}
