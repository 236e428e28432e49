//! Binary cross-entropy of scores, `log(1 + e^z) - t z` and its slope, each in one launch on a GPU.

use super::gpu;
use crate::{
    Device, Result, Spec, Tensor,
    op::{
        Op, OpInfo, Operand, Primitive, Vjp,
        fused::{self, kernel},
    },
    tensor::apply,
};

const OP: &str = "bce_with_logits";

/// Inputs: z, t, of f32 on a GPU.
struct Scored;

/// The loss of each score.
pub(in crate::nn) fn scored(z: &Tensor, target: &Tensor) -> Result<Tensor> {
    apply(Scored, &[z, target])
}

/// Whether [`scored`] takes them.
pub(in crate::nn) fn applies(z: &Tensor, target: &Tensor) -> bool {
    z.device() == Device::Gpu && fused::applies(z) && z.spec() == target.spec()
}

/// The same in plain tensor operations.
pub(in crate::nn) fn plain(z: &Tensor, target: &Tensor) -> Result<Tensor> {
    z.softplus()?.sub(&z.mul(target)?)
}

impl Op for Scored {
    fn info(&self) -> OpInfo {
        OpInfo::new(OP)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        gpu::score_loss(x, y)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let (z, target, dy) = (&at.x[0], &at.x[1], at.dy);
        fused::gradients(
            at,
            |x| plain(&x[0], &x[1]),
            |i| match i {
                0 => kernel(OP, z.spec().clone(), &[z, target, dy], |x, y, _| gpu::score_slope(x, y)),
                _ => dy.mul(z)?.neg(),
            },
        )
    }
}
