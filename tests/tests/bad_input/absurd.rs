//! Every function of the table, called with values that no one would give it.

use std::fmt::Write as _;

use host::{Host, Options, script::Entry};
use tests::Bench;

/// The calls of one function, by the number of its parameters.
const CALLS: [usize; 4] = [1, 20, 120, 200];

/// Values by the names that signatures have for their types. Sizes are tiny, or beyond any memory: what
/// lies between them is allowed, and slow.
const VALUES: &[(&str, &[&str])] = &[
    ("integer", &["0", "1", "-1", "2", "9223372036854775807", "(-9223372036854775807 - 1)", "3000000000000"]),
    ("float", &["0.0", "-1.5", "1e308", "-1e308", "1e-320", "(0.0 / 0.0)", "(1.0 / 0.0)", "-0.0"]),
    (
        "string",
        &[
            r#""""#,
            r#""x""#,
            r#""../..""#,
            r#""a\x00b""#,
            r#""i32""#,
            r#""gpu""#,
            r#""nearest""#,
            r#""glyphs""#,
        ],
    ),
    ("bool", &["true", "false"]),
    (
        "shape",
        &[
            "[]",
            "[0]",
            "[0, 3]",
            "[1, 2, 9223372036854775807]",
            "[-1]",
            "[2, 0]",
            "[1, 1, 4, 4]",
            "[[1, 2], [3]]",
            "[9223372036854775807, 2]",
            "[3000000, 3000000]",
            "[1.5, \"x\"]",
            "[(), ()]",
            "[0, 0, 0, 0, 0, 0, 0, 0, 0]",
            "[-1, -1]",
            "[1, 2, 0]",
        ],
    ),
    (
        "map",
        &[
            "#{}",
            "#{ stride: 0 }",
            "#{ stride: -1 }",
            "#{ padding: 9223372036854775807 }",
            "#{ dilation: [0, 5] }",
            "#{ columns: 0 }",
            "#{ lr: 0.0 / 0.0 }",
            "#{ shuffle: 1 }",
            "#{ range: [] }",
            "#{ a: zeros([0]) }",
            "#{ a: [0.0 / 0.0] }",
            "#{ a: [] }",
            "#{ groups: 0 }",
            "#{ title: \"\", log_y: true }",
            "#{ p: nn::linear(1, 1) }",
        ],
    ),
    ("function", &["|| 1", "|x| x", "|x| throw x", "|a, b| a", "Fn(\"nothing\")"]),
    (
        "Tensor",
        &[
            "tensor(1.0)",
            "zeros([0])",
            "zeros([2, 0, 3])",
            "tensor([[1, 2], [3, 4]])",
            "ones([1, 1, 4, 4])",
            "tensor([true])",
            "tensor([1, 2]).cast(\"i32\")",
            "tensor([-7]).cast(\"i64\")",
            "tensor([0.0 / 0.0, 1.0 / 0.0])",
            "ones([2, 3]).track()",
            "zeros([1, 1, 1, 1, 1, 1])",
            "ones([3]).cast(\"f64\")",
            "zeros([0, 1, 4, 4])",
            "tensor([[3.0], [2.0]]).expand([2, 4611686018427387903])",
            "tensor([1.0]).expand([1000000000000])",
            "tensor([true]).expand([3000000, 3000000])",
        ],
    ),
    (
        "Module",
        &[
            "nn::linear(2, 2)",
            "nn::conv2d(1, 1, 3)",
            "nn::sequential([])",
            "nn::network(#{})",
            "nn::network(#{ a: nn::linear(1, 1) }, |m, x| throw x)",
            "nn::dropout(0.5)",
            "nn::batch_norm(2)",
            "nn::conditional_batch_norm(2, nn::linear(2, 2), nn::linear(2, 2))",
            "nn::conditional_batch_norm(2, 3)",
            "nn::instance_norm(2)",
            "nn::layer_norm([2])",
            "nn::embedding(3, 2)",
            "nn::upsample(1e300, \"nearest\")",
            "nn::reshape([-1, 3])",
            "nn::spectral(nn::conv_transpose2d(1, 1, 2))",
        ],
    ),
    ("Dataset", &["data::load(\"glyphs\").train(3)", "data::load(\"glyphs\").train(3).take(0)"]),
    ("DataSource", &["data::load(\"glyphs\")", "data::load(\"\")"]),
    ("Mixture", &["data::mix([data::load(\"glyphs\").train(3)], [1])"]),
    ("Optimiser", &["optim::adam(nn::linear(1, 1), #{})", "optim::sgd([], #{})"]),
    ("Gradients", &["(tensor(1.0).track() * 2).backward()"]),
    ("Batches", &["data::load(\"glyphs\").train(3).batches(2)"]),
    ("other", &["()", "0..3", "'c'", "timestamp()", "blob(3)"]),
];

/// Whole numbers that follow each other without a pattern.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
}

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

/// A call as scripts write it.
fn call(entry: &Entry, args: &[String]) -> String {
    let path = entry.path();
    match (path.strip_prefix("get "), path.strip_prefix("set "), args) {
        (Some(property), _, [own]) => format!("{own}.{property}"),
        (_, Some(property), [own, value]) => format!("{own}.{property} = {value}"),
        _ if path == "index get" => format!("{}[{}]", args[0], args[1]),
        (_, _, [left, right]) if !path.starts_with(char::is_alphabetic) => format!("{left} {path} {right}"),
        (_, _, [only]) if !path.starts_with(char::is_alphabetic) => format!("{path} {only}"),
        (_, _, [own, rest @ ..]) if entry.is_method() => format!("({own}).{path}({})", rest.join(", ")),
        _ => format!("{path}({})", args.join(", ")),
    }
}

/// The types in a signature: `f(a: integer, b: Tensor) -> Tensor`.
fn types(entry: &Entry) -> Vec<String> {
    let signature = entry.signature();
    let inner =
        signature.split_once('(').map_or("", |(_, rest)| rest.rsplit_once(") -> ").map_or("", |(i, _)| i));
    let names = entry.parameters.iter().skip(1).map(|name| format!(", {name}: "));
    let mut rest = inner.split_once(": ").map_or("", |(_, rest)| rest);
    let mut types = Vec::new();
    for name in names {
        let Some((kind, after)) = rest.split_once(&name) else { break };
        types.push(kind.to_owned());
        rest = after;
    }
    if entry.arity() > 0 {
        types.push(rest.to_owned());
    }
    types
}

fn script(entries: &[&Entry]) -> String {
    let mut text = String::from(
        "fn tell(code, e) {
             let text = `${e}`;
             if text.contains(\"fault inside\") || text.contains(\"backend failed\") { print(`FAULT: ${code}: ${e}`) }
         }\n",
    );
    for (i, (_, value)) in all().iter().enumerate() {
        let _ = writeln!(text, "let v{i} = (); try {{ v{i} = {value}; }} catch {{ }}");
    }
    for entry in entries {
        let kinds = types(entry);
        assert_eq!(kinds.len(), entry.arity(), "{}", entry.signature());
        let mut numbers = Numbers(entry.path().bytes().map(u64::from).sum());
        for _ in 0..CALLS[kinds.len().min(3)] {
            let args: Vec<usize> = kinds.iter().map(|kind| value(kind, &mut numbers)).collect();
            let named: Vec<_> = args.iter().map(|i| format!("v{i}")).collect();
            let spelt: Vec<_> = args.iter().map(|&i| all()[i].1.to_owned()).collect();
            let (call, spelt) = (call(entry, &named), call(entry, &spelt));
            let _ = writeln!(text, "try {{ {call}; }} catch (e) {{ tell({spelt:?}, e); }}");
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
        let place = Bench::new();
        let outcome = place.script(&script(group), &["--deadline", "100s"]).run();
        let log = place
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
            std::fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let outside: Vec<_> =
            outside.filter(|name| !["plugins", "scripts", "runs"].contains(&&**name)).collect();
        assert!(outside.is_empty(), "{}: {outside:?}", group[0].path());
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
