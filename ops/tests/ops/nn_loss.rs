//! Losses and their gradients against PyTorch (`golden/gan_losses.json`, `golden/augintae_loss.json`).

use crate::support::*;
use ops::nn::loss::{CrossEntropy, Reduction};
use ops::{DType, Device, Error, Result, Tensor, nn::loss, op::Window};
use serde_json::Value;

/// Compares a loss of a case's inputs, and the gradient of each of them.
#[track_caller]
fn check(
    case: &Value,
    names: &[&str],
    dtypes: &[(DType, f64)],
    f: impl Fn(&[Tensor], DType) -> Result<Tensor>,
) {
    for &(dtype, limit) in dtypes {
        let inputs: Vec<_> =
            names.iter().map(|name| tensor(&case["inputs"][name], dtype).track().unwrap()).collect();
        let loss = f(&inputs, dtype).unwrap();
        assert_eq!(loss.rank(), 0);
        assert_number(&loss, &case["loss"], limit);
        let gradients = loss.backward().unwrap();
        for (name, input) in names.iter().zip(&inputs) {
            // An input that the loss does not depend on has none.
            let gradient = gradients.of(input).cloned().unwrap_or_else(|| input.zeros_like().unwrap());
            assert_golden(&gradient, &case["grads"][name], limit);
        }
    }
}

#[test]
fn gan_losses() {
    let file = golden("gan_losses");
    for (name, target) in [("bce_logits_target0.0", 0.0), ("bce_logits_target1.0", 1.0)] {
        check(case(&file, name), &["z"], &PRECISIONS, |x, dtype| {
            loss::bce_with_logits(
                &x[0],
                &Tensor::full(x[0].shape(), target, dtype, Device::Cpu)?,
                None,
                Reduction::Mean,
            )
        });
    }
    check(case(&file, "hinge_d"), &["real", "fake"], &PRECISIONS, |x, _| {
        loss::hinge_d(&x[0], &x[1], Reduction::Mean)
    });
    check(case(&file, "hinge_g"), &["fake"], &PRECISIONS, |x, _| loss::hinge_g(&x[0], Reduction::Mean));

    let file = golden("augintae_loss");
    check(case(&file, "lsgan_d"), &["real", "fake"], &PRECISIONS, |x, _| {
        loss::lsgan_d(&x[0], &x[1], Reduction::Mean)
    });
    check(case(&file, "lsgan_g"), &["fake"], &PRECISIONS, |x, _| loss::lsgan_g(&x[0], Reduction::Mean));
    check(case(&file, "l1_mean"), &["y", "c"], &PRECISIONS, |x, _| loss::l1(&x[0], &x[1], Reduction::Mean));
}

/// The file's losses are sums over 3 samples of 6 pixels.
#[test]
fn losses_of_a_variational_autoencoder() {
    let file = golden("gan_losses");
    for (name, beta) in [("vae_beta1.0", 1.0), ("vae_beta4.0", 4.0)] {
        let case = case(&file, name);
        check(case, &["recon", "mu", "logvar"], &PRECISIONS, |x, dtype| {
            let reconstruction =
                loss::bce(&x[0], &tensor(&case["x"], dtype), Reduction::Mean)?.mul_scalar(18.0)?;
            reconstruction.add(&loss::gaussian_kl(&x[1], &x[2], Reduction::Mean)?.mul_scalar(3.0 * beta)?)
        });
    }
}

fn labels(values: Vec<i32>) -> Tensor {
    let n = values.len();
    Tensor::from_data(values, [n], Device::Cpu).unwrap()
}

#[test]
fn cross_entropy() {
    let file = golden("gan_losses");
    let case = case(&file, "cross_entropy");
    let y: Vec<i32> = numbers(&case["labels"]["data"]).iter().map(|&y| y as i32).collect();
    check(case, &["z"], &PRECISIONS, |x, _| {
        loss::cross_entropy(&x[0], &labels(y.clone()), &CrossEntropy::default())
    });
}

/// With equal logits every class has -log 1/4, so smoothing changes nothing; with logits 0 and log 3,
/// p = (1/4, 3/4), and half of the target on each class gives -(log 1/4 + log 3/4) / 2.
#[test]
fn label_smoothing_spreads_the_target() {
    let even = loss::cross_entropy(
        &floats(&[2.0; 4], &[1, 4]),
        &labels(vec![1]),
        &CrossEntropy { label_smoothing: 0.3, ..CrossEntropy::default() },
    )
    .unwrap();
    assert_near(&[even.item().unwrap()], &[4f64.ln()], 1e-6);
    let z = floats(&[0.0, 3f32.ln()], &[1, 2]);
    let smooth = loss::cross_entropy(
        &z,
        &labels(vec![1]),
        &CrossEntropy { label_smoothing: 1.0, ..CrossEntropy::default() },
    )
    .unwrap();
    assert_near(&[smooth.item().unwrap()], &[-(0.25f64.ln() + 0.75f64.ln()) / 2.0], 1e-6);
}

#[test]
fn labels_out_of_range_are_refused() {
    let z = floats(&[0.0; 6], &[2, 3]);
    let error = loss::cross_entropy(&z, &labels(vec![0, 3]), &CrossEntropy::default()).unwrap_err();
    assert_eq!(error.to_string(), "cross_entropy: an index is 3, expected 0 to 2");
    assert!(matches!(
        loss::cross_entropy(&z, &labels(vec![0]), &CrossEntropy::default()),
        Err(Error::Shape { .. })
    ));
    assert!(matches!(
        loss::cross_entropy(&z, &floats(&[0.0, 1.0], &[2]), &CrossEntropy::default()),
        Err(Error::DType { .. })
    ));
    assert!(matches!(
        loss::mse(&z, &floats(&[0.0; 3], &[3]), Reduction::Mean),
        Err(Error::Shape { op: "mse", .. })
    ));
}

/// `eps real + (1 - eps) fake`, tracked, and the penalty of a critic's scores there.
fn penalty(case: &Value, dtype: DType, critic: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let [real, fake, eps] = ["real", "fake", "eps"].map(|name| tensor(&case[name], dtype));
    let x = real.mul(&eps)?.add(&fake.mul(&eps.neg()?.add_scalar(1.0)?)?)?.track()?;
    loss::gradient_penalty(&critic(&x)?, &x, Reduction::Mean)
}

/// The penalty is a function of the critic's gradient, so these are second derivatives.
#[test]
fn gradient_penalties() {
    let limits = [(DType::F64, 1e-10), (DType::F32, 1e-4)];
    let file = golden("gan_losses");
    for name in ["gradient_penalty_mlp_tanh", "gradient_penalty_mlp_leaky_relu_0.1"] {
        let case = case(&file, name);
        // The last bias does not matter to the gradient, so it has none.
        check(case, &["w1", "b1", "w2"], &limits, |p, dtype| {
            penalty(case, dtype, |x| {
                let hidden = x.matmul(&p[0].transpose(0, 1)?)?.add(&p[1])?;
                let hidden = if name.ends_with("tanh") { hidden.tanh()? } else { hidden.leaky_relu(0.1)? };
                hidden.matmul(&p[2].transpose(0, 1)?)
            })
        });
    }
    let case = case(&file, "gradient_penalty_conv");
    check(case, &["k1", "c1", "k2", "w"], &limits, |p, dtype| {
        penalty(case, dtype, |x| {
            let halved = Window { stride: [2; 2], padding: [1; 2], ..Window::default() };
            let hidden = x.conv2d(&p[0], Some(&p[1]), halved)?.leaky_relu(0.1)?;
            let hidden = hidden.conv2d(&p[2], None, Window::default())?.leaky_relu(0.1)?;
            hidden.flatten(1, -1)?.matmul(&p[3].transpose(0, 1)?)
        })
    });
}
