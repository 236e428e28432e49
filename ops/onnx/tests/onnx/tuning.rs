//! Quantised networks that are trained and written back quantised.

use onnx_net::{
    Choice, Graph, GraphMode, GraphValue, OnnxFile, export, module,
    proto::{ModelProto, TensorProto},
};
use ops::{
    Tensor,
    nn::{Module, Optimiser, Sgd},
};
use prost::Message as _;

use crate::{build::*, microsoft::near};

const U8: i32 = 2;
const I8: i32 = 3;
const I32: i32 = 6;

fn numbers(net: &mut Net, name: &str, data_type: i32, dims: &[i64], numbers: &[i32]) {
    net.graph().initializer.push(TensorProto {
        name: name.into(),
        data_type,
        dims: dims.to_vec(),
        int32_data: numbers.to_vec(),
        ..Default::default()
    });
}

const W: [i32; 8] = [-128, 127, 5, -60, 30, -7, 100, 2];

/// A net over a picture `x`, with weights and biases of 8 and 32 bits beside it.
fn base() -> Net {
    let mut net = Net::new().input("x", F32, &[1, 1, 3, 3]).floats("s", &[], &[0.02]).output("y");
    numbers(&mut net, "z", U8, &[], &[120]);
    numbers(&mut net, "w", I8, &[2, 1, 2, 2], &W);
    numbers(&mut net, "wz", I8, &[2], &[0, 3]);
    numbers(&mut net, "b", I32, &[2], &[50, -700]);
    net.floats("ws", &[2], &[0.01, 0.03]).floats("bs", &[2], &[0.0002, 0.0006])
}

/// As ONNX Runtime's quantiser writes it with QuantizeLinear and DequantizeLinear.
fn pairs() -> Net {
    let mut net = base()
        .op("QuantizeLinear", "x s z -> xq", vec![])
        .op("DequantizeLinear", "xq s z -> xd", vec![])
        .op("DequantizeLinear", "w ws wz -> wd", vec![int("axis", 0)])
        .op("DequantizeLinear", "b bs -> bd", vec![int("axis", 0)])
        .op("Conv", "xd wd bd -> y", vec![]);
    net.0.producer_name = "somebody".into();
    net
}

/// The same with operators on quantised numbers; the zero point of the weights is one for all.
fn operators() -> Net {
    base()
        .floats("t", &[], &[0.1])
        .op("QuantizeLinear", "x s z -> xq", vec![])
        .op("QLinearConv", "xq s z w ws wz t z b -> yq", vec![])
        .op("DequantizeLinear", "yq t z -> y", vec![])
}

fn x() -> Tensor {
    tensor(&[-2.4, 2.7, 0.16, -2.26, -1.12, 1.6, -2.34, -0.42, -2.16], &[1, 1, 3, 3])
}

fn output(network: &Module) -> Vec<f32> {
    let found = Graph::of(network).unwrap().compute(network, &[x().into()], GraphMode::Evaluation).unwrap();
    found[0].1.tensor("y").unwrap().to_f32().unwrap()
}

fn written(network: &Module) -> ModelProto {
    export::original(network, vec![]).unwrap().unwrap()
}

fn read(model: &ModelProto) -> Module {
    module(&OnnxFile::from_bytes(&model.encode_to_vec()).unwrap()).unwrap()
}

fn initialiser<'a>(model: &'a ModelProto, name: &str) -> &'a TensorProto {
    model.graph.as_ref().unwrap().initializer.iter().find(|tensor| tensor.name == name).unwrap()
}

/// Steps down the mean square of the output.
fn train(network: &Module, rate: f64, steps: usize) {
    let sgd = Optimiser::new(Sgd::default(), rate, network.named_parameters()).unwrap();
    for _ in 0..steps {
        let loss = network.forward(&x()).unwrap().square().unwrap().mean().unwrap();
        sgd.step(&loss.backward().unwrap()).unwrap();
    }
}

/// Out of ONNX Runtime 1.31.1: what [`pairs`], [`operators`] and a dynamically quantised product give.
const PAIRS: [f32; 8] = [7.07, -4.2588, 1.6154, 4.7506, -9.717, -1.5882, -8.7114, -2.9646];
const OPERATORS: [f32; 8] = [7.1, -4.3, 1.6, 4.8, -9.7, -1.6, -8.7, -3.0];
const DYNAMIC: [f32; 4] = [1.372549, 1.0193921, -0.12215687, 1.7241961];

#[test]
fn stored_numbers_are_parameters_and_the_first_forward_is_the_files() {
    for (net, expected) in [(pairs(), PAIRS), (operators(), OPERATORS)] {
        let network = net.module().unwrap();
        let mut names: Vec<_> = network.named_parameters().into_iter().map(|(name, _)| name).collect();
        names.sort();
        assert_eq!(names, ["b", "w"]);
        near(&output(&network), &expected);
        let w = network.parameter("w").unwrap().get().to_f32().unwrap();
        near(&w, &[-1.28, 1.27, 0.05, -0.6, 0.81, -0.3, 2.91, -0.03]);
        near(&network.parameter("b").unwrap().get().to_f32().unwrap(), &[0.01, -0.42]);
        let report = net.report();
        assert_eq!(report.trained().count(), 2, "{report:?}");
    }
}

#[test]
fn what_was_not_trained_is_written_as_it_was() {
    for net in [pairs(), operators()] {
        let model = written(&net.module().unwrap());
        let bytes: Vec<u8> = W.iter().map(|&x| x as i8 as u8).collect();
        assert_eq!((initialiser(&model, "w").data_type, &initialiser(&model, "w").raw_data), (I8, &bytes));
        let biases: Vec<u8> = [50i32, -700].iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!((initialiser(&model, "b").data_type, &initialiser(&model, "b").raw_data), (I32, &biases));
    }
}

#[test]
fn a_tuned_network_is_written_back_quantised() {
    for net in [pairs(), operators()] {
        let network = net.module().unwrap();
        let before = output(&network);
        train(&network, 0.02, 20);
        let (after, model) = (output(&network), written(&network));
        let mean = |y: &[f32]| y.iter().map(|y| y * y).sum::<f32>();
        assert!(mean(&after) < 0.5 * mean(&before), "{before:?}, {after:?}");
        let w = initialiser(&model, "w");
        assert_eq!((w.data_type, w.raw_data.len(), &w.dims[..]), (I8, 8, &[2, 1, 2, 2][..]));
        assert_ne!(w.raw_data, W.iter().map(|&x| x as i8 as u8).collect::<Vec<_>>());
        for name in ["s", "ws", "bs", "z", "wz"] {
            assert_eq!(initialiser(&model, name), initialiser(&net.0, name));
        }
        // What is written computes what was trained, bit for bit.
        assert_eq!(output(&read(&model)), after);
    }
}

#[test]
fn scales_are_trained_where_they_are_named() {
    let one =
        || base().op("QuantizeLinear", "x s z -> q", vec![]).op("DequantizeLinear", "q s z -> y", vec![]);
    let trained =
        |names: &[&str]| Choice { train: names.iter().map(|&n| n.into()).collect(), ..Choice::default() };
    let network = one().chosen(&trained(&["s"])).unwrap();
    let weights = tensor(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], &[1, 1, 3, 3]);
    let y = network.forward(&x().mul_scalar(1.13).unwrap()).unwrap().mul(&weights).unwrap().sum().unwrap();
    let gradients = y.backward().unwrap();
    let s = network.parameter("s").unwrap().gradient(&gradients).unwrap();
    // torch 2.15: torch._fake_quantize_learnable_per_tensor_affine(1.13 x, s, z, 0, 255, 1.0), same weights.
    near(&s.to_f32().unwrap(), &[-2253.28]);
    // Beside the weights, and written back: the numbers by the trained scale are the network's.
    let network = pairs().chosen(&trained(&["s", "ws"])).unwrap();
    assert_eq!(network.named_parameters().len(), 4);
    near(&output(&network), &PAIRS);
    train(&network, 0.00002, 20);
    let (after, model) = (output(&network), written(&network));
    assert_ne!(initialiser(&model, "s"), initialiser(&pairs().0, "s"));
    near(&output(&read(&model)), &after);
}

#[test]
fn the_slope_of_a_weight_is_0_where_it_is_clipped() {
    let network = pairs().module().unwrap();
    let w = network.parameter("w").unwrap();
    // The limits of the first channel are -1.28 and 1.27.
    w.set(&tensor(&[-1.4, 1.3, 0.054, -0.6, 0.81, -0.3, 2.91, -0.03], &[2, 1, 2, 2])).unwrap();
    let y = network.forward(&x()).unwrap().sum().unwrap();
    let slope = w.gradient(&y.backward().unwrap()).unwrap().to_f32().unwrap();
    assert_eq!(slope[..2], [0.0, 0.0]);
    // The sum of the four numbers under each element of the kernel, which are on their own grid already.
    near(&slope[2..4], &[-2.26 - 1.12 - 2.34 - 0.42, -1.12 + 1.6 - 0.42 - 2.16]);
    let bytes = &written(&network);
    assert_eq!(initialiser(bytes, "w").raw_data[..3], [128, 127, 5]);
}

#[test]
fn the_scale_of_a_product_of_whole_numbers_stands_behind_it() {
    let mut net = Net::new()
        .input("x", F32, &[2, 3])
        .floats("W_scale", &[], &[0.01])
        .op("DynamicQuantizeLinear", "x -> xq xs xz", vec![])
        .op("MatMulInteger", "xq W xz Wz -> h", vec![])
        .op("Cast", "h -> c", vec![int("to", F32.into())])
        .op("Mul", "xs W_scale -> both", vec![])
        .op("Mul", "c both -> y", vec![])
        .output("y");
    numbers(&mut net, "W", I8, &[3, 2], &[-128, 127, 5, -60, 3, 99]);
    numbers(&mut net, "Wz", I8, &[], &[0]);
    let network = net.module().unwrap();
    let names: Vec<_> = network.named_parameters().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["W"]);
    near(&network.parameter("W").unwrap().get().to_f32().unwrap(), &[-1.28, 1.27, 0.05, -0.6, 0.03, 0.99]);
    let given: GraphValue = tensor(&[-1.0, 0.3, 2.5, 0.1, -0.7, 1.2], &[2, 3]).into();
    let found = Graph::of(&network).unwrap().compute(&network, &[given], GraphMode::File).unwrap();
    near(&found[0].1.tensor("y").unwrap().to_f32().unwrap(), &DYNAMIC);
}

#[test]
fn tables_whose_rows_are_dequantised_are_trained() {
    let table = |scale: &[f32]| {
        let mut net = Net::new().input("i", I64, &[2]).floats("s", &[scale.len() as i64], scale).output("y");
        numbers(&mut net, "table", I8, &[3, 2], &[-128, 127, 5, -60, 3, 99]);
        net.op("Gather", "table i -> rows", vec![]).op("DequantizeLinear", "rows s -> y", vec![])
    };
    let network = table(&[0.5]).module().unwrap();
    let ids = Tensor::from_data(vec![2i64, 0], [2], ops::Device::Cpu).unwrap();
    let y = network.forward(&ids).unwrap();
    assert_eq!(y.to_f32().unwrap(), [1.5, 49.5, -64.0, 63.5]);
    let slopes = y.sum().unwrap().backward().unwrap();
    let slope = network.parameter("table").unwrap().gradient(&slopes).unwrap().to_f32().unwrap();
    assert_eq!(slope, [1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    assert!(table(&[0.5, 0.25]).module().unwrap().named_parameters().is_empty());
}

#[test]
fn numbers_that_are_used_otherwise_stay_constants() {
    let twice = |second: &str, edges: &str| {
        let mut net = pairs();
        net = net.floats("other", &[2], &[0.5, 0.5]).op(second, edges, vec![]);
        net.graph().node.last_mut().unwrap().attribute = vec![int("axis", 0)];
        let net = net.output("more");
        let names = net.module().unwrap().named_parameters().into_iter().map(|(name, _)| name);
        names.collect::<Vec<_>>()
    };
    assert_eq!(twice("DequantizeLinear", "w other wz -> more"), ["b"]);
    assert_eq!(twice("Softmax", "bd -> more"), ["w", "b"]);
    // A single number is part of a formula, and one that an f32 does not hold cannot come back.
    let mut net = Net::new().input("x", F32, &[2]).floats("s", &[], &[0.1]).output("y");
    numbers(&mut net, "one", I8, &[], &[5]);
    numbers(&mut net, "long", I32, &[2], &[16_777_217, 1]);
    let net = net
        .op("DequantizeLinear", "one s -> a", vec![])
        .op("DequantizeLinear", "long s -> b", vec![])
        .op("Add", "x a -> c", vec![])
        .op("Add", "c b -> y", vec![]);
    assert!(net.module().unwrap().named_parameters().is_empty());
}
