//! Gradients of element-wise functions that are operations of their own, each in one pass.

use burn::backend::{
    Dispatch, Scalar,
    ops::{ActivationOps as _, FloatTensorOps as _},
};

use super::{Op, Operand, Primitive, Saves, Vjp, fused, unary::Unary};
use crate::{
    Device, Result, Spec, Tensor,
    cpu::{self, maths},
    tensor::{Compact, apply, is_grad_enabled, on_cpu},
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
        let (at, dy) = (x[0].known_floats(), x[1].known_floats());
        macro_rules! each {
            (|$at:ident| $slope:expr) => {
                cpu::zip(
                    &at,
                    &dy,
                    #[inline(always)]
                    |$at, dy| dy * $slope,
                )
            };
        }
        let dx = match self.0 {
            Unary::Tanh => each!(|y| 1.0 - y * y),
            Unary::Sigmoid => each!(|y| y - y * y),
            _ => each!(|x| maths::sigmoid(x)),
        };
        on_cpu(dx, y)
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
        if let (Some(gate), Some(dy)) = (x[0].floats(), x[1].floats()) {
            let slope = self.slope as f32;
            if slope == 0.0 {
                return on_cpu(cpu::zip(&gate, &dy, |gate, dy| if gate <= 0.0 { 0.0 } else { dy }), y);
            }
            let gated = |gate: f32, dy: f32| if gate <= 0.0 { slope } else { 1.0 } * dy;
            return on_cpu(cpu::zip(&gate, &dy, gated), y);
        }
        let (gate, dy) = (x[0].primitive(), x[1].primitive());
        if self.slope == 0.0 {
            return Dispatch::relu_backward(gate, dy);
        }
        let closed = Dispatch::float_lower_equal_elem(gate, Scalar::Float(0.0), device.bool_store());
        let scaled = Dispatch::float_mul_scalar(dy.clone(), Scalar::Float(self.slope));
        Dispatch::float_mask_where(dy, closed, scaled)
    }

    fn compact(&self, x: &[Operand], _: &Spec) -> Option<Compact> {
        let (dy, gate, slope) = (x[1].compact()?, x[0].floats()?, self.slope as f32);
        let size = gate.len() / dy.positions().len();
        let gated = dy.values().iter().zip(dy.positions()).enumerate().map(|(map, (&value, &position))| {
            match usize::try_from(position).is_ok_and(|position| gate[map * size + position] <= 0.0) {
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
