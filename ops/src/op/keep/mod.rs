//! Maps of which one value or none stays: the operation behind winner-take-all sparsity.

mod cpu;
#[cfg(feature = "cube")]
mod gpu;

use std::any::Any;

use super::{Op, OpInfo, Operand, Primitive, Saves, Vjp, fused::on_device};
use crate::{Device, Result, Spec, Tensor, tensor::apply};

/// The position of a map of which no value stays.
pub(crate) const NONE: i32 = -1;
/// The position of a map that stays as a whole.
pub(crate) const ALL: i32 = -2;

/// Maps `[N, C, H, W]` of which only the values at the positions `[N, C]` stay.
pub(crate) fn keep(x: &Tensor, positions: &Tensor) -> Result<Tensor> {
    apply(Keep, &[x, positions])
}

/// The positions with which [`keep`] made these maps; `None` where it did not, or nothing is recorded. The
/// gradient that it passes on has no other values.
pub(super) fn positions(maps: &Tensor) -> Option<Tensor> {
    let node = maps.node()?;
    let op: &dyn Any = node.op()?;
    if op.is::<Keep>() { node.inputs().pop() } else { None }
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

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(keep(at.dy, &at.x[1])?), None])
    }
}
