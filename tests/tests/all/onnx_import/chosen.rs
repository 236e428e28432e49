//! What of a file is trained: listed, and chosen in a script.

use onnx_net::OnnxFile;
use tests::Bench;

use crate::onnx_build::{F32, Net};

/// Two products, and two normalisations that share their fresh gain.
fn net() -> Net {
    Net::new()
        .input("x", F32, &[-1, 2])
        .floats("first", &[2, 3], &[0.3, -0.4, 0.5, 0.6, 0.7, -0.8])
        .floats("gain", &[3], &[1.0; 3])
        .floats("mask", &[3], &[0.0, f32::NEG_INFINITY, 0.0])
        .floats("second", &[3, 2], &[0.3, -0.4, 0.5, 0.6, 0.7, -0.8])
        .op("MatMul", "x first -> a", vec![])
        .op("LayerNormalization", "a gain -> b", vec![])
        .op("LayerNormalization", "b gain -> c", vec![])
        .op("MatMul", "c second -> y", vec![])
        .output("y")
}

#[test]
fn every_tensor_is_listed_with_its_reason() {
    let bench = Bench::new();
    let net = net().op("Add", "c mask -> d", vec![]).op("Softmax", "d -> e", vec![]).output("e");
    bench.write("net.onnx", net.bytes());
    bench.host(["onnx", "check", "net.onnx"]).run().code(0).shows(&[
        "net.onnx: can train and run frozen (3 parameters)",
        "trained:\n  first   f32 [2, 3]  a weight: MatMul (node `MatMul_a`)\n",
        "not trained:\n  mask  f32 [3]  a mask: not all numbers are finite: Add (node `Add_d`)\n",
        "untie: true",
        "  gain: LayerNormalization (node `LayerNormalization_b`), LayerNormalization (node",
    ]);
}

#[test]
fn a_script_chooses_what_is_trained() {
    let bench = Bench::new();
    let setting = format!("net={}", bench.write("net.onnx", net().bytes()).display());
    let text = r#"let cfg = params(#{ net: "x" });
let names = |options| nn::from_onnx(cfg.net, options).parameters().keys();
print(names.call(#{}));
print(names.call(#{ keep: ["*"], train: ["second"] }));
print(names.call(#{ untie: true, keep: ["f*"] }).len());
let net = nn::from_onnx(cfg.net);
net["first"].freeze();
let before = net.save("before");
let adam = optim::adam(net.parameters("second"), #{ lr: 0.5 });
adam.step(net.forward(ones([1, 2])).sum().backward());
print([net["first"].shape, net["second"].dtype]);
nn::from_onnx(cfg.net, #{ train: ["sceond"] });"#;
    bench.script(text, &[&setting]).run().code(1).says(&[
        "[\"first\", \"gain\", \"second\"]",
        "[\"second\"]",
        "\n3\n",
        "[[2, 3], \"f32\"]",
        "own.rhai:12:",
        "no tensor fits `sceond`; the file has first, gain, mask, second",
    ]);
}

/// Only the adapters are trained and saved apart; the file that is written has them merged.
#[test]
fn adapters_of_a_network_of_a_file() {
    let bench = Bench::new();
    let setting = format!("net={}", bench.write("net.onnx", net().bytes()).display());
    let text = r#"let cfg = params(#{ net: "x" });
let base = nn::from_onnx(cfg.net).training(false);
let net = base.lora(["first", "second"], #{ rank: 1, alpha: 2 });
let x = noise::normal([8, 2]);
let adam = optim::adam(net, #{ lr: 0.05 });
let start = #{ net: net, adam: adam };
each("step", 5, start, |i, s| {
    s.adam.step(losses::mse(s.net.forward(x), ones([8, 2])).backward());
    s
});
net.adapters.save("adapters");
net.save_onnx("merged");
let other = nn::from_onnx(cfg.net).training(false).lora(["first", "second"], #{ rank: 1, alpha: 2 });
other.adapters.load_from(net.adapters);
print((other.forward(x) - net.forward(x)).abs().max().item() == 0.0);
print((base.forward(x) - net.forward(x)).abs().max().item() > 0.0);
print(net.forward(#{ x: x }).keys());
base.lora(["gian"], #{});"#;
    let problem = "lora: no weight of two or more dimensions fits `gian`";
    bench.script(text, &[&setting]).run().code(1).says(&["true\ntrue\n[\"y\"]\n", "own.rhai:18:", problem]);
    let run = bench.only_run();
    let models = run.path().join("models");
    let adapters = std::fs::read(models.join("adapters.safetensors")).unwrap();
    let text = String::from_utf8_lossy(&adapters);
    assert!(text.contains("first.lora_A") && !text.contains("\"first\""));
    let names = |path: &std::path::Path| {
        let file = OnnxFile::read(path).unwrap();
        let graph = file.proto().graph.clone().unwrap();
        graph.initializer.into_iter().map(|tensor| tensor.name).collect::<Vec<_>>()
    };
    assert_eq!(names(&models.join("merged.onnx")), ["first", "gain", "mask", "second"]);
}
