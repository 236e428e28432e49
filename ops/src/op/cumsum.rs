//! Running sums, and the reversal of dimensions, with which the gradient of a running sum is one.

use super::{OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp, by_kind, require_number};
use crate::{
    DType, Device, Result, Spec, Tensor,
    tensor::{Data, apply, upload},
};

/// `y_i = x_0 + ... + x_i` along a dimension.
struct CumSum {
    dim: usize,
}

impl Op for CumSum {
    fn info(&self) -> OpInfo {
        OpInfo::new("cumsum").saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_number("cumsum", x[0])?;
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        by_kind!(y.dtype, float_cumsum, int_cumsum, (x[0].primitive(), self.dim))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let dim = self.dim as i64;
        Ok(vec![Some(at.dy.flip(&[dim])?.cumsum(dim)?.flip(&[dim])?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let axis = OnnxValue::Number(self.dim as f64, DType::I64);
        Ok(w.node("CumSum", [w.x(0), axis]))
    }
}

/// The elements in the opposite order along some dimensions.
#[derive(Debug, Clone)]
struct Flip {
    dims: Vec<usize>,
}

impl Op for Flip {
    fn info(&self) -> OpInfo {
        OpInfo::new("flip").saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].clone())
    }

    /// By index, which copies: Flex's own flip is a view with negative strides, a rare guest in all
    /// that follows it.
    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        self.dims.iter().fold(x[0].primitive(), |v, &d| {
            let n = y.shape[d];
            let backwards = Data::I32((0..n as i32).rev().collect());
            let index = upload(backwards, &Spec::new([n], DType::I32), device);
            by_kind!(y.dtype, float_select, int_select, bool_select, (v, d, index))
        })
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(apply(self.clone(), &[at.dy])?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        if self.dims.is_empty() {
            return Ok(w.x(0));
        }
        let all = |n: i64| OnnxValue::Sizes(vec![n; self.dims.len()]);
        let inputs = [w.x(0), all(-1), all(i64::MIN), OnnxValue::sizes(&self.dims), all(-1)];
        Ok(w.node("Slice", inputs))
    }
}

impl Tensor {
    /// `y_i = x_0 + ... + x_i` along `dim`; of whole numbers and truth values as [`Tensor::sum_dims`].
    ///
    /// # Errors
    /// [`crate::Error::Argument`] for no such dimension.
    pub fn cumsum(&self, dim: i64) -> Result<Tensor> {
        let dim = self.spec().dim("cumsum", dim)?;
        apply(CumSum { dim }, &[&self.countable()?])
    }

    /// The elements in the opposite order along `dims` (all where there are none).
    ///
    /// # Errors
    /// [`crate::Error::Argument`] for no such dimension, or one that is named twice.
    pub fn flip(&self, dims: &[i64]) -> Result<Tensor> {
        let dims = self.spec().dims("flip", dims)?;
        apply(Flip { dims }, &[self])
    }
}
