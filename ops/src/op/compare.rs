//! Element-wise comparisons of two tensors, which broadcast against each other by NumPy's rule, and functions
//! of truth values.

use burn::backend::{Dispatch, Shape, ops::BoolTensorOps as _};

use super::{
    OnnxValue, OnnxWriter, Op, Operand, Primitive, binary::aligned, by_kind, require, require_number,
    require_same,
};
use crate::{
    DType, Device, Result, Spec, Tensor,
    tensor::{apply, broadcast},
};

/// `y = a ? b` as truth values, of numbers; `Equal` and `NotEqual` also of truth values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
}

impl Comparison {
    /// The comparison of two values as nodes.
    pub(super) fn write(self, w: &mut OnnxWriter, a: OnnxValue, b: OnnxValue) -> OnnxValue {
        match self {
            Self::Equal => w.node("Equal", [a, b]),
            Self::NotEqual => {
                let equal = w.node("Equal", [a, b]);
                w.node("Not", [equal])
            }
            Self::Greater => w.node("Greater", [a, b]),
            Self::GreaterEqual => w.node("GreaterOrEqual", [a, b]),
            Self::Less => w.node("Less", [a, b]),
            Self::LessEqual => w.node("LessOrEqual", [a, b]),
        }
    }

    /// The comparison of two values of one shape.
    pub(super) fn run_on(self, dtype: DType, a: Primitive, b: Primitive, device: Device) -> Primitive {
        let store = device.bool_store();
        match self {
            Self::Equal if dtype == DType::Bool => Dispatch::bool_equal(a, b),
            Self::Equal => by_kind!(dtype, float_equal, int_equal, (a, b, store)),
            // Some shaders answer false where either is NaN.
            Self::NotEqual => Dispatch::bool_not(Self::Equal.run_on(dtype, a, b, device)),
            Self::Greater => by_kind!(dtype, float_greater, int_greater, (a, b, store)),
            Self::GreaterEqual => by_kind!(dtype, float_greater_equal, int_greater_equal, (a, b, store)),
            Self::Less => by_kind!(dtype, float_lower, int_lower, (a, b, store)),
            Self::LessEqual => by_kind!(dtype, float_lower_equal, int_lower_equal, (a, b, store)),
        }
    }
}

impl Op for Comparison {
    fn name(&self) -> &'static str {
        match self {
            Self::Equal => "eq",
            Self::NotEqual => "ne",
            Self::Greater => "gt",
            Self::GreaterEqual => "ge",
            Self::Less => "lt",
            Self::LessEqual => "le",
        }
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_same(self.name(), x[0], x[1])?;
        if !matches!(self, Self::Equal | Self::NotEqual) {
            require_number(self.name(), x[0])?;
        }
        Ok(Spec::new(broadcast(self.name(), &x[0].shape, &x[1].shape)?, DType::Bool))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        let shape = Shape::from(y.stored_shape());
        let full = |x: &Operand| {
            let value = aligned(x, y);
            by_kind!(x.spec.dtype, float_expand, int_expand, bool_expand, (value, shape.clone()))
        };
        self.run_on(x[0].spec.dtype, full(&x[0]), full(&x[1]), device)
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        Ok(self.write(w, w.x(0), w.x(1)))
    }

    fn differentiable(&self) -> bool {
        false
    }
}

/// Functions of truth values.
#[derive(Debug, Clone, Copy)]
enum Logic {
    And,
    Or,
    Not,
}

impl Op for Logic {
    fn name(&self) -> &'static str {
        match self {
            Self::And => "logical_and",
            Self::Or => "logical_or",
            Self::Not => "logical_not",
        }
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        for spec in x {
            require(self.name(), spec, |d| d == DType::Bool, "bool (compare first)")?;
        }
        let shape = x.iter().try_fold(vec![], |shape, spec| broadcast(self.name(), &shape, &spec.shape))?;
        Ok(Spec::new(shape, DType::Bool))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let full = |x: &Operand| Dispatch::bool_expand(aligned(x, y), Shape::from(y.stored_shape()));
        match self {
            Self::And => Dispatch::bool_and(full(&x[0]), full(&x[1])),
            Self::Or => Dispatch::bool_or(full(&x[0]), full(&x[1])),
            Self::Not => Dispatch::bool_not(x[0].primitive()),
        }
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let op_type = match self {
            Self::And => "And",
            Self::Or => "Or",
            Self::Not => "Not",
        };
        Ok(w.node(op_type, w.all()))
    }

    fn differentiable(&self) -> bool {
        false
    }
}

/// Comparisons, whose shapes broadcast, and truth values. [`crate::Error::Shape`] names both shapes where
/// they do not, [`crate::Error::DType`] both element types where they differ.
impl Tensor {
    /// Whether a = b.
    pub fn eq(&self, other: &Tensor) -> Result<Tensor> {
        apply(Comparison::Equal, &[self, other])
    }

    /// Whether a and b differ.
    pub fn ne(&self, other: &Tensor) -> Result<Tensor> {
        apply(Comparison::NotEqual, &[self, other])
    }

    /// Whether a > b.
    pub fn gt(&self, other: &Tensor) -> Result<Tensor> {
        apply(Comparison::Greater, &[self, other])
    }

    /// Whether a >= b.
    pub fn ge(&self, other: &Tensor) -> Result<Tensor> {
        apply(Comparison::GreaterEqual, &[self, other])
    }

    /// Whether a < b.
    pub fn lt(&self, other: &Tensor) -> Result<Tensor> {
        apply(Comparison::Less, &[self, other])
    }

    /// Whether a <= b.
    pub fn le(&self, other: &Tensor) -> Result<Tensor> {
        apply(Comparison::LessEqual, &[self, other])
    }

    /// Whether both are true.
    pub fn logical_and(&self, other: &Tensor) -> Result<Tensor> {
        apply(Logic::And, &[self, other])
    }

    /// Whether one is true.
    pub fn logical_or(&self, other: &Tensor) -> Result<Tensor> {
        apply(Logic::Or, &[self, other])
    }

    /// Whether it is false.
    pub fn logical_not(&self) -> Result<Tensor> {
        apply(Logic::Not, &[self])
    }
}
