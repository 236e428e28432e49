use serde_json::Value;

use super::*;

/// A log in a folder of its own.
fn fresh() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    (folder, path)
}

fn open(path: &Path) -> Metrics {
    Metrics::open(path).unwrap()
}

/// All lines without their times.
fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let timeless = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        assert!(line["time"].take().is_f64());
        line.to_string()
    };
    text.lines().map(timeless).collect()
}

#[test]
fn a_line_is_one_object() {
    let (_folder, path) = fresh();
    let metrics = open(&path);
    assert!(metrics.log("", "fid", 0.1).unwrap());
    metrics.log("epoch/1", "lo\"ss\n", -2.0).unwrap();
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        metrics.log("", "fid", value).unwrap();
    }
    metrics.flush().unwrap();
    let expected = [
        r#"{"name":"fid","value":0.1,"step":0,"path":"","time":null}"#,
        r#"{"name":"lo\"ss\n","value":-2.0,"step":0,"path":"epoch/1","time":null}"#,
        r#"{"name":"fid","value":"nan","step":1,"path":"","time":null}"#,
        r#"{"name":"fid","value":"inf","step":2,"path":"","time":null}"#,
        r#"{"name":"fid","value":"-inf","step":3,"path":"","time":null}"#,
    ];
    assert_eq!(lines(&path), expected);
}

#[test]
fn values_are_at_hand_and_come_back() {
    let (_folder, path) = fresh();
    let values = [0.1 + 0.2, f64::MIN_POSITIVE, f64::INFINITY, -1.0e300, 1.0 / 3.0];
    let check = |metrics: &Metrics| {
        metrics.reach(u64::MAX);
        let series = metrics.series("loss");
        let steps: Vec<f64> = series.iter().map(|point| point.0).collect();
        assert_eq!(steps, [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert!(series.iter().zip(values).all(|(point, value)| point.1 == value), "{series:?}");
        assert_eq!(metrics.last(), [("loss".to_string(), 1.0 / 3.0), ("fid".to_string(), 2.0)]);
        assert!(metrics.series("none").is_empty());
    };
    let metrics = open(&path);
    metrics.log("", "loss", values[0]).unwrap();
    metrics.log("", "fid", 2.0).unwrap();
    for value in &values[1..] {
        metrics.log("", "loss", *value).unwrap();
    }
    check(&metrics);
    drop(metrics);
    check(&open(&path));
}

#[test]
fn every_double_comes_back_bit_for_bit() {
    let (_folder, path) = fresh();
    let metrics = open(&path);
    // An odd multiplier visits all bit patterns in a scattered order.
    let bits = (1..20_000u64).map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let values: Vec<f64> = bits.map(f64::from_bits).filter(|value| value.is_finite()).collect();
    for value in &values {
        metrics.log("", "x", *value).unwrap();
    }
    drop(metrics);
    let read = open(&path);
    assert!(read.series("x").is_empty(), "nothing is reached yet");
    read.reach(u64::MAX);
    let read = read.series("x");
    assert_eq!(read.len(), values.len());
    let changed: Vec<_> = read.iter().zip(&values).filter(|(read, value)| read.1 != **value).collect();
    assert!(changed.is_empty(), "{} changed, such as {:?}", changed.len(), changed[0]);
}

#[test]
fn a_torn_last_line_is_dropped() {
    let (_folder, path) = fresh();
    let whole = "{\"name\":\"a\",\"value\":1.0,\"step\":0,\"path\":\"\",\"time\":7.5}\n";
    for torn in ["{\"name\":\"a\",\"val", &whole[..whole.len() - 1], "\0\0\0"] {
        fs::write(&path, format!("{whole}{torn}")).unwrap();
        let metrics = open(&path);
        assert!(metrics.log("x", "a", 2.0).unwrap());
        drop(metrics);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(whole) && text.lines().count() == 2, "{text}");
        let second: Value = serde_json::from_str(&text[whole.len()..]).unwrap();
        assert_eq!(second["step"], 1);
        assert!(second["time"].as_f64().unwrap() >= 7.5, "time goes on");
    }
}

#[test]
fn what_is_no_line_is_left_alone() {
    let (_folder, path) = fresh();
    fs::write(&path, "a note by hand\n\n{\"name\":1}\n").unwrap();
    let metrics = open(&path);
    metrics.log("", "a", 1.0).unwrap();
    assert_eq!(metrics.series("a"), [(0.0, 1.0)]);
    drop(metrics);
    assert!(
        fs::read_to_string(&path).unwrap().starts_with("a note by hand\n\n{\"name\":1}\n{\"name\":\"a\"")
    );
}

#[test]
fn a_position_is_the_length_of_the_file() {
    let (_folder, path) = fresh();
    let metrics = open(&path);
    assert_eq!(metrics.position().unwrap(), 0);
    metrics.log("", "a", 1.0).unwrap();
    let position = metrics.position().unwrap();
    assert_eq!(position, fs::metadata(&path).unwrap().len());
    metrics.log("", "a", 2.0).unwrap();
    metrics.log("", "b", 2.0).unwrap();
    metrics.cut_back(position).unwrap();
    metrics.log("", "a", 1.0).unwrap();
    assert_eq!(metrics.series("a"), [(0.0, 1.0)]);
    assert_eq!(metrics.last(), [("a".to_string(), 1.0)]);
    assert_eq!(metrics.position().unwrap(), position);
    metrics.cut_back(0).unwrap();
    assert!(metrics.last().is_empty());
}

#[test]
fn a_log_that_the_checkpoint_did_not_see_is_refused() {
    let (_folder, path) = fresh();
    let metrics = open(&path);
    metrics.log("", "a", 1.0).unwrap();
    let position = metrics.position().unwrap();
    for wrong in [1, position - 1, position + 1] {
        let problem = metrics.cut_back(wrong).unwrap_err().to_string();
        assert!(problem.contains(&format!("at byte {wrong}: found no end of a line")), "{problem}");
    }
    assert_eq!(metrics.position().unwrap(), position, "nothing was cut");
}

#[test]
fn a_path_that_is_entered_again_meets_its_lines_again() {
    let (_folder, path) = fresh();
    let metrics = open(&path);
    for name in ["a", "b", "a"] {
        metrics.log("epoch/1", name, 1.0).unwrap();
        metrics.log("epoch/10", name, 1.0).unwrap();
    }
    drop(metrics);
    let metrics = open(&path);
    let log = |path, names: &[&str]| -> Vec<bool> {
        names.iter().map(|name| metrics.log(path, name, 1.0).unwrap()).collect()
    };
    let (written, kept) = (true, false);
    assert_eq!(log("epoch/1", &["a", "b"]), [kept, kept]);
    assert_eq!(log("epoch/10", &["a", "a", "a"]), [kept, kept, written]);
    metrics.enter("epoch/1");
    assert_eq!(log("epoch/1", &["a", "a", "b", "c", "b"]), [kept, kept, kept, written, written]);
    assert_eq!(log("epoch/10", &["a", "b"]), [written, kept], "another path was not entered");
}

#[test]
fn an_unwritable_log_is_an_error() {
    let (folder, path) = fresh();
    fs::create_dir(&path).unwrap();
    assert!(Metrics::open(&path).is_err());
    assert!(Metrics::open(&folder.path().join("none/metrics.jsonl")).is_err());
}

#[test]
fn a_full_disk_is_an_error_and_loses_no_line() {
    let (_folder, path) = fresh();
    let metrics = open(&path);
    // From here on the log writes to a full disk (or, where there is no such device, cannot).
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let good = std::mem::replace(&mut metrics.lock().file, BufWriter::new(full));
    metrics.log("", "a", 1.0).unwrap();
    let problem = metrics.flush().unwrap_err().to_string();
    assert!(problem.starts_with(&path.display().to_string()), "{problem}");
    assert!(metrics.position().is_err());
    // There is room again.
    let (_, pending) = std::mem::replace(&mut metrics.lock().file, good).into_parts();
    metrics.lock().file.write_all(&pending.unwrap()).unwrap();
    metrics.position().unwrap();
    assert_eq!(lines(&path).len(), 1);
}

#[test]
fn lines_of_several_threads_stay_whole() {
    let (_folder, path) = fresh();
    let metrics = open(&path);
    thread::scope(|scope| {
        for name in ["a", "b", "c", "d"] {
            let metrics = &metrics;
            scope.spawn(move || {
                for i in 0..500 {
                    metrics.log("", name, f64::from(i)).unwrap();
                }
            });
        }
    });
    metrics.flush().unwrap();
    assert_eq!(lines(&path).len(), 2000);
    assert!(metrics.series("c").iter().all(|(step, value)| step == value));
}

/// A run of two nested loops that stops at a given number of calls of `log`.
struct LogScript<'a> {
    metrics: &'a Metrics,
    /// Calls that are left before it is killed.
    calls: usize,
    /// Items between two checkpoints.
    every: usize,
    finished: Vec<String>,
    checkpoint: &'a mut Checkpoint,
}

#[derive(Default)]
struct Checkpoint {
    position: u64,
    finished: Vec<String>,
}

impl LogScript<'_> {
    /// None when it is killed.
    fn run(&mut self) -> Option<()> {
        self.log("", "start")?;
        for i in 1..=3 {
            let path = format!("iteration/{i}");
            self.item(&path, |this| {
                this.log(&path, "a")?;
                for j in 1..=2 {
                    let path = format!("{path}/epoch/{j}");
                    this.item(&path, |this| {
                        this.log(&path, "loss")?;
                        this.log(&path, "a")?;
                        this.log(&path, "loss")
                    })?;
                }
                this.log(&path, "a")?;
                this.log(&path, "fid")
            })?;
        }
        self.log("", "start")?;
        self.log("", "end")
    }

    fn item(&mut self, path: &str, body: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        if self.finished.iter().any(|finished| finished == path) {
            return Some(());
        }
        self.metrics.enter(path);
        body(self)?;
        self.finished.push(path.to_string());
        if self.finished.len().is_multiple_of(self.every) {
            let position = self.metrics.position().unwrap();
            *self.checkpoint = Checkpoint { position, finished: self.finished.clone() };
        }
        Some(())
    }

    fn log(&mut self, path: &str, name: &str) -> Option<()> {
        self.calls = self.calls.checked_sub(1)?;
        self.metrics.log(path, name, path.len() as f64).unwrap();
        Some(())
    }
}

/// Runs from a checkpoint on, for at most so many calls of `log`.
fn session(path: &Path, calls: usize, every: usize, checkpoint: &mut Checkpoint) -> Option<()> {
    let metrics = open(path);
    metrics.cut_back(checkpoint.position).unwrap();
    let finished = checkpoint.finished.clone();
    LogScript { metrics: &metrics, calls, every, finished, checkpoint }.run()
}

#[test]
fn a_resumed_run_has_the_lines_of_an_uninterrupted_one() {
    let (_folder, path) = fresh();
    session(&path, usize::MAX, 1, &mut Checkpoint::default()).unwrap();
    let expected = lines(&path);
    assert_eq!(expected.len(), 30);
    for every in [1, 2, 3, 5, 100] {
        for first in 0..expected.len() {
            for second in [0, 1, 4, 11] {
                let (_folder, path) = fresh();
                let mut checkpoint = Checkpoint::default();
                for calls in [first, second] {
                    session(&path, calls, every, &mut checkpoint);
                    let mut file = File::options().append(true).open(&path).unwrap();
                    file.write_all(b"{\"name\":\"torn\",\"va").unwrap();
                }
                session(&path, usize::MAX, every, &mut checkpoint).unwrap();
                assert_eq!(
                    lines(&path),
                    expected,
                    "killed after {first}, then {second} lines, every {every}"
                );
            }
        }
    }
}

#[test]
fn the_names_that_a_script_wants_are_shown_else_the_first_four() {
    let (_folder, path) = fresh();
    let metrics = open(&path);
    for (i, name) in ["a", "b", "c", "d", "e"].iter().enumerate() {
        metrics.log("", name, i as f64).unwrap();
    }
    let names = |metrics: &Metrics| metrics.last().into_iter().map(|(name, _)| name).collect::<String>();
    assert_eq!(names(&metrics), "abcd");
    metrics.show("none yet");
    metrics.show("e");
    metrics.show("b");
    metrics.show("e");
    assert_eq!(metrics.last(), [("e".to_string(), 4.0), ("b".to_string(), 1.0)]);
}

#[test]
fn a_name_is_warned_of_once() {
    let (_folder, path) = fresh();
    let metrics = open(&path);
    assert_eq!(["a", "b", "a"].map(|name| metrics.is_first_warning(name)), [true, true, false]);
}
