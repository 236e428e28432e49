//! Averages of quantised numbers.

use ops::{Result, Tensor};

use super::{OutputGrid, Steps, exact};
use crate::{
    broken,
    node::NodeReader,
    operators::{Operator, ResolvedNode, gives, op, pool::AveragePool},
};

pub(super) const OPERATORS: &[Operator] = &[
    op("QLinearAveragePool", 1, average_pool).settings(&[1, 2, 3, 4]),
    op("QLinearGlobalAveragePool", 1, global_average_pool).settings(&[1, 2, 3, 4]),
];

fn channels_first(node: &NodeReader) -> Result<()> {
    if node.flag("channels_last", false)? {
        return broken("the attribute `channels_last` is 1, expected 0");
    }
    Ok(())
}

/// Averages of the numbers that the input stands for, on the grid of the output.
fn average_pool(node: &NodeReader) -> ResolvedNode {
    channels_first(node)?;
    let (pool, grid) = (AveragePool::of(node)?, OutputGrid::of(node, 3)?);
    gives(move |call| {
        let x = Steps::of(call, 0, &call.tensor(0)?)?.value()?;
        grid.quantise(call, &pool.run(call, &x)?)
    })
}

/// Exact sums of whole numbers, of which the average is taken on the grid of the output.
fn global_average_pool(node: &NodeReader) -> ResolvedNode {
    channels_first(node)?;
    let grid = OutputGrid::of(node, 3)?;
    gives(move |call| {
        let x = Steps::of(call, 0, &call.tensor(0)?)?;
        let dims: Vec<i64> = (2..x.q.rank() as i64).collect();
        let places: usize = x.q.shape().iter().skip(2).product();
        let sums = sum(&x.q, &dims, places)?;
        // `x_scale / (y_scale places)`, rounded as there.
        let step = grid.scale(call, &x.q)?.mul_scalar(places as f64)?;
        grid.at_step(call, &sums, &x.scale.div(&step)?)
    })
}

/// Numbers of 8 bits are no more than products of two of them.
fn sum(x: &Tensor, dims: &[i64], places: usize) -> Result<Tensor> {
    x.cast(exact(places, x.device()))?.sum_dims(dims, true)
}
