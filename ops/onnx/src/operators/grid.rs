//! Elements at positions that a tensor names.

use ops::{DType, Result, Tensor};

use super::{Operator, ResolvedNode, gives, op};
use crate::{broken, call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] =
    &[op("GridSample", 16, grid_sample), op("AffineGrid", 20, affine_grid)];

#[derive(Debug, Clone, Copy, PartialEq)]
enum SampleMode {
    Linear,
    Nearest,
    Cubic,
}

/// What stands beyond the edge.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Edge {
    Zeros,
    Border,
    Reflection,
}

#[derive(Debug, Clone, Copy)]
struct GridStyle {
    mode: SampleMode,
    edge: Edge,
    /// Whether -1 and 1 are the centres of the outermost elements, and not their outer edges.
    corners: bool,
}

/// `[N, C, ..]` at the positions `[N, .., r]` in -1 to 1, the last dimension's first.
fn grid_sample(node: &NodeReader) -> ResolvedNode {
    let mode = match node.text("mode", "linear")?.as_str() {
        "linear" | "bilinear" => SampleMode::Linear,
        "nearest" => SampleMode::Nearest,
        "cubic" | "bicubic" => SampleMode::Cubic,
        other => return broken(format!("the attribute `mode` is `{other}`")),
    };
    let edges = [("zeros", Edge::Zeros), ("border", Edge::Border), ("reflection", Edge::Reflection)];
    let edge = node.choice("padding_mode", &edges)?;
    let style = GridStyle { mode, edge, corners: node.flag("align_corners", false)? };
    gives(move |call| {
        let x = call.tensor(0)?;
        sample(call, &x, &call.on_device_of(1, &x)?, style)
    })
}

/// An element on one dimension, by number, and its weight.
struct GridTap {
    index: Tensor,
    weight: Tensor,
}

fn sample(call: &NodeCall, x: &Tensor, grid: &Tensor, style: GridStyle) -> Result<Tensor> {
    let r = x.rank().saturating_sub(2);
    if !(1..=3).contains(&r)
        || grid.rank() != r + 2
        || grid.shape()[r + 1] != r
        || grid.shape()[0] != x.shape()[0]
    {
        return Err(call.misfit(grid.shape(), format!("places [N, .., {r}] in {:?}", x.shape())));
    }
    let (n, c, sizes) = (x.shape()[0], x.shape()[1], &x.shape()[2..]);
    let points: usize = grid.shape()[1..=r].iter().product();
    let positions = grid.cast(x.dtype())?.reshape(&[n, points, r])?;
    // All combinations of one tap for each dimension.
    let mut combined = vec![];
    for (d, &size) in sizes.iter().enumerate() {
        let position = positions.narrow(2, r - 1 - d, 1)?.squeeze(2)?;
        let taps = style.taps(&position, size)?;
        combined = join(combined, taps, size)?;
    }
    let rows = x.reshape(&[n, c, sizes.iter().product()])?;
    let mut sum: Option<Tensor> = None;
    for GridTap { index, weight } in combined {
        let index = index.unsqueeze(1)?.expand(&[n, c, points])?;
        let part = rows.gather_known(2, &index)?.mul(&weight.unsqueeze(1)?)?;
        sum = Some(sum.map_or(Ok(part.clone()), |sum| sum.add(&part))?);
    }
    let shape = [&[n, c], &grid.shape()[1..=r]].concat();
    sum.map_or_else(|| Err(call.misfit(x.shape(), "dimensions")), |sum| sum.reshape(&shape))
}

fn join(outer: Vec<GridTap>, inner: Vec<GridTap>, size: usize) -> Result<Vec<GridTap>> {
    if outer.is_empty() {
        return Ok(inner);
    }
    let mut all = vec![];
    for a in &outer {
        for b in &inner {
            let index = a.index.mul_scalar(size as f64)?.add(&b.index)?;
            all.push(GridTap { index, weight: a.weight.mul(&b.weight)? });
        }
    }
    Ok(all)
}

impl GridStyle {
    /// The taps of positions in -1 to 1, on a dimension of `n` elements.
    fn taps(self, position: &Tensor, n: usize) -> Result<Vec<GridTap>> {
        let size = n as f64;
        let at = match self.corners {
            true => position.add_scalar(1.0)?.mul_scalar((size - 1.0) / 2.0)?,
            false => position.add_scalar(1.0)?.mul_scalar(size)?.add_scalar(-1.0)?.mul_scalar(0.5)?,
        };
        let at = if self.mode == SampleMode::Nearest { at.round()? } else { at };
        // The four elements around a position beyond the edge need not be the same: each is brought back
        // alone.
        let at = if self.mode == SampleMode::Cubic { at } else { self.folded(&at, n)? };
        let (first, weights): (i32, Vec<Tensor>) = match self.mode {
            SampleMode::Nearest => (0, vec![at.ones_like()?]),
            SampleMode::Linear => {
                let rest = at.sub(&at.floor()?)?;
                (0, vec![rest.neg()?.add_scalar(1.0)?, rest])
            }
            SampleMode::Cubic => (-1, cubic(&at.sub(&at.floor()?)?)?),
        };
        let start = if self.mode == SampleMode::Nearest { at.detach() } else { at.detach().floor()? };
        let tap = |(k, weight): (usize, Tensor)| {
            let number = start.add_scalar(f64::from(first) + k as f64)?;
            let inside = number.ge_scalar(0.0)?.logical_and(&number.le_scalar(size - 1.0)?)?;
            let weight =
                if self.edge == Edge::Zeros { weight.mul(&inside.cast(weight.dtype())?)? } else { weight };
            // Where reflection of a whole number hits an outer edge, it is cut off as a cast would.
            let index = self.folded(&number, n)?.clamp(0.0, size - 1.0)?.cast(DType::I32)?;
            Ok(GridTap { index, weight })
        };
        weights.into_iter().enumerate().map(tap).collect()
    }

    /// Positions brought back between the edges, where the style says so.
    fn folded(self, at: &Tensor, n: usize) -> Result<Tensor> {
        let last = n as f64 - 1.0;
        match self.edge {
            Edge::Zeros => Ok(at.clone()),
            Edge::Border => at.clamp(0.0, last),
            Edge::Reflection => {
                let (low, high) = if self.corners { (0.0, last) } else { (-0.5, last + 0.5) };
                let range = high - low;
                if range <= 0.0 {
                    return at.zeros_like();
                }
                let beyond = at.add_scalar(-low)?.abs()?;
                let periods = beyond.div_scalar(range)?.floor()?;
                let rest = beyond.sub(&periods.mul_scalar(range)?)?;
                let even = periods.remainder_scalar(2.0)?.eq_scalar(0.0)?;
                even.where_(&rest.add_scalar(low)?, &rest.neg()?.add_scalar(high)?)
            }
        }
    }
}

/// The four weights of cubic convolution at a fraction (Keys, 1981, with -3/4).
fn cubic(t: &Tensor) -> Result<Vec<Tensor>> {
    const A: f64 = -0.75;
    let near = |x: &Tensor| x.mul_scalar(A + 2.0)?.add_scalar(-(A + 3.0))?.mul(&x.square()?)?.add_scalar(1.0);
    let far = |x: &Tensor| {
        x.mul_scalar(A)?.add_scalar(-5.0 * A)?.mul(x)?.add_scalar(8.0 * A)?.mul(x)?.add_scalar(-4.0 * A)
    };
    let rest = t.neg()?.add_scalar(1.0)?;
    Ok(vec![far(&t.add_scalar(1.0)?)?, near(t)?, near(&rest)?, far(&rest.add_scalar(1.0)?)?])
}

/// The positions that affine maps `[N, r, r + 1]` of the centres of elements give.
fn affine_grid(node: &NodeReader) -> ResolvedNode {
    let corners = node.flag("align_corners", false)?;
    gives(move |call| {
        let theta = call.tensor(0)?;
        let size = call.sizes(1)?;
        let r = size.len().saturating_sub(2);
        if !(2..=3).contains(&r) || theta.shape() != [size[0], r, r + 1] {
            return Err(
                call.misfit(theta.shape(), format!("[{}, {r}, {}]", size.first().unwrap_or(&0), r + 1))
            );
        }
        let Some(points) = size[2..].iter().try_fold(1usize, |n, &side| n.checked_mul(side)) else {
            return Err(call.wrong("the size", format!("{size:?}"), "positions that can be counted"));
        };
        let number = |i: usize| {
            let (point, column) = (i / (r + 1), i % (r + 1));
            if column == r {
                return 1.0;
            }
            // The last dimension comes first.
            let d = r - 1 - column;
            let (n, inner) = (size[2 + d], size[3 + d..].iter().product::<usize>());
            let k = (point / inner % n) as f64;
            match (corners, n) {
                (true, 1) => 0.0,
                (true, n) => 2.0 * k / (n - 1) as f64 - 1.0,
                (false, n) => (2.0 * k + 1.0) / n as f64 - 1.0,
            }
        };
        let spec = ops::Spec::new([points, r + 1], theta.dtype());
        let base = Tensor::from_numbers("AffineGrid", spec, theta.device(), number)?;
        let shape = [&[size[0]], &size[2..], &[r]].concat();
        base.matmul(&theta.transpose(1, 2)?)?.reshape(&shape)
    })
}
