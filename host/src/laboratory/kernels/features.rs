//! What is computed from features and pictures: weights of samples, distances of distributions, similarity.

use ops::{
    DType, Tensor,
    kernels::reweight::{self, Method, Range},
    metrics::{self, SsimReading},
    random,
};

use super::{Call, Setup, bytes};
use crate::error::Result;

/// Algorithm 1 of paper 003 for one class: as many generated as real vectors, 256 features, all methods.
pub fn reweight(setup: &Setup) -> Result<Vec<Call>> {
    const FEATURES: usize = 256;
    let n = setup.batch;
    let draw = || random::normal(&[n, FEATURES], setup.device);
    let (real, fake) = (draw()?, draw()?);
    let class = Tensor::full([n], 0.0, DType::I32, setup.device)?;
    let run = Box::new(move || {
        let distances = reweight::distances(&real, &fake)?;
        for method in [Method::AMu, Method::ASigma, Method::B, Method::C] {
            reweight::weights(&distances, &class, method, Range::Printed)?;
        }
        Ok(())
    });
    let flop = 2.0 * (n * n * FEATURES) as f64;
    Ok(vec![Call { variant: "", run, backward: false, bytes: None, flop: Some(flop) }])
}

/// Pairs of pictures [N, 3, 32, 32], five levels with a shrinking window.
pub fn ms_ssim(setup: &Setup) -> Result<Vec<Call>> {
    let draw = || random::uniform(&[setup.batch, 3, 32, 32], setup.device);
    let (a, b) = (draw()?, draw()?);
    let moved = 2 * bytes(&a);
    let reading = SsimReading::FiveLevelsShrinkingWindow;
    Ok(vec![Call::plain("32x32x3", moved, move || metrics::ms_ssim(&a, &b, 1.0, reading))])
}

/// Moments of two sets of 2048 features in f64, and their distance.
pub fn fid(setup: &Setup) -> Result<Vec<Call>> {
    let draw = || random::normal(&[setup.batch, 2048], setup.device)?.cast(DType::F64);
    let (a, b) = (draw()?, draw()?.mul_scalar(1.1)?.add_scalar(0.1)?);
    let moved = 2 * bytes(&a);
    Ok(vec![Call::plain("", moved, move || metrics::fid(&a, &b))])
}
