//! Networks written in scripts, those of `scripts/nets` among them, and what cannot be exported.

use tests::{Bench, onnxruntime, skipped};

/// Runs a script with ONNX Runtime, where there is one; what it logs as a difference must be small.
fn run(text: &str) {
    let Some(library) = onnxruntime() else { return skipped("there is no ONNX Runtime") };
    let bench = Bench::new();
    bench.script(text, &["--onnxruntime", &library.to_string_lossy()]).run().code(0);
    let differences = bench.only_run().metric("difference");
    assert!(!differences.is_empty() && differences.iter().all(|&d| d <= 1e-4), "{differences:?}");
}

/// The largest difference between a module and its frozen form, relative to the largest entry.
const COMPARE: &str = r#"
fn compare(net, shape) {
    let frozen = onnx::frozen(net, shape);
    for batch in [1, 3, 10] {
        let full = [batch];
        full.append(shape);
        let x = noise::uniform(full);
        let y = no_grad(|| net.training(false).forward(x));
        log("difference", ((frozen.run(x) - y).abs().max() / y.abs().max()).item());
    }
}
"#;

#[test]
fn networks_of_the_library() {
    run(&format!(
        r#"import "nets/wta" as wta;
{COMPARE}
for output in ["linear", "sigmoid"] {{
    let net = wta::autoencoder(#{{ channels: 8, output: output, init: 0.1 }});
    compare(net, [1, 28, 28]);
    compare(net.encoder, [1, 28, 28]);
    compare(net.decoder, [8, 16, 16]);
}}"#
    ));
}

#[test]
fn functions_of_scripts() {
    run(&format!(
        r#"{COMPARE}
let parts = #{{ a: nn::linear(6, 6), norm: nn::batch_norm(6), drop: nn::dropout(0.5) }};
// Shapes and constants that follow the batch.
compare(nn::network(parts, |m, x| {{
    let n = x.shape[0];
    let y = m.drop.forward(m.norm.forward(m.a.forward(x)));
    let y = concat([y, zeros([n, 2]) + 1.0], 1);
    let y = y.reshape([n * 2, 4]) * 2.0 - x.mean();
    y.reshape([n, 2, 4]).transpose(1, 2).softmax(1) + ones([n, 1, 1])
}}), [6]);
compare(nn::network(#{{}}, |m, x| sparsity::winner_take_all(x, 0.3)), [3, 4, 4]);
compare(nn::network(#{{}}, |m, x| x.sort(1, true) * x.clamp(0.2, 0.8) + x.max([1], true)), [5]);
compare(nn::network(#{{}}, |m, x| (x - x.mean([0], true)) / (x.std([1]).unsqueeze(1) + 1.0) + x), [5]);
"#
    ));
}

#[test]
fn kernels_of_the_papers() {
    run(&format!(
        r#"{COMPARE}
fn on_sphere(x) {{ sphere::normalize(x - 0.3) }}
compare(nn::network(#{{}}, |m, x| sphere::slerp(on_sphere(x), on_sphere(x.flip([1])), 0.3)), [5]);
compare(nn::network(#{{}}, |m, x| sphere::slerp(on_sphere(x), on_sphere(x.flip([1])), x.mean([1]))), [5]);
compare(nn::network(#{{}}, |m, x| x * sphere::pair_loss(on_sphere(x), on_sphere(x.flip([1])), 1)), [5]);
// By the same numbers for all images, and by each image's own.
compare(nn::network(#{{}}, |m, x| augment::affine(x, 0.3, 1.0, 1.1, 0.1)), [1, 8, 8]);
compare(nn::network(#{{}}, |m, x| augment::affine(x, x.mean([1, 2, 3]), 1.0, 1.1, 0.1)), [3, 8, 8]);
let affine = |m, x| augment::affine(x, 0.3, 2.0, 0.9, 0.1, #{{ outside: "mirror" }});
compare(nn::network(#{{}}, affine), [1, 8, 8]);
compare(nn::network(#{{}}, |m, x| augment::color_jitter(x, 1.2, 0.9, 1.1, 0.2)), [3, 4, 4]);
compare(nn::network(#{{}}, |m, x| augment::flip(x, x.mean([1, 2, 3]))), [1, 4, 4]);
compare(nn::network(#{{}}, |m, x| augment::crop(x, zeros([x.shape[0], 2]), [2, 2])), [1, 4, 4]);
compare(nn::network(#{{}}, |m, x| reweight::distances(x, ones([3, 5]))), [5]);
"#
    ));
}

/// Chance and what reads the numbers themselves are no functions of the input alone.
#[test]
fn kernels_that_cannot_be_exported_are_named() {
    let refused = |body: &str, words: &[&str]| {
        let text = format!(
            "let net = nn::network(#{{}}, |m, x| {{\n    {body}\n}});\nnet.save_onnx(\"net\", [3, 4, 4]);\n"
        );
        Bench::new().run(&text).code(1).says(&[&["own.rhai:2:", "save_onnx"], words].concat());
    };
    for chance in [
        "noise::uniform(x.shape)",
        "noise::normal(x.shape)",
        "noise::truncated_normal(x.shape, 1)",
        "noise::bernoulli(x.shape, 0.5)",
        "noise::dirichlet(x.shape, 1)",
        "noise::dirichlet_per_pixel(x.shape, 1)",
    ] {
        refused(&format!("x + {chance}"), &["Add", "or on chance"]);
    }
    refused("noise::mix(x, 0.5, ones(x.shape))", &["or on chance"]);
    let labels = "zeros([x.shape[0]]).cast(\"i32\")";
    refused(&format!("reweight::weights(x.sum([1, 2, 3]), {labels}, \"a_mu\")"), &["symbolic"]);
    refused("reweight::sampler(x.sum([1, 2, 3])).draw(3)", &["symbolic"]);
}

#[test]
fn what_cannot_be_exported_is_reported_at_its_line() {
    let refused = |body: &str, line: &str, words: &[&str]| {
        let text = format!(
            "let net = nn::network(#{{ f: nn::linear(4, 4) }}, |m, x| {{\n    \
             let y = m.f.forward(x);\n    {body}\n}});\nnet.save_onnx(\"net\", [4]);\n"
        );
        Bench::new().run(&text).code(1).says(&[&[line], words].concat());
    };
    refused(
        "if x.shape[0] > 10 { y.relu() } else { y.tanh() }",
        "own.rhai:3:",
        &["save_onnx", "batch size", "Tanh", "Relu"],
    );
    refused("y / x.shape[0]", "own.rhai:3:", &["3 for 3 samples", "67 for 67"]);
    refused("y * y.mean().item()", "own.rhai:3:", &["symbolic"]);
    refused("y + noise::normal(x.shape)", "own.rhai:3:", &["chance"]);
    refused("if y { y } else { x }", "own.rhai:3:", &["save_onnx"]);
    let text = "nn::linear(4, 3).save_onnx(\"net\");";
    Bench::new().run(text).code(1).says(&["own.rhai:1:", "give the shape of one sample"]);
    let text = "nn::linear(4, 3).save_onnx(\"net\", [5]);";
    Bench::new().run(text).code(1).says(&["own.rhai:1:", "[.., 4]"]);
}

#[test]
fn dtan_leaves_its_networks_and_generates_in_onnx_runtime() {
    let Some(library) = onnxruntime() else { return skipped("there is no ONNX Runtime") };
    let bench = Bench::new();
    let library = library.to_string_lossy();
    let small =
        ["images=40", "channels=4", "iterations=2", "epochs=1", "batch=20", "passes=3", "generate_batch=20"];
    let run = ["run", "dtan", "--quiet", "--onnxruntime", &library, "generator=onnxruntime"];
    for _ in 0..2 {
        bench.host(run.iter().chain(&small)).run().code(0);
    }
    let [first, second] = &bench.runs()[..] else { panic!("two runs were expected") };
    for metric in ["loss", "passes", "ink", "distance"] {
        assert_eq!(first.metric(metric), second.metric(metric), "{metric}");
    }
    let models = first.files("models");
    for name in ["encoder", "decoder", "autoencoder"] {
        assert!(models.contains_key(&format!("models/{name}.onnx")), "{name}");
    }
    assert_eq!(models, second.files("models"));
    let start = format!("autoencoder={}", first.path().join("models/autoencoder.onnx").display());

    // A run that starts from the networks of another begins where that one ended.
    bench.host(["run", "dtan", "--quiet", &start].iter().chain(&small)).run().code(0);
    let went_on = bench.runs().into_iter().find(|run| run.record()["settings"]["autoencoder"] != "");
    let (before, after) = (first.metric("loss"), went_on.expect("the third run").metric("loss"));
    assert!(after[0] < before[0], "{} is not below {}", after[0], before[0]);

    // What does not fit is refused before anything is computed.
    let refused = |settings: &[&str], words: &[&str]| {
        let count = bench.runs().len();
        bench
            .host(["run", "dtan", "--quiet", "--onnxruntime", &library].iter().chain(&small).chain(settings))
            .run()
            .code(1)
            .says(words);
        let new = bench
            .runs()
            .into_iter()
            .filter(|run| run.status() == "FAILED")
            .map(|run| run.metric("loss").len());
        assert!(bench.runs().len() == count + 1 && new.sum::<usize>() == 0);
    };
    refused(&[&start, "channels=8"], &["encoder.0.weight", "[4, 1, 5, 5]", "[8, 1, 5, 5]"]);
    let encoder = start.replace("models/autoencoder", "models/encoder");
    refused(&[&encoder], &["`output` is [-1, 4, 16, 16], expected [-1, 1, 28, 28]"]);
    refused(&[&start.replace("autoencoder=", "judge=")], &["`output` is [-1, 1, 28, 28], expected [-1, 10]"]);
}

/// Every network of the plugin can be another one, from a file, and is trained further.
#[test]
fn dtan_trains_networks_of_other_architectures() {
    let bench = Bench::new();
    let text = r#"
nn::sequential([nn::flatten(), nn::linear(784, 8), nn::relu(), nn::linear(8, 784), nn::reshape([1, 28, 28])])
    .save_onnx("whole", [1, 28, 28]);
nn::sequential([nn::conv2d(1, 4, 13), nn::relu()]).save_onnx("encoder", [1, 28, 28]);
nn::conv_transpose2d(4, 1, 13).save_onnx("decoder", [4, 16, 16]);"#;
    bench.run(text).code(0);
    let models = bench.only_run().path().join("models");
    let small =
        ["images=40", "channels=4", "iterations=2", "epochs=2", "batch=20", "passes=3", "generate_batch=20"];
    let run = |settings: &[String], code: i32| {
        let words = ["run", "dtan", "--quiet"].iter().chain(&small).copied();
        bench.host(words.chain(settings.iter().map(String::as_str))).run().code(code)
    };
    let file = |setting: &str, name: &str| format!("{setting}={}", models.join(name).display());
    let halves = [file("encoder", "encoder.onnx"), file("decoder", "decoder.onnx")];
    let whole = [file("autoencoder", "whole.onnx")];
    for (settings, parts) in [(&halves[..1], true), (&halves[1..], true), (&halves, true), (&whole, false)] {
        run(settings, 0);
        let runs = bench.runs();
        let given = |run: &&tests::RunFolder| {
            let had = &run.record()["settings"];
            ["encoder", "decoder", "autoencoder"].iter().all(|name| {
                let given = settings.iter().find_map(|s| s.strip_prefix(name)?.strip_prefix('='));
                had[name] == given.unwrap_or_default()
            })
        };
        let run = runs.iter().find(given).expect("the run");
        let loss = run.metric("loss");
        assert!(loss[loss.len() - 1] < loss[0], "{settings:?}: {loss:?}");
        let files = run.files("models");
        assert!(files.contains_key("models/autoencoder.onnx"));
        assert_eq!(files.contains_key("models/encoder.onnx"), parts);
    }
    run(&[file("encoder", "decoder.onnx")], 1).says(&["expected [-1, 1, 28, 28]"]);
    run(&[file("decoder", "whole.onnx")], 1).says(&["expected [-1, 4, 16, 16]"]);
}

#[test]
fn networks_that_do_not_fit_are_refused() {
    let Some(library) = onnxruntime() else { return skipped("there is no ONNX Runtime") };
    let refused = |line: &str, words: &[&str]| {
        let text = format!("let net = nn::linear(4, 3);\nlet model = onnx::frozen(net, [4]);\n{line}");
        Bench::new().script(&text, &["--onnxruntime", &library.to_string_lossy()]).run().code(1).says(words);
    };
    refused("model.fits([-1, 5], [-1, 3]);", &["own.rhai:3:", "`input` is [-1, 4], expected [-1, 5]"]);
    refused("model.fits([-1, 4], [-1, 3, 1]);", &["own.rhai:3:", "`output` is [-1, 3], expected [-1, 3, 1]"]);
    refused("net.fits([-1, 5], [-1, 3]);", &["own.rhai:3:", "[-1, 5]", "[.., 4]"]);
    refused("net.fits([-1, 4], [-1, 2]);", &["own.rhai:3:", "`output` is [-1, 3], expected [-1, 2]"]);
    refused("model.fits([-1, 4], [-1, 3]); net.fits([7, 4], [7, 3]); throw `so far`", &["so far"]);
}

#[test]
fn the_file_says_where_it_comes_from() {
    let bench = Bench::new();
    let text =
        "let cfg = params(#{ width: 3 /* how many */ });\nnn::linear(4, cfg.width).save_onnx(\"net\", [4]);";
    bench.script(text, &["--seed", "7"]).run().code(0);
    let bytes = std::fs::read(bench.only_run().path().join("models/net.onnx")).unwrap();
    let model = <onnx_net::proto::ModelProto as prost::Message>::decode(&bytes[..]).unwrap();
    let entry =
        |key: &str| model.metadata_props.iter().find(|e| e.key == key).map(|e| e.value.clone()).unwrap();
    assert!(entry("plugin").contains("own"));
    assert_eq!(entry("seed"), "7");
    assert_eq!(entry("settings").len(), 8);
    let graph = model.graph.unwrap();
    let names: Vec<_> = graph.initializer.iter().map(|tensor| tensor.name.as_str()).collect();
    assert_eq!(names, ["weight", "bias"]);
}
