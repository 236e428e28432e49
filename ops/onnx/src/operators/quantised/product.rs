//! Products of quantised matrices.

use ops::{DType, Result, Tensor};

use super::{OutputGrid, Steps, along, constant, exact, floats, linear::quantised_by_range, scale, widest};
use crate::{
    call::NodeCall,
    node::NodeReader,
    operators::{Operator, ResolvedNode, gives, matrix::product_of, op},
};

pub(super) const OPERATORS: &[Operator] = &[
    op("MatMulInteger", 10, |_| gives(matmul_integer)).settings(&[2, 3]),
    op("QLinearMatMul", 10, qlinear_matmul).settings(&[1, 2, 4, 5, 6, 7]),
];

pub(super) const MICROSOFT: &[Operator] = &[
    op("QGemm", 1, qgemm).settings(&[1, 2, 4, 5, 7, 8]),
    op("MatMulIntegerToFloat", 1, |_| gives(matmul_integer_to_float)).settings(&[2, 3, 4, 5]),
    op("DynamicQuantizeMatMul", 1, |_| gives(dynamic_quantize_matmul)).settings(&[2, 3]),
];

/// `q - zero_point` of the factors of a product, and the scales that broadcast to it.
struct Factors {
    a: Tensor,
    b: Tensor,
}

impl Factors {
    /// Zero points are one number, or those of rows of A and of columns of B.
    fn of(call: &NodeCall, [a, a_zero]: [usize; 2], [b, b_zero]: [usize; 2]) -> Result<Self> {
        let [a, b] = call.pair_of(a, b)?;
        let steps = |x: Tensor, zero: usize, is_row: bool| {
            let x = x.cast(DType::F32)?;
            match constant(call, zero, &x)? {
                Some(zero) => x.sub(&of_factor(&zero, is_row, x.rank())?),
                None => Ok(x),
            }
        };
        Ok(Self { a: steps(a, a_zero, true)?, b: steps(b, b_zero, false)? })
    }

    /// The exact product.
    fn product(&self) -> Result<Tensor> {
        let wide = exact(self.a.shape().last().copied().unwrap_or(0), self.a.device());
        product_of(self.a.cast(wide)?, self.b.cast(wide)?)
    }
}

/// Numbers of rows or columns of a matrix, or of matrices one after another (`[.., M, 1]`, `[.., 1, N]`).
fn of_factor(numbers: &Tensor, is_row: bool, rank: usize) -> Result<Tensor> {
    match numbers.rank() {
        0 | 1 => along(numbers, rank.saturating_sub(if is_row { 2 } else { 1 }), rank),
        _ => Ok(numbers.clone()),
    }
}

/// `(A - a_zero) (B - b_zero)`, whole numbers.
fn matmul_integer(call: &NodeCall) -> Result<Tensor> {
    Factors::of(call, [0, 2], [1, 3])?.product()
}

/// The product of what A and B stand for, on the grid of the output.
fn qlinear_matmul(node: &NodeReader) -> ResolvedNode {
    let grid = OutputGrid::of(node, 6)?;
    gives(move |call| {
        let factors = Factors::of(call, [0, 2], [3, 5])?;
        let (a, b) = (scale(call, 1, &factors.a)?, scale(call, 4, &factors.a)?);
        let product = of_factor(&a, true, factors.a.rank())?.mul(&of_factor(&b, false, factors.b.rank())?)?;
        grid.requantise(call, &factors.product()?, &product)
    })
}

/// `alpha A' B' + C` on the grid of the output, or as floats where it has none; C is in steps of
/// `a_scale b_scale`.
fn qgemm(node: &NodeReader) -> ResolvedNode {
    let alpha = node.float("alpha", 1.0)?;
    let (transpose_a, transpose_b) = (node.flag("transA", false)?, node.flag("transB", false)?);
    let is_quantised = node.proto.input.get(7).is_some_and(|name| !name.is_empty());
    let grid = is_quantised.then(|| OutputGrid::of(node, 7)).transpose()?;
    gives(move |call| {
        let a = Steps::of(call, 0, &call.tensor(0)?)?;
        let (b, b_scale) = (floats(call, 3, &a.q)?, scale(call, 4, &a.q)?);
        let column = |numbers: &Tensor| along(numbers, if transpose_b { 0 } else { 1 }, 2);
        let b = match constant(call, 5, &a.q)? {
            Some(zero) => b.sub(&column(&zero)?)?,
            None => b,
        };
        let transposed = |x: Tensor, turn: bool| if turn { x.transpose(0, 1) } else { Ok(x) };
        let factors = Factors { a: transposed(a.q, transpose_a)?, b: transposed(b, transpose_b)? };
        let mut sums = factors.product()?;
        if call.has(6) {
            let wide = widest(sums.device());
            sums = sums.cast(wide)?.add(&call.on_device_of(6, &sums)?.cast(wide)?)?;
        }
        let product = a.scale.mul_scalar(alpha)?.mul(&along(&b_scale, 1, 2)?)?;
        match &grid {
            Some(grid) => grid.requantise(call, &sums, &product),
            None => sums.cast(DType::F32)?.mul(&product),
        }
    })
}

/// `(A - a_zero) (B - b_zero) a_scale b_scale + bias` as floats.
fn matmul_integer_to_float(call: &NodeCall) -> Result<Tensor> {
    let factors = Factors::of(call, [0, 4], [1, 5])?;
    let (a, b) = (scale(call, 2, &factors.a)?, scale(call, 3, &factors.a)?);
    let product = along(&a, 0, 0)?.mul(&of_factor(&b, false, factors.b.rank())?)?;
    scaled(call, &factors.product()?, &product)
}

/// [`matmul_integer_to_float`] of floats A, which are quantised by their range.
fn dynamic_quantize_matmul(call: &NodeCall) -> Result<Tensor> {
    let x = call.tensor(0)?;
    let [q, a_scale, zero] = quantised_by_range(&x)?;
    let b = floats(call, 1, &x)?;
    let b = match constant(call, 3, &x)? {
        Some(zero) => b.sub(&of_factor(&zero, false, b.rank())?)?,
        None => b,
    };
    let product = a_scale.mul(&of_factor(&scale(call, 2, &x)?, false, b.rank())?)?;
    scaled(call, &Factors { a: q.sub(&zero)?, b }.product()?, &product)
}

/// A matrix of whole numbers. What it is multiplied with is quantised by its range.
pub(in crate::operators) struct QuantisedMatrix {
    /// `q - zero_point`, `[inputs, outputs]`.
    steps: Tensor,
    scale: Tensor,
}

impl QuantisedMatrix {
    /// That of direction `d` of an input of the node, with the inputs that hold its scales and zero points:
    /// one of each direction, or of each of its columns.
    pub fn of_direction(
        call: &NodeCall,
        d: usize,
        x: &Tensor,
        [q, scales, zeros]: [usize; 3],
    ) -> Result<Self> {
        let of = |numbers: Tensor| numbers.narrow(0, d, 1)?.squeeze(0);
        let column = |numbers: Tensor| along(&of(numbers)?, 1, 2);
        let steps = of(floats(call, q, x)?)?;
        let steps = match constant(call, zeros, x)? {
            Some(zero) => steps.sub(&column(zero)?)?,
            None => steps,
        };
        Ok(Self { steps, scale: column(scale(call, scales, x)?)? })
    }

    pub fn shape(&self) -> &[usize] {
        self.steps.shape()
    }

    pub fn of(&self, x: &Tensor) -> Result<Tensor> {
        let [q, scale, zero] = quantised_by_range(x)?;
        let product = Factors { a: q.sub(&zero)?, b: self.steps.clone() }.product()?;
        product.cast(DType::F32)?.mul(&scale.mul(&self.scale)?)
    }
}

/// `sums product + bias`, the bias being input 4 or, behind zero points, 6.
fn scaled(call: &NodeCall, sums: &Tensor, product: &Tensor) -> Result<Tensor> {
    let y = sums.cast(DType::F32)?.mul(product)?;
    let bias = if call.op == "DynamicQuantizeMatMul" { 4 } else { 6 };
    match call.maybe_on_device_of(bias, &y)? {
        Some(bias) => y.add(&bias),
        None => Ok(y),
    }
}
