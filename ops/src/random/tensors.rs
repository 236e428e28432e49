//! Random tensors: the next draw of the innermost stream.

#[cfg(feature = "cube")]
use super::gpu;
use super::{Draw, dirichlet as simplex, fill, law, law::Coded, next_draw, truncated};
use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure, interrupt,
    tensor::{Data, Primitive, upload},
};

/// So many numbers take a tenth of a second or more.
const MANY: usize = 1 << 24;

/// Uniform numbers in [0, 1).
///
/// # Errors
/// As every new tensor.
pub fn uniform(shape: &[usize], device: Device) -> Result<Tensor> {
    of_law("noise::uniform", shape, law::Uniform, device)
}

/// Standard normal numbers.
///
/// # Errors
/// As every new tensor.
pub fn normal(shape: &[usize], device: Device) -> Result<Tensor> {
    of_law("noise::normal", shape, law::Normal, device)
}

/// Numbers that are 1 with probability `p`, otherwise 0.
///
/// # Errors
/// [`Error::Argument`] for a probability outside 0 to 1; those of every new tensor.
pub fn bernoulli(shape: &[usize], p: f64, device: Device) -> Result<Tensor> {
    const OP: &str = "noise::bernoulli";
    ensure((0.0..=1.0).contains(&p), || Error::argument(OP, "the probability", p, "0 to 1"))?;
    of_law(OP, shape, law::Bernoulli::new(p), device)
}

/// Standard normal numbers that are drawn again until they are at most `psi` in size.
///
/// # Errors
/// [`Error::Argument`] unless `psi` is above 0 (as f32); those of every new tensor.
pub fn truncated_normal(shape: &[usize], psi: f64, device: Device) -> Result<Tensor> {
    const OP: &str = "noise::truncated_normal";
    let bound = psi as f32;
    ensure(bound > 0.0, || Error::argument(OP, "psi", psi, "a number above 0"))?;
    from_cpu(OP, shape, device, move |draw, n| truncated::truncated_normal(draw, n, bound))
}

/// Points `[N, ...]` of the Dirichlet law whose parameters are all `alpha`: each sample's numbers add up
/// to 1. With `alpha = 1` all such points are equally likely.
///
/// # Errors
/// [`Error::Shape`] without a dimension besides that of the samples, [`Error::Argument`] unless `alpha` is
/// positive and finite; those of every new tensor.
pub fn dirichlet(shape: &[usize], alpha: f64, device: Device) -> Result<Tensor> {
    let row = shape.iter().skip(1).fold(1usize, |n, &d| n.saturating_mul(d));
    rows("noise::dirichlet", shape, shape, row, alpha, device)
}

/// The same for each pixel of `[N, C, ...]`: its channels add up to 1.
///
/// # Errors
/// As [`dirichlet`].
pub fn dirichlet_per_pixel(shape: &[usize], alpha: f64, device: Device) -> Result<Tensor> {
    let channels_last =
        if shape.len() < 2 { shape.to_vec() } else { [&shape[..1], &shape[2..], &shape[1..2]].concat() };
    let row = shape.get(1).copied().unwrap_or(1);
    let points = rows("noise::dirichlet_per_pixel", shape, &channels_last, row, alpha, device)?;
    let last = shape.len() as i64 - 1;
    let order: Vec<i64> = [0, last].into_iter().chain(1..last).collect();
    points.permute(&order)
}

fn rows(
    op: &'static str,
    shape: &[usize],
    stored: &[usize],
    row: usize,
    alpha: f64,
    device: Device,
) -> Result<Tensor> {
    ensure(shape.len() >= 2, || {
        Error::shape(op, format!("{shape:?}"), "[N, ...]: samples of one dimension or more")
    })?;
    let is_fit = alpha > 0.0 && alpha.is_finite();
    ensure(is_fit, || Error::argument(op, "alpha", alpha, "a finite number above 0"))?;
    from_cpu(op, stored, device, move |draw, n| simplex::dirichlet(draw, n, row, alpha))
}

/// A tensor of one of the laws that both devices draw from.
fn of_law(op: &'static str, shape: &[usize], law: impl Coded, device: Device) -> Result<Tensor> {
    Tensor::create(op, Spec::new(shape, DType::F32), device, |spec| primitive(next_draw(), law, spec, device))
}

fn primitive(draw: Draw, law: impl Coded, spec: &Spec, device: Device) -> Primitive {
    #[cfg(feature = "cube")]
    if device == Device::Gpu {
        return gpu::fill(draw, law.code(), spec);
    }
    let n = spec.len();
    upload(Data::F32(made(n, move || fill::fill(draw, n, law))), spec, device)
}

/// A tensor of numbers that are drawn on the CPU, whichever device it is for.
pub(super) fn from_cpu(
    op: &'static str,
    shape: &[usize],
    device: Device,
    draw: impl FnOnce(Draw, usize) -> Vec<f32> + Send + 'static,
) -> Result<Tensor> {
    Tensor::generated(op, Spec::new(shape, DType::F32), device, |n| {
        let next = next_draw();
        Data::F32(made(n, move || draw(next, n)))
    })
}

/// What `make` gives. Many numbers are left alone where a stop is asked for.
pub(super) fn made<T: Send + 'static>(n: usize, make: impl FnOnce() -> Vec<T> + Send + 'static) -> Vec<T> {
    if n > MANY { interrupt::left_alone(make) } else { make() }
}
