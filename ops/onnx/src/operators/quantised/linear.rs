//! Between floats and quantised numbers.

use ops::{DType, Result, Tensor};

use super::{Limits, constant, floats, saturated};
use crate::{
    GraphValue, broken,
    call::NodeCall,
    file::{proto::DataType, stored},
    node::NodeReader,
    operators::{Operator, ResolvedNode, gives, op},
};

pub(super) const OPERATORS: &[Operator] = &[
    op("QuantizeLinear", 10, quantize).scales(&[1]).settings(&[2]),
    op("DequantizeLinear", 10, dequantize).scales(&[1]).settings(&[2]),
    op("DynamicQuantizeLinear", 11, |_| Ok(Box::new(dynamic))),
];

pub(super) const MICROSOFT: &[Operator] = &[
    op("QuantizeLinear", 1, quantize).scales(&[1]).settings(&[2]),
    op("DequantizeLinear", 1, dequantize).scales(&[1]).settings(&[2]),
];

/// Which numbers of a tensor a scale and a zero point are of.
struct Granularity {
    axis: i64,
    /// How many along the axis share one; 0: each position has its own.
    block: usize,
}

impl Granularity {
    fn of(node: &NodeReader) -> Result<Self> {
        let block = node.size("block_size", 0, 0..=usize::MAX, "negative")?;
        Ok(Self { axis: node.int("axis", 1)?, block })
    }

    /// Numbers so that they broadcast to a shape: one, `[C]` along the axis, or one for each block along it.
    fn spread(&self, call: &NodeCall, numbers: &Tensor, shape: &[usize]) -> Result<Tensor> {
        if numbers.len() == 1 {
            return numbers.reshape(&[]);
        }
        let d = call.axis(self.axis, shape.len())?;
        if self.block == 0 {
            return match numbers.shape() {
                &[n] if n == shape[d] => super::along(numbers, d, shape.len()),
                found => Err(call.misfit(found, format!("one number, or {} for axis {d}", shape[d]))),
            };
        }
        let fits = |(i, (&found, &n)): (usize, (&usize, &usize))| match i == d {
            true => found == n.div_ceil(self.block),
            false => found == n,
        };
        let found = numbers.shape();
        if found.len() != shape.len() || !found.iter().zip(shape).enumerate().all(fits) {
            return Err(
                call.misfit(found, format!("one number for each block of {} in {shape:?}", self.block))
            );
        }
        numbers.slices_at(d, shape[d], |i| i / self.block)
    }
}

/// `q = round(x / scale) + zero_point` within the limits of the zero point's type; of 8 bits without a sign
/// where neither a zero point nor `output_dtype` says another one.
fn quantize(node: &NodeReader) -> ResolvedNode {
    let (granularity, limits) = (Granularity::of(node)?, limits(node)?);
    node.ignore(&["saturate", "precision"]);
    gives(move |call| {
        let x = call.tensor(0)?;
        let x = if x.dtype().is_float() { x } else { x.cast(DType::F32)? };
        let spread = |numbers: Tensor| granularity.spread(call, &numbers.cast(x.dtype())?, x.shape());
        let zero = constant(call, 2, &x)?.map(spread).transpose()?;
        saturated(&x.div(&spread(floats(call, 1, &x)?)?)?, zero.as_ref(), limits)
    })
}

fn limits(node: &NodeReader) -> Result<Limits> {
    match node.int("output_dtype", 0)? {
        0 => Limits::of_input(node, 2),
        number => {
            let named = i32::try_from(number).ok().and_then(stored::narrow).and_then(Limits::of);
            named.map_or_else(|| broken(format!("the attribute `output_dtype` is {number}")), Ok)
        }
    }
}

/// `x = (q - zero_point) scale`
fn dequantize(node: &NodeReader) -> ResolvedNode {
    let granularity = Granularity::of(node)?;
    let dtype = node.dtype("output_dtype")?.filter(|dtype| dtype.is_float());
    gives(move |call| {
        let q = call.tensor(0)?;
        // A quantised number of f64 is one of an f64, as gradients are checked with.
        let dtype = dtype.unwrap_or(if q.dtype() == DType::F64 { DType::F64 } else { DType::F32 });
        let q = q.cast(dtype)?;
        let spread = |numbers: Tensor| granularity.spread(call, &numbers.cast(dtype)?, q.shape());
        let steps = match constant(call, 2, &q)? {
            Some(zero) => q.sub(&spread(zero)?)?,
            None => q.clone(),
        };
        steps.mul(&spread(floats(call, 1, &q)?)?)
    })
}

/// Numbers on the grid of 8 bits without a sign from their smallest to their largest, 0 among them; also
/// gives scale and zero point.
fn dynamic(call: &NodeCall) -> Result<Vec<GraphValue>> {
    let [q, scale, zero] = quantised_by_range(&call.tensor(0)?)?;
    Ok(vec![q.into(), scale.into(), zero.into()])
}

/// [`dynamic`] of floats.
pub(super) fn quantised_by_range(x: &Tensor) -> Result<[Tensor; 3]> {
    let limits = Limits::of(DataType::Uint8).unwrap_or(Limits { low: 0.0, high: 255.0 });
    let flat = x.detach().reshape(&[x.len()])?;
    let low = flat.min_dims(&[0], false)?.clamp_max(0.0)?;
    let range = flat.max_dims(&[0], false)?.clamp_min(0.0)?.sub(&low)?.div_scalar(limits.high)?;
    let scale = range.masked_fill(&range.eq_scalar(0.0)?, 1.0)?;
    let zero = low.div(&scale)?.neg()?.clamp(limits.low, limits.high)?.round()?;
    Ok([saturated(&x.div(&scale)?, Some(&zero), limits)?, scale, zero])
}
