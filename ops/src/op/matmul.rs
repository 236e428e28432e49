//! Matrix products.

use burn::backend::{Dispatch, Shape, ops::FloatTensorOps as _};

use super::{Op, Operand, Primitive, Value, Vjp, Writer, require_float, require_same};
use crate::{
    Device, Error, Result, Spec, Tensor,
    tensor::{apply, broadcast, show},
};

/// `[.., M, K] x [.., K, N] -> [.., M, N]`; leading dimensions broadcast.
#[derive(Debug, Clone, Copy)]
struct MatMul;

impl Op for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_float("matmul", x[0])?;
        require_same("matmul", x[0], x[1])?;
        let (a, b) = (&x[0].shape, &x[1].shape);
        let wrong = || Error::Shape {
            op: "matmul",
            found: format!("{} beside {}", show(a), show(b)),
            expected: "[.., M, K] beside [.., K, N]".into(),
        };
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

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let lead = &y.shape[..y.rank() - 2];
        let full = |x: &Operand| {
            let mut shape = vec![1; y.rank() - x.spec.rank()];
            shape.extend(&x.spec.shape);
            let v = Dispatch::float_reshape(x.value.clone(), Shape::from(shape));
            let target = [lead, &x.spec.shape[x.spec.rank() - 2..]].concat();
            Dispatch::float_expand(v, Shape::from(target))
        };
        Dispatch::float_matmul(full(&x[0]), full(&x[1]))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (a, b) = (&at.x[0], &at.x[1]);
        let da = at.want(0, || at.dy.matmul(&b.transpose(-2, -1)?)?.sum_to(a.shape()))?;
        let db = at.want(1, || a.transpose(-2, -1)?.matmul(at.dy)?.sum_to(b.shape()))?;
        Ok(vec![da, db])
    }

    fn onnx(&self, w: &mut Writer) -> Result<Value> {
        Ok(w.node("MatMul", w.all()))
    }
}

impl Tensor {
    /// The matrix product `[.., M, K] x [.., K, N] -> [.., M, N]`; leading dimensions broadcast.
    ///
    /// # Errors
    /// [`Error::Shape`] when the inner sizes differ or a tensor has fewer than two dimensions,
    /// [`Error::DType`] for anything but floats of one type.
    pub fn matmul(&self, other: &Tensor) -> Result<Tensor> {
        apply(MatMul, &[self, other])
    }
}
