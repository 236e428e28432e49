//! Rectifiers: the identity above 0, a fixed slope below.

use burn::backend::{
    Dispatch, Scalar,
    ops::{ActivationOps as _, FloatTensorOps as _},
};

#[cfg(feature = "cube")]
use super::curve::{self, Curve};
use super::{
    OnnxAttribute, OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp, require_float,
};
use crate::{
    Device, Result, Spec, Tensor, cpu,
    tensor::{apply, on_cpu},
};

/// `y = x` where x > 0, `slope x` elsewhere.
struct LeakyRelu {
    slope: f64,
}

impl Op for LeakyRelu {
    fn info(&self) -> OpInfo {
        OpInfo::new("leaky_relu")
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        require_float(self.name(), x[0])?;
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        if let Some(x) = x[0].floats() {
            let slope = self.slope as f32;
            let rectified = cpu::map(
                &x,
                #[inline(always)]
                |x| if x <= 0.0 { slope * x } else { x },
            );
            return on_cpu(rectified, y);
        }
        #[cfg(feature = "cube")]
        if device == Device::Gpu {
            return curve::value(Curve::Rectifier, self.slope, &x[0], y);
        }
        Dispatch::leaky_relu(x[0].primitive(), Scalar::Float(self.slope))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(gate(&at.x[0], at.dy, self.slope)?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        Ok(w.node_with("LeakyRelu", w.all(), [("alpha", OnnxAttribute::Float(self.slope))]))
    }
}

/// `dx = dy` where `gate > 0`, `slope dy` elsewhere: the gradient of a rectifier. The gate itself is a
/// constant: rectifiers have no curvature.
pub(super) fn gate(gate: &Tensor, dy: &Tensor, slope: f64) -> Result<Tensor> {
    apply(Gate { slope }, &[gate, dy])
}

/// See [`gate`]. Inputs: gate, dy.
struct Gate {
    slope: f64,
}

impl Op for Gate {
    fn info(&self) -> OpInfo {
        OpInfo::new("relu gradient").saving(Saves::only(&[0]))
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[1].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        if let (Some(gate), Some(dy)) = (x[0].floats(), x[1].floats()) {
            let slope = self.slope as f32;
            if slope == 0.0 {
                return on_cpu(cpu::zip(&gate, &dy, |gate, dy| if gate <= 0.0 { 0.0 } else { dy }), y);
            }
            let gated = |gate: f32, dy: f32| if gate <= 0.0 { slope } else { 1.0 } * dy;
            return on_cpu(cpu::zip(&gate, &dy, gated), y);
        }
        #[cfg(feature = "cube")]
        if device == Device::Gpu {
            return curve::slope(Curve::Rectifier, self.slope, &x[0], &x[1], y);
        }
        let (gate, dy) = (x[0].primitive(), x[1].primitive());
        if self.slope == 0.0 {
            return Dispatch::relu_backward(gate, dy);
        }
        let closed = Dispatch::float_lower_equal_elem(gate, Scalar::Float(0.0), device.bool_store());
        let scaled = Dispatch::float_mul_scalar(dy.clone(), Scalar::Float(self.slope));
        Dispatch::float_mask_where(dy, closed, scaled)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, at.want(1, || gate(&at.x[0], at.dy, self.slope))?])
    }
}

impl Tensor {
    /// `y = x` where x > 0, `slope x` elsewhere.
    ///
    /// # Errors
    /// [`crate::Error::DType`] for anything but floats.
    pub fn leaky_relu(&self, slope: f64) -> Result<Tensor> {
        apply(LeakyRelu { slope }, &[self])
    }
}
