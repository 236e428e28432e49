//! Batch normalisation of f32, in as few passes over memory as there can be
//! ([`crate::cpu::channels::Channels`]). Of other types it is plain tensor operations, which are also what
//! the gradient of a gradient goes through.

mod cpu;
#[cfg(feature = "cube")]
mod gpu;

use std::cell::OnceCell;

use super::{
    Op, OpInfo, Operand, Primitive, Vjp,
    fused::{self, kernel, on_device},
};
use crate::{Device, Result, Spec, Tensor, tensor::apply};

/// Whether the kernel takes the tensor.
pub(crate) fn applies(x: &Tensor) -> bool {
    fused::applies(x) && x.rank() > 1
}

/// Mean and variance (divisor n) of each channel of `[N, C, ..]`: `[2, C]`, a constant to gradients.
pub(crate) fn moments(x: &Tensor) -> Result<Tensor> {
    let output = x.spec().reshaped(vec![2, x.shape()[1]]);
    kernel("batch_norm", output, &[x], |x, y, device| on_device!(device, moments(&x[0], y)))
}

/// The running mean and variance `[C]`, moved by `momentum` towards those of a batch, `[2, C]`; `scale` makes
/// the divisor of the batch's variance n - 1. On a GPU alone: it saves launches there. `[2, C]`.
#[cfg(feature = "cube")]
pub(crate) fn learned(running: [&Tensor; 2], moments: &Tensor, momentum: f64, scale: f64) -> Result<Tensor> {
    let inputs = [running[0], running[1], moments];
    kernel("batch_norm", moments.spec().clone(), &inputs, move |x, y, _| gpu::learn(x, momentum, scale, y))
}

/// `y = weight (x - mean) / sqrt(var + eps) + bias` of `[N, C, ..]`, where `moments` are those of x, and
/// the gradient is taken through them. Weight and bias are `[C]`, or `[N, C]`.
pub(crate) fn batch_norm(
    x: &Tensor,
    moments: &Tensor,
    weight: &Tensor,
    bias: &Tensor,
    eps: f64,
) -> Result<Tensor> {
    apply(FusedBatchNorm { eps }, &[x, moments, weight, bias])
}

struct FusedBatchNorm {
    eps: f64,
}

impl Op for FusedBatchNorm {
    fn info(&self) -> OpInfo {
        OpInfo::new("batch_norm")
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        on_device!(device, normalise(x, self.eps, y))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let [x, moments, weight, bias] = [0, 1, 2, 3].map(|i| &at.x[i]);
        let sums = OnceCell::new();
        let of_input = |i: usize| {
            let sums: &Tensor = match sums.get() {
                Some(sums) => sums,
                None => {
                    let found = gradient_sums([x, moments, at.dy], weight, self.eps)?;
                    sums.get_or_init(|| found)
                }
            };
            let row = |number: usize| -> Result<Tensor> {
                let sum = sums.narrow(0, number, 1)?.squeeze(0)?;
                match (bias.rank(), sum.shape()[0]) {
                    (1, 1) => sum.squeeze(0),
                    (1, _) => sum.sum_dims(&[0], false),
                    _ => Ok(sum),
                }
            };
            match i {
                0 => input_gradient([x, moments, weight, at.dy, sums], self.eps),
                2 => row(1),
                _ => row(0),
            }
        };
        fused::gradients(at, |x| plain(&x[0], &x[2], &x[3], self.eps), of_input)
    }
}

/// The same in plain tensor operations, moments included.
fn plain(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    let dims: Vec<i64> = (0..x.rank() as i64).filter(|&d| d != 1).collect();
    let mut shape = vec![1; x.rank()];
    shape[1] = x.shape()[1];
    shape[0] = weight.len() / shape[1];
    let centered = x.sub(&x.mean_dims(&dims, true)?)?;
    let scale = centered.square()?.mean_dims(&dims, true)?.add_scalar(eps)?.sqrt()?.recip()?;
    centered.mul(&scale.mul(&weight.reshape(&shape)?)?)?.add(&bias.reshape(&shape)?)
}

/// The sums of `dy`, and of `dy` times the normalised x, of each channel: on the CPU of each map, `[2, N,
/// C]`; on a GPU over all samples, `[2, 1, C]`, unless each has a weight of its own.
fn gradient_sums(inputs: [&Tensor; 3], weight: &Tensor, eps: f64) -> Result<Tensor> {
    let (x, channels) = (inputs[0], inputs[0].shape()[1]);
    let rows = if x.device() == Device::Cpu { x.shape()[0] } else { weight.len() / channels };
    let output = x.spec().reshaped(vec![2, rows, channels]);
    let run = move |x: &[Operand], y: &Spec, device| on_device!(device, gradient_sums(x, eps, y));
    kernel("batch_norm gradient", output, &inputs, run)
}

/// `dx = weight / sqrt(var + eps) (dy - mean(dy) - z mean(dy z))`, the means those of the weighted `dy`, by
/// `sums` of [`gradient_sums`].
fn input_gradient([x, moments, weight, dy, sums]: [&Tensor; 5], eps: f64) -> Result<Tensor> {
    let weighted = match (x.device(), sums.shape()[1]) {
        (Device::Cpu, _) => sums.clone(),
        (Device::Gpu, 1) => sums.mul(weight)?,
        (Device::Gpu, _) => sums.mul(weight)?.sum_dims(&[1], false)?,
    };
    let run = move |x: &[Operand], y: &Spec, device| on_device!(device, input_gradient(x, eps, y));
    kernel("batch_norm gradient", x.spec().clone(), &[x, moments, weight, dy, &weighted], run)
}
