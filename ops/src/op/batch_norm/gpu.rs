//! Batch normalisation on a GPU; the formulas are those of the CPU's form ([`crate::cpu::channels`]).

use cubecl::prelude::*;

use crate::tensor::{
    Operand, Primitive, Spec,
    gpu::{self, Order, launch},
};

/// Units that sum up one channel, or one map, together.
const UNITS: u32 = 256;

/// The sizes of `[N, C, ..]`, as kernels take them.
#[derive(CubeType, CubeLaunch, Clone, Copy)]
struct Sizes {
    samples: u32,
    channels: u32,
    /// Elements of one channel of one sample, a map.
    size: u32,
    /// The distances in memory from channel to channel, and from element to element of a map.
    step: u32,
    inner: u32,
    /// Rows of the weight and of the sums: 1, or one for each sample.
    rows: u32,
    eps: f32,
}

/// The order in which the kernels take `[N, C, ..]`: channels first or last, whichever x has.
fn order(x: &Operand) -> Order {
    let rank = x.spec.rank();
    let last = Order::channels_last(rank);
    if last.is_of(gpu::known(x)) { last } else { Order::channels_first(rank) }
}

fn sizes(x: &Spec, order: &Order, rows: usize, eps: f64) -> SizesLaunch {
    let [samples, channels] = [x.shape[0], x.shape[1]];
    let size = x.len() / (samples * channels);
    let is_first = order.dims().last() != Some(&1) || x.rank() == 2;
    let (step, inner) = if is_first { (size, 1) } else { (1, channels) };
    let [samples, channels, size, step, inner, rows] =
        [samples, channels, size, step, inner, rows].map(|size| size as u32);
    SizesLaunch::new(samples, channels, size, step, inner, rows, eps as f32)
}

/// Where element `i` of a channel is, over all samples from `first` on.
#[cube]
fn index(channel: u32, first: u32, i: u32, sizes: &Sizes) -> usize {
    let sample = (first + i / sizes.size) * sizes.channels * sizes.size;
    (sample + channel * sizes.step + i % sizes.size * sizes.inner) as usize
}

/// The channel of an element.
#[cube]
fn channel_of(at: usize, sizes: &Sizes) -> u32 {
    at as u32 / sizes.step % sizes.channels
}

/// The number of its weight.
#[cube]
fn own(at: usize, sizes: &Sizes) -> usize {
    let sample = at as u32 / (sizes.channels * sizes.size);
    (sample % sizes.rows * sizes.channels + channel_of(at, sizes)) as usize
}

#[cube]
fn deviation(moments: &[f32], channel: u32, sizes: &Sizes) -> f32 {
    (moments[(sizes.channels + channel) as usize] + sizes.eps).sqrt()
}

#[cube(launch)]
fn moments_kernel(x: &[f32], y: &mut [f32], sizes: &Sizes, #[comptime] units: u32) {
    let channel = CUBE_POS as u32;
    if channel < sizes.channels {
        let n = sizes.samples * sizes.size;
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        // Sums of x less a number that is one of the channel's own: what is squared stays small.
        let origin = x[index(channel, 0u32, 0u32, sizes)];
        let mut first = 0.0f32;
        let mut second = 0.0f32;
        let mut i = UNIT_POS;
        while i < n {
            let x = x[index(channel, 0u32, i, sizes)] - origin;
            first += x;
            second += x * x;
            i += units;
        }
        let first = gpu::total(first, &mut shared, units) / f32::cast_from(n);
        let second = gpu::total(second, &mut shared, units) / f32::cast_from(n);
        if UNIT_POS == 0 {
            let mut var = second - first * first;
            if var < 0.0f32 {
                var = f32::new(0.0);
            }
            y[channel as usize] = origin + first;
            y[(sizes.channels + channel) as usize] = var;
        }
    }
}

#[cube(launch)]
fn normalise_kernel(x: &[f32], moments: &[f32], weight: &[f32], bias: &[f32], y: &mut [f32], sizes: &Sizes) {
    if ABSOLUTE_POS < y.len() {
        let channel = channel_of(ABSOLUTE_POS, sizes);
        let own = own(ABSOLUTE_POS, sizes);
        let gain = weight[own] / deviation(moments, channel, sizes);
        y[ABSOLUTE_POS] = (x[ABSOLUTE_POS] - moments[channel as usize]) * gain + bias[own];
    }
}

/// A cube for each channel of each row.
#[cube(launch)]
fn sums_kernel(x: &[f32], moments: &[f32], dy: &[f32], y: &mut [f32], sizes: &Sizes, #[comptime] units: u32) {
    let own = CUBE_POS as u32;
    if own < sizes.rows * sizes.channels {
        let samples = sizes.samples / sizes.rows;
        let channel = own % sizes.channels;
        let mean = moments[channel as usize];
        let mut shared = Shared::<[f32]>::new_slice(units as usize);
        let mut first = 0.0f32;
        let mut second = 0.0f32;
        let mut i = UNIT_POS;
        while i < samples * sizes.size {
            let at = index(channel, own / sizes.channels * samples, i, sizes);
            first += dy[at];
            second += dy[at] * (x[at] - mean);
            i += units;
        }
        let first = gpu::total(first, &mut shared, units);
        let second = gpu::total(second, &mut shared, units);
        if UNIT_POS == 0 {
            y[own as usize] = first;
            y[(sizes.rows * sizes.channels + own) as usize] = second / deviation(moments, channel, sizes);
        }
    }
}

/// `weighted` are the sums times the weight, over all samples: `[2, C]`.
#[cube(launch)]
fn gradient_kernel(
    x: &[f32],
    moments: &[f32],
    weight: &[f32],
    dy: &[f32],
    weighted: &[f32],
    y: &mut [f32],
    sizes: &Sizes,
) {
    if ABSOLUTE_POS < y.len() {
        let channel = channel_of(ABSOLUTE_POS, sizes);
        let n = f32::cast_from(sizes.samples * sizes.size);
        let first = weighted[channel as usize] / n;
        let second = weighted[(sizes.channels + channel) as usize] / n;
        let deviation = deviation(moments, channel, sizes);
        let own = weight[own(ABSOLUTE_POS, sizes)];
        let z = (x[ABSOLUTE_POS] - moments[channel as usize]) / deviation;
        y[ABSOLUTE_POS] = (dy[ABSOLUTE_POS] * own - z * second - first) / deviation;
    }
}

/// The running averages `[2, C]`, mean and variance, moved towards those of a batch; `scale` makes the
/// divisor of the variance n - 1.
#[cube(launch)]
fn learn_kernel(mean: &[f32], var: &[f32], moments: &[f32], y: &mut [f32], momentum: f32, scale: f32) {
    if ABSOLUTE_POS < y.len() {
        let newest = moments[ABSOLUTE_POS] * momentum;
        if ABSOLUTE_POS < mean.len() {
            y[ABSOLUTE_POS] = mean[ABSOLUTE_POS] * (1.0f32 - momentum) + newest;
        } else {
            y[ABSOLUTE_POS] = var[ABSOLUTE_POS - mean.len()] * (1.0f32 - momentum) + newest * scale;
        }
    }
}

/// Mean and variance of each channel, `[2, C]`.
pub(super) fn moments(x: &Operand, y: &Spec) -> Primitive {
    let (order, out) = (order(x), gpu::empty(x, y));
    let (count, dim) = gpu::cubes(&out.client, y.len() / 2, UNITS);
    let (from, sizes) = (order.lay(x).into_buffer_arg(), sizes(x.spec, &order, 1, 0.0));
    moments_kernel::launch(&out.client, count, dim, from, gpu::memory(&out), sizes, UNITS);
    gpu::tensor(out, x, y)
}

pub(super) fn normalise(x: &[Operand], eps: f64, y: &Spec) -> Primitive {
    let order = order(&x[0]);
    let out = order.empty(&x[0], y);
    let (count, dim) = gpu::units(&out.client, y.len());
    let [moments, weight, bias] = [1, 2, 3].map(|i| gpu::buffer(&x[i]).into_buffer_arg());
    let sizes = sizes(y, &order, x[2].spec.len() / y.shape[1], eps);
    let from = order.lay(&x[0]).into_buffer_arg();
    let to = gpu::memory(&out);
    normalise_kernel::launch(&out.client, count, dim, from, moments, weight, bias, to, sizes);
    gpu::tensor(out, &x[0], y)
}

/// For each row of the output `[2, rows, C]` and each channel: the sums of `dy`, and of `dy` times the
/// normalised x.
pub(super) fn gradient_sums(x: &[Operand], eps: f64, y: &Spec) -> Primitive {
    let (order, out) = (order(&x[0]), gpu::empty(&x[0], y));
    let (count, dim) = gpu::cubes(&out.client, y.len() / 2, UNITS);
    let [from, dy] = [0, 2].map(|i| order.lay(&x[i]).into_buffer_arg());
    let moments = gpu::buffer(&x[1]).into_buffer_arg();
    let sizes = sizes(x[0].spec, &order, y.shape[1], eps);
    sums_kernel::launch(&out.client, count, dim, from, moments, dy, gpu::memory(&out), sizes, UNITS);
    gpu::tensor(out, &x[0], y)
}

pub(super) fn input_gradient(x: &[Operand], eps: f64, y: &Spec) -> Primitive {
    let order = order(&x[0]);
    let out = order.empty(&x[0], y);
    let (count, dim) = gpu::units(&out.client, y.len());
    let [from, dy] = [0, 3].map(|i| order.lay(&x[i]).into_buffer_arg());
    let [moments, weight, weighted] = [1, 2, 4].map(|i| gpu::buffer(&x[i]).into_buffer_arg());
    let sizes = sizes(y, &order, x[2].spec.len() / y.shape[1], eps);
    let to = gpu::memory(&out);
    gradient_kernel::launch(&out.client, count, dim, from, moments, weight, dy, weighted, to, sizes);
    gpu::tensor(out, &x[0], y)
}

pub(super) fn learn(x: &[Operand], momentum: f64, scale: f64, y: &Spec) -> Primitive {
    let numbers = (momentum as f32, scale as f32);
    launch!(learn_kernel(&x[0], &x[1], &x[2]) -> y, units(y.len()), numbers.0, numbers.1)
}
