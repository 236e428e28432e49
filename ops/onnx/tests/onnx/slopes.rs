//! The slope of every operator that has one, against central differences in f64: a line each.

use onnx_net::{Graph, GraphMode, proto::AttributeProto};
use ops::Tensor;

use crate::{build::*, functions::body, gradients::check_from};

/// Nodes over the inputs `a`, `b`, .. of these shapes, from `low` to `low + 1`, and constant lists.
/// Attributes are the last node's; a domain stands before a colon.
fn nodes(
    lines: &str,
    low: f64,
    shapes: &[&[usize]],
    constants: &[(&str, &[i64])],
    attributes: Vec<AttributeProto>,
) {
    let mut net = Net::new().opset(26).output("y");
    for (name, shape) in ["a", "b", "c", "d", "e"].iter().zip(shapes) {
        net = net.input(name, F64, &shape.iter().map(|&n| n as i64).collect::<Vec<_>>());
    }
    for (name, list) in constants {
        net = net.ints(name, list);
    }
    for line in lines.split("; ") {
        let (kind, edges) = line.split_once(' ').unwrap();
        let (domain, kind) = kind.split_once(':').unwrap_or(("", kind));
        net = net.op(kind, edges, vec![]);
        net.graph().node.last_mut().unwrap().domain = domain.into();
    }
    net.graph().node.last_mut().unwrap().attribute = attributes;
    println!("{lines}");
    check_from(low, net, shapes);
}

#[test]
fn functions_of_one_element() {
    for kind in [
        "Neg",
        "Abs",
        "Sin",
        "Cos",
        "Tan",
        "Asin",
        "Acos",
        "Atan",
        "Sinh",
        "Cosh",
        "Asinh",
        "Atanh",
        "Erf",
        "Exp",
        "Relu",
        "LeakyRelu",
        "Elu",
        "Celu",
        "Selu",
        "Sigmoid",
        "HardSigmoid",
        "HardSwish",
        "Tanh",
        "Softplus",
        "Softsign",
        "Mish",
        "Gelu",
        "Swish",
        "Softmax",
        "LogSoftmax",
        "Identity",
        "Flatten",
        "Transpose",
    ] {
        nodes(&format!("{kind} a -> y"), -0.5, &[&[2, 3]], &[], vec![]);
    }
    for (kind, low) in [("Sqrt", 0.5), ("Log", 0.5), ("Reciprocal", 0.5), ("Acosh", 1.5), ("Asinh", -40.0)] {
        nodes(&format!("{kind} a -> y"), low, &[&[2, 3]], &[], vec![]);
    }
    nodes("ThresholdedRelu a -> y", -0.5, &[&[6]], &[], vec![float("alpha", 0.1)]);
    nodes("Shrink a -> y", -0.5, &[&[6]], &[], vec![float("lambd", 0.2), float("bias", 0.1)]);
    nodes("Gelu a -> y", -0.5, &[&[6]], &[], vec![text("approximate", "tanh")]);
    nodes("Cast a -> y", -0.5, &[&[6]], &[], vec![int("to", F64.into())]);
    nodes("CastLike a b -> z; Add z b -> y", -0.5, &[&[6], &[6]], &[], vec![]);
    nodes("Clip a low -> y", -0.5, &[&[6]], &[("low", &[0])], vec![]);
}

#[test]
fn functions_of_several() {
    for kind in ["Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean", "PRelu"] {
        nodes(&format!("{kind} a b -> y"), -0.5, &[&[2, 3], &[3]], &[], vec![]);
    }
    for kind in ["Div", "Pow"] {
        nodes(&format!("{kind} a b -> y"), 0.5, &[&[2, 3], &[3]], &[], vec![]);
    }
    nodes("Mod a b -> y", 0.5, &[&[2, 3], &[3]], &[], vec![int("fmod", 1)]);
    nodes("Mod a b -> y", 0.5, &[&[2, 3], &[3]], &[], vec![int("fmod", 0)]);
    nodes("Greater a b -> more; Where more a b -> y", -0.5, &[&[2, 3], &[3]], &[], vec![]);
    nodes("MatMul a b -> y", -0.5, &[&[2, 2, 3], &[3, 2]], &[], vec![]);
    let scaled = vec![float("alpha", 0.5), float("beta", 2.0), int("transA", 1), int("transB", 1)];
    nodes("Gemm a b c -> y", -0.5, &[&[3, 2], &[4, 3], &[4]], &[], scaled);
    nodes("Concat a b -> y", -0.5, &[&[2, 3], &[2, 1]], &[], vec![int("axis", 1)]);
}

#[test]
fn reductions() {
    for kind in ["Sum", "Mean", "Max", "Min", "Prod", "L1", "L2", "SumSquare", "LogSumExp"] {
        nodes(&format!("Reduce{kind} a axes -> y"), -0.5, &[&[2, 3, 2]], &[("axes", &[1, -1])], vec![]);
    }
    nodes("ReduceLogSum a axes -> y", 0.5, &[&[2, 3]], &[("axes", &[0])], vec![]);
}

#[test]
fn elements_moved() {
    let x: &[&[usize]] = &[&[2, 3, 4]];
    let moved = |lines: &str, constants: &[(&str, &[i64])], attributes| {
        nodes(lines, -0.5, x, constants, attributes);
    };
    moved("Reshape a to -> y", &[("to", &[0, -1])], vec![]);
    moved("Unsqueeze a at -> b; Squeeze b at -> y", &[("at", &[1])], vec![]);
    moved("Transpose a -> y", &[], vec![list("perm", &[2, 0, 1])]);
    moved("Unsqueeze a at -> b; Expand b to -> y", &[("at", &[0]), ("to", &[2, 1, 1, 1])], vec![]);
    moved("Tile a times -> y", &[("times", &[1, 2, 1])], vec![]);
    moved("Split a -> b c; Mul b c -> y", &[], vec![]);
    moved(
        "Slice a s e at by -> y",
        &[("s", &[-1, 0]), ("e", &[0, 2]), ("at", &[2, 1]), ("by", &[-2, 1])],
        vec![],
    );
    moved("Gather a i -> y", &[("i", &[1, -1, 1])], vec![int("axis", 2)]);
    moved("GatherND a i -> y", &[("i", &[1, -1])], vec![]);
    moved("Compress a i -> y", &[("i", &[1, 0, 1])], vec![int("axis", 1)]);
    moved("TopK a k -> y", &[("k", &[2])], vec![int("axis", 1)]);
    moved("CumSum a at -> y", &[("at", &[1])], vec![int("exclusive", 1), int("reverse", 1)]);
    moved("CumProd a at -> y", &[("at", &[2])], vec![int("exclusive", 1)]);
    moved("Trilu a -> y", &[], vec![int("upper", 0)]);
    moved("ReverseSequence a n -> y", &[("n", &[2, 1, 2])], vec![]);
    moved("CenterCropPad a to -> y", &[("to", &[3, 2, 4])], vec![]);
    for mode in ["constant", "reflect", "edge", "wrap"] {
        moved("Pad a by -> y", &[("by", &[0, 1, -1, 0, 1, 2])], vec![text("mode", mode)]);
    }
    for (kind, shape) in [("DepthToSpace", [1, 4, 2, 1]), ("SpaceToDepth", [1, 1, 4, 2])] {
        nodes(&format!("{kind} a -> y"), -0.5, &[&shape], &[], vec![int("blocksize", 2)]);
    }
    nodes("GatherElements a i -> y", -0.5, &[&[4]], &[("i", &[3, 0, 3])], vec![]);
    nodes("OneHot i n a -> y", -0.5, &[&[2]], &[("i", &[3, 0, 3]), ("n", &[4])], vec![]);
    for reduction in ["none", "add", "mul", "max", "min"] {
        let attributes = vec![text("reduction", reduction)];
        nodes("ScatterElements a i b -> y", -0.5, &[&[4], &[3]], &[("i", &[3, 0, 3])], attributes);
    }
}

#[test]
fn windows_and_channels() {
    let image: &[usize] = &[2, 4, 3, 3];
    for kind in ["GlobalMaxPool", "GlobalAveragePool", "GlobalLpPool"] {
        nodes(&format!("{kind} a -> y"), -0.5, &[image], &[], vec![]);
    }
    nodes("LpPool a -> y", -0.5, &[image], &[], vec![list("kernel_shape", &[2, 2]), int("p", 3)]);
    nodes("MaxPool a -> y", -0.5, &[image], &[], vec![list("kernel_shape", &[2, 2])]);
    nodes("AveragePool a -> y", -0.5, &[image], &[], vec![list("kernel_shape", &[2, 2])]);
    nodes("LRN a -> y", -0.5, &[image], &[], vec![int("size", 3), float("alpha", 0.5)]);
    nodes("LpNormalization a -> y", -0.5, &[image], &[], vec![int("p", 1), int("axis", 1)]);
    nodes("MeanVarianceNormalization a -> y", -0.5, &[image], &[], vec![]);
    let numbers: &[usize] = &[4];
    nodes(
        "BatchNormalization a b c d e -> y",
        0.5,
        &[image, numbers, numbers, numbers, numbers],
        &[],
        vec![],
    );
    let attributes = vec![int("group", 2), list("pads", &[0, 1, 1, 0]), list("dilations", &[2, 1])];
    nodes("Conv a b c -> y", -0.5, &[image, &[2, 2, 2, 2], &[2]], &[], attributes);
    nodes("Conv a b -> y", -0.5, &[&[1, 2, 5], &[1, 2, 3]], &[], vec![list("strides", &[2])]);
    let attributes = vec![int("group", 2), list("strides", &[2, 1]), list("output_padding", &[1, 0])];
    nodes("ConvTranspose a b c -> y", -0.5, &[&[1, 2, 2, 2], &[2, 1, 2, 2], &[2]], &[], attributes);
    nodes("ConvTranspose a b -> y", -0.5, &[&[1, 2, 3], &[2, 1, 3]], &[], vec![list("strides", &[2])]);
    nodes(
        "Reshape i to -> j; MaxUnpool a j -> y",
        -0.5,
        &[&[1, 1, 2, 2]],
        &[("i", &[5, 7, 13, 15]), ("to", &[1, 1, 2, 2])],
        vec![list("kernel_shape", &[2, 2]), list("strides", &[2, 2])],
    );
    let padded = vec![list("pads", &[1, 0, 0, 1]), list("dilations", &[1, 2])];
    nodes(
        "Col2Im a image block -> y",
        -0.5,
        &[&[1, 8, 6]],
        &[("image", &[2, 4]), ("block", &[2, 2])],
        padded,
    );
}

#[test]
fn places_heads_and_losses() {
    nodes("Resize a _ _ to -> y", -0.5, &[&[1, 1, 2, 3]], &[("to", &[1, 1, 3, 2])], vec![]);
    nodes("AffineGrid a to -> y", -0.5, &[&[1, 2, 3]], &[("to", &[1, 1, 2, 3])], vec![]);
    let heads: &[usize] = &[1, 2, 3, 4];
    nodes("RotaryEmbedding a b c -> y", -0.5, &[heads, &[1, 3, 2], &[1, 3, 2]], &[], vec![]);
    let past: &[usize] = &[1, 2, 1, 4];
    nodes(
        "Attention a b c _ d e -> y",
        -0.5,
        &[heads, heads, heads, past, past],
        &[],
        vec![float("softcap", 2.0)],
    );
    for kind in ["NegativeLogLikelihoodLoss", "SoftmaxCrossEntropyLoss"] {
        nodes(&format!("{kind} a i b -> y"), 0.5, &[&[2, 3], &[3]], &[("i", &[2, 0])], vec![]);
    }
}

#[test]
fn fusions_of_onnx_runtime() {
    let fused = |line: &str, shapes: &[&[usize]], attributes| {
        nodes(&format!("com.microsoft:{line} -> y"), -0.5, shapes, &[], attributes);
    };
    for kind in ["Gelu", "FastGelu", "QuickGelu"] {
        fused(&format!("{kind} a"), &[&[2, 3]], vec![]);
    }
    for kind in ["BiasGelu", "FastGelu"] {
        fused(&format!("{kind} a b"), &[&[2, 3], &[3]], vec![]);
    }
    fused("FusedMatMul a b", &[&[2, 3, 2], &[3, 2, 2]], vec![int("transBatchA", 1), float("alpha", 2.0)]);
    fused("FusedGemm a b c", &[&[2, 3], &[3, 2], &[2]], vec![text("activation", "Tanh")]);
    let image: &[usize] = &[1, 1, 2, 2];
    fused("FusedConv a b c d", &[&[1, 1, 3, 3], image, &[1], image], vec![text("activation", "Sigmoid")]);
    let rows: &[usize] = &[1, 2, 3];
    fused("SkipLayerNormalization a b c d e", &[rows, rows, &[3], &[3], &[3]], vec![]);
    fused("SkipSimplifiedLayerNormalization a b c d", &[rows, rows, &[3], &[3]], vec![]);
    let heads = || vec![int("num_heads", 2), int("unidirectional", 1)];
    fused("Attention a b c _ d", &[&[1, 3, 4], &[4, 12], &[12], &[2, 1, 2, 1, 2]], heads());
    let places: &[usize] = &[1, 3, 4];
    fused("MultiHeadAttention a b c d _ e", &[places, places, places, &[12], &[1, 2, 3, 3]], heads());
    fused("MultiHeadAttention a", &[&[1, 2, 2, 3, 2]], vec![int("num_heads", 2)]);
    nodes("SimplifiedLayerNormalization a b -> y", -0.5, &[rows, &[3]], &[], vec![]);
    let ids = &[("i", &[1, 0][..]), ("shape", &[1, 2])];
    let embed = "Reshape i shape -> j; com.microsoft:EmbedLayerNormalization j j a b c d e -> y";
    nodes(embed, -0.5, &[&[3, 4], &[2, 4], &[2, 4], &[4], &[4]], ids, vec![]);
}

#[test]
fn sequences() {
    let x: &[&[usize]] = &[&[2, 3]];
    let split = "SplitToSequence a sizes -> s; SequenceAt s last -> y";
    nodes(split, -0.5, &[&[3, 2]], &[("sizes", &[2, 1]), ("last", &[-1])], vec![]);
    nodes("SplitToSequence a -> s; ConcatFromSequence s -> y", -0.5, x, &[], vec![int("axis", 1)]);
    let stacked = vec![int("axis", -1), int("new_axis", 1)];
    nodes("SequenceConstruct a b -> s; ConcatFromSequence s -> y", -0.5, &[&[3], &[3]], &[], stacked);
    let moved = "\
        SequenceEmpty -> none; SequenceInsert none a -> one; SequenceInsert one b first -> two; \
        SequenceInsert two a -> three; SequenceErase three -> s; ConcatFromSequence s -> y";
    nodes(moved, -0.5, &[&[3], &[3]], &[("first", &[0])], vec![int("axis", 0)]);
}

#[test]
fn rounds_of_a_scan() {
    let inner = Net::new()
        .input("s", F64, &[2])
        .input("x", F64, &[2])
        .op("Mul", "s x -> t", vec![])
        .op("Sin", "t -> u", vec![])
        .output("t")
        .output("u");
    let attributes = vec![body("body", inner.0.graph.as_ref().unwrap()), int("num_scan_inputs", 1)];
    nodes("Scan a b -> y z", 0.5, &[&[2], &[3, 2]], &[], attributes.clone());
    nodes("Scan a b -> z y", 0.5, &[&[2], &[3, 2]], &[], attributes);
}

/// The slope of the sum of the output at a point.
fn slope(kind: &str, at: &[f32], shape: &[usize], attributes: Vec<AttributeProto>) -> Vec<f32> {
    let sizes: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
    let net = Net::new().input("x", F32, &sizes).op(kind, "x -> y", attributes).output("y");
    let (module, x) = (net.module().unwrap(), tensor(at, shape).track().unwrap());
    let outputs =
        Graph::of(&module).unwrap().compute(&module, &[x.clone().into()], GraphMode::Evaluation).unwrap();
    let y: &Tensor = outputs[0].1.tensor("y").unwrap();
    y.sum().unwrap().backward().unwrap().of(&x).unwrap().to_f32().unwrap()
}

#[test]
fn slopes_are_finite_where_a_root_is_of_nothing() {
    let window = vec![list("kernel_shape", &[2])];
    assert_eq!(slope("LpPool", &[0.0, 0.0, 3.0], &[1, 1, 3], window), [0.0, 0.0, 1.0]);
    assert_eq!(slope("GlobalLpPool", &[0.0; 3], &[1, 1, 3], vec![]), [0.0; 3]);
    assert_eq!(slope("Asinh", &[0.0], &[1], vec![]), [1.0]);
    let alike = slope("MeanVarianceNormalization", &[2.0; 4], &[1, 1, 2, 2], vec![]);
    assert!(alike.iter().all(|slope| slope.is_finite()), "{alike:?}");
}
