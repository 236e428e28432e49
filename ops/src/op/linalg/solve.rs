//! Determinants, inverses, systems of equations, and Cholesky's factor, with their gradients.

use super::{computed, matrices, numbers, require_found, sizes, square};
use crate::{
    Device, Error, Result, Spec, Tensor, ensure,
    op::{Op, OpInfo, Operand, Primitive, Saves, Vjp},
    tensor::{apply, broadcast, show},
};

/// A function of square matrices.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Function {
    Inverse,
    /// Inputs: the matrices, and what their product with the result is.
    Solve,
    Det,
    LogAbsDet,
    Sign,
    Cofactor,
    Cholesky,
}

use Function::{Cholesky, Cofactor, Det, Inverse, LogAbsDet, Sign, Solve};

impl Op for Function {
    fn info(&self) -> OpInfo {
        match self {
            Inverse => OpInfo::new("inverse").saving(Saves::OUTPUT),
            Solve => OpInfo::new("solve").saving(Saves::only(&[0]).and_output()),
            Det => OpInfo::new("det"),
            LogAbsDet => OpInfo::new("slogdet"),
            Sign => OpInfo::new("slogdet").constant(),
            Cofactor => OpInfo::new("det"),
            Cholesky => OpInfo::new("cholesky").saving(Saves::OUTPUT),
        }
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        square(self.name(), x[0])?;
        let lead = x[0].rank() - 2;
        Ok(match self {
            Inverse | Cofactor | Cholesky => x[0].clone(),
            Solve => x[1].clone(),
            Det | LogAbsDet | Sign => x[0].reshaped(&x[0].shape[..lead]),
        })
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        let (function, n) = (*self, x[0].spec.shape[x[0].spec.rank() - 1]);
        let a = numbers(self.name(), &x[0]);
        let b = x.get(1).map_or_else(Vec::new, |b| numbers(self.name(), b));
        let work = a.len().max(b.len()).saturating_mul(n);
        computed(y, device, work, move || {
            // Of the right side of one matrix.
            let length = b.len() * n * n / a.len();
            let each = a.chunks_exact(n * n).enumerate().map(|(i, a)| match function {
                Inverse => matrices::inverse(a, n),
                Solve => matrices::solve(a, &b[i * length..][..length], n, length / n),
                Det => vec![matrices::product(a, n)],
                LogAbsDet => vec![matrices::determinant(a, n).1],
                Sign => vec![matrices::determinant(a, n).0],
                Cofactor => matrices::cofactor(a, n),
                Cholesky => matrices::cholesky(a, n),
            });
            each.flatten().collect()
        })
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (x, y, dy) = (&at.x[0], at.y, at.dy);
        let spread = |numbers: &Tensor| numbers.unsqueeze(-1)?.unsqueeze(-1);
        Ok(match self {
            // -y^T dy y^T
            Inverse => {
                let turned = y.transpose(-2, -1)?;
                vec![Some(turned.matmul(dy)?.matmul(&turned)?.neg()?)]
            }
            Solve => {
                let db = x.transpose(-2, -1)?.solve(dy)?;
                let dx = at.want(0, || db.matmul(&y.transpose(-2, -1)?)?.neg())?;
                vec![dx, at.want(1, || Ok(db.clone()))?]
            }
            Det => vec![Some(apply(Cofactor, &[x])?.mul(&spread(dy)?)?)],
            LogAbsDet => vec![Some(x.inverse()?.transpose(-2, -1)?.mul(&spread(dy)?)?)],
            // Of det x x^-T.
            Cofactor => {
                let turned = x.inverse()?.transpose(-2, -1)?;
                let along = dy.mul(&turned)?.sum_dims(&[-2, -1], true)?.mul(&turned)?;
                let across = turned.matmul(&dy.transpose(-2, -1)?)?.matmul(&turned)?;
                vec![Some(along.sub(&across)?.mul(&spread(&x.det()?)?)?)]
            }
            Cholesky => vec![Some(cholesky_slope(y, dy)?)],
            Sign => vec![None],
        })
    }
}

/// The symmetric part of `l^-T phi(l^T dl) l^-1`, where phi takes the lower half and half of the diagonal
/// (Murray, 2016, Differentiation of the Cholesky Decomposition).
fn cholesky_slope(l: &Tensor, dl: &Tensor) -> Result<Tensor> {
    let product = l.transpose(-2, -1)?.matmul(&dl.tril(0)?)?;
    let half = product.tril(0)?.add(&product.tril(-1)?)?.mul_scalar(0.5)?;
    let inverse = l.inverse()?;
    let slope = inverse.transpose(-2, -1)?.matmul(&half)?.matmul(&inverse)?;
    slope.add(&slope.transpose(-2, -1)?)?.mul_scalar(0.5)
}

impl Tensor {
    /// The determinants of matrices `[.., N, N]`, `[..]`.
    ///
    /// # Errors
    /// [`Error::Shape`] for anything but square matrices, [`Error::DType`] for anything but floats.
    pub fn det(&self) -> Result<Tensor> {
        apply(Det, &[self])
    }

    /// The sign of the determinants of matrices `[.., N, N]`, and the logarithm of their size, `[..]` each.
    ///
    /// # Errors
    /// As [`Tensor::det`].
    pub fn slogdet(&self) -> Result<(Tensor, Tensor)> {
        Ok((apply(Sign, &[self])?, apply(LogAbsDet, &[self])?))
    }

    /// The inverses of matrices `[.., N, N]`.
    ///
    /// # Errors
    /// As [`Tensor::det`]; [`Error::Argument`] for a singular matrix.
    pub fn inverse(&self) -> Result<Tensor> {
        let y = apply(Inverse, &[self])?;
        require_found(y, &[self], "inverse", "singular", "one that has an inverse")
    }

    /// x of `a x = b` for matrices `[.., N, N]` and right sides `[.., N, K]`, or one vector `[N]`, or a
    /// vector
    /// `[.., N]` for each matrix.
    ///
    /// # Errors
    /// As [`Tensor::inverse`]; [`Error::Shape`] for other right sides.
    pub fn solve(&self, right: &Tensor) -> Result<Tensor> {
        const OP: &str = "solve";
        let n = square(OP, self.spec())?;
        let lead = &self.shape()[..self.rank() - 2];
        let wrong = || {
            let found = format!("{:?} for matrices {:?}", right.shape(), self.shape());
            Error::shape(OP, found, format!("right sides [.., {n}, K] or [.., {n}]"))
        };
        // As PyTorch decides.
        let is_vector =
            right.rank() == 1 || (self.rank() - 1 == right.rank() && right.shape() == [lead, &[n]].concat());
        if is_vector {
            ensure(right.shape().last() == Some(&n), wrong)?;
            return self.solve_columns(&right.unsqueeze(-1)?)?.squeeze(-1).map_err(|e| e.named(OP));
        }
        ensure(right.rank() >= 2 && sizes(OP, right.spec())?[0] == n, wrong)?;
        self.solve_columns(right)
    }

    fn solve_columns(&self, right: &Tensor) -> Result<Tensor> {
        const OP: &str = "solve";
        crate::op::require_same(OP, self.spec(), right.spec())?;
        let solved = || {
            let shape =
                |x: &Tensor| x.shape().split_last_chunk::<2>().map(|(lead, size)| (lead.to_vec(), *size));
            let (Some((a, sizes)), Some((b, columns))) = (shape(self), shape(right)) else {
                return Err(Error::shape(OP, show(right.shape()), "[.., N, K]"));
            };
            let lead = broadcast(OP, &a, &b)?;
            let (a, b) =
                (self.expand(&[&lead[..], &sizes].concat())?, right.expand(&[&lead[..], &columns].concat())?);
            apply(Solve, &[&a, &b])
        };
        let y = solved().map_err(|e: Error| e.named(OP))?;
        require_found(y, &[self, right], OP, "singular", "one that has an inverse")
    }

    /// Cholesky's factor of positive definite matrices `[.., N, N]`: lower triangular l with `l l^T = x`.
    /// Only the lower half is read; the gradient is that by a symmetric matrix.
    ///
    /// # Errors
    /// As [`Tensor::det`]; [`Error::Argument`] for a matrix that is not positive definite.
    pub fn cholesky(&self) -> Result<Tensor> {
        let y = apply(Cholesky, &[self])?;
        require_found(y, &[self], "cholesky", "not positive definite", "a symmetric one that is")
    }
}
