//! Element-wise comparisons, of two tensors, which broadcast against each other by NumPy's rule, or with a
//! number; and functions of truth values.

use burn::backend::{Dispatch, ops::BoolTensorOps as _};

use super::{
    OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive,
    binary::expanded,
    by_kind,
    promote::alike,
    require, require_number, require_same,
    scalar::{fits, number},
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
    /// Its name in scripts, and its operator in ONNX, which has none for a difference.
    fn names(self) -> [&'static str; 2] {
        match self {
            Self::Equal => ["eq", "Equal"],
            Self::NotEqual => ["ne", "Equal"],
            Self::Greater => ["gt", "Greater"],
            Self::GreaterEqual => ["ge", "GreaterOrEqual"],
            Self::Less => ["lt", "Less"],
            Self::LessEqual => ["le", "LessOrEqual"],
        }
    }

    /// The comparison of two values as nodes.
    fn write(self, w: &mut OnnxWriter, a: OnnxValue, b: OnnxValue) -> OnnxValue {
        let found = w.node(self.names()[1], [a, b]);
        if self == Self::NotEqual { w.node("Not", [found]) } else { found }
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
    fn info(&self) -> OpInfo {
        OpInfo::new(self.names()[0]).constant()
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_same(self.name(), x[0], x[1])?;
        if !matches!(self, Self::Equal | Self::NotEqual) {
            require_number(self.name(), x[0])?;
        }
        Ok(Spec::new(broadcast(self.name(), &x[0].shape, &x[1].shape)?, DType::Bool))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        self.run_on(x[0].spec.dtype, expanded(&x[0], y), expanded(&x[1], y), device)
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        Ok(self.write(w, w.x(0), w.x(1)))
    }
}

/// `y = x ? s` as truth values.
struct CompareScalar(Comparison, f64);

impl Op for CompareScalar {
    fn info(&self) -> OpInfo {
        OpInfo::new(self.0.name()).constant()
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        fits(self.name(), x[0], self.1)?;
        Ok(x[0].cast(DType::Bool))
    }

    fn run(&self, x: &[Operand], _: &Spec, device: Device) -> Primitive {
        let (dtype, v, store) = (x[0].spec.dtype, x[0].primitive(), device.bool_store());
        let s = number(dtype, self.1);
        match self.0 {
            Comparison::Equal => by_kind!(dtype, float_equal_elem, int_equal_elem, (v, s, store)),
            // As between two tensors.
            Comparison::NotEqual => {
                Dispatch::bool_not(by_kind!(dtype, float_equal_elem, int_equal_elem, (v, s, store)))
            }
            Comparison::Greater => by_kind!(dtype, float_greater_elem, int_greater_elem, (v, s, store)),
            Comparison::GreaterEqual => {
                by_kind!(dtype, float_greater_equal_elem, int_greater_equal_elem, (v, s, store))
            }
            Comparison::Less => by_kind!(dtype, float_lower_elem, int_lower_elem, (v, s, store)),
            Comparison::LessEqual => {
                by_kind!(dtype, float_lower_equal_elem, int_lower_equal_elem, (v, s, store))
            }
        }
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let number = OnnxValue::Number(self.1, w.spec(0).dtype);
        Ok(self.0.write(w, w.x(0), number))
    }
}

/// Functions of truth values.
#[derive(Clone, Copy)]
enum Logic {
    And,
    Or,
    Not,
}

impl Logic {
    /// Its name in scripts, and its operator in ONNX.
    fn names(self) -> [&'static str; 2] {
        match self {
            Self::And => ["logical_and", "And"],
            Self::Or => ["logical_or", "Or"],
            Self::Not => ["logical_not", "Not"],
        }
    }
}

impl Op for Logic {
    fn info(&self) -> OpInfo {
        OpInfo::new(self.names()[0]).constant()
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        for spec in x {
            require(self.name(), spec, |d| d == DType::Bool, "bool (compare first)")?;
        }
        let shape = x.iter().try_fold(vec![], |shape, spec| broadcast(self.name(), &shape, &spec.shape))?;
        Ok(Spec::new(shape, DType::Bool))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        match self {
            Self::And => Dispatch::bool_and(expanded(&x[0], y), expanded(&x[1], y)),
            Self::Or => Dispatch::bool_or(expanded(&x[0], y), expanded(&x[1], y)),
            Self::Not => Dispatch::bool_not(x[0].primitive()),
        }
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        Ok(w.node(self.names()[1], w.all()))
    }
}

impl Comparison {
    /// Of two tensors of any types, by PyTorch's promotion: false is below true.
    fn of(self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        let [a, b] = alike(a, b)?;
        if a.dtype() == DType::Bool && !matches!(self, Self::Equal | Self::NotEqual) {
            return apply(self, &[&a.cast(DType::I32)?, &b.cast(DType::I32)?]);
        }
        apply(self, &[&a, &b])
    }
}

/// Makes of each row a comparison of two tensors, whose shapes broadcast, and one of a tensor and a number.
macro_rules! comparisons {
    ($($name:ident, $with_scalar:ident: $comparison:ident, $a_b:literal, $x_s:literal;)*) => {
        /// Comparisons, of tensors by PyTorch's promotion. [`crate::Error::Shape`] names shapes that do not
        /// broadcast, [`crate::Error::DType`] an integer type beside a fraction.
        impl Tensor {$(
            #[doc = concat!("Whether ", $a_b, ".")]
            pub fn $name(&self, other: &Tensor) -> Result<Tensor> {
                Comparison::$comparison.of(self, other)
            }

            #[doc = concat!("Whether ", $x_s, ".")]
            pub fn $with_scalar(&self, s: f64) -> Result<Tensor> {
                apply(CompareScalar(Comparison::$comparison, s), &[self])
            }
        )*}
    };
}

comparisons! {
    eq, eq_scalar: Equal, "a = b", "x = s";
    ne, ne_scalar: NotEqual, "a and b differ", "x and s differ";
    gt, gt_scalar: Greater, "a > b", "x > s";
    ge, ge_scalar: GreaterEqual, "a >= b", "x >= s";
    lt, lt_scalar: Less, "a < b", "x < s";
    le, le_scalar: LessEqual, "a <= b", "x <= s";
}

/// Functions of truth values, whose shapes broadcast.
impl Tensor {
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
