//! Reductions, and what is normalised by one.

use super::{Case, bools, case, case_of_many, exactly, float, int};

/// Dimensions to reduce of `[2, 3, 4]`; none means all.
const DIMS: [&[i64]; 7] = [&[], &[0], &[1], &[-1], &[0, 1], &[0, 2], &[-1, 0, 1]];

macro_rules! over_dims {
    ($cases:ident: $name:ident($input:expr, $($argument:expr),*)) => {
        for dims in DIMS {
            for keep in [false, true] {
                let run = move |x: &[ops::Tensor]| x[0].$name(dims, keep $(, $argument)*);
                $cases.push(case(stringify!($name), [$input], run));
            }
        }
    };
}

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    let x = || float([2, 3, 4]);
    over_dims!(cases: sum_dims(x(),));
    over_dims!(cases: sum_dims(int([2, 3, 4], -5, 6),));
    over_dims!(cases: mean_dims(x(),));
    over_dims!(cases: max_dims(x(),));
    over_dims!(cases: min_dims(x(),));
    over_dims!(cases: first_max_dims(x(),));
    over_dims!(cases: nansum(x(),));
    over_dims!(cases: nanmean(x(),));
    for p in [1.0, 1.5, 2.0, 3.0, f64::INFINITY, f64::NEG_INFINITY] {
        cases.push(case("norm_of", [x()], move |x| x[0].norm_of(p, &[0, 2], false)));
    }
    over_dims!(cases: max_dims(int([2, 3, 4], -5, 6),));
    over_dims!(cases: var_dims(x(), 0));
    over_dims!(cases: var_dims(x(), 1));
    over_dims!(cases: std_dims(x(), 1));
    over_dims!(cases: norm_dims(x(),));
    over_dims!(cases: logsumexp(x(),));
    over_dims!(cases: prod_dims(x(),));
    over_dims!(cases: prod_dims(int([2, 3, 4], -2, 3),));
    over_dims!(cases: any_dims(bools([2, 3, 4]),));
    over_dims!(cases: all_dims(bools([2, 3, 4]),));
    cases.extend(of_rank_0());
    cases.extend(along_one());
    cases
}

fn of_rank_0() -> Vec<Case> {
    let x = || [float([])];
    vec![
        case("sum", x(), |x| x[0].sum()),
        case("sum", [float([3, 2])], |x| x[0].sum()),
        case("mean", x(), |x| x[0].mean()),
        case("mean", [float([3, 2])], |x| x[0].mean()),
        case("sum_dims", x(), |x| x[0].sum_dims(&[], true)),
        case("mean_dims", x(), |x| x[0].mean_dims(&[], true)),
        case("max_dims", x(), |x| x[0].max_dims(&[], true)),
        case("min_dims", x(), |x| x[0].min_dims(&[], false)),
        case("var_dims", x(), |x| x[0].var_dims(&[], false, 0)),
        case("norm_dims", x(), |x| x[0].norm_dims(&[], false)),
        case("logsumexp", x(), |x| x[0].logsumexp(&[], false)),
        case("prod_dims", x(), |x| x[0].prod_dims(&[], false)),
        case("any_dims", [bools([])], |x| x[0].any_dims(&[], false)),
        case("all_dims", [bools([])], |x| x[0].all_dims(&[], false)),
        // A zero among the factors.
        case("prod_dims", [exactly([5], &[2.0, 0.0, -3.0, 0.5, 1.5])], |x| x[0].prod_dims(&[], false)),
        // Powers beyond any float.
        case("logsumexp", [exactly([2, 2], &[80.0, 90.0, -80.0, -90.0])], |x| x[0].logsumexp(&[-1], false)),
    ]
}

fn along_one() -> Vec<Case> {
    let mut cases = vec![];
    for dim in [0, 1, -1] {
        let x = || [float([2, 3, 4])];
        cases.push(case("softmax", x(), move |x| x[0].softmax(dim)));
        cases.push(case("log_softmax", x(), move |x| x[0].log_softmax(dim)));
        cases.push(case("cumsum", x(), move |x| x[0].cumsum(dim)));
        cases.push(case("cumsum", [int([2, 3, 4], -5, 6)], move |x| x[0].cumsum(dim)));
        for descending in [false, true] {
            cases.push(case("sort", x(), move |x| x[0].sort(dim, descending)));
            cases.push(case("argsort", x(), move |x| x[0].argsort(dim, descending)));
            // Ties: the first one first.
            let ties = || [int([2, 3, 4], 0, 3)];
            cases.push(case("sort", ties(), move |x| x[0].sort(dim, descending)));
            cases.push(case("argsort", ties(), move |x| x[0].argsort(dim, descending)));
        }
        cases.push(case_of_many("top_k", x(), move |x| {
            let (values, index) = x[0].top_k(2, dim, true)?;
            Ok(vec![values, index])
        }));
        for keep in [false, true] {
            cases.push(case("argmax", x(), move |x| x[0].argmax(dim, keep)));
            cases.push(case("argmin", x(), move |x| x[0].argmin(dim, keep)));
            cases.push(case("argmax", [int([2, 3, 4], 0, 2)], move |x| x[0].argmax(dim, keep)));
            cases.push(case("argmin", [int([2, 3, 4], 0, 2)], move |x| x[0].argmin(dim, keep)));
        }
    }
    cases.push(case("softmax", [exactly([3], &[1000.0, 999.0, -1000.0])], |x| x[0].softmax(0)));
    cases.push(case("log_softmax", [exactly([3], &[1000.0, 999.0, -1000.0])], |x| x[0].log_softmax(0)));
    cases
}

/// Equal elements far apart: the first one wins.
pub fn ties() -> Vec<Case> {
    let row = |n: usize| -> Vec<f64> { (0..n).map(|i| if i % 7 == 3 { 1.0 } else { 0.0 }).collect() };
    let mut cases = vec![];
    for n in [10, 100, 5000] {
        let x = || [exactly([1, n, 1], &row(n))];
        cases.push(case("argmax", x(), |x| x[0].argmax(1, false)));
        cases.push(case("argmin", x(), |x| x[0].argmin(1, false)));
        cases.push(case("argmax", x(), |x| x[0].reshape(&[x[0].len()])?.argmax(0, false)));
        cases.push(case("argmin", x(), |x| x[0].reshape(&[x[0].len()])?.argmin(0, false)));
        cases.push(case("argsort", x(), |x| x[0].argsort(1, true)));
        cases.push(case_of_many("top_k", x(), |x| {
            let (values, index) = x[0].top_k(3, 1, true)?;
            Ok(vec![values, index])
        }));
    }
    cases
}
