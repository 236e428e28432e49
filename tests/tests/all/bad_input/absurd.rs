//! Every function of the table, called with values that no one would give it.

use std::fmt::Write as _;

use host::{Host, Options, script::Entry};
use tests::{
    Bench,
    random::{Numbers, VALUES, call},
};

/// The calls of one function, by the number of its parameters.
const CALLS: [usize; 4] = [1, 20, 120, 200];

/// A number for every value, which is the name of a variable of the script.
fn all() -> Vec<(&'static str, &'static str)> {
    VALUES.iter().flat_map(|(kind, values)| values.iter().map(move |value| (*kind, *value))).collect()
}

/// A value for a parameter, mostly of its type.
fn value(kind: &str, numbers: &mut Numbers) -> usize {
    let fits = |wanted: &str| match wanted {
        "shape" => kind.contains("array") || kind == "shape",
        "integer" => kind.contains("integer") || kind == "float" || kind.contains("number"),
        wanted => kind.contains(wanted),
    };
    let values = all();
    let fitting: Vec<usize> = (0..values.len()).filter(|&i| fits(values[i].0)).collect();
    match numbers.below(8) {
        1.. if !fitting.is_empty() => fitting[numbers.below(fitting.len())],
        _ => numbers.below(values.len()),
    }
}

fn script(entries: &[&Entry]) -> String {
    let mut text = String::from(
        "fn tell(name, code, e) {
             let text = `${e}`;
             if text.contains(\"fault inside\") || text.contains(\"backend failed\") \
             { print(`FAULT: ${code}: ${e}`) }
             if type_of(e) != \"string\" { return; }
             if !text.contains(name) { print(`FAULT: ${code}: it does not name ${name}: ${e}`) }
             text.replace(\"`None`\", \"\"); // a word of Python's indices
             for raw in [\"ops::\", \"host::\", \"rhai::\", \"alloc::\", \"core::\", \"std::\", \"Spec {\", \
                         \"a i64\", \"usize\", \"Some(\", \"None\", \"Dynamic\", \"ImmutableString\"] {
                 if text.contains(raw) { print(`FAULT: ${code}: the text has ${raw}: ${e}`) }
             }
         }\n",
    );
    for (i, (_, value)) in all().iter().enumerate() {
        let _ = writeln!(text, "let v{i} = (); try {{ v{i} = {value}; }} catch {{ }}");
    }
    for entry in entries {
        let mut numbers = Numbers::new(entry.path().bytes().map(u64::from).sum());
        for count in entry.arities() {
            for _ in 0..CALLS[count.min(3)] {
                let kinds = entry.type_names().take(count);
                let args: Vec<usize> = kinds.map(|kind| value(kind, &mut numbers)).collect();
                let named: Vec<_> = args.iter().map(|i| format!("v{i}")).collect();
                let spelt: Vec<_> = args.iter().map(|&i| all()[i].1.to_owned()).collect();
                let (call, spelt) = (call(entry, &named), call(entry, &spelt));
                // An error of a function that was handed over names what that one called.
                let is_own = !spelt.contains('|') && !spelt.contains("nn::network");
                // A method is looked for among all functions of its name.
                let name =
                    if is_own && !entry.name.starts_with("index ") { entry.written() } else { String::new() };
                let name = name.rsplit("::").next().unwrap_or_default();
                let _ = writeln!(text, "try {{ {call}; }} catch (e) {{ tell({name:?}, {spelt:?}, e); }}");
            }
        }
    }
    text
}

#[test]
fn no_function_crashes_whatever_it_is_called_with() {
    let host = Host::new(Options::default());
    // A loop over 10^18 items is what it is asked for, and settings are read before the script runs: both
    // have tests of their own.
    let entries: Vec<&Entry> =
        host.table.entries().iter().filter(|entry| !["each", "params"].contains(&entry.name)).collect();
    let mut faults = Vec::new();
    for group in entries.chunk_by(|a, b| a.name == b.name) {
        let bench = Bench::new();
        let outcome = bench.script(&script(group), &["--deadline", "100s"]).run();
        let log = bench
            .runs()
            .iter()
            .map(|run| run.files("").remove("log.txt").unwrap_or_default())
            .next()
            .unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        faults.extend(log.lines().filter(|line| line.contains("FAULT: ")).take(3).map(str::to_owned));
        if outcome.status.code() != Some(0) {
            faults.push(format!("{}: {:?} {}", group[0].path(), outcome.status, outcome.stderr));
        }
        let outside =
            std::fs::read_dir(bench.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let outside: Vec<_> =
            outside.filter(|name| !["plugins", "scripts", "runs"].contains(&&**name)).collect();
        assert!(outside.is_empty(), "{}: {outside:?}", group[0].path());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
