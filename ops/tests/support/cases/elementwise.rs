//! Element-wise functions.

use ops::DType;

use super::{Case, bools, case, exactly, float, int, positive, within};

/// Pairs of shapes that broadcast.
const PAIRS: [(&[usize], &[usize]); 7] = [
    (&[2, 4], &[2, 4]),
    (&[2, 4], &[4]),
    (&[2, 1], &[1, 4]),
    (&[], &[4]),
    (&[2], &[]),
    (&[], &[]),
    (&[2, 1, 2], &[3, 1]),
];

macro_rules! unary_cases {
    ($cases:ident: $($name:ident($low:expr, $high:expr)),* $(,)?) => {$(
        for shape in [vec![], vec![6], vec![2, 3, 2]] {
            $cases.push(case(stringify!($name), [within(shape, $low, $high)], |x| x[0].$name()));
        }
    )*};
}

macro_rules! binary_cases {
    ($cases:ident: $($name:ident($a:ident, $b:ident)),* $(,)?) => {$(
        for (a, b) in PAIRS {
            $cases.push(case(stringify!($name), [$a(a), $b(b)], |x| x[0].$name(&x[1])));
        }
    )*};
}

macro_rules! scalar_cases {
    ($cases:ident: $($name:ident($s:expr)),* $(,)?) => {$(
        for shape in [vec![], vec![2, 3]] {
            $cases.push(case(stringify!($name), [positive(shape)], |x| x[0].$name($s)));
        }
    )*};
}

pub fn cases() -> Vec<Case> {
    let mut cases = functions_of_one();
    cases.extend(functions_of_two());
    cases.extend(functions_of_a_number());
    cases.extend(conversions());
    cases
}

fn functions_of_one() -> Vec<Case> {
    let mut cases = vec![];
    unary_cases!(cases: neg(-1.9, 1.9), abs(-1.9, 1.9), sign(-1.9, 1.9), square(-1.9, 1.9), exp(-1.9, 1.9),
        log(0.2, 3.0), log1p(-0.8, 3.0), sqrt(0.2, 3.0), recip(0.3, 3.0), sin(-3.0, 3.0), cos(-3.0, 3.0),
        tan(-1.2, 1.2), asin(-0.9, 0.9), acos(-0.9, 0.9), atan(-3.0, 3.0), sinh(-2.0, 2.0), cosh(-2.0, 2.0),
        tanh(-2.0, 2.0), erf(-2.0, 2.0), floor(-2.9, 2.9), ceil(-2.9, 2.9), round(-2.9, 2.9),
        sigmoid(-4.0, 4.0), relu(-2.0, 2.0), softplus(-40.0, 40.0), gelu(-3.0, 3.0),
        log_sigmoid(-40.0, 40.0), silu(-4.0, 4.0), expm1(-1.9, 1.9), exp2(-1.9, 1.9), log2(0.2, 3.0),
        log10(0.2, 3.0), rsqrt(0.2, 3.0), asinh(-2.0, 2.0), acosh(1.1, 3.0), atanh(-0.9, 0.9),
        relu6(-3.0, 9.0), hardsigmoid(-5.0, 5.0), hardswish(-5.0, 5.0), mish(-4.0, 4.0), selu(-2.0, 2.0),
        softsign(-3.0, 3.0), tanhshrink(-2.0, 2.0), below_zero(-2.0, 2.0), trunc(-2.9, 2.9),
        frac(-2.9, 2.9));
    for shape in [vec![], vec![2, 4]] {
        cases.push(case("leaky_relu", [float(shape.clone())], |x| x[0].leaky_relu(0.2)));
        cases.push(case("elu", [float(shape)], |x| x[0].elu(0.7)));
    }
    for shape in [vec![], vec![2, 4]] {
        let x = || [float(shape.clone())];
        cases.push(case("celu", x(), |x| x[0].celu(0.7)));
        cases.push(case("hardtanh", x(), |x| x[0].hardtanh(-1.0, 0.5)));
        cases.push(case("hardshrink", x(), |x| x[0].hardshrink(0.5)));
        cases.push(case("softshrink", x(), |x| x[0].softshrink(0.5)));
        cases.push(case("threshold", x(), |x| x[0].threshold(0.1, -3.0)));
        cases.push(case("logit", [within(shape.clone(), 0.1, 0.9)], |x| x[0].logit(None)));
        cases.push(case("logit", [within(shape, -0.4, 1.4)], |x| x[0].logit(Some(0.1))));
    }
    cases.push(case("glu", [float([2, 4])], |x| x[0].glu(-1)));
    cases.push(case("softmin", [float([2, 4])], |x| x[0].softmin(1)));
    cases.push(case("bitwise_not", [int([3], -3, 2)], |x| x[0].bitwise_not()));
    cases.push(case("bitwise_not", [bools([3])], |x| x[0].bitwise_not()));
    cases.push(case("trunc", [int([3], -3, 2)], |x| x[0].trunc()));
    cases.push(case("round", [exactly([6], &[-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])], |x| x[0].round()));
    cases.push(case("sign", [int([3], -1, 2)], |x| x[0].sign()));
    cases.push(case("neg", [int([3], -1, 2)], |x| x[0].neg()));
    cases.push(case("abs", [int([3], -3, 2)], |x| x[0].abs()));
    cases.push(case("square", [int([3], -3, 2)], |x| x[0].square()));
    cases.push(case("exp", [int([3], -3, 2)], |x| x[0].exp()));
    cases.push(case("sigmoid", [bools([3])], |x| x[0].sigmoid()));
    cases
}

fn functions_of_two() -> Vec<Case> {
    let mut cases = vec![];
    binary_cases!(cases: add(float, float), sub(float, float), mul(float, float), div(float, positive),
        pow(positive, float), atan2(float, positive), remainder(float, positive), maximum(float, float),
        minimum(float, float), eq(float, float), ne(float, float), gt(float, float), ge(float, float),
        lt(float, float), le(float, float), floor_divide(float, positive), add(bools, bools),
        mul(bools, bools), gt(bools, bools), logical_and(bools, bools), logical_or(bools, bools),
        eq(bools, bools), ne(bools, bools), fmod(float, positive), xlogy(float, positive),
        hypot(float, positive), heaviside(float, float), bitwise_and(bools, bools),
        bitwise_or(bools, bools), bitwise_xor(bools, bools));
    let ints = [int([4, 2], -4, 5), int([2], 1, 3)];
    cases.push(case("add", ints.clone(), |x| x[0].add(&x[1])));
    cases.push(case("sub", ints.clone(), |x| x[0].sub(&x[1])));
    cases.push(case("mul", ints.clone(), |x| x[0].mul(&x[1])));
    cases.push(case("remainder", ints.clone(), |x| x[0].remainder(&x[1])));
    cases.push(case("remainder", [int([6], -5, 6), int([], -3, -2)], |x| x[0].remainder(&x[1])));
    cases.push(case("remainder", [float([6]), within([1], -0.8, -0.6)], |x| x[0].remainder(&x[1])));
    for divisor in [int([6], 1, 4), int([6], -4, -1)] {
        cases.push(case("floor_divide", [int([6], -9, 9), divisor], |x| x[0].floor_divide(&x[1])));
    }
    for negative in [int([6], 1, 4), int([6], -4, -1)] {
        cases.push(case("fmod", [int([6], -9, 9), negative], |x| x[0].fmod(&x[1])));
    }
    cases.push(case("bitwise_and", ints.clone(), |x| x[0].bitwise_and(&x[1])));
    cases.push(case("bitwise_or", ints.clone(), |x| x[0].bitwise_or(&x[1])));
    cases.push(case("bitwise_xor", ints.clone(), |x| x[0].bitwise_xor(&x[1])));
    cases.push(case("pow", ints.clone(), |x| x[0].pow(&x[1])));
    cases.push(case("div", ints.clone(), |x| x[0].div(&x[1])));
    cases.push(case("add", [float([4, 2]), int([2], 1, 3)], |x| x[0].add(&x[1])));
    cases.push(case("mul", [bools([4, 2]), float([2])], |x| x[0].mul(&x[1])));
    cases.push(case("maximum", ints.clone(), |x| x[0].maximum(&x[1])));
    cases.push(case("minimum", ints.clone(), |x| x[0].minimum(&x[1])));
    cases.push(case("eq", ints.clone(), |x| x[0].eq(&x[1])));
    cases.push(case("ne", ints.clone(), |x| x[0].ne(&x[1])));
    cases.push(case("gt", ints.clone(), |x| x[0].gt(&x[1])));
    cases.push(case("ge", ints.clone(), |x| x[0].ge(&x[1])));
    cases.push(case("lt", ints.clone(), |x| x[0].lt(&x[1])));
    cases.push(case("le", ints, |x| x[0].le(&x[1])));
    for shape in [vec![], vec![2, 3]] {
        cases.push(case("logical_not", [bools(shape)], |x| x[0].logical_not()));
    }
    // Negative bases of whole powers.
    cases.push(case("pow", [float([6]), int([6], 1, 4)], |x| x[0].pow(&x[1].cast(x[0].dtype())?)));
    cases
}

fn functions_of_a_number() -> Vec<Case> {
    let mut cases = vec![];
    scalar_cases!(cases: add_scalar(1.5), sub_scalar(1.5), floor_divide_scalar(0.7),
        mul_scalar(-2.5), div_scalar(3.0), pow_scalar(2.5),
        pow_scalar(-1.0), pow_scalar(0.0), clamp_min(1.1), clamp_max(1.1), eq_scalar(1.0), ne_scalar(1.0),
        gt_scalar(1.0),
        ge_scalar(1.0), lt_scalar(1.0), le_scalar(1.0), remainder_scalar(0.7), remainder_scalar(-0.7));
    for shape in [vec![], vec![2, 3]] {
        cases.push(case("clamp", [float(shape)], |x| x[0].clamp(-1.0, 0.5)));
    }
    cases.push(case("pow_scalar", [float([4])], |x| x[0].pow_scalar(3.0)));
    cases.push(case("pow_scalar", [float([4])], |x| x[0].pow_scalar(1.0)));
    cases.push(case("add_scalar", [int([4], -3, 4)], |x| x[0].add_scalar(2.0)));
    cases.push(case("mul_scalar", [int([4], -3, 4)], |x| x[0].mul_scalar(-2.0)));
    cases.push(case("clamp", [int([6], -3, 4)], |x| x[0].clamp(-1.0, 2.0)));
    cases.push(case("remainder_scalar", [int([6], -5, 6)], |x| x[0].remainder_scalar(3.0)));
    cases.push(case("eq_scalar", [int([4], -1, 3)], |x| x[0].eq_scalar(1.0)));
    cases.push(case("ne_scalar", [int([4], -1, 3)], |x| x[0].ne_scalar(1.0)));
    cases.push(case("gt_scalar", [int([4], -1, 3)], |x| x[0].gt_scalar(1.0)));
    cases.push(case("ge_scalar", [int([4], -1, 3)], |x| x[0].ge_scalar(1.0)));
    cases.push(case("lt_scalar", [int([4], -1, 3)], |x| x[0].lt_scalar(1.0)));
    cases.push(case("le_scalar", [int([4], -1, 3)], |x| x[0].le_scalar(1.0)));
    cases
}

fn conversions() -> Vec<Case> {
    let inputs = |shape: &[usize]| [within(shape, -2.9, 2.9), int(shape, -2, 3), bools(shape)];
    let types = [DType::F32, DType::I32, DType::Bool];
    let shapes: [&[usize]; 2] = [&[], &[2, 4]];
    let all = shapes.into_iter().flat_map(move |shape| {
        inputs(shape).into_iter().flat_map(move |input| types.map(|to| (input.clone(), to)))
    });
    all.map(|(input, to)| case("cast", [input], move |x| x[0].cast(to))).collect()
}
