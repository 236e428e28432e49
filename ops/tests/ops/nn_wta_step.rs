//! Three training steps of a small winner-take-all autoencoder, its sparsity written in tensor
//! operations, against PyTorch (`golden/wta_step.json`).

use crate::support::*;
use ops::nn::loss::Reduction;
use ops::{
    Result, Tensor,
    nn::{
        Activation, Adam, Module, Optimiser, Parameter, activation, conv_transpose2d, conv2d, loss,
        sequential, sequential_named,
    },
};
use serde_json::Value;

fn autoencoder() -> Result<(Module, Module)> {
    let k = [5, 5];
    let relu = || activation(Activation::Relu);
    let default = Default::default;
    let encoder = vec![
        conv2d(1, 3, k, default())?,
        relu(),
        conv2d(3, 3, k, default())?,
        relu(),
        conv2d(3, 3, k, default())?,
        relu(),
    ];
    let decoder = vec![
        conv_transpose2d(3, 3, k, default())?,
        relu(),
        conv_transpose2d(3, 3, k, default())?,
        relu(),
        conv_transpose2d(3, 1, k, default())?,
    ];
    Ok((sequential(encoder), sequential(decoder)))
}

/// Keeps, in each map `[N, C, H, W]`, the largest element, and of each channel the `k` samples where
/// it is largest.
fn winner_take_all(h: &Tensor, k: usize) -> Result<Tensor> {
    let value = h.detach();
    let largest = value.max_dims(&[2, 3], true)?;
    let sparse = h.mul(&value.eq(&largest)?.cast(h.dtype())?)?;
    let scores = sparse.detach().sum_dims(&[2, 3], true)?;
    let mut threshold = scores.max_dims(&[0], true)?;
    for _ in 1..k {
        let below = scores.lt(&threshold)?.logical_not()?;
        threshold = scores.masked_fill(&below, f64::NEG_INFINITY)?.max_dims(&[0], true)?;
    }
    sparse.mul(&scores.ge(&threshold)?.cast(h.dtype())?)
}

fn check_against(network: &Module, expected: &Value, what: impl Fn(&Parameter) -> Tensor, limit: f64) {
    for (name, parameter) in network.named_parameters() {
        assert_golden(&what(&parameter), &expected[&name], limit);
    }
}

#[test]
fn training_is_that_of_pytorch() {
    let file = golden("wta_step");
    let case = case(&file, "train_3_adam_steps");
    for (dtype, limit) in PRECISIONS {
        let (encoder, decoder) = autoencoder().unwrap();
        let parts = vec![("enc".into(), encoder.clone()), ("dec".into(), decoder.clone())];
        let network = sequential_named(parts);
        network.cast(dtype).unwrap();
        let start: Vec<_> =
            network.state().iter().map(|(n, _)| (n.clone(), tensor(&case["parameters"][n], dtype))).collect();
        network.load_state(&start).unwrap();

        let optimiser = Optimiser::new(Adam::default(), 1e-3, network.named_parameters()).unwrap();
        let x = tensor(&case["x"], dtype);
        for step in 0..3 {
            let code = winner_take_all(&encoder.forward(&x).unwrap(), 2).unwrap();
            let loss = loss::mse(&decoder.forward(&code).unwrap(), &x, Reduction::Mean).unwrap();
            assert_number(&loss, &case["losses"][step], limit);
            let gradients = loss.backward().unwrap();
            if step == 0 {
                let gradient = |p: &Parameter| p.gradient(&gradients).unwrap().clone();
                check_against(&network, &case["first_grads"], gradient, limit);
            }
            optimiser.step(&gradients).unwrap();
        }
        check_against(&network, &case["after"], |p| p.get(), limit);
    }
}
