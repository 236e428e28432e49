//! Operators of the domain `com.microsoft`. Every number that is expected came out of ONNX Runtime 1.31.1 on
//! the CPU, for a model of that one node.

use onnx_net::{Graph, GraphMode, proto::AttributeProto};
use ops::{DType, Device, Tensor};

use crate::build::*;

/// An input: its shape and its numbers; none is left out.
pub type Given<'a> = Option<(&'a [usize], &'a [f32])>;

pub fn given<'a>(shape: &'a [usize], numbers: &'a [f32]) -> Given<'a> {
    Some((shape, numbers))
}

/// The outputs of a node of that domain. Inputs `whole` are of 32-bit integers.
pub fn run(
    domain: &str,
    kind: &str,
    inputs: &[Given],
    whole: &[usize],
    outputs: usize,
    attributes: Vec<AttributeProto>,
) -> Vec<Vec<f32>> {
    let mut net = Net::new();
    let (mut edges, mut values) = (String::new(), vec![]);
    for (i, input) in inputs.iter().enumerate() {
        let Some((shape, numbers)) = input else {
            edges.push_str("_ ");
            continue;
        };
        let is_whole = whole.contains(&i);
        let sizes: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
        net = net.input(&format!("x{i}"), if is_whole { 6 } else { F32 }, &sizes);
        let x = Tensor::from_data(numbers.to_vec(), *shape, Device::Cpu).unwrap();
        values.push(x.cast(if is_whole { DType::I32 } else { DType::F32 }).unwrap().into());
        edges.push_str(&format!("x{i} "));
    }
    let names: Vec<_> = (0..outputs).map(|i| format!("y{i}")).collect();
    let net = names.iter().fold(net, |net, name| net.output(name));
    let mut net = net.op(kind, &format!("{edges}-> {}", names.join(" ")), attributes);
    net.graph().node[0].domain = domain.into();
    let module = net.module().unwrap();
    let found = Graph::of(&module).unwrap().compute(&module, &values, GraphMode::File).unwrap();
    found.iter().map(|(_, y)| y.tensor("y").map_or(vec![], |y| y.to_f32().unwrap())).collect()
}

#[track_caller]
pub fn near(found: &[f32], expected: &[f32]) {
    let fits = |(x, y): (&f32, &f32)| (x - y).abs() <= 2e-6 + 1e-5 * y.abs();
    assert!(found.len() == expected.len() && found.iter().zip(expected).all(fits), "{found:?}, {expected:?}");
}

/// The first output.
fn first(kind: &str, inputs: &[Given], attributes: Vec<AttributeProto>) -> Vec<f32> {
    run("com.microsoft", kind, inputs, &[], 1, attributes).swap_remove(0)
}

pub fn floats(name: &str, floats: &[f32]) -> AttributeProto {
    let r#type = onnx_net::proto::AttributeType::Floats as i32;
    AttributeProto { name: name.into(), r#type, floats: floats.to_vec(), ..Default::default() }
}

const A: [f32; 6] = [0.6, -0.6, -0.3, 0.9, 0.4, -0.9];
const B: [f32; 6] = [-0.7, 0.2, 0.2, -0.5, 0.9, 0.2];
const BIAS: [f32; 3] = [-0.6, 0.9, 0.5];

#[test]
fn activations() {
    let (a, bias) = (given(&[2, 3], &A), given(&[3], &BIAS));
    near(&first("Gelu", &[a], vec![]), &[0.435448, -0.164552, -0.114627, 0.734346, 0.262169, -0.165654]);
    near(&first("QuickGelu", &[a], vec![]), &[0.441124, -0.158876, -0.112516, 0.740043, 0.265567, -0.159957]);
    near(&first("BiasGelu", &[a, bias], vec![]), &[0.0, 0.185373, 0.115852, 0.185373, 1.17416, -0.137831]);
    near(&first("FastGelu", &[a, bias], vec![]), &[0.0, 0.185371, 0.115851, 0.185371, 1.17393, -0.137839]);
}

#[test]
fn products() {
    let (a, b) = (given(&[2, 3], &A), given(&[2, 3], &B));
    let halved = vec![int("transB", 1), float("alpha", 0.5)];
    near(&first("FusedMatMul", &[a, b], halved), &[-0.3, -0.45, -0.365, -0.135]);
    let left = [0.0, -0.5, -0.5, -0.9, -0.1, -0.4, 0.4, -0.2, -0.6, -1.0, -0.9, 0.4];
    let right = [-0.1, 0.1, 0.8, 1.0, -0.6, 0.3, -0.5, -1.0, 0.5, -0.4, -0.2, 0.2];
    let found = first(
        "FusedMatMul",
        &[given(&[2, 3, 2], &left), given(&[3, 2, 2], &right)],
        vec![int("transBatchA", 1)],
    );
    near(&found, &[-0.4, -0.5, -0.2, -0.16, 0.75, 0.75, 0.86, 0.82, 0.03, -0.04, -0.53, 0.44]);
    for (kind, expected) in
        [("Sigmoid", [0.598688, 0.524979, 0.567093, 0.674805]), ("HardSigmoid", [0.58, 0.52, 0.554, 0.646])]
    {
        let attributes = vec![int("transB", 1), text("activation", kind), float("activation_alpha", 0.2)];
        near(&first("FusedGemm", &[a, b, given(&[2], &[1.0, 1.0])], attributes), &expected);
    }
}

#[test]
fn convolutions() {
    let x = [0.7, 0.3, 0.7, -0.5, 0.6, -0.6, 0.9, 0.4, -0.6];
    let (w, z) = ([0.9, 0.5, -0.5, -0.6], [-0.9, -0.6, -0.2, -0.3]);
    let inputs =
        [given(&[1, 1, 3, 3], &x), given(&[1, 1, 2, 2], &w), given(&[1], &[0.0]), given(&[1, 1, 2, 2], &z)];
    for (kind, numbers, expected) in [
        ("Relu", &[][..], [0.0, 0.08, 0.0, 0.1]),
        ("LeakyRelu", &[0.1], [-0.023, 0.08, -0.104, 0.1]),
        ("Clip", &[-0.2, 0.3], [-0.2, 0.08, -0.2, 0.1]),
        ("HardSigmoid", &[0.3, 0.4], [0.331, 0.424, 0.088, 0.43]),
        ("Tanh", &[], [-0.226028, 0.0798297, -0.777888, 0.099668]),
    ] {
        let attributes = vec![text("activation", kind), floats("activation_params", numbers)];
        near(&first("FusedConv", &inputs, attributes), &expected);
    }
}

#[test]
fn normalisations_of_sums() {
    let (a, b) = (given(&[1, 2, 3], &A), given(&[1, 2, 3], &B));
    let gamma = given(&[3], &[0.1, 0.2, 0.5]);
    let (beta, bias) = (given(&[3], &[-0.4, -0.2, -0.6]), given(&[3], &BIAS));
    let eps = || vec![float("epsilon", 1e-5)];
    let found = run("com.microsoft", "SkipLayerNormalization", &[a, b, gamma, beta, bias], &[], 4, eps());
    near(&found[0], &[-0.54102, -0.0405865, -0.293436, -0.47071, 0.0828416, -0.953552]);
    near(&found[1], &[0.0666666, 0.6]);
    near(&found[2], &[1.83939, 0.88388]);
    near(&found[3], &[-0.7, 0.5, 0.4, -0.2, 2.2, -0.2]);
    let found = run("com.microsoft", "SkipSimplifiedLayerNormalization", &[a, b, gamma, bias], &[], 1, eps());
    near(&found[0], &[-0.1278, 0.182571, 0.365142, -0.0156173, 0.343581, -0.0780866]);
    let found = run("", "SimplifiedLayerNormalization", &[a, gamma], &[], 2, vec![]);
    near(&found[0], &[0.115468, -0.230936, -0.28867, 0.116839, 0.103857, -0.584197]);
    near(&found[1], &[1.92447, 1.29822]);
}

#[test]
fn embeddings() {
    let words = [-0.1, -0.4, 0.2, 0.7, -0.8, 0.0, -0.7, 0.4, -0.2, 0.1, -0.6, -0.7];
    let found = run(
        "com.microsoft",
        "EmbedLayerNormalization",
        &[
            given(&[1, 2], &[1.0, 0.0]),
            given(&[1, 2], &[0.0, 1.0]),
            given(&[3, 4], &words),
            given(&[2, 4], &[0.0, -0.3, 0.9, 0.5, 0.5, 0.8, -0.8, 0.1]),
            given(&[2, 4], &[0.2, 0.9, -0.4, -0.5, -0.8, -1.0, 0.9, 0.3]),
            given(&[4], &[0.6, -0.4, 0.2, -0.9]),
            given(&[4], &[0.0, 1.0, 0.8, -0.3]),
            given(&[1, 2], &[1.0, 0.0]),
        ],
        &[0, 1, 7],
        3,
        vec![],
    );
    near(&found[0], &[-0.817662, 0.538755, 0.695172, -0.960419, -0.449719, 1.41974, 0.859963, -1.64916]);
    assert_eq!(found[1], [1.0]);
    near(&found[2], &[-0.6, 0.6, -0.2, 0.4, -0.4, -0.6, 0.3, 1.1]);
}

/// Input, weights and bias of an attention of two heads of size 2, over three places.
const X: [f32; 12] = [0.1, 0.4, 0.2, 0.1, -0.2, 0.3, -0.1, 0.8, 0.9, -0.2, 0.6, 0.1];
const W: [f32; 48] = [
    0.1, 0.9, -0.9, -0.8, -1.0, 0.7, 0.6, 0.7, 1.0, 0.6, -0.1, 0.6, -0.8, 0.3, -0.7, 0.9, 0.0, -0.2, -0.5,
    0.5, -0.1, 0.1, -1.0, 0.2, 0.2, 0.2, 0.9, 0.4, -0.3, -0.1, 0.4, -0.9, 0.3, 0.3, -0.6, -0.7, -0.4, -0.3,
    0.1, -0.1, 1.0, -0.8, -0.6, -0.7, 0.3, -0.5, -0.1, -0.5,
];
const WB: [f32; 12] = [-0.7, -0.8, 0.3, -0.7, -0.6, -0.3, 0.6, -0.8, 0.7, -0.8, 1.0, -0.1];

/// The outputs of the attention with that mask and more inputs.
fn attention(more: &[Given], outputs: usize, attributes: Vec<AttributeProto>) -> Vec<Vec<f32>> {
    let own = [given(&[1, 3, 4], &X), given(&[4, 12], &W), given(&[12], &WB)];
    let attributes = [vec![int("num_heads", 2)], attributes].concat();
    run("com.microsoft", "Attention", &[&own, more].concat(), &[3], outputs, attributes)
}

#[test]
fn attention_with_masks() {
    let two = [
        0.785144, -0.930348, 0.583715, -0.325263, 0.782449, -0.940336, 0.580552, -0.320781, 0.777885,
        -0.957248, 0.602513, -0.351894,
    ];
    near(&attention(&[given(&[1, 3], &[1.0, 1.0, 0.0])], 1, vec![])[0], &two);
    near(&attention(&[given(&[1], &[2.0])], 1, vec![])[0], &two);
    let last = [
        1.4923, -0.493568, 0.720426, -0.275531, 1.45899, -0.527466, 0.721906, -0.259985, 1.41307, -0.574176,
        0.718372, -0.297098,
    ];
    near(&attention(&[given(&[2], &[3.0, 1.0])], 1, vec![])[0], &last);
    let rows = [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0];
    let each = [&[0.85, -0.69, 0.46, -0.15], &two[4..8], &last[8..]].concat();
    near(&attention(&[given(&[1, 3, 3], &rows)], 1, vec![])[0], &each);
    // What is behind a query is hidden more than what the mask hides.
    let causal = [0.85, -0.69, 0.46, -0.15, 0.68, -1.32, 0.7, -0.49];
    let causal = [&causal[..], &last[8..]].concat();
    let mask = given(&[1, 3], &[0.0, 1.0, 1.0]);
    near(&attention(&[mask], 1, vec![int("unidirectional", 1)])[0], &causal);
}

#[test]
fn attention_with_a_past_and_a_bias() {
    let past = given(&[2, 1, 2, 1, 2], &[1.0, 0.2, 0.5, -0.9, -0.4, -0.8, -0.4, -0.8]);
    let found = attention(&[None, past], 2, vec![int("unidirectional", 1)]);
    near(
        &found[0],
        &[
            0.609737, -0.711143, 0.0232505, -0.480101, 0.695077, -0.929966, 0.246656, -0.483964, 0.936828,
            -0.645873, 0.404109, -0.383901,
        ],
    );
    near(&found[1][..8], &[1.0, 0.2, -0.66, -0.41, 0.43, -1.13, -1.58, 0.23]);
    let bias =
        [-0.4, -0.2, -0.9, 0.4, 0.1, -0.5, 0.0, -0.8, 0.2, 0.9, -0.4, 0.3, -0.7, 0.4, -0.4, -0.6, 0.2, -1.0];
    near(
        &attention(&[None, None, given(&[1, 2, 3, 3], &bias)], 1, vec![float("scale", 0.5)])[0],
        &[
            1.08903, -0.732652, 0.584645, -0.176411, 1.04755, -0.724569, 0.668134, -0.31197, 1.33637,
            -0.490639, 0.655511, -0.347613,
        ],
    );
}

#[test]
fn attention_of_several_heads() {
    let q = given(&[1, 2, 4], &[0.7, -1.0, 0.4, -0.5, 0.5, 0.9, -0.5, 0.2]);
    let k = [0.2, 0.1, -0.6, 0.9, -0.1, 0.7, 0.4, -0.4, 0.6, -0.2, 0.8, 0.2];
    let v = [0.8, 0.4, 0.5, 0.0, 0.9, 0.3, -0.2, 0.2, -1.0, -0.4, 0.3, -0.4];
    let bias = given(&[12], &[0.2, -0.1, -0.7, -0.4, 0.1, 0.2, 0.1, 0.3, 0.3, -0.1, 0.8, -0.3]);
    let of = |more: &[Given], attributes: Vec<AttributeProto>| {
        let inputs = [&[q, given(&[1, 3, 4], &k), given(&[1, 3, 4], &v)], more].concat();
        let attributes = [vec![int("num_heads", 2)], attributes].concat();
        run("com.microsoft", "MultiHeadAttention", &inputs, &[4], 1, attributes).swap_remove(0)
    };
    let plain = [-0.0649403, -0.0109444, 0.130032, -0.0681445, 0.316306, 0.126812, 0.256875, -0.0486799];
    near(&of(&[], vec![]), &plain);
    let masked = [1.13413, 0.265872, 0.845614, -0.170176, 1.15476, 0.245241, 1.06222, -0.232062];
    near(&of(&[bias, given(&[1, 3], &[1.0, 1.0, 0.0])], vec![]), &masked);
    let causal = [&[0.8, 0.4, 0.5, 0.0], &plain[4..]].concat();
    near(&of(&[], vec![int("unidirectional", 1)]), &causal);
}

#[test]
fn old_files_do_not_import_the_domain() {
    let mut net = Net::new().input("x", F32, &[2]).op("Gelu", "x -> y", vec![]).output("y");
    net.graph().node[0].domain = "com.microsoft".into();
    assert!(net.module().is_ok());
    net.graph().node[0].op_type = "Frobnicate".into();
    let error = net.module().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("operator com.microsoft.Frobnicate"), "{error}");
}
