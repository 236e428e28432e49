//! Winner-take-all sparsity of feature maps as paper 000 has them: [N, 128, 16, 16] after ReLU.

use ops::{Tensor, kernels::sparsity, random};

use super::{Call, Setup, bytes};
use crate::error::Result;

/// Share of the samples in which a channel stays alive.
const RATE: f64 = 0.05;

fn maps(setup: &Setup) -> Result<Tensor> {
    Ok(random::normal(&[setup.batch, 128, 16, 16], setup.device)?.relu()?)
}

pub fn spatial(setup: &Setup) -> Result<Vec<Call>> {
    let x = maps(setup)?;
    let moved = 2 * bytes(&x);
    Ok(vec![Call::differentiable("", setup, x, moved, sparsity::spatial)?])
}

/// Of maps that are spatially sparse already.
pub fn lifetime(setup: &Setup) -> Result<Vec<Call>> {
    let x = sparsity::spatial(&maps(setup)?)?;
    let moved = 3 * bytes(&x);
    Ok(vec![Call::differentiable("", setup, x, moved, |x| sparsity::lifetime(x, RATE))?])
}

pub fn winner_take_all(setup: &Setup) -> Result<Vec<Call>> {
    let x = maps(setup)?;
    let moved = 2 * bytes(&x);
    Ok(vec![Call::differentiable("", setup, x, moved, |x| sparsity::winner_take_all(x, RATE))?])
}
