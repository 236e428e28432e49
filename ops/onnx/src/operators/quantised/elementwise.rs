//! Functions of quantised numbers, element by element, along an axis, and joins, as ONNX Runtime's quantiser
//! writes them.

use ops::{DType, Result, Tensor};

use super::{OutputGrid, Steps, along, constant, saturated, scale};
use crate::{
    node::NodeReader,
    operators::{Operator, ResolvedNode, gives, op},
};

pub(super) const OPERATORS: &[Operator] = &[
    op("QLinearAdd", 1, add).settings(&[1, 2, 4, 5, 6, 7]),
    op("QLinearMul", 1, mul).settings(&[1, 2, 4, 5, 6, 7]),
    op("QLinearSigmoid", 1, |node| each(node, Tensor::sigmoid)).settings(&[1, 2, 3, 4]),
    op("QLinearLeakyRelu", 1, |node| {
        let slope = node.float("alpha", 0.01)?;
        each(node, move |x| x.leaky_relu(slope))
    })
    .settings(&[1, 2, 3, 4]),
    op("QLinearSoftmax", 1, softmax).settings(&[1, 2, 3, 4]),
    op("QLinearConcat", 1, concat),
];

/// A function of the numbers that the first input stands for, on the grid of the output.
fn each(node: &NodeReader, f: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static) -> ResolvedNode {
    let grid = OutputGrid::of(node, 3)?;
    gives(move |call| {
        let x = Steps::of(call, 0, &call.tensor(0)?)?;
        grid.quantise(call, &f(&x.value()?)?)
    })
}

/// `A a_scale / c_scale + (B b_scale / c_scale + rest)`, rounded once: the rest is what all zero points give.
/// Where that is a half, ONNX Runtime's own rounding depends on the processor.
fn add(node: &NodeReader) -> ResolvedNode {
    let grid = OutputGrid::of(node, 6)?;
    gives(move |call| {
        let [a, b] = call.pair_of(0, 3)?.map(|x| x.cast(DType::F32));
        let (a, b) = (a?, b?);
        let c_scale = grid.scale(call, &a)?;
        let ratio = |i: usize| along(&scale(call, i, &a)?, 0, 0)?.div(&c_scale);
        let (by_a, by_b) = (ratio(1)?, ratio(4)?);
        let zero = |i: usize| match constant(call, i, &a)? {
            Some(zero) => along(&zero, 0, 0),
            None => c_scale.zeros_like(),
        };
        // ONNX Runtime takes the zero points out of the sum, in this order.
        let rest = zero(7)?.sub(&by_a.mul(&zero(2)?)?.add(&by_b.mul(&zero(5)?)?)?)?;
        saturated(&a.mul(&by_a)?.add(&b.mul(&by_b)?.add(&rest)?)?, None, grid.limits)
    })
}

/// `(A - a_zero) (B - b_zero) a_scale b_scale / c_scale + c_zero`, rounded once.
fn mul(node: &NodeReader) -> ResolvedNode {
    let grid = OutputGrid::of(node, 6)?;
    gives(move |call| {
        let [device, _] = call.pair_of(0, 3)?;
        let (a, b) = (Steps::of(call, 0, &device)?, Steps::of(call, 3, &device)?);
        let step = a.scale.mul(&b.scale)?.div(&grid.scale(call, &a.q)?)?;
        let product = a.q.mul(&b.q)?.mul(&step)?;
        let product = match grid.zero_point(call, &a.q)? {
            Some(zero) => product.add(&zero)?,
            None => product,
        };
        saturated(&product, None, grid.limits)
    })
}

/// Along one axis, or before opset 13 of ONNX over all dimensions from one on.
fn softmax(node: &NodeReader) -> ResolvedNode {
    let (axis, opset) = (node.int("axis", -1)?, node.int("opset", 13)?);
    let grid = OutputGrid::of(node, 3)?;
    gives(move |call| {
        let x = Steps::of(call, 0, &call.tensor(0)?)?.value()?;
        let d = call.axis(axis, x.rank())?;
        let rows: usize = x.shape()[..d].iter().product();
        let y = match opset < 13 {
            true => x.reshape(&[rows, x.len() / rows])?.softmax(1)?.reshape(x.shape())?,
            false => x.softmax(axis)?,
        };
        grid.quantise(call, &y)
    })
}

/// Inputs of any grids, each with its scale and zero point, joined on the grid that stands first.
fn concat(node: &NodeReader) -> ResolvedNode {
    let (axis, grid) = (node.int("axis", 1)?, OutputGrid::of(node, 0)?);
    gives(move |call| {
        let device = call.tensor(2)?.cast(DType::F32)?;
        let part = |i: usize| grid.quantise(call, &Steps::of(call, i, &device)?.value()?);
        let parts = (2..call.inputs.len()).step_by(3).map(part).collect::<Result<Vec<_>>>()?;
        Tensor::concat(&parts.iter().collect::<Vec<_>>(), axis)
    })
}
