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

/// The transpose of a square.
#[inline(always)]
pub(super) fn square(x: &[[f32; SIDE]; SIDE]) -> [[f32; SIDE]; SIDE] {
    let mut y = [[0.0; SIDE]; SIDE];
    for (row, column) in (0..SIDE).step_by(4).flat_map(|i| (0..SIDE).step_by(4).map(move |j| (i, j))) {
        let mut part = [[0.0; 4]; 4];
        part.iter_mut().zip(&x[row..]).for_each(|(to, from)| to.copy_from_slice(&from[column..column + 4]));
        for (to, from) in y[column..].iter_mut().zip(quad(&part)) {
            to[row..row + 4].copy_from_slice(&from);
        }
    }
    y
}

/// The transpose of four by four numbers. Compilers do not find the instructions for it by themselves.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn quad(x: &[[f32; 4]; 4]) -> [[f32; 4]; 4] {
    use std::arch::x86_64::{_MM_TRANSPOSE4_PS, _mm_loadu_ps, _mm_storeu_ps};

    let mut y = [[0.0; 4]; 4];
    // SAFETY: four numbers are read and written at a time, by instructions of all processors of this kind.
    unsafe {
        let [mut a, mut b, mut c, mut d] = x.each_ref().map(|line| _mm_loadu_ps(line.as_ptr()));
        _MM_TRANSPOSE4_PS(&mut a, &mut b, &mut c, &mut d);
        y.iter_mut().zip([a, b, c, d]).for_each(|(to, from)| _mm_storeu_ps(to.as_mut_ptr(), from));
    }
    y
}

/// The transpose of four by four numbers.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub(super) fn quad(x: &[[f32; 4]; 4]) -> [[f32; 4]; 4] {
    [0, 1, 2, 3].map(|i| x.each_ref().map(|line| line[i]))
}
