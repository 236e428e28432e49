//! What the tests of gradients differentiate.

use ops::{Result, Tensor, random::Key};

use super::{Case, NOT_DIFFERENTIABLE, tensor};

/// The cases that have a gradient.
pub fn differentiable() -> Vec<Case> {
    let smooth =
        |case: &Case| !NOT_DIFFERENTIABLE.contains(&case.name) && case.inputs.iter().any(|x| x.is_float());
    super::all().into_iter().filter(smooth).collect()
}

/// The inputs, floats as leaves.
pub fn tracked(inputs: &[Tensor]) -> Vec<Tensor> {
    inputs.iter().map(|x| x.track().unwrap_or_else(|_| x.clone())).collect()
}

/// A number that depends on all outputs, on each of their elements in another way.
pub fn loss(outputs: &[Tensor]) -> Result<Tensor> {
    let floats = outputs.iter().filter(|y| y.dtype().is_float());
    let weighed = floats.enumerate().map(|(i, y)| {
        let uniform = Key::new(77).draw(i as u64).uniform(y.len());
        let weights: Vec<f64> = uniform.into_iter().map(|w| f64::from(w) + 0.5).collect();
        y.mul(&tensor(&weights, y.shape(), y.dtype(), y.device()))?.sum()
    });
    weighed.reduce(|a, b| a?.add(&b?)).expect("a differentiable operation has an output of floats")
}

/// The gradients of [`loss`] by all inputs of floats.
pub fn gradients(case: &Case, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    let floats: Vec<&Tensor> = inputs.iter().filter(|x| x.dtype().is_float()).collect();
    loss(&(case.run)(inputs)?)?.gradient(&floats)
}

/// The sum of the squares of all gradients: what a gradient penalty is made of.
pub fn penalty(case: &Case, inputs: &[Tensor]) -> Result<Tensor> {
    let squares = gradients(case, inputs)?.into_iter().map(|g| g.square()?.sum());
    squares.reduce(|a, b| a?.add(&b?)).expect("one input is of floats")
}
