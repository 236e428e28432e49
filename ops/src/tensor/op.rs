//! What an operation is: its shape rule, its run, its gradient and its ONNX form. The tape records
//! operations, and they take and give tensors, so both are defined here; the operations themselves are in
//! [`crate::op`].

use std::any::Any;

use burn::backend::DispatchTensor;

use super::{
    Device, Spec, Tensor,
    onnx::{self, OnnxValue, OnnxWriter},
};
use crate::{Error, Result};

/// A tensor of one of Burn's backends, whatever its rank, element type and device.
pub(crate) type Primitive = DispatchTensor;

/// An input of [`Op::run`].
pub(crate) struct Operand<'a> {
    pub spec: &'a Spec,
    pub value: Primitive,
}

impl Operand<'_> {
    /// The value, as backends take it.
    pub fn primitive(&self) -> Primitive {
        self.value.clone()
    }
}

/// What [`Op::vjp`] is given. Values that the operation does not save are not there.
pub(crate) struct Vjp<'a> {
    pub x: &'a [Tensor],
    pub y: &'a Tensor,
    pub dy: &'a Tensor,
    /// For each input: whether its gradient is wanted. Computing others is wasted time.
    pub wanted: &'a [bool],
}

impl Vjp<'_> {
    /// The gradient of input `i` where it is wanted.
    pub fn want(&self, i: usize, gradient: impl FnOnce() -> Result<Tensor>) -> Result<Option<Tensor>> {
        self.wanted[i].then(gradient).transpose()
    }
}

/// Which values the gradient needs. What is not saved is freed as soon as nobody else holds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saves {
    inputs: u32,
    pub output: bool,
}

impl Saves {
    pub const NOTHING: Self = Self { inputs: 0, output: false };
    pub const INPUTS: Self = Self { inputs: u32::MAX, output: false };
    pub const ALL: Self = Self { inputs: u32::MAX, output: true };
    pub const OUTPUT: Self = Self { inputs: 0, output: true };

    /// Only the inputs with those indices.
    pub const fn only(inputs: &[usize]) -> Self {
        let (mut mask, mut i) = (0, 0);
        while i < inputs.len() {
            mask |= 1 << inputs[i];
            i += 1;
        }
        Self { inputs: mask, output: false }
    }

    /// The output, too.
    pub const fn and_output(self) -> Self {
        Self { output: true, ..self }
    }

    pub fn input(self, i: usize) -> bool {
        self.inputs & (1 << i.min(31)) != 0
    }
}

/// What is fixed of an operation.
#[derive(Clone, Copy)]
pub(crate) struct OpInfo {
    /// The name in messages: the one that scripts use.
    pub name: &'static str,
    /// What [`Op::vjp`] uses.
    pub saves: Saves,
    /// Whether the output depends smoothly on the inputs. If not, it is a constant to gradients.
    pub differentiable: bool,
}

impl OpInfo {
    /// That of an operation whose gradient needs its inputs.
    pub const fn new(name: &'static str) -> Self {
        Self { name, saves: Saves::INPUTS, differentiable: true }
    }

    pub const fn saving(self, saves: Saves) -> Self {
        Self { saves, ..self }
    }

    pub const fn constant(self) -> Self {
        Self { differentiable: false, ..self }
    }
}

/// One operation with its attributes.
pub(crate) trait Op: Any + Send + Sync {
    /// What is fixed of it.
    fn info(&self) -> OpInfo;

    /// The name in messages.
    fn name(&self) -> &'static str {
        self.info().name
    }

    /// The shape rule: refuses what does not fit, and gives the spec of the output. Neither backend protects
    /// itself, so nothing reaches [`Op::run`] that this does not allow.
    fn infer(&self, x: &[&Spec]) -> Result<Spec>;

    /// Computes the output, of the spec that [`Op::infer`] gave.
    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive;

    /// The vector-Jacobian product: the gradient of each input, given that of the output.
    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let _ = at;
        Err(Error::NotDifferentiable { op: self.name() })
    }

    /// Writes the operation as nodes of an ONNX graph, and gives its output.
    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let _ = w;
        onnx::not_exportable(self.name())
    }

    /// Whether the output shares the memory of the first input, which is `x`.
    fn is_view(&self, x: &Operand) -> bool {
        let _ = x;
        false
    }
}

/// Calls the float, integer or boolean form of a backend function, by element type.
macro_rules! by_kind {
    ($dtype:expr, $float:ident, $int:ident, $bool:ident, ($($arg:expr),* $(,)?) $($then:tt)*) => {{
        use burn::backend::{Dispatch, ops::{BoolTensorOps, FloatTensorOps, IntTensorOps}};
        use $crate::DType::{Bool, F32, F64, I32, I64};
        match $dtype {
            F32 | F64 => <Dispatch as FloatTensorOps<Dispatch>>::$float($($arg),*) $($then)*,
            I32 | I64 => <Dispatch as IntTensorOps<Dispatch>>::$int($($arg),*) $($then)*,
            Bool => <Dispatch as BoolTensorOps<Dispatch>>::$bool($($arg),*) $($then)*,
            _ => unreachable!("no tensor has them"),
        }
    }};
    ($dtype:expr, $float:ident, $int:ident, ($($arg:expr),* $(,)?)) => {{
        use burn::backend::{Dispatch, ops::{FloatTensorOps, IntTensorOps}};
        match $dtype {
            $crate::DType::I32 | $crate::DType::I64 => <Dispatch as IntTensorOps<Dispatch>>::$int($($arg),*),
            _ => <Dispatch as FloatTensorOps<Dispatch>>::$float($($arg),*),
        }
    }};
}
pub(crate) use by_kind;
