//! Diagonals, dimensions that move, and tensors as lists of their parts.

use ops::Tensor;

use crate::{
    error::{Error, Result},
    script::{Adder, Dims},
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    global
        .add(
            "diag(x, offset)",
            "Of a vector [N] the matrix that has it as its diagonal, of a matrix its diagonal; `offset` (0) \
             to the right.",
            "tensor([1, 2]).diag().to_array() => [[1, 0], [0, 2]]\n\
             tensor([[1, 2], [3, 4]]).diag(1).to_array() => [2]",
            |x: Tensor, offset: Option<i64>| x.diag(offset.unwrap_or(0)),
        )
        .add(
            "diagonal(x, offset, rows, columns)",
            "The diagonal of the matrices that two dimensions (0 and 1) make, as the last dimension.",
            "tensor([[1, 2], [3, 4]]).diagonal().to_array() => [1, 4]\n\
             zeros([5, 2, 3]).diagonal(0, 1, 2).shape => [5, 2]",
            |x: Tensor, offset: Option<i64>, rows: Option<i64>, columns: Option<i64>| {
                x.diagonal(offset.unwrap_or(0), rows.unwrap_or(0), columns.unwrap_or(1))
            },
        )
        .add(
            "diag_embed(x, offset)",
            "Matrices [.., N, N] whose diagonal is the last dimension, zeros elsewhere; `offset` (0) to the \
             right.",
            "tensor([[1, 2]]).diag_embed().to_array() => [[[1, 0], [0, 2]]]",
            |x: Tensor, offset: Option<i64>| x.diag_embed(offset.unwrap_or(0)),
        )
        .add(
            "trace(x)",
            "The sum of the diagonal of a matrix.",
            "tensor([[1, 2], [3, 4]]).trace().item() => 5",
            |x: Tensor| x.trace(),
        )
        .add(
            "movedim(x, from, to)",
            "A dimension, or several, at another place; the others keep their order.",
            "zeros([2, 3, 4]).movedim(0, -1).shape => [3, 4, 2]\n\
             zeros([2, 3, 4]).movedim([0, 1], [1, 2]).shape => [4, 2, 3]",
            |x: Tensor, from: Dims, to: Dims| movedim(&x, &from.0, &to.0),
        )
        .add(
            "unbind(x, dim)",
            "All parts along a dimension (0), without it, as an array.",
            "tensor([[1, 2], [3, 4]]).unbind(1)[0].to_array() => [1, 3]",
            |x: Tensor, dim: Option<i64>| rows(&x, dim.unwrap_or(0)),
        );
}

/// The parts of a tensor along a dimension, without it.
///
/// # Errors
/// Those of a dimension that there is not.
pub fn rows(x: &Tensor, dim: i64) -> ops::Result<Vec<Tensor>> {
    x.split(1, dim)?.iter().map(|part| part.squeeze(dim)).collect()
}

fn movedim(x: &Tensor, from: &[i64], to: &[i64]) -> Result<Tensor> {
    let rank = x.rank() as i64;
    let place = |dims: &[i64]| {
        let wrong = || {
            let problem = format!("movedim: the dimensions {dims:?} of {:?}", x.shape());
            Error::usage(problem, "give each dimension once, from 0 on or from the end")
        };
        let counted: Vec<i64> = dims.iter().map(|&d| if d < 0 { d + rank } else { d }).collect();
        let once = counted.iter().enumerate().all(|(i, d)| !counted[..i].contains(d));
        let fits = once && from.len() == to.len() && counted.iter().all(|d| (0..rank).contains(d));
        if fits { Ok(counted) } else { Err(wrong()) }
    };
    let (from, to) = (place(from)?, place(to)?);
    let mut others = (0..rank).filter(|d| !from.contains(d));
    let order: Vec<i64> = (0..rank)
        .filter_map(|d| match to.iter().position(|&place| place == d) {
            Some(i) => Some(from[i]),
            None => others.next(),
        })
        .collect();
    Ok(x.permute(&order)?)
}
