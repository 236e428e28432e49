//! Convolutions of quantised numbers.

use ops::{Result, Tensor};

use super::{OutputGrid, Steps, along, constant, exact, floats, scale, widest};
use crate::{
    broken,
    call::NodeCall,
    node::NodeReader,
    operators::{Operator, ResolvedNode, conv::Convolution, gives, normalise::per_channel, op},
};

pub(super) const OPERATORS: &[Operator] = &[
    op("ConvInteger", 10, conv_integer).settings(&[2, 3]),
    op("QLinearConv", 10, qlinear_conv).settings(&[1, 2, 4, 5, 6, 7]),
];

/// The exact convolution of `q - zero_point`; edges are zero points. The weights are input `w`, with a zero
/// point for all or for each output channel.
fn sums(call: &NodeCall, convolution: &Convolution, x: &Tensor, w: usize, zero: usize) -> Result<Tensor> {
    let weight = floats(call, w, x)?;
    let weight = match constant(call, zero, x)? {
        Some(zero) => weight.sub(&along(&zero, 0, weight.rank())?)?,
        None => weight,
    };
    let products = weight.len() / weight.shape().first().copied().unwrap_or(1).max(1);
    let wide = exact(products, x.device());
    convolution.run(call, &x.cast(wide)?, &weight.cast(wide)?, None)
}

fn conv_integer(node: &NodeReader) -> ResolvedNode {
    let convolution = Convolution::of(node)?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let x = floats(call, 0, &x)?;
        let x = match constant(call, 2, &x)? {
            Some(zero) => x.sub(&along(&zero, 0, 0)?)?,
            None => x,
        };
        sums(call, &convolution, &x, 1, 3)
    })
}

/// The convolution of what x and w stand for, on the grid of the output. The bias is in steps of
/// `x_scale w_scale`.
fn qlinear_conv(node: &NodeReader) -> ResolvedNode {
    let (convolution, grid) = (Convolution::of(node)?, OutputGrid::of(node, 6)?);
    if node.flag("channels_last", false)? {
        return broken("the attribute `channels_last` is 1, expected 0");
    }
    gives(move |call| {
        let x = Steps::of(call, 0, &call.tensor(0)?)?;
        let mut sums = sums(call, &convolution, &x.q, 3, 5)?;
        if call.has(8) {
            let wide = widest(sums.device());
            let bias = call.on_device_of(8, &sums)?.cast(wide)?;
            sums = sums.cast(wide)?.add(&per_channel(&bias, &sums)?)?;
        }
        let product = x.scale.mul(&along(&scale(call, 4, &x.q)?, 1, sums.rank())?)?;
        grid.requantise(call, &sums, &product)
    })
}
