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
    ($rows:ident: $($name:ident($make:ident)),*) => {$(
        $rows.push(wrong!($name:
            |at| $make(&[2, 3], at).$name(&$make(&[2], at)),
            |at| $make(&[3], at).$name(&$make(&[2, 2], at)),
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
    floats_only!(rows: floor, ceil, round, softplus, gelu, relu, log_sigmoid, silu, relu6, hardsigmoid,
        hardswish, mish, selu, softsign, tanhshrink, frac);
    numbers_only!(rows: neg, abs, sign, square, trunc, below_zero);
    rows.extend(activations());
    rows.push(wrong!(leaky_relu: |at| ints(&[2], at).leaky_relu(0.1)));
    rows.push(wrong!(elu: |at| ints(&[2], at).elu(1.0), |at| bools(&[2], at).elu(1.0)));
    of_two!(rows: add(floats), sub(floats), mul(floats), div(ints), pow(floats), atan2(floats),
        floor_divide(floats), maximum(floats), minimum(floats), eq(floats), ne(floats), gt(floats),
        ge(floats), lt(floats), le(floats), logical_and(bools), logical_or(bools));
    rows.extend(more_of_two());
    of_a_number!(rows: add_scalar, sub_scalar, mul_scalar, pow_scalar, clamp_min, clamp_max, eq_scalar,
        ne_scalar, gt_scalar, ge_scalar, lt_scalar, le_scalar, remainder_scalar, floor_divide_scalar);
    rows.push(wrong!(clamp: |at| bools(&[2], at).clamp(0.0, 1.0), |at| floats(&[2], at).clamp(1.0, 0.0),
        |at| floats(&[2], at).clamp(f64::NAN, 0.0), |at| ints(&[2], at).clamp(0.5, 1.0)));
    rows.push(wrong!(clamp_min: |at| floats(&[2], at).clamp_min(f64::NAN)));
    rows.push(wrong!(remainder_scalar: |at| ints(&[2], at).remainder_scalar(0.0)));
    rows.push(wrong!(floor_divide_scalar: |at| ints(&[2], at).floor_divide_scalar(0.0)));
    rows.push(wrong!(pow_scalar: |at| ints(&[2], at).pow_scalar(-1.0)));
    rows
}

fn more_of_two() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(remainder: |at| floats(&[2], at).remainder(&floats(&[3], at)),
            |at| bools(&[2], at).remainder(&bools(&[2], at)),
            |at| ints(&[2], at).remainder(&super::index(&[1.0, 0.0], at))),
        wrong!(floor_divide: |at| bools(&[2], at).floor_divide(&bools(&[2], at)),
            |at| ints(&[2], at).floor_divide(&super::index(&[1.0, 0.0], at))),
        wrong!(fmod: |at| floats(&[2], at).fmod(&floats(&[3], at)),
            |at| bools(&[2], at).fmod(&bools(&[2], at)),
            |at| ints(&[2], at).fmod(&super::index(&[1.0, 0.0], at))),
        wrong!(xlogy: |at| floats(&[2], at).xlogy(&floats(&[3], at))),
        wrong!(hypot: |at| floats(&[2], at).hypot(&floats(&[3], at)),
            |at| ints(&[2], at).hypot(&ints(&[2], at))),
        wrong!(heaviside: |at| floats(&[2], at).heaviside(&floats(&[3], at)),
            |at| floats(&[2], at).heaviside(&ints(&[2], at)),
            |at| bools(&[2], at).heaviside(&bools(&[2], at))),
        wrong!(bitwise_and: |at| floats(&[2], at).bitwise_and(&floats(&[2], at)),
            |at| ints(&[2], at).bitwise_and(&ints(&[3], at)),
            |at| bools(&[2], at).bitwise_and(&bools(&[3], at))),
        wrong!(bitwise_or: |at| floats(&[2], at).bitwise_or(&ints(&[2], at)),
            |at| ints(&[2], at).bitwise_or(&ints(&[3], at))),
        wrong!(bitwise_xor: |at| floats(&[2], at).bitwise_xor(&bools(&[2], at)),
            |at| bools(&[2], at).bitwise_xor(&bools(&[3], at))),
        wrong!(bitwise_not: |at| floats(&[2], at).bitwise_not()),
        wrong!(sub: |at| bools(&[2], at).sub(&bools(&[2], at))),
        wrong!(pow: |at| ints(&[2], at).pow(&super::index(&[1.0, -1.0], at)),
            |at| bools(&[2], at).pow(&bools(&[2], at))),
        wrong!(logical_and: |at| floats(&[2], at).logical_and(&floats(&[2], at)),
            |at| bools(&[2], at).logical_and(&floats(&[2], at))),
        wrong!(logical_or: |at| ints(&[2], at).logical_or(&bools(&[2], at))),
        wrong!(logical_not: |at| floats(&[2], at).logical_not()),
    ]
}

fn activations() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(celu: |at| ints(&[2], at).celu(1.0), |at| floats(&[2], at).celu(0.0),
            |at| floats(&[2], at).celu(f64::NAN)),
        wrong!(hardtanh: |at| ints(&[2], at).hardtanh(-1.0, 1.0), |at| floats(&[2], at).hardtanh(1.0, -1.0)),
        wrong!(hardshrink: |at| ints(&[2], at).hardshrink(0.5)),
        wrong!(softshrink: |at| bools(&[2], at).softshrink(0.5)),
        wrong!(threshold: |at| ints(&[2], at).threshold(0.5, 0.0)),
        wrong!(logit: |at| floats(&[2], at).logit(Some(0.9)), |at| floats(&[2], at).logit(Some(f64::NAN))),
        wrong!(glu: |at| ints(&[2], at).glu(0), |at| floats(&[3], at).glu(0), |at| floats(&[2], at).glu(1),
            |at| floats(&[], at).glu(0)),
        wrong!(softmin: |at| ints(&[2], at).softmin(0), |at| floats(&[2], at).softmin(1)),
    ]
}
