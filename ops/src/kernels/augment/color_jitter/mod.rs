//! Changes of colour.

mod colour;
mod cpu;
#[cfg(feature = "cube")]
mod gpu;

use super::{images, of_each};
use crate::{
    Error, Result, Tensor, ensure,
    op::fused::{self, kernel, on_device},
    tensor::{Data, show},
};

const OP: &str = "augment::color_jitter";

/// The shares of red, green and blue in grey (ITU-R BT.601).
const GREY: [f64; 3] = [0.299, 0.587, 0.114];

/// How colours are changed, by numbers that are one for all images (rank 0) or one for each (`[N]`).
#[derive(Debug, Clone)]
pub struct Jitter {
    /// A factor: `x b`.
    pub brightness: Tensor,
    /// A factor: `c x + (1 - c) g` with the mean grey g of the image.
    pub contrast: Tensor,
    /// A factor: `s x + (1 - s) g` with the grey g of the pixel.
    pub saturation: Tensor,
    /// The rotation of the hue, as a share of a full one.
    pub hue: Tensor,
}

/// Images `[N, 3, H, W]` of red, green and blue in [0, 1] with brightness, contrast, saturation and hue
/// changed, in this order; each of the first three is followed by a clamp to [0, 1].
///
/// # Errors
/// [`Error::Shape`] for other shapes, [`Error::DType`] for images that are no floats.
pub fn color_jitter(x: &Tensor, jitter: &Jitter) -> Result<Tensor> {
    images(OP, x)?;
    ensure(x.shape()[1] == 3, || Error::shape(OP, show(x.shape()), "[N, 3, H, W]: red, green and blue"))?;
    let number = |name, amount: &Tensor| of_each(OP, name, amount, &x.shape()[..1])?.cast(x.dtype());
    let amounts = [
        number("brightness", &jitter.brightness)?,
        number("contrast", &jitter.contrast)?,
        number("saturation", &jitter.saturation)?,
        number("hue", &jitter.hue)?,
    ];
    let amounts = Tensor::stack(&amounts.each_ref(), 1)?;
    // Pictures that are trained on are no function of anything; others are rare.
    let differentiated = x.is_tracked() || amounts.is_tracked();
    if fused::applies(x) && fused::applies(&amounts) && !differentiated {
        return kernel(OP, x.spec().clone(), &[x, &amounts], |x, y, device| {
            on_device!(device, color_jitter(&x[0], &x[1], y))
        });
    }
    plain(x, &amounts).map_err(|e| e.named(OP))
}

/// The same, in plain tensor operations.
fn plain(x: &Tensor, amounts: &Tensor) -> Result<Tensor> {
    let n = x.shape()[0];
    let amount = |i: usize| amounts.narrow(1, i, 1)?.reshape(&[n, 1, 1, 1]);
    let (contrast, saturation) = (amount(1)?, amount(2)?);
    let mixed = |x: &Tensor, grey: &Tensor, share: &Tensor| {
        let rest = share.neg()?.add_scalar(1.0)?;
        x.mul(share)?.add(&grey.mul(&rest)?)?.clamp(0.0, 1.0)
    };
    let x = x.mul(&amount(0)?)?.clamp(0.0, 1.0)?;
    let x = mixed(&x, &grey(&x)?.mean_dims(&[2, 3], true)?, &contrast)?;
    let x = mixed(&x, &grey(&x)?, &saturation)?;
    rotated(&x, &amount(3)?)
}

/// `[N, 1, H, W]`
fn grey(x: &Tensor) -> Result<Tensor> {
    let shares = Tensor::from_data(Data::from_numbers(GREY, x.dtype()), [1, 3, 1, 1], x.device())?;
    x.mul(&shares)?.sum_dims(&[1], true)
}

/// With the hue rotated: a channel is its largest channel less a share of the spread of its channels, which
/// depends on the hue.
fn rotated(x: &Tensor, rotation: &Tensor) -> Result<Tensor> {
    let channel = |i: usize| x.narrow(1, i, 1);
    let [r, g, b] = [channel(0)?, channel(1)?, channel(2)?];
    let largest = x.max_dims(&[1], true)?;
    let spread = largest.sub(&x.min_dims(&[1], true)?)?;
    let coloured = spread.gt_scalar(0.0)?;
    let divisor = spread.masked_fill(&coloured.logical_not()?, 1.0)?;
    let sixths = |a: &Tensor, b: &Tensor, from: f64| a.sub(b)?.div(&divisor)?.add_scalar(from);
    let of_others = largest.eq(&g)?.where_(&sixths(&b, &r, 2.0)?, &sixths(&r, &g, 4.0)?)?;
    let hue = largest.eq(&r)?.where_(&sixths(&g, &b, 0.0)?, &of_others)?;
    let hue = hue.add(&rotation.mul_scalar(6.0)?)?;
    let colour = |from: f64| {
        let distance = hue.add_scalar(from)?.remainder_scalar(6.0)?;
        let share = distance.minimum(&distance.neg()?.add_scalar(4.0)?)?.clamp(0.0, 1.0)?;
        largest.sub(&spread.mul(&share)?)
    };
    Tensor::concat(&[&colour(5.0)?, &colour(3.0)?, &colour(1.0)?], 1)
}
