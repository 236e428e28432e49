//! Matrices as products: QR, singular values, eigenvalues.

use super::{computed, matrices, numbers, require_found, sizes, slopes, square};
use crate::{
    Device, Error, Result, Spec, Tensor,
    op::{Op, OpInfo, Operand, Primitive, Saves, Vjp},
    tensor::apply,
};

/// The factors of matrices `[.., M, N]`, one after the other in one row for each matrix.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Factors {
    Qr,
    Svd,
    Eigh,
}

impl Factors {
    /// The shapes of the factors.
    fn shapes(self, [m, n]: [usize; 2]) -> Vec<Vec<usize>> {
        let k = m.min(n);
        match self {
            Self::Qr => vec![vec![m, k], vec![k, n]],
            Self::Svd => vec![vec![m, k], vec![k], vec![k, n]],
            Self::Eigh => vec![vec![n], vec![n, n]],
        }
    }

    /// The factors out of their row, or their gradients.
    fn parts(self, row: &Tensor, sizes: [usize; 2]) -> Result<Vec<Tensor>> {
        let (lead, mut start) = (&row.shape()[..row.rank() - 1], 0);
        let mut part = |shape: Vec<usize>| {
            let n = shape.iter().product();
            let part = row.narrow(-1, start, n)?.reshape(&[lead, &shape].concat());
            start += n;
            part
        };
        self.shapes(sizes).into_iter().map(&mut part).collect()
    }

    fn of(self, x: &Tensor) -> Result<Vec<Tensor>> {
        let op = self.name();
        let row = apply(self, &[x])?;
        let row = require_found(row, &[x], op, "one whose factors do not converge", "another one")?;
        self.parts(&row, sizes(op, x.spec())?).map_err(|e| e.named(op))
    }
}

impl Op for Factors {
    fn info(&self) -> OpInfo {
        let name = match self {
            Self::Qr => "qr",
            Self::Svd => "svd",
            Self::Eigh => "eigh",
        };
        OpInfo::new(name).saving(Saves::OUTPUT)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let found = sizes(self.name(), x[0])?;
        if *self == Self::Eigh {
            square(self.name(), x[0])?;
        }
        let length = self.shapes(found).iter().map(|shape| shape.iter().product::<usize>()).sum();
        let mut shape = x[0].shape[..x[0].rank() - 2].to_vec();
        shape.push(length);
        Ok(x[0].reshaped(shape))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        let (factors, spec) = (*self, x[0].spec);
        let [m, n] = [spec.shape[spec.rank() - 2], spec.shape[spec.rank() - 1]];
        let a = numbers(self.name(), &x[0]);
        // Ten times as many as a product.
        let work = a.len().saturating_mul(10 * m.min(n));
        computed(y, device, work, move || {
            let each = a.chunks_exact(m * n).map(|a| match factors {
                Self::Qr => matrices::qr(a, m, n),
                Self::Svd => matrices::svd(a, m, n),
                Self::Eigh => matrices::eigh(a, n),
            });
            each.flatten().collect()
        })
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let found = sizes(self.name(), at.x[0].spec())?;
        let [y, dy] = [self.parts(at.y, found)?, self.parts(at.dy, found)?];
        let dx = match (y.as_slice(), dy.as_slice()) {
            ([q, r], [dq, dr]) if *self == Self::Qr && found[0] >= found[1] => slopes::qr([q, r], [dq, dr])?,
            ([u, s, vh], [du, ds, dvh]) => slopes::svd([u, s, vh], [du, ds, dvh])?,
            ([e, v], [de, dv]) if *self == Self::Eigh => slopes::eigh([e, v], [de, dv])?,
            // Of fewer rows than columns.
            _ => return Err(Error::NotDifferentiable { op: self.name() }),
        };
        Ok(vec![Some(dx)])
    }
}

impl Tensor {
    /// q `[.., M, K]` with orthogonal columns and an upper triangular r `[.., K, N]` with `q r = x`, of
    /// matrices
    /// `[.., M, N]` with K the smaller size. A gradient exists for M of at least N.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] for less than two dimensions, [`crate::Error::DType`] for anything but floats.
    pub fn qr(&self) -> Result<Vec<Tensor>> {
        Factors::Qr.of(self)
    }

    /// u `[.., M, K]`, s `[.., K]`, the largest first, and v^T `[.., K, N]` with `u s v^T = x`, of matrices
    /// `[.., M, N]` with K the smaller size. Equal singular values have no slopes of their vectors.
    ///
    /// # Errors
    /// As [`Tensor::qr`].
    pub fn svd(&self) -> Result<Vec<Tensor>> {
        Factors::Svd.of(self)
    }

    /// The eigenvalues `[.., N]` of symmetric matrices `[.., N, N]` in ascending order, and their vectors as
    /// columns `[.., N, N]`. Only the lower half is read; the gradient is that by a symmetric matrix.
    ///
    /// # Errors
    /// As [`Tensor::qr`]; [`crate::Error::Shape`] for matrices that are not square.
    pub fn eigh(&self) -> Result<Vec<Tensor>> {
        Factors::Eigh.of(self)
    }
}
