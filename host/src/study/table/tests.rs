use serde_json::json;

use super::*;
use crate::{run::Status, study::metric::MetricSummary};

fn run(method: &str, dataset: &str, seed: u64, accuracy: f64) -> RunSummary {
    let metric = |name: &str, value: f64| MetricSummary {
        name: name.into(),
        count: 1,
        last: value,
        min: value,
        max: value,
    };
    let settings = [("method", json!(method)), ("dataset", json!(dataset))];
    RunSummary {
        status: Status::Completed,
        seed,
        settings: settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        metrics: vec![metric("accuracy", accuracy), metric("loss", 1.0 - accuracy)],
        ..RunSummary::default()
    }
}

fn runs() -> Vec<RunSummary> {
    vec![
        run("none", "mnist", 0, 0.5),
        run("none", "mnist", 1, 0.7),
        run("boosted", "mnist", 0, 0.9),
        run("boosted", "mnist", 1, 0.9),
        run("none", "cifar", 0, 0.25),
    ]
}

/// Every method with every set, each with two seeds, in the order in which they are asked for.
fn planned() -> Vec<BTreeMap<String, String>> {
    let job = |(method, dataset, seed): (&str, &str, &str)| {
        let settings = [("method", method), ("dataset", dataset), ("seed", seed)];
        settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let pairs = ["none", "boosted"].into_iter().flat_map(|m| ["mnist", "cifar"].map(|d| (m, d)));
    pairs.flat_map(|(m, d)| ["0", "1"].map(|seed| job((m, d, seed)))).collect()
}

fn shown(text: &str, planned: &Planned) -> Result<Vec<Vec<String>>> {
    let spec = TableSpec::of_preset("x.toml", text)?.expect("a section");
    let table = table(&spec, runs(), planned, Origins::default())?;
    Ok(table.rows.iter().map(|row| row.iter().map(TableCell::shown).collect()).collect())
}

/// The half width of 0.5 and 0.7 is 12.7062 * 0.1 = 1.27.
#[test]
fn ours_stand_beside_the_printed_numbers() {
    let text = "epochs = 1\n[table]\nrows = \"method\"\ncolumns = [\"dataset\"]\nvalue = \"accuracy\"\n\
                paper = [[62.26, 79], [71.5, nan]]\n";
    assert_eq!(
        shown(text, &planned()).unwrap(),
        [
            ["method", "mnist", "cifar"],
            ["none", "0.6 ± 1.3 (62.26)", "0.25 (79)"],
            ["boosted", "0.9 ± 0 (71.5)", "–"],
        ]
    );
    let spec = TableSpec::of_preset("x.toml", text).unwrap().unwrap();
    let caption = table(&spec, runs(), &planned(), Origins::default()).unwrap().caption;
    assert_eq!(caption, "mean ± half of its 95 % interval, over 1 or 2 runs; in brackets the paper's number");
}

#[test]
fn without_a_plan_there_is_what_the_runs_have() {
    let text = "[table]\nrows = [\"dataset\", \"method\"]\nvalue = [\"accuracy:max\", \"loss\"]\n";
    let rows = shown(text, &[]).unwrap();
    assert_eq!(rows[0], ["dataset", "method", "accuracy:max", "loss"]);
    let first: Vec<_> = rows[1..].iter().map(|row| row[..2].join(" ")).collect();
    assert_eq!(first, ["cifar none", "mnist boosted", "mnist none"]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let table = "[table]\nrows = \"method\"\nvalue = \"accuracy\"\n";
    for (text, expected) in [
        (format!("{table}paper = [[1, 2]]\n"), "`paper` has 1 rows of 2 numbers, the table has 2 rows of 1"),
        (table.replace("accuracy", "acuracy"), "did you mean `accuracy`?"),
        (table.replace("method", "metod"), "did you mean `method`?"),
        (format!("{table}colums = 1\n"), "x.toml: "),
        ("[table]\nrows = 3\nvalue = \"a\"".to_owned(), "x.toml: "),
    ] {
        let error = shown(&text, &planned()).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}\n{error}");
    }
    assert_eq!(TableSpec::of_preset("x.toml", "epochs = 3\n").unwrap(), None);
}

#[test]
fn a_plan_is_checked_before_anything_runs() {
    let table = "[table]\nrows = \"method\"\nvalue = \"anything\"\n";
    let check = |text: &str| {
        let spec = TableSpec::of_preset("x.toml", text).unwrap().unwrap();
        spec.check(&["method", "dataset", "epochs"], &planned())
    };
    check(table).unwrap();
    check(&format!("{table}columns = [\"dataset\", \"device\"]\npaper = [[1]]\n")).unwrap();
    check(&format!("{table}columns = \"dataset\"\npaper = [[1, 2], [3, nan]]\n")).unwrap();
    for (text, expected) in [
        (table.replace("method", "metod"), "did you mean `method`?"),
        (format!("{table}columns = \"dataset\"\npaper = [[1, 2]]\n"), "the table has 2 rows of 2"),
    ] {
        let error = check(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}\n{error}");
    }
}
