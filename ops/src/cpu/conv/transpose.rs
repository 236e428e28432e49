//! Transposed matrices, so that products read whole vectors.

/// Rows are filled up to a multiple of this: a whole number of vectors of any processor.
pub(super) const SIDE: usize = 16;

/// `n`, filled up to whole vectors.
pub(super) fn lanes(n: usize) -> usize {
    n.next_multiple_of(SIDE)
}

/// The transpose of a matrix of `rows` rows, `step` elements apart: `[columns, lanes(rows)]`, with zeros
/// after each line.
pub(super) fn transpose(matrix: &[f32], [rows, step]: [usize; 2], transposed: &mut [f32]) {
    let (lanes, columns) = (lanes(rows), transposed.len() / lanes(rows));
    for row in (0..rows).step_by(SIDE) {
        for column in (0..columns).step_by(SIDE) {
            // Read along the rows, written along the columns: through registers and the nearest cache.
            let mut lines = [[0.0; SIDE]; SIDE];
            for (row, line) in (row..rows).zip(&mut lines) {
                let source = &matrix[row * step + column..];
                match source.first_chunk() {
                    Some(full) if column + SIDE <= columns => *line = *full,
                    _ => line.iter_mut().zip(&source[..columns - column]).for_each(|(to, from)| *to = *from),
                }
            }
            for (i, line) in square(&lines)[..SIDE.min(columns - column)].iter().enumerate() {
                transposed[(column + i) * lanes + row..][..SIDE].copy_from_slice(line);
            }
        }
    }
}

/// The transpose of a square, four by four numbers at a time.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn square(x: &[[f32; SIDE]; SIDE]) -> [[f32; SIDE]; SIDE] {
    use std::arch::x86_64::{_MM_TRANSPOSE4_PS, _mm_loadu_ps, _mm_storeu_ps};

    let mut y = [[0.0; SIDE]; SIDE];
    for (row, column) in (0..SIDE).step_by(4).flat_map(|i| (0..SIDE).step_by(4).map(move |j| (i, j))) {
        // SAFETY: four numbers of a row are read and written, by what every processor of this kind has.
        unsafe {
            let [mut a, mut b, mut c, mut d] = [0, 1, 2, 3].map(|i| _mm_loadu_ps(&x[row + i][column]));
            _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
            for (i, line) in [a, b, c, d].into_iter().enumerate() {
                _mm_storeu_ps(&mut y[column + i][row], line);
            }
        }
    }
    y
}

/// The transpose of a square.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn square(x: &[[f32; SIDE]; SIDE]) -> [[f32; SIDE]; SIDE] {
    std::array::from_fn(|i| x.each_ref().map(|line| line[i]))
}
