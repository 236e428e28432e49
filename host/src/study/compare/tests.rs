use serde_json::{Map, Value as Json, json};

use super::*;
use crate::{
    run::{Record, Status, TableCell, to_csv},
    study::metric::MetricSummary,
};

fn run(settings: &[(&str, Json)], seed: u64, loss: f64) -> RunSummary {
    let metric = MetricSummary { name: "loss".into(), count: 1, last: loss, min: loss, max: loss };
    RunSummary {
        plugin: "gan".into(),
        status: Status::Completed,
        seed,
        settings: settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        metrics: vec![metric],
        ..RunSummary::default()
    }
}

/// Two methods of three seeds each, whose differences are 1, 2 and 3.
fn runs() -> Vec<RunSummary> {
    let method = |name: &str, losses: [f64; 3]| {
        let run = |(seed, loss): (usize, f64)| {
            run(&[("epochs", json!(3)), ("method", json!(name))], seed as u64, loss)
        };
        losses.into_iter().enumerate().map(run).collect::<Vec<_>>()
    };
    [method("none", [10.0, 20.0, 30.0]), method("a", [11.0, 22.0, 33.0])].concat()
}

fn shown(comparison: &Comparison) -> Vec<Vec<String>> {
    rows(comparison).iter().map(|row| row.iter().map(TableCell::shown).collect()).collect()
}

/// The half width of 1, 2, 3 is 4.302653 * 1 / sqrt(3) = 2.484; of 10, 20, 30 ten times that.
#[test]
fn runs_that_differ_in_their_seed_are_a_row() {
    let request = Request { baseline: vec![("method".into(), "none".into())], ..Request::default() };
    let comparison = compare(runs(), &request).unwrap();
    assert_eq!(
        shown(&comparison),
        [
            ["method", "n", "loss", "loss - baseline"],
            ["a", "3", "22 ± 27", "+2.0 ± 2.5"],
            ["none", "3", "20 ± 25", "baseline"],
        ]
    );
    let csv = to_csv(&number_rows(&comparison));
    let line: Vec<f64> =
        csv.lines().nth(1).unwrap().split(',').skip(1).map(|cell| cell.parse().unwrap()).collect();
    let (half, difference) = (4.302_652_73 * 11.0 / 3.0_f64.sqrt(), 4.302_652_73 / 3.0_f64.sqrt());
    let expected = [3.0, 22.0, 22.0 - half, 22.0 + half, 2.0, 2.0 - difference, 2.0 + difference];
    assert!(line.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-7) && line.len() == 7, "{csv}");
}

#[test]
fn pairs_are_of_the_same_seed_and_what_is_missing_is_not_counted() {
    let mut runs = runs();
    runs.remove(4); // a, seed 1
    runs[2].metrics.clear(); // none, seed 2
    let request = Request { baseline: vec![("method".into(), "none".into())], ..Request::default() };
    let comparison = compare(runs, &request).unwrap();
    let row = &comparison.rows[0];
    assert_eq!((row.values[0].as_str(), row.runs.len()), ("a", 2));
    assert_eq!(row.cells[0].difference, Some(Estimate { mean: 1.0, half: None, n: 1 }));
    assert_eq!(shown(&comparison)[1][3], "+1 (n=1)");
    assert!(shown(&comparison)[2][2].ends_with("(n=2)"));
}

#[test]
fn of_the_same_run_twice_the_newest_counts() {
    let mut runs = runs();
    let old = RunSummary { started: "2026-01-01T00:00:00Z".into(), ..runs[0].clone() };
    runs[0].started = "2026-02-01T00:00:00Z".into();
    runs.push(RunSummary { metrics: Vec::new(), ..old });
    let comparison = compare(runs, &Request::default()).unwrap();
    assert_eq!(comparison.rows[1].cells[0].estimate.unwrap().n, 3);
    assert_eq!(comparison.remarks, ["1 run is left out: a newer one has the same settings and seed"]);
}

#[test]
fn what_nobody_asked_for_is_averaged_over_and_said() {
    let rate = |rate: f64, runs: Vec<RunSummary>| {
        let with = |mut run: RunSummary| {
            run.settings.insert("lr".into(), json!(rate));
            run
        };
        runs.into_iter().map(with).collect::<Vec<_>>()
    };
    let all = [rate(0.1, runs()), rate(0.01, runs())].concat();
    let by = Request { by: vec!["method".into()], ..Request::default() };
    let comparison = compare(all.clone(), &by).unwrap();
    assert_eq!(comparison.rows.iter().map(|row| row.runs.len()).collect::<Vec<_>>(), [6, 6]);
    assert_eq!(comparison.remarks, ["averaged over lr"]);
    let comparison = compare(all, &Request::default()).unwrap();
    let values: Vec<_> = comparison.rows.iter().map(|row| row.values.join(" ")).collect();
    assert_eq!(values, ["a 0.01", "a 0.1", "none 0.01", "none 0.1"]);
}

/// A classifier of each seed reads the generator of that seed.
#[test]
fn files_of_runs_that_differ_in_their_seed_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let classifier = |method: &str, seed: u64| {
        let maker = folder.path().join(format!("gan-{method}{seed}"));
        std::fs::create_dir_all(&maker).unwrap();
        let settings =
            Map::from_iter([("method".to_owned(), json!(method)), ("epochs".to_owned(), json!(1))]);
        let given = vec!["method".to_owned()];
        let record = Record { plugin: "plugins/gan.rhai".into(), seed, settings, given, ..Record::default() };
        record.write(&maker).unwrap();
        let path = maker.join("models/g.onnx").display().to_string();
        run(&[("generators", json!([path]))], seed, seed as f64)
    };
    let runs = vec![classifier("a", 0), classifier("a", 1), classifier("b", 0), classifier("b", 1)];
    let comparison = compare(runs, &Request::default()).unwrap();
    let values: Vec<_> = comparison.rows.iter().map(|row| (row.values[0].as_str(), row.runs.len())).collect();
    let text = |method: &str| format!("[\"@gan,method={method}/models/g.onnx\"]");
    assert_eq!(values, [(&*text("a"), 2), (&*text("b"), 2)]);
}

#[test]
fn numbers_that_are_not_finite_have_no_interval() {
    let runs = vec![run(&[], 0, f64::NAN), run(&[], 1, 1.0)];
    let comparison = compare(runs, &Request::default()).unwrap();
    assert_eq!(shown(&comparison), [["plugin", "n", "loss"], ["gan", "2", "NaN"]]);
}

#[test]
fn what_is_not_there_is_named() {
    let problem = |request: Request| compare(runs(), &request).unwrap_err().to_string();
    let metric = Request { metrics: vec!["los:min".into()], ..Request::default() };
    assert!(problem(metric).contains("no run logs the metric `los`\n  help: did you mean `loss`?"));
    let by = Request { by: vec!["methd".into()], ..Request::default() };
    assert!(problem(by).contains("did you mean `method`?"));
    let base = |name: &str, value: &str| Request {
        baseline: vec![(name.into(), value.into())],
        ..Request::default()
    };
    assert!(problem(base("epochs", "3")).contains("the rows do not differ in `epochs`"));
    assert!(problem(base("method", "b")).contains("no row has method=b\n  help: there are a, none"));
    assert!(compare(Vec::new(), &Request::default()).unwrap_err().to_string().contains("no runs to compare"));
}

#[test]
fn runs_that_changed_on_the_way_are_remarked() {
    let mut runs = runs();
    assert!(compare(runs.clone(), &Request::default()).unwrap().remarks.is_empty());
    runs[1].changed = true;
    let remarks = compare(runs, &Request::default()).unwrap().remarks;
    assert!(remarks[0].starts_with("1 run went on with other settings"), "{remarks:?}");
}
