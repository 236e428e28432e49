//! `host onnx check` and `nn::from_onnx`, in the real program.

use onnx_net::{Graph, OnnxFile};
use tests::{Bench, skipped};

use super::pictures::folder;
use crate::onnx_build::{F32, Net};

#[test]
fn what_is_no_network_is_reported() {
    let bench = Bench::new();
    for (name, bytes) in
        [("text.onnx", &b"this is no model"[..]), ("empty.onnx", b""), ("noise.onnx", &[0xff; 4096])]
    {
        let path = bench.write(name, bytes);
        bench.host(["onnx".as_ref(), "check".as_ref(), path.as_os_str()]).run().code(1);
        let text = "let cfg = params(#{ net: \"x\" });\nlet net = nn::from_onnx(cfg.net);";
        let setting = format!("net={}", path.display());
        bench.script(text, &[&setting]).run().code(1).says(&["own.rhai:2:", name, "ONNX"]);
    }
    bench.host(["onnx", "check", "nowhere.onnx"]).run().code(1).says(&["nowhere.onnx"]);
}

/// A file may leave out the shapes of its outputs: the network itself tells them.
#[test]
fn a_network_that_does_not_say_its_shapes_is_tried() {
    let bench = Bench::new();
    let net = Net::new()
        .input("x", F32, &[-1, 4])
        .floats("w", &[4, 3], &[0.5; 12])
        .op("MatMul", "x w -> y", vec![])
        .output("y");
    let path = bench.write("net.onnx", net.bytes());
    let setting = format!("net={}", path.display());
    let fits = |output: &str| {
        let text =
            format!("let cfg = params(#{{ net: \"x\" }});\nnn::from_onnx(cfg.net).fits([-1, 4], {output});");
        bench.script(&text, &[&setting]).run()
    };
    fits("[-1, 3]").code(0);
    fits("[-1, 5]").code(1).says(&["own.rhai:2:", "is [-1, 3], expected [-1, 5]"]);
}

/// A network of several inputs leaves as it came, whatever shape is given for a sample, or none.
#[test]
fn a_network_of_several_inputs_is_written_again() {
    let bench = Bench::new();
    let net = Net::new()
        .input("a", F32, &[-1, 2])
        .input("b", F32, &[-1, 2])
        .floats("w", &[2], &[1.0, 2.0])
        .op("Mul", "a w -> l", vec![])
        .op("Add", "l b -> r", vec![])
        .output("l")
        .output("r");
    let path = bench.write("net.onnx", net.bytes());
    let text = r#"let cfg = params(#{ net: "x" });
let net = nn::from_onnx(cfg.net);
let out = net.forward(#{ a: ones([3, 2]), b: ones([3, 2]) });
optim::sgd(net, #{ lr: 0.5 }).step(out.r.sum().backward());
net.save_onnx("one", [2]);
net.save_onnx("two");"#;
    bench.script(text, &[&format!("net={}", path.display())]).run().code(0);
    let run = bench.only_run();
    for name in ["one", "two"] {
        let model = OnnxFile::read(&run.path().join(format!("models/{name}.onnx"))).unwrap();
        let module = onnx_net::module(&model).unwrap();
        assert_eq!(Graph::of(&module).unwrap().inputs.len(), 2);
        // w less half of the gradient, 3.
        assert_eq!(module.parameter("w").unwrap().get().to_f32().unwrap(), [-0.5, 0.5]);
        assert!(model.proto().metadata_props.iter().any(|entry| entry.key == "seed"));
    }
}

#[test]
fn real_files_can_train() {
    let Some(models) = folder("HOST_MODELS") else { return skipped("there is no folder HOST_MODELS") };
    let bench = Bench::new();
    for entry in std::fs::read_dir(models).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "onnx") {
            let words = ["onnx".as_ref(), "check".as_ref(), path.as_os_str()];
            bench.host(words).run().code(0).shows(&["can train and run frozen"]);
        }
    }
}

#[test]
fn a_script_trains_a_network_of_a_file() {
    let Some(models) = folder("HOST_MODELS") else { return skipped("there is no folder HOST_MODELS") };
    let bench = Bench::new();
    let text = r#"let cfg = params(#{ net: "x" });
let net = nn::from_onnx(cfg.net);
let x = noise::normal([4, 1, 28, 28]);
let classes = tensor([1, 2, 3, 4]).cast("i32");
let sgd = optim::sgd(net, #{ lr: 0.001 });
let first = losses::cross_entropy(net.forward(x), classes);
let before = first.item();
sgd.step(first.backward());
let after = losses::cross_entropy(net.forward(x), classes).item();
if after >= before { throw `${before} became ${after}`; }
net.training(false);
print(net.forward(x).shape);"#;
    let setting = format!("net={}", models.join("mnist-rten.onnx").display());
    bench.script(text, &[&setting]).run().code(0);
    let run = bench.only_run();
    let record = std::fs::read_to_string(run.path().join("run.json")).unwrap();
    assert!(record.contains("mnist-rten.onnx"), "the file is noted in the record");
}

/// The table of a network from a file, for a shape and for inputs by name.
#[test]
fn a_network_is_summed_up() {
    let bench = Bench::new();
    let net = Net::new()
        .input("a", F32, &[-1, 2])
        .input("b", F32, &[-1, 2])
        .floats("w", &[2], &[1.0, 2.0])
        .op("Mul", "a w -> l", vec![])
        .op("Add", "l b -> r", vec![])
        .output("r");
    let path = bench.write("net.onnx", net.bytes());
    let text = r#"let cfg = params(#{ net: "x" });
let net = nn::from_onnx(cfg.net);
print(net.summary(#{ a: ones([3, 2]), b: ones([3, 2]) }));
print(nn::sequential([nn::conv2d(1, 4, 3), nn::relu()]).summary([8, 1, 6, 6]));
try { net.summary([3, 2]) } catch (error) { print(`refused: ${error}`) }"#;
    bench.script(text, &[&format!("net={}", path.display())]).run().code(0).says(&[
        "Mul_l: Mul  [3, 2]              2          6",
        "├─0: Conv2d",
        "[8, 4, 4, 4]",
        "Total params: 40",
        "Total mult-adds: 5,120",
        "refused: ",
    ]);
}
