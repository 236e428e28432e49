//! Many numbers at once on the GPU: the words of [`fill`](super::fill) and the formulas of
//! [`maths`](crate::cpu::maths), so that only roundings differ.

use cubecl::prelude::*;

use super::{
    Draw,
    fill::{BLOCK, LANES},
    law::Code,
    philox::{KEY_STEPS, MULTIPLIERS, ROUNDS},
};
use crate::{
    Spec,
    cpu::maths::{ANGLE, COS, EIGHTH, LN, LN_2, QUARTER_PART, SIN, SQRT_HALF},
    tensor::{Operand, Primitive, gpu},
};

/// The bits of a float of exponent 0, less those of sqrt(1/2).
const TO_ONE: u32 = 0x3f80_0000 - SQRT_HALF;
const ROUNDS_U32: u32 = ROUNDS as u32;
const MULTIPLIER_A: u32 = MULTIPLIERS[0];
const MULTIPLIER_B: u32 = MULTIPLIERS[1];
const KEY_STEP_A: u32 = KEY_STEPS[0];
const KEY_STEP_B: u32 = KEY_STEPS[1];
const UNIT: f32 = 1.0 / 16_777_216.0;

#[cube]
fn ln(x: f32) -> f32 {
    let bits = u32::reinterpret(x) + TO_ONE;
    let exponent = f32::cast_from(bits >> 23) - 127.0;
    let x = f32::reinterpret((bits & 0x007f_ffff) + SQRT_HALF) - 1.0;
    let square = x * x;
    let mut sum = comptime!(LN[7]).runtime();
    #[unroll]
    for i in 0..7usize {
        sum = sum * x + comptime!(LN[6 - i]);
    }
    let rest = sum * (square * x) + exponent * comptime!(LN_2[1]);
    ((rest - 0.5 * square) + x) + exponent * comptime!(LN_2[0])
}

/// The number in (0, 1) of a word.
#[cube]
fn open_unit(word: u32) -> f32 {
    f32::cast_from((word >> 8) | 1) * UNIT
}

/// The distance of two normal numbers from 0 that a word stands for.
#[cube]
fn radius(word: u32) -> f32 {
    let logarithm = ln(open_unit(word));
    (-(logarithm + logarithm)).sqrt()
}

/// Cosine and sine of a word's part of a rotation, times a number, into two elements.
#[cube]
fn put_rotated(y: &mut [f32], first: u32, length: f32, word: u32) {
    let word = word & ANGLE;
    let quarter = (word + EIGHTH) >> 30;
    let r = f32::cast_from(i32::reinterpret(word << 2)) * QUARTER_PART;
    let square = r * r;
    let sin_rest = (comptime!(SIN[2]) * square + comptime!(SIN[1])) * square + comptime!(SIN[0]);
    let cos_rest = (comptime!(COS[2]) * square + comptime!(COS[1])) * square + comptime!(COS[0]);
    let sin = sin_rest * (square * r) + r;
    let cos = cos_rest * (square * square) + (1.0 - 0.5 * square);
    let mut a = cos;
    let mut b = sin;
    if quarter & 1 == 1 {
        a = sin;
        b = cos;
    }
    let a = f32::reinterpret(u32::reinterpret(a) ^ (((quarter + 1) & 2) << 30));
    let b = f32::reinterpret(u32::reinterpret(b) ^ ((quarter & 2) << 30));
    put(y, first, length * a);
    put(y, first + comptime!(LANES as u32), length * b);
}

#[cube]
fn put(y: &mut [f32], i: u32, value: f32) {
    if (i as usize) < y.len() {
        y[i as usize] = value;
    }
}

#[cube]
fn put_one(y: &mut [f32], i: u32, word: u32, last: u32, one: f32, #[comptime] law: u32) {
    let mut value = 0.0f32;
    if comptime!(law == Code::UNIFORM) {
        value = f32::cast_from(word >> 8) * UNIT;
    } else if word <= last {
        value = one;
    }
    put(y, i, value);
}

/// The parts of a draw, as kernels take them.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Words {
    key_a: u32,
    key_b: u32,
    c: u32,
    d: u32,
}

/// Each unit makes the numbers of one group of words.
#[cube(launch)]
fn fill_kernel(y: &mut [f32], draw: &Words, groups: u32, last: u32, one: f32, #[comptime] law: u32) {
    let group = ABSOLUTE_POS as u32;
    if group < groups {
        let mut a = group;
        let mut b = 0u32;
        let mut c = draw.c;
        let mut d = draw.d;
        let mut key_a = draw.key_a;
        let mut key_b = draw.key_b;
        let multiplier_a: u32 = MULTIPLIER_A.runtime();
        let multiplier_b: u32 = MULTIPLIER_B.runtime();
        for _round in 0..ROUNDS_U32 {
            let high_a = a.mul_hi(multiplier_a);
            let low_a = a * multiplier_a;
            let high_c = c.mul_hi(multiplier_b);
            let low_c = c * multiplier_b;
            a = high_c ^ b ^ key_a;
            c = high_a ^ d ^ key_b;
            b = low_c;
            d = low_a;
            key_a += KEY_STEP_A;
            key_b += KEY_STEP_B;
        }
        let lanes = comptime!(LANES as u32);
        let first = group / lanes * comptime!(BLOCK as u32) + group % lanes;
        if comptime!(law == Code::NORMAL) {
            put_rotated(y, first, radius(a), b);
            put_rotated(y, first + 2 * lanes, radius(c), d);
        } else {
            put_one(y, first, a, last, one, law);
            put_one(y, first + lanes, b, last, one, law);
            put_one(y, first + 2 * lanes, c, last, one, law);
            put_one(y, first + 3 * lanes, d, last, one, law);
        }
    }
}

/// A tensor of that many numbers of a law.
pub(super) fn fill(draw: Draw, law: Code, y: &Spec) -> Primitive {
    let out = Operand { spec: y, value: gpu::fresh(y) };
    let (client, groups) = (gpu::client(&out), y.len().div_ceil(BLOCK) * LANES);
    let (count, dim) = gpu::units(&client, groups);
    let [key_a, key_b, c, d] = draw.parts();
    let (to, words) = (gpu::buffer(&out).into_buffer_arg(), WordsLaunch::new(key_a, key_b, c, d));
    fill_kernel::launch(&client, count, dim, to, words, groups as u32, law.last, law.one, law.number);
    out.value
}
