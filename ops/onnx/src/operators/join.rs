//! Tensors joined and taken apart.

use ops::Tensor;

use super::{Operator, ResolvedNode, choose::narrow, op};
use crate::{GraphValue, node::NodeReader};

pub(super) const OPERATORS: &[Operator] = &[op("Concat", 4, concat), op("Split", 2, split).settings(&[1])];

/// Tensors without elements are left out.
fn concat(node: &NodeReader) -> ResolvedNode {
    let axis = node.int("axis", 1)?;
    Ok(Box::new(move |call| {
        let is_full = |&i: &usize| !matches!(call.value(i), GraphValue::Empty(_));
        let parts = call.together((0..call.inputs.len()).filter(is_full))?;
        if parts.is_empty() {
            return Ok(vec![call.value(0).clone()]);
        }
        Ok(vec![Tensor::concat(&parts.iter().collect::<Vec<_>>(), axis)?.into()])
    }))
}

/// Sizes are an attribute before opset 13, then an input; without any, all parts are of one size but
/// the last one.
fn split(node: &NodeReader) -> ResolvedNode {
    let axis = node.int("axis", 0)?;
    let fixed = node.ints_before(13, "split")?;
    node.ignore(&["num_outputs"]);
    let parts = node.proto.output.len().max(1);
    Ok(Box::new(move |call| {
        let x = call.value(0);
        let spec = x.spec().ok_or_else(|| call.wrong("the input", "none", "a tensor"))?;
        let d = call.axis(axis, spec.rank())?;
        let n = spec.shape[d];
        let sizes = match call.ints_or_input(&fixed, 1)? {
            Some(sizes) => sizes,
            None => {
                let each = n.div_ceil(parts);
                (0..parts).map(|i| each.min(n.saturating_sub(i * each)) as i64).collect()
            }
        };
        if sizes.iter().any(|&size| size < 0) || sizes.iter().map(|&s| s as i128).sum::<i128>() != n as i128 {
            return Err(call.wrong("the sizes", format!("{sizes:?}"), format!("a sum of {n}")));
        }
        let mut start = 0;
        let part = |&size: &i64| {
            start += size as usize;
            narrow(x, d, start - size as usize, size as usize)
        };
        sizes.iter().map(part).collect()
    }))
}
