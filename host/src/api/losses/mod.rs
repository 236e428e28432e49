//! `losses::...`: what training minimises. All are means, of rank 0, unless the option `reduction` says
//! otherwise.

mod classes;
mod pairs;

use ops::{
    Tensor,
    nn::loss::{self, Reduction},
};
use rhai::Map;

use super::options::CallOptions;
use crate::{
    error::Result,
    script::{Adder, Table},
};

/// Adds the functions of this file.
pub fn add(table: &mut Table) {
    let doc = "What training makes smaller. All are means; with the option reduction: \"sum\" sums, with \
               \"none\" the loss of each number or sample.";
    let mut losses = table.module("losses", doc);
    add_regression(&mut losses);
    add_binary(&mut losses);
    classes::add(&mut losses);
    pairs::add(&mut losses);
    add_adversarial(&mut losses);
    add_likelihood(&mut losses);
}

/// The option `reduction`.
fn reduction(options: &mut CallOptions) -> Result<Reduction> {
    let known = [("mean", Reduction::Mean), ("sum", Reduction::Sum), ("none", Reduction::None)];
    options.choice("reduction", &known)
}

/// A script function of one tensor that has no other options.
fn of_one(
    function: &'static str,
    loss: fn(&Tensor, Reduction) -> ops::Result<Tensor>,
) -> impl Fn(Tensor, Option<Map>) -> Result<Tensor> {
    move |x, options| Ok(loss(&x, CallOptions::read(function, options, reduction)?)?)
}

/// A script function of two tensors that has no other options.
fn of_two(
    function: &'static str,
    loss: fn(&Tensor, &Tensor, Reduction) -> ops::Result<Tensor>,
) -> impl Fn(Tensor, Tensor, Option<Map>) -> Result<Tensor> {
    move |x, y, options| Ok(loss(&x, &y, CallOptions::read(function, options, reduction)?)?)
}

/// A loss that has one number among its options.
fn with_number(
    function: &'static str,
    options: Option<Map>,
    (name, default): (&'static str, f64),
    loss: impl FnOnce(f64, Reduction) -> ops::Result<Tensor>,
) -> Result<Tensor> {
    let (number, reduction) = CallOptions::read(function, options, |options| {
        Ok((options.get(name, default)?, reduction(options)?))
    })?;
    Ok(loss(number, reduction)?)
}

fn add_regression(losses: &mut Adder) {
    losses
        .add(
            "mse(x, target, options)",
            "Squared error: (x - target)^2. As every loss it takes the option reduction: \"mean\", \"sum\" \
             or \"none\".",
            "losses::mse(tensor([1.0, 3.0]), tensor([1.0, 1.0])).item() => 2.0\n\
             losses::mse(tensor([1.0, 3.0]), tensor([1.0, 1.0]), #{ reduction: \"none\" }).to_array() \
             => [0.0, 4.0]",
            of_two("losses::mse", loss::mse),
        )
        .add(
            "l1(x, target, options)",
            "Absolute error: |x - target|.",
            "losses::l1(tensor([1.0, 3.0]), tensor([1.0, 1.0])).item() => 1.0\n\
             losses::l1(tensor([1.0, 3.0]), tensor([1.0, 1.0]), #{ reduction: \"sum\" }).item() => 2.0",
            of_two("losses::l1", loss::l1),
        )
        .add(
            "huber(x, target, options)",
            "d^2 / 2 of the error d = |x - target| up to the option delta (1), delta (d - delta / 2) beyond.",
            "losses::huber(tensor([3.0]), tensor([0.0])).item() => 2.5\n\
             losses::huber(tensor([3.0]), tensor([0.0]), #{ delta: 2 }).item() => 4.0",
            |x: Tensor, target: Tensor, options: Option<Map>| {
                with_number("losses::huber", options, ("delta", 1.0), |delta, reduction| {
                    loss::huber(&x, &target, delta, reduction)
                })
            },
        )
        .add(
            "smooth_l1(x, target, options)",
            "d^2 / (2 beta) of the error d = |x - target| below the option beta (1), d - beta / 2 beyond.",
            "losses::smooth_l1(tensor([3.0]), tensor([0.0])).item() => 2.5\n\
             losses::smooth_l1(tensor([3.0]), tensor([0.0]), #{ beta: 2 }).item() => 2.0",
            |x: Tensor, target: Tensor, options: Option<Map>| {
                with_number("losses::smooth_l1", options, ("beta", 1.0), |beta, reduction| {
                    loss::smooth_l1(&x, &target, beta, reduction)
                })
            },
        );
}

fn add_binary(losses: &mut Adder) {
    losses
        .add(
            "bce(p, target, options)",
            "Binary cross-entropy of probabilities: -(t log p + (1 - t) log(1 - p)), logarithms at least \
             -100. Refuses a p outside of 0 to 1; on a GPU when the loss is next read.",
            "losses::bce(tensor([1.0]), tensor([1.0])).item() => 0.0\n\
             losses::bce(tensor([0.5]), tensor([1.0])).exp().item() => 2.0",
            of_two("losses::bce", loss::bce),
        )
        .add(
            "bce_with_logits(z, target, options)",
            "Binary cross-entropy of sigmoid(z), stable for large z. With the option pos_weight, a tensor \
             that broadcasts to z, the target's ones count so much more.",
            "losses::bce_with_logits(tensor([1000.0]), tensor([1.0])).item() => 0.0\n\
             losses::bce_with_logits(tensor([0.0]), tensor([1.0])).exp().item() => 2.0\n\
             losses::bce_with_logits(tensor([0.0]), tensor([1.0]), #{ pos_weight: tensor([2.0]) })\
             .exp().item() => 4.0",
            |z: Tensor, target: Tensor, options: Option<Map>| -> Result<Tensor> {
                let (positive, reduction) =
                    CallOptions::read("losses::bce_with_logits", options, |options| {
                        Ok((options.find::<Tensor>("pos_weight")?, reduction(options)?))
                    })?;
                Ok(loss::bce_with_logits(&z, &target, positive.as_ref(), reduction)?)
            },
        )
        .add(
            "focal(z, target, options)",
            "a (1 - p)^gamma -log p, with p the probability of the target by sigmoid(z) (Lin et al., 2017): \
             options gamma (2), alpha (0.25), which is a for a target of 1, and 1 - a for one of 0; below 0 \
             a is 1.",
            "losses::focal(tensor([0.0]), tensor([1.0]), #{ gamma: 0, alpha: -1 }).exp().item() => 2.0",
            |z: Tensor, target: Tensor, options: Option<Map>| -> Result<Tensor> {
                let (alpha, gamma, reduction) = CallOptions::read("losses::focal", options, |options| {
                    Ok((options.get("alpha", 0.25)?, options.get("gamma", 2.0)?, reduction(options)?))
                })?;
                Ok(loss::focal(&z, &target, alpha, gamma, reduction)?)
            },
        )
        .add(
            "dice(p, target, options)",
            "1 - (2 sum(p t) + s) / (sum(p) + sum(t) + s) of probabilities [N, ..], for each sample, with s \
             the option smooth (1).",
            "losses::dice(tensor([[1.0, 0.0]]), tensor([[1.0, 0.0]])).item() => 0.0\n\
             losses::dice(tensor([[1.0, 0.0]]), tensor([[0.0, 1.0]]), #{ smooth: 2 }).item() => 0.5",
            |p: Tensor, target: Tensor, options: Option<Map>| {
                with_number("losses::dice", options, ("smooth", 1.0), |smooth, reduction| {
                    loss::dice(&p, &target, smooth, reduction)
                })
            },
        );
}

fn add_adversarial(losses: &mut Adder) {
    losses
        .add(
            "hinge_d(real, fake, options)",
            "The hinge loss of a discriminator: mean(max(0, 1 - real)) + mean(max(0, 1 + fake)).",
            "losses::hinge_d(tensor([2.0]), tensor([0.0])).item() => 1.0",
            of_two("losses::hinge_d", loss::hinge_d),
        )
        .add(
            "hinge_g(fake, options)",
            "The hinge loss of a generator: -mean(fake).",
            "losses::hinge_g(tensor([2.0])).item() => -2.0",
            of_one("losses::hinge_g", loss::hinge_g),
        )
        .add(
            "lsgan_d(real, fake, options)",
            "The least-squares loss of a discriminator: (mean((real - 1)^2) + mean(fake^2)) / 2.",
            "losses::lsgan_d(tensor([1.0]), tensor([2.0])).item() => 2.0",
            of_two("losses::lsgan_d", loss::lsgan_d),
        )
        .add(
            "lsgan_g(fake, options)",
            "The least-squares loss of a generator: mean((fake - 1)^2) / 2.",
            "losses::lsgan_g(tensor([3.0])).item() => 2.0",
            of_one("losses::lsgan_g", loss::lsgan_g),
        )
        .add(
            "wasserstein_d(real, fake, options)",
            "The Wasserstein loss of a critic: mean(fake) - mean(real).",
            "losses::wasserstein_d(tensor([3.0]), tensor([1.0])).item() => -2.0",
            of_two("losses::wasserstein_d", loss::wasserstein_d),
        )
        .add(
            "gradient_penalty(scores, x, options)",
            "(|d scores / d x| - 1)^2 of each sample, for tracked x (Gulrajani et al., 2017).",
            "{ let x = tensor([[3.0]]).track(); losses::gradient_penalty((x * 2).sum([1]), x).item() } \
             => 1.0",
            of_two("losses::gradient_penalty", loss::gradient_penalty),
        );
}

fn add_likelihood(losses: &mut Adder) {
    losses
        .add(
            "gaussian_kl(mu, logvar, options)",
            "KL divergence of N(mu, e^logvar) from N(0, 1), summed over dimensions, for each sample.",
            "losses::gaussian_kl(zeros([2, 3]), zeros([2, 3])).item() => 0.0\n\
             losses::gaussian_kl(tensor([[1.0, 2.0]]), zeros([1, 2])).item() => 2.5",
            of_two("losses::gaussian_kl", loss::gaussian_kl),
        )
        .add(
            "gaussian_nll(x, target, variance, options)",
            "(log v + (x - target)^2 / v) / 2 of a variance v that is at least the option eps (1e-6); with \
             full (false) log(2 pi) / 2 more.",
            "losses::gaussian_nll(tensor([3.0]), tensor([1.0]), tensor([1.0])).item() => 2.0",
            |x: Tensor, target: Tensor, variance: Tensor, options: Option<Map>| -> Result<Tensor> {
                let (full, eps, reduction) = CallOptions::read("losses::gaussian_nll", options, |options| {
                    Ok((options.get("full", false)?, options.get("eps", 1e-6)?, reduction(options)?))
                })?;
                Ok(loss::gaussian_nll(&x, &target, &variance, full, eps, reduction)?)
            },
        )
        .add(
            "poisson_nll(x, target, options)",
            "e^x - target x of the logarithm x of a rate; if the option log_input (true) is false, \
             x - target log(x + 1e-8) of the rate.",
            "losses::poisson_nll(tensor([0.0]), tensor([5.0])).item() => 1.0",
            |x: Tensor, target: Tensor, options: Option<Map>| -> Result<Tensor> {
                let (log_input, reduction) = CallOptions::read("losses::poisson_nll", options, |options| {
                    Ok((options.get("log_input", true)?, reduction(options)?))
                })?;
                Ok(loss::poisson_nll(&x, &target, log_input, reduction)?)
            },
        );
}
