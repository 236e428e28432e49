//! What fused operations have in common: when they are taken, and how their gradients are
//! differentiated again.

use super::{Op, OpInfo, Operand, Primitive, Vjp};
use crate::{
    DType, Device, Result, Spec, Tensor,
    tensor::{apply, is_grad_enabled},
};

/// Runs a kernel on a device: the function of that name in the module `cpu` or `gpu`.
macro_rules! on_device {
    ($device:expr, $kernel:ident($($arg:expr),* $(,)?)) => {
        match $device {
            $crate::Device::Cpu => cpu::$kernel($($arg),*),
            #[cfg(feature = "cube")]
            $crate::Device::Gpu => gpu::$kernel($($arg),*),
            #[cfg(not(feature = "cube"))]
            $crate::Device::Gpu => unreachable!("there is no tensor on a GPU in a build without one"),
        }
    };
}
pub(crate) use on_device;

/// Whether f32 kernels take the tensor. Other element types, and traces, take plain tensor operations.
pub(crate) fn applies(x: &Tensor) -> bool {
    x.dtype() == DType::F32 && !x.is_symbolic()
}

/// The gradients of a fused operation. Within [`Tensor::backward`] nothing is recorded, and `kernel`
/// gives that of each input that is wanted. [`Tensor::gradient`] records: there they are those of
/// the plain tensor operations that compute the same, which can be differentiated again.
pub(crate) fn gradients(
    at: &Vjp,
    plain: impl Fn(&[Tensor]) -> Result<Tensor>,
    kernel: impl Fn(usize) -> Result<Tensor>,
) -> Result<Vec<Option<Tensor>>> {
    if !is_grad_enabled() {
        return (0..at.x.len()).map(|i| at.want(i, || kernel(i))).collect();
    }
    recorded(at.x, at.dy, at.wanted, plain)
}

/// The gradients of what `plain` computes of `x`, recorded.
pub(crate) fn recorded(
    x: &[Tensor],
    dy: &Tensor,
    wanted: &[bool],
    plain: impl Fn(&[Tensor]) -> Result<Tensor>,
) -> Result<Vec<Option<Tensor>>> {
    // Handles of their own, because one input may have been computed from another.
    let handle = |(x, &wanted): (&Tensor, &bool)| if wanted { x.mul_scalar(1.0) } else { Ok(x.clone()) };
    let x = x.iter().zip(wanted).map(handle).collect::<Result<Vec<_>>>()?;
    let targets: Vec<_> = x.iter().zip(wanted).filter(|(_, wanted)| **wanted).map(|(x, _)| x).collect();
    let mut found = plain(&x)?.mul(dy)?.sum()?.gradient(&targets)?.into_iter();
    Ok(wanted.iter().map(|&wanted| if wanted { found.next() } else { None }).collect())
}

/// An operation that is all run: a constant to gradients, with no form in ONNX.
struct Kernel<F> {
    name: &'static str,
    output: Spec,
    run: F,
}

/// What `run` makes of the inputs, of the spec `output`: kernels that serve other operations. A constant to
/// gradients.
pub(crate) fn kernel(
    name: &'static str,
    output: Spec,
    inputs: &[&Tensor],
    run: impl Fn(&[Operand], &Spec, Device) -> Primitive + Send + Sync + 'static,
) -> Result<Tensor> {
    apply(Kernel { name, output, run }, inputs)
}

impl<F: Fn(&[Operand], &Spec, Device) -> Primitive + Send + Sync + 'static> Op for Kernel<F> {
    fn info(&self) -> OpInfo {
        OpInfo::new(self.name).constant()
    }

    fn infer(&self, _: &[&Spec]) -> Result<Spec> {
        Ok(self.output.clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        (self.run)(x, y, device)
    }
}
