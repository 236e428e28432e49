//! Which values are of an element type that tensors here do not have (see [`crate::file::stored`]): tensors
//! show what stands for it, and some operators depend on the type itself.

use crate::{
    file::{
        proto::{DataType, NodeProto},
        stored::narrow,
    },
    is_in,
};

/// Operators whose first output is of the type of another input than the first.
const OF_ANOTHER: [(&str, usize); 3] = [("CastLike", 1), ("Where", 1), ("OneHot", 2)];

/// Operators whose output is of the type of a zero point, and which input that is.
const GRID: [(&str, usize); 11] = [
    ("QLinearConv", 7),
    ("QLinearMatMul", 7),
    ("QLinearAdd", 7),
    ("QLinearMul", 7),
    ("QLinearSigmoid", 4),
    ("QLinearLeakyRelu", 4),
    ("QLinearSoftmax", 4),
    ("QLinearAveragePool", 4),
    ("QLinearGlobalAveragePool", 4),
    ("QLinearConcat", 1),
    ("QGemm", 8),
];

/// Operators whose outputs are of types of their own.
const OWN_TYPE: &str = "\
    Shape Size ArgMax ArgMin NonZero Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor Not IsNaN \
    IsInf SequenceLength OptionalHasElement If Loop Scan SequenceMap DequantizeLinear MatMulInteger \
    ConvInteger";

/// Operators whose outputs are all of the type of the first input.
const ALIKE: &str = "Split Dropout";

/// Operators that compute with whole numbers, and so may give some that the type does not hold.
const COMPUTES: &str = "\
    Add Sub Mul Div Pow Sum Neg Abs CumSum CumProd ReduceSum ReduceProd ReduceL1 ReduceSumSquare MatMul Gemm \
    BitwiseNot BitShift";

/// The types of a node's outputs, those of its inputs given.
pub(super) fn outputs(node: &NodeProto, inputs: &[Option<DataType>]) -> Vec<Option<DataType>> {
    let input = |i: usize| inputs.get(i).copied().flatten();
    let attribute = |name: &str| node.attribute.iter().find(|a| a.name == name);
    let named = |name: &str| attribute(name).and_then(|a| narrow(i32::try_from(a.i).ok()?));
    let other = OF_ANOTHER.iter().find(|(name, _)| *name == node.op_type);
    let first = match &*node.op_type {
        "QuantizeLinear" => named("output_dtype").or_else(|| grid(node, 2, &input)),
        name if let Some(&(_, i)) = GRID.iter().find(|(known, _)| *known == name) => grid(node, i, &input),
        "Cast" => named("to"),
        "EyeLike" | "RandomUniformLike" | "RandomNormalLike" | "Bernoulli"
            if attribute("dtype").is_some() =>
        {
            named("dtype")
        }
        "Constant" | "ConstantOfShape" => {
            attribute("value").and_then(|a| a.t.as_ref()).and_then(|t| narrow(t.data_type))
        }
        name if is_in(OWN_TYPE, name) => None,
        _ => input(other.map_or(0, |&(_, i)| i)),
    };
    let mut types = vec![None; node.output.len()];
    let alike = if is_in(ALIKE, &node.op_type) { types.len() } else { 1 };
    types.iter_mut().take(alike).for_each(|known| *known = first);
    if node.op_type == "DynamicQuantizeLinear" {
        types.iter_mut().step_by(2).for_each(|known| *known = Some(DataType::Uint8));
    }
    types
}

/// The type of the zero point that input `i` is, of 8 bits without a sign where there is none; QGemm gives
/// floats then.
fn grid(node: &NodeProto, i: usize, input: &impl Fn(usize) -> Option<DataType>) -> Option<DataType> {
    let is_given = node.input.get(i).is_some_and(|name| !name.is_empty());
    if is_given { input(i) } else { Some(DataType::Uint8).filter(|_| node.op_type != "QGemm") }
}

/// Whether what an operator gives may have to be brought back into its type.
pub(super) fn computes(node: &NodeProto) -> bool {
    is_in(COMPUTES, &node.op_type)
}
