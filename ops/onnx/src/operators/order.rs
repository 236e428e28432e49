//! Order, running totals and triangles.

use ops::{DType, Result, Tensor, op::Padding};

use super::{Operator, ResolvedNode, elementwise, gives, op};
use crate::node::NodeReader;

pub(super) const OPERATORS: &[Operator] = &[
    op("TopK", 1, top_k).settings(&[1]),
    op("CumSum", 11, |node| running(node, Tensor::cumsum, 0.0)).settings(&[1]),
    op("CumProd", 26, |node| running(node, products, 1.0)).settings(&[1]),
    op("Trilu", 14, trilu).settings(&[1]),
    op("ReverseSequence", 10, reverse_sequence).settings(&[1]),
];

/// `k` is an attribute before opset 10, then an input.
fn top_k(node: &NodeReader) -> ResolvedNode {
    let (axis, largest) = (node.int("axis", -1)?, node.flag("largest", true)?);
    node.ignore(&["sorted"]);
    let fixed = if node.opset < 10 { node.maybe_int("k")? } else { None };
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let d = call.axis(axis, x.rank())?;
        let k = fixed.map_or_else(|| call.number(1).map(|k| k.unwrap_or(0.0) as i64), Ok)?;
        let fits = usize::try_from(k).ok().filter(|k| (1..=x.shape()[d]).contains(k));
        let k = fits.ok_or_else(|| call.wrong("k", k, format!("1 to {}", x.shape()[d])))?;
        let order = x.argsort(axis, largest)?.narrow(axis, 0, k)?;
        let values = x.gather_known(d, &order)?;
        Ok(vec![values.into(), order.cast(x.device().whole())?.into()])
    }))
}

/// Running totals along an axis that is an input; `exclusive` ones leave their own element out and
/// begin with `start`.
fn running(node: &NodeReader, f: fn(&Tensor, i64) -> Result<Tensor>, start: f64) -> ResolvedNode {
    let (exclusive, reverse) = (node.flag("exclusive", false)?, node.flag("reverse", false)?);
    gives(move |call| {
        let x = call.tensor(0)?;
        let axis = call.number(1)?.unwrap_or(0.0) as i64;
        let d = call.axis(axis, x.rank())?;
        let reversed = |x: Tensor| if reverse { x.flip(&[axis]) } else { Ok(x) };
        let (dtype, mut y) = (x.dtype(), reversed(x)?);
        if exclusive {
            y = shifted(&y, d, start)?;
        }
        // Totals of short integers are short.
        reversed(f(&y, axis)?.cast(dtype)?)
    })
}

/// Shifted by one position, `start` first.
fn shifted(x: &Tensor, d: usize, start: f64) -> Result<Tensor> {
    let n = x.shape()[d];
    let mut pairs = vec![[0; 2]; x.rank()];
    pairs[d] = [1, 0];
    x.pad(&pairs, Padding::Constant(start))?.narrow(d as i64, 0, n)
}

/// Running products: each round joins spans of twice the length.
fn products(x: &Tensor, axis: i64) -> Result<Tensor> {
    let d = x.spec().dim("CumProd", axis)?;
    let n = x.shape()[d];
    let mut total = x.clone();
    let mut span = 1;
    while span < n {
        let mut pairs = vec![[0; 2]; x.rank()];
        pairs[d] = [span, 0];
        let before = total.narrow(axis, 0, n - span)?.pad(&pairs, Padding::Constant(1.0))?;
        total = total.mul(&before)?;
        span *= 2;
    }
    Ok(total)
}

fn trilu(node: &NodeReader) -> ResolvedNode {
    let upper = node.flag("upper", true)?;
    elementwise(move |call| {
        let x = call.tensor(0)?;
        let k = call.maybe_ints(1)?.and_then(|list| list.first().copied()).unwrap_or(0);
        let whole = if x.dtype() == DType::Bool { x.cast(DType::I32)? } else { x.clone() };
        let y = if upper { whole.triu(k)? } else { whole.tril(k)? };
        y.cast(x.dtype())
    })
}

/// The first elements of each sample in reverse, as many as its length says.
fn reverse_sequence(node: &NodeReader) -> ResolvedNode {
    let axes = [node.int("batch_axis", 1)?, node.int("time_axis", 0)?];
    gives(move |call| {
        let x = call.tensor(0)?;
        let steps_first = match call.axes(&axes, x.rank())?[..] {
            [0, 1] => false,
            [1, 0] => true,
            _ => return Err(call.wrong("the axes", format!("{axes:?}"), "0 and 1")),
        };
        let transposed = |x: &Tensor| if steps_first { x.transpose(0, 1) } else { Ok(x.clone()) };
        let samples = transposed(&x)?;
        let (n, steps, lengths) = (samples.shape()[0], samples.shape()[1], call.sizes(1)?);
        if lengths.len() != n || lengths.iter().any(|&length| length > steps) {
            return Err(call.wrong("the lengths", format!("{lengths:?}"), format!("{n} up to {steps}")));
        }
        let source = |row: usize| match (row / steps, row % steps) {
            (sample, step) if step < lengths[sample] => sample * steps + lengths[sample] - 1 - step,
            _ => row,
        };
        transposed(&samples.flatten(0, 1)?.slices_at(0, n * steps, source)?.reshape(samples.shape())?)
    })
}
