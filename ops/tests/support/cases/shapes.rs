//! Elements moved without being changed.

use ops::{Tensor, op::Padding};

use super::{Case, Input, bools, case, case_of_many, float, int};

pub fn cases() -> Vec<Case> {
    [reshaped(), blocks(), joined(), padded()].into_iter().flatten().collect()
}

/// One input of each kind.
fn kinds(shape: &[usize]) -> [Input; 3] {
    [float(shape), int(shape, -9, 9), bools(shape)]
}

fn reshaped() -> Vec<Case> {
    let mut cases = vec![];
    for x in kinds(&[2, 3, 4]) {
        let x = || [x.clone()];
        cases.push(case("reshape", x(), |x| x[0].reshape(&[4, 6])));
        cases.push(case("reshape_infer", x(), |x| x[0].reshape_infer(&[-1, 6])));
        cases.push(case("flatten", x(), |x| x[0].flatten(1, -1)));
        cases.push(case("flatten", x(), |x| x[0].flatten(0, 1)));
        cases.push(case("unsqueeze", x(), |x| x[0].unsqueeze(1)));
        cases.push(case("unsqueeze", x(), |x| x[0].unsqueeze(-1)));
        cases.push(case("permute", x(), |x| x[0].permute(&[2, 0, 1])));
        cases.push(case("transpose", x(), |x| x[0].transpose(0, -1)));
        cases.push(case("flip", x(), |x| x[0].flip(&[0, -1])));
        cases.push(case("flip", x(), |x| x[0].flip(&[])));
        cases.push(case("expand", x(), |x| x[0].expand(&[2, 2, 3, 4])));
    }
    for x in kinds(&[3, 4]) {
        let x = || [x.clone()];
        cases.push(case("diag", x(), |x| x[0].diag(1)));
        cases.push(case("diagonal", x(), |x| x[0].diagonal(-1, 0, 1)));
        cases.push(case("diag_embed", x(), |x| x[0].diag_embed(0)));
        cases.push(case("diag_embed", x(), |x| x[0].diag_embed(-2)));
    }
    cases.push(case("diag", [float([3])], |x| x[0].diag(1)));
    cases.push(case("diagonal", [float([2, 3, 4])], |x| x[0].diagonal(1, -1, 0)));
    cases.push(case("trace", [float([3, 4])], |x| x[0].trace()));
    for x in kinds(&[2, 1, 3]) {
        let x = || [x.clone()];
        cases.push(case("squeeze", x(), |x| x[0].squeeze(1)));
        cases.push(case("expand", x(), |x| x[0].expand(&[2, 4, 3])));
    }
    for x in kinds(&[]) {
        let x = || [x.clone()];
        cases.push(case("reshape", x(), |x| x[0].reshape(&[1, 1])));
        cases.push(case("reshape_infer", x(), |x| x[0].reshape_infer(&[-1])));
        cases.push(case("unsqueeze", x(), |x| x[0].unsqueeze(0)));
        cases.push(case("flatten", x(), |x| x[0].flatten(0, -1)));
        cases.push(case("expand", x(), |x| x[0].expand(&[2, 3])));
        cases.push(case("permute", x(), |x| x[0].permute(&[])));
        cases.push(case("flip", x(), |x| x[0].flip(&[])));
        cases.push(case("repeat", x(), |x| x[0].repeat(&[])));
    }
    cases
}

fn blocks() -> Vec<Case> {
    let mut cases = vec![];
    for x in kinds(&[2, 6, 3]) {
        let x = || [x.clone()];
        cases.push(case("narrow", x(), |x| x[0].narrow(1, 2, 3)));
        cases.push(case("slice", x(), |x| x[0].slice(1, 1, None, 2)));
        cases.push(case("slice", x(), |x| x[0].slice(1, -5, Some(-1), 3)));
        cases.push(case("slice", x(), |x| x[0].slice(-1, 0, Some(1), 1)));
        cases.push(case_of_many("split", x(), |x| x[0].split(4, 1)));
        cases.push(case_of_many("chunk", x(), |x| x[0].chunk(4, 1)));
    }
    cases
}

fn joined() -> Vec<Case> {
    let mut cases = vec![];
    for (a, b) in kinds(&[2, 3]).into_iter().zip(kinds(&[2, 1])) {
        let x = || [a.clone(), b.clone(), a.clone()];
        cases.push(case("concat", x(), |x| Tensor::concat(&[&x[0], &x[1], &x[2]], 1)));
        cases.push(case("concat", [a.clone()], |x| Tensor::concat(&[&x[0]], -1)));
        for dim in [0, 1, -1] {
            cases.push(case("stack", [a.clone(), a.clone()], move |x| Tensor::stack(&[&x[0], &x[1]], dim)));
        }
        cases.push(case("repeat", [a.clone()], |x| x[0].repeat(&[3, 1])));
        cases.push(case("repeat", [a.clone()], |x| x[0].repeat(&[2, 3])));
    }
    cases.push(case("stack", [float([]), float([])], |x| Tensor::stack(&[&x[0], &x[1]], 0)));
    cases.push(case("copied_along", [float([2, 3])], |x| x[0].copied_along(1, 1, 3)));
    cases.push(case("copied_along", [float([2, 3])], |x| x[0].copied_along(1, 2, 2)));
    cases.push(case("repeat", [float([1, 2, 1, 2, 1, 2])], |x| x[0].repeat(&[2, 1, 2, 2, 1, 2])));
    cases
}

fn padded() -> Vec<Case> {
    let mut cases = vec![];
    for padding in [Padding::Constant(0.0), Padding::Constant(-2.0), Padding::Reflect, Padding::Replicate] {
        for x in [float([2, 3, 4]), int([2, 3, 4], -9, 9)] {
            cases.push(case("pad", [x.clone()], move |x| x[0].pad(&[[1, 2]], padding)));
            cases.push(case("pad", [x.clone()], move |x| x[0].pad(&[[2, 0], [0, 3]], padding)));
            cases.push(case("pad", [x.clone()], move |x| x[0].pad(&[[1, 0], [0, 0], [1, 1]], padding)));
            cases.push(case("pad", [x], move |x| x[0].pad(&[], padding)));
        }
    }
    cases.push(case("pad", [float([1, 2])], |x| x[0].pad(&[[5, 7]], Padding::Replicate)));
    cases
}
