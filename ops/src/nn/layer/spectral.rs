//! Spectral normalisation of weights.

#[cfg(feature = "cube")]
mod gpu;

use super::function;
#[cfg(feature = "cube")]
use crate::op::fused;
use crate::{
    Device, Error, Result, Tensor, ensure,
    nn::{Module, Parameter},
    no_grad, random,
};

/// What norms are at least, so that nothing is divided by 0.
const EPS: f64 = 1e-8;

/// A weight divided by an estimate of its largest singular value, and what the next estimate starts
/// from.
#[derive(Debug, Clone)]
pub struct Spectral {
    pub weight: Tensor,
    /// Rank 0.
    pub sigma: Tensor,
    /// Left singular vector, `[rows]`.
    pub u: Tensor,
    /// Right singular vector, `[columns]`.
    pub v: Tensor,
}

/// One power iteration on a weight `W`, seen as a matrix whose rows are the first dimension:
/// `v = unit(W^T u)`, `u' = unit(W v)`, `sigma = u'^T W v`, gives `W / sigma`. The vectors are
/// constants to gradients (Miyato et al., 2018).
///
/// # Errors
/// [`Error::Shape`] for a weight of fewer than two dimensions or a vector `u` of another size.
pub fn spectral_norm(weight: &Tensor, u: &Tensor) -> Result<Spectral> {
    let matrix = matrix(weight)?;
    let (u, v) = no_grad(|| {
        let v = unit(&u.reshape(&[1, u.len()])?.matmul(&matrix)?)?.transpose(0, 1)?;
        let u = unit(&matrix.matmul(&v)?)?;
        Ok((u.flatten(0, -1)?, v.flatten(0, -1)?))
    })?;
    divided(weight, u, v)
}

/// The weight over `sigma = u^T W v`, for vectors of constants.
fn divided(weight: &Tensor, u: Tensor, v: Tensor) -> Result<Spectral> {
    let row = u.reshape(&[1, u.len()])?;
    let sigma = row.matmul(&matrix(weight)?)?.matmul(&v.reshape(&[v.len(), 1])?)?.reshape(&[])?;
    Ok(Spectral { weight: weight.div(&sigma)?, sigma, u, v })
}

fn matrix(weight: &Tensor) -> Result<Tensor> {
    ensure(weight.rank() >= 2, || {
        Error::shape("spectral_norm", format!("{:?}", weight.shape()), "a weight of at least two dimensions")
    })?;
    weight.flatten(1, -1)
}

/// A vector over its norm, a constant to gradients.
fn unit(x: &Tensor) -> Result<Tensor> {
    #[cfg(feature = "cube")]
    if x.device() == Device::Gpu && fused::applies(x) {
        return fused::kernel("spectral_norm", x.spec().clone(), &[x], |x, y, _| gpu::unit(&x[0], y));
    }
    x.div(&x.norm_dims(&[], false)?.clamp_min(EPS)?)
}

/// Iterations before the first pass, from a normal vector: as many as PyTorch's `parametrizations` make.
const FIRST_ITERATIONS: usize = 15;

/// A module that computes with its own parameter `weight` after [`spectral_norm`]. It starts after
/// 15 iterations; each pass in training makes one more, evaluation none.
///
/// # Errors
/// [`Error::State`] for a module without a `weight`, [`Error::Shape`] for one of a single dimension.
pub fn spectral(module: Module) -> Result<Module> {
    let weight = module.value("weight")?.detach();
    let u = random::normal(&[weight.shape().first().copied().unwrap_or(1)], Device::Cpu)?;
    let u = u.to_device(weight.device())?.cast(weight.dtype())?;
    let start = no_grad(|| {
        let first = spectral_norm(&weight, &u)?;
        (1..FIRST_ITERATIONS).try_fold(first, |last, _| spectral_norm(&weight, &last.u))
    })?;
    let buffers = [("u", start.u), ("v", start.v)];
    let buffers = buffers.map(|(name, value)| (name.to_owned(), Parameter::direction(&value)));
    let layer = function("SpectralNorm", "", |module, x| {
        let inner = module.child("module").ok_or_else(|| Error::State("SpectralNorm: no module".into()))?;
        let weight = normalised(module, &inner.value("weight")?, module.is_learning(x))?;
        inner.with_value("weight", &weight)?.forward(x)
    });
    Ok(Module::new(layer, buffers.into(), vec![("module".to_owned(), module)]))
}

fn normalised(module: &Module, weight: &Tensor, learning: bool) -> Result<Tensor> {
    let [u, v] = ["u", "v"].map(|name| module.value(name));
    if !learning {
        return Ok(divided(weight, u?, v?)?.weight);
    }
    let next = spectral_norm(weight, &u?)?;
    for (name, value) in [("u", &next.u), ("v", &next.v)] {
        module.parameter(name).map_or(Ok(()), |buffer| buffer.set(value))?;
    }
    Ok(next.weight)
}
