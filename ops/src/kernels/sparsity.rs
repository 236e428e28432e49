//! Winner-take-all sparsity (Makhzani and Frey, 2015): which values of a code stay.
//!
//! The choice is a mask, a constant to gradients: only winners get any.

use std::sync::Arc;

use super::cpu;
use crate::{
    DType, Device, Error, Result, Spec, Tensor,
    op::{self, Op, Operand, Primitive, Saves, Vjp},
    tensor::apply,
};

/// Keeps the largest value of each feature map of `[N, C, H, W]`; the first where several are equal.
///
/// # Errors
/// [`Error::Shape`] unless there are four dimensions, [`Error::DType`] unless it holds floats.
pub fn spatial(x: &Tensor) -> Result<Tensor> {
    images("sparsity::spatial", x)?;
    let maps = maps(x)?;
    let winner = maps.detach().argmax(-1, true)?;
    if is_fused(x) {
        let places = numbers(&winner)?.into_iter().map(Some).collect();
        return apply(Keep { places }, &[x]);
    }
    let size = maps.shape()[2];
    let place = Tensor::from_data((0..size as i32).collect::<Vec<_>>(), [1, 1, size], x.device())?;
    maps.mul(&place.eq(&winner)?.cast(x.dtype())?)?.reshape(x.shape())
}

/// Keeps, for each channel of `[N, C, H, W]`, the maps of the `max(1, floor(rate N))` samples with the
/// largest sum; of equal ones those that come first.
///
/// # Errors
/// As [`spatial`], and [`Error::Argument`] for a rate outside (0, 1].
pub fn lifetime(x: &Tensor, rate: f64) -> Result<Tensor> {
    images("sparsity::lifetime", x)?;
    let (n, c) = (x.shape()[0], x.shape()[1]);
    let scores = x.detach().sum_dims(&[2, 3], false)?;
    let mask = strongest(&scores.to_f32()?, [n, c], kept(rate, n)?);
    let mask: Vec<_> = mask.into_iter().map(|kept| f32::from(u8::from(kept))).collect();
    x.mul(&Tensor::from_data(mask, [n, c, 1, 1], x.device())?.cast(x.dtype())?)
}

/// Spatial, then lifetime sparsity.
///
/// # Errors
/// Those of both.
pub fn winner_take_all(x: &Tensor, rate: f64) -> Result<Tensor> {
    if !is_fused(x) {
        return lifetime(&spatial(x)?, rate);
    }
    images("sparsity::winner_take_all", x)?;
    let (maps, n, c) = (maps(x)?.detach(), x.shape()[0], x.shape()[1]);
    let winner = maps.argmax(-1, true)?;
    // Of a map whose winner alone is left, the winner is the sum.
    let scores = maps.gather_known(2, &winner)?.to_f32()?;
    let alive = strongest(&scores, [n, c], kept(rate, n)?);
    let places = numbers(&winner)?.into_iter().zip(alive).map(|(place, alive)| alive.then_some(place));
    apply(Keep { places: places.collect() }, &[x])
}

/// `y = x` at one place of each map of `[N, C, H, W]`, or at none, and 0 elsewhere: f32 on the CPU in one
/// pass. Linear, so its gradient keeps the same places.
#[derive(Debug)]
struct Keep {
    places: Arc<[Option<usize>]>,
}

impl Op for Keep {
    fn name(&self) -> &'static str {
        "sparsity"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        let Some(x) = cpu::floats(&x[0]) else { return crate::tensor::full_primitive(y, 0.0, device) };
        let size = x.len() / self.places.len();
        let fill = |i: usize, map: &mut [f32]| {
            if let Some(place) = self.places[i] {
                map[place] = x[i * size + place];
            }
        };
        cpu::tensor(cpu::rows(x.len(), size, fill), y)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(apply(Keep { places: Arc::clone(&self.places) }, &[at.dy])?)])
    }

    fn saves(&self) -> Saves {
        Saves::NOTHING
    }
}

/// Whether [`Keep`] takes the tensor. Others, and traces, take more general operations.
fn is_fused(x: &Tensor) -> bool {
    x.device() == Device::Cpu && x.dtype() == DType::F32 && !x.is_symbolic()
}

/// `[N, C, H W]`
fn maps(x: &Tensor) -> Result<Tensor> {
    let [n, c, h, w] = [0, 1, 2, 3].map(|d| x.shape()[d]);
    x.reshape(&[n, c, h * w])
}

/// The elements of a tensor of indices.
fn numbers(index: &Tensor) -> Result<Vec<usize>> {
    Ok(index.to_f64()?.into_iter().map(|i| i as usize).collect())
}

/// How many of `n` samples stay.
fn kept(rate: f64, n: usize) -> Result<usize> {
    if !(rate > 0.0 && rate <= 1.0) {
        return Err(Error::Argument {
            op: "sparsity::lifetime",
            name: "the rate",
            found: rate.to_string(),
            expected: "a share above 0 and at most 1".into(),
        });
    }
    // A product like 0.29 * 100 falls just short of the whole number that is meant.
    Ok(((rate * n as f64 + 1e-9).floor() as usize).max(1))
}

/// Whether each of the scores `[n, c]` is among the `kept` largest of its column.
fn strongest(scores: &[f32], [n, c]: [usize; 2], kept: usize) -> Vec<bool> {
    let mut mask = vec![false; n * c];
    for channel in 0..c {
        let score = |sample: usize| scores[sample * c + channel];
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
        order[..kept].iter().for_each(|&sample| mask[sample * c + channel] = true);
    }
    mask
}

fn images(op: &'static str, x: &Tensor) -> Result<()> {
    op::require_float(op, x.spec())?;
    op::require_rank(op, x.spec(), 4, "feature maps [N, C, H, W]")
}
