//! Gradients of element-wise functions that are operations of their own, each in one pass.

use burn::backend::{
    Dispatch, Scalar,
    ops::{ActivationOps as _, FloatTensorOps as _},
};

use super::{Op, Operand, Primitive, Saves, Vjp, unary::Unary};
use crate::{
    Device, Result, Spec, Tensor,
    kernels::{cpu, fused, maths, sparsity::Compact},
    tensor::{apply, is_grad_enabled},
};

/// The gradients of functions in one pass, where nothing is recorded: `dy f'`, of y (of x for softplus).
#[derive(Debug)]
pub(super) struct Slope(pub Unary);

impl Slope {
    pub(super) fn applies(x: &Tensor, y: &Tensor, dy: &Tensor) -> bool {
        let known = [x, y, dy].iter().all(|x| fused::applies(x));
        known && dy.device() == Device::Cpu && !is_grad_enabled()
    }
}

impl Op for Slope {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[1].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let (at, dy) = (cpu::known(&x[0]), cpu::known(&x[1]));
        macro_rules! each {
            (|$at:ident| $slope:expr) => {
                cpu::zip(
                    &at,
                    &dy,
                    y,
                    #[inline(always)]
                    |$at, dy| dy * $slope,
                )
            };
        }
        match self.0 {
            Unary::Tanh => each!(|y| 1.0 - y * y),
            Unary::Sigmoid => each!(|y| y - y * y),
            _ => each!(|x| maths::sigmoid(x)),
        }
    }

    fn differentiable(&self) -> bool {
        false
    }
}

/// `dx = dy` where `gate > 0`, `slope * dy` elsewhere: the gradient of the rectifiers. The gate itself
/// is a constant: rectifiers have no curvature.
#[derive(Debug)]
pub(super) struct Gate {
    pub slope: f64,
}

impl Op for Gate {
    fn name(&self) -> &'static str {
        "relu gradient"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[1].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        if let (Some(gate), Some(dy)) = (cpu::floats(&x[0]), cpu::floats(&x[1])) {
            let slope = self.slope as f32;
            if slope == 0.0 {
                return cpu::zip(&gate, &dy, y, |gate, dy| if gate <= 0.0 { 0.0 } else { dy });
            }
            return cpu::zip(&gate, &dy, y, |gate, dy| if gate <= 0.0 { slope } else { 1.0 } * dy);
        }
        let (gate, dy) = (x[0].value.clone(), x[1].value.clone());
        if self.slope == 0.0 {
            return Dispatch::relu_backward(gate, dy);
        }
        let closed = Dispatch::float_lower_equal_elem(gate, Scalar::Float(0.0), device.bool_store());
        let scaled = Dispatch::float_mul_scalar(dy.clone(), Scalar::Float(self.slope));
        Dispatch::float_mask_where(dy, closed, scaled)
    }

    fn takes_compact(&self, i: usize) -> bool {
        i == 1
    }

    fn compact(&self, x: &[Operand], _: &Spec) -> Option<Compact> {
        let (dy, gate, slope) = (x[1].compact?, cpu::floats(&x[0])?, self.slope as f32);
        let (values, size) = (dy.values(), gate.len() / dy.places().len());
        let gated = values.iter().zip(dy.places()).enumerate().map(|(map, (&value, &place))| {
            match usize::try_from(place).is_ok_and(|place| gate[map * size + place] <= 0.0) {
                // Not a product: infinity times 0 is no number.
                true if slope == 0.0 => 0.0,
                true => slope * value,
                false => value,
            }
        });
        Some(dy.with_values(gated.collect()))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![None, at.want(1, || apply(Gate { slope: self.slope }, &[&at.x[0], at.dy]))?])
    }

    fn saves(&self) -> Saves {
        Saves::only(&[0])
    }
}
