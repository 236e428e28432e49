//! What stands in boxes and at arrows.

use onnx_net::{
    GraphValue,
    proto::{Dimension, DimensionProto, NodeProto, TensorProto, ValueInfoProto},
};

use super::super::words;

/// How many numbers of a small constant are shown.
const FEW: usize = 6;

/// The longest name of a size.
const LONG: usize = 24;

/// `[N, 64, 56, 56]`; none where the file does not say. A size that is a formula is `?`.
pub fn shape(info: &ValueInfoProto) -> Option<String> {
    let shape = info.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    let is_name = |name: &str| name.len() <= LONG && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let size = |dim: &DimensionProto| match &dim.value {
        Some(Dimension::DimValue(n)) if *n > 0 => n.to_string(),
        Some(Dimension::DimParam(name)) if !name.is_empty() && is_name(name) => name.clone(),
        _ => "?".into(),
    };
    Some(format!("[{}]", shape.dim.iter().map(size).collect::<Vec<_>>().join(", ")))
}

/// Element type and shape of an input or output.
pub fn port(info: &ValueInfoProto) -> String {
    words::port(info).strip_prefix(&format!("{}: ", info.name)).unwrap_or_default().to_owned()
}

/// A tensor that a node reads: its name's last part and its shape, or its numbers where they are few. What a
/// constant is called says nothing.
pub fn tensor(name: &str, tensor: &TensorProto, is_constant: bool) -> String {
    let name = name.rsplit('/').next().unwrap_or(name);
    match few(tensor) {
        Some(numbers) if is_constant => numbers,
        Some(numbers) => format!("{name} = {numbers}"),
        None => format!("{name} {:?}", tensor.dims),
    }
}

/// The numbers of a small tensor.
fn few(tensor: &TensorProto) -> Option<String> {
    let count = tensor.dims.iter().try_fold(1_i64, |n, &size| n.checked_mul(size))?;
    let is_small = tensor.dims.len() <= 1 && (1..=FEW as i64).contains(&count);
    let GraphValue::Tensor(values) = is_small.then(|| onnx_net::read_tensor(tensor).ok()).flatten()? else {
        return None;
    };
    let numbers: Vec<_> = values.to_f64().ok()?.iter().map(|&x| brief(x)).collect();
    Some(if tensor.dims.is_empty() { numbers.concat() } else { format!("[{}]", numbers.join(", ")) })
}

fn brief(x: f64) -> String {
    if x.fract() == 0.0 && x.abs() < 1e15 { format!("{x}") } else { words::number(x) }
}

/// What a node is called: nothing where its name only repeats the operator.
pub fn node(node: &NodeProto) -> Option<&str> {
    let name = if node.name.is_empty() { node.output.first()? } else { &node.name };
    let last = name.rsplit('/').next().unwrap_or(name);
    (!last.is_empty() && last != node.op_type).then_some(last)
}

/// Colours of operators, by what they do.
pub fn color(node: &NodeProto) -> [u8; 3] {
    const FAMILIES: [(&str, [u8; 3]); 7] = [
        ("Conv Gemm MatMul Linear RNN LSTM GRU Attention Einsum Embed", [0x2f, 0x5d, 0x9e]),
        ("Norm", [0x2d, 0x70, 0x62]),
        ("Pool", [0x4c, 0x78, 0x36]),
        (
            "Relu Sigmoid Tanh Softmax Gelu Elu Selu Mish Swish Swish Clip Erf Softplus HardSwish",
            [0x9b, 0x3d, 0x34],
        ),
        (
            "Reshape Transpose Squeeze Flatten Expand Concat Split Slice Gather Pad Tile Resize Shape",
            [0x7b, 0x5c, 0x3d],
        ),
        ("Quantize", [0x80, 0x6a, 0x12]),
        ("If Loop Scan", [0x6b, 0x47, 0x91]),
    ];
    let is_of = |words: &str| words.split(' ').any(|word| node.op_type.contains(word));
    FAMILIES.iter().find(|(words, _)| is_of(words)).map_or([0x55, 0x5f, 0x69], |(_, color)| *color)
}
