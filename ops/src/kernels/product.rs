//! Matrix products on one thread.

use gemm::{Parallelism, gemm};

use crate::interrupt;

/// Narrower products are not halved: `gemm` sums them in another order.
const NARROW: usize = 512;

/// How a matrix lies in a slice: the distance from row to row and from column to column.
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

/// Multiplications between two questions whether to stop: a tenth of a second on a slow core.
pub(crate) const MOST: usize = 1 << 32;

/// `c += a b`, with `a [m, k]` and `b [k, n]`. A large one in halves, of the columns or of the rows: no number
/// is summed in another order for it.
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
    if m.saturating_mul(n).saturating_mul(k) > MOST && m.max(n) > NARROW {
        let half = (m.max(n) / 2).next_multiple_of(NARROW / 2);
        let (first, second, a_skip, b_skip, c_skip) = match m >= n {
            true => ([half, k, n], [m - half, k, n], half * a_steps.row, 0, half * c_steps.row),
            false => ([m, k, half], [m, k, n - half], 0, half * b_steps.column, half * c_steps.column),
        };
        add_product(first, (a, a_steps), (b, b_steps), (&mut *c, c_steps));
        let (a, b, c) = (&a[a_skip..], &b[b_skip..], &mut c[c_skip..]);
        return add_product(second, (a, a_steps), (b, b_steps), (c, c_steps));
    }
    assert!(a_steps.covers([m, k], a.len()), "the left factor does not fit");
    assert!(b_steps.covers([k, n], b.len()), "the right factor does not fit");
    assert!(c_steps.covers([m, n], c.len()), "the product does not fit");
    let [a_steps, b_steps, c_steps] =
        [a_steps, b_steps, c_steps].map(|s| [s.column as isize, s.row as isize]);
    // SAFETY: all elements that the sizes and distances speak of lie in the slices, as just checked.
    unsafe {
        gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            c_steps[0],
            c_steps[1],
            true,
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
