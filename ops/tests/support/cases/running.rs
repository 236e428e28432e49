//! What runs along a dimension, elements beside their neighbours, quantiles, and what is no number.

use ops::op::Between;

use super::{Case, bools, case, case_of_many, exactly, float, int};

pub fn cases() -> Vec<Case> {
    [running(), shifted(), quantiles(), finite(), replaced()].into_iter().flatten().collect()
}

fn running() -> Vec<Case> {
    let mut cases = vec![];
    for dim in [0, 1, -1] {
        let x = || [float([2, 3, 4])];
        cases.push(case("cumprod", x(), move |x| x[0].cumprod(dim)));
        cases.push(case("cumprod", [int([2, 3, 4], -3, 4)], move |x| x[0].cumprod(dim)));
        cases.push(case("logcumsumexp", x(), move |x| x[0].logcumsumexp(dim)));
        for input in [float([2, 3, 4]), int([2, 3, 4], 0, 3)] {
            cases.push(case_of_many("cummax", [input.clone()], move |x| {
                x[0].cummax(dim).map(|(values, index)| vec![values, index])
            }));
            cases.push(case_of_many("cummin", [input], move |x| {
                x[0].cummin(dim).map(|(values, index)| vec![values, index])
            }));
        }
    }
    // Zeros among the factors, powers beyond any float.
    cases.push(case("cumprod", [exactly([5], &[2.0, 0.0, -3.0, 0.0, 1.5])], |x| x[0].cumprod(0)));
    cases.push(case("logcumsumexp", [exactly([4], &[80.0, 90.0, -80.0, 90.5])], |x| x[0].logcumsumexp(0)));
    cases.push(case("logaddexp", [float([2, 3]), float([3])], |x| x[0].logaddexp(&x[1])));
    cases
}

fn shifted() -> Vec<Case> {
    let mut cases = vec![];
    for (shifts, dims) in [(&[1i64][..], &[][..]), (&[-2], &[1]), (&[1, 5], &[0, -1]), (&[0], &[0])] {
        cases.push(case("roll", [float([2, 3, 4])], move |x| x[0].roll(shifts, dims)));
    }
    cases.push(case("roll", [bools([5])], |x| x[0].roll(&[2], &[0])));
    for (n, dim) in [(1, -1), (2, 1), (0, 0)] {
        cases.push(case("diff", [float([2, 3, 4])], move |x| x[0].diff(n, dim)));
    }
    cases.push(case("diff", [int([5], -9, 9)], |x| x[0].diff(1, 0)));
    cases
}

fn quantiles() -> Vec<Case> {
    let mut cases = vec![];
    let all = [Between::Linear, Between::Lower, Between::Higher, Between::Nearest, Between::Midpoint];
    for between in all {
        for q in [0.0, 0.3, 1.0] {
            let x = || [float([2, 5])];
            cases.push(case("quantile", x(), move |x| x[0].quantile(q, Some(1), true, between)));
            cases.push(case("quantile", x(), move |x| x[0].quantile(q, None, false, between)));
        }
    }
    for (dim, keep) in [(Some(0), false), (Some(-1), true), (None, false), (None, true)] {
        cases.push(case("median", [float([4, 3])], move |x| x[0].median(dim, keep)));
    }
    cases.push(case("median", [int([6], 0, 9)], |x| x[0].median(None, false)));
    cases
}

fn finite() -> Vec<Case> {
    let odd = || [exactly([4], &[1.0, -2.0, 0.0, 3e38])];
    vec![
        case("isnan", odd(), |x| x[0].isnan()),
        case("isinf", odd(), |x| x[0].isinf()),
        case("isfinite", odd(), |x| x[0].isfinite()),
        case("isnan", [int([3], 0, 3)], |x| x[0].isnan()),
        case("isinf", [int([3], 0, 3)], |x| x[0].isinf()),
        case("isfinite", [int([3], 0, 3)], |x| x[0].isfinite()),
        case("nan_to_num", [float([2, 3])], |x| x[0].nan_to_num(0.5, None, Some(-7.0))),
        case("nan_to_num", [int([3], 0, 3)], |x| x[0].nan_to_num(0.0, None, None)),
    ]
}

fn replaced() -> Vec<Case> {
    let mut cases = vec![];
    for (dim, shape, size) in [(0, [2, 3], 4), (1, [4, 2], 3)] {
        let inputs = [float([4, 3]), int(shape, 0, size), float(shape)];
        cases.push(case("scatter", inputs, move |x| x[0].scatter(dim, &x[1], &x[2])));
    }
    let whole = [int([5], 0, 9), int([2], 0, 5), int([2], 20, 30)];
    cases.push(case("scatter", whole, |x| x[0].scatter(0, &x[1], &x[2])));
    for weight in [0.25, 0.75, 1.5] {
        cases.push(case("lerp", [float([2, 3]), float([3])], move |x| x[0].lerp(&x[1], weight)));
    }
    let weighed = [float([2, 3]), float([3]), float([2, 1])];
    cases.push(case("lerp_by", weighed, |x| x[0].lerp_by(&x[1], &x[2])));
    cases
}
