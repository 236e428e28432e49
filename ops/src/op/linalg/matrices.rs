//! Functions of single matrices: slices in row-major order in, numbers out. What does not exist is NaN.

use faer::{
    Mat, MatRef, Side,
    linalg::solvers::{DenseSolveCore as _, PartialPivLu, Solve as _},
};

fn matrix(numbers: &[f64], m: usize, n: usize) -> MatRef<'_, f64> {
    MatRef::from_row_major_slice(numbers, m, n)
}

/// The elements of a matrix, row by row.
fn elements(x: MatRef<f64>) -> Vec<f64> {
    (0..x.nrows()).flat_map(|i| (0..x.ncols()).map(move |j| x[(i, j)])).collect()
}

/// Numbers that do not exist.
fn none(n: usize) -> Vec<f64> {
    vec![f64::NAN; n]
}

/// The pivots of `p a = l u`, and whether the rows were exchanged an even number of times.
fn pivots(lu: &PartialPivLu<f64>, n: usize) -> (Vec<f64>, bool) {
    let (order, _) = lu.P().arrays();
    let mut seen = vec![false; n];
    let mut is_even = true;
    for start in 0..n {
        let mut at = start;
        while !seen[at] {
            seen[at] = true;
            at = order[at];
            // A cycle of k rows is k - 1 exchanges.
            is_even ^= at != start;
        }
    }
    (lu.U().diagonal().column_vector().iter().copied().collect(), is_even)
}

/// Whether nothing was divided by 0: after a pivot of 0 all are NaN.
fn is_regular(pivots: &[f64]) -> bool {
    pivots.iter().all(|pivot| *pivot != 0.0 && !pivot.is_nan())
}

pub(super) fn inverse(a: &[f64], n: usize) -> Vec<f64> {
    let lu = matrix(a, n, n).partial_piv_lu();
    if is_regular(&pivots(&lu, n).0) { elements(lu.inverse().as_ref()) } else { none(n * n) }
}

/// `a^-1 b` for b of k columns.
pub(super) fn solve(a: &[f64], b: &[f64], n: usize, k: usize) -> Vec<f64> {
    let lu = matrix(a, n, n).partial_piv_lu();
    if !is_regular(&pivots(&lu, n).0) {
        return none(n * k);
    }
    elements(lu.solve(matrix(b, n, k)).as_ref())
}

/// The sign of the determinant, and the logarithm of its size.
pub(super) fn determinant(a: &[f64], n: usize) -> (f64, f64) {
    if a.iter().any(|x| !x.is_finite()) {
        return (f64::NAN, f64::NAN);
    }
    let (pivots, is_even) = pivots(&matrix(a, n, n).partial_piv_lu(), n);
    if !is_regular(&pivots) {
        return (0.0, f64::NEG_INFINITY);
    }
    let sign = if is_even { 1.0 } else { -1.0 };
    let sign = pivots.iter().fold(sign, |sign, pivot: &f64| sign * pivot.signum());
    (sign, pivots.iter().map(|pivot| pivot.abs().ln()).sum())
}

/// The product of the pivots: the determinant, to the last digits.
pub(super) fn product(a: &[f64], n: usize) -> f64 {
    if a.iter().any(|x| !x.is_finite()) {
        return f64::NAN;
    }
    let (pivots, is_even) = pivots(&matrix(a, n, n).partial_piv_lu(), n);
    let product: f64 = pivots.iter().product();
    if !is_regular(&pivots) {
        0.0
    } else if is_even {
        product
    } else {
        -product
    }
}

/// The slopes of the determinant: `det u det v u (products of all other singular values) v^T`, which exists
/// for singular matrices, too.
pub(super) fn cofactor(a: &[f64], n: usize) -> Vec<f64> {
    let Ok(svd) = matrix(a, n, n).svd() else { return none(n * n) };
    let (u, v, s) = (svd.U(), svd.V(), svd.S().column_vector());
    let others = |k: usize| (0..n).filter(|&j| j != k).map(|j| s[j]).product::<f64>();
    let sign = product(&elements(u), n).signum() * product(&elements(v), n).signum();
    let scaled = Mat::from_fn(n, n, |i, k| u[(i, k)] * others(k) * sign);
    elements((scaled * v.transpose()).as_ref())
}

/// l of `a = l l^T`, from the lower half of a.
pub(super) fn cholesky(a: &[f64], n: usize) -> Vec<f64> {
    match matrix(a, n, n).llt(Side::Lower) {
        Ok(llt) => {
            let l = llt.L();
            (0..n * n).map(|i| if i % n > i / n { 0.0 } else { l[(i / n, i % n)] }).collect()
        }
        Err(_) => none(n * n),
    }
}

/// q `[m, k]`, then r `[k, n]` of `a = q r`, with k the smaller size.
pub(super) fn qr(a: &[f64], m: usize, n: usize) -> Vec<f64> {
    let qr = matrix(a, m, n).qr();
    let (q, r) = (qr.compute_thin_Q(), qr.thin_R());
    let k = m.min(n);
    let upper = (0..k * n).map(|i| if i % n < i / n { 0.0 } else { r[(i / n, i % n)] });
    elements(q.as_ref()).into_iter().chain(upper).collect()
}

/// u `[m, k]`, s `[k]`, v^T `[k, n]` of `a = u s v^T`, the largest s first.
pub(super) fn svd(a: &[f64], m: usize, n: usize) -> Vec<f64> {
    let k = m.min(n);
    let Ok(svd) = matrix(a, m, n).thin_svd() else { return none(m * k + k + k * n) };
    let s = svd.S().column_vector().iter().copied().collect();
    [elements(svd.U()), s, elements(svd.V().transpose())].concat()
}

/// The eigenvalues `[n]` in ascending order, then the eigenvectors `[n, n]` as columns, of a symmetric
/// matrix, from its lower half.
pub(super) fn eigh(a: &[f64], n: usize) -> Vec<f64> {
    let Ok(eigen) = matrix(a, n, n).self_adjoint_eigen(Side::Lower) else { return none(n + n * n) };
    let values = eigen.S().column_vector().iter().copied().collect();
    [values, elements(eigen.U())].concat()
}
