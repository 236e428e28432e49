//! Random tensors of laws that are drawn on the CPU, whichever device they are for.

use super::{
    Draw, choice, directions, fill, gamma as gammas, law, next_draw, poisson as poissons,
    tensors::{from_cpu, made},
};
use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure,
    op::{require, require_float},
    tensor::{Data, show},
};

/// Refuses a parameter that is not above 0 and finite.
fn positive(op: &'static str, name: &'static str, value: f64) -> Result<()> {
    let fits = value > 0.0 && value.is_finite();
    ensure(fits, || Error::argument(op, name, value, "a finite number above 0"))
}

/// Exponential numbers of mean 1.
///
/// # Errors
/// As every new tensor.
pub fn exponential(shape: &[usize], device: Device) -> Result<Tensor> {
    from_cpu("noise::exponential", shape, device, |draw, n| fill::fill(draw, n, law::Exponential))
}

/// Gumbel numbers, `-log(-log u)` of uniform ones: the largest of logits plus these is drawn by their
/// softmax.
///
/// # Errors
/// As every new tensor.
pub fn gumbel(shape: &[usize], device: Device) -> Result<Tensor> {
    from_cpu("noise::gumbel", shape, device, |draw, n| fill::fill(draw, n, law::Gumbel))
}

/// Laplace numbers of density `e^-|x| / 2`.
///
/// # Errors
/// As every new tensor.
pub fn laplace(shape: &[usize], device: Device) -> Result<Tensor> {
    from_cpu("noise::laplace", shape, device, |draw, n| fill::fill(draw, n, law::Laplace))
}

/// Gamma numbers of shape parameter `alpha` and rate 1.
///
/// # Errors
/// [`Error::Argument`] unless alpha is above 0 and finite; those of every new tensor.
pub fn gamma(shape: &[usize], alpha: f64, device: Device) -> Result<Tensor> {
    const OP: &str = "noise::gamma";
    positive(OP, "alpha", alpha)?;
    from_cpu(OP, shape, device, move |draw, n| gammas::gamma(draw, n, alpha))
}

/// Beta numbers, of density in proportion to `x^(a - 1) (1 - x)^(b - 1)`.
///
/// # Errors
/// [`Error::Argument`] unless both parameters are above 0 and finite; those of every new tensor.
pub fn beta(shape: &[usize], parameters: [f64; 2], device: Device) -> Result<Tensor> {
    const OP: &str = "noise::beta";
    positive(OP, "a", parameters[0])?;
    positive(OP, "b", parameters[1])?;
    from_cpu(OP, shape, device, move |draw, n| gammas::beta(draw, n, parameters))
}

/// Poisson numbers of those rates, as floats, in their shape.
///
/// # Errors
/// [`Error::Argument`] for a rate below 0 or not finite, [`Error::DType`] for rates that are no floats.
pub fn poisson(rates: &Tensor) -> Result<Tensor> {
    const OP: &str = "noise::poisson";
    require_float(OP, rates.spec())?;
    let numbers = rates.to_f64()?;
    if let Some(rate) = numbers.iter().find(|rate| !(0.0..f64::INFINITY).contains(*rate)) {
        return Err(Error::argument(OP, "a rate", rate, "a finite number of at least 0"));
    }
    from_cpu(OP, rates.shape(), rates.device(), move |draw, _| poissons::poisson(draw, &numbers))
}

/// Angles about 0, radians, of density in proportion to `e^(kappa cos x)`.
///
/// # Errors
/// [`Error::Argument`] for a kappa below 0 or not finite; those of every new tensor.
pub fn von_mises(shape: &[usize], kappa: f64, device: Device) -> Result<Tensor> {
    const OP: &str = "noise::von_mises";
    concentrated(OP, kappa)?;
    from_cpu(OP, shape, device, move |draw, n| directions::von_mises(draw, n, kappa))
}

/// For each mean `[.., D]` a direction of density in proportion to `e^(kappa mean x)` on the sphere; means
/// count as of length 1.
///
/// # Errors
/// [`Error::Argument`] for a kappa below 0 or not finite, and a mean of length 0, [`Error::Shape`] for fewer
/// than two numbers, [`Error::DType`] for anything but floats.
pub fn von_mises_fisher(means: &Tensor, kappa: f64) -> Result<Tensor> {
    const OP: &str = "noise::von_mises_fisher";
    require_float(OP, means.spec())?;
    concentrated(OP, kappa)?;
    let d = means.shape().last().copied().unwrap_or(0);
    ensure(d >= 2, || Error::shape(OP, show(means.shape()), "means [.., D] of two or more numbers"))?;
    let mut units = means.to_f64()?;
    for mean in units.chunks_mut(d) {
        let size = mean.iter().map(|x| x * x).sum::<f64>().sqrt();
        positive(OP, "the length of a mean", size)?;
        mean.iter_mut().for_each(|x| *x /= size);
    }
    from_cpu(OP, means.shape(), means.device(), move |draw, _| {
        directions::von_mises_fisher(draw, &units, d, kappa)
    })
}

fn concentrated(op: &'static str, kappa: f64) -> Result<()> {
    let fits = (0.0..1e12).contains(&kappa);
    ensure(fits, || Error::argument(op, "kappa", kappa, "a number from 0 to 1e12"))
}

/// Whole numbers from `low` to before `high`, each as likely.
///
/// # Errors
/// [`Error::Argument`] for an empty range, or one that is beyond i32; those of every new tensor.
pub fn randint(low: i64, high: i64, shape: &[usize], device: Device) -> Result<Tensor> {
    const OP: &str = "noise::randint";
    let fits = low < high && i32::try_from(low).is_ok() && i32::try_from(high - 1).is_ok();
    ensure(fits, || {
        let found = format!("{low} to {high}");
        Error::argument(OP, "the range", found, "at least one number, within those of i32")
    })?;
    whole(OP, shape, device, move |draw, n| {
        (0..n as u64).map(|i| (low + draw.below(i, (high - low) as u64) as i64) as i32).collect()
    })
}

/// The numbers from 0 to before n in any order, each as likely.
///
/// # Errors
/// [`Error::Argument`] for none, and for more than i32 counts; those of every new tensor.
pub fn randperm(n: usize, device: Device) -> Result<Tensor> {
    const OP: &str = "noise::randperm";
    let fits = n > 0 && i32::try_from(n).is_ok();
    ensure(fits, || Error::argument(OP, "the number", n, "1 to what i32 holds"))?;
    whole(OP, &[n], device, |draw, n| draw.permutation(n).into_iter().map(|i| i as i32).collect())
}

/// For weights `[C]` or `[N, C]`, which need not add up to 1, `count` indices each, `[count]` or
/// `[N, count]`, by their probabilities; without `replacement` no index twice in a row.
///
/// # Errors
/// [`Error::Argument`] for weights below 0, not finite, or all 0, and for more indices than there are weights
/// above 0 without replacement; [`Error::Shape`], [`Error::DType`] for other weights.
pub fn multinomial(weights: &Tensor, count: usize, replacement: bool) -> Result<Tensor> {
    const OP: &str = "noise::multinomial";
    require_float(OP, weights.spec())?;
    let (rank, classes) = (weights.rank(), weights.shape().last().copied().unwrap_or(0));
    ensure(rank == 1 || rank == 2, || Error::shape(OP, show(weights.shape()), "weights [C] or [N, C]"))?;
    ensure(count > 0, || Error::argument(OP, "the number of indices", count, "at least 1"))?;
    let numbers = weights.to_f64()?;
    if let Some(weight) = numbers.iter().find(|weight| !(0.0..f64::INFINITY).contains(*weight)) {
        return Err(Error::argument(OP, "a weight", weight, "a finite number of at least 0"));
    }
    for row in numbers.chunks(classes) {
        let likely = row.iter().filter(|weight| **weight > 0.0).count();
        ensure(likely > 0 && (replacement || likely >= count), || {
            let expected = format!("at least {}", if replacement { 1 } else { count });
            Error::argument(OP, "the number of weights above 0", likely, expected)
        })?;
    }
    let mut shape = weights.shape().to_vec();
    shape[rank - 1] = count;
    whole(OP, &shape, weights.device(), move |draw, _| {
        let choose = if replacement { choice::with_replacement } else { choice::without_replacement };
        choose(draw, &numbers, classes, count)
    })
}

/// For logits `[.., C]` an index each, `[..]`, by their softmax.
///
/// # Errors
/// [`Error::Argument`] for logits that have no softmax, [`Error::DType`] for anything but floats.
pub fn categorical(logits: &Tensor) -> Result<Tensor> {
    const OP: &str = "noise::categorical";
    require(OP, logits.spec(), DType::is_float, "f32 or f64 (convert with `cast`)")?;
    let Some((&classes, lead)) = logits.shape().split_last() else {
        return Err(Error::shape(OP, "[]", "logits [.., C]"));
    };
    let mut weights = logits.to_f64()?;
    for row in weights.chunks_mut(classes) {
        let peak = row.iter().fold(f64::NEG_INFINITY, |a, &b| if b.is_nan() { b } else { a.max(b) });
        ensure(peak.is_finite() && row.iter().all(|x| !x.is_nan()), || {
            Error::argument(OP, "the largest logit", peak, "a finite number")
        })?;
        row.iter_mut().for_each(|x| *x = libm::exp(*x - peak));
    }
    whole(OP, lead, logits.device(), move |draw, _| choice::with_replacement(draw, &weights, classes, 1))
}

/// A tensor of whole numbers, i64 (on a GPU i32). Many are left alone where a stop is asked for.
fn whole(
    op: &'static str,
    shape: &[usize],
    device: Device,
    draw: impl FnOnce(Draw, usize) -> Vec<i32> + Send + 'static,
) -> Result<Tensor> {
    let spec = Spec::new(shape, device.whole());
    let dtype = spec.dtype;
    Tensor::generated(op, spec, device, |n| {
        let next = next_draw();
        let numbers = made(n, move || draw(next, n));
        Data::from_numbers(numbers.into_iter().map(f64::from), dtype)
    })
}
