//! Matrix products on one thread.

use gemm::{Parallelism, gemm};

use crate::interrupt;

/// Halves have at least so many rows or columns: `gemm` sums very narrow ones in another order.
const NARROW: usize = 512;

/// How a matrix is stored in a slice: the distance from row to row and from column to column.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Steps {
    pub row: usize,
    pub column: usize,
}

impl Steps {
    fn covers(self, [rows, columns]: [usize; 2], len: usize) -> bool {
        (rows - 1) * self.row + (columns - 1) * self.column < len
    }
}

/// Multiplications between two polls for a stop: a tenth of a second on a slow core.
pub(crate) const MAX_MULTIPLICATIONS: usize = 1 << 32;

/// `c += a b`, with `a [m, k]` and `b [k, n]`. A large one in halves: of the rows or columns, for which no
/// number is summed in another order, and of the depth where these are few.
///
/// # Panics
/// Where a matrix does not fit its slice.
pub(crate) fn add_product(
    [m, k, n]: [usize; 3],
    (a, a_steps): (&[f32], Steps),
    (b, b_steps): (&[f32], Steps),
    (c, c_steps): (&mut [f32], Steps),
) {
    interrupt::poll();
    if m.saturating_mul(n).saturating_mul(k) <= MAX_MULTIPLICATIONS {
        return multiply([m, k, n], (a, a_steps), (b, b_steps), (c, c_steps), true);
    }
    let half = |size: usize| size / (2 * NARROW) * NARROW;
    // Sizes of both halves, and where the second one begins in each matrix.
    let (first, second, [a_skip, b_skip, c_skip]) = if m.max(n) < 2 * NARROW {
        let half = k / 2;
        ([m, half, n], [m, k - half, n], [half * a_steps.column, half * b_steps.row, 0])
    } else if m >= n {
        ([half(m), k, n], [m - half(m), k, n], [half(m) * a_steps.row, 0, half(m) * c_steps.row])
    } else {
        ([m, k, half(n)], [m, k, n - half(n)], [0, half(n) * b_steps.column, half(n) * c_steps.column])
    };
    add_product(first, (a, a_steps), (b, b_steps), (&mut *c, c_steps));
    let (a, b, c) = (&a[a_skip..], &b[b_skip..], &mut c[c_skip..]);
    add_product(second, (a, a_steps), (b, b_steps), (c, c_steps));
}

/// `c = a b`, as [`add_product`] of what is small.
pub(crate) fn put_product(sizes: [usize; 3], a: (&[f32], Steps), b: (&[f32], Steps), c: (&mut [f32], Steps)) {
    interrupt::poll();
    multiply(sizes, a, b, c, false);
}

/// A product without halves, which is added to what `c` is, or not.
fn multiply(
    [m, k, n]: [usize; 3],
    (a, a_steps): (&[f32], Steps),
    (b, b_steps): (&[f32], Steps),
    (c, c_steps): (&mut [f32], Steps),
    add: bool,
) {
    assert!(a_steps.covers([m, k], a.len()), "the left factor does not fit");
    assert!(b_steps.covers([k, n], b.len()), "the right factor does not fit");
    assert!(c_steps.covers([m, n], c.len()), "the product does not fit");
    let [a_steps, b_steps, c_steps] =
        [a_steps, b_steps, c_steps].map(|s| [s.column as isize, s.row as isize]);
    // SAFETY: all elements that the sizes and distances reach are in the slices, as just checked.
    unsafe {
        gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            c_steps[0],
            c_steps[1],
            add,
            a.as_ptr(),
            a_steps[0],
            a_steps[1],
            b.as_ptr(),
            b_steps[0],
            b_steps[1],
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_in_halves_has_the_same_bits() {
        let number = |i: usize| (i.wrapping_mul(2_654_435_761) % 2003) as f32 / 1000.0 - 1.0;
        // Once the rows are halved, once the columns, of which both are odd in number.
        for [m, k, n] in [[1031, 8192, 517], [517, 8192, 1031]] {
            assert!(m * k * n > MAX_MULTIPLICATIONS);
            let (a, b): (Vec<_>, Vec<_>) =
                ((0..m * k).map(number).collect(), (0..k * n).map(number).collect());
            let steps = [k, n, n].map(|row| Steps { row, column: 1 });
            let [mut whole, mut halves] = [vec![0.5; m * n], vec![0.5; m * n]];
            multiply([m, k, n], (&a, steps[0]), (&b, steps[1]), (&mut whole, steps[2]), true);
            add_product([m, k, n], (&a, steps[0]), (&b, steps[1]), (&mut halves, steps[2]));
            assert!(whole.iter().zip(&halves).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
}
