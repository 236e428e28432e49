//! The same elements in another shape, order or type.

use ops::{DType, Device, Result, Spec, Tensor};

use super::{Operator, ResolvedNode, elementwise, gives, map, op};
use crate::{
    GraphValue, broken,
    call::{NodeCall, one},
    file::{proto::DataType, stored},
    node::NodeReader,
};

pub(super) const OPERATORS: &[Operator] = &[
    op("Identity", 1, |_| Ok(Box::new(|call| Ok(vec![call.value(0).clone()])))),
    op("Reshape", 5, reshape).settings(&[1]),
    op("Flatten", 1, flatten),
    op("Squeeze", 1, squeeze).settings(&[1]),
    op("Unsqueeze", 1, unsqueeze).settings(&[1]),
    op("Transpose", 1, transpose),
    op("Expand", 8, |_| Ok(Box::new(expand))).settings(&[1]),
    op("Tile", 6, |_| gives(tile)).settings(&[1]),
    op("Shape", 1, shape).steps(),
    op("Size", 1, |_| gives(size)).steps(),
    op("Cast", 6, cast),
    op("CastLike", 15, cast_like).settings(&[1]),
    op("DepthToSpace", 1, depth_to_space),
    op("SpaceToDepth", 1, space_to_depth),
];

/// 0 copies a size (unless `allowzero`), -1 is what is left.
fn reshape(node: &NodeReader) -> ResolvedNode {
    let zero_is_zero = node.flag("allowzero", false)?;
    Ok(Box::new(move |call| {
        let mut shape = call.ints(1)?;
        if let (false, Some(x)) = (zero_is_zero, call.value(0).spec()) {
            for (d, size) in shape.iter_mut().enumerate().filter(|(_, size)| **size == 0) {
                *size = x.shape.get(d).copied().unwrap_or(0) as i64;
            }
        }
        if let GraphValue::Empty(spec) = call.value(0) {
            return reshaped_empty(call, spec, &shape);
        }
        let x = call.tensor(0)?;
        if let Some(samples) = shape.first_mut().filter(|samples| **samples > 0) {
            *samples = samples.saturating_mul(call.batches as i64);
        }
        one(x.reshape_infer(&shape))
    }))
}

/// What is left for a size of -1 are no elements.
fn reshaped_empty(call: &NodeCall, spec: &Spec, sizes: &[i64]) -> Result<Vec<GraphValue>> {
    let free = sizes.iter().filter(|&&size| size == -1).count();
    let size = |&size: &i64| if size == -1 { Some(0) } else { usize::try_from(size).ok() };
    let shape = sizes.iter().map(size).collect::<Option<Vec<_>>>();
    let fits =
        |shape: &Vec<usize>| free + usize::from(sizes.contains(&0)) == 1 && shape.len() <= Spec::MAX_RANK;
    let shape = shape.filter(fits).ok_or_else(|| call.misfit(&spec.shape, "a shape without elements"))?;
    Ok(vec![GraphValue::Empty(spec.reshaped(shape))])
}

fn flatten(node: &NodeReader) -> ResolvedNode {
    let axis = node.int("axis", 1)?;
    map(move |x| {
        let rank = x.rank() as i64;
        let split = if axis < 0 { axis + rank } else { axis };
        let rows = x.shape().iter().take(split.clamp(0, rank) as usize).product::<usize>();
        x.reshape(&[rows, x.len() / rows])
    })
}

fn squeeze(node: &NodeReader) -> ResolvedNode {
    let fixed = node.ints_before(13, "axes")?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let dropped = match call.ints_or_input(&fixed, 1)? {
            Some(axes) => call.axes(&axes, x.rank())?,
            None => (0..x.rank()).filter(|&d| x.shape()[d] == 1).collect(),
        };
        if dropped.iter().any(|&d| x.shape()[d] != 1) {
            return Err(call.misfit(x.shape(), format!("size 1 in the dimensions {dropped:?}")));
        }
        let kept = (0..x.rank()).filter(|d| !dropped.contains(d)).map(|d| x.shape()[d]);
        x.reshape(&kept.collect::<Vec<_>>())
    })
}

fn unsqueeze(node: &NodeReader) -> ResolvedNode {
    let fixed = node.ints_before(13, "axes")?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let given = call.ints_or_input(&fixed, 1)?.map_or_else(|| call.ints(1), Ok)?;
        let rank = x.rank() + given.len();
        if rank > Spec::MAX_RANK {
            return Err(call.misfit(x.shape(), format!("at most {} dimensions in all", Spec::MAX_RANK)));
        }
        let added = call.axes(&given, rank)?;
        let mut sizes = x.shape().iter().copied();
        let shape = (0..rank).map(|d| if added.contains(&d) { 1 } else { sizes.next().unwrap_or(1) });
        x.reshape(&shape.collect::<Vec<_>>())
    })
}

fn transpose(node: &NodeReader) -> ResolvedNode {
    let order = node.ints("perm")?;
    map(move |x| match &order {
        Some(order) => x.permute(order),
        None => x.permute(&(0..x.rank() as i64).rev().collect::<Vec<_>>()),
    })
}

fn expand(call: &NodeCall) -> Result<Vec<GraphValue>> {
    let x = call.tensor(0)?;
    let shape = ops::tensor::broadcast(call.op, x.shape(), &call.sizes(1)?)?;
    Ok(vec![x.expand(&shape)?.into()])
}

fn tile(call: &NodeCall) -> Result<Tensor> {
    call.tensor(0)?.repeat(&call.sizes(1)?)
}

fn shape(node: &NodeReader) -> ResolvedNode {
    let (start, end) = (node.int("start", 0)?, node.maybe_int("end")?);
    Ok(Box::new(move |call| {
        let spec = call.value(0).spec().ok_or_else(|| call.wrong("the input", "none", "a tensor"))?;
        let rank = spec.rank() as i64;
        let position = |i: i64| (if i < 0 { i.saturating_add(rank) } else { i }).clamp(0, rank) as usize;
        let (start, end) = (position(start), end.map_or(spec.rank(), position));
        let sizes: Vec<i64> = spec.shape[start.min(end)..end].iter().map(|&n| n as i64).collect();
        Ok(vec![GraphValue::whole(&sizes, &[sizes.len()])?])
    }))
}

fn size(call: &NodeCall) -> Result<Tensor> {
    let n = call.value(0).spec().map_or(0, |spec| spec.len());
    Tensor::from_data(vec![n as i64], [], Device::Cpu)
}

fn cast(node: &NodeReader) -> ResolvedNode {
    node.ignore(&["saturate", "round_mode"]);
    let Some(to) = node.dtype("to")? else { return broken("the attribute `to` is missing") };
    let narrow = i32::try_from(node.int("to", 0)?).ok().and_then(stored::narrow);
    elementwise(move |call| converted(&call.tensor(0)?, to, narrow))
}

/// The elements as those of another type; `narrow` is the file's own, where tensors do not have it. Floats
/// are cut off towards 0, then whole numbers that the type does not hold start again at its other end.
fn converted(x: &Tensor, to: DType, narrow: Option<DataType>) -> Result<Tensor> {
    let y = x.cast(x.device().held(to))?;
    narrow.map_or(Ok(y.clone()), |narrow| stored::wrap(&y, narrow))
}

/// Of the second input only the type counts.
fn cast_like(node: &NodeReader) -> ResolvedNode {
    node.ignore(&["saturate", "round_mode"]);
    let narrow = node.narrow(1);
    Ok(Box::new(move |call| {
        let to =
            call.value(1).spec().ok_or_else(|| call.wrong("the type", "none", "that of a tensor"))?.dtype;
        Ok(vec![match call.value(0) {
            GraphValue::Empty(spec) => GraphValue::Empty(spec.cast(to)),
            x => x.tensor(call.op).and_then(|x| converted(x, to, narrow))?.into(),
        }])
    }))
}

fn depth_to_space(node: &NodeReader) -> ResolvedNode {
    let (b, column_first) = (block(node)?, node.choice("mode", &[("DCR", false), ("CRD", true)])?);
    gives(move |call| {
        let x = call.tensor(0)?;
        let &[n, c, h, w] = x.shape() else { return Err(call.misfit(x.shape(), IMAGES)) };
        let depth = c / (b * b);
        let x = match column_first {
            true => x.reshape(&[n, depth, b, b, h, w])?.permute(&[0, 1, 4, 2, 5, 3])?,
            false => x.reshape(&[n, b, b, depth, h, w])?.permute(&[0, 3, 4, 1, 5, 2])?,
        };
        x.reshape(&[n, depth, h * b, w * b])
    })
}

fn space_to_depth(node: &NodeReader) -> ResolvedNode {
    let b = block(node)?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let &[n, c, h, w] = x.shape() else { return Err(call.misfit(x.shape(), IMAGES)) };
        let x = x.reshape(&[n, c, h / b, b, w / b, b])?.permute(&[0, 3, 5, 1, 2, 4])?;
        x.reshape(&[n, c * b * b, h / b, w / b])
    })
}

const IMAGES: &str = "images [N, C, H, W]";

fn block(node: &NodeReader) -> Result<usize> {
    node.size("blocksize", 0, 1..=65536, "missing or no size")
}
