//! Noise of some samples (Noisy-target GANs: `P_Z = (1 - delta) [0] + delta Q`): which are chosen is drawn
//! from the innermost random stream, and a constant to gradients.

mod cpu;
#[cfg(feature = "cube")]
mod gpu;

use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure,
    op::{
        self, Op, OpInfo, Operand, Primitive, Saves, Vjp,
        fused::{self, on_device},
    },
    random,
    tensor::apply,
};

/// `y_n = x_n + z_n` with probability `delta`, otherwise `x_n`, for samples `x, z [N, ...]`. A sample that
/// is not chosen stays as it is, whatever its noise.
///
/// # Errors
/// [`Error::Argument`] for a probability outside 0 to 1, [`Error::Shape`] unless both have one shape of at
/// least one dimension, [`Error::DType`] unless both hold floats of one type.
pub fn mix(x: &Tensor, delta: f64, noise: &Tensor) -> Result<Tensor> {
    if !(0.0..=1.0).contains(&delta) {
        return Err(outside(delta));
    }
    let samples = x.shape().first().copied().unwrap_or(1);
    let chosen = random::bernoulli(&[samples], delta, x.device())?;
    mix_chosen(x, &chosen, noise)
}

/// [`mix`] with a probability of its own for each sample, `deltas [N]`.
///
/// # Errors
/// As [`mix`].
pub fn mix_by(x: &Tensor, deltas: &Tensor, noise: &Tensor) -> Result<Tensor> {
    op::require_float(NAME, deltas.spec())?;
    if let Some(delta) = deltas.to_f64()?.into_iter().find(|delta| !(0.0..=1.0).contains(delta)) {
        return Err(outside(delta));
    }
    let uniform = random::uniform(deltas.shape(), deltas.device())?;
    mix_chosen(x, &uniform.cast(deltas.dtype())?.lt(deltas)?.cast(DType::F32)?, noise)
}

fn outside(delta: f64) -> Error {
    Error::argument(NAME, "delta", delta, "a probability, 0 to 1")
}

/// `y_n = x_n + z_n` where `chosen_n` is not 0, otherwise `x_n`, for `x, z [N, ...]` and `chosen [N]`.
///
/// # Errors
/// As [`mix`].
pub fn mix_chosen(x: &Tensor, chosen: &Tensor, noise: &Tensor) -> Result<Tensor> {
    Mix.infer(&[x.spec(), noise.spec(), chosen.spec()])?;
    if fused::applies(x) && !chosen.is_symbolic() && !noise.is_symbolic() {
        return apply(Mix, &[x, noise, &chosen.cast(DType::F32)?.detach()]);
    }
    per_sample(&chosen.ne_scalar(0.0)?, x)?.where_(&x.add(noise)?, x).map_err(|e| e.named(NAME))
}

/// One number for each sample `[N]` as `[N, 1, ..]`, beside samples `[N, ...]`.
fn per_sample(numbers: &Tensor, samples: &Tensor) -> Result<Tensor> {
    let shape = [vec![numbers.len()], vec![1; samples.rank() - 1]].concat();
    numbers.reshape(&shape)
}

const NAME: &str = "noise::mix";

/// `y_n = x_n + z_n` where `chosen_n` is not 0, otherwise `x_n`, of x, z and chosen.
struct Mix;

impl Op for Mix {
    fn info(&self) -> OpInfo {
        OpInfo::new(NAME).saving(Saves::only(&[2]))
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let [x, noise, chosen] = [x[0], x[1], x[2]];
        op::require_float(NAME, x)?;
        op::require_same(NAME, x, noise)?;
        ensure(x.rank() != 0 && x.shape == noise.shape && x.shape[..1] == chosen.shape[..], || {
            let found = format!("{:?} with noise {:?}", x.shape, noise.shape);
            Error::shape(NAME, found, "samples [N, ...] and noise of the same shape")
        })?;
        Ok(x.clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, mix(x, y))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let dx = at.want(0, || Ok(at.dy.clone()))?;
        let chosen = || per_sample(&at.x[2].ne_scalar(0.0)?, at.dy);
        let dz = at.want(1, || chosen()?.where_(at.dy, &at.dy.zeros_like()?))?;
        Ok(vec![dx, dz, None])
    }
}
