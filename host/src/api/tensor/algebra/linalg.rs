//! Linear algebra of matrices [.., M, N], each for itself, computed on the CPU whatever the device.

use ops::Tensor;

use crate::{api::tensor::choose::pair, script::Adder};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    add_solved(global);
    add_factors(global);
}

fn add_solved(global: &mut Adder) {
    global
        .add(
            "det(x)",
            "The determinants of matrices [.., N, N]. As all linear algebra it is computed on the CPU, \
             whatever the device.",
            "tensor([[2.0, 0.0], [0.0, 3.0]]).det().item() => 6.0",
            |x: Tensor| x.det(),
        )
        .add(
            "slogdet(x)",
            "[sign, logarithm of the size] of the determinants of matrices [.., N, N].",
            "tensor([[0.0, 1.0], [1.0, 0.0]]).slogdet()[0].item() => -1.0",
            |x: Tensor| x.slogdet().map(pair),
        )
        .add(
            "inverse(x)",
            "The inverses of matrices [.., N, N]; refuses a singular one.",
            "tensor([[2.0, 0.0], [0.0, 4.0]]).inverse().to_array() => [[0.5, 0.0], [0.0, 0.25]]",
            |x: Tensor| x.inverse(),
        )
        .add(
            "solve(x, right)",
            "The y of x y = right, for matrices [.., N, N] and right sides [.., N, K] or [N].",
            "tensor([[2.0, 0.0], [0.0, 4.0]]).solve(tensor([2.0, 2.0])).to_array() => [1.0, 0.5]",
            |x: Tensor, right: Tensor| x.solve(&right),
        )
        .add(
            "cholesky(x)",
            "The lower triangular l of l l^T = x, for positive definite matrices [.., N, N].",
            "tensor([[4.0, 2.0], [2.0, 2.0]]).cholesky().to_array() => [[2.0, 0.0], [1.0, 1.0]]",
            |x: Tensor| x.cholesky(),
        );
}

fn add_factors(global: &mut Adder) {
    global
        .add(
            "qr(x)",
            "[q, r] of q r = x: q [.., M, K] with orthogonal columns, r [.., K, N] upper triangular, K the \
             smaller size of the matrices. A gradient exists for M of at least N.",
            "tensor([[3.0], [4.0]]).qr()[1].abs().to_array() => [[5.0]]",
            |x: Tensor| x.qr(),
        )
        .add(
            "svd(x)",
            "[u, s, vh] of u diag(s) vh = x: singular values s [.., K], the largest first, of matrices \
             [.., M, N] with K the smaller size.",
            "tensor([[0.0, 3.0], [2.0, 0.0]]).svd()[1].round().to_array() => [3.0, 2.0]",
            |x: Tensor| x.svd(),
        )
        .add(
            "eigh(x)",
            "[values, vectors] of symmetric matrices [.., N, N]: eigenvalues in ascending order, \
             eigenvectors as columns.",
            "tensor([[0.0, 1.0], [1.0, 0.0]]).eigh()[0].round().to_array() => [-1.0, 1.0]",
            |x: Tensor| x.eigh(),
        );
}
