//! The Fréchet distance of two sets of features (Heusel et al., 2017).

use std::sync::Arc;

use faer::{
    Accum, Mat, MatRef, Side, get_global_parallelism,
    linalg::matmul::triangular::{self, BlockStructure},
};
use rayon::prelude::*;

use crate::{
    DType, Device, Error, Result, Spec, Tensor, ensure, interrupt, op,
    tensor::{Charge, guarded},
};

const OP: &str = "fid";

/// Rows that are taken in at once: enough for a fast product, few enough to need little memory.
const ROWS: usize = 1024;

/// By how much of its largest entry a covariance may be off being symmetric.
const SYMMETRY: f64 = 1e-6;

/// Number, mean and scatter of features that come in parts, in memory that does not grow with their
/// number.
pub struct Moments {
    count: usize,
    mean: Vec<f64>,
    /// `sum (x - mean) (x - mean)^T`; only the lower half is kept up.
    scatter: Mat<f64>,
    _charge: Arc<Charge>,
}

impl Moments {
    /// Those of no features yet, of that many numbers each.
    ///
    /// # Errors
    /// [`Error::Memory`] when the budget does not allow a square matrix of that size.
    pub fn new(features: usize) -> Result<Self> {
        let charge = Charge::new(OP, &Spec::new([features, features], DType::F64), Device::Cpu)?;
        let scatter = Mat::zeros(features, features);
        Ok(Self { count: 0, mean: vec![0.0; features], scatter, _charge: charge })
    }

    /// Those of the features `[N, D]`.
    ///
    /// # Errors
    /// As [`Moments::new`] and [`Moments::add`].
    pub fn of(features: &Tensor) -> Result<Self> {
        op::require_rank(OP, features.spec(), 2, "features [N, D]")?;
        let mut moments = Self::new(features.shape()[1])?;
        moments.add(features)?;
        Ok(moments)
    }

    /// Those that [`Moments::count`] and [`Moments::to_tensors`] gave.
    ///
    /// # Errors
    /// [`Error::Shape`] unless the mean is `[D]` and the covariance `[D, D]`, [`Error::Argument`] for a
    /// covariance that is not symmetric or numbers that are not finite, and as [`Moments::new`].
    pub fn from_tensors(count: usize, mean: &Tensor, covariance: &Tensor) -> Result<Self> {
        let d = mean.len();
        ensure(mean.rank() == 1 && covariance.shape() == [d, d], || {
            let found = format!("{:?} and {:?}", mean.shape(), covariance.shape());
            Error::shape(OP, found, "a mean [D] and a covariance [D, D]")
        })?;
        let (entries, n) = (covariance.to_f64()?, count.saturating_sub(1) as f64);
        require_symmetric(&entries, d)?;
        let mut moments = Self::new(d)?;
        (moments.count, moments.mean) = (count, mean.to_f64()?);
        moments.scatter = Mat::from_fn(d, d, |i, j| entries[i * d + j] * n);
        Ok(moments)
    }

    /// The mean `[D]` and the covariance `[D, D]`, f64 on the CPU.
    ///
    /// # Errors
    /// As [`Moments::covariance`].
    pub fn to_tensors(&self) -> Result<[Tensor; 2]> {
        let (d, covariance) = (self.mean.len(), self.covariance()?);
        let entries: Vec<f64> = covariance.col_iter().flat_map(|column| column.iter().copied()).collect();
        let mean = Tensor::from_data(self.mean.clone(), [d], Device::Cpu)?;
        Ok([mean, Tensor::from_data(entries, [d, d], Device::Cpu)?])
    }

    /// The number of samples.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Takes in more features, `[N, D]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for another shape, [`Error::Argument`] for numbers that are not finite.
    pub fn add(&mut self, features: &Tensor) -> Result<()> {
        let d = self.mean.len();
        ensure(features.rank() == 2 && features.shape()[1] == d, || {
            Error::shape(OP, format!("{:?}", features.shape()), format!("features [N, {d}]"))
        })?;
        for part in features.detach().split(ROWS, 0)? {
            interrupt::check()?;
            self.take(part.to_f64()?)?;
        }
        Ok(())
    }

    /// The mean and the scatter of both, from those of each (Chan, Golub, LeVeque, 1983): the shift of
    /// the means is one more row of the product.
    fn take(&mut self, mut rows: Vec<f64>) -> Result<()> {
        let d = self.mean.len();
        let (old, new) = (self.count as f64, (rows.len() / d) as f64);
        let mut mean = vec![0.0; d];
        rows.chunks_exact(d).for_each(|row| mean.iter_mut().zip(row).for_each(|(mean, x)| *mean += x));
        mean.iter_mut().for_each(|mean| *mean /= new);
        ensure(mean.iter().all(|mean| mean.is_finite()), || {
            Error::argument(OP, "a feature", "a number that is not finite", "finite numbers")
        })?;
        let subtract = |row: &mut [f64]| row.iter_mut().zip(&mean).for_each(|(x, mean)| *x -= mean);
        rows.par_chunks_exact_mut(d).for_each(subtract);
        let weight = (old * new / (old + new)).sqrt();
        for (mean, newest) in self.mean.iter_mut().zip(&mean) {
            let shift = newest - *mean;
            rows.push(weight * shift);
            *mean += shift * new / (old + new);
        }
        self.count += new as usize;
        let rows = MatRef::from_row_major_slice(&rows, rows.len() / d, d);
        guarded(OP, || product_below(&mut self.scatter, rows.transpose(), rows))
    }

    /// The mean, `[D]`.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// The covariance, `[D, D]`, with divisor n - 1.
    ///
    /// # Errors
    /// [`Error::Argument`] for fewer than two samples.
    pub fn covariance(&self) -> Result<Mat<f64>> {
        ensure(self.count >= 2, || Error::argument(OP, "the number of samples", self.count, "at least 2"))?;
        let (s, n) = (&self.scatter, (self.count - 1) as f64);
        Ok(Mat::from_fn(s.nrows(), s.ncols(), |i, j| s[(i.max(j), i.min(j))] / n))
    }
}

/// Refuses a matrix `[d, d]` that is no covariance: only its lower half is used.
fn require_symmetric(entries: &[f64], d: usize) -> Result<()> {
    let refused =
        |found: String| Err(Error::argument(OP, "the covariance", found, "a symmetric, finite matrix"));
    let largest = entries.iter().fold(0.0f64, |largest, x| largest.max(x.abs()));
    if !entries.iter().all(|x| x.is_finite()) {
        return refused("a number that is not finite".into());
    }
    let pairs = (0..d).flat_map(|i| (0..i).map(move |j| (i, j)));
    let differ =
        |(i, j): &(usize, usize)| (entries[i * d + j] - entries[j * d + i]).abs() > SYMMETRY * largest;
    match pairs.into_iter().find(differ) {
        Some((i, j)) => {
            refused(format!("{} at [{i}, {j}] and {} at [{j}, {i}]", entries[i * d + j], entries[j * d + i]))
        }
        None => Ok(()),
    }
}

/// The lower half of `c += a b`.
fn product_below(c: &mut Mat<f64>, a: MatRef<f64>, b: MatRef<f64>) {
    let (below, full) = (BlockStructure::TriangularLower, BlockStructure::Rectangular);
    triangular::matmul(c, below, Accum::Add, a, full, b, full, 1.0, get_global_parallelism());
}

/// The Fréchet distance of features `[N, D]` and `[M, D]`: see [`frechet_distance`].
///
/// # Errors
/// [`Error::Shape`] for other shapes, [`Error::Argument`] for fewer than two samples or numbers that are
/// not finite, [`Error::Memory`].
pub fn fid(real: &Tensor, fake: &Tensor) -> Result<f64> {
    frechet_distance(&Moments::of(real)?, &Moments::of(fake)?)
}

/// `|m_1 - m_2|^2 + tr C_1 + tr C_2 - 2 tr (C_1^1/2 C_2 C_1^1/2)^1/2` of means and covariances: the
/// squared Wasserstein distance of two normal laws (Heusel et al., 2017). Singular covariances are no
/// trouble.
///
/// # Errors
/// [`Error::Shape`] for features of different sizes, [`Error::Argument`] for fewer than two samples,
/// [`Error::Memory`].
pub fn frechet_distance(a: &Moments, b: &Moments) -> Result<f64> {
    ensure(a.mean.len() == b.mean.len(), || {
        let found = format!("features of {} and {} numbers", a.mean.len(), b.mean.len());
        Error::shape(OP, found, "the same features of both")
    })?;
    // Two covariances, a factor of one, and what becomes of both in the product and its eigenvalues.
    let _charge = Charge::new(OP, &Spec::new([6, a.mean.len(), a.mean.len()], DType::F64), Device::Cpu)?;
    let (ca, cb) = (a.covariance()?, b.covariance()?);
    let trace = |c: &Mat<f64>| (0..c.nrows()).map(|i| c[(i, i)]).sum::<f64>();
    let shift: f64 = a.mean.iter().zip(&b.mean).map(|(a, b)| (a - b).powi(2)).sum();
    let distance = shift + trace(&ca) + trace(&cb) - 2.0 * trace_of_root(ca, cb)?;
    ensure(distance.is_finite(), || {
        Error::argument(OP, "the distance", distance, "finite numbers, and no larger than 1e150")
    })?;
    // Rounding can leave a little less than nothing of equal laws.
    Ok(distance.max(0.0))
}

/// `tr (a^1/2 b a^1/2)^1/2`: with any factor `a = l l^T`, the matrix `l^T b l` has the same eigenvalues.
fn trace_of_root(a: Mat<f64>, b: Mat<f64>) -> Result<f64> {
    let failed = |_| Error::Backend { op: OP, reason: "the eigenvalues do not converge".into() };
    let eigenvalues = guarded(OP, || {
        interrupt::abandonable(move || {
            let factor = factor(&a)?;
            let mut inner = Mat::zeros(factor.ncols(), factor.ncols());
            product_below(&mut inner, factor.transpose(), (b * &factor).as_ref());
            inner.self_adjoint_eigenvalues(Side::Lower)
        })
    })??;
    // Those of a product of covariances are not negative, but for rounding.
    Ok(eigenvalues.map_err(failed)?.iter().map(|&e| if e < 0.0 { 0.0 } else { e.sqrt() }).sum())
}

/// A factor `l` of a covariance: Cholesky's where it has full rank, otherwise the eigenvectors times the
/// roots of the eigenvalues.
fn factor(a: &Mat<f64>) -> Result<Mat<f64>, faer::linalg::evd::EvdError> {
    if let Ok(llt) = a.llt(Side::Lower) {
        return Ok(llt.L().to_owned());
    }
    let eigen = a.self_adjoint_eigen(Side::Lower)?;
    let roots = eigen.S().column_vector();
    let vectors = eigen.U();
    Ok(Mat::from_fn(a.nrows(), a.ncols(), |i, j| vectors[(i, j)] * roots[j].max(0.0).sqrt()))
}
