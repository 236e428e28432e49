//! Batch normalisation of f32 in as few passes over memory as there can be: one for the moments, one for the
//! output; two for the gradient.

use rayon::prelude::*;

use super::{PART, rows, sum::in_lanes, wide};

/// The sizes of `[N, C, ..]`: samples, channels, and elements of one channel of one sample, a map.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channels {
    samples: usize,
    channels: usize,
    size: usize,
}

impl Channels {
    /// Those of a shape.
    pub fn of(shape: &[usize]) -> Self {
        let (samples, channels) = (shape[0], shape[1]);
        Self { samples, channels, size: shape.iter().product::<usize>() / (samples * channels) }
    }

    /// Mean and variance (divisor n) of each channel, `[2, C]`.
    pub fn moments(&self, x: &[f32]) -> Vec<f32> {
        // Sums of x less a number that is one of the channel's own: what is squared stays small.
        let origin = |channel: usize| x[channel * self.size];
        let sums = self.sums(x, x, origin, |x, _| [x, x * x]);
        let n = (self.samples * self.size) as f64;
        let both = (0..self.channels).map(|channel| {
            let [first, second] = self.of_channel(&sums, channel, |_| 1.0).map(|sum| sum / n);
            [f64::from(origin(channel)) + first, (second - first * first).max(0.0)]
        });
        let (mean, var): (Vec<f32>, Vec<f32>) = both.map(|[mean, var]| (mean as f32, var as f32)).unzip();
        [mean, var].concat()
    }

    /// `y = weight (x - mean) / sqrt(var + eps) + bias`; weight and bias are `[C]`, or `[N, C]`.
    pub fn normalise(&self, x: &[f32], moments: &[f32], weight: &[f32], bias: &[f32], eps: f64) -> Vec<f32> {
        rows(x.len(), self.size, |row, y| {
            let (mean, deviation) = self.mean_and_deviation(moments, row % self.channels, eps);
            let (gain, shift) = (weight[row % weight.len()] / deviation, bias[row % bias.len()]);
            let x = &x[row * self.size..][..self.size];
            wide!(y.iter_mut().zip(x).for_each(|(y, x)| *y = (x - mean) * gain + shift));
        })
    }

    /// For each map of x with normalised values z: the sums of `dy` and of `dy z`, `[2, N, C]`.
    pub fn gradient_sums(&self, x: &[f32], moments: &[f32], dy: &[f32], eps: f64) -> Vec<f32> {
        let sums = self.sums(x, dy, |channel| moments[channel], |x, dy| [dy, dy * x]);
        let deviation = |map: usize| self.mean_and_deviation(moments, map % self.channels, eps).1;
        let normalised = sums.iter().enumerate().map(|(map, sums)| sums[1] / deviation(map));
        sums.iter().map(|sums| sums[0]).chain(normalised).collect()
    }

    /// `dx = weight / sqrt(var + eps) (dy - mean(dy) - z mean(dy z))`, the means those of the weighted `dy`;
    /// `sums` are those that [`Channels::gradient_sums`] gives.
    pub fn input_gradient(&self, [x, moments, weight, dy, sums]: [&[f32]; 5], eps: f64) -> Vec<f32> {
        let (first, second) = sums.split_at(sums.len() / 2);
        let pairs: Vec<_> = first.iter().zip(second).map(|(&first, &second)| [first, second]).collect();
        let n = (self.samples * self.size) as f64;
        let means: Vec<_> = (0..self.channels)
            .map(|channel| self.of_channel(&pairs, channel, |map| weight[map % weight.len()]))
            .map(|sums| sums.map(|sum| (sum / n) as f32))
            .collect();
        rows(x.len(), self.size, |map, dx| {
            let channel = map % self.channels;
            let (mean, deviation) = self.mean_and_deviation(moments, channel, eps);
            let (weight, [first, second]) = (weight[map % weight.len()], means[channel]);
            let (gain, slope, shift) =
                (weight / deviation, second / (deviation * deviation), first / deviation);
            let at = map * self.size..(map + 1) * self.size;
            let (x, dy) = (&x[at.clone()], &dy[at]);
            wide!({
                for ((dx, x), dy) in dx.iter_mut().zip(x).zip(dy) {
                    *dx = dy * gain - (x - mean) * slope - shift;
                }
            });
        })
    }

    /// The mean and the standard deviation of a channel.
    fn mean_and_deviation(&self, moments: &[f32], channel: usize, eps: f64) -> (f32, f32) {
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
            wide!(in_lanes(
                [a, b],
                #[inline(always)]
                |[a, b]| f(a - origin, b)
            ))
            .map(|lanes| lanes.iter().sum())
        };
        maps.with_min_len(PART.div_ceil(self.size)).map(sum).collect()
    }

    /// The weighted sums of all maps of a channel.
    fn of_channel(&self, sums: &[[f32; 2]], channel: usize, weight: impl Fn(usize) -> f32) -> [f64; 2] {
        let maps = (0..self.samples).map(|sample| sample * self.channels + channel);
        maps.fold([0.0; 2], |[first, second], map| {
            let ([x, y], weight) = (sums[map].map(f64::from), f64::from(weight(map)));
            [first + weight * x, second + weight * y]
        })
    }
}
