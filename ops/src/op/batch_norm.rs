//! Batch normalisation of f32 on the CPU, in as few passes over memory as there can be: one for the
//! moments, one for the output; two for the gradient. Elsewhere it is plain tensor operations, which
//! are also what the gradient of a gradient goes through.

use std::cell::OnceCell;

use rayon::prelude::*;

use super::{
    cpu::{self, wide},
    fused,
};
use crate::{
    Device, Result, Spec, Tensor,
    op::{Op, Operand, Primitive, Saves, Vjp},
    tensor::apply,
};

/// Lanes in which sums are taken at once.
const LANES: usize = 16;

/// Whether the kernel takes the tensor.
pub(crate) fn applies(x: &Tensor) -> bool {
    fused::applies(x) && x.device() == Device::Cpu && x.rank() > 1
}

/// Mean and variance (divisor n) of each channel of `[N, C, ..]`: `[2, C]`, a constant to gradients.
pub(crate) fn moments(x: &Tensor) -> Result<Tensor> {
    apply(ChannelMoments, &[&x.detach()])
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
    apply(BatchNorm { eps }, &[x, moments, weight, bias])
}

#[derive(Debug)]
struct ChannelMoments;

impl Op for ChannelMoments {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].reshaped(vec![2, x[0].shape[1]]))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let (maps, values) = (Maps::of(x[0].spec), cpu::known(&x[0]));
        let values: &[f32] = &values;
        // Sums of x less a number that lies among the channel's own: what is squared stays small.
        let origin = |channel: usize| values[channel * maps.size];
        let sums = maps.sums(values, values, origin, |x, _| [x, x * x]);
        let n = (maps.count * maps.size) as f64;
        let both = (0..maps.channels).map(|channel| {
            let [first, second] = maps.of_channel(&sums, channel, |_| 1.0).map(|sum| sum / n);
            [f64::from(origin(channel)) + first, (second - first * first).max(0.0)]
        });
        let (mean, var): (Vec<f32>, Vec<f32>) = both.map(|[mean, var]| (mean as f32, var as f32)).unzip();
        cpu::tensor([mean, var].concat(), y)
    }

    fn differentiable(&self) -> bool {
        false
    }
}

#[derive(Debug, Clone, Copy)]
struct BatchNorm {
    eps: f64,
}

impl Op for BatchNorm {
    fn name(&self) -> &'static str {
        "batch_norm"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let maps = Maps::of(x[0].spec);
        let operands = [0, 1, 2, 3].map(|i| cpu::known(&x[i]));
        let [values, moments, weight, bias] = operands.each_ref().map(|x| &**x);
        let fill = |row: usize, y: &mut [f32]| {
            let (mean, deviation) = maps.moments(moments, row % maps.channels, self.eps);
            let (gain, shift) = (weight[row % weight.len()] / deviation, bias[row % bias.len()]);
            let x = &values[row * maps.size..][..maps.size];
            wide(
                #[inline(always)]
                || y.iter_mut().zip(x).for_each(|(y, x)| *y = (x - mean) * gain + shift),
            );
        };
        cpu::tensor(cpu::rows(values.len(), maps.size, fill), y)
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let [x, moments, weight, bias] = [0, 1, 2, 3].map(|i| &at.x[i]);
        let sums = OnceCell::new();
        let kernel = |i: usize| {
            let sums: &Tensor = match sums.get() {
                Some(sums) => sums,
                None => {
                    let found = apply(Sums { eps: self.eps }, &[x, moments, at.dy])?;
                    sums.get_or_init(|| found)
                }
            };
            let row = |number: usize| -> Result<Tensor> {
                let sum = sums.narrow(0, number, 1)?.squeeze(0)?;
                if bias.rank() == 1 { sum.sum_dims(&[0], false) } else { Ok(sum) }
            };
            match i {
                0 => apply(InputGradient { eps: self.eps }, &[x, moments, weight, at.dy, sums]),
                2 => row(1),
                _ => row(0),
            }
        };
        fused::gradients(at, |x| plain(&x[0], &x[2], &x[3], self.eps), kernel)
    }

    fn saves(&self) -> Saves {
        Saves::INPUTS
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

/// For each map of x with normalised values z: the sums of `dy` and of `dy z`, `[2, N, C]`.
#[derive(Debug)]
struct Sums {
    eps: f64,
}

impl Op for Sums {
    fn name(&self) -> &'static str {
        "batch_norm gradient"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].reshaped(vec![2, x[0].shape[0], x[0].shape[1]]))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let maps = Maps::of(x[0].spec);
        let operands = [0, 1, 2].map(|i| cpu::known(&x[i]));
        let [values, moments, dy] = operands.each_ref().map(|x| &**x);
        let sums = maps.sums(values, dy, |channel| moments[channel], |x, dy| [dy, dy * x]);
        let deviation = |map: usize| maps.moments(moments, map % maps.channels, self.eps).1;
        let normalised = sums.iter().enumerate().map(|(map, sums)| sums[1] / deviation(map));
        cpu::tensor(sums.iter().map(|sums| sums[0]).chain(normalised).collect(), y)
    }
}

/// `dx = weight / sqrt(var + eps) (dy - mean(dy) - z mean(dy z))`, the means those of the weighted `dy`.
#[derive(Debug)]
struct InputGradient {
    eps: f64,
}

impl Op for InputGradient {
    fn name(&self) -> &'static str {
        "batch_norm gradient"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].clone())
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let maps = Maps::of(x[0].spec);
        let operands = [0, 1, 2, 3, 4].map(|i| cpu::known(&x[i]));
        let [values, moments, weight, dy, sums] = operands.each_ref().map(|x| &**x);
        let (first, second) = sums.split_at(sums.len() / 2);
        let pairs: Vec<_> = first.iter().zip(second).map(|(&first, &second)| [first, second]).collect();
        let n = (maps.count * maps.size) as f64;
        let means: Vec<_> = (0..maps.channels)
            .map(|channel| maps.of_channel(&pairs, channel, |map| weight[map % weight.len()]))
            .map(|sums| sums.map(|sum| (sum / n) as f32))
            .collect();
        let fill = |map: usize, dx: &mut [f32]| {
            let channel = map % maps.channels;
            let (mean, deviation) = maps.moments(moments, channel, self.eps);
            let (weight, [first, second]) = (weight[map % weight.len()], means[channel]);
            let (gain, slope, shift) =
                (weight / deviation, second / (deviation * deviation), first / deviation);
            let at = map * maps.size..(map + 1) * maps.size;
            let (x, dy) = (&values[at.clone()], &dy[at]);
            wide(
                #[inline(always)]
                || {
                    for ((dx, x), dy) in dx.iter_mut().zip(x).zip(dy) {
                        *dx = dy * gain - (x - mean) * slope - shift;
                    }
                },
            );
        };
        cpu::tensor(cpu::rows(values.len(), maps.size, fill), y)
    }
}

/// The sizes of `[N, C, ..]`.
#[derive(Clone, Copy)]
struct Maps {
    count: usize,
    channels: usize,
    size: usize,
}

impl Maps {
    fn of(spec: &Spec) -> Self {
        let (count, channels) = (spec.shape[0], spec.shape[1]);
        Self { count, channels, size: spec.len() / (count * channels) }
    }

    /// The mean and the standard deviation of a channel.
    fn moments(&self, moments: &[f32], channel: usize, eps: f64) -> (f32, f32) {
        (moments[channel], (moments[self.channels + channel] + eps as f32).sqrt())
    }

    /// For each map the sums of two functions of both tensors' elements, those of `a` less the number
    /// that `origin` gives for the channel.
    fn sums(
        &self,
        a: &[f32],
        b: &[f32],
        origin: impl Fn(usize) -> f32 + Sync,
        f: impl Fn(f32, f32) -> [f32; 2] + Sync,
    ) -> Vec<[f32; 2]> {
        let maps = a.par_chunks_exact(self.size).zip(b.par_chunks_exact(self.size)).enumerate();
        let sum = |(map, (a, b)): (usize, (&[f32], &[f32]))| {
            let origin = origin(map % self.channels);
            wide(
                #[inline(always)]
                || {
                    let mut sums = [[0.0; LANES]; 2];
                    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
                    for (a, b) in a.iter().zip(b) {
                        for lane in 0..LANES {
                            let [x, y] = f(a[lane] - origin, b[lane]);
                            sums[0][lane] += x;
                            sums[1][lane] += y;
                        }
                    }
                    for (lane, (a, b)) in a_rest.iter().zip(b_rest).enumerate() {
                        let [x, y] = f(a - origin, *b);
                        sums[0][lane] += x;
                        sums[1][lane] += y;
                    }
                    sums.map(|lanes| lanes.iter().sum())
                },
            )
        };
        maps.with_min_len(cpu::PART.div_ceil(self.size)).map(sum).collect()
    }

    /// The weighted sums of all maps of a channel.
    fn of_channel(&self, sums: &[[f32; 2]], channel: usize, weight: impl Fn(usize) -> f32) -> [f64; 2] {
        let maps = (0..self.count).map(|sample| sample * self.channels + channel);
        maps.fold([0.0; 2], |[first, second], map| {
            let ([x, y], weight) = (sums[map].map(f64::from), f64::from(weight(map)));
            [first + weight * x, second + weight * y]
        })
    }
}
