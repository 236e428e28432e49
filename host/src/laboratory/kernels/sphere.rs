//! Codes on the unit sphere: interpolation (paper 001) and pair losses (paper 002).

use ops::{
    Tensor,
    kernels::sphere::{self, Pairs},
    random,
};

use super::{Call, Setup, bytes};
use crate::error::Result;

fn codes(setup: &Setup, size: usize) -> Result<Tensor> {
    Ok(sphere::normalize(&random::normal(&[setup.batch, size], setup.device)?)?)
}

pub fn slerp(setup: &Setup) -> Result<Vec<Call>> {
    let of_size = |(variant, size)| {
        let (a, b) = (codes(setup, size)?, codes(setup, size)?);
        let alpha = random::uniform(&[setup.batch, 2], setup.device)?.mean_dims(&[1], false)?;
        let moved = 3 * bytes(&a);
        Call::differentiable(variant, setup, a, moved, move |a| sphere::slerp(a, &b, &alpha))
    };
    [("32", 32), ("512", 512)].into_iter().map(of_size).collect()
}

/// All losses of one step from the symbols of real pictures, s0 and s1, and of generated ones, f0 and f1.
pub fn sae_loss(setup: &Setup) -> Result<Vec<Call>> {
    let n = setup.batch;
    let symbols = [codes(setup, 100)?, codes(setup, 100)?, codes(setup, 100)?, codes(setup, 100)?];
    let moved = 7 * n * n * size_of::<f32>();
    if !setup.backward {
        return Ok(vec![Call::plain("", moved, move || losses(&symbols))]);
    }
    let run = Box::new(move || {
        let [s0, s1, f0, f1] = &symbols;
        losses(&[s0.track()?, s1.track()?, f0.track()?, f1.track()?])?.backward()?;
        Ok(())
    });
    Ok(vec![Call { variant: "", run, backward: true, bytes: Some(moved), flop: None }])
}

fn losses([s0, s1, f0, f1]: &[Tensor; 4]) -> ops::Result<Tensor> {
    let terms = [
        sphere::pair_loss(s0, s1, 1.0, Pairs::Matched)?,
        sphere::pair_loss(s0, s1, 1.0, Pairs::All)?,
        sphere::pair_loss(s0, s0, 0.0, Pairs::Distinct)?,
        sphere::pair_loss(s1, s1, 1.0, Pairs::Distinct)?,
        sphere::pair_loss(s1, f0, 0.0, Pairs::All)?,
        sphere::pair_loss(s0, f1, 0.0, Pairs::All)?,
        sphere::pair_loss(s1, f0, 1.0, Pairs::Matched)?,
        sphere::pair_loss(s0, f1, 1.0, Pairs::Matched)?,
    ];
    let [first, rest @ ..] = &terms;
    rest.iter().try_fold(first.clone(), |sum, term| sum.add(term))
}
