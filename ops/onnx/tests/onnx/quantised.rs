//! Quantised operators. Every number that is expected came out of ONNX Runtime 1.31.1 on the CPU, for a model
//! of that one node, or out of PyTorch 2.15's `fake_quantize_per_tensor_affine`.

use onnx_net::{Graph, GraphMode, GraphValue, proto::AttributeProto};
use ops::{DType, Device, Tensor};

use crate::{build::*, microsoft::near};

/// The number of an element type, and what stands for it.
fn element(name: &str) -> (i32, DType) {
    match name {
        "u8" => (2, DType::I32),
        "i8" => (3, DType::I32),
        "i32" => (6, DType::I32),
        _ => (F32, DType::F32),
    }
}

/// A node's first output. Inputs are written as `u8 2x3: 0 255 ..`, and `_` for one that is left out.
fn run(kind: &str, inputs: &str, attributes: Vec<AttributeProto>) -> Vec<f32> {
    exactly(kind, inputs, attributes).into_iter().map(|y| y as f32).collect()
}

/// [`run`], with all digits.
fn exactly(kind: &str, inputs: &str, attributes: Vec<AttributeProto>) -> Vec<f64> {
    let (mut net, mut edges, mut values) = (Net::new(), String::new(), vec![]);
    for (i, input) in inputs.split("; ").enumerate() {
        let Some((form, numbers)) = input.split_once(": ") else {
            edges.push_str("_ ");
            continue;
        };
        let (dtype, sizes) = form.split_once(' ').unwrap();
        let shape: Vec<usize> = sizes.split('x').filter(|n| *n != "-").map(|n| n.parse().unwrap()).collect();
        let sizes: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
        let numbers: Vec<f32> = numbers.split(' ').map(|x| x.parse().unwrap()).collect();
        let (number, held) = element(dtype);
        net = net.input(&format!("x{i}"), number, &sizes);
        let x = Tensor::from_data(numbers, shape, Device::Cpu).unwrap();
        values.push(GraphValue::from(x.cast(held).unwrap()));
        edges.push_str(&format!("x{i} "));
    }
    let (domain, kind) = kind.split_once(':').unwrap_or(("", kind));
    let mut net = net.op(kind, &format!("{edges}-> y"), attributes).output("y");
    net.graph().node[0].domain = domain.into();
    let module = net.module().unwrap();
    let found = Graph::of(&module).unwrap().compute(&module, &values, GraphMode::File).unwrap();
    found[0].1.tensor("y").unwrap().to_f64().unwrap()
}

const PICTURE: &str = "u8 1x1x4x4: 0 255 128 7 64 200 3 99 12 250 251 180 1 90 77 33";
const KERNELS: &str = "i8 2x1x2x2: -128 127 5 -60 30 -7 100 2";
const A: &str = "u8 2x3: 0 255 13 7 128 200";
const B: &str = "i8 3x2: -128 127 5 -60 3 99";
const ROW: &str = "u8 6: 0 255 13 7 128 200";
const OTHER: &str = "u8 6: 9 1 254 77 30 180";

#[test]
fn convolutions_and_products() {
    let inputs = format!(
        "{PICTURE}; f32 -: 0.02; u8 -: 120; {KERNELS}; f32 2: 0.01 0.03; i8 2: 0 0; f32 -: 0.1; u8 -: 100; \
         i32 2: 50 -700"
    );
    let found = run("QLinearConv", &inputs, vec![list("pads", &[1, 0, 0, 1]), list("strides", &[2, 2])]);
    assert_eq!(found, [83.0, 114.0, 118.0, 119.0, 25.0, 99.0, 19.0, 155.0]);
    let inputs = format!("{PICTURE}; {KERNELS}; u8 -: 120; i8 -: 3");
    let found = run("ConvInteger", &inputs, vec![list("strides", &[2, 2])]);
    assert_eq!(found, [27308.0, -13971.0, 31920.0, -4326.0, -10102.0, -9982.0, -15729.0, -1147.0]);
    let factors = format!("{A}; f32 -: 0.02; u8 -: 120; {B}; f32 2: 0.01 0.03; i8 2: 0 0");
    let found = run("QLinearMatMul", &format!("{factors}; f32 -: 0.1; u8 -: 100"), vec![]);
    assert_eq!(found, [131.0, 0.0, 129.0, 59.0]);
    let found = run("MatMulInteger", &format!("{A}; {B}; u8 -: 120; i8 -: 3"), vec![]);
    assert_eq!(found, [15990.0, -33657.0, 14819.0, -6836.0]);
    let with_bias = format!("{factors}; i32 2: 50 -700");
    let on_grid = format!("{with_bias}; f32 -: 0.1; u8 -: 100");
    let found = run("com.microsoft:QGemm", &on_grid, vec![float("alpha", 0.5)]);
    assert_eq!(found, [116.0, 0.0, 115.0, 77.0]);
    near(&run("com.microsoft:QGemm", &with_bias, vec![]), &[3.1528, -20.7798, 2.9588, -4.5666]);
    let inputs = format!("f32 2x3: -1 0.3 2.5 0.1 -0.7 1.2; {B}; f32 2: 0.01 0.03; _; f32 2: 1 2");
    let found = run("com.microsoft:DynamicQuantizeMatMul", &inputs, vec![]);
    near(&found, &[2.372549, 5.058176, 0.8778431, 7.172588]);
    let inputs = format!("{A}; {B}; f32 -: 0.02; f32 2: 0.01 0.03; u8 -: 120; _; f32 2: 1 2");
    let found = run("com.microsoft:MatMulIntegerToFloat", &inputs, vec![]);
    near(&found, &[4.1428, -18.3598, 3.9488, -2.1466]);
}

#[test]
fn a_recurrent_layer_quantises_its_inputs_and_its_state() {
    let inputs = "f32 3x1x3: 0.1 -0.9 0.9 -1.3 -1.2 -1.3 1.0 -0.4 -1.0; \
        i8 2x3x8: 3 6 -9 6 -1 0 2 -4 9 -8 -4 -2 1 -2 -7 -9 -9 -9 -7 9 -6 3 5 -5 -4 -1 -4 9 -6 8 6 7 -7 -2 2 \
        0 3 3 3 -8 9 1 8 -4 -3 7 -6 -8; \
        i8 2x2x8: -2 3 -7 7 -3 -5 1 8 7 7 -4 -9 5 4 5 -9 -9 0 -3 -1 8 -6 1 -3 -4 6 -7 -3 -7 -7 -4 4; \
        f32 2x16: 1.2 0.7 -2.0 0.3 -1.1 0.0 0.0 -2.0 -0.2 -0.3 1.0 -1.2 0.7 -1.1 -0.3 -0.8 1.4 0.6 2.4 0.6 \
        0.8 0.8 -0.6 -0.1 1.4 -0.4 0.2 -0.0 0.6 -0.4 -0.2 0.2; \
        _; _; _; _; f32 2: 0.1 0.2; i8 2: 0 0; f32 2: 0.15 0.05; i8 2: 0 0";
    let attributes = vec![int("hidden_size", 2), text("direction", "bidirectional")];
    let found = run("com.microsoft:DynamicQuantizeLSTM", inputs, attributes);
    let forward = [0.04746149, -0.28230324, -0.15106297, -0.020310823, -0.11087279, -0.16217776];
    let backward = [-0.7909593, 0.32084894, -0.21175797, 0.18718544, 0.27239537, 0.4357283];
    let both: Vec<f32> =
        forward.chunks(2).zip(backward.chunks(2)).flat_map(|(f, b)| [f, b].concat()).collect();
    near(&found, &both);
}

#[test]
fn sums_beyond_what_an_f32_holds() {
    // 600 products of 255 and -127 are beyond 2^24: an f32 would lose the last one, of 1 and 1.
    let row = |n: usize, x: &str, last: &str| format!("{}{last}", format!("{x} ").repeat(n - 1));
    let inputs = format!("u8 1x601: {}; i8 601x1: {}", row(601, "255", "1"), row(601, "-127", "1"));
    let inputs = format!("{inputs}; u8 -: 0; i8 -: 0");
    assert_eq!(exactly("MatMulInteger", &inputs, vec![]), [-19_430_999.0]);
}

#[test]
fn sums_of_products_meet_other_whole_numbers() {
    let mut net = Net::new().input("a", 2, &[1, 2]).input("b", 3, &[2, 1]).input("c", 6, &[1]).output("y");
    net = net.op("MatMulInteger", "a b -> h", vec![]).op("Add", "h c -> y", vec![]);
    let module = net.module().unwrap();
    let whole = |numbers: &[i32], shape: &[usize]| {
        GraphValue::from(Tensor::from_data(numbers.to_vec(), shape, Device::Cpu).unwrap())
    };
    let inputs = [whole(&[3, 200], &[1, 2]), whole(&[-5, 7], &[2, 1]), whole(&[-1000], &[1])];
    let found = Graph::of(&module).unwrap().compute(&module, &inputs, GraphMode::File).unwrap();
    assert_eq!(found[0].1.tensor("y").unwrap().to_f64().unwrap(), [385.0]);
}

#[test]
fn functions_of_elements() {
    let both =
        format!("{ROW}; f32 -: 0.02; u8 -: 120; {OTHER}; f32 -: 0.03; u8 -: 7; f32 -: 0.04; u8 -: 100");
    assert_eq!(run("com.microsoft:QLinearAdd", &both, vec![]), [42.0, 163.0, 232.0, 96.0, 121.0, 255.0]);
    assert_eq!(run("com.microsoft:QLinearMul", &both, vec![]), [96.0, 88.0, 0.0, 0.0, 103.0, 255.0]);
    let to = |scale: &str, zero: u8| format!("{ROW}; f32 -: 0.02; u8 -: 120; f32 -: {scale}; u8 -: {zero}");
    let found = run("com.microsoft:QLinearSigmoid", &to("0.00390625", 0), vec![]);
    assert_eq!(found, [21.0, 240.0, 27.0, 24.0, 138.0, 213.0]);
    let found = run("com.microsoft:QLinearLeakyRelu", &to("0.01", 60), vec![float("alpha", 0.1)]);
    assert_eq!(found, [36.0, 255.0, 39.0, 37.0, 76.0, 220.0]);
    let inputs = format!("{A}; f32 -: 0.02; u8 -: 120; f32 -: 0.00390625; u8 -: 0");
    let found = run("com.microsoft:QLinearSoftmax", &inputs, vec![int("opset", 13), int("axis", -1)]);
    assert_eq!(found, [2.0, 252.0, 2.0, 4.0, 48.0, 203.0]);
    let inputs =
        format!("f32 -: 0.04; u8 -: 100; {ROW}; f32 -: 0.02; u8 -: 120; {OTHER}; f32 -: 0.03; u8 -: 7");
    let found = run("com.microsoft:QLinearConcat", &inputs, vec![int("axis", 0)]);
    let expected = [40.0, 168.0, 47.0, 44.0, 104.0, 140.0, 102.0, 96.0, 255.0, 152.0, 117.0, 230.0];
    assert_eq!(found, expected);
}

#[test]
fn averages() {
    let inputs = format!("{PICTURE}; f32 -: 0.02; u8 -: 120; f32 -: 0.03; u8 -: 99");
    let window = vec![list("kernel_shape", &[2, 2])];
    let found = run("com.microsoft:QLinearAveragePool", &inputs, window);
    assert_eq!(found, [106.0, 117.0, 59.0, 107.0, 136.0, 108.0, 78.0, 130.0, 109.0]);
    assert_eq!(run("com.microsoft:QLinearGlobalAveragePool", &inputs, vec![]), [88.0]);
}

#[test]
fn halves_go_to_the_even_number_and_then_to_the_zero_point() {
    let inputs = "f32 8: 0.5 1.5 2.5 -0.5 -1.5 254.5 1e10 -1e10; f32 -: 1; u8 -: 3";
    assert_eq!(run("QuantizeLinear", inputs, vec![]), [3.0, 5.0, 5.0, 3.0, 1.0, 255.0, 255.0, 0.0]);
}

/// A net of these nodes over a float `x`, with constants beside it; the node of that place has attributes.
fn net(lines: &[(&str, &str)], shape: &[i64], place: usize, attributes: Vec<AttributeProto>) -> Net {
    let mut net = Net::new().input("x", F32, shape).output("y");
    let bytes = |name: &str, data_type: i32, dims: &[i64], numbers: &[i32]| onnx_net::proto::TensorProto {
        name: name.into(),
        data_type,
        dims: dims.to_vec(),
        int32_data: numbers.to_vec(),
        ..Default::default()
    };
    let weights = [50, -90, 7, 100, -30, 20, 127, -127];
    net.graph().initializer = vec![
        bytes("z", 2, &[], &[128]),
        bytes("z8", 3, &[], &[0]),
        bytes("w", 3, &[2, 1, 2, 2], &weights),
        bytes("m", 3, &[4, 2], &weights),
        bytes("q", 2, &[4], &[100, 140, 128, 200]),
        bytes("b", 6, &[2], &[300, -4000]),
    ];
    net = net.floats("s", &[], &[0.02]).floats("ws", &[], &[0.01]).floats("half", &[], &[0.5]);
    net = net.floats("t", &[], &[0.05]);
    for (kind, edges) in lines {
        let (domain, kind) = kind.split_once(':').unwrap_or(("", kind));
        net = net.op(kind, edges, vec![]);
        net.graph().node.last_mut().unwrap().domain = domain.into();
    }
    net.graph().node[place].attribute = attributes;
    net
}

/// The output for numbers between -1 and 1, and the gradient of the sum of its squares.
fn slopes(net: &Net, shape: &[usize]) -> (Vec<f32>, Vec<f32>) {
    let n: usize = shape.iter().product();
    // On the grid of steps of 0.02, so that nothing is rounded on the way in.
    let numbers: Vec<f32> = (0..n).map(|i| ((i * 37 % 100) as f32 - 50.0) * 0.02).collect();
    let (module, x) = (net.module().unwrap(), tensor(&numbers, shape).track().unwrap());
    let found = Graph::of(&module).unwrap().compute(&module, &[x.clone().into()], GraphMode::File).unwrap();
    let y = found[0].1.tensor("y").unwrap();
    let loss = y.square().unwrap().sum().unwrap();
    (y.to_f32().unwrap(), loss.backward().unwrap().of(&x).unwrap().to_f32().unwrap())
}

/// The gradient through quantised operators is that of the operators on floats, up to what rounding the
/// output changes: `quantised` stands between the input on a grid and the output on another one.
fn straight_through(
    (kind, edges): (&str, &str),
    plain: &[(&str, &str)],
    shape: &[usize],
    attributes: &[AttributeProto],
) {
    let sizes: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
    let lines = [("QuantizeLinear", "x s z -> a"), (kind, edges), ("DequantizeLinear", "c t z -> y")];
    let (found, slope) = slopes(&net(&lines, &sizes, 1, attributes.to_vec()), shape);
    let (expected, plain_slope) = slopes(&net(plain, &sizes, plain.len() - 1, attributes.to_vec()), shape);
    // Half a step of the output.
    let near = |bound: f32, a: &[f32], b: &[f32]| {
        let fits = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= bound);
        assert!(fits, "{kind}: {a:?}, expected {b:?}");
    };
    near(0.0251, &found, &expected);
    let largest = plain_slope.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    assert!(largest > 0.0, "{kind}: {plain_slope:?}");
    // The slope of a square follows the rounded output.
    near(0.06 * largest + 0.05, &slope, &plain_slope);
}

#[test]
fn gradients_pass_through_quantised_numbers() {
    let weights = ("DequantizeLinear", "w ws z8 -> v");
    straight_through(
        ("QLinearConv", "a s z w ws z8 t z -> c"),
        &[weights, ("Identity", "x -> c"), ("Conv", "c v -> y")],
        &[1, 1, 3, 3],
        &[],
    );
    let matrix = ("DequantizeLinear", "m ws z8 -> v");
    let product: &[(&str, &str)] = &[matrix, ("Identity", "x -> c"), ("MatMul", "c v -> y")];
    straight_through(("QLinearMatMul", "a s z m ws z8 t z -> c"), product, &[2, 4], &[]);
    straight_through(("com.microsoft:QGemm", "a s z m ws z8 _ t z -> c"), product, &[2, 4], &[]);
    let other = ("DequantizeLinear", "q s z -> v");
    for (kind, plain) in [("QLinearAdd", "Add"), ("QLinearMul", "Mul")] {
        straight_through(
            (&format!("com.microsoft:{kind}"), "a s z q s z t z -> c"),
            &[other, ("Identity", "x -> c"), (plain, "c v -> y")],
            &[2, 4],
            &[],
        );
    }
    for (kind, plain) in [
        ("QLinearSigmoid", "Sigmoid"),
        ("QLinearLeakyRelu", "LeakyRelu"),
        ("QLinearSoftmax", "Softmax"),
        ("QLinearAveragePool", "AveragePool"),
        ("QLinearGlobalAveragePool", "GlobalAveragePool"),
    ] {
        let attributes =
            if kind == "QLinearAveragePool" { vec![list("kernel_shape", &[2, 2])] } else { vec![] };
        let quantised = format!("com.microsoft:{kind}");
        straight_through((&quantised, "a s z t z -> c"), &[(plain, "x -> y")], &[1, 1, 2, 3], &attributes);
    }
    straight_through(
        ("com.microsoft:QLinearConcat", "t z a s z q s z -> c"),
        &[other, ("Identity", "x -> c"), ("Concat", "c v -> y")],
        &[3],
        &[int("axis", 0)],
    );
}

/// The slopes of the sum of what comes out at numbers.
fn slope(net: &Net, at: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let (module, x) = (net.module().unwrap(), tensor(at, &[at.len()]).track().unwrap());
    let y = module.forward(&x).unwrap();
    (y.to_f32().unwrap(), y.sum().unwrap().backward().unwrap().of(&x).unwrap().to_f32().unwrap())
}

#[test]
fn the_slope_is_0_where_a_number_is_clipped() {
    // torch.fake_quantize_per_tensor_affine(x, 0.01, 5, -128, 127) and its gradient.
    let at = [-2.0, -1.34, -1.33, -1.3, -0.004, 0.0051, 1.22, 1.2249, 1.2251, 3.0];
    let net = net(
        &[("QuantizeLinear", "x hundredth five -> q"), ("DequantizeLinear", "q hundredth five -> y")],
        &[-1],
        1,
        vec![],
    );
    let mut net = net.floats("hundredth", &[], &[0.01]);
    let five = onnx_net::proto::TensorProto {
        name: "five".into(),
        int32_data: vec![5],
        dims: vec![],
        ..net.graph().initializer[1].clone()
    };
    net.graph().initializer.push(five);
    let (y, slope) = slope(&net, &at);
    near(&y, &[-1.33, -1.33, -1.33, -1.3, 0.0, 0.01, 1.22, 1.22, 1.22, 1.22]);
    assert_eq!(slope, [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn gradients_pass_through_numbers_quantised_by_their_range() {
    let lines = [
        ("DynamicQuantizeLinear", "x -> a as az"),
        ("MatMulInteger", "a m az z8 -> c"),
        ("Cast", "c -> d"),
        ("Mul", "as ws -> e"),
        ("Mul", "d e -> y"),
    ];
    let quantised = net(&lines, &[2, 4], 2, vec![int("to", F32.into())]);
    let plain = [("DequantizeLinear", "m ws z8 -> v"), ("MatMul", "x v -> y")];
    let ((found, slope), (expected, plain)) =
        (slopes(&quantised, &[2, 4]), slopes(&net(&plain, &[2, 4], 1, vec![]), &[2, 4]));
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 0.02), "{found:?}, {expected:?}");
    assert!(slope.iter().zip(&plain).all(|(a, b)| (a - b).abs() < 0.05), "{slope:?}, {plain:?}");
}

#[test]
fn a_zero_point_of_no_known_type_is_refused() {
    let net = Net::new()
        .input("x", F32, &[2])
        .floats("s", &[], &[1.0])
        .op("QuantizeLinear", "x s s -> y", vec![])
        .output("y");
    let error = net.module().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("the type of input 2, a zero point, is not known"), "{error}");
}
