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
            let mut square = [[0.0; SIDE]; SIDE];
            for (row, line) in (row..rows).zip(&mut square) {
                let source = &matrix[row * step + column..];
                match source.first_chunk() {
                    Some(full) if column + SIDE <= columns => *line = *full,
                    _ => line.iter_mut().zip(&source[..columns - column]).for_each(|(to, from)| *to = *from),
                }
            }
            for i in 0..SIDE.min(columns - column) {
                let at = (column + i) * lanes + row;
                transposed[at..at + SIDE].copy_from_slice(&square.each_ref().map(|line| line[i]));
            }
        }
    }
}
