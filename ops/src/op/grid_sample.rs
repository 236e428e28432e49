//! Images at positions that a tensor names (Jaderberg et al., 2015).

use super::{OnnxAttribute, OnnxOperator, OnnxValue, require_float};
use crate::{DType, Error, Result, Spec, Tensor, ensure, tensor::require_room};

/// How elements between those of an image are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GridMode {
    #[default]
    Linear,
    Nearest,
    /// Cubic convolution (Keys, 1981, with -3/4).
    Cubic,
}

/// What stands beyond the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GridPadding {
    #[default]
    Zeros,
    Border,
    Reflection,
}

/// How [`Tensor::grid_sample`] reads positions and images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GridStyle {
    pub mode: GridMode,
    pub padding: GridPadding,
    /// Whether -1 and 1 are the centres of the outermost elements, and not their outer edges.
    pub align_corners: bool,
}

/// An element on one dimension, by number, and its weight.
struct GridTap {
    index: Tensor,
    weight: Tensor,
}

impl Tensor {
    /// Images `[N, C, H, W]` at the positions `[N, Ho, Wo, 2]`, which are x and y in -1 to 1: `[N, C, Ho,
    /// Wo]`; also of one and of three dimensions. Gradients go to the images and to the positions.
    ///
    /// # Errors
    /// [`Error::Shape`] for other shapes and empty images, [`Error::DType`] for anything but floats.
    pub fn grid_sample(&self, grid: &Tensor, style: GridStyle) -> Result<Tensor> {
        const NAME: &str = "grid_sample";
        require_float(NAME, self.spec())?;
        require_float(NAME, grid.spec())?;
        let r = self.rank().saturating_sub(2);
        ensure((1..=3).contains(&r) && self.shape()[2..].iter().all(|&n| n > 0), || {
            Error::shape(
                NAME,
                self.spec(),
                "images [N, C, H, W] with elements, or [N, C, L], [N, C, D, H, W]",
            )
        })?;
        let (n, c, sizes) = (self.shape()[0], self.shape()[1], &self.shape()[2..]);
        ensure(grid.rank() == r + 2 && grid.shape()[r + 1] == r && grid.shape()[0] == n, || {
            Error::shape(NAME, grid.spec(), format!("positions [{n}, .., {r}] in {:?}", self.shape()))
        })?;
        let output = self.spec().reshaped([&[n, c], &grid.shape()[1..=r]].concat());
        if self.is_symbolic() || grid.is_symbolic() {
            return style.operator(&output).on(&[self, &grid.cast(self.dtype())?]);
        }
        require_room(NAME, &output)?;
        let points: usize = grid.shape()[1..=r].iter().product();
        let positions = grid.cast(self.dtype())?.reshape(&[n, points, r])?;
        // All combinations of one tap for each dimension.
        let mut combined = vec![];
        for (d, &size) in sizes.iter().enumerate() {
            let position = positions.narrow(2, r - 1 - d, 1)?.squeeze(2)?;
            combined = join(combined, style.taps(&position, size)?, size)?;
        }
        let rows = self.reshape(&[n, c, sizes.iter().product()])?;
        let mut sum: Option<Tensor> = None;
        for GridTap { index, weight } in combined {
            let index = index.unsqueeze(1)?.expand(&[n, c, points])?;
            let part = rows.gather_known(2, &index)?.mul(&weight.unsqueeze(1)?)?;
            sum = Some(sum.map_or(Ok(part.clone()), |sum| sum.add(&part))?);
        }
        sum.map_or_else(|| self.zeros_like(), |sum| sum.reshape(&output.shape))
    }

    /// The positions for [`Tensor::grid_sample`] that affine maps `[N, r, r + 1]`, these, give for images of
    /// the size `[N, C, ..]` with r dimensions, 2 or 3: `[N, .., r]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for other shapes, [`Error::Argument`] for a size that does not fit into memory,
    /// [`Error::DType`] for anything but floats.
    pub fn affine_grid(&self, size: &[usize], align_corners: bool) -> Result<Tensor> {
        const NAME: &str = "affine_grid";
        require_float(NAME, self.spec())?;
        let r = size.len().saturating_sub(2);
        ensure((2..=3).contains(&r), || {
            Error::argument(NAME, "the size", format!("{size:?}"), "[N, C, H, W] or [N, C, D, H, W]")
        })?;
        ensure(self.shape() == [size[0], r, r + 1], || {
            Error::shape(NAME, self.spec(), format!("[{}, {r}, {}]", size[0], r + 1))
        })?;
        let points = size[2..].iter().try_fold(1usize, |n, &side| n.checked_mul(side));
        let Some(points) = points else {
            return Err(Error::argument(
                NAME,
                "the size",
                format!("{size:?}"),
                "positions that can be counted",
            ));
        };
        let output = self.spec().reshaped([&[size[0]], &size[2..], &[r]].concat());
        if self.is_symbolic() {
            let operator = OnnxOperator::new("AffineGrid", &output).constant(OnnxValue::sizes(size));
            return operator.with("align_corners", OnnxAttribute::Int(align_corners.into())).on(&[self]);
        }
        let spec = Spec::new([points, r + 1], self.dtype());
        require_room(NAME, &spec)?;
        require_room(NAME, &output)?;
        let number = |i: usize| {
            let (point, column) = (i / (r + 1), i % (r + 1));
            if column == r {
                return 1.0;
            }
            // The last dimension comes first.
            let d = r - 1 - column;
            let (n, inner) = (size[2 + d], size[3 + d..].iter().product::<usize>());
            let k = (point / inner % n) as f64;
            match (align_corners, n) {
                (true, 1) => 0.0,
                (true, n) => 2.0 * k / (n - 1) as f64 - 1.0,
                (false, n) => (2.0 * k + 1.0) / n as f64 - 1.0,
            }
        };
        let base = Tensor::from_numbers(NAME, spec, self.device(), number)?;
        base.matmul(&self.transpose(1, 2)?)?.reshape(&output.shape)
    }
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
    /// The operator that ONNX has for it.
    fn operator(self, output: &Spec) -> OnnxOperator {
        let mode = match self.mode {
            GridMode::Linear => "linear",
            GridMode::Nearest => "nearest",
            GridMode::Cubic => "cubic",
        };
        let padding = match self.padding {
            GridPadding::Zeros => "zeros",
            GridPadding::Border => "border",
            GridPadding::Reflection => "reflection",
        };
        OnnxOperator::new("GridSample", output)
            .with("mode", OnnxAttribute::Text(mode))
            .with("padding_mode", OnnxAttribute::Text(padding))
            .with("align_corners", OnnxAttribute::Int(self.align_corners.into()))
    }

    /// The taps of positions in -1 to 1, on a dimension of `n` elements.
    fn taps(self, position: &Tensor, n: usize) -> Result<Vec<GridTap>> {
        let size = n as f64;
        let at = match self.align_corners {
            true => position.add_scalar(1.0)?.mul_scalar((size - 1.0) / 2.0)?,
            false => position.add_scalar(1.0)?.mul_scalar(size)?.add_scalar(-1.0)?.mul_scalar(0.5)?,
        };
        let at = if self.mode == GridMode::Nearest { at.round()? } else { at };
        // The four elements around a position beyond the edge need not be the same: each is brought back
        // alone.
        let at = if self.mode == GridMode::Cubic { at } else { self.folded(&at, n)? };
        let (first, weights): (i32, Vec<Tensor>) = match self.mode {
            GridMode::Nearest => (0, vec![at.ones_like()?]),
            GridMode::Linear => {
                let rest = at.sub(&at.floor()?)?;
                (0, vec![rest.neg()?.add_scalar(1.0)?, rest])
            }
            GridMode::Cubic => (-1, cubic(&at.sub(&at.floor()?)?)?),
        };
        let start = if self.mode == GridMode::Nearest { at.detach() } else { at.detach().floor()? };
        let tap = |(k, weight): (usize, Tensor)| {
            let number = start.add_scalar(f64::from(first) + k as f64)?;
            let inside = number.ge_scalar(0.0)?.logical_and(&number.le_scalar(size - 1.0)?)?;
            let weight = match self.padding {
                GridPadding::Zeros => weight.mul(&inside.cast(weight.dtype())?)?,
                _ => weight,
            };
            // Where reflection of a whole number hits an outer edge, it is cut off as a cast would.
            let index = self.folded(&number, n)?.clamp(0.0, size - 1.0)?.cast(DType::I32)?;
            Ok(GridTap { index, weight })
        };
        weights.into_iter().enumerate().map(tap).collect()
    }

    /// Positions brought back between the edges, where the style says so.
    fn folded(self, at: &Tensor, n: usize) -> Result<Tensor> {
        let last = n as f64 - 1.0;
        match self.padding {
            GridPadding::Zeros => Ok(at.clone()),
            GridPadding::Border => at.clamp(0.0, last),
            GridPadding::Reflection => {
                let (low, high) = if self.align_corners { (0.0, last) } else { (-0.5, last + 0.5) };
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
