//! Vectors scaled to length 1.

mod cpu;
#[cfg(feature = "cube")]
mod gpu;

use crate::{
    Device, Result, Spec, Tensor,
    op::{
        self, Op, OpInfo, Operand, Primitive, Vjp,
        fused::{self, kernel, on_device},
    },
    tensor::apply,
};

const OP: &str = "sphere::normalize";

/// Vectors shorter than this are divided by it.
const MIN_LENGTH: f64 = 1e-12;

/// `y = x / max(|x|, 1e-12)` along the last dimension of `[.., D]`.
///
/// # Errors
/// [`Error::Shape`](crate::Error::Shape) for rank 0, [`Error::DType`](crate::Error::DType) for anything
/// but floats.
pub fn normalize(x: &Tensor) -> Result<Tensor> {
    if fused::applies(x) { apply(Normalize, &[x]) } else { plain(x) }
}

/// The same, in plain tensor operations.
fn plain(x: &Tensor) -> Result<Tensor> {
    check(x.spec())?;
    x.div(&x.norm_dims(&[-1], true)?.clamp_min(MIN_LENGTH)?)
}

fn check(x: &Spec) -> Result<()> {
    op::require_float(OP, x)?;
    x.dim(OP, -1).map(|_| ())
}

struct Normalize;

impl Op for Normalize {
    fn info(&self) -> OpInfo {
        OpInfo::new(OP)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        check(x[0])?;
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, normalize(&x[0], y))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        // With `n = |x|`: `dx = (dy - y <dy, y>) / n`.
        let dx = |_| {
            kernel(OP, at.dy.spec().clone(), &[&at.x[0], at.dy], |x, y, device| {
                on_device!(device, gradient(&x[0], &x[1], y))
            })
        };
        fused::gradients(at, |x| plain(&x[0]), dx)
    }
}
