//! Spherical interpolation (Shoemake, 1985).

mod cpu;
#[cfg(feature = "cube")]
mod gpu;

use std::f64::consts::PI;

use super::normalize;
use crate::{
    Device, Error, Result, Spec, Tensor, ensure,
    op::{
        self, Op, OpInfo, Operand, Primitive, Vjp,
        fused::{self, kernel, on_device},
    },
    tensor::apply,
};

const OP: &str = "sphere::slerp";

/// Angles whose sine is below this count as 0, or as a half rotation.
const MIN_SINE: f64 = 1e-6;

/// The points between unit vectors `a` and `b` `[N, D]` on the arc from one to the other, `[N, D]`:
/// `y = sin(alpha w) / sin w a + sin((1 - alpha) w) / sin w b` with `w = 2 atan2(|a - b|, |a + b|)`, the
/// angle between them. So alpha = 1 gives `a`, and 0 gives `b`. It is one number for all samples (rank 0)
/// or one for each (`[N]`).
///
/// Where `sin w < 1e-6` the formula breaks down. Of vectors that point the same way the linear mixture is
/// taken; opposite ones have no shortest arc, and the one through the axis is taken that is the most
/// across `a` (the first of several).
///
/// # Errors
/// [`Error::Shape`] for other shapes, [`Error::DType`] for anything but floats of one type.
pub fn slerp(a: &Tensor, b: &Tensor, alpha: &Tensor) -> Result<Tensor> {
    op::require_rank(OP, a.spec(), 2, "vectors [N, D]")?;
    op::require_float(OP, alpha.spec())?;
    let fits = alpha.rank() == 0 || alpha.shape() == [a.shape()[0]];
    ensure(fits, || {
        let found = format!("{:?} for alpha and {:?}", alpha.shape(), a.shape());
        Error::shape(OP, found, format!("one number, or [{}]", a.shape()[0]))
    })?;
    let alpha = alpha.cast(a.dtype())?.expand(&a.shape()[..1])?;
    if [a, b, &alpha].into_iter().all(fused::applies) {
        return apply(Slerp, &[a, b, &alpha]);
    }
    plain(&[a.clone(), b.clone(), alpha])
}

/// The same, in plain tensor operations.
fn plain(x: &[Tensor]) -> Result<Tensor> {
    let (a, b) = (&x[0], &x[1]);
    check(a.spec(), b.spec())?;
    let alpha = x[2].unsqueeze(1)?;
    let rest = alpha.neg()?.add_scalar(1.0)?;
    let square = |x: Tensor| x.square()?.sum_dims(&[1], true);
    let (apart, together) = (square(a.sub(b)?)?, square(a.add(b)?)?);
    let angle = |apart: &Tensor, together: &Tensor| apart.sqrt()?.atan2(&together.sqrt()?)?.mul_scalar(2.0);
    let degenerate = angle(&apart.detach(), &together.detach())?.sin()?.ge_scalar(MIN_SINE)?.logical_not()?;
    let opposite = degenerate.logical_and(&together.detach().lt(&apart.detach())?)?;

    // Where the formula breaks down it is computed of a right angle, so that its gradient is finite.
    let angle = angle(&apart.masked_fill(&degenerate, 1.0)?, &together.masked_fill(&degenerate, 1.0)?)?;
    let weight = |share: &Tensor| share.mul(&angle)?.sin()?.div(&angle.sin()?);
    let arc = weight(&alpha)?.mul(a)?.add(&weight(&rest)?.mul(b)?)?;
    let straight = alpha.mul(a)?.add(&rest.mul(b)?)?;
    let rotation = rest.mul_scalar(PI)?;
    let across = rotation.cos()?.mul(a)?.add(&rotation.sin()?.mul(&across(a)?)?)?;
    degenerate.where_(&opposite.where_(&across, &straight)?, &arc)
}

/// The part of an axis that is at right angles to `a`, scaled to length 1.
fn across(a: &Tensor) -> Result<Tensor> {
    let axis = a.detach().abs()?.argmin(1, false)?.one_hot(a.shape()[1])?.cast(a.dtype())?;
    let along = axis.mul(a)?.sum_dims(&[1], true)?;
    normalize(&axis.sub(&along.mul(a)?)?)
}

fn check(a: &Spec, b: &Spec) -> Result<()> {
    op::require_float(OP, a)?;
    op::require_same(OP, a, b)?;
    ensure(a.shape == b.shape, || {
        Error::shape(OP, format!("{:?} and {:?}", a.shape, b.shape), "one shape for both")
    })
}

/// Inputs: a, b, alpha `[N]`.
struct Slerp;

impl Op for Slerp {
    fn info(&self) -> OpInfo {
        OpInfo::new(OP)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        check(x[0], x[1])?;
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, slerp(x, y))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let inputs = [&at.x[0], &at.x[1], &at.x[2], at.dy];
        let of_input = |i: usize| {
            let by = [By::A, By::B, By::Alpha][i];
            let run = move |x: &[Operand], dx: &Spec, device| on_device!(device, gradient(x, by, dx));
            kernel(OP, at.x[i].spec().clone(), &inputs, run)
        };
        fused::gradients(at, plain, of_input)
    }
}

/// What [`Slerp`] is differentiated by.
#[derive(Debug, Clone, Copy, PartialEq)]
enum By {
    A,
    B,
    Alpha,
}
