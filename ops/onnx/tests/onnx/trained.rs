//! Which tensors are trained: by their uses, their values, and by patterns.

use onnx_net::{Choice, OnnxFile, Untie, export};
use ops::{
    Tensor,
    nn::{self, AdaptedWeight, Module},
};
use prost::Message as _;

use crate::build::*;

/// Numbers that look like nothing but weights.
fn weights(count: usize) -> Vec<f32> {
    (1..=count).map(|i| (i as f32 * 1.7).sin() * 0.9).collect()
}

trait WithConstants {
    fn constant(self, name: &str, shape: &[i64], values: &[f32]) -> Self;
}

impl WithConstants for Net {
    fn constant(mut self, name: &str, shape: &[i64], values: &[f32]) -> Self {
        self.graph().node.push(constant(name, shape, values));
        self
    }
}

fn names(module: &Module) -> Vec<String> {
    module.named_parameters().into_iter().map(|(name, _)| name).collect()
}

/// The module of the file that is written of a module.
fn again(module: &Module) -> Module {
    let file = export::original(module, vec![]).unwrap().unwrap();
    onnx_net::module(&OnnxFile::from_bytes(&file.encode_to_vec()).unwrap()).unwrap()
}

fn outputs(module: &Module, x: &Tensor) -> Vec<f32> {
    module.training(false);
    module.forward(x).unwrap().to_f32().unwrap()
}

/// `y = relu(x W' + b) V`, all numbers in Constant nodes, W behind a transpose.
fn constants() -> Net {
    Net::new()
        .input("x", F32, &[-1, 2])
        .constant("w", &[3, 2], &weights(6))
        .constant("b", &[3], &[0.1, -0.2, 0.3])
        .constant("v", &[3, 2], &weights(6))
        .constant("gain", &[2], &[1.5, 2.5])
        .op("Transpose", "w -> wt", vec![])
        .op("MatMul", "x wt -> a", vec![])
        .op("Add", "a b -> c", vec![])
        .op("Relu", "c -> h", vec![])
        .op("MatMul", "h v -> z", vec![])
        .op("Mul", "z gain -> y", vec![])
        .output("y")
}

#[test]
fn weights_in_constant_nodes_are_trained_and_written_back() {
    let net = constants();
    assert_eq!(net.trained_and_kept(), [vec!["w", "b", "v"], vec!["gain"]]);
    let (module, x) = (net.module().unwrap(), tensor(&[1.0, 2.0, -0.5, 0.3], &[2, 2]));
    let loss = module.forward(&x).unwrap().sum().unwrap();
    let gradients = loss.backward().unwrap();
    for (name, parameter) in module.named_parameters() {
        assert!(parameter.gradient(&gradients).is_some(), "{name}");
        parameter.set(&parameter.value().mul_scalar(0.5).unwrap()).unwrap();
    }
    let written = again(&module);
    assert_eq!(names(&written), ["w", "b", "v"]);
    assert_eq!(outputs(&written, &x), outputs(&module, &x));
    assert_ne!(outputs(&written, &x), outputs(&net.module().unwrap(), &x));
}

#[test]
fn patterns_choose_what_is_trained() {
    let choice = |train: &[&str], keep: &[&str]| {
        let list = |patterns: &[&str]| patterns.iter().map(|&p| p.to_owned()).collect();
        Choice { train: list(train), keep: list(keep), ..Choice::default() }
    };
    let chosen = |choice: &Choice| constants().chosen(choice).map(|module| names(&module));
    assert_eq!(chosen(&choice(&["ga*"], &["v", "b"])).unwrap(), ["w", "gain"]);
    assert_eq!(chosen(&choice(&["*"], &["*"])).unwrap(), [""; 0]);
    let error = chosen(&choice(&["gian"], &[])).unwrap_err().to_string();
    assert!(error.contains("no tensor fits `gian`; the file has w, b, v, gain"), "{error}");
}

#[test]
fn a_grid_of_sampling_positions_is_no_weight() {
    // A spatial transformer on images of 2 x 3: the positions are the grid times a matrix that a layer gives.
    let grid: Vec<f32> = (0..6).flat_map(|i| [i as f32 % 3.0 - 1.0, (i / 3) as f32 - 0.5, 1.0]).collect();
    let net = Net::new()
        .input("x", F32, &[1, 1, 2, 3])
        .floats("fc", &[6, 6], &weights(36))
        .floats("fc.bias", &[6], &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
        .floats("base", &[6, 3], &grid)
        .ints("flat", &[1, 6])
        .ints("theta", &[2, 3])
        .ints("image", &[1, 2, 3, 2])
        .op("Reshape", "x flat -> a", vec![])
        .op("Gemm", "a fc fc.bias -> b", vec![])
        .op("Reshape", "b theta -> t", vec![])
        .op("Transpose", "t -> tt", vec![])
        .op("MatMul", "base tt -> p", vec![])
        .op("Reshape", "p image -> g", vec![])
        .op("GridSample", "x g -> y", vec![])
        .output("y");
    let [trained, kept] = net.trained_and_kept();
    assert_eq!(trained, ["fc", "fc.bias"]);
    assert!(kept.contains(&"base".to_owned()), "{kept:?}");
}

#[test]
fn filters_and_windows_are_no_weights() {
    let blur = [1.0, 3.0, 3.0, 1.0];
    let kernel: Vec<f32> = (0..32).map(|i| blur[i / 4 % 4] * blur[i % 4] / 64.0).collect();
    let hann: Vec<f32> =
        (0..16).map(|i| 0.5 - 0.5 * (std::f32::consts::TAU * i as f32 / 16.0).cos()).collect();
    let net = Net::new()
        .input("x", F32, &[-1, 2, 8, 16])
        .floats("blur", &[2, 1, 4, 4], &kernel)
        .floats("w", &[2, 2, 3, 3], &weights(36))
        .floats("window", &[16], &hann)
        .floats("gamma", &[2, 1, 1], &[1e-6, 1e-6])
        .floats("mean", &[1, 2, 1, 1], &[0.4, 0.5])
        .floats("std", &[2, 1, 1], &[0.2, 0.3])
        .op("Sub", "x mean -> less", vec![])
        .op("Div", "less std -> x0", vec![])
        .op("Mul", "x0 window -> x1", vec![])
        .op("Conv", "x1 blur -> x2", vec![int("group", 2)])
        .op("Conv", "x2 w -> x3", vec![])
        .op("Mul", "x3 gamma -> y", vec![])
        .output("y");
    assert_eq!(net.trained_and_kept(), [["w", "gamma"].to_vec(), ["blur", "window", "mean", "std"].to_vec()]);
}

#[test]
fn equal_tensors_that_were_written_once_can_be_untied() {
    // Two normalisations share their fresh gains and biases, by the names that PyTorch's exporter gives.
    let net = Net::new()
        .input("x", F32, &[-1, 4])
        .floats("a.weight", &[4], &[1.0; 4])
        .floats("a.bias", &[4], &[0.0; 4])
        .floats("w", &[4, 4], &weights(16))
        .op("Identity", "a.weight -> b.weight", vec![])
        .op("LayerNormalization", "x a.weight a.bias -> h", vec![])
        .op("MatMul", "h w -> i", vec![])
        .op("MatMul", "i w -> j", vec![])
        .op("LayerNormalization", "j b.weight a.bias -> y", vec![])
        .output("y");
    let shared: Vec<_> = net.report().shared.into_iter().map(|shared| shared.name).collect();
    assert_eq!(shared, ["a.weight", "a.bias"], "a weight that is used twice is meant so");
    assert_eq!(names(&net.module().unwrap()), ["a.weight", "a.bias", "w"]);
    let choice = Choice { untie: Untie::Equal, ..Choice::default() };
    let module = net.chosen(&choice).unwrap();
    let own = "a.bias.LayerNormalization (node `LayerNormalization_y`)";
    assert_eq!(names(&module), ["a.weight", "a.bias", "w", "b.weight", own]);
    let gain = module.parameter("b.weight").unwrap();
    gain.set(&gain.value().mul_scalar(3.0).unwrap()).unwrap();
    let x = tensor(&[1.0, -2.0, 0.5, 0.25], &[1, 4]);
    let (before, after) = (outputs(&net.module().unwrap(), &x), outputs(&module, &x));
    assert!(before.iter().zip(&after).all(|(a, b)| (3.0 * a - b).abs() < 1e-5), "{before:?} {after:?}");
    assert_eq!(outputs(&again(&module), &x), after);
}

/// A running average that exporters wrote once for two layers is one of each, and no parameter.
#[test]
fn equal_running_averages_can_be_untied() {
    let net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("s", &[2], &[1.0, 1.0])
        .floats("b", &[2], &[0.0, 0.0])
        .floats("a.mean", &[2], &[0.0, 0.0])
        .floats("var", &[2], &[1.0, 1.0])
        .op("Identity", "a.mean -> b.mean", vec![])
        .op("BatchNormalization", "x s b a.mean var -> h", vec![])
        .op("Relu", "h -> i", vec![])
        .op("BatchNormalization", "i s b b.mean var -> y", vec![])
        .output("y");
    let module = net.chosen(&Choice { untie: Untie::Equal, ..Choice::default() }).unwrap();
    let x = tensor(&[1.0, 2.0, 5.0, 4.0], &[2, 2]);
    module.forward(&x).unwrap();
    let mean = |module: &Module, name: &str| {
        let parameter = module.parameter(name).unwrap();
        assert!(parameter.is_buffer(), "{name}");
        parameter.value().to_f32().unwrap()
    };
    // A tenth of the batch's mean: 3 at the first layer, and 0.5 behind a ReLU of -1 and 1 at the second.
    for (name, expected) in [("a.mean", 0.3), ("b.mean", 0.05)] {
        let found = mean(&module, name);
        assert!(found.iter().all(|m| (m - expected).abs() < 1e-4), "{name} {found:?}");
    }
    assert_eq!(outputs(&again(&module), &x), outputs(&module, &x));
}

/// Products of both orientations, each with an adapter: what is written is the merged network.
#[test]
fn adapters_are_merged_where_a_network_is_written() {
    let net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("v", &[2, 3], &weights(6))
        .floats("w", &[4, 3], &weights(12))
        .op("MatMul", "x v -> h", vec![])
        .op("Gemm", "h w -> y", vec![int("transB", 1)])
        .output("y");
    let base = net.module().unwrap();
    let graph = onnx_net::Graph::of(&base).unwrap();
    let adapted = ["v", "w"]
        .map(|name| AdaptedWeight { name: name.into(), inputs_first: graph.has_inputs_first(name) });
    assert_eq!(adapted.clone().map(|weight| weight.inputs_first), [true, false]);
    let (x, module) = (tensor(&[1.0, -2.0, 0.5, 0.25], &[2, 2]), nn::lora(&base, &adapted, 1, 2.0).unwrap());
    assert_eq!(outputs(&module, &x), outputs(&base, &x));
    let adapters = module.child("adapters").unwrap();
    let shapes = adapters.own_parameters().iter().map(|(_, p)| p.spec().shape).collect::<Vec<_>>();
    assert_eq!(shapes, [vec![1, 2], vec![3, 1], vec![1, 3], vec![4, 1]]);
    for (_, parameter) in adapters.own_parameters() {
        parameter.set(&tensor(&weights(parameter.spec().len()), &parameter.spec().shape)).unwrap();
    }
    let (merged, adapted) = (outputs(&again(&module), &x), outputs(&module, &x));
    assert_ne!(adapted, outputs(&base, &x));
    assert!(merged.iter().zip(&adapted).all(|(a, b)| (a - b).abs() < 1e-5), "{merged:?} {adapted:?}");
}

#[test]
fn the_running_variance_is_that_of_who_wrote_the_file() {
    let net = |producer: &str| {
        let mut net = Net::new()
            .input("x", F32, &[-1, 1])
            .floats("s", &[1], &[1.0])
            .floats("b", &[1], &[0.0])
            .floats("mean", &[1], &[0.0])
            .floats("var", &[1], &[1.0])
            .op("BatchNormalization", "x s b mean var -> y", vec![float("momentum", 0.5)])
            .output("y");
        net.0.producer_name = producer.into();
        net
    };
    let variance = |producer: &str, unbiased_variance| {
        let module = net(producer).chosen(&Choice { unbiased_variance, ..Choice::default() }).unwrap();
        module.forward(&tensor(&[1.0, 3.0], &[2, 1])).unwrap();
        module.parameter("var").unwrap().value().to_f32().unwrap()
    };
    // The batch's variance is 1 with the divisor 2, and 2 with the divisor 1.
    for (producer, choice, expected) in
        [("", None, 1.0), ("pytorch", None, 1.5), ("", Some(true), 1.5), ("pytorch", Some(false), 1.0)]
    {
        assert_eq!(variance(producer, choice), [expected], "{producer} {choice:?}");
    }
}
