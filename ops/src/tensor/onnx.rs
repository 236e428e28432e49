//! How operations are written as nodes of an ONNX graph: what `Op::onnx` is given, and what it gives.

use super::{DType, Device, Op, OpInfo, Operand, Primitive, Spec, Tensor, apply, trace::OpOrigin};
use crate::{Error, Result};

/// Something that a node takes.
#[derive(Debug, Clone)]
pub enum OnnxValue {
    /// The input of the graph (0), or a parameter or buffer of the module (from 1).
    Leaf(usize),
    /// An output of an earlier node: the number of the [`OnnxNode`] and of the output.
    Output(usize, usize),
    /// A tensor that does not depend on the input.
    Constant(Tensor),
    /// A number, as a tensor of rank 0.
    Number(f64, DType),
    /// Sizes and indices, as an i64 tensor `[n]`. They may depend on the batch.
    Sizes(Vec<i64>),
    /// An input that is left out.
    Omitted,
}

/// What is fixed when a node is made.
#[derive(Debug, Clone, PartialEq)]
pub enum OnnxAttribute {
    /// A whole number.
    Int(i64),
    /// Whole numbers.
    Ints(Vec<i64>),
    /// A number.
    Float(f64),
    /// A word.
    Text(&'static str),
    /// Words.
    Texts(&'static [&'static str]),
}

/// The attributes of a node by name.
pub type OnnxAttributes = Vec<(&'static str, OnnxAttribute)>;

impl OnnxAttribute {
    /// Sizes as an attribute.
    pub fn ints(sizes: impl IntoIterator<Item = usize>) -> Self {
        Self::Ints(sizes.into_iter().map(|n| n as i64).collect())
    }
}

impl From<usize> for OnnxAttribute {
    fn from(n: usize) -> Self {
        Self::Int(n as i64)
    }
}

impl OnnxValue {
    /// Sizes as an input.
    pub fn sizes(sizes: &[usize]) -> Self {
        Self::Sizes(sizes.iter().map(|&n| n as i64).collect())
    }
}

/// A node in the making.
#[derive(Debug)]
pub struct OnnxNode {
    /// The operator, by ONNX's name.
    pub op_type: &'static str,
    /// What it takes, in the operator's order.
    pub inputs: Vec<OnnxValue>,
    /// How many outputs it has.
    pub outputs: usize,
    /// Its attributes, in the order in which they are written.
    pub attributes: OnnxAttributes,
    /// The operation that it was written for.
    pub origin: Option<OpOrigin>,
}

/// Writes the nodes of one operation. [`Op::onnx`] gets it, and gives the operation's output.
pub(crate) struct OnnxWriter<'a> {
    pub steps: &'a mut Vec<OnnxNode>,
    /// The operation's inputs with their specs.
    pub inputs: Vec<(OnnxValue, Spec)>,
    /// The spec of its output.
    pub output: &'a Spec,
    pub origin: Option<&'a OpOrigin>,
}

impl OnnxWriter<'_> {
    /// Input `i` of the operation.
    pub fn x(&self, i: usize) -> OnnxValue {
        self.inputs[i].0.clone()
    }

    /// All inputs of the operation.
    pub fn all(&self) -> Vec<OnnxValue> {
        self.inputs.iter().map(|(value, _)| value.clone()).collect()
    }

    /// The spec of input `i`.
    pub fn spec(&self, i: usize) -> &Spec {
        &self.inputs[i].1
    }

    /// A number of the output's element type.
    pub fn number(&self, value: f64) -> OnnxValue {
        OnnxValue::Number(value, self.output.dtype)
    }

    /// A node without attributes.
    pub fn node(&mut self, op_type: &'static str, inputs: impl Into<Vec<OnnxValue>>) -> OnnxValue {
        self.node_with(op_type, inputs, [])
    }

    /// A node of one output.
    pub fn node_with(
        &mut self,
        op_type: &'static str,
        inputs: impl Into<Vec<OnnxValue>>,
        attributes: impl Into<OnnxAttributes>,
    ) -> OnnxValue {
        let step = self.step(op_type, 1, inputs, attributes);
        OnnxValue::Output(step, 0)
    }

    /// A node of several outputs, by its number.
    pub fn step(
        &mut self,
        op_type: &'static str,
        outputs: usize,
        inputs: impl Into<Vec<OnnxValue>>,
        attributes: impl Into<OnnxAttributes>,
    ) -> usize {
        let (inputs, attributes) = (inputs.into(), attributes.into());
        self.steps.push(OnnxNode { op_type, inputs, outputs, attributes, origin: self.origin.cloned() });
        self.steps.len() - 1
    }

    /// A conversion to another element type.
    pub fn cast(&mut self, x: OnnxValue, to: DType) -> OnnxValue {
        self.node_with("Cast", [x], [("to", OnnxAttribute::Int(data_type(to)))])
    }
}

/// ONNX's number of an element type (`TensorProto.DataType`).
pub fn data_type(dtype: DType) -> i64 {
    match dtype {
        DType::F32 => 1,
        DType::U8 => 2,
        DType::I8 => 3,
        DType::U16 => 4,
        DType::I16 => 5,
        DType::I32 => 6,
        DType::I64 => 7,
        DType::Bool => 9,
        DType::F16 => 10,
        DType::F64 => 11,
        DType::U32 => 12,
        DType::U64 => 13,
        DType::Bf16 => 16,
    }
}

/// One operator of ONNX in a trace for what is several operations here, so that readers of the graph, and
/// programs that train it further, find the layer.
pub(crate) struct OnnxOperator {
    pub op_type: &'static str,
    pub attributes: OnnxAttributes,
    /// The inputs after the tensors.
    pub constants: Vec<OnnxValue>,
    pub output: Spec,
}

impl OnnxOperator {
    pub fn new(op_type: &'static str, output: &Spec) -> Self {
        Self { op_type, attributes: vec![], constants: vec![], output: output.clone() }
    }

    pub fn with(mut self, name: &'static str, attribute: OnnxAttribute) -> Self {
        self.attributes.push((name, attribute));
        self
    }

    pub fn constant(mut self, value: OnnxValue) -> Self {
        self.constants.push(value);
        self
    }

    /// The operator on those tensors, one of which is symbolic.
    pub fn on(self, inputs: &[&Tensor]) -> Result<Tensor> {
        apply(self, inputs)
    }
}

impl Op for OnnxOperator {
    fn info(&self) -> OpInfo {
        OpInfo::new(self.op_type)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let _ = x;
        Ok(self.output.clone())
    }

    fn run(&self, _: &[Operand], _: &Spec, _: Device) -> Primitive {
        unreachable!("{} stands for other operations in a trace, which computes nothing", self.op_type)
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let inputs = [w.all(), self.constants.clone()].concat();
        Ok(w.node_with(self.op_type, inputs, self.attributes.clone()))
    }
}

/// What [`Op::onnx`] answers for an operation that ONNX has no operator for.
pub(crate) fn not_exportable<T>(op: &str) -> Result<T> {
    Err(Error::NotExportable { reason: format!("`{op}` has no form in ONNX"), position: None })
}
