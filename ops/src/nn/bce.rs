//! Binary cross-entropy of probabilities, as PyTorch computes it.

#[cfg(feature = "cube")]
mod gpu;
#[cfg(feature = "cube")]
pub(super) mod scored;

use burn::backend::{Dispatch, Scalar, ops::FloatTensorOps as _};

use crate::{
    Device, Error, Result, Spec, Tensor, cpu,
    op::{self, OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Vjp},
    tensor::{apply, on_cpu},
};
#[cfg(feature = "cube")]
use crate::{
    op::{fused::kernel, refuse_count},
    tensor::is_grad_enabled,
};

const OP: &str = "bce";

/// Logarithms count as at least this: a sample that is wholly wrong costs 100, and the loss stays finite.
const MIN_LOG: f64 = -100.0;

/// What `p (1 - p)` is at least in the slope, so that a sample that is wholly wrong has one.
const MIN_SPREAD: f64 = 1e-12;

/// `-(t max(log p, -100) + (1 - t) max(log(1 - p), -100))`, element by element, with the slope
/// `(p - t) / max(p (1 - p), 1e-12)`. Inputs: p, t.
struct Bce;

/// See [`super::loss::bce`], before the mean.
pub(super) fn bce(p: &Tensor, target: &Tensor) -> Result<Tensor> {
    let y = apply(Bce, &[p, target])?;
    require_probabilities(p)?;
    Ok(y)
}

/// Refuses what lies outside of [0, 1].
fn require_probabilities(p: &Tensor) -> Result<()> {
    let refusal = |found: String| {
        let expected = "0 to 1 (`x.sigmoid()` makes probabilities of scores, `bce_with_logits` takes scores)";
        Error::argument(OP, "a probability", found, expected)
    };
    if p.is_symbolic() {
        return Ok(());
    }
    #[cfg(feature = "cube")]
    if p.device() == Device::Gpu {
        return refuse_count(&op::curve::outside(p)?, refusal("outside of [0, 1]".into()));
    }
    let outside = match p.floats()? {
        Some(values) => values.iter().find(|p| !(0.0..=1.0).contains(*p)).map(|&p| f64::from(p)),
        None => p.to_f64()?.into_iter().find(|p| !(0.0..=1.0).contains(p)),
    };
    outside.map_or(Ok(()), |p| Err(refusal(p.to_string())))
}

impl Op for Bce {
    fn info(&self) -> OpInfo {
        OpInfo::new(OP)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        op::require_float(OP, x[0])?;
        op::require_same(OP, x[0], x[1])?;
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        if let (Some(p), Some(t)) = (x[0].floats(), x[1].floats()) {
            let minimum = MIN_LOG as f32;
            let loss = |p: f32, t: f32| (t - 1.0) * (-p).ln_1p().max(minimum) - t * p.ln().max(minimum);
            return on_cpu(cpu::zip(&p, &t, loss), y);
        }
        #[cfg(feature = "cube")]
        if device == Device::Gpu {
            return gpu::loss(x, y);
        }
        let (p, t) = (x[0].primitive(), x[1].primitive());
        let minimum = Scalar::Float(MIN_LOG);
        let log = Dispatch::float_clamp_min(Dispatch::float_log(p.clone()), minimum);
        let log_rest = Dispatch::float_clamp_min(Dispatch::float_log1p(Dispatch::float_neg(p)), minimum);
        let rest = Dispatch::float_add_scalar(t.clone(), Scalar::Float(-1.0));
        Dispatch::float_sub(Dispatch::float_mul(rest, log_rest), Dispatch::float_mul(t, log))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (p, t, dy) = (&at.x[0], &at.x[1], at.dy);
        let dp = at.want(0, || {
            #[cfg(feature = "cube")]
            if p.device() == Device::Gpu && !is_grad_enabled() {
                return kernel(OP, p.spec().clone(), &[p, t, dy], |x, y, _| gpu::slope(x, y));
            }
            let spread = p.sub(&p.square()?)?.clamp_min(MIN_SPREAD)?;
            dy.mul(&p.sub(t)?.div(&spread)?)
        })?;
        let dt = at.want(1, || {
            let log = |x: Tensor| x.clamp_min(MIN_LOG);
            dy.mul(&log(p.neg()?.log1p()?)?.sub(&log(p.log()?)?)?)
        })?;
        Ok(vec![dp, dt])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let (p, t, one) = (w.x(0), w.x(1), w.number(1.0));
        let log = |w: &mut OnnxWriter, x: OnnxValue| {
            let log = w.node("Log", [x]);
            w.node("Clip", [log, w.number(MIN_LOG)])
        };
        let rest = w.node("Sub", [one.clone(), p.clone()]);
        let (log_p, log_rest) = (log(w, p), log(w, rest));
        let other = w.node("Sub", [one, t.clone()]);
        let parts = [w.node("Mul", [t, log_p]), w.node("Mul", [other, log_rest])];
        let sum = w.node("Add", parts);
        Ok(w.node("Neg", [sum]))
    }
}
