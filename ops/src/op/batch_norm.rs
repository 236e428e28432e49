//! Batch normalisation of f32 on the CPU, in as few passes over memory as there can be ([`Channels`]).
//! Elsewhere it is plain tensor operations, which are also what the gradient of a gradient goes through.

use std::cell::OnceCell;

use super::{
    Op, OpInfo, Operand, Primitive, Vjp,
    fused::{self, kernel},
};
use crate::{
    Device, Result, Spec, Tensor,
    cpu::channels::Channels,
    tensor::{apply, on_cpu},
};

/// Whether the kernel takes the tensor.
pub(crate) fn applies(x: &Tensor) -> bool {
    fused::applies(x) && x.device() == Device::Cpu && x.rank() > 1
}

/// Mean and variance (divisor n) of each channel of `[N, C, ..]`: `[2, C]`, a constant to gradients.
pub(crate) fn moments(x: &Tensor) -> Result<Tensor> {
    let output = x.spec().reshaped(vec![2, x.shape()[1]]);
    kernel("batch_norm", output, &[x], |x, y, _| {
        on_cpu(Channels::of(&x[0].spec.shape).moments(&x[0].known_floats()), y)
    })
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

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let [values, moments, weight, bias] = [0, 1, 2, 3].map(|i| x[i].known_floats());
        on_cpu(Channels::of(&x[0].spec.shape).normalise(&values, &moments, &weight, &bias, self.eps), y)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let [x, moments, weight, bias] = [0, 1, 2, 3].map(|i| &at.x[i]);
        let sums = OnceCell::new();
        let of_input = |i: usize| {
            let sums: &Tensor = match sums.get() {
                Some(sums) => sums,
                None => {
                    let found = gradient_sums([x, moments, at.dy], self.eps)?;
                    sums.get_or_init(|| found)
                }
            };
            let row = |number: usize| -> Result<Tensor> {
                let sum = sums.narrow(0, number, 1)?.squeeze(0)?;
                if bias.rank() == 1 { sum.sum_dims(&[0], false) } else { Ok(sum) }
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

/// [`Channels::gradient_sums`].
fn gradient_sums(inputs: [&Tensor; 3], eps: f64) -> Result<Tensor> {
    let shape = inputs[0].shape();
    let output = inputs[0].spec().reshaped(vec![2, shape[0], shape[1]]);
    kernel("batch_norm gradient", output, &inputs, move |x, y, _| {
        let [values, moments, dy] = [0, 1, 2].map(|i| x[i].known_floats());
        on_cpu(Channels::of(&x[0].spec.shape).gradient_sums(&values, &moments, &dy, eps), y)
    })
}

/// [`Channels::input_gradient`].
fn input_gradient(inputs: [&Tensor; 5], eps: f64) -> Result<Tensor> {
    kernel("batch_norm gradient", inputs[0].spec().clone(), &inputs, move |x, y, _| {
        let operands = [0, 1, 2, 3, 4].map(|i| x[i].known_floats());
        let slices = operands.each_ref().map(|x| &**x);
        on_cpu(Channels::of(&x[0].spec.shape).input_gradient(slices, eps), y)
    })
}
