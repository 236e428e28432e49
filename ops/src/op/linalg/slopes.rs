//! The gradients of factors of matrices, given those of the factors.

use crate::{Result, Tensor};

fn turned(x: &Tensor) -> Result<Tensor> {
    x.transpose(-2, -1)
}

/// The unit matrix of the size and type of square matrices.
fn unit(x: &Tensor) -> Result<Tensor> {
    Tensor::eye(x.shape()[x.rank() - 1], x.dtype(), x.device())
}

/// `x_ij / (s_j - s_i)`, and 0 on the diagonal: how much vector i turns into vector j.
fn over_gaps(x: &Tensor, s: &Tensor) -> Result<Tensor> {
    let is_same = unit(x)?.gt_scalar(0.0)?;
    let gaps = s.unsqueeze(-2)?.sub(&s.unsqueeze(-1)?)?;
    x.div(&gaps.masked_fill(&is_same, 1.0)?)?.masked_fill(&is_same, 0.0)
}

/// The rows of matrices times numbers.
fn scaled(s: &Tensor, x: &Tensor) -> Result<Tensor> {
    s.unsqueeze(-1)?.mul(x)
}

/// Of eigenvalues e and vectors v: `v (de + v^T dv / (e_j - e_i)) v^T`, symmetric. Equal eigenvalues have no
/// slopes of their vectors.
pub(super) fn eigh([e, v]: [&Tensor; 2], [de, dv]: [&Tensor; 2]) -> Result<Tensor> {
    let inner = over_gaps(&turned(v)?.matmul(dv)?, e)?.add(&scaled(de, &unit(v)?)?)?;
    let slope = v.matmul(&inner)?.matmul(&turned(v)?)?;
    slope.add(&turned(&slope)?)?.mul_scalar(0.5)
}

/// `(dq + q m) r^-T`, where m is the lower half of `r dr^T - dq^T q`, mirrored.
pub(super) fn qr([q, r]: [&Tensor; 2], [dq, dr]: [&Tensor; 2]) -> Result<Tensor> {
    let product = r.matmul(&turned(&dr.triu(0)?)?)?.sub(&turned(dq)?.matmul(q)?)?;
    let mirrored = product.tril(0)?.add(&turned(&product.tril(-1)?)?)?;
    turned(&r.solve(&turned(&dq.add(&q.matmul(&mirrored)?)?)?)?)
}

/// Townsend (2016), Differentiating the Singular Value Decomposition. Equal singular values have no slopes of
/// their vectors, and those that are 0 none of what vectors do outside of the others' reach.
pub(super) fn svd([u, s, vh]: [&Tensor; 3], [du, ds, dvh]: [&Tensor; 3]) -> Result<Tensor> {
    let (v, dv, squares) = (turned(vh)?, turned(dvh)?, s.square()?);
    let turn = |x: &Tensor, dx: &Tensor| {
        let product = turned(x)?.matmul(dx)?;
        over_gaps(&product.sub(&turned(&product)?)?, &squares)
    };
    let inner = turn(u, du)?.mul(&s.unsqueeze(-2)?)?;
    let inner = inner.add(&scaled(s, &turn(&v, &dv)?)?)?.add(&scaled(ds, &unit(&inner)?)?)?;
    let mut slope = u.matmul(&inner)?.matmul(vh)?;
    // What leaves the space that the vectors span.
    let outside = |x: &Tensor, dx: &Tensor| dx.sub(&x.matmul(&turned(x)?.matmul(dx)?)?);
    let is_tall = |x: &Tensor| x.shape()[x.rank() - 2] > x.shape()[x.rank() - 1];
    if is_tall(u) {
        slope = slope.add(&outside(u, du)?.matmul(&scaled(&s.recip()?, vh)?)?)?;
    }
    if is_tall(&v) {
        let across = turned(&outside(&v, &dv)?)?;
        slope = slope.add(&u.matmul(&scaled(&s.recip()?, &across)?)?)?;
    }
    Ok(slope)
}
