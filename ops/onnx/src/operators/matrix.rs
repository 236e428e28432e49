//! Matrix products.

use ops::{DType, Result, Tensor};

use super::{Operator, ResolvedNode, gives, op};
use crate::{call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] =
    &[op("MatMul", 1, |_| gives(product)).weights(&[0, 1]), op("Gemm", 6, gemm).weights(&[0, 1, 2])];

/// NumPy's `matmul`: a vector is a row on the left, a column on the right.
fn product(call: &NodeCall) -> Result<Tensor> {
    let [a, b] = call.pair()?;
    product_of(a, b)
}

pub(super) fn product_of(a: Tensor, b: Tensor) -> Result<Tensor> {
    let (row, column) = (a.rank() == 1, b.rank() == 1);
    let a = if row { a.unsqueeze(0)? } else { a };
    let b = if column { b.unsqueeze(1)? } else { b };
    let y = if a.dtype().is_float() { a.matmul(&b)? } else { whole(&a, &b)? };
    let y = if column { y.squeeze(-1)? } else { y };
    if row { y.squeeze(if column { -1 } else { -2 }) } else { Ok(y) }
}

/// Whole numbers by way of floats that hold them: exact below 2^53 on the processor.
fn whole(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let wide = if a.device() == ops::Device::Cpu { DType::F64 } else { DType::F32 };
    a.cast(wide)?.matmul(&b.cast(wide)?)?.cast(a.dtype())
}

fn gemm(node: &NodeReader) -> ResolvedNode {
    let gemm = Gemm::of(node)?;
    gives(move |call| gemm.run(call))
}

/// `alpha A' B' + beta C` of matrices, A' and B' transposed where wanted.
pub(super) struct Gemm {
    alpha: f64,
    beta: f64,
    transposed: [bool; 2],
}

impl Gemm {
    pub fn of(node: &NodeReader) -> Result<Self> {
        let (alpha, beta) = (node.float("alpha", 1.0)?, node.float("beta", 1.0)?);
        Ok(Self { alpha, beta, transposed: [node.flag("transA", false)?, node.flag("transB", false)?] })
    }

    pub fn run(&self, call: &NodeCall) -> Result<Tensor> {
        let [a, b] = call.pair()?;
        let transposed = |x: Tensor, transpose: bool| if transpose { x.transpose(0, 1) } else { Ok(x) };
        let scaled = |x: Tensor, by: f64| if by == 1.0 { Ok(x) } else { x.mul_scalar(by) };
        let (a, b) = (transposed(a, self.transposed[0])?, transposed(b, self.transposed[1])?);
        let y = if a.dtype().is_float() { a.matmul(&b)? } else { whole(&a, &b)? };
        let y = scaled(y, self.alpha)?;
        match call.maybe_on_device_of(2, &y)? {
            Some(c) => y.add(&scaled(c, self.beta)?),
            None => Ok(y),
        }
    }
}
