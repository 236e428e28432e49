//! `losses::...`: what training minimises. All are means, of rank 0.

use ops::{Tensor, nn::loss};

use crate::script::Table;

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    table
        .module("losses", "What training makes smaller; all are means.")
        .add(
            "mse(x, target)",
            "Mean squared error: mean((x - target)^2).",
            "losses::mse(tensor([1.0, 3.0]), tensor([1.0, 1.0])).item() => 2.0",
            |x: Tensor, target: Tensor| loss::mse(&x, &target),
        )
        .add(
            "l1(x, target)",
            "Mean absolute error: mean(|x - target|).",
            "losses::l1(tensor([1.0, 3.0]), tensor([1.0, 1.0])).item() => 1.0",
            |x: Tensor, target: Tensor| loss::l1(&x, &target),
        )
        .add(
            "bce(p, target)",
            "Binary cross-entropy of probabilities: -mean(t log p + (1 - t) log(1 - p)), logarithms at least \
             -100. Refuses a p outside of 0 to 1; on a GPU when the loss is next read.",
            "losses::bce(tensor([1.0]), tensor([1.0])).item() => 0.0\n\
             losses::bce(tensor([0.5]), tensor([1.0])).exp().item() => 2.0",
            |p: Tensor, target: Tensor| loss::bce(&p, &target),
        )
        .add(
            "bce_with_logits(z, target)",
            "Binary cross-entropy of sigmoid(z), stable for large z.",
            "losses::bce_with_logits(tensor([1000.0]), tensor([1.0])).item() => 0.0\n\
             losses::bce_with_logits(tensor([0.0]), tensor([1.0])).exp().item() => 2.0",
            |z: Tensor, target: Tensor| loss::bce_with_logits(&z, &target),
        )
        .add(
            "cross_entropy(logits, labels, smoothing)",
            "-mean(log softmax(logits)[label]) for logits [N, C] and whole labels [N]; with a share (0) of \
             the target spread evenly over all classes.",
            "losses::cross_entropy(tensor([[1000.0, 0.0]]), tensor([0])).item() => 0.0\n\
             losses::cross_entropy(tensor([[0.0, 0.0]]), tensor([1])).exp().item() => 2.0\n\
             losses::cross_entropy(tensor([[0.0, 0.0]]), tensor([0]), 0.1).item() > 0.69 \
             => true",
            |logits: Tensor, labels: Tensor, smoothing: Option<f64>| {
                loss::cross_entropy(&logits, &labels, smoothing.unwrap_or(0.0))
            },
        )
        .add(
            "hinge_d(real, fake)",
            "The hinge loss of a discriminator: mean(max(0, 1 - real)) + mean(max(0, 1 + fake)).",
            "losses::hinge_d(tensor([2.0]), tensor([0.0])).item() => 1.0",
            |real: Tensor, fake: Tensor| loss::hinge_d(&real, &fake),
        )
        .add(
            "hinge_g(fake)",
            "The hinge loss of a generator: -mean(fake).",
            "losses::hinge_g(tensor([2.0])).item() => -2.0",
            |fake: Tensor| loss::hinge_g(&fake),
        )
        .add(
            "lsgan_d(real, fake)",
            "The least-squares loss of a discriminator: (mean((real - 1)^2) + mean(fake^2)) / 2.",
            "losses::lsgan_d(tensor([1.0]), tensor([2.0])).item() => 2.0",
            |real: Tensor, fake: Tensor| loss::lsgan_d(&real, &fake),
        )
        .add(
            "lsgan_g(fake)",
            "The least-squares loss of a generator: mean((fake - 1)^2) / 2.",
            "losses::lsgan_g(tensor([3.0])).item() => 2.0",
            |fake: Tensor| loss::lsgan_g(&fake),
        )
        .add(
            "wasserstein_d(real, fake)",
            "The Wasserstein loss of a critic: mean(fake) - mean(real).",
            "losses::wasserstein_d(tensor([3.0]), tensor([1.0])).item() => -2.0",
            |real: Tensor, fake: Tensor| loss::wasserstein_d(&real, &fake),
        )
        .add(
            "gradient_penalty(scores, x)",
            "mean((|d scores / d x| - 1)^2) over samples, for tracked x (Gulrajani et al., 2017).",
            "{ let x = tensor([[3.0]]).track(); losses::gradient_penalty((x * 2).sum([1]), x).item() } \
             => 1.0",
            |scores: Tensor, x: Tensor| loss::gradient_penalty(&scores, &x),
        )
        .add(
            "gaussian_kl(mu, logvar)",
            "KL divergence of N(mu, e^logvar) from N(0, 1), summed over dimensions, mean over samples.",
            "losses::gaussian_kl(zeros([2, 3]), zeros([2, 3])).item() => 0.0\n\
             losses::gaussian_kl(tensor([[1.0, 2.0]]), zeros([1, 2])).item() => 2.5",
            |mu: Tensor, logvar: Tensor| loss::gaussian_kl(&mu, &logvar),
        );
}
