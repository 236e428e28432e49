//! Gradients of operators that are more than one operation, against central differences in f64.

use onnx_net::{Graph, GraphMode, GraphValue};
use ops::{Tensor, random};

use crate::{build::*, functions::body};

/// Numbers from 0 to 1 that no two inputs share.
fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let word = |i: usize| random::Key::new(seed).draw(0).words(i as u64)[0];
    (0..n).map(|i| f64::from(word(i)) / f64::from(u32::MAX)).collect()
}

/// The gradient of the sum of squares of the outputs by every element of every input, from -1/2 to 1/2.
fn check(net: Net, shapes: &[&[usize]]) {
    check_from(-0.5, net, shapes);
}

/// [`check`] with inputs from `low` to `low + 1`.
pub fn check_from(low: f64, net: Net, shapes: &[&[usize]]) {
    let module = net.module().unwrap();
    let graph = Graph::of(&module).unwrap();
    let input = |(i, shape): (usize, &&[usize])| {
        numbers(shape.iter().product(), i as u64).into_iter().map(|x| x + low).collect()
    };
    let inputs: Vec<Vec<f64>> = shapes.iter().enumerate().map(input).collect();
    let tensors = |inputs: &[Vec<f64>]| -> Vec<Tensor> {
        let pairs = inputs.iter().zip(shapes);
        pairs.map(|(v, s)| Tensor::from_data(v.clone(), s.to_vec(), ops::Device::Cpu).unwrap()).collect()
    };
    let total = |tensors: &[Tensor]| {
        let values: Vec<GraphValue> = tensors.iter().cloned().map(GraphValue::from).collect();
        let outputs = graph.compute(&module, &values, GraphMode::File).unwrap();
        let squares = outputs.iter().map(|(_, y)| y.tensor("y").unwrap().square().unwrap().sum().unwrap());
        squares.reduce(|a, b| a.add(&b).unwrap()).unwrap()
    };
    let leaves: Vec<Tensor> = tensors(&inputs).iter().map(|x| x.track().unwrap()).collect();
    let gradients = total(&leaves).backward().unwrap();
    const STEP: f64 = 1e-5;
    for (i, leaf) in leaves.iter().enumerate() {
        let found = gradients.of(leaf).expect("a gradient for every input").to_f64().unwrap();
        for (k, found) in found.iter().enumerate() {
            let at = |by: f64| {
                let mut moved = inputs.clone();
                moved[i][k] += by;
                total(&tensors(&moved)).item().unwrap()
            };
            let expected = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            assert!((found - expected).abs() < 1e-6, "input {i}, element {k}: {found}, expected {expected}");
        }
    }
}

#[test]
fn recurrent_layers() {
    for (kind, gates, extra) in [
        ("RNN", 1, vec![]),
        ("GRU", 3, vec![]),
        ("GRU", 3, vec![int("linear_before_reset", 1)]),
        ("LSTM", 4, vec![]),
    ] {
        let attributes = [extra, vec![int("hidden_size", 2), text("direction", "bidirectional")]].concat();
        let net = Net::new()
            .input("x", F64, &[3, 2, 2])
            .input("w", F64, &[2, 2 * gates, 2])
            .input("r", F64, &[2, 2 * gates, 2])
            .input("b", F64, &[2, 4 * gates])
            .op(kind, "x w r b -> y h", attributes)
            .output("y")
            .output("h");
        let gates = gates as usize;
        check(net, &[&[3, 2, 2], &[2, 2 * gates, 2], &[2, 2 * gates, 2], &[2, 4 * gates]]);
    }
}

#[test]
fn attention() {
    let net = Net::new()
        .opset(23)
        .input("q", F64, &[1, 2, 3, 2])
        .input("k", F64, &[1, 1, 3, 2])
        .input("v", F64, &[1, 1, 3, 2])
        .op("Attention", "q k v -> y", vec![int("is_causal", 1)])
        .output("y");
    check(net, &[&[1, 2, 3, 2], &[1, 1, 3, 2], &[1, 1, 3, 2]]);
}

#[test]
fn resizing() {
    for mode in ["linear", "cubic"] {
        let net = Net::new()
            .input("x", F64, &[1, 1, 3, 4])
            .floats("scales", &[4], &[1.0, 1.0, 1.7, 0.6])
            .op("Resize", "x _ scales -> y", vec![text("mode", mode), int("antialias", 1)])
            .output("y");
        check(net, &[&[1, 1, 3, 4]]);
    }
}

#[test]
fn sampling_by_a_grid() {
    for (mode, edge) in [("linear", "zeros"), ("cubic", "border"), ("linear", "reflection")] {
        let net = Net::new()
            .opset(20)
            .input("x", F64, &[1, 2, 3, 4])
            .input("grid", F64, &[1, 2, 3, 2])
            .op("GridSample", "x grid -> y", vec![text("mode", mode), text("padding_mode", edge)])
            .output("y");
        check(net, &[&[1, 2, 3, 4], &[1, 2, 3, 2]]);
    }
}

#[test]
fn volumes() {
    let net = Net::new()
        .input("x", F64, &[1, 2, 3, 3, 3])
        .input("w", F64, &[2, 2, 2, 2, 2])
        .input("back", F64, &[2, 1, 2, 2, 2])
        .op("Conv", "x w -> h", vec![list("pads", &[1, 0, 0, 0, 0, 1]), list("strides", &[2, 1, 1])])
        .op(
            "ConvTranspose",
            "h back -> y",
            vec![list("strides", &[2, 1, 2]), list("pads", &[0, 1, 0, 1, 0, 0])],
        )
        .output("y");
    check(net, &[&[1, 2, 3, 3, 3], &[2, 2, 2, 2, 2], &[2, 1, 2, 2, 2]]);
}

#[test]
fn windows_of_any_form() {
    for kind in ["AveragePool", "LpPool", "MaxPool"] {
        let attributes = vec![
            list("kernel_shape", &[2, 3]),
            list("strides", &[1, 2]),
            list("pads", &[0, 1, 1, 0]),
            int("ceil_mode", 1),
        ];
        let net = Net::new().input("x", F64, &[1, 2, 4, 5]).op(kind, "x -> y", attributes).output("y");
        check(net, &[&[1, 2, 4, 5]]);
    }
}

#[test]
fn normalisations() {
    let net = Net::new()
        .opset(23)
        .input("x", F64, &[2, 4, 3])
        .input("s", F64, &[3])
        .input("c", F64, &[4])
        .op("LayerNormalization", "x s s -> a", vec![])
        .op("RMSNormalization", "a s -> b", vec![])
        .op("GroupNormalization", "b c c -> d", vec![int("num_groups", 2)])
        .op("InstanceNormalization", "d c c -> e", vec![])
        .op("LpNormalization", "e -> y", vec![int("axis", 1)])
        .output("y");
    check(net, &[&[2, 4, 3], &[3], &[4]]);
}

#[test]
fn sums_by_name_and_scattering() {
    let net = Net::new()
        .input("x", F64, &[2, 3, 3])
        .input("w", F64, &[3, 4])
        .op("Einsum", "x w -> y", vec![text("equation", "bii,ij->bj")])
        .output("y");
    check(net, &[&[2, 3, 3], &[3, 4]]);
    for reduction in ["none", "add", "mul", "max"] {
        let net = Net::new()
            .input("x", F64, &[4, 2])
            .input("u", F64, &[3, 2])
            .ints("flat", &[0, 2, 2])
            .ints("column", &[3, 1])
            .op("Reshape", "flat column -> rows", vec![])
            .op("ScatterND", "x rows u -> y", vec![text("reduction", reduction)])
            .output("y");
        check(net, &[&[4, 2], &[3, 2]]);
    }
}

#[test]
fn batch_normalisation_in_training() {
    let net = Net::new()
        .input("x", F64, &[3, 2, 2])
        .input("s", F64, &[2])
        .input("b", F64, &[2])
        .doubles("mean", &[2], &[0.0, 0.0])
        .doubles("var", &[2], &[1.0, 1.0])
        .op("BatchNormalization", "x s b mean var -> n _ _", vec![int("training_mode", 1)])
        .op("Exp", "n -> y", vec![])
        .output("y");
    check(net, &[&[3, 2, 2], &[2], &[2]]);
}

#[test]
fn a_loop_that_carries_several_values() {
    let inner = Net::new()
        .input("i", I64, &[])
        .input("on", 9, &[])
        .input("p", F64, &[2, 2])
        .input("q", F64, &[2, 2])
        .op("Identity", "on -> still", vec![])
        .op("MatMul", "p w -> a", vec![])
        .op("Mul", "a q -> next_p", vec![])
        .op("Tanh", "p -> next_q", vec![])
        .output("still")
        .output("next_p")
        .output("next_q")
        .output("a");
    let mut net = Net::new()
        .input("p0", F64, &[2, 2])
        .input("q0", F64, &[2, 2])
        .input("w", F64, &[2, 2])
        .ints("rounds", &[3])
        .op("Loop", "rounds _ p0 q0 -> p_end q_end list", vec![body("body", inner.0.graph.as_ref().unwrap())])
        .output("p_end")
        .output("q_end")
        .output("list");
    net.graph().initializer[0].dims.clear();
    check(net, &[&[2, 2], &[2, 2], &[2, 2]]);
}

#[test]
fn padding() {
    for mode in ["constant", "reflect", "edge", "wrap"] {
        let net = Net::new()
            .opset(19)
            .input("x", F64, &[3, 4])
            .ints("pads", &[1, 2, 0, 1])
            .op("Pad", "x pads -> y", vec![text("mode", mode)])
            .output("y");
        check(net, &[&[3, 4]]);
    }
}

#[test]
fn gathering() {
    let net = Net::new()
        .input("x", F64, &[3, 2])
        .ints("rows", &[2, 0, 2, -1])
        .ints("flat", &[0, 1, 2, 0, 2, 0])
        .ints("pairs_shape", &[3, 2])
        .op("Gather", "x rows -> a", vec![])
        .op("Reshape", "flat pairs_shape -> pairs", vec![])
        .op("GatherND", "x pairs -> b", vec![])
        .output("a")
        .output("b");
    check(net, &[&[3, 2]]);
}

#[test]
fn orders_and_running_sums() {
    let net = Net::new()
        .input("x", F64, &[2, 4])
        .ints("k", &[3])
        .ints("axis", &[1])
        .op("TopK", "x k -> a _", vec![int("axis", 1)])
        .op("CumSum", "x axis -> b", vec![int("exclusive", 1), int("reverse", 1)])
        .op("CumSum", "a axis -> c", vec![])
        .output("b")
        .output("c");
    check(net, &[&[2, 4]]);
}

#[test]
fn slopes_and_inverses() {
    let net = Net::new()
        .input("x", F64, &[2, 3])
        .input("slope", F64, &[3])
        .op("PRelu", "x slope -> a", vec![])
        .op("Celu", "x -> b", vec![float("alpha", 0.5)])
        .op("Asinh", "x -> c", vec![])
        .output("a")
        .output("b")
        .output("c");
    check(net, &[&[2, 3], &[3]]);
}
