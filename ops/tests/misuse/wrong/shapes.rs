//! Shapes that do not work out.

use ops::{Tensor, op::Padding};

use super::{Calls, bools, floats, ints, wrong};

pub fn calls() -> Vec<(&'static str, Calls)> {
    [reshaped(), reordered(), blocks(), joined(), padded()].into_iter().flatten().collect()
}

/// The first of several tensors, so that a table can hold the call.
macro_rules! first {
    ($tensors:expr) => {
        Ok($tensors?.swap_remove(0))
    };
}

fn reshaped() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(reshape:
            |at| floats(&[2, 3], at).reshape(&[4]),
            |at| floats(&[2, 3], at).reshape(&[]),
            |at| floats(&[2, 3], at).reshape(&[0, 6]),
            |at| floats(&[2, 3], at).reshape(&[usize::MAX, usize::MAX]),
            |at| floats(&[2, 3], at).reshape(&[1, 1, 1, 1, 1, 2, 3])),
        wrong!(reshape_infer:
            |at| floats(&[2, 3], at).reshape_infer(&[-1, 4]),
            |at| floats(&[2, 3], at).reshape_infer(&[-1, -1]),
            |at| floats(&[2, 3], at).reshape_infer(&[-2, -3]),
            |at| floats(&[2, 3], at).reshape_infer(&[-1, 0]),
            |at| floats(&[2, 3], at).reshape_infer(&[i64::MAX, i64::MAX]),
            |at| floats(&[2, 3], at).reshape_infer(&[i64::MIN])),
        wrong!(flatten:
            |at| floats(&[2, 3], at).flatten(0, 2),
            |at| floats(&[2, 3], at).flatten(-3, 1),
            |at| floats(&[2, 3], at).flatten(1, 0)),
        wrong!(diag: |at| floats(&[], at).diag(0), |at| floats(&[2, 2, 2], at).diag(0),
            |at| floats(&[2, 2], at).diag(2), |at| floats(&[2], at).diag(i64::MAX)),
        wrong!(diagonal: |at| floats(&[2, 2], at).diagonal(2, 0, 1),
            |at| floats(&[2, 2], at).diagonal(0, 1, 1),
            |at| floats(&[2], at).diagonal(0, 0, 1), |at| floats(&[2, 2], at).diagonal(i64::MIN, 0, 1)),
        wrong!(diag_embed: |at| floats(&[], at).diag_embed(0), |at| floats(&[1; 6], at).diag_embed(0),
            |at| floats(&[2], at).diag_embed(i64::MAX)),
        wrong!(trace: |at| floats(&[2], at).trace(), |at| floats(&[2, 2, 2], at).trace()),
        wrong!(squeeze: |at| floats(&[2, 1], at).squeeze(0), |at| floats(&[2, 1], at).squeeze(2),
            |at| floats(&[], at).squeeze(0)),
        wrong!(unsqueeze: |at| floats(&[2, 1], at).unsqueeze(3), |at| floats(&[2, 1], at).unsqueeze(-4),
            |at| floats(&[1; 6], at).unsqueeze(0)),
        wrong!(expand:
            |at| floats(&[2, 1], at).expand(&[3, 3]),
            |at| floats(&[2, 1], at).expand(&[1]),
            |at| floats(&[2, 1], at).expand(&[2, 0]),
            |at| floats(&[2, 1], at).expand(&[1, 1, 1, 1, 1, 2, 3]),
            |at| floats(&[2], at).expand(&[])),
    ]
}

fn reordered() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(permute:
            |at| floats(&[2, 3], at).permute(&[0]),
            |at| floats(&[2, 3], at).permute(&[0, 0]),
            |at| floats(&[2, 3], at).permute(&[0, 2]),
            |at| floats(&[2, 3], at).permute(&[0, 1, 1]),
            |at| floats(&[], at).permute(&[0])),
        wrong!(transpose: |at| floats(&[2, 3], at).transpose(0, 2), |at| floats(&[], at).transpose(0, 0)),
        wrong!(flip: |at| floats(&[2, 3], at).flip(&[2]), |at| floats(&[2, 3], at).flip(&[0, -2]),
            |at| floats(&[], at).flip(&[0])),
    ]
}

fn blocks() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(narrow:
            |at| floats(&[2, 3], at).narrow(1, 1, 3),
            |at| floats(&[2, 3], at).narrow(1, 1, 0),
            |at| floats(&[2, 3], at).narrow(1, usize::MAX, 2),
            |at| floats(&[2, 3], at).narrow(1, 0, usize::MAX),
            |at| floats(&[2, 3], at).narrow(2, 0, 1)),
        wrong!(slice:
            |at| floats(&[2, 3], at).slice(1, 0, Some(4), 1),
            |at| floats(&[2, 3], at).slice(1, 2, Some(2), 1),
            |at| floats(&[2, 3], at).slice(1, 0, Some(2), 0),
            |at| floats(&[2, 3], at).slice(1, -4, None, 1),
            |at| floats(&[2, 3], at).slice(1, i64::MIN, Some(i64::MAX), 1),
            |at| floats(&[2, 3], at).slice(2, 0, None, 1),
            |at| floats(&[], at).slice(0, 0, None, 1)),
        wrong!(split: |at| first!(floats(&[2, 3], at).split(0, 0)),
            |at| first!(floats(&[2, 3], at).split(1, 2))),
        wrong!(chunk: |at| first!(floats(&[2, 3], at).chunk(0, 0)),
            |at| first!(floats(&[2, 3], at).chunk(1, 2))),
    ]
}

fn joined() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(concat:
            |_| Tensor::concat(&[], 0),
            |at| Tensor::concat(&[&floats(&[2, 3], at), &floats(&[3, 2], at)], 0),
            |at| Tensor::concat(&[&floats(&[2, 3], at), &floats(&[3], at)], 0),
            |at| Tensor::concat(&[&floats(&[2], at)], 1),
            |at| Tensor::concat(&[&floats(&[], at)], 0)),
        wrong!(stack:
            |_| Tensor::stack(&[], 0),
            |at| Tensor::stack(&[&floats(&[2], at), &floats(&[3], at)], 0),
            |at| Tensor::stack(&[&floats(&[2], at)], 2),
            |at| Tensor::stack(&[&floats(&[1; 6], at)], 0)),
        wrong!(repeat:
            |at| floats(&[2, 3], at).repeat(&[2]),
            |at| floats(&[2, 3], at).repeat(&[2, 0]),
            |at| floats(&[2, 3], at).repeat(&[usize::MAX, 2]),
            |at| floats(&[2, 3], at).repeat(&[1 << 40, 1])),
    ]
}

fn padded() -> Vec<(&'static str, Calls)> {
    let [zeros, reflect, replicate] = [Padding::Constant(0.0), Padding::Reflect, Padding::Replicate];
    vec![wrong!(pad:
        move |at| floats(&[2], at).pad(&[[1, 1], [1, 1]], zeros),
        move |at| floats(&[], at).pad(&[[1, 1]], zeros),
        move |at| bools(&[2], at).pad(&[[1, 1]], zeros),
        move |at| ints(&[2], at).pad(&[[1, 1]], Padding::Constant(0.5)),
        move |at| floats(&[2], at).pad(&[[usize::MAX, usize::MAX]], zeros),
        move |at| floats(&[2], at).pad(&[[1 << 40, 0]], zeros),
        move |at| floats(&[2], at).pad(&[[2, 0]], reflect),
        move |at| floats(&[2], at).pad(&[[0, usize::MAX]], reflect),
        move |at| floats(&[2], at).pad(&[[usize::MAX, 1]], replicate),
        move |at| floats(&[2], at).pad(&[[1 << 40, 0]], replicate))]
}
