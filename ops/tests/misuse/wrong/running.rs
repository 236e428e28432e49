//! Dimensions, ranks and shares that are not there.

use ops::op::Between;

use super::{Calls, bools, floats, index, ints, wrong};

pub fn calls() -> Vec<(&'static str, Calls)> {
    [running(), shifted(), quantiles(), replaced()].into_iter().flatten().collect()
}

fn running() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(cumprod: |at| floats(&[2], at).cumprod(1), |at| floats(&[], at).cumprod(0)),
        wrong!(cummax: |at| Ok(floats(&[2], at).cummax(1)?.0), |at| Ok(floats(&[], at).cummax(0)?.0),
            |at| Ok(bools(&[2], at).cummax(0)?.0)),
        wrong!(cummin: |at| Ok(floats(&[2], at).cummin(1)?.0), |at| Ok(bools(&[2], at).cummin(0)?.0)),
        wrong!(logcumsumexp: |at| floats(&[2], at).logcumsumexp(1), |at| floats(&[], at).logcumsumexp(0),
            |at| ints(&[2], at).logcumsumexp(0)),
        wrong!(logaddexp: |at| floats(&[2], at).logaddexp(&floats(&[3], at)),
            |at| ints(&[2], at).logaddexp(&ints(&[2], at))),
    ]
}

fn shifted() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(roll: |at| floats(&[3], at).roll(&[1], &[1]), |at| floats(&[3], at).roll(&[1, 2], &[0]),
            |at| floats(&[3], at).roll(&[], &[]), |at| floats(&[3], at).roll(&[1, 2], &[])),
        wrong!(diff: |at| floats(&[3], at).diff(3, 0), |at| floats(&[3], at).diff(1, 1),
            |at| floats(&[], at).diff(0, 0), |at| bools(&[3], at).diff(1, 0)),
    ]
}

fn quantiles() -> Vec<(&'static str, Calls)> {
    let linear = Between::Linear;
    vec![
        wrong!(quantile: move |at| floats(&[3], at).quantile(1.5, None, false, linear),
            move |at| floats(&[3], at).quantile(f64::NAN, None, false, linear),
            move |at| floats(&[3], at).quantile(0.5, Some(1), false, linear),
            move |at| ints(&[3], at).quantile(0.5, None, false, linear)),
        wrong!(median:
            |at| floats(&[3], at).median(Some(1), false),
            |at| bools(&[3], at).median(None, false)),
    ]
}

fn replaced() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(isnan: |at| bools(&[2], at).isnan()),
        wrong!(isinf: |at| bools(&[2], at).isinf()),
        wrong!(isfinite: |at| bools(&[2], at).isfinite()),
        wrong!(nan_to_num: |at| bools(&[2], at).nan_to_num(0.0, None, None)),
        wrong!(lerp: |at| floats(&[2], at).lerp(&floats(&[3], at), 0.5),
            |at| ints(&[2], at).lerp(&ints(&[2], at), 0.5)),
        wrong!(lerp_by: |at| floats(&[2], at).lerp_by(&floats(&[2], at), &floats(&[3], at)),
            |at| ints(&[2], at).lerp_by(&ints(&[2], at), &ints(&[2], at))),
        wrong!(scatter:
            |at| floats(&[2], at).scatter(0, &index(&[2.0], at), &floats(&[1], at)),
            |at| floats(&[2], at).scatter(0, &index(&[-1.0], at), &floats(&[1], at)),
            |at| floats(&[2], at).scatter(0, &index(&[1.0], at), &floats(&[2], at)),
            |at| floats(&[2], at).scatter(0, &index(&[1.0], at), &ints(&[1], at)),
            |at| floats(&[2], at).scatter(1, &index(&[1.0], at), &floats(&[1], at)),
            |at| floats(&[2, 2], at).scatter(0, &index(&[1.0], at), &floats(&[1], at)),
            |at| floats(&[2], at).scatter(0, &floats(&[1], at), &floats(&[1], at))),
    ]
}
