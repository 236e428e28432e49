//! The node tests of the ONNX project: single operators with inputs and expected outputs, which come
//! inside its Python package (`scripts/onnx-tests.sh` gets them into `.onnx/`).
//!
//! Cases whose tensors are all floats of 16 bits or more, whole numbers of 8 bits or more, or bool are run.
//! `passing.txt` lists those that pass, and must not shrink; `excluded.txt` lists those that are not expected
//! to, with a reason. `ONNX_NODES_WRITE=1` writes `passing.txt` anew and checks nothing.

mod case;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use case::{Case, Outcome};

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/onnx/nodes").join(name)
}

/// The folder with one folder a case.
fn cases_folder() -> Option<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.onnx/node");
    let folder = std::env::var_os("ONNX_NODES").map_or(own, PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// Names before a colon, reasons after it.
fn listed(file: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(here(file)).unwrap_or_default();
    let line = |line: &str| {
        let (name, reason) = line.split_once(':').unwrap_or((line, ""));
        (name.trim().to_owned(), reason.trim().to_owned())
    };
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(line).collect()
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    unsupported: usize,
}

#[test]
fn node_tests_of_onnx() {
    let Some(folder) = cases_folder() else {
        return println!("skipped: the cases are not here (scripts/onnx-tests.sh gets them)");
    };
    let excluded = listed("excluded.txt");
    assert!(excluded.values().all(|reason| !reason.is_empty()), "every excluded case has a reason");
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let (mut tallies, mut passing, mut troubles) =
        (BTreeMap::<String, Tally>::new(), BTreeSet::new(), vec![]);
    let mut other_types = 0;
    for path in names {
        let case = match Case::read(&path) {
            Ok(Some(case)) => case,
            Ok(None) => {
                other_types += 1;
                continue;
            }
            Err(reason) => {
                tallies.entry("not read".into()).or_default().failed += 1;
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                troubles.push((name, "failed", reason));
                continue;
            }
        };
        let tally = tallies.entry(case.operator.clone()).or_default();
        match case.run() {
            Outcome::Passed => {
                tally.passed += 1;
                passing.insert(case.name);
            }
            Outcome::Failed(reason) => {
                tally.failed += 1;
                troubles.push((case.name, "failed", reason));
            }
            Outcome::Unsupported(reason) => {
                tally.unsupported += 1;
                troubles.push((case.name, "unsupported", reason));
            }
        }
    }
    for (operator, Tally { passed, failed, unsupported }) in &tallies {
        println!("{operator}: {passed} passed, {failed} failed, {unsupported} unsupported");
    }
    for (name, kind, reason) in &troubles {
        let known = excluded.get(name).map_or(String::new(), |why| format!(" [excluded: {why}]"));
        println!("{kind} {name}: {}{known}", reason.replace('\n', " "));
    }
    let sum = |f: fn(&Tally) -> usize| tallies.values().map(f).sum::<usize>();
    let (failed, unsupported) = (sum(|t| t.failed), sum(|t| t.unsupported));
    println!(
        "overall: {} passed, {failed} failed, {unsupported} unsupported; {other_types} of other types",
        passing.len()
    );
    if std::env::var_os("ONNX_NODES_WRITE").is_some() {
        let list: Vec<_> = passing.iter().map(String::as_str).collect();
        return std::fs::write(here("passing.txt"), list.join("\n") + "\n").unwrap();
    }
    let known = listed("passing.txt");
    let lost: Vec<_> = known.keys().filter(|name| !passing.contains(*name)).collect();
    assert!(lost.is_empty(), "cases that passed before do not pass any more: {lost:?}");
    let new: Vec<_> =
        troubles.iter().filter(|(name, ..)| !excluded.contains_key(name)).map(|(name, ..)| name).collect();
    assert!(new.is_empty(), "cases that do not pass and are not excluded: {new:?}");
    let stale: Vec<_> = excluded.keys().filter(|name| passing.contains(*name)).collect();
    assert!(stale.is_empty(), "excluded cases that pass: {stale:?}");
}
