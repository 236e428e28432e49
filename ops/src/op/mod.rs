//! Operations, one family a file. Each is a small value that implements [`Op`]: its shape rule, its
//! run and its gradient are side by side, and each is offered as one public method of [`Tensor`].

use crate::{DType, Error, Result, Spec, ensure, tensor::show};

mod activations;
mod adaptive;
mod backward;
pub(crate) mod batch_norm;
mod binary;
mod bitwise;
mod compare;
mod composed;
mod concat;
mod contract;
mod conv;
mod conv3d;
pub(crate) mod count;
mod cumsum;
pub(crate) mod curve;
pub mod custom;
mod diagonal;
mod distance;
mod einsum;
mod elementwise;
mod finite;
pub(crate) mod fused;
mod grid_sample;
mod index;
mod interpolate;
pub(crate) mod keep;
mod linalg;
mod matmul;
mod pad;
mod patches;
mod pool;
mod promote;
mod quantile;
mod range;
mod rectifier;
mod reduce;
mod refuse;
mod scalar;
mod scan;
mod shape;
mod shift;
mod slice;
mod softmax;
mod sort;
mod special;
mod statistics;
mod subscript;
mod window;

pub use crate::tensor::onnx;
pub(crate) use crate::tensor::{
    Op, OpInfo, Operand, Primitive, Saves, Vjp, by_kind,
    onnx::{OnnxAttribute, OnnxAttributes, OnnxOperator, OnnxValue, OnnxWriter},
};
pub use backward::Gradients;
pub use elementwise::Elementwise;
pub(crate) use refuse::{refuse_count, refuse_where};

pub use conv3d::Window3d;
pub use count::{Histogram, Unique};
pub use grid_sample::{GridMode, GridPadding, GridStyle};
pub use interpolate::Interpolation;
pub use pad::Padding;
pub use promote::Number;
pub use quantile::Between;
pub use subscript::Index;
pub use window::Window;

/// Refuses element types that `allowed` does not.
pub(crate) fn require(
    op: &'static str,
    x: &Spec,
    allowed: impl Fn(DType) -> bool,
    expected: &str,
) -> Result<()> {
    ensure(allowed(x.dtype), || Error::dtype(op, x.dtype, expected))
}

/// Refuses anything but floats.
pub(crate) fn require_float(op: &'static str, x: &Spec) -> Result<()> {
    require(op, x, DType::is_float, "f32 or f64 (convert with `.float()`)")
}

/// Refuses anything but numbers.
pub(crate) fn require_number(op: &'static str, x: &Spec) -> Result<()> {
    require(op, x, |d| d != DType::Bool, "a number type (convert with `.float()` or `.long()`)")
}

/// Refuses two different element types.
pub(crate) fn require_same(op: &'static str, a: &Spec, b: &Spec) -> Result<()> {
    ensure(a.dtype == b.dtype, || {
        let found = format!("{} and {}", a.dtype, b.dtype);
        Error::dtype(op, found, "one element type for both (convert with `.float()`, or `cast`)")
    })
}

/// Refuses anything but the given number of dimensions; `form` names them, as `[N, C, H, W]`.
pub(crate) fn require_rank(op: &'static str, x: &Spec, rank: usize, form: &str) -> Result<()> {
    ensure(x.rank() == rank, || Error::shape(op, show(&x.shape), form))
}

/// Refuses sizes and steps of a window below `minimum`, and those that a GPU would cut off: it counts in
/// 32 bits.
pub(crate) fn require_step(
    op: &'static str,
    name: &'static str,
    minimum: usize,
    steps: &[usize],
) -> Result<()> {
    let maximum = i32::MAX as usize;
    let wrong = steps.iter().find(|step| !(minimum..=maximum).contains(step));
    wrong.map_or(Ok(()), |step| Err(Error::argument(op, name, step, format!("{minimum} to {maximum}"))))
}
