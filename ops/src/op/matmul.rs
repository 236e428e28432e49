//! Matrix products.

use burn::backend::{Dispatch, Shape, ops::FloatTensorOps as _};
use rayon::prelude::*;

use super::{OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Vjp, require_float, require_same};
use crate::{
    Device, Error, Result, Spec, Tensor,
    cpu::product::{MAX_MULTIPLICATIONS, Steps, add_product},
    interrupt,
    tensor::{apply, broadcast, on_cpu},
};

/// `[.., M, K] x [.., K, N] -> [.., M, N]`; leading dimensions broadcast.
struct MatMul;

impl Op for MatMul {
    fn info(&self) -> OpInfo {
        OpInfo::new("matmul")
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_float("matmul", x[0])?;
        require_same("matmul", x[0], x[1])?;
        let (a, b) = (&x[0].shape, &x[1].shape);
        let wrong = || Error::shape("matmul", format!("{a:?} and {b:?}"), "[.., M, K] and [.., K, N]");
        let (Some((lead_a, [m, ka])), Some((lead_b, [kb, n]))) =
            (a.split_last_chunk::<2>(), b.split_last_chunk::<2>())
        else {
            return Err(wrong());
        };
        if ka != kb {
            return Err(wrong());
        }
        let mut shape = broadcast("matmul", lead_a, lead_b)?;
        shape.extend([*m, *n]);
        Ok(x[0].reshaped(shape))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        if let (Some(a), Some(b)) = (x[0].matrix(), x[1].matrix()) {
            return on_cpu(product(a, b, [y.shape[0], x[0].spec.shape[1], y.shape[1]]), y);
        }
        let lead = &y.shape[..y.rank() - 2];
        let full = |x: &Operand| {
            let mut shape = vec![1; y.rank() - x.spec.rank()];
            shape.extend(&x.spec.shape);
            let v = Dispatch::float_reshape(x.primitive(), Shape::from(shape));
            let target = [lead, &x.spec.shape[x.spec.rank() - 2..]].concat();
            Dispatch::float_expand(v, Shape::from(target))
        };
        let (a, b) = (full(&x[0]), full(&x[1]));
        let multiplications = y.len().saturating_mul(x[1].spec.shape[x[1].spec.rank() - 2]);
        if device == Device::Cpu && multiplications > MAX_MULTIPLICATIONS {
            return interrupt::left_alone(move || Dispatch::float_matmul(a, b));
        }
        Dispatch::float_matmul(a, b)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (a, b) = (&at.x[0], &at.x[1]);
        let da = at.want(0, || at.dy.matmul(&b.transpose(-2, -1)?)?.sum_to(a.shape()))?;
        // In the order in which the factor is stored: the gradient of a weight, which a layer transposes,
        // needs no copy.
        let db = at.want(1, || match b.is_transposed() {
            true => at.dy.transpose(-2, -1)?.matmul(a)?.transpose(-2, -1)?.sum_to(b.shape()),
            false => a.transpose(-2, -1)?.matmul(at.dy)?.sum_to(b.shape()),
        })?;
        Ok(vec![da, db])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        Ok(w.node("MatMul", w.all()))
    }
}

/// Columns, or rows, of a product that one thread computes at once.
const BLOCK: usize = 128;

/// `a b`, with `a [m, k]` and `b [k, n]` in their own memory. Split alike for any number of threads, along
/// the longer side, so that no bit depends on it.
fn product((a, a_steps): (&[f32], Steps), (b, b_steps): (&[f32], Steps), [m, k, n]: [usize; 3]) -> Vec<f32> {
    let mut y = vec![0.0; m * n];
    if m >= n {
        y.par_chunks_mut(BLOCK * n).enumerate().for_each(|(i, y)| {
            let (a, y_steps) = (&a[i * BLOCK * a_steps.row..], Steps { row: n, column: 1 });
            add_product([y.len() / n, k, n], (a, a_steps), (b, b_steps), (y, y_steps));
        });
        return y;
    }
    // Columns of the product are no stretch of memory: computed apart, then put side by side.
    let columns = |first: usize| {
        let (width, b) = (BLOCK.min(n - first), &b[first * b_steps.column..]);
        let mut block = vec![0.0; m * width];
        let steps = Steps { row: width, column: 1 };
        add_product([m, k, width], (a, a_steps), (b, b_steps), (&mut block, steps));
        block
    };
    let blocks: Vec<_> = (0..n.div_ceil(BLOCK)).into_par_iter().map(|i| columns(i * BLOCK)).collect();
    for (i, row) in y.chunks_exact_mut(n).enumerate() {
        for (to, block) in row.chunks_mut(BLOCK).zip(&blocks) {
            to.copy_from_slice(&block[i * to.len()..][..to.len()]);
        }
    }
    y
}

impl Tensor {
    /// The matrix product `[.., M, K] x [.., K, N] -> [.., M, N]`; leading dimensions broadcast. A vector
    /// stands for a row on the left, a column on the right, and leaves that dimension out: of two it is their
    /// scalar product.
    ///
    /// # Errors
    /// [`Error::Shape`] when the inner sizes differ or a tensor has no dimensions,
    /// [`Error::DType`] for anything but floats of one type.
    pub fn matmul(&self, other: &Tensor) -> Result<Tensor> {
        let is_vector = [self.rank() == 1, other.rank() == 1];
        if is_vector == [false, false] || self.rank() * other.rank() == 0 {
            return apply(MatMul, &[self, other]);
        }
        let product = || {
            let row = if is_vector[0] { self.unsqueeze(0)? } else { self.clone() };
            let column = if is_vector[1] { other.unsqueeze(1)? } else { other.clone() };
            let y = apply(MatMul, &[&row, &column])?;
            let y = if is_vector[1] { y.squeeze(-1)? } else { y };
            if is_vector[0] { y.squeeze(-1 - i64::from(!is_vector[1])) } else { Ok(y) }
        };
        product().map_err(|e| e.named("matmul"))
    }
}
