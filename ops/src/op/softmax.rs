//! Exponentials that are normalised over a dimension, without overflow.

use burn::backend::{Dispatch, ops::ActivationOps as _};

use super::{OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp, require_float};
use crate::{DType, Device, Result, Spec, Tensor, tensor::apply};

/// `y_i = e^x_i / sum_j e^x_j` along a dimension, or its logarithm, `y_i = x_i - log sum_j e^x_j`.
#[derive(Clone, Copy)]
struct Softmax {
    dim: usize,
    log: bool,
}

impl Op for Softmax {
    fn info(&self) -> OpInfo {
        OpInfo::new(if self.log { "log_softmax" } else { "softmax" }).saving(Saves::OUTPUT)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_float(self.name(), x[0])?;
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], _: &Spec, _: Device) -> Primitive {
        let run = if self.log { Dispatch::log_softmax } else { Dispatch::softmax };
        run(x[0].primitive(), self.dim)
    }

    /// `dx = y (dy - sum y dy)`; of the logarithm `dx = dy - e^y sum dy`.
    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let sum = |x: &Tensor| x.sum_dims(&[self.dim as i64], true);
        Ok(vec![Some(match self.log {
            true => at.dy.sub(&at.y.exp()?.mul(&sum(at.dy)?)?)?,
            false => at.y.mul(&at.dy.sub(&sum(&at.y.mul(at.dy)?)?)?)?,
        })])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let op_type = if self.log { "LogSoftmax" } else { "Softmax" };
        Ok(w.node_with(op_type, w.all(), [("axis", self.dim.into())]))
    }
}

impl Tensor {
    /// `y_i = e^x_i / sum_j e^x_j` along `dim`.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for anything but floats, [`crate::Error::Argument`] for no such dimension.
    pub fn softmax(&self, dim: i64) -> Result<Tensor> {
        let dim = self.spec().dim("softmax", dim)?;
        apply(Softmax { dim, log: false }, &[self])
    }

    /// `y_i = x_i - log sum_j e^x_j` along `dim`, the logarithm of [`Tensor::softmax`].
    ///
    /// # Errors
    /// As [`Tensor::softmax`].
    pub fn log_softmax(&self, dim: i64) -> Result<Tensor> {
        let dim = self.spec().dim("log_softmax", dim)?;
        apply(Softmax { dim, log: true }, &[self])
    }

    /// `log sum e^x` over `dims` (all where there are none), floats of whole numbers too.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] for no such dimension.
    pub fn logsumexp(&self, dims: &[i64], keep: bool) -> Result<Tensor> {
        if !self.dtype().is_float() {
            return self.floating()?.logsumexp(dims, keep);
        }
        let reduced = self.spec().dims("logsumexp", dims)?;
        if self.is_symbolic() {
            return self.reduced("ReduceLogSumExp", &reduced, keep);
        }
        // The largest element is taken out, so that the largest power is 1. Where it is infinite, the
        // largest number is taken instead, because infinity less infinity is NaN.
        let bound = if self.dtype() == DType::F64 { f64::MAX } else { f32::MAX.into() };
        let peak = self.detach().max_dims(dims, true)?.clamp(-bound, bound)?;
        let sum = self.sub(&peak)?.exp()?.sum_dims(dims, true)?;
        sum.log()?.add(&peak)?.drop_reduced(&reduced, keep)
    }
}
