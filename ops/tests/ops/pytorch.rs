//! Functions of tensors against numbers of torch 2.15, by the calls that the comments name.

use crate::support::{cases, *};
use ops::{
    Device, Tensor,
    op::{Between, Window},
};

const NAN: f32 = f32::NAN;
const INF: f32 = f32::INFINITY;

fn row(values: &[f32]) -> Tensor {
    floats(values, &[values.len()])
}

fn counted(n: usize, shape: &[usize]) -> Tensor {
    floats(&(0..n).map(|i| i as f32).collect::<Vec<_>>(), shape)
}

fn whole(values: &[i32], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, Device::Cpu).unwrap()
}

/// The same numbers, up to rounding; what is no number at the same places.
#[track_caller]
fn same(found: ops::Result<Tensor>, expected: &[f64]) {
    let found = found.unwrap().to_f64().unwrap();
    assert_eq!(found.len(), expected.len(), "{found:?}");
    let close =
        |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() < 2e-6 * (1.0 + b.abs());
    assert!(found.iter().zip(expected).all(close), "{found:?}, expected {expected:?}");
}

/// torch.linspace(-1, 2, 4), torch.linspace(3, 10, 5); torch.meshgrid(arange(2), arange(3), indexing)
#[test]
fn grids() {
    let line = |a, b, n| Tensor::linspace(a, b, n, ops::DType::F32, Device::Cpu);
    same(line(-1.0, 2.0, 4), &[-1.0, 0.0, 1.0, 2.0]);
    same(line(3.0, 10.0, 5), &[3.0, 4.75, 6.5, 8.25, 10.0]);
    let (a, b) = (counted(2, &[2]), counted(3, &[3]));
    let grids = |by_columns| Tensor::meshgrid(&[&a, &b], by_columns).unwrap();
    same(Ok(grids(false)[0].clone()), &[0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    same(Ok(grids(true)[1].clone()), &[0.0, 0.0, 1.0, 1.0, 2.0, 2.0]);
    assert_eq!(grids(true)[0].shape(), [3, 2]);
}

/// x.cummax(0), x.cummin(0), x.cumprod(0) with its gradient, x.logcumsumexp(0)
#[test]
fn running() {
    let (values, index) = row(&[1.0, 3.0, 3.0, 2.0, 5.0, NAN, 4.0]).cummax(0).unwrap();
    same(Ok(values), &[1.0, 3.0, 3.0, 3.0, 5.0, f64::NAN, f64::NAN]);
    same(Ok(index), &[0.0, 1.0, 2.0, 2.0, 4.0, 5.0, 5.0]);
    same(Ok(row(&[3.0, 1.0, 1.0, 2.0]).cummin(0).unwrap().1), &[0.0, 1.0, 2.0, 2.0]);
    let x = row(&[2.0, 0.0, 3.0, 0.0]).track().unwrap();
    let y = x.cumprod(0).unwrap().mul(&row(&[1.0, 2.0, 3.0, 4.0])).unwrap().sum().unwrap();
    same(Ok(y.backward().unwrap().of(&x).unwrap().clone()), &[1.0, 22.0, 0.0, 0.0]);
    let low = f64::NEG_INFINITY;
    same(row(&[-INF, -INF, 1.0, 2.0]).logcumsumexp(0), &[low, low, 1.0, 2.313262]);
    // Of whole numbers in i64.
    same(whole(&[1 << 30, 4], &[2]).cumprod(0), &[f64::from(1 << 30), 4.0 * f64::from(1 << 30)]);
}

/// x.quantile(q, interpolation=..), x.median(), x.median(1).values
#[test]
fn quantiles() {
    let x = row(&[3.0, 1.0, 2.0, 10.0, 7.0]);
    let expected: [(Between, [f64; 6]); 5] = [
        (Between::Linear, [1.0, 1.399999976158142, 2.200000047683716, 3.0, 5.0, 10.0]),
        (Between::Lower, [1.0, 1.0, 2.0, 3.0, 3.0, 10.0]),
        (Between::Higher, [1.0, 2.0, 3.0, 3.0, 7.0, 10.0]),
        (Between::Nearest, [1.0, 1.0, 2.0, 3.0, 3.0, 10.0]),
        (Between::Midpoint, [1.0, 1.5, 2.5, 3.0, 5.0, 10.0]),
    ];
    for (between, expected) in expected {
        for (q, expected) in [0.0, 0.1, 0.3, 0.5, 0.625, 1.0].into_iter().zip(expected) {
            same(x.quantile(q, None, false, between), &[expected]);
        }
    }
    same(row(&[1.0, NAN]).quantile(0.5, None, false, Between::Linear), &[f64::NAN]);
    same(row(&[1.0, NAN, 2.0]).median(None, false), &[f64::NAN]);
    same(row(&[4.0, 1.0, 3.0, 2.0]).median(None, false), &[2.0]);
    same(whole(&[4, 1, 3, 2, 5, 5, 1, 0], &[2, 4]).median(Some(1), false), &[2.0, 1.0]);
}

/// torch.einsum, torch.tensordot, torch.cdist(.., p), cosine_similarity, pairwise_distance
#[test]
fn products_and_distances() {
    let x = counted(8, &[2, 2, 2]);
    let y = x.add_scalar(1.0).unwrap();
    same(Tensor::einsum("bij,bjk->ik", &[&x, &y]), &[58.0, 68.0, 90.0, 108.0]);
    same(Tensor::einsum(" b a ", &[&counted(6, &[2, 3])]), &[0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
    same(counted(6, &[1, 2, 3]).tensordot(&counted(6, &[3, 2]), &[2, 1], &[0, 1]), &[50.0]);
    same(counted(4, &[2, 2]).tensordot(&counted(4, &[2, 2]), &[1], &[0]), &[2.0, 3.0, 6.0, 11.0]);
    let (a, b) = (floats(&[0.0, 0.0, 1.0, 2.0], &[2, 2]), floats(&[3.0, 4.0, 1.0, 2.0, 0.0, 1.0], &[3, 2]));
    same(a.cdist(&b, 2.0), &[25f64, 5.0, 1.0, 8.0, 0.0, 2.0].map(f64::sqrt));
    same(a.cdist(&b, 3.0), &[4.497941, 2.080084, 1.0, 2.519842, 0.0, 1.259921]);
    same(a.cdist(&b, 1.0), &[7.0, 3.0, 1.0, 4.0, 0.0, 2.0]);
    let (a, b) = (floats(&[1.0, 2.0], &[1, 2]), floats(&[3.0, 4.0], &[1, 2]));
    same(a.cosine_similarity(&b, 1, 1e-8), &[0.983870]);
    same(a.pairwise_distance(&floats(&[4.0, 6.0], &[1, 2]), 2.0, 1e-6), &[4.999999]);
}

/// x.roll, x.unfold(0, 3, 2), F.unfold(i, (2, 2), padding=1, stride=2), F.fold of it
#[test]
fn shifts_and_patches() {
    let x = counted(6, &[2, 3]);
    same(x.roll(&[1], &[]), &[5.0, 0.0, 1.0, 2.0, 3.0, 4.0]);
    same(x.roll(&[1, -1], &[0, 1]), &[4.0, 5.0, 3.0, 1.0, 2.0, 0.0]);
    same(counted(7, &[7]).unfold(0, 3, 2), &[0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 5.0, 6.0]);
    assert_eq!(counted(12, &[3, 4]).unfold(0, 2, 1).unwrap().shape(), [2, 4, 2]);
    let image = counted(9, &[1, 1, 3, 3]).add_scalar(1.0).unwrap();
    let window = Window { stride: [2; 2], padding: [1; 2], ..Window::default() };
    let columns = image.im2col([2, 2], window).unwrap();
    let expected = [0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 4.0, 6.0, 0.0, 2.0, 0.0, 8.0, 1.0, 3.0, 7.0, 9.0];
    same(Ok(columns.clone()), &expected);
    same(columns.col2im([3, 3], [2, 2], window), &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    let plain = Window::default();
    let columns = image.im2col([2, 2], plain).unwrap();
    same(columns.col2im([3, 3], [2, 2], plain), &[1.0, 4.0, 3.0, 8.0, 20.0, 12.0, 7.0, 16.0, 9.0]);
}

/// torch.bincount, torch.unique(.., return_inverse=True, return_counts=True), torch.searchsorted
#[test]
fn counts() {
    same(whole(&[0, 2, 2, 5], &[4]).bincount(None, 0), &[1.0, 0.0, 2.0, 0.0, 0.0, 1.0]);
    let weights = row(&[0.5, 1.0, 2.0]);
    same(whole(&[0, 2, 2], &[3]).bincount(Some(&weights), 5), &[0.5, 0.0, 3.0, 0.0, 0.0]);
    assert!(whole(&[-1], &[1]).bincount(None, 0).is_err());
    assert!(weights.bincount(None, 0).is_err());
    let unique = row(&[3.0, 1.0, 3.0, NAN, 2.0, NAN]).unique().unwrap();
    same(Ok(unique.values), &[1.0, 2.0, 3.0, f64::NAN, f64::NAN]);
    same(Ok(unique.inverse), &[2.0, 0.0, 2.0, 3.0, 1.0, 4.0]);
    same(Ok(unique.counts), &[1.0, 1.0, 2.0, 1.0, 1.0]);
    let (sorted, values) = (row(&[1.0, 3.0, 5.0, 7.0]), row(&[0.0, 1.0, 4.0, 7.0, 9.0, NAN]));
    same(sorted.searchsorted(&values, false), &[0.0, 0.0, 2.0, 3.0, 4.0, 4.0]);
    same(sorted.searchsorted(&values, true), &[0.0, 1.0, 2.0, 4.0, 4.0, 4.0]);
    let rows = floats(&[1.0, 2.0, 5.0, 6.0], &[2, 2]);
    same(rows.searchsorted(&floats(&[2.0, 2.0], &[2, 1]), false), &[1.0, 0.0]);
    assert!(rows.searchsorted(&values, false).is_err());
    assert!(row(&[1.0]).reshape(&[]).unwrap().searchsorted(&values, false).is_err());
}

/// torch.histogram
#[test]
fn histograms() {
    let found = row(&[1.0, 2.0, 1.0, 4.0, 4.0, 0.0]).histogram(4, None, None, false).unwrap();
    same(Ok(found.counts), &[1.0, 2.0, 1.0, 2.0]);
    same(Ok(found.edges), &[0.0, 1.0, 2.0, 3.0, 4.0]);
    let found = row(&[1.0, 2.0, 1.0, 9.0]).histogram(4, Some([0.0, 3.0]), None, true).unwrap();
    same(Ok(found.counts), &[0.0, 0.888889, 0.444444, 0.0]);
    let found = row(&[2.0, 2.0]).histogram(2, None, None, false).unwrap();
    same(Ok(found.counts), &[0.0, 2.0]);
    same(Ok(found.edges), &[1.5, 2.0, 2.5]);
    let weight = row(&[1.0, 2.0, 4.0]);
    let found = row(&[1.0, 2.0, 1.0]).histogram(2, Some([0.0, 4.0]), Some(&weight), false).unwrap();
    same(Ok(found.counts), &[5.0, 2.0]);
    let x = row(&[1.0, NAN]);
    assert!(x.histogram(2, None, None, false).is_err());
    assert!(x.histogram(0, Some([0.0, 1.0]), None, false).is_err());
    assert!(x.histogram(2, Some([1.0, 0.0]), None, false).is_err());
    same(x.histogram(2, Some([0.0, 1.0]), None, false).map(|h| h.counts), &[0.0, 1.0]);
}

/// torch.lerp, x.nan_to_num, x.isnan(), .., torch.zeros(3, 4).scatter(1, index, source)
#[test]
fn elements() {
    let (a, b) = (row(&[1.0, 2.0]), row(&[3.0, -2.0]));
    same(a.lerp(&b, 0.25), &[1.5, 1.0]);
    same(a.lerp_by(&b, &row(&[0.75, 0.5])), &[2.5, 0.0]);
    for device in cases::devices() {
        let odd = row(&[NAN, INF, -INF, 1.0]).to_device(device).unwrap();
        let (low, high) = (f64::from(f32::MIN), f64::from(f32::MAX));
        same(odd.nan_to_num(0.0, None, None), &[0.0, high, low, 1.0]);
        same(odd.nan_to_num(1.0, Some(2.0), Some(3.0)), &[1.0, 2.0, 3.0, 1.0]);
        same(odd.isnan(), &[1.0, 0.0, 0.0, 0.0]);
        same(odd.isinf(), &[0.0, 1.0, 1.0, 0.0]);
        same(odd.isfinite(), &[0.0, 0.0, 0.0, 1.0]);
    }
    let (index, source) = (whole(&[0, 1, 2, 3, 3, 0], &[3, 2]), counted(6, &[3, 2]).add_scalar(1.0).unwrap());
    let zeros = floats(&[0.0; 12], &[3, 4]);
    let expected = [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 3.0, 4.0, 6.0, 0.0, 0.0, 5.0];
    same(zeros.scatter(1, &index, &source), &expected);
    // Of two for one element the last counts.
    same(row(&[0.0, 9.0]).scatter(0, &whole(&[0, 0], &[2]), &row(&[1.0, 2.0])), &[2.0, 9.0]);
    same(Ok(row(&[3.0, 1.0, 2.0, 1.0]).top_k(2, 0, false).unwrap().1), &[1.0, 3.0]);
}
