//! Indices that are not there, masks that do not fit.

use ops::{
    DType, Number, Tensor,
    op::Index::{At, Chosen, Rest, Span},
};

use super::{Calls, bools, floats, index, ints, ones, wrong};

pub fn calls() -> Vec<(&'static str, Calls)> {
    [by_index(), whole_slices(), by_mask(), subscripts(), made()].into_iter().flatten().collect()
}

fn by_index() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(gather:
            |at| floats(&[2], at).gather(0, &index(&[0.0, 2.0], at)),
            |at| floats(&[2], at).gather(0, &index(&[-1.0], at)),
            |at| floats(&[2, 2], at).gather(1, &index(&[0.0], at)),
            |at| floats(&[2, 2], at).gather(1, &ints(&[3, 2], at)),
            |at| floats(&[2, 2], at).gather(2, &ints(&[2, 2], at)),
            |at| floats(&[], at).gather(0, &ints(&[], at)),
            |at| floats(&[2], at).gather(0, &floats(&[2], at))),
        wrong!(scatter_add:
            |at| floats(&[2], at).scatter_add(0, &index(&[2.0], at), &floats(&[1], at)),
            |at| floats(&[2], at).scatter_add(0, &index(&[-1.0], at), &floats(&[1], at)),
            |at| floats(&[2], at).scatter_add(0, &index(&[1.0], at), &floats(&[2], at)),
            |at| floats(&[2], at).scatter_add(0, &index(&[1.0], at), &ints(&[1], at)),
            |at| floats(&[2], at).scatter_add(1, &index(&[1.0], at), &floats(&[1], at)),
            |at| floats(&[2, 2], at).scatter_add(0, &index(&[1.0], at), &floats(&[1], at)),
            |at| floats(&[2], at).scatter_add(0, &floats(&[1], at), &floats(&[1], at)),
            |at| bools(&[2], at).scatter_add(0, &index(&[1.0], at), &bools(&[1], at))),
    ]
}

fn whole_slices() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(index_select:
            |at| floats(&[2, 2], at).index_select(0, &index(&[2.0], at)),
            |at| floats(&[2, 2], at).index_select(0, &index(&[-1.0], at)),
            |at| floats(&[2, 2], at).index_select(2, &index(&[0.0], at)),
            |at| floats(&[2, 2], at).index_select(0, &ints(&[1, 1], at)),
            |at| floats(&[2, 2], at).index_select(0, &ints(&[], at)),
            |at| floats(&[2, 2], at).index_select(0, &floats(&[1], at)),
            |at| floats(&[], at).index_select(0, &index(&[0.0], at))),
        wrong!(slices_at: |at| floats(&[2, 2], at).slices_at(0, 3, |i| i)),
        wrong!(gather_known: |at| floats(&[2, 2], at).gather_known(0, &floats(&[2, 2], at))),
        wrong!(index_add:
            |at| floats(&[2, 2], at).index_add(0, &index(&[2.0], at), &floats(&[1, 2], at)),
            |at| floats(&[2, 2], at).index_add(0, &index(&[-1.0], at), &floats(&[1, 2], at)),
            |at| floats(&[2, 2], at).index_add(0, &index(&[0.0], at), &floats(&[2, 2], at)),
            |at| floats(&[2, 2], at).index_add(0, &index(&[0.0], at), &ints(&[1, 2], at)),
            |at| floats(&[2, 2], at).index_add(2, &index(&[0.0], at), &floats(&[1, 2], at)),
            |at| floats(&[2, 2], at).index_add(0, &ints(&[1, 1], at), &floats(&[1, 2], at)),
            |at| floats(&[2, 2], at).index_add(0, &floats(&[1], at), &floats(&[1, 2], at)),
            |at| bools(&[2, 2], at).index_add(0, &index(&[0.0], at), &bools(&[1, 2], at))),
    ]
}

fn by_mask() -> Vec<(&'static str, Calls)> {
    vec![
        wrong!(where_:
            |at| floats(&[2], at).where_(&floats(&[2], at), &floats(&[2], at)),
            |at| bools(&[2], at).where_(&floats(&[2], at), &floats(&[3], at)),
            |at| bools(&[3], at).where_(&floats(&[2], at), &floats(&[2], at))),
        wrong!(masked_fill:
            |at| floats(&[2], at).masked_fill(&floats(&[2], at), 0.0),
            |at| floats(&[2], at).masked_fill(&bools(&[3], at), 0.0),
            |at| floats(&[2], at).masked_fill(&bools(&[3, 2], at), 0.0),
            |at| ints(&[2], at).masked_fill(&bools(&[2], at), 0.5),
            |at| ints(&[2], at).masked_fill(&bools(&[2], at), 1e12)),
    ]
}

fn subscripts() -> Vec<(&'static str, Calls)> {
    let span = |start, end, step| Span { start, end, step };
    vec![
        wrong!(at:
            |at| floats(&[2, 3], at).at(&[At(2)]),
            |at| floats(&[2, 3], at).at(&[At(i64::MIN)]),
            |at| floats(&[2, 3], at).at(&[At(0), At(0), At(0)]),
            |at| floats(&[], at).at(&[At(0)]),
            |at| floats(&[2, 3], at).at(&[Rest, Rest]),
            move |at| floats(&[2, 3], at).at(&[span(Some(2), Some(1), 1)]),
            move |at| floats(&[2, 3], at).at(&[span(None, None, 0)]),
            move |at| floats(&[2, 3], at).at(&[span(None, None, i64::MIN)]),
            |at| floats(&[2, 3], at).at(&[Chosen(index(&[2.0], at))]),
            |at| floats(&[2, 3], at).at(&[Chosen(floats(&[1], at))]),
            |at| floats(&[2, 3], at).at(&[Chosen(bools(&[3], at))]),
            |at| floats(&[2, 3], at).at(&[Chosen(bools(&[], at))]),
            |at| floats(&[2], at).at(&[Chosen(bools(&[2], at).logical_not()?)]),
            |at| floats(&[2, 3], at).at(&[Chosen(ints(&[1], at)), Chosen(ints(&[1], at))])),
        wrong!(with_at:
            |at| floats(&[2, 3], at).with_at(&[At(2)], &floats(&[3], at)),
            |at| floats(&[2, 3], at).with_at(&[At(0)], &floats(&[2], at)),
            |at| floats(&[2, 3], at).with_at(&[At(0)], &floats(&[2, 3], at)),
            |at| ints(&[2, 3], at).with_at(&[At(0)], &floats(&[3], at))),
        wrong!(with_number_at:
            |at| floats(&[2, 3], at).with_number_at(&[At(2)], Number::Float(1.0)),
            |at| ints(&[2, 3], at).with_number_at(&[At(0)], Number::Float(0.5))),
    ]
}

fn made() -> Vec<(&'static str, Calls)> {
    let (float, int) = (DType::F32, DType::I32);
    vec![
        wrong!(one_hot:
            |at| index(&[3.0], at).one_hot(3),
            |at| index(&[-1.0], at).one_hot(3),
            |at| index(&[0.0], at).one_hot(0),
            |at| index(&[0.0], at).one_hot(usize::MAX),
            |at| floats(&[2], at).one_hot(3),
            |at| ones(&[1; 6], DType::I32, at).one_hot(3)),
        wrong!(arange:
            move |at| Tensor::arange(0.0, 0.0, 1.0, float, at),
            move |at| Tensor::arange(0.0, 1.0, -1.0, float, at),
            move |at| Tensor::arange(0.0, 1.0, 0.0, float, at),
            move |at| Tensor::arange(0.0, f64::INFINITY, 1.0, float, at),
            move |at| Tensor::arange(f64::NAN, 1.0, 1.0, float, at),
            move |at| Tensor::arange(0.0, 1.0, f64::INFINITY, float, at),
            move |at| Tensor::arange(0.0, 1e15, 1.0, float, at),
            move |at| Tensor::arange(0.0, 1e300, 1e-300, float, at),
            move |at| Tensor::arange(0.0, 3.0, 0.5, int, at),
            move |at| Tensor::arange(3e9, 3e9 + 4.0, 1.0, int, at)),
        wrong!(eye:
            move |at| Tensor::eye(0, float, at),
            move |at| Tensor::eye(1 << 30, float, at),
            move |at| Tensor::eye(usize::MAX, float, at)),
        wrong!(tril: |at| floats(&[3], at).tril(0), |at| floats(&[], at).tril(0),
            |at| bools(&[2, 2], at).tril(0)),
        wrong!(triu: |at| floats(&[3], at).triu(0), |at| floats(&[], at).triu(0),
            |at| bools(&[2, 2], at).triu(0)),
    ]
}
