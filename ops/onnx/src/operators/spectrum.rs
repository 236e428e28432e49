//! Fourier transforms, as products with matrices of waves.

use std::{f64::consts::TAU, sync::Mutex};

use ops::{Device, Result, Spec, Tensor, op::Padding, tensor::require_room};

use super::{Operator, ResolvedNode, gives, op};
use crate::{call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] =
    &[op("DFT", 17, dft).settings(&[1, 2]), op("STFT", 17, stft).settings(&[1, 3])];

/// `cos` and `sin` of `2 pi i j / n`.
#[derive(Clone)]
struct Waves {
    size: [usize; 3],
    cos: Tensor,
    sin: Tensor,
}

impl Waves {
    /// For `rows` times `columns` of `i` and `j`, on the device and of the type of another tensor.
    fn new(call: &NodeCall, size: [usize; 3], other: &Tensor) -> Result<Self> {
        let [n, rows, columns] = size;
        require_room(call.op, &Spec::new([rows, columns, 4], other.dtype()))?;
        let all = |f: fn(f64) -> f64| {
            let one: Vec<f32> = (0..n).map(|k| f(TAU * k as f64 / n as f64) as f32).collect();
            let values: Vec<f32> = (0..rows)
                .flat_map(|i| (0..columns).map(move |j| (i, j)))
                .map(|(i, j)| one[i * j % n])
                .collect();
            let wave = Tensor::from_data(values, [rows, columns], Device::Cpu)?;
            wave.cast(other.dtype())?.to_device(other.device())
        };
        Ok(Self { size, cos: all(f64::cos)?, sin: all(f64::sin)? })
    }
}

/// The waves that a node used last: its sizes seldom change.
#[derive(Default)]
struct LastWaves(Mutex<Option<Waves>>);

impl LastWaves {
    fn get(&self, call: &NodeCall, size: [usize; 3], other: &Tensor) -> Result<Waves> {
        let mut last = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let fits = |waves: &&Waves| {
            let cos = &waves.cos;
            waves.size == size && cos.device() == other.device() && cos.dtype() == other.dtype()
        };
        if let Some(waves) = last.as_ref().filter(fits) {
            return Ok(waves.clone());
        }
        let waves = Waves::new(call, size, other)?;
        *last = Some(waves.clone());
        Ok(waves)
    }
}

/// Numbers along the last dimension, real or complex.
struct Signal {
    re: Tensor,
    im: Option<Tensor>,
}

impl Signal {
    /// Of a tensor `[.., 1]` or `[.., 2]`, `axis` being moved to the end.
    fn of(call: &NodeCall, x: &Tensor, axis: usize) -> Result<Self> {
        let rank = x.rank();
        let part = |i| {
            x.narrow(rank as i64 - 1, i, 1)?.squeeze(rank as i64 - 1)?.transpose(axis as i64, rank as i64 - 2)
        };
        match x.shape().last() {
            Some(1) => Ok(Self { re: part(0)?, im: None }),
            Some(2) => Ok(Self { re: part(0)?, im: Some(part(1)?) }),
            _ => Err(call.misfit(x.shape(), "real numbers [.., 1] or complex ones [.., 2]")),
        }
    }

    /// The first `n` numbers, with zeros where there are fewer.
    fn resized(&self, n: usize) -> Result<Self> {
        let one = |x: &Tensor| {
            let last = x.rank() - 1;
            let found = x.shape()[last];
            if found >= n {
                return x.narrow(last as i64, 0, n);
            }
            let mut more = vec![[0, 0]; x.rank()];
            more[last] = [0, n - found];
            x.pad(&more, Padding::Constant(0.0))
        };
        Ok(Self { re: one(&self.re)?, im: self.im.as_ref().map(one).transpose()? })
    }

    /// `sum_t x_t exp(-2 pi i k t / n)`, or with `exp(+..) / n` for the inverse.
    fn transformed(&self, waves: &Waves, is_inverse: bool) -> Result<Self> {
        let Waves { size, cos, sin } = waves;
        let sign = if is_inverse { 1.0 } else { -1.0 };
        let (mut re, mut im) = (self.re.matmul(cos)?, self.re.matmul(sin)?.mul_scalar(sign)?);
        if let Some(x) = &self.im {
            re = re.sub(&x.matmul(sin)?.mul_scalar(sign)?)?;
            im = im.add(&x.matmul(cos)?)?;
        }
        let scale = if is_inverse { 1.0 / size[0] as f64 } else { 1.0 };
        Ok(Self { re: re.mul_scalar(scale)?, im: Some(im.mul_scalar(scale)?) })
    }

    /// The real numbers whose transform begins with these, `n / 2 + 1` of the `n`: the others are their
    /// conjugates.
    fn real(&self, waves: &Waves) -> Result<Tensor> {
        let Waves { size: [n, bins, _], cos, sin } = waves;
        let is_alone = |k: usize| k == 0 || 2 * k == *n;
        let weight = |k: usize| if is_alone(k) { 1.0 } else { 2.0 } / *n as f32;
        let weights = Tensor::from_data((0..*bins).map(weight).collect::<Vec<_>>(), [*bins], Device::Cpu)?;
        let weights = weights.cast(cos.dtype())?.to_device(cos.device())?;
        let re = self.re.mul(&weights)?.matmul(cos)?;
        self.im.as_ref().map_or(Ok(re.clone()), |im| re.sub(&im.mul(&weights)?.matmul(sin)?))
    }

    /// As `[.., 2]`, the last dimension being moved to `axis`.
    fn tensor(&self, axis: usize) -> Result<Tensor> {
        let back = |x: &Tensor| x.transpose(axis as i64, x.rank() as i64 - 1);
        let im = self.im.as_ref().map_or_else(|| self.re.zeros_like(), |im| Ok(im.clone()))?;
        Tensor::stack(&[&back(&self.re)?, &back(&im)?], self.re.rank() as i64)
    }
}

/// The discrete transform along an axis; of the real side only where it is `onesided`, whose inverse is real.
fn dft(node: &NodeReader) -> ResolvedNode {
    let (is_inverse, is_onesided) = (node.flag("inverse", false)?, node.flag("onesided", false)?);
    let default = if node.opset < 20 { node.int("axis", 1)? } else { -2 };
    let last = LastWaves::default();
    gives(move |call| {
        let x = call.tensor(0)?;
        let axis = call.number(2)?.map_or(default, |axis| axis as i64);
        let axis = call.axis(axis, x.rank())?;
        if x.rank() < 2 || axis + 1 == x.rank() {
            return Err(
                call.misfit(x.shape(), "an axis before the last, which holds real and imaginary part")
            );
        }
        let signal = Signal::of(call, &x, axis)?;
        let is_real = is_inverse && is_onesided;
        let default = if is_real { (2 * x.shape()[axis]).saturating_sub(2) } else { x.shape()[axis] };
        let n = length(call, 1, default)?;
        let half = n / 2 + 1;
        if is_real {
            let y = signal.resized(half)?.real(&last.get(call, [n, half, n], &x)?)?;
            return y.transpose(axis as i64, y.rank() as i64 - 1)?.unsqueeze(y.rank() as i64);
        }
        let bins = if is_onesided { half } else { n };
        let waves = last.get(call, [n, n, bins], &x)?;
        signal.resized(n)?.transformed(&waves, is_inverse)?.tensor(axis)
    })
}

/// The transforms of frames `[N, length, 1 or 2]` of a signal, each times the window:
/// `[N, frames, bins, 2]`.
fn stft(node: &NodeReader) -> ResolvedNode {
    let is_onesided = node.flag("onesided", true)?;
    let last = LastWaves::default();
    gives(move |call| {
        let x = call.tensor(0)?;
        let x = if x.rank() == 2 { x.unsqueeze(2)? } else { x };
        let &[_, samples, parts] = x.shape() else {
            return Err(call.misfit(x.shape(), "a signal [N, length, 1 or 2]"));
        };
        let window = call.maybe_on_device_of(2, &x)?;
        let default = window.as_ref().map_or(samples, Tensor::len);
        let (step, n) = (length(call, 1, 1)?, length(call, 3, default)?);
        let Some(more) = samples.checked_sub(n) else {
            return Err(call.misfit(x.shape(), format!("a signal of at least the {n} numbers of a frame")));
        };
        let frames = more / step + 1;
        let all = x.slices_at(1, frames.saturating_mul(n), |i| i / n * step + i % n)?;
        let mut signal = Signal::of(call, &all.reshape(&[x.shape()[0], frames, n, parts])?, 2)?;
        if let Some(window) = window {
            let window = window.reshape(&[window.len()])?;
            signal.re = signal.re.mul(&window)?;
            signal.im = signal.im.map(|im| im.mul(&window)).transpose()?;
        }
        let bins = if is_onesided { n / 2 + 1 } else { n };
        signal.transformed(&last.get(call, [n, n, bins], &x)?, false)?.tensor(2)
    })
}

/// Input `i`, a positive number.
fn length(call: &NodeCall, i: usize, default: usize) -> Result<usize> {
    let Some(found) = call.number(i)? else { return Ok(default) };
    match found as usize {
        0 => Err(call.wrong("a length", found, "at least 1")),
        n => Ok(n),
    }
}
