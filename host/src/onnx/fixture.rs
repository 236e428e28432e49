//! ONNX files for the tests, written field by field as protobuf (field numbers: onnx.proto).

use std::io::Write;

use tempfile::NamedTempFile;

use ops::{DType, op::onnx::data_type};

/// The element types of numbers.
pub const EXCHANGED: [DType; 13] = [
    DType::F32,
    DType::F64,
    DType::I32,
    DType::I64,
    DType::Bool,
    DType::F16,
    DType::Bf16,
    DType::I8,
    DType::I16,
    DType::U8,
    DType::U16,
    DType::U32,
    DType::U64,
];

/// One protobuf message under construction.
#[derive(Clone, Default)]
pub struct Message(Vec<u8>);

impl Message {
    pub fn number(mut self, field: u64, value: u64) -> Self {
        self.varint(field << 3);
        self.varint(value);
        self
    }

    pub fn bytes(mut self, field: u64, value: impl AsRef<[u8]>) -> Self {
        self.varint(field << 3 | 2);
        self.varint(value.as_ref().len() as u64);
        self.0.extend_from_slice(value.as_ref());
        self
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// A file with this message, deleted when dropped.
    pub fn file(&self) -> NamedTempFile {
        let mut file = NamedTempFile::with_suffix(".onnx").unwrap();
        file.write_all(&self.0).unwrap();
        file
    }
}

impl AsRef<[u8]> for Message {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// A `ModelProto` around the nodes, initializers, inputs and outputs of `graph`, of opset 11.
pub fn model(graph: Message) -> Message {
    model_of(graph, 11)
}

/// [`model`] of another opset.
fn model_of(graph: Message, opset: u64) -> Message {
    Message::default()
        .number(1, 8)
        .bytes(2, "fixture")
        .bytes(3, "1.5")
        .bytes(7, graph.bytes(2, "graph"))
        .bytes(8, Message::default().number(2, opset))
        .bytes(14, Message::default().bytes(1, "author").bytes(2, "nobody"))
}

/// A `ValueInfoProto`; an axis that is none is called `N`.
pub fn value(name: &str, dtype: DType, shape: &[Option<u64>]) -> Message {
    let axes = shape.iter().fold(Message::default(), |axes, axis| {
        let axis = match axis {
            Some(length) => Message::default().number(1, *length),
            None => Message::default().bytes(2, "N"),
        };
        axes.bytes(1, axis)
    });
    let tensor = Message::default().number(1, data_type(dtype) as u64).bytes(2, axes);
    Message::default().bytes(1, name).bytes(2, Message::default().bytes(1, tensor))
}

/// A `NodeProto` without attributes.
pub fn node(operator: &str, inputs: &[&str], output: &str) -> Message {
    let inputs = inputs.iter().fold(Message::default(), |node, input| node.bytes(1, input));
    inputs.bytes(2, output).bytes(4, operator)
}

/// A float `TensorProto`.
fn weights(name: &str, shape: &[u64], values: &[f32]) -> Message {
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    let axes = shape.iter().fold(Message::default(), |axes, length| axes.number(1, *length));
    axes.number(2, 1).bytes(8, name).bytes(9, raw)
}

/// `y = relu(x W + c)` for `x` of `[batch, 3]`, with `W = [[1, 0], [0, 1], [1, -1]]` and `c = [0.5, -0.5]`.
pub fn dense(batch: Option<u64>) -> Message {
    let graph = Message::default()
        .bytes(1, node("MatMul", &["x", "W"], "xW"))
        .bytes(1, node("Add", &["xW", "c"], "z"))
        .bytes(1, node("Relu", &["z"], "y"))
        .bytes(5, weights("W", &[3, 2], &[1.0, 0.0, 0.0, 1.0, 1.0, -1.0]))
        .bytes(5, weights("c", &[2], &[0.5, -0.5]))
        .bytes(11, value("x", DType::F32, &[batch, Some(3)]))
        .bytes(12, value("y", DType::F32, &[batch, Some(2)]));
    model(graph)
}

/// `y` is 0 everywhere where any number of `x` `[batch, 2]` is above 100, otherwise `x`.
pub fn switched(batch: Option<u64>) -> Message {
    let graph = Message::default()
        .bytes(1, node("ReduceMax", &["x"], "max"))
        .bytes(1, node("Greater", &["max", "bound"], "big"))
        .bytes(1, node("Where", &["big", "zero", "x"], "y"))
        .bytes(5, weights("bound", &[1], &[100.0]))
        .bytes(5, weights("zero", &[1], &[0.0]))
        .bytes(11, value("x", DType::F32, &[batch, Some(2)]))
        .bytes(12, value("y", DType::F32, &[batch, Some(2)]));
    model(graph)
}

/// `y = x c`, where the file at `location` holds the numbers of `c`.
pub fn elsewhere(location: &str) -> Message {
    let entry = Message::default().bytes(1, "location").bytes(2, location);
    let c = Message::default().number(1, 2).number(2, 1).bytes(8, "c").bytes(13, entry).number(14, 1);
    let graph = Message::default()
        .bytes(1, node("Mul", &["x", "c"], "y"))
        .bytes(5, c)
        .bytes(11, value("x", DType::F32, &[None, Some(2)]))
        .bytes(12, value("y", DType::F32, &[None, Some(2)]));
    model(graph)
}

/// One input and the output equal to it for every element type: `in-f32` `[batch]` to `out-f32`, ...
pub fn identities(batch: Option<u64>) -> Message {
    let graph = EXCHANGED.iter().fold(Message::default(), |graph, dtype| {
        let [input, output] = ["in", "out"].map(|side| format!("{side}-{dtype}"));
        graph
            .bytes(1, node("Identity", &[&input], &output))
            .bytes(11, value(&input, *dtype, &[batch]))
            .bytes(12, value(&output, *dtype, &[batch]))
    });
    model_of(graph, 13)
}

/// `k`, the positions `[1, 1, K]` of what is not zero in `x` `[1, 3]`: `K` changes from row to row.
pub fn ragged() -> Message {
    // AttributeProto: name, type (7: integers), integers.
    let axes = Message::default().bytes(1, "axes").number(20, 7).number(8, 0);
    let graph = Message::default()
        .bytes(1, node("Squeeze", &["x"], "flat").bytes(5, axes.clone()))
        .bytes(1, node("NonZero", &["flat"], "positions"))
        .bytes(1, node("Unsqueeze", &["positions"], "k").bytes(5, axes))
        .bytes(11, value("x", DType::F32, &[Some(1), Some(3)]))
        .bytes(12, value("k", DType::I64, &[Some(1), Some(1), None]));
    model(graph)
}

/// `y = relu([1, -1])` of `[1, 2]`, without inputs.
pub fn constant() -> Message {
    let graph = Message::default()
        .bytes(1, node("Relu", &["c"], "y"))
        .bytes(5, weights("c", &[1, 2], &[1.0, -1.0]))
        .bytes(12, value("y", DType::F32, &[Some(1), Some(2)]));
    model(graph)
}

/// `y = op(x)` for `x` of `[batch, 2]`, where what `op` makes of a row depends on the others: a running sum
/// along the rows, or what the rows are beyond their mean.
pub fn mixing(operator: &str, batch: Option<u64>) -> Message {
    // TensorProto: dimensions, type (7: i64), name, numbers.
    let axis = Message::default().number(2, 7).bytes(8, "axis").number(7, 0);
    let axes = Message::default().bytes(1, "axes").number(20, 7).number(8, 0);
    let graph = match operator {
        "CumSum" => Message::default().bytes(1, node("CumSum", &["x", "axis"], "y")).bytes(5, axis),
        _ => Message::default()
            .bytes(1, node("ReduceMean", &["x"], "mean").bytes(5, axes))
            .bytes(1, node("Sub", &["x", "mean"], "y")),
    };
    let graph = graph.bytes(11, value("x", DType::F32, &[batch, Some(2)]));
    model(graph.bytes(12, value("y", DType::F32, &[batch, Some(2)])))
}
