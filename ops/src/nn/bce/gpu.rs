use cubecl::prelude::*;

use super::{MIN_LOG, MIN_SPREAD};
use crate::tensor::{
    Operand, Primitive, Spec,
    gpu::{self, Order},
};

const LOG: f32 = MIN_LOG as f32;
const SPREAD: f32 = MIN_SPREAD as f32;

/// What is not above LOG, NaN among it, as the CPU has it.
#[cube]
fn at_least(log: f32) -> f32 {
    let mut y = comptime!(LOG).runtime();
    if log > LOG {
        y = log;
    }
    y
}

#[cube(launch)]
fn loss_kernel(p: &[f32], t: &[f32], y: &mut [f32]) {
    if ABSOLUTE_POS < y.len() {
        let (p, t) = (p[ABSOLUTE_POS], t[ABSOLUTE_POS]);
        y[ABSOLUTE_POS] = (t - 1.0f32) * at_least((-p).log1p()) - t * at_least(p.ln());
    }
}

/// `dy` may be one number.
#[cube(launch)]
fn slope_kernel(p: &[f32], t: &[f32], dy: &[f32], dp: &mut [f32]) {
    if ABSOLUTE_POS < dp.len() {
        let (p, t) = (p[ABSOLUTE_POS], t[ABSOLUTE_POS]);
        let mut spread = p - p * p;
        if spread < SPREAD {
            spread = comptime!(SPREAD).runtime();
        }
        dp[ABSOLUTE_POS] = dy[min(ABSOLUTE_POS, dy.len() - 1)] * ((p - t) / spread);
    }
}

#[cube(launch)]
fn score_loss_kernel(z: &[f32], t: &[f32], y: &mut [f32]) {
    if ABSOLUTE_POS < y.len() {
        let z = z[ABSOLUTE_POS];
        // log(1 + e^z), which overflows nowhere.
        let mut whole = (-(z.abs())).exp().log1p();
        if z > 0.0f32 {
            whole += z;
        }
        y[ABSOLUTE_POS] = whole - t[ABSOLUTE_POS] * z;
    }
}

/// `dy` may be one number.
#[cube(launch)]
fn score_slope_kernel(z: &[f32], t: &[f32], dy: &[f32], dz: &mut [f32]) {
    if ABSOLUTE_POS < dz.len() {
        let p = 1.0f32 / (1.0f32 + (-z[ABSOLUTE_POS]).exp());
        dz[ABSOLUTE_POS] = dy[min(ABSOLUTE_POS, dy.len() - 1)] * (p - t[ABSOLUTE_POS]);
    }
}

/// Launches a kernel of two operands, where it is given a third one, their slope, too.
macro_rules! launch_pair {
    ($kernel:ident, $x:expr, $y:expr $(, $dy:expr)?) => {{
        let order = Order::of(&$x[0]);
        let out = order.empty(&$x[0], $y);
        let (count, dim) = gpu::units(&out.client, $y.len());
        let [a, b] = [0, 1].map(|i| order.lay(&$x[i]).into_buffer_arg());
        $kernel::launch(
            &out.client,
            count,
            dim,
            a,
            b,
            $(gpu::once($dy).unwrap_or_else(|| order.lay($dy)).into_buffer_arg(),)?
            gpu::memory(&out),
        );
        gpu::tensor(out, &$x[0], $y)
    }};
}

pub(super) fn loss(x: &[Operand], y: &Spec) -> Primitive {
    launch_pair!(loss_kernel, x, y)
}

pub(super) fn slope(x: &[Operand], dp: &Spec) -> Primitive {
    launch_pair!(slope_kernel, x, dp, &x[2])
}

pub(super) fn score_loss(x: &[Operand], y: &Spec) -> Primitive {
    launch_pair!(score_loss_kernel, x, y)
}

pub(super) fn score_slope(x: &[Operand], dz: &Spec) -> Primitive {
    launch_pair!(score_slope_kernel, x, dz, &x[2])
}
