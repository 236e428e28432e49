//! Every line of the file leads somewhere, and what it says is true.

use std::collections::BTreeSet;

use ops::Tensor;
use rhai::{Array, Dynamic};

use super::scripts;
use crate::{
    Host, Options,
    script::{
        Source,
        pytorch::{Ours, entries, find, lines, names, snake},
    },
};

#[test]
fn every_name_leads_to_a_function_or_says_how() {
    let host = Host::new(Options::default());
    let library = scripts::all(&host.engine);
    let of_scripts: Vec<_> = library.iter().flat_map(|script| &script.functions).collect();
    let mut known = BTreeSet::new();
    let mut wrong = Vec::new();
    for (name, ours) in names() {
        if !known.insert(name) {
            wrong.push(format!("{name} twice"));
        }
        if let Ours::Function(ours) = ours
            && entries(host.table.entries(), ours).next().is_none()
            && !of_scripts.iter().any(|function| function.path() == ours)
        {
            wrong.push(format!("{name} = {ours}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(known.len() >= 400, "{}", known.len());
}

/// The code of an advice: what is in backticks, but for commands and single words, which are names.
fn code(advice: &'static str) -> impl Iterator<Item = &'static str> {
    let quoted = advice.split('`').skip(1).step_by(2);
    quoted.filter(|code| !code.starts_with("host "))
}

/// A value with its tensors as arrays, as examples write it.
fn shown(value: &Dynamic) -> String {
    if let Some(tensor) = value.read_lock::<Tensor>() {
        let Ok(data) = tensor.to_data() else { return "no data".into() };
        let numbers: Vec<String> = match data.dtype() {
            ops::DType::Bool => data.to_f64().iter().map(|x| (*x != 0.0).to_string()).collect(),
            _ => data.to_f64().iter().map(f64::to_string).collect(),
        };
        return numbers.join(", ");
    }
    match value.read_lock::<Array>() {
        Some(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        None => value.to_string(),
    }
}

/// Whether two lists of values are equal, numbers but for rounding.
fn agree(found: &str, expected: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        let plain = text.replace(['[', ']', '"'], "");
        plain.split(',').map(|part| part.trim().to_owned()).collect()
    };
    let (found, expected) = (parts(found), parts(expected));
    let same = |(a, b): (&String, &String)| match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a == b || (a - b).abs() <= 2e-6 * (1.0 + b.abs()),
        _ => a == b,
    };
    found.len() == expected.len() && found.iter().zip(&expected).all(same)
}

#[test]
fn what_is_said_of_a_name_runs_and_gives_pytorchs_numbers() {
    let mut wrong = Vec::new();
    for line in lines() {
        let Ours::Advice(advice) = line.ours else { continue };
        let (bindings, value) =
            line.example.rsplit_once(" => ").map_or((line.example, None), |(b, v)| (b, Some(v)));
        let bindings = bindings.strip_prefix("=> ").unwrap_or(bindings);
        for (i, code) in code(advice).enumerate() {
            let text = format!("{bindings} {code}");
            let host = Host::new(Options::default());
            match host.run(&Source::new("advice", &*text)) {
                Ok(found) => {
                    let (found, value) = (shown(&found), value.filter(|_| i == 0));
                    if let Some(value) = value.filter(|value| !agree(&found, value)) {
                        wrong.push(format!("{}: {code} gives {found}, not {value}", line.names));
                    }
                }
                Err(error) => {
                    wrong.push(format!("{}: {code}: {}", line.names, host.explain(&error, "advice")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{} wrong", wrong.join("\n"), wrong.len());
}

#[test]
fn a_name_is_found_however_it_is_written() {
    let ours = |name: &str| match find(name).unwrap_or_else(|| panic!("{name}")).1 {
        Ours::Function(ours) => ours,
        Ours::Advice(advice) => advice,
    };
    for name in ["view", "x.view(-1, 784)", "torch.Tensor.view", "Tensor.view"] {
        assert_eq!(ours(name), "reshape");
    }
    for name in
        ["nn.CrossEntropyLoss()", "torch.nn.CrossEntropyLoss", "nn::CrossEntropyLoss", "crossentropyloss"]
    {
        assert_eq!(ours(name), "losses::cross_entropy");
    }
    assert!(ours(".cuda()").contains("--device gpu") && ours("x.to(\"cuda:0\")").contains("--device gpu"));
    assert_eq!([ours("addmm_"), ours("true_divide_")], [ours("addmm"), "/"]);
    assert!(find("nothing_like_it").is_none());
    assert_eq!(["MaxPool2d", "ReLU", "relu"].map(snake), ["max_pool2d", "re_lu", "relu"]);
}
