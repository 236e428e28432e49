//! What rows of the table are made of.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use burn::backend::{
    Dispatch, Scalar,
    ops::{ActivationOps as _, FloatTensorOps as _},
};

use crate::{Device, Result, Tensor, op::Primitive};

/// `sqrt(1 - x^2)`, accurate near 1.
pub(super) fn other_leg(x: Primitive) -> Primitive {
    let one = Scalar::Float(1.0);
    let below = Dispatch::float_add_scalar(Dispatch::float_neg(x.clone()), one);
    Dispatch::float_sqrt(Dispatch::float_mul(below, Dispatch::float_add_scalar(x, one)))
}

/// `e^x - 1`; near 0 by as many terms of its series as f64 shows.
pub(super) fn expm1(x: Primitive, device: Device) -> Primitive {
    let (one, half) = (Scalar::Float(1.0), Scalar::Float(0.5));
    let mut series =
        Dispatch::float_add_scalar(Dispatch::float_mul_scalar(x.clone(), Scalar::Float(0.0)), one);
    for n in (2..=14).rev() {
        let part = Dispatch::float_mul_scalar(x.clone(), Scalar::Float(1.0 / f64::from(n)));
        series = Dispatch::float_add_scalar(Dispatch::float_mul(part, series), one);
    }
    let near = Dispatch::float_mul(x.clone(), series);
    let is_near = Dispatch::float_lower_elem(Dispatch::float_abs(x.clone()), half, device.bool_store());
    let far = Dispatch::float_add_scalar(Dispatch::float_exp(x), Scalar::Float(-1.0));
    Dispatch::float_mask_where(far, is_near, near)
}

/// `max(x, 0) + log(1 + e^-|x|)`, which overflows nowhere.
pub(super) fn softplus(x: Primitive) -> Primitive {
    let decay = Dispatch::float_exp(Dispatch::float_neg(Dispatch::float_abs(x.clone())));
    Dispatch::float_add(Dispatch::relu(x), Dispatch::float_log1p(decay))
}

/// `d/dx x P(x) = P(x) + x p(x)`, with the distribution function P and the density p of the normal
/// distribution.
pub(super) fn gelu_slope(x: &Tensor) -> Result<Tensor> {
    let below = x.mul_scalar(FRAC_1_SQRT_2)?.erf()?.add_scalar(1.0)?.mul_scalar(0.5)?;
    let density = x.square()?.mul_scalar(-0.5)?.exp()?.mul_scalar(0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2)?;
    below.add(&x.mul(&density)?)
}
