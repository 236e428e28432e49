//! Functions of two tensors of f32 that broadcast against each other.

use std::mem::MaybeUninit;

use super::{PART, in_parts, wide};

/// The numbers of a tensor in row-major order, and its shape.
pub(crate) type Numbers<'a> = (&'a [f32], &'a [usize]);

/// Neighbouring dimensions of the output that are walked as one: how many elements, and how far apart two
/// neighbours are in each input, 0 where it repeats one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Axis {
    len: usize,
    steps: [usize; 2],
}

/// `y = f(a, b)` of the shape that both broadcast to, which has no dimension of size 0.
pub(crate) fn broadcast(
    (a, a_shape): Numbers,
    (b, b_shape): Numbers,
    shape: &[usize],
    f: impl Fn(f32, f32) -> f32 + Sync,
) -> Vec<f32> {
    let axes = axes([a_shape, b_shape], shape);
    let (&Axis { len, steps }, outer) = axes.split_last().expect("there is always one");
    let fill = |first: usize, part: &mut [MaybeUninit<f32>]| {
        wide!({
            let mut done = 0;
            while done < part.len() {
                let (row, at) = ((first + done) / len, (first + done) % len);
                let n = (len - at).min(part.len() - done);
                let [i, j] = start(outer, row);
                let y = part[done..done + n].iter_mut();
                match steps {
                    [0, _] => {
                        let (a, b) = (a[i], &b[j + at..][..n]);
                        y.zip(b).for_each(|(y, &b)| _ = y.write(f(a, b)));
                    }
                    [_, 0] => {
                        let (a, b) = (&a[i + at..][..n], b[j]);
                        y.zip(a).for_each(|(y, &a)| _ = y.write(f(a, b)));
                    }
                    _ => {
                        let (a, b) = (&a[i + at..][..n], &b[j + at..][..n]);
                        y.zip(a).zip(b).for_each(|((y, &a), &b)| _ = y.write(f(a, b)));
                    }
                }
                done += n;
            }
        });
    };
    // SAFETY: the pieces of rows are all of a part, and each is zipped with as many numbers.
    unsafe { in_parts(shape.iter().product(), PART, fill) }
}

/// The dimensions of the output, joined where they can be; at least one.
fn axes(inputs: [&[usize]; 2], shape: &[usize]) -> Vec<Axis> {
    let mut axes: Vec<Axis> = vec![];
    let mut sizes = [1; 2];
    for (i, &len) in shape.iter().rev().enumerate() {
        let own = inputs.map(|input| if i < input.len() { input[input.len() - 1 - i] } else { 1 });
        let steps = [0, 1].map(|k| if own[k] == 1 { 0 } else { sizes[k] });
        (0..2).for_each(|k| sizes[k] *= own[k]);
        match axes.last_mut() {
            _ if len == 1 => {}
            Some(last) if (0..2).all(|k| steps[k] == last.steps[k] * last.len) => last.len *= len,
            _ => axes.push(Axis { len, steps }),
        }
    }
    if axes.is_empty() {
        axes.push(Axis { len: 1, steps: [1; 2] });
    }
    axes.reverse();
    axes
}

/// Where a row starts in each input.
#[inline(always)]
fn start(outer: &[Axis], mut row: usize) -> [usize; 2] {
    let mut start = [0; 2];
    for axis in outer.iter().rev() {
        let i = row % axis.len;
        row /= axis.len;
        start[0] += i * axis.steps[0];
        start[1] += i * axis.steps[1];
    }
    start
}

#[cfg(test)]
mod tests {
    use super::{Axis, axes, broadcast};

    #[test]
    fn dimensions_that_both_walk_alike_are_one() {
        let axis = |len, steps| Axis { len, steps };
        assert_eq!(axes([&[2, 3, 4], &[2, 3, 4]], &[2, 3, 4]), [axis(24, [1, 1])]);
        assert_eq!(axes([&[2, 3, 4], &[]], &[2, 3, 4]), [axis(24, [1, 0])]);
        let bias = [axis(2, [60, 0]), axis(3, [20, 1]), axis(20, [1, 0])];
        assert_eq!(axes([&[2, 3, 4, 5], &[3, 1, 1]], &[2, 3, 4, 5]), bias);
        assert_eq!(axes([&[7, 1], &[1, 5]], &[7, 5]), [axis(7, [1, 0]), axis(5, [0, 1])]);
        assert_eq!(axes([&[1, 1], &[]], &[1, 1]), [axis(1, [1, 1])]);
    }

    #[test]
    fn every_element_meets_its_partner() {
        // All shapes of up to four dimensions of 1 to 3, against each other.
        for code in 0..4usize.pow(4) {
            let digit = |k: usize| code / 4usize.pow(k as u32) % 4;
            let a: Vec<usize> = (0..4).map(|k| if digit(k) & 1 == 0 { 1 } else { k + 2 }).collect();
            let b: Vec<usize> = (0..4).map(|k| if digit(k) & 2 == 0 { 1 } else { k + 2 }).collect();
            let shape: Vec<usize> = a.iter().zip(&b).map(|(a, b)| *a.max(b)).collect();
            let numbers = |shape: &[usize]| -> Vec<f32> {
                (0..shape.iter().product::<usize>()).map(|i| i as f32).collect()
            };
            let (x, y) = (numbers(&a), numbers(&b));
            let found = broadcast((&x, &a), (&y, &b), &shape, |x, y| 1000.0 * x + y);
            for (i, found) in found.iter().enumerate() {
                let (mut rest, mut at, mut size) = (i, [0, 0], [1, 1]);
                for k in (0..4).rev() {
                    let index = rest % shape[k];
                    rest /= shape[k];
                    for (n, own) in [a[k], b[k]].into_iter().enumerate() {
                        at[n] += if own == 1 { 0 } else { index * size[n] };
                        size[n] *= own;
                    }
                }
                assert_eq!(*found, 1000.0 * x[at[0]] + y[at[1]], "{a:?} {b:?}");
            }
        }
    }
}
