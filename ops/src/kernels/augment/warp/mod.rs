//! Images read at other positions: what all changes of geometry are.

mod cpu;
#[cfg(feature = "cube")]
mod gpu;
mod position;

use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure,
    op::{
        Op, OpInfo, Operand, Primitive, Saves, Vjp,
        fused::{self, on_device},
    },
    tensor::apply,
};

/// Numbers of a map: `x = m0 column + m1 row + m2`, `y = m3 column + m4 row + m5`.
pub(super) const WIDTH: usize = 6;

/// What is beyond the edges of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outside {
    /// Zeros.
    #[default]
    Zero,
    /// The image again, mirrored about the outer edges of its pixels: `[1, 2, 3]` to `2 1 [1 2 3] 3 2`.
    Mirror,
}

/// For images `[N, C, H, W]` and maps `[N, 6]` the images `[N, C, h, w]` whose pixel (row, column) is read at
/// the position (x, y) that the map of the sample gives, counted in pixels from the centre of the first one.
/// Constant in the maps. A map with a number that is not finite gives NaN.
pub(super) fn warp(
    op: &'static str,
    x: &Tensor,
    maps: &Tensor,
    size: [usize; 2],
    outside: Outside,
) -> Result<Tensor> {
    let maps = maps.detach();
    if fused::applies(x) && fused::applies(&maps) {
        return apply(Warp { op, size, outside, transposed: false }, &[x, &maps]);
    }
    let warped = plain(x, &maps, size, outside);
    warped.map_err(|e| e.named(op))
}

/// The same, in plain tensor operations.
fn plain(x: &Tensor, maps: &Tensor, [h, w]: [usize; 2], outside: Outside) -> Result<Tensor> {
    let &[n, c, height, width] = x.shape() else { return Ok(x.clone()) };
    let count = |n: usize, shape| {
        Tensor::arange(0.0, n as f64, 1.0, DType::I32, x.device())?.cast(x.dtype())?.reshape(shape)
    };
    let (rows, columns) = (count(h, &[1, h, 1])?, count(w, &[1, 1, w])?);
    let number = |i: usize| maps.narrow(1, i, 1)?.reshape(&[n, 1, 1]);
    let position = |first: usize, side: usize| {
        let along = number(first)?.mul(&columns)?.add(&number(first + 1)?.mul(&rows)?)?;
        inside(&along.add(&number(first + 2)?)?, side, outside)
    };
    let (x_position, y_position) = (position(0, width)?, position(3, height)?);
    let pixels = x.reshape(&[n, c, height * width])?;
    let (xs, ys) = (Corner::both(&x_position, width)?, Corner::both(&y_position, height)?);
    // What is not finite here makes the whole image NaN: 0 times it.
    let mut sum = maps.mul_scalar(0.0)?.sum_dims(&[1], false)?.reshape(&[n, 1, 1])?;
    for (y, x) in [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(y, x)| (&ys[y], &xs[x])) {
        let share = y.share.mul(&x.share)?.reshape(&[n, 1, h * w])?;
        let index = y.index.mul_scalar(width as f64)?.add(&x.index)?.cast(DType::I32)?;
        let index = index.reshape(&[n, 1, h * w])?.expand(&[n, c, h * w])?;
        let none = share.eq_scalar(0.0)?.expand(&[n, c, h * w])?;
        let read = pixels.gather_known(2, &index)?.masked_fill(&none, 0.0)?;
        sum = sum.add(&read.mul(&share)?)?;
    }
    sum.reshape(&[n, c, h, w])
}

/// Positions within reach of an image with that many pixels on a side. Farther ones read the same.
fn inside(position: &Tensor, side: usize, outside: Outside) -> Result<Tensor> {
    let position = position.masked_fill(&position.ne(position)?, 0.0)?;
    let last = side as f64 - 1.0;
    if outside == Outside::Zero {
        return position.clamp(-1.0, last + 1.0);
    }
    // From the outer edge of the first pixel on; every other copy of the image is reversed.
    let from = position.add_scalar(0.5)?.abs()?;
    let copy = from.mul_scalar(1.0 / side as f64)?.floor()?;
    let rest = from.sub(&copy.mul_scalar(side as f64)?)?;
    let odd = copy.remainder_scalar(2.0)?.eq_scalar(1.0)?;
    let reversed = rest.neg()?.add_scalar(side as f64)?;
    let position = odd.where_(&reversed, &rest)?.add_scalar(-0.5)?;
    position.masked_fill(&position.ne(&position)?, 0.0)?.clamp(0.0, last)
}

/// A pixel next to a position: its index, and its share.
struct Corner {
    index: Tensor,
    share: Tensor,
}

impl Corner {
    /// The one before and the one after. Beyond the edges the share is 0.
    fn both(position: &Tensor, side: usize) -> Result<[Self; 2]> {
        let (before, last) = (position.floor()?, side as f64 - 1.0);
        let share = position.sub(&before)?;
        let corner = |index: Tensor, share: Tensor| {
            let beyond = index.lt_scalar(0.0)?.logical_or(&index.gt_scalar(last)?)?;
            Ok(Self { index: index.clamp(0.0, last)?, share: share.masked_fill(&beyond, 0.0)? })
        };
        let rest = share.neg()?.add_scalar(1.0)?;
        Ok([corner(before.clone(), rest)?, corner(before.add_scalar(1.0)?, share)?])
    }
}

/// The sizes of a warp.
#[derive(Debug, Clone, Copy)]
struct Frame {
    channels: usize,
    /// Rows and columns of the image that is read.
    image: [usize; 2],
    /// Rows and columns of the warped image.
    view: [usize; 2],
    outside: Outside,
}

/// Inputs: images, maps. Linear in the images. `transposed` is its transpose, which adds each pixel of a
/// warped image to the pixels that it was read from; `size` is that of the output either way.
#[derive(Debug, Clone, Copy)]
struct Warp {
    op: &'static str,
    size: [usize; 2],
    outside: Outside,
    transposed: bool,
}

impl Op for Warp {
    fn info(&self) -> OpInfo {
        OpInfo::new(self.op).saving(Saves::only(&[1]))
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let (n, c) = (x[0].shape[0], x[0].shape[1]);
        let sides = [x[0].shape[2], x[0].shape[3], self.size[0], self.size[1]];
        // Numbers in f32 count pixels exactly up to here.
        ensure(sides.iter().all(|&side| side < 1 << 23), || {
            let found = format!("{:?} to {:?}", x[0].shape, self.size);
            Error::shape(self.op, found, "fewer than 8388608 pixels on a side")
        })?;
        Ok(x[0].reshaped(vec![n, c, self.size[0], self.size[1]]))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        let (from, to) = ([2, 3].map(|d| x[0].spec.shape[d]), self.size);
        let [image, view] = if self.transposed { [to, from] } else { [from, to] };
        let frame = Frame { channels: y.shape[1], image, view, outside: self.outside };
        if self.transposed {
            on_device!(device, transposed(x, frame, y))
        } else {
            on_device!(device, warp(x, frame, y))
        }
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let &[_, _, h, w] = at.x[0].shape() else { return Ok(vec![None, None]) };
        let back = Warp { size: [h, w], transposed: !self.transposed, ..*self };
        Ok(vec![at.want(0, || apply(back, &[at.dy, &at.x[1]]))?, None])
    }
}
