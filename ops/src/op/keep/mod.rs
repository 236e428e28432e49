//! Maps of which one value or none stays: the operation behind winner-take-all sparsity. On the CPU its
//! output is in compact form ([`Compact`]), which operations that follow it need not write out.

mod cpu;
#[cfg(feature = "cube")]
mod gpu;

use super::{Op, OpInfo, Operand, Primitive, Saves, Vjp, fused::on_device};
use crate::{
    Device, Result, Spec, Tensor,
    tensor::{Compact, apply},
};

/// The position of a map of which no value stays.
pub(crate) const NONE: i32 = -1;
/// The position of a map that stays as a whole.
pub(crate) const ALL: i32 = -2;

/// Maps `[N, C, H, W]` of which only the values at the positions `[N, C]` stay.
pub(crate) fn keep(x: &Tensor, positions: &Tensor) -> Result<Tensor> {
    apply(Keep, &[x, positions])
}

/// [`keep`]: 0 elsewhere. Linear in the maps, so its gradient keeps the same positions.
struct Keep;

impl Op for Keep {
    fn info(&self) -> OpInfo {
        OpInfo::new("sparsity").saving(Saves::only(&[1]))
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, keep(&x[0], &x[1], y))
    }

    fn compact(&self, x: &[Operand], y: &Spec) -> Option<Compact> {
        cpu::keep_compact(&x[0], &x[1], y)
    }

    fn gradient_positions(&self) -> Option<usize> {
        Some(1)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(keep(at.dy, &at.x[1])?), None])
    }
}
