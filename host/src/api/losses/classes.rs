//! Losses of probabilities of classes.

use ops::{
    Tensor,
    nn::loss::{self, CrossEntropy, Reduction},
};
use rhai::Map;

use super::reduction;
use crate::{api::options::CallOptions, error::Result, script::Adder};

/// Adds the functions of this file.
pub fn add(losses: &mut Adder) {
    losses
        .add(
            "cross_entropy(logits, target, options)",
            "-log softmax(logits)[label] of logits [N, C, ..] and whole labels [N, ..], or \
             -sum(t log softmax(logits)) of probabilities t in the shape of the logits. Options: \
             label_smoothing (0), the share of the target that is spread evenly over all classes; weight \
             [C], what each class counts, by whose sum over the labels the mean is divided; ignore_index \
             (-100), the label of what does not count.",
            "losses::cross_entropy(tensor([[1000.0, 0.0]]), tensor([0])).item() => 0.0\n\
             losses::cross_entropy(tensor([[0.0, 0.0]]), tensor([1])).exp().item() => 2.0\n\
             losses::cross_entropy(tensor([[0.0, 0.0]]), tensor([[0.5, 0.5]])).exp().item() => 2.0\n\
             losses::cross_entropy(tensor([[0.0, 0.0]]), tensor([0]), \
             #{ label_smoothing: 0.1 }).item() > 0.69 => true",
            |logits: Tensor, target: Tensor, options: Option<Map>| -> Result<Tensor> {
                let options = CallOptions::read("losses::cross_entropy", options, |options| {
                    let label_smoothing = options.get("label_smoothing", 0.0)?;
                    Ok(CrossEntropy { label_smoothing, ..of_labels(options)? })
                })?;
                Ok(loss::cross_entropy(&logits, &target, &options)?)
            },
        )
        .add(
            "nll(log_p, labels, options)",
            "-log_p[label] of logarithms of probabilities [N, C, ..] and whole labels [N, ..], with the \
             options weight and ignore_index of cross_entropy.",
            "losses::nll(tensor([[-3.0, -1.0]]), tensor([0])).item() => 3.0",
            |log_p: Tensor, labels: Tensor, options: Option<Map>| -> Result<Tensor> {
                let options = CallOptions::read("losses::nll", options, of_labels)?;
                Ok(loss::nll(&log_p, &labels, &options)?)
            },
        )
        .add(
            "kl_div(log_p, target, options)",
            "t (log t - log_p) of logarithms of probabilities and probabilities t, 0 where t is; t itself is \
             a logarithm, too, if the option log_target (false) is set. \"mean\" is that of all numbers, \
             \"batchmean\" the divergence of a sample.",
            "losses::kl_div(tensor([[0.0, -2.0]]), tensor([[1.0, 0.0]])).item() => 0.0\n\
             losses::kl_div(tensor([[-2.0, -2.0]]), tensor([[1.0, 0.0]]), #{ reduction: \"batchmean\" \
             }).item() => 2.0",
            |log_p: Tensor, target: Tensor, options: Option<Map>| -> Result<Tensor> {
                let (log_target, reduction) = CallOptions::read("losses::kl_div", options, |options| {
                    let known = [
                        ("mean", Reduction::Mean),
                        ("batchmean", Reduction::BatchMean),
                        ("sum", Reduction::Sum),
                        ("none", Reduction::None),
                    ];
                    Ok((options.get("log_target", false)?, options.choice("reduction", &known)?))
                })?;
                Ok(loss::kl_div(&log_p, &target, log_target, reduction)?)
            },
        );
}

/// The options of losses of labels.
fn of_labels(options: &mut CallOptions) -> Result<CrossEntropy> {
    let default = CrossEntropy::default();
    Ok(CrossEntropy {
        weight: options.find("weight")?,
        ignore_index: options.get("ignore_index", default.ignore_index)?,
        reduction: reduction(options)?,
        ..default
    })
}
