//! Reductions over dimensions that are not there.

#![allow(clippy::vec_init_then_push, reason = "the macros below add rows to a list that is there already")]

use super::{Calls, bools, floats, ints, wrong};

macro_rules! over_dims {
    ($rows:ident: $($name:ident($make:ident $(, $argument:expr)*)),*) => {$(
        $rows.push(wrong!($name:
            |at| $make(&[2, 3], at).$name(&[2], false $(, $argument)*),
            |at| $make(&[2, 3], at).$name(&[-3], true $(, $argument)*),
            |at| $make(&[2, 3], at).$name(&[0, -2], false $(, $argument)*),
            |at| $make(&[2, 3], at).$name(&[i64::MIN], false $(, $argument)*),
            |at| $make(&[], at).$name(&[0], false $(, $argument)*),
        ));
    )*};
}

macro_rules! of_types {
    ($rows:ident: $($name:ident($make:ident $(, $argument:expr)*)),*) => {$(
        $rows.push(wrong!($name: |at| $make(&[2, 3], at).$name($($argument),*)));
    )*};
}

macro_rules! along_one {
    ($rows:ident: $($name:ident($($argument:expr),*)),*) => {$(
        $rows.push(wrong!($name:
            |at| floats(&[2, 3], at).$name(2 $(, $argument)*),
            |at| floats(&[2, 3], at).$name(-3 $(, $argument)*),
            |at| floats(&[2, 3], at).$name(i64::MAX $(, $argument)*),
            |at| floats(&[], at).$name(-1 $(, $argument)*),
        ));
    )*};
}

pub fn calls() -> Vec<(&'static str, Calls)> {
    let mut rows = vec![];
    over_dims!(rows: sum_dims(floats), mean_dims(floats), max_dims(floats), min_dims(ints),
        var_dims(floats, 0), std_dims(floats, 0), norm_dims(floats), logsumexp(floats), prod_dims(floats),
        any_dims(bools), all_dims(bools), first_max_dims(floats), nansum(floats), nanmean(floats));
    of_types!(rows: mean_dims(ints, &[0], false), max_dims(bools, &[0], false), min_dims(bools, &[0], false),
        var_dims(ints, &[0], false, 0), std_dims(ints, &[0], false, 0), norm_dims(ints, &[0], false),
        any_dims(floats, &[0], false), all_dims(ints, &[0], false), softmax(ints, 0), log_softmax(bools, 0),
        argmax(bools, 0, false), argmin(bools, 0, true), sort(bools, 0, false), argsort(bools, 0, true));
    along_one!(rows: softmax(), log_softmax(), cumsum(), argmax(false), argmin(true), sort(false),
        argsort(true));
    rows.push(wrong!(nansum: |at| bools(&[2], at).nansum(&[], false)));
    rows.push(wrong!(nanmean: |at| ints(&[2], at).nanmean(&[], false)));
    rows.push(wrong!(norm_of: |at| ints(&[2], at).norm_of(1.0, &[], false),
        |at| floats(&[2], at).norm_of(-1.0, &[], false), |at| floats(&[2], at).norm_of(f64::NAN, &[], false),
        |at| floats(&[2], at).norm_of(1.0, &[1], false)));
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
