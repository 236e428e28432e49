//! Noise with probability 0.3 an image (paper 004), drawn as it is added: [N, 3, 32, 32].

use ops::{Device, Tensor, kernels::noise, random};

use super::{Call, Setup, bytes};
use crate::error::Result;

const DELTA: f64 = 0.3;

fn mix(setup: &Setup, law: fn(&[usize], Device) -> ops::Result<Tensor>) -> Result<Vec<Call>> {
    let device = setup.device;
    let x = random::uniform(&[setup.batch, 3, 32, 32], device)?;
    let moved = 2 * bytes(&x);
    Ok(vec![Call::plain("", moved, move || noise::mix(&x, DELTA, &law(x.shape(), device)?))])
}

pub fn gauss(setup: &Setup) -> Result<Vec<Call>> {
    mix(setup, random::normal)
}

pub fn dirichlet(setup: &Setup) -> Result<Vec<Call>> {
    mix(setup, |shape, device| random::dirichlet(shape, 1.0, device))
}
