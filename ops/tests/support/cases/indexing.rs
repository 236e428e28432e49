//! Elements chosen by index and by mask, and tensors made from numbers of rows and columns.

use ops::{
    DType, Device, Number, Tensor,
    op::Index::{At, Chosen, New, Rest, Span},
};

use super::{Case, bools, case, float, int, tensor};

pub fn cases() -> Vec<Case> {
    [by_index(), by_mask(), subscripts(), made()].into_iter().flatten().collect()
}

fn by_index() -> Vec<Case> {
    let mut cases = vec![];
    // Sizes of the index along each dimension of [2, 3, 4].
    for (dim, shape, size) in [(0, [5, 3, 4], 2), (1, [2, 1, 4], 3), (-1, [2, 3, 6], 4)] {
        let inputs = || [float([2, 3, 4]), int(shape, 0, size), float(shape)];
        let [x, index, _] = inputs();
        cases.push(case("gather", [x, index], move |x| x[0].gather(dim, &x[1])));
        cases.push(case("scatter_add", inputs(), move |x| x[0].scatter_add(dim, &x[1], &x[2])));
    }
    cases.push(case("gather", [float([5]), int([8], 0, 5)], |x| x[0].gather(0, &x[1])));
    cases.push(case("gather", [int([2, 3], 0, 9), int([2, 2], 0, 3)], |x| x[0].gather(1, &x[1])));
    cases.push(case("gather", [bools([2, 3]), int([2, 2], 0, 3)], |x| x[0].gather(1, &x[1])));
    for (dim, n, shape) in [(0, 2, [5, 3, 4]), (1, 3, [2, 5, 4]), (-1, 4, [2, 3, 5])] {
        let inputs = || [float([2, 3, 4]), int([5], 0, n), float(shape)];
        let [x, index, _] = inputs();
        cases.push(case("index_select", [x, index], move |x| x[0].index_select(dim, &x[1])));
        cases.push(case("index_add", inputs(), move |x| x[0].index_add(dim, &x[1], &x[2])));
    }
    cases.push(case("index_select", [bools([4, 2]), int([3], 0, 4)], |x| x[0].index_select(0, &x[1])));
    cases.push(case("index_select", [int([4, 2], -9, 9), int([3], 0, 4)], |x| x[0].index_select(0, &x[1])));
    cases.push(case("slices_at", [float([2, 3, 4])], |x| x[0].slices_at(1, 5, |i| i % 3)));
    cases.push(case("gather_known", [float([2, 3]), int([2, 5], 0, 3)], |x| x[0].gather_known(1, &x[1])));
    cases.push(case("index_add", [int([4], -9, 9), int([3], 0, 4), int([3], 0, 9)], |x| {
        x[0].index_add(0, &x[1], &x[2])
    }));
    cases.push(case("scatter_add", [int([4], -9, 9), int([3], 0, 4), int([3], 0, 9)], |x| {
        x[0].scatter_add(0, &x[1], &x[2])
    }));
    cases
}

fn by_mask() -> Vec<Case> {
    let mut cases = vec![];
    let shapes: [(&[usize], &[usize], &[usize]); 5] = [
        (&[2, 4], &[2, 4], &[2, 4]),
        (&[4], &[2, 1], &[]),
        (&[2, 1], &[4], &[2, 4]),
        (&[], &[], &[]),
        (&[], &[2], &[2]),
    ];
    for (mask, a, b) in shapes {
        cases.push(case("where_", [bools(mask), float(a), float(b)], |x| x[0].where_(&x[1], &x[2])));
    }
    cases.push(case("where_", [bools([4]), int([4], 0, 9), int([], 0, 9)], |x| x[0].where_(&x[1], &x[2])));
    cases.push(case("where_", [bools([4]), bools([4]), bools([1])], |x| x[0].where_(&x[1], &x[2])));
    let shapes: [(&[usize], &[usize]); 4] = [(&[2, 4], &[4]), (&[2, 4], &[2, 1]), (&[], &[]), (&[2], &[])];
    for (x, mask) in shapes {
        cases.push(case("masked_fill", [float(x), bools(mask)], |x| x[0].masked_fill(&x[1], -3.5)));
    }
    cases.push(case("masked_fill", [int([4], 0, 9), bools([4])], |x| x[0].masked_fill(&x[1], -3.0)));
    cases
}

fn subscripts() -> Vec<Case> {
    let every_second = || Span { start: Some(0), end: None, step: 2 };
    let mut cases = vec![];
    cases.push(case("at", [float([3, 4])], |x| x[0].at(&[At(-1)])));
    cases.push(case("at", [float([3, 4])], move |x| x[0].at(&[Rest, New, every_second()])));
    cases.push(case("at", [float([3, 4]), int([2, 2], -3, 2)], |x| x[0].at(&[Chosen(x[1].clone())])));
    // Which elements are chosen, or replaced, has to be known in a trace.
    let mask = |x: &Tensor| tensor(&[1.0, 0.0, 1.0], &[3], DType::Bool, x.device());
    cases.push(case("at", [float([3, 4])], move |x| x[0].at(&[Chosen(mask(&x[0]))])));
    let rows = |x: &Tensor| tensor(&[2.0, 0.0, 2.0], &[3], DType::I64, Device::Cpu).to_device(x.device());
    cases.push(case("with_at", [float([3, 4]), float([3, 4])], move |x| {
        x[0].with_at(&[Chosen(rows(&x[0])?)], &x[1])
    }));
    cases.push(case("at", [bools([3, 4])], |x| x[0].at(&[At(0)])));
    cases.push(case("with_at", [float([3, 4]), float([4])], |x| x[0].with_at(&[At(1)], &x[1])));
    cases.push(case("with_at", [float([3, 4]), float([3, 1])], move |x| {
        x[0].with_at(&[Rest, every_second()], &x[1])
    }));
    cases.push(case("with_at", [float([3, 4]), bools([3, 4]), float([])], |x| {
        x[0].with_at(&[Chosen(x[1].clone())], &x[2])
    }));
    cases.push(case("with_number_at", [float([3, 4])], |x| x[0].with_number_at(&[At(1)], Number::Whole(2))));
    cases
}

fn made() -> Vec<Case> {
    let mut cases = vec![];
    for diagonal in [-2, -1, 0, 1, 9] {
        cases.push(case("tril", [float([2, 3, 4])], move |x| x[0].tril(diagonal)));
        cases.push(case("triu", [float([4, 3])], move |x| x[0].triu(diagonal)));
    }
    cases.push(case("one_hot", [int([5], 0, 4)], |x| x[0].one_hot(4)));
    cases.push(case("one_hot", [int([2, 3], 0, 2)], |x| x[0].one_hot(3)));
    cases.push(case("one_hot", [int([], 1, 2)], |x| x[0].one_hot(3)));
    for dtype in [DType::F32, DType::I32] {
        cases
            .push(case("arange", [float([])], move |x| Tensor::arange(-1.0, 6.0, 2.0, dtype, x[0].device())));
        cases.push(case("eye", [float([])], move |x| Tensor::eye(3, dtype, x[0].device())));
    }
    cases.push(case("arange", [float([])], |x| Tensor::arange(1.0, 0.0, -0.3, DType::F32, x[0].device())));
    cases
}
