//! Reductions over dimensions that are not there.

#![allow(clippy::vec_init_then_push, reason = "the macros below add rows to a list that is there already")]

use super::{Calls, bools, floats, ints, wrong};

macro_rules! over_dims {
    ($rows:ident: $($name:ident($make:ident, $other:ident $(, $argument:expr)*)),*) => {$(
        $rows.push(wrong!($name:
            |at| $make(&[2, 3], at).$name(&[2], false $(, $argument)*),
            |at| $make(&[2, 3], at).$name(&[-3], true $(, $argument)*),
            |at| $make(&[2, 3], at).$name(&[0, -2], false $(, $argument)*),
            |at| $make(&[2, 3], at).$name(&[i64::MIN], false $(, $argument)*),
            |at| $make(&[], at).$name(&[0], false $(, $argument)*),
            |at| $other(&[2, 3], at).$name(&[0], false $(, $argument)*),
        ));
    )*};
}

macro_rules! along_one {
    ($rows:ident: $($name:ident($other:ident $(, $argument:expr)*)),*) => {$(
        $rows.push(wrong!($name:
            |at| floats(&[2, 3], at).$name(2 $(, $argument)*),
            |at| floats(&[2, 3], at).$name(-3 $(, $argument)*),
            |at| floats(&[2, 3], at).$name(i64::MAX $(, $argument)*),
            |at| floats(&[], at).$name(-1 $(, $argument)*),
            |at| $other(&[2, 3], at).$name(0 $(, $argument)*),
        ));
    )*};
}

pub fn calls() -> Vec<(&'static str, Calls)> {
    let mut rows = vec![];
    over_dims!(rows: sum_dims(floats, bools), mean_dims(floats, ints), max_dims(floats, bools),
        min_dims(ints, bools), var_dims(floats, ints, 0), std_dims(floats, ints, 0), norm_dims(floats, ints),
        logsumexp(floats, ints), prod_dims(floats, bools), any_dims(bools, floats), all_dims(bools, ints));
    along_one!(rows: softmax(ints), log_softmax(bools), cumsum(bools), argmax(bools, false),
        argmin(bools, true), sort(bools, false), argsort(bools, true));
    rows.push(wrong!(sum: |at| bools(&[2], at).sum()));
    rows.push(wrong!(mean: |at| ints(&[2], at).mean(), |at| bools(&[], at).mean()));
    rows.push(wrong!(var_dims: |at| floats(&[2, 3], at).var_dims(&[0], false, 2),
        |at| floats(&[], at).var_dims(&[], false, 1)));
    rows.push(wrong!(std_dims: |at| floats(&[2, 3], at).std_dims(&[1], false, usize::MAX)));
    rows.push(wrong!(top_k: |at| Ok(floats(&[2, 3], at).top_k(0, 0, true)?.0),
        |at| Ok(floats(&[2, 3], at).top_k(3, 0, true)?.0),
        |at| Ok(floats(&[2, 3], at).top_k(1, 2, true)?.0),
        |at| Ok(floats(&[], at).top_k(1, 0, true)?.0),
        |at| Ok(bools(&[2, 3], at).top_k(1, 0, true)?.0)));
    rows
}
