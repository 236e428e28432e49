//! Operations, one family a file. Each is a small value that implements [`Op`]: its shape rule, its
//! run and its gradient stand side by side, and each is offered as one public method of [`Tensor`].

use std::fmt::Debug;

use burn::backend::DispatchTensor;

use crate::{DType, Device, Error, Result, Spec, Tensor, kernels::sparsity::Compact};

mod binary;
mod compare;
mod concat;
mod conv;
mod cumsum;
mod index;
mod interpolate;
mod matmul;
pub mod onnx;
mod pad;
mod pool;
mod range;
mod reduce;
mod scalar;
mod shape;
mod slice;
mod slope;
mod softmax;
mod sort;
mod statistics;
mod unary;
mod window;

pub(crate) use onnx::{OnnxAttribute, OnnxAttributes, OnnxOperator, OnnxValue, OnnxWriter};

pub use interpolate::Interpolation;
pub use pad::Padding;
pub use window::Window;

/// A tensor of one of Burn's backends, whatever its rank, element type and device.
pub(crate) type Primitive = DispatchTensor;

/// An input of [`Op::run`].
pub(crate) struct Operand<'a> {
    pub spec: &'a Spec,
    pub value: Primitive,
    /// The compact form, where the input has one and [`Op::takes_compact`]; `value` then holds its
    /// values alone.
    pub compact: Option<&'a Compact>,
}

impl Operand<'_> {
    /// All elements.
    pub fn dense(&self) -> &Primitive {
        self.compact.map_or(&self.value, Compact::dense)
    }
}

/// What [`Op::vjp`] has at hand. Values that the operation does not save are not there.
pub(crate) struct Vjp<'a> {
    pub x: &'a [Tensor],
    pub y: &'a Tensor,
    pub dy: &'a Tensor,
    /// For each input: whether its gradient is asked for. Computing others is wasted time.
    pub wanted: &'a [bool],
    /// For each input: the places at which alone its gradient is read, where its operation says so.
    pub places: &'a [Option<Tensor>],
}

impl Vjp<'_> {
    /// The gradient of input `i` where it is asked for.
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
    pub const OUTPUT: Self = Self { inputs: 0, output: true };

    /// Only the inputs with those numbers.
    pub const fn only(inputs: &[usize]) -> Self {
        let (mut mask, mut i) = (0, 0);
        while i < inputs.len() {
            mask |= 1 << inputs[i];
            i += 1;
        }
        Self { inputs: mask, output: false }
    }

    pub fn input(self, i: usize) -> bool {
        self.inputs & (1 << i.min(31)) != 0
    }
}

/// One operation with its attributes.
pub(crate) trait Op: Debug + Send + Sync + 'static {
    /// The name in messages: the one that scripts use.
    fn name(&self) -> &'static str;

    /// The shape rule: refuses what does not fit, and says what comes out. Neither backend protects
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

    /// What [`Op::vjp`] uses.
    fn saves(&self) -> Saves {
        Saves::INPUTS
    }

    /// Whether [`Op::run`] and [`Op::compact`] take that input in compact form.
    fn takes_compact(&self, i: usize) -> bool {
        let _ = i;
        false
    }

    /// The output in compact form, where there is one for these operands. In place of [`Op::run`].
    fn compact(&self, x: &[Operand], y: &Spec) -> Option<Compact> {
        let _ = (x, y);
        None
    }

    /// The number of the saved input that holds the places at which alone the output's gradient is read.
    fn gradient_places(&self) -> Option<usize> {
        None
    }

    /// Whether the output depends smoothly on the inputs. If not, it is a constant to gradients.
    fn differentiable(&self) -> bool {
        true
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
        match $dtype {
            $crate::DType::F32 | $crate::DType::F64 => <Dispatch as FloatTensorOps<Dispatch>>::$float($($arg),*) $($then)*,
            $crate::DType::I32 | $crate::DType::I64 => <Dispatch as IntTensorOps<Dispatch>>::$int($($arg),*) $($then)*,
            $crate::DType::Bool => <Dispatch as BoolTensorOps<Dispatch>>::$bool($($arg),*) $($then)*,
            $crate::DType::F16 | $crate::DType::U8 => unreachable!("no tensor has them"),
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

/// Refuses element types that `allowed` does not.
pub(crate) fn require(
    op: &'static str,
    x: &Spec,
    allowed: impl Fn(DType) -> bool,
    expected: &str,
) -> Result<()> {
    if allowed(x.dtype) {
        return Ok(());
    }
    Err(Error::DType { op, found: x.dtype.to_string(), expected: expected.into() })
}

/// Refuses anything but floats.
pub(crate) fn require_float(op: &'static str, x: &Spec) -> Result<()> {
    require(op, x, DType::is_float, "f32 or f64 (convert with `cast`)")
}

/// Refuses anything but numbers.
pub(crate) fn require_number(op: &'static str, x: &Spec) -> Result<()> {
    require(op, x, |d| d != DType::Bool, "a number type (convert with `cast`)")
}

/// Refuses two different element types.
pub(crate) fn require_same(op: &'static str, a: &Spec, b: &Spec) -> Result<()> {
    if a.dtype == b.dtype {
        return Ok(());
    }
    Err(Error::DType {
        op,
        found: format!("{} beside {}", a.dtype, b.dtype),
        expected: "one element type for both (convert with `cast`)".into(),
    })
}

/// Refuses anything but the given number of dimensions; `form` names them, as `[N, C, H, W]`.
pub(crate) fn require_rank(op: &'static str, x: &Spec, rank: usize, form: &str) -> Result<()> {
    if x.rank() == rank {
        return Ok(());
    }
    Err(Error::Shape { op, found: format!("{:?}", x.shape), expected: form.into() })
}

/// Refuses sizes and steps of a window below `least`, and those that a GPU would cut off: it counts in
/// 32 bits.
pub(crate) fn require_step(
    op: &'static str,
    name: &'static str,
    least: usize,
    steps: &[usize],
) -> Result<()> {
    let largest = i32::MAX as usize;
    let wrong = steps.iter().find(|step| !(least..=largest).contains(step));
    wrong.map_or(Ok(()), |step| {
        Err(Error::Argument { op, name, found: step.to_string(), expected: format!("{least} to {largest}") })
    })
}

/// What [`Op::vjp`] of a piecewise constant operation answers.
pub(crate) fn not_differentiable<T>(op: &impl Op) -> Result<T> {
    Err(Error::NotDifferentiable { op: op.name() })
}
