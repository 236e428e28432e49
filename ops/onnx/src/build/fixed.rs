//! Numbers that no training gives, recognised by their values: filters, windows, masks, positions.

use ops::{Tensor, tensor::Floats};

/// The shortest filter of which the values are asked: any two numbers are even or odd by chance.
const SHORTEST: usize = 4;

/// The fewest numbers of a window or a mask; a few numbers look regular by chance.
const FEWEST: usize = 16;

/// How far a number may be from its mirror image, relative to the largest of all: a sine of a large angle is
/// rounded much, and one at half the sampling rate is nothing but rounding.
const ROUNDING: f32 = 1e-3;

/// What is added to attention scores where nothing may be seen is at most this.
const MASKED: f32 = -1e3;

/// Why the weight of a convolution, `[O, C, kernel ..]`, is a fixed filter.
pub(super) fn filter(weight: &Tensor) -> Option<&'static str> {
    let (values, shape) = (values(weight)?, weight.shape());
    if values.len() >= SHORTEST && values.iter().enumerate().all(|(i, &x)| x == i as f32) {
        return Some("the numbers 0, 1, 2, .. of bins, of which the mean is taken");
    }
    let length: usize = shape.get(2..)?.iter().product();
    if length < SHORTEST {
        return None;
    }
    let kernel = |i: usize, k: usize| values[i * length + k];
    mirrored(values.len() / length, length, kernel).then_some("a fixed filter: every kernel is even or odd")
}

/// Why a matrix of a product is a fixed transform.
pub(super) fn transform(matrix: &Tensor) -> Option<&'static str> {
    let (values, &[rows, columns]) = (values(matrix)?, matrix.shape()) else { return None };
    if values.len() < FEWEST || rows.min(columns) < SHORTEST {
        return None;
    }
    if mirrored(columns, rows, |i, k| values[k * columns + i])
        || mirrored(rows, columns, |i, k| values[i * columns + k])
    {
        return Some("a fixed transform: every row or every column of it is even or odd");
    }
    let is_bank =
        values.iter().all(|&x| x >= 0.0) && 2 * values.iter().filter(|&&x| x == 0.0).count() > values.len();
    (is_bank && !is_uniform(&values)).then_some("a filter bank: most numbers are 0 and none is negative")
}

/// Why an operand of arithmetic is a part of a formula.
pub(super) fn operand(tensor: &Tensor) -> Option<&'static str> {
    let values = values(tensor)?;
    if values.iter().any(|x| !x.is_finite()) {
        return Some("a mask: not all numbers are finite");
    }
    if values.len() < FEWEST || is_uniform(&values) {
        return None;
    }
    if is_mask(&values) {
        return Some("a mask: 0 and one large negative number");
    }
    if mirrored(1, values.len(), |_, k| values[k]) {
        return Some("a window: its numbers are even or odd");
    }
    is_sinusoid(tensor.shape(), &values).then_some("sines and cosines of positions")
}

/// Whether all numbers are the same, as those of a fresh gain or bias.
pub(super) fn is_uniform(values: &[f32]) -> bool {
    values.windows(2).all(|pair| pair[0].to_bits() == pair[1].to_bits())
}

/// The numbers of a tensor of `f32`, where they lie.
pub(super) fn values(tensor: &Tensor) -> Option<Floats> {
    tensor.floats().ok().flatten()
}

fn is_mask(values: &[f32]) -> bool {
    let mut others = values.iter().filter(|&&x| x != 0.0);
    let Some(&low) = others.next() else { return false };
    low <= MASKED && others.all(|&x| x == low) && values.contains(&0.0)
}

/// Whether each of `count` filters is even or odd, about its middle or, as a period is, about its first
/// number; and one is not the same number throughout.
fn mirrored(count: usize, length: usize, filter: impl Fn(usize, usize) -> f32) -> bool {
    let uneven = |i: usize| (1..length).any(|k| filter(i, k) != filter(i, 0));
    let numbers = (0..count).flat_map(|i| (0..length).map(move |k| (i, k)));
    let largest = numbers.fold(0.0, |largest: f32, (i, k)| largest.max(filter(i, k).abs()));
    let is_mirrored = |i: usize| {
        let all = |first: usize, sign: f32| {
            let mirror = |k: usize| if first == 0 { length - 1 - k } else { length - k };
            (first..length).all(|k| (filter(i, k) - sign * filter(i, mirror(k))).abs() <= ROUNDING * largest)
        };
        [0, 1].iter().any(|&first| all(first, 1.0) || all(first, -1.0))
    };
    (0..count).all(is_mirrored) && (0..count).any(uneven)
}

/// Whether the first of the rows `[.., L, D]` is that of position 0, of sines that are 0 and cosines that are
/// 1, and all others are sines and cosines as well.
fn is_sinusoid(shape: &[usize], values: &[f32]) -> bool {
    let &[.., length, width] = shape else { return false };
    if length * width != values.len() || length < 2 || width < 2 {
        return false;
    }
    let (first, others) = values.split_at(width);
    let ones = first.iter().filter(|&&x| x == 1.0).count();
    let zeros = first.iter().filter(|&&x| x == 0.0).count();
    let is_start =
        ones + zeros == width && [ones, zeros, width / 2].iter().any(|&n| 2 * n == width || n == width);
    is_start
        && !is_uniform(others)
        && others.iter().all(|x| x.abs() <= 1.0)
        && others.iter().any(|x| x.fract() != 0.0)
}

#[cfg(test)]
mod tests {
    use std::f32::consts::PI;

    use ops::{Device, random};

    use super::*;

    fn tensor(shape: &[usize], value: impl Fn(usize) -> f32) -> Tensor {
        let values: Vec<_> = (0..shape.iter().product()).map(value).collect();
        Tensor::from_data(values, shape, Device::Cpu).unwrap()
    }

    #[test]
    fn filters_are_known_by_their_symmetry() {
        let blur = [1.0, 3.0, 3.0, 1.0];
        assert!(filter(&tensor(&[2, 1, 4, 4], |i| blur[i / 4 % 4] * blur[i % 4])).is_some());
        let sobel = [-1.0, 0.0, 1.0, -2.0, 0.0, 2.0, -1.0, 0.0, 1.0];
        assert!(filter(&tensor(&[3, 1, 3, 3], |i| sobel[i % 9])).is_some());
        // The real and imaginary parts of a windowed Fourier transform of 16 numbers.
        let fourier = |i: usize| {
            let (row, n) = (i / 16, (i % 16) as f32);
            let angle = 2.0 * PI * (row / 2) as f32 * n / 16.0;
            (0.5 - 0.5 * (2.0 * PI * n / 16.0).cos()) * if row % 2 == 0 { angle.cos() } else { angle.sin() }
        };
        assert!(filter(&tensor(&[18, 1, 16], fourier)).is_some());
        assert!(transform(&tensor(&[18, 16], fourier)).is_some());
        assert!(transform(&tensor(&[16, 18], |i| fourier(i % 18 * 16 + i / 18))).is_some());
    }

    #[test]
    fn weights_are_no_filters() {
        for shape in [[4, 3, 3, 3], [8, 1, 5, 5], [1, 1, 2, 2]] {
            let weight = random::uniform(&shape, Device::Cpu).unwrap();
            assert!(filter(&weight).is_none(), "{shape:?}");
        }
        assert!(filter(&tensor(&[1, 16, 1, 1], |i| i as f32)).is_some());
        // Fresh ones may be the same number throughout, or an identity.
        assert!(filter(&tensor(&[2, 2, 3, 3], |_| 0.5)).is_none());
        assert!(filter(&tensor(&[2, 2, 3, 3], |_| 0.0)).is_none());
        assert!(transform(&tensor(&[8, 8], |_| 0.0)).is_none());
        let weight = random::normal(&[16, 8], Device::Cpu).unwrap();
        assert!(transform(&weight).is_none());
    }

    #[test]
    fn a_mel_filter_bank_is_no_weight() {
        // Triangles of width 4, 2 apart.
        let bank = |i: usize| (2.0 - ((i / 8) as f32 - 2.0 * (i % 8) as f32).abs()).max(0.0);
        assert!(transform(&tensor(&[20, 8], bank)).is_some());
        assert!(transform(&tensor(&[20, 8], |i| bank(i) - 1e-3)).is_none());
    }

    #[test]
    fn operands_that_are_parts_of_formulas() {
        let hann = |i: usize| 0.5 - 0.5 * (2.0 * PI * i as f32 / 32.0).cos();
        assert_eq!(operand(&tensor(&[32], hann)), Some("a window: its numbers are even or odd"));
        let mask = |low: f32| tensor(&[4, 4], move |i| if i % 4 > i / 4 { low } else { 0.0 });
        assert!(operand(&mask(f32::NEG_INFINITY)).is_some() && operand(&mask(-1e4)).is_some());
        let position = |i: usize| {
            let angle = (i / 8) as f32 / 100_f32.powf((i % 8 / 2) as f32 / 4.0);
            if i.is_multiple_of(2) { angle.sin() } else { angle.cos() }
        };
        assert_eq!(operand(&tensor(&[1, 10, 8], position)), Some("sines and cosines of positions"));
        for learned in [random::normal(&[1, 10, 8], Device::Cpu).unwrap(), tensor(&[64], |_| 1e-6)] {
            assert_eq!(operand(&learned), None);
        }
        assert_eq!(operand(&tensor(&[6], |i| f32::from(u8::from(i % 5 == 0)))), None);
    }
}
