//! Sums of products, distances, grids and patches of what does not fit.

use ops::{DType, Tensor, op::Window};

use super::{Calls, bools, floats, ints, wrong};

pub fn calls() -> Vec<(&'static str, Calls)> {
    [products(), distances(), grids(), patches()].into_iter().flatten().collect()
}

fn products() -> Vec<(&'static str, Calls)> {
    let einsum = |equation: &'static str| {
        move |at| Tensor::einsum(equation, &[&floats(&[2, 3], at), &floats(&[3, 2], at)])
    };
    vec![
        wrong!(outer: |at| floats(&[2, 2], at).outer(&floats(&[2], at)),
            |at| floats(&[2], at).outer(&floats(&[], at))),
        wrong!(tensordot: |at| floats(&[2, 3], at).tensordot(&floats(&[2, 3], at), &[1], &[0]),
            |at| floats(&[2, 3], at).tensordot(&floats(&[3, 2], at), &[1], &[]),
            |at| floats(&[2, 2], at).tensordot(&floats(&[2, 2], at), &[1, 1], &[0, 1]),
            |at| floats(&[2, 3], at).tensordot(&floats(&[3, 2], at), &[2], &[0]),
            |at| floats(&[2, 3], at).tensordot(&ints(&[3, 2], at), &[1], &[0]),
            |at| bools(&[2], at).tensordot(&bools(&[2], at), &[0], &[0])),
        wrong!(einsum: einsum("ij,ij->ij"), einsum("ij->ij"), einsum("ij,jk,kl"), einsum("ijk,jk->ik"),
            einsum("i,jk->ik"), einsum("ij,jk->il"), einsum("ij,jk->ii"), einsum("i1,jk->ik"), einsum(""),
            einsum("...ijk,jk->i"), einsum("......,jk"), einsum("ij,jk->i->k"),
            |_| Tensor::einsum("", &[]),
            |at| Tensor::einsum("ii->i", &[&floats(&[2, 3], at)]),
            |at| Tensor::einsum("i,i", &[&floats(&[2], at), &ints(&[2], at)]),
            |at| Tensor::einsum("abcd,efgh->abcdefgh", &[&floats(&[1; 4], at), &floats(&[1; 4], at)]),
            |at| Tensor::einsum("i->i", &[&bools(&[2], at)])),
    ]
}

fn distances() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(cdist: |at| floats(&[2, 3], at).cdist(&floats(&[2, 4], at), 2.0),
            |at| floats(&[3], at).cdist(&floats(&[2, 3], at), 2.0),
            |at| floats(&[2, 3], at).cdist(&floats(&[2, 3], at), -1.0),
            |at| floats(&[2, 3], at).cdist(&floats(&[2, 3], at), f64::NAN),
            |at| ints(&[2, 3], at).cdist(&ints(&[2, 3], at), 2.0),
            |at| floats(&[1, 1, 1, 1, 2, 3], at).cdist(&floats(&[2, 3], at), 2.0),
            |at| floats(&[2, 2, 3], at).cdist(&floats(&[3, 2, 3], at), 2.0)),
        wrong!(pairwise_distance: |at| floats(&[], at).pairwise_distance(&floats(&[], at), 2.0, 0.0),
            |at| floats(&[2], at).pairwise_distance(&floats(&[3], at), 2.0, 0.0),
            |at| floats(&[2], at).pairwise_distance(&floats(&[2], at), -2.0, 0.0),
            |at| ints(&[2], at).pairwise_distance(&ints(&[2], at), 2.0, 0.0)),
        wrong!(cosine_similarity: |at| floats(&[2], at).cosine_similarity(&floats(&[3], at), 0, 1e-8),
            |at| floats(&[2], at).cosine_similarity(&floats(&[2], at), 1, 1e-8),
            |at| floats(&[], at).cosine_similarity(&floats(&[], at), 0, 1e-8),
            |at| ints(&[2], at).cosine_similarity(&ints(&[2], at), 0, 1e-8)),
    ]
}

fn grids() -> Vec<(&'static str, Calls)> {
    let first = |grids: ops::Result<Vec<Tensor>>| Ok(grids?.swap_remove(0));
    vec![
        wrong!(linspace: |at| Tensor::linspace(0.0, 1.0, 0, DType::F32, at),
            |at| Tensor::linspace(f64::NAN, 1.0, 2, DType::F32, at),
            |at| Tensor::linspace(0.0, f64::INFINITY, 2, DType::F32, at),
            |at| Tensor::linspace(0.0, 1.0, 2, DType::I32, at),
            |at| Tensor::linspace(0.0, 1.0, 1 << 40, DType::F32, at)),
        wrong!(meshgrid: move |_| first(Tensor::meshgrid(&[], false)),
            move |at| first(Tensor::meshgrid(&[&floats(&[2, 2], at)], false)),
            move |at| first(Tensor::meshgrid(&[&floats(&[1], at); 7], false))),
    ]
}

fn patches() -> Vec<(&'static str, Calls)> {
    let of = |stride, padding, dilation| Window { stride, padding, dilation, ..Window::default() };
    let plain = Window::default();
    vec![
        wrong!(im2col: move |at| floats(&[2, 3, 3], at).im2col([2, 2], plain),
            move |at| floats(&[1, 1, 3, 3], at).im2col([4, 1], plain),
            move |at| floats(&[1, 1, 3, 3], at).im2col([0, 1], plain),
            move |at| floats(&[1, 1, 3, 3], at).im2col([2, 2], of([0, 1], [0; 2], [1; 2])),
            move |at| floats(&[1, 1, 3, 3], at).im2col([2, 2], of([1; 2], [0; 2], [3, 1])),
            move |at| floats(&[1, 1, 3, 3], at).im2col([2, 2], of([1; 2], [1 << 30; 2], [1; 2])),
            move |at| bools(&[1, 1, 3, 3], at).im2col([2, 2], plain)),
        wrong!(col2im: move |at| floats(&[1, 4, 3], at).col2im([3, 3], [2, 2], plain),
            move |at| floats(&[1, 3, 4], at).col2im([3, 3], [2, 2], plain),
            move |at| floats(&[4, 4], at).col2im([3, 3], [2, 2], plain),
            move |at| floats(&[1, 4, 4], at).col2im([0, 3], [2, 2], plain),
            move |at| floats(&[1, 4, 4], at).col2im([1, 1], [2, 2], plain),
            move |at| bools(&[1, 4, 4], at).col2im([3, 3], [2, 2], plain)),
        wrong!(unfold: |at| floats(&[3], at).unfold(0, 4, 1), |at| floats(&[3], at).unfold(0, 0, 1),
            |at| floats(&[3], at).unfold(0, 1, 0), |at| floats(&[3], at).unfold(1, 1, 1),
            |at| floats(&[], at).unfold(0, 1, 1), |at| floats(&[1; 6], at).unfold(0, 1, 1)),
    ]
}
