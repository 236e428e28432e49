//! Bits of whole numbers.

use burn::backend::{Dispatch, ops::IntTensorOps as _};

use super::{
    OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, binary::expanded, promote::alike, require,
    require_same,
};
use crate::{
    DType, Device, Result, Spec, Tensor,
    tensor::{apply, broadcast},
};

/// Bit by bit: `y = a ? b`.
#[derive(Clone, Copy)]
enum Bits {
    And,
    Or,
    Xor,
}

impl Op for Bits {
    fn info(&self) -> OpInfo {
        let name = match self {
            Self::And => "bitwise_and",
            Self::Or => "bitwise_or",
            Self::Xor => "bitwise_xor",
        };
        OpInfo::new(name).constant()
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_same(self.name(), x[0], x[1])?;
        require(self.name(), x[0], DType::is_int, "i32, i64 or bool (convert with `.long()`)")?;
        Ok(x[0].reshaped(broadcast(self.name(), &x[0].shape, &x[1].shape)?))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let (a, b) = (expanded(&x[0], y), expanded(&x[1], y));
        match self {
            Self::And => Dispatch::bitwise_and(a, b),
            Self::Or => Dispatch::bitwise_or(a, b),
            Self::Xor => Dispatch::bitwise_xor(a, b),
        }
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let op_type = match self {
            Self::And => "BitwiseAnd",
            Self::Or => "BitwiseOr",
            Self::Xor => "BitwiseXor",
        };
        Ok(w.node(op_type, w.all()))
    }
}

/// Of whole numbers bit by bit, of truth values as truth values; both promote as PyTorch's do, and shapes
/// broadcast. [`crate::Error::DType`] for floats.
impl Tensor {
    /// `y = a & b`
    pub fn bitwise_and(&self, other: &Tensor) -> Result<Tensor> {
        let [a, b] = alike(self, other)?;
        let y = if a.dtype() == DType::Bool { a.logical_and(&b) } else { apply(Bits::And, &[&a, &b]) };
        y.map_err(|e| e.named("bitwise_and"))
    }

    /// `y = a | b`
    pub fn bitwise_or(&self, other: &Tensor) -> Result<Tensor> {
        let [a, b] = alike(self, other)?;
        let y = if a.dtype() == DType::Bool { a.logical_or(&b) } else { apply(Bits::Or, &[&a, &b]) };
        y.map_err(|e| e.named("bitwise_or"))
    }

    /// `y = a ^ b`
    pub fn bitwise_xor(&self, other: &Tensor) -> Result<Tensor> {
        let [a, b] = alike(self, other)?;
        let y = if a.dtype() == DType::Bool { a.ne(&b) } else { apply(Bits::Xor, &[&a, &b]) };
        y.map_err(|e| e.named("bitwise_xor"))
    }

    /// All bits turned over, `-x - 1`; of truth values the other one.
    pub fn bitwise_not(&self) -> Result<Tensor> {
        if self.dtype() == DType::Bool {
            return self.logical_not();
        }
        require("bitwise_not", self.spec(), DType::is_int, "i32, i64 or bool (convert with `.long()`)")?;
        self.neg()?.add_scalar(-1.0)
    }
}
