#![allow(unstable_name_collisions, reason = "of `erf`, CubeCL's is meant")]

use std::f32::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI};

use cubecl::prelude::*;

use super::Curve;
use crate::tensor::{
    Operand, Primitive, Spec,
    gpu::{self, Order},
};

/// The normal distribution's density at 0.
const DENSITY: f32 = 0.5 * FRAC_2_SQRT_PI * FRAC_1_SQRT_2;

#[cube]
fn sigmoid(x: f32) -> f32 {
    1.0f32 / (1.0f32 + (-x).exp())
}

/// -1, 0 or 1, and NaN of NaN.
#[cube]
fn sign(x: f32) -> f32 {
    let mut y = x;
    if x > 0.0f32 {
        y = f32::new(1.0);
    }
    if x < 0.0f32 {
        y = f32::new(-1.0);
    }
    y
}

/// The normal distribution's function.
#[cube]
fn below(x: f32) -> f32 {
    0.5f32 * (1.0f32 + (x * comptime!(FRAC_1_SQRT_2)).erf())
}

/// `number x`, and 0 where the number is 0, whatever x is.
#[cube]
fn scaled(number: f32, x: f32) -> f32 {
    let mut y = 0.0f32;
    if number != 0.0f32 {
        y = number * x;
    }
    y
}

#[cube(launch)]
fn value_kernel(x: &[f32], y: &mut [f32], number: f32, #[comptime] curve: Curve) {
    if ABSOLUTE_POS < y.len() {
        let x = x[ABSOLUTE_POS];
        let mut value = x;
        if comptime!(curve == Curve::Abs) {
            value = x.abs();
        } else if comptime!(curve == Curve::Gelu) {
            value = x * below(x);
        } else if comptime!(curve == Curve::Recip) {
            value = 1.0f32 / x;
        } else if comptime!(curve == Curve::Sqrt) {
            value = x.sqrt();
        } else if comptime!(curve == Curve::Square) {
            value = x * x;
        } else if comptime!(curve == Curve::Rectifier) {
            if x <= 0.0f32 {
                value = scaled(number, x);
            }
        } else if comptime!(curve == Curve::Sigmoid) {
            value = sigmoid(x);
        } else if comptime!(curve == Curve::Softplus) {
            // max(x, 0) + log(1 + e^-|x|)
            value = (-(x.abs())).exp().log1p();
            if x > 0.0f32 {
                value += x;
            }
        } else if comptime!(curve == Curve::Outside) {
            // Both false for NaN.
            let from_zero = x >= 0.0f32;
            let to_one = x <= 1.0f32;
            value = 1.0f32 - f32::cast_from(from_zero && to_one);
        } else {
            value = x.tanh();
        }
        y[ABSOLUTE_POS] = value;
    }
}

/// `at` is what [`super::super::Elementwise`] saves of each: the input or the output. `dy` may be one number.
#[cube(launch)]
fn slope_kernel(at: &[f32], dy: &[f32], dx: &mut [f32], number: f32, #[comptime] curve: Curve) {
    if ABSOLUTE_POS < dx.len() {
        let at = at[ABSOLUTE_POS];
        let dy = dy[min(ABSOLUTE_POS, dy.len() - 1)];
        let mut slope = dy;
        if comptime!(curve == Curve::Abs) {
            slope = dy * sign(at);
        } else if comptime!(curve == Curve::Gelu) {
            // P(x) + x p(x)
            slope = dy * (below(at) + at * (-0.5f32 * at * at).exp() * comptime!(DENSITY));
        } else if comptime!(curve == Curve::Recip) {
            slope = -(dy * (at * at));
        } else if comptime!(curve == Curve::Sqrt) {
            slope = dy / (2.0f32 * at);
        } else if comptime!(curve == Curve::Square) {
            slope = 2.0f32 * (dy * at);
        } else if comptime!(curve == Curve::Rectifier) {
            if at <= 0.0f32 {
                slope = scaled(number, dy);
            }
        } else if comptime!(curve == Curve::Sigmoid) {
            slope = dy * (at - at * at);
        } else if comptime!(curve == Curve::Softplus) {
            slope = dy * sigmoid(at);
        } else {
            slope = dy * (1.0f32 - at * at);
        }
        dx[ABSOLUTE_POS] = slope;
    }
}

/// `y = f(x)`
pub(in crate::op) fn value(curve: Curve, number: f64, x: &Operand, y: &Spec) -> Primitive {
    let order = Order::of(x);
    let out = order.empty(x, y);
    let (count, dim) = gpu::units(&out.client, y.len());
    let (from, to) = (order.lay(x).into_buffer_arg(), gpu::memory(&out));
    value_kernel::launch(&out.client, count, dim, from, to, number as f32, curve);
    gpu::tensor(out, x, y)
}

/// `dx = f'(x) dy`
pub(in crate::op) fn slope(curve: Curve, number: f64, at: &Operand, dy: &Operand, dx: &Spec) -> Primitive {
    let order = Order::of(at);
    let out = order.empty(at, dx);
    let (count, dim) = gpu::units(&out.client, dx.len());
    let saved = order.lay(at).into_buffer_arg();
    let dy = gpu::once(dy).unwrap_or_else(|| order.lay(dy)).into_buffer_arg();
    slope_kernel::launch(&out.client, count, dim, saved, dy, gpu::memory(&out), number as f32, curve);
    gpu::tensor(out, at, dx)
}
