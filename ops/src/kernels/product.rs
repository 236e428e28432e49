//! Matrix products on one thread.

use gemm::{Parallelism, gemm};

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

/// `c += a b`, with `a [m, k]` and `b [k, n]`.
///
/// # Panics
/// Where a matrix does not fit its slice.
pub(crate) fn add_product(
    [m, k, n]: [usize; 3],
    (a, a_steps): (&[f32], Steps),
    (b, b_steps): (&[f32], Steps),
    (c, c_steps): (&mut [f32], Steps),
) {
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
