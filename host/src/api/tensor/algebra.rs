//! Sums of products, distances, linear algebra.

mod linalg;

use ops::Tensor;
use rhai::{Array, Dynamic};

use crate::{
    error::Result,
    script::{Adder, FromScript, Refusal},
};

/// The dimensions that `tensordot` sums over: the last ones of one tensor and the first ones of the other, or
/// those of each.
enum Summed {
    Count(usize),
    Each(Vec<i64>, Vec<i64>),
}

impl FromScript for Summed {
    const NAME: &'static str = "integer or two arrays of integer";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        if value.is_int() {
            return usize::from_script(value).map(Self::Count);
        }
        match value.read_lock::<Array>().ok_or(Refusal::Type)?.as_slice() {
            [own, others] => Ok(Self::Each(Vec::from_script(own)?, Vec::from_script(others)?)),
            _ => Err(Refusal::Type),
        }
    }
}

impl Summed {
    /// Those of a tensor of `rank` dimensions, and of the other one.
    fn dims(self, rank: usize) -> [Vec<i64>; 2] {
        match self {
            Self::Count(n) => {
                let (rank, n) = (rank as i64, n.min(1 << 16) as i64);
                [(rank - n..rank).collect(), (0..n).collect()]
            }
            Self::Each(own, others) => [own, others],
        }
    }
}

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    add_products(global);
    add_distances(global);
    linalg::add(global);
}

fn add_products(global: &mut Adder) {
    global
        .add(
            "einsum(equation, tensors)",
            "Sums of products by Einstein's convention: labels that the result does not have are summed \
             over; \"bij,bjk->bik\" is a matrix product in each sample. `...` stands for any dimensions.",
            "einsum(\"ij,j->i\", [tensor([[1.0, 2.0], [3.0, 4.0]]), tensor([1.0, 1.0])]).to_array() \
             => [3.0, 7.0]\n\
             einsum(\"ii\", [eye(3)]).item() => 3.0",
            |equation: String, tensors: Vec<Tensor>| {
                Tensor::einsum(&equation, &tensors.iter().collect::<Vec<_>>())
            },
        )
        .add(
            "tensordot(a, b, dims)",
            "The sum of products over the last `dims` dimensions of a and the first of b, or over those of \
             each, [[of a], [of b]].",
            "tensor([[1.0, 2.0]]).tensordot(tensor([[3.0], [4.0]]), 1).to_array() => [[11.0]]\n\
             tensor([[1.0, 2.0]]).tensordot(tensor([[3.0, 4.0]]), [[1], [1]]).to_array() => [[11.0]]",
            |a: Tensor, b: Tensor, dims: Summed| {
                let [own, others] = dims.dims(a.rank());
                a.tensordot(&b, &own, &others)
            },
        )
        .add(
            "outer(a, b)",
            "The products of all pairs of two vectors.",
            "tensor([1.0, 2.0]).outer(tensor([3.0, 4.0])).to_array() => [[3.0, 4.0], [6.0, 8.0]]",
            |a: Tensor, b: Tensor| a.outer(&b),
        );
}

fn add_distances(global: &mut Adder) {
    global
        .add(
            "cdist(a, b, p)",
            "The distances of all points [.., P, D] of a from all points [.., R, D] of b, [.., P, R], in the \
             p-norm (2).",
            "tensor([[0.0, 0.0]]).cdist(tensor([[3.0, 4.0]])).to_array() => [[5.0]]\n\
             tensor([[0.0, 0.0]]).cdist(tensor([[3.0, 4.0]]), 1).to_array() => [[7.0]]",
            |a: Tensor, b: Tensor, p: Option<f64>| a.cdist(&b, p.unwrap_or(2.0)),
        )
        .add(
            "pairwise_distance(a, b, p)",
            "The distance of each vector of the last dimension of a from that of b, in the p-norm (2), with \
             1e-6 added to each difference, as in PyTorch.",
            "tensor([[3.0, 4.0]]).pairwise_distance(zeros([1, 2])).round().to_array() => [5.0]",
            |a: Tensor, b: Tensor, p: Option<f64>| a.pairwise_distance(&b, p.unwrap_or(2.0), 1e-6),
        )
        .add(
            "cosine_similarity(a, b, dim)",
            "The cosine of the angle of vectors along a dimension (1).",
            "tensor([[3.0, 0.0]]).cosine_similarity(tensor([[2.0, 0.0]])).to_array() => [1.0]\n\
             tensor([3.0, 0.0]).cosine_similarity(tensor([0.0, 2.0]), 0).item() => 0.0",
            |a: Tensor, b: Tensor, dim: Option<i64>| a.cosine_similarity(&b, dim.unwrap_or(1), 1e-8),
        );
}
