//! Element-wise functions of the wrong types and shapes.

#![allow(clippy::vec_init_then_push, reason = "the macros below add rows to a list that is there already")]

use super::{Calls, bools, floats, ints, wrong};

macro_rules! floats_only {
    ($rows:ident: $($name:ident),*) => {$(
        $rows.push(wrong!($name: |at| ints(&[2], at).$name(), |at| bools(&[2], at).$name()));
    )*};
}

macro_rules! numbers_only {
    ($rows:ident: $($name:ident),*) => {$(
        $rows.push(wrong!($name: |at| bools(&[2], at).$name()));
    )*};
}

macro_rules! of_two {
    ($rows:ident: $($name:ident($make:ident, $other:ident)),*) => {$(
        $rows.push(wrong!($name:
            |at| $make(&[2, 3], at).$name(&$make(&[2], at)),
            |at| $make(&[3], at).$name(&$make(&[2, 2], at)),
            |at| $make(&[2], at).$name(&$other(&[2], at)),
            |at| $other(&[2], at).$name(&$make(&[2], at)),
        ));
    )*};
}

macro_rules! of_a_number {
    ($rows:ident: $($name:ident),*) => {$(
        $rows.push(wrong!($name:
            |at| bools(&[2], at).$name(1.0),
            |at| ints(&[2], at).$name(0.5),
            |at| ints(&[2], at).$name(1e12),
            |at| ints(&[2], at).$name(f64::NAN),
        ));
    )*};
}

pub fn calls() -> Vec<(&'static str, Calls)> {
    let mut rows = vec![];
    floats_only!(rows: exp, log, log1p, sqrt, recip, sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, erf,
        floor, ceil, round, sigmoid, softplus, gelu, relu, log_sigmoid, silu);
    numbers_only!(rows: neg, abs, sign, square);
    rows.push(wrong!(leaky_relu: |at| ints(&[2], at).leaky_relu(0.1)));
    rows.push(wrong!(elu: |at| ints(&[2], at).elu(1.0), |at| bools(&[2], at).elu(1.0)));
    of_two!(rows: add(floats, ints), sub(floats, ints), mul(floats, ints), div(floats, ints),
        pow(floats, ints), atan2(floats, ints), maximum(floats, ints), minimum(floats, ints),
        eq(floats, ints), ne(floats, bools), gt(floats, ints), ge(floats, ints), lt(floats, ints),
        le(floats, ints), logical_and(bools, floats), logical_or(bools, ints));
    rows.extend(more_of_two());
    of_a_number!(rows: add_scalar, mul_scalar, div_scalar, pow_scalar, clamp_min, clamp_max, eq_scalar,
        ne_scalar, gt_scalar, ge_scalar, lt_scalar, le_scalar, remainder_scalar);
    rows.push(wrong!(clamp: |at| bools(&[2], at).clamp(0.0, 1.0), |at| floats(&[2], at).clamp(1.0, 0.0),
        |at| floats(&[2], at).clamp(f64::NAN, 0.0), |at| ints(&[2], at).clamp(0.5, 1.0)));
    rows.push(wrong!(clamp_min: |at| floats(&[2], at).clamp_min(f64::NAN)));
    rows.push(wrong!(remainder_scalar: |at| ints(&[2], at).remainder_scalar(0.0)));
    rows
}

fn more_of_two() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(remainder: |at| floats(&[2], at).remainder(&ints(&[2], at)),
            |at| floats(&[2], at).remainder(&floats(&[3], at)),
            |at| bools(&[2], at).remainder(&bools(&[2], at)),
            |at| ints(&[2], at).remainder(&super::index(&[1.0, 0.0], at))),
        wrong!(add: |at| bools(&[2], at).add(&bools(&[2], at))),
        wrong!(maximum: |at| bools(&[2], at).maximum(&bools(&[2], at))),
        wrong!(div: |at| ints(&[2], at).div(&ints(&[2], at))),
        wrong!(pow: |at| ints(&[2], at).pow(&ints(&[2], at))),
        wrong!(atan2: |at| ints(&[2], at).atan2(&ints(&[2], at))),
        wrong!(gt: |at| bools(&[2], at).gt(&bools(&[2], at))),
        wrong!(logical_and: |at| floats(&[2], at).logical_and(&floats(&[2], at))),
        wrong!(logical_not: |at| floats(&[2], at).logical_not()),
    ]
}
