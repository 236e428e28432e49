//! Numbers on a grid of whole numbers: `x = (q - zero_point) scale`.
//!
//! Quantised numbers travel as floats that hold whole numbers, so that gradients pass: rounding has the slope
//! 1 where the rounded number is within the type's limits and 0 where it is clipped (Bengio et al., 2013; as
//! PyTorch's `fake_quantize`). Whole numbers of the file, `i32` here, are taken as well. Forward computes
//! what ONNX Runtime 1.31 does on the CPU: sums are exact, everything else is f32.

mod average;
mod conv;
mod elementwise;
mod linear;
mod product;

use ops::{DType, Device, Result, Tensor};
pub(super) use product::QuantisedMatrix;

use super::{Operator, op};
use crate::{
    broken,
    call::NodeCall,
    file::{proto::DataType, stored},
    node::NodeReader,
};

/// Those of ONNX's own domain.
pub(super) const OPERATORS: &[&[Operator]] = &[linear::OPERATORS, product::OPERATORS, conv::OPERATORS];

/// Those of `com.microsoft`.
pub(super) const MICROSOFT: &[&[Operator]] =
    &[linear::MICROSOFT, product::MICROSOFT, elementwise::OPERATORS, average::OPERATORS];

/// The smallest and the largest whole number of a type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Limits {
    low: f64,
    high: f64,
}

impl Limits {
    pub fn of(kind: DataType) -> Option<Self> {
        let own = (kind == DataType::Int32).then_some([i32::MIN.into(), i32::MAX.into()]);
        stored::limits(kind).or(own).map(|[low, high]: [i64; 2]| Self { low: low as f64, high: high as f64 })
    }

    /// Those of the type of input `zero_point`; without that input those of 8 bits without a sign.
    fn of_input(node: &NodeReader, zero_point: usize) -> Result<Self> {
        let is_given = node.proto.input.get(zero_point).is_some_and(|name| !name.is_empty());
        let found = if is_given { node.narrow(zero_point) } else { Some(DataType::Uint8) };
        let Some(limits) = found.and_then(Self::of) else {
            return broken(format!("the type of input {zero_point}, a zero point, is not known"));
        };
        Ok(limits)
    }
}

/// `min(max(round(x) + zero_point, low), high)`, halves to the even number. The slope is 1 where nothing is
/// clipped, 0 elsewhere.
pub(crate) fn saturated(x: &Tensor, zero_point: Option<&Tensor>, limits: Limits) -> Result<Tensor> {
    let rounded = x.detach().round()?;
    let rounded = zero_point.map_or(Ok(rounded.clone()), |zero| rounded.add(zero))?;
    let q = rounded.clamp(limits.low, limits.high)?;
    if !x.is_tracked() {
        return Ok(q);
    }
    let clipped = rounded.lt_scalar(limits.low)?.logical_or(&rounded.gt_scalar(limits.high)?)?;
    let inside = x.masked_fill(&clipped, 0.0)?;
    let steps = zero_point.map_or(Ok(q.clone()), |zero| q.sub(zero))?;
    // A number and what is missing to the next whole one have an exact sum.
    let steps = inside.add(&steps.sub(&inside.detach())?)?;
    zero_point.map_or(Ok(steps.clone()), |zero| steps.add(zero))
}

/// Input `i` as floats on the device of another tensor.
fn floats(call: &NodeCall, i: usize, other: &Tensor) -> Result<Tensor> {
    call.on_device_of(i, other)?.cast(DType::F32)
}

/// A scale or a zero point, where it is given: a constant to gradients.
fn constant(call: &NodeCall, i: usize, other: &Tensor) -> Result<Option<Tensor>> {
    if call.has(i) { Ok(Some(floats(call, i, other)?.detach())) } else { Ok(None) }
}

/// A scale that has to be given.
fn scale(call: &NodeCall, i: usize, other: &Tensor) -> Result<Tensor> {
    Ok(floats(call, i, other)?.detach())
}

/// One number for a whole tensor, or `[n]` along a dimension of a tensor of that rank, so that it broadcasts.
fn along(numbers: &Tensor, dim: usize, rank: usize) -> Result<Tensor> {
    if numbers.len() == 1 {
        return numbers.reshape(&[]);
    }
    let mut shape = vec![1; rank];
    if let Some(size) = shape.get_mut(dim) {
        *size = numbers.len();
    }
    numbers.reshape(&shape)
}

/// Quantised numbers: their distance from the zero point, and what a step is.
struct Steps {
    /// `q - zero_point`
    q: Tensor,
    scale: Tensor,
}

impl Steps {
    /// Input `first`, with the scale and the zero point that follow it; one of each.
    fn of(call: &NodeCall, first: usize, device: &Tensor) -> Result<Self> {
        Self::at(call, [first, first + 1, first + 2], device)
    }

    /// Input, scale and zero point that stand there; one of each.
    fn at(call: &NodeCall, [x, scale_at, zero]: [usize; 3], device: &Tensor) -> Result<Self> {
        let x = floats(call, x, device)?;
        let single = |numbers: Tensor| match numbers.len() {
            1 => numbers.reshape(&[]),
            _ => Err(call.misfit(numbers.shape(), "one number")),
        };
        let q = match constant(call, zero, device)? {
            Some(zero) => x.sub(&single(zero)?)?,
            None => x,
        };
        Ok(Self { q, scale: single(scale(call, scale_at, device)?)? })
    }

    /// `(q - zero_point) scale`
    fn value(&self) -> Result<Tensor> {
        self.q.mul(&self.scale)
    }
}

/// The grid of an output: `y = round(x / scale) + zero_point` within the limits.
struct OutputGrid {
    scale: usize,
    limits: Limits,
}

impl OutputGrid {
    /// That of the inputs `scale` and, after it, the zero point, whose type is the output's.
    fn of(node: &NodeReader, scale: usize) -> Result<Self> {
        Ok(Self { scale, limits: Limits::of_input(node, scale + 1)? })
    }

    fn scale(&self, call: &NodeCall, x: &Tensor) -> Result<Tensor> {
        along(&scale(call, self.scale, x)?, 0, 0)
    }

    fn zero_point(&self, call: &NodeCall, x: &Tensor) -> Result<Option<Tensor>> {
        constant(call, self.scale + 1, x)?.map(|zero| along(&zero, 0, 0)).transpose()
    }

    /// Floats on the grid.
    fn quantise(&self, call: &NodeCall, x: &Tensor) -> Result<Tensor> {
        let steps = x.div(&self.scale(call, x)?)?;
        saturated(&steps, self.zero_point(call, x)?.as_ref(), self.limits)
    }

    /// Exact sums of products of steps on the grid, whose own step is `product` (it broadcasts).
    fn requantise(&self, call: &NodeCall, sums: &Tensor, product: &Tensor) -> Result<Tensor> {
        self.at_step(call, sums, &product.div(&self.scale(call, product)?)?)
    }

    /// [`OutputGrid::requantise`], where it is known how many steps of the grid one of the sums is.
    fn at_step(&self, call: &NodeCall, sums: &Tensor, step: &Tensor) -> Result<Tensor> {
        let steps = sums.cast(DType::F32)?.mul(step)?;
        let sums = &steps;
        saturated(&steps, self.zero_point(call, sums)?.as_ref(), self.limits)
    }
}

/// What puts a parameter on the grid of the quantised numbers that it came as: input 0, with the scale and
/// the zero point that follow it.
pub(crate) static ON_GRID: Operator = op("QuantizeLinear", 10, |_| broken("no node has this operator"));

/// How many products of two numbers of 8 bits an f32 adds exactly: each is below 2^16, the sum is exact to
/// 2^24.
const EXACT_PRODUCTS: usize = 256;

/// The type in which sums of `products` products of two numbers of 8 bits are exact. A GPU has f32 only,
/// where longer sums are rounded.
fn exact(products: usize, device: Device) -> DType {
    if products <= EXACT_PRODUCTS || device == Device::Gpu { DType::F32 } else { DType::F64 }
}

/// Sums as wide as they can be, for what is added to them.
fn widest(device: Device) -> DType {
    if device == Device::Gpu { DType::F32 } else { DType::F64 }
}
