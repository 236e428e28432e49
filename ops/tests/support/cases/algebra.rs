//! Sums of products, distances, grids, patches.

use ops::{DType, Tensor, op::Window};

use super::{Case, case, exactly, float, int};

pub fn cases() -> Vec<Case> {
    [products(), distances(), grids(), patches()].into_iter().flatten().collect()
}

fn products() -> Vec<Case> {
    let mut cases = vec![
        case("outer", [float([3]), float([4])], |x| x[0].outer(&x[1])),
        case("outer", [int([3], -4, 5), int([2], -4, 5)], |x| x[0].outer(&x[1])),
        case("tensordot", [float([2, 3, 4]), float([4, 3, 5])], |x| x[0].tensordot(&x[1], &[1, 2], &[1, 0])),
        case("tensordot", [float([2, 3]), float([3])], |x| x[0].tensordot(&x[1], &[-1], &[0])),
        case("tensordot", [float([2]), float([3, 2])], |x| x[0].tensordot(&x[1], &[], &[])),
        case("tensordot", [int([2, 3], -3, 4), int([3, 2], -3, 4)], |x| x[0].tensordot(&x[1], &[1], &[0])),
    ];
    let pairs: [(&str, &[usize], &[usize]); 11] = [
        ("ij,jk->ik", &[2, 3], &[3, 4]),
        ("ij,jk", &[2, 3], &[3, 4]),
        ("bij,bjk->bik", &[2, 3, 4], &[2, 4, 2]),
        ("bhid,bhjd->bhij", &[2, 2, 3, 4], &[2, 2, 5, 4]),
        ("i,i->", &[4], &[4]),
        ("i,j->ji", &[3], &[2]),
        ("ij,ij->ij", &[2, 3], &[2, 3]),
        ("...ij,...jk->...ik", &[2, 3, 4], &[4, 2]),
        ("...i,...i", &[3, 2, 4], &[2, 4]),
        ("aij,kj->ik", &[2, 3, 4], &[5, 4]),
        ("ij,jk->ik", &[2, 1], &[3, 4]),
    ];
    for (equation, a, b) in pairs {
        cases.push(case("einsum", [float(a), float(b)], move |x| Tensor::einsum(equation, &[&x[0], &x[1]])));
    }
    let one: [(&str, &[usize]); 7] = [
        ("ii->i", &[3, 3]),
        ("ii", &[3, 3]),
        ("bii->b", &[2, 3, 3]),
        ("ba", &[2, 3]),
        ("ij->", &[2, 3]),
        ("...ij->...ji", &[2, 3, 4]),
        ("iij->ji", &[2, 2, 3]),
    ];
    for (equation, shape) in one {
        cases.push(case("einsum", [float(shape)], move |x| Tensor::einsum(equation, &[&x[0]])));
    }
    cases.push(case("einsum", [float([2, 3]), float([3, 4]), float([4, 2])], |x| {
        Tensor::einsum("ij,jk,kl->il", &[&x[0], &x[1], &x[2]])
    }));
    cases.push(case("einsum", [int([2, 3], -3, 4), int([3, 2], -3, 4)], |x| {
        Tensor::einsum("ij,jk->ik", &[&x[0], &x[1]])
    }));
    cases
}

fn distances() -> Vec<Case> {
    let mut cases = vec![];
    for p in [1.0, 2.0, 3.0, f64::INFINITY] {
        // No two of whose differences are equal in size, or 0.
        let points =
            || [exactly([2, 2], &[0.3, -1.1, 1.7, 0.45]), exactly([3, 2], &[2.1, 0.8, -0.7, 1.95, 0.1, 0.9])];
        cases.push(case("cdist", points(), move |x| x[0].cdist(&x[1], p)));
        let points = || [exactly([2, 2], &[0.3, -1.1, 1.7, 0.45]), exactly([2], &[-0.8, 2.3])];
        cases.push(case("pairwise_distance", points(), move |x| x[0].pairwise_distance(&x[1], p, 1e-6)));
    }
    cases.push(case("cdist", [float([2, 3, 4]), float([5, 4])], |x| x[0].cdist(&x[1], 2.0)));
    cases.push(case("cdist", [float([26, 2]), float([2, 2])], |x| x[0].cdist(&x[1], 2.0)));
    for dim in [0, 1, -1] {
        cases.push(case("cosine_similarity", [float([2, 3]), float([2, 3])], move |x| {
            x[0].cosine_similarity(&x[1], dim, 1e-8)
        }));
    }
    cases
}

fn grids() -> Vec<Case> {
    let mut cases = vec![];
    for by_columns in [false, true] {
        cases.push(case("meshgrid", [float([2]), float([3]), float([4])], move |x| {
            let grids = Tensor::meshgrid(&[&x[0], &x[1], &x[2]], by_columns)?;
            Tensor::stack(&grids.iter().collect::<Vec<_>>(), 0)
        }));
        cases.push(case("meshgrid", [int([2], 0, 9), int([], 0, 9)], move |x| {
            let grids = Tensor::meshgrid(&[&x[0], &x[1]], by_columns)?;
            Tensor::stack(&grids.iter().collect::<Vec<_>>(), 0)
        }));
    }
    for (start, end, steps) in [(-1.0, 3.0, 5), (2.0, -1.0, 4), (7.0, 9.0, 1)] {
        cases.push(case("linspace", [float([])], move |x| {
            Tensor::linspace(start, end, steps, DType::F32, x[0].device())
        }));
    }
    cases
}

fn patches() -> Vec<Case> {
    let mut cases = vec![];
    let window = |stride, padding, dilation| Window { stride, padding, dilation, ..Window::default() };
    let windows = [window([1; 2], [0; 2], [1; 2]), window([2, 1], [1, 0], [1, 2])];
    for window in windows {
        cases.push(case("im2col", [float([2, 2, 5, 4])], move |x| x[0].im2col([3, 2], window)));
    }
    cases.push(case("col2im", [float([2, 4, 6])], move |x| x[0].col2im([3, 4], [2, 2], windows[0])));
    cases.push(case("col2im", [float([1, 6, 6])], move |x| x[0].col2im([5, 4], [3, 2], windows[1])));
    for (dim, size, step) in [(0, 2, 1), (1, 2, 3), (-1, 3, 2)] {
        cases.push(case("unfold", [float([2, 5, 4])], move |x| x[0].unfold(dim, size, step)));
    }
    cases
}
