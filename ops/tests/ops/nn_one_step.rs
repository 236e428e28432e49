//! One step of two papers' procedures on linear networks, against PyTorch (`golden/sae.json`,
//! `golden/augintae_loss.json`).

use crate::support::*;
use ops::nn::loss::Reduction;
use ops::{
    DType, Result, Tensor,
    nn::{Module, linear, loss},
};
use serde_json::Value;

/// A linear layer with that weight, and that bias where there is one.
fn layer(weight: &Value, bias: &Value, dtype: DType) -> Module {
    let weight = tensor(weight, dtype);
    let module = linear(weight.shape()[1], weight.shape()[0], !bias.is_null()).unwrap();
    module.cast(dtype).unwrap();
    let mut state = vec![("weight".to_owned(), weight)];
    if !bias.is_null() {
        state.push(("bias".to_owned(), tensor(bias, dtype)));
    }
    module.load_state(&state).unwrap();
    module
}

fn unit(x: &Tensor) -> Result<Tensor> {
    x.div(&x.norm_dims(&[-1], true)?)
}

/// `h(x, p) = -p log((1 + x) / 2) - (1 - p) log((1 - x) / 2)` for p of 0 or 1.
fn h(x: &Tensor, one: bool) -> Result<Tensor> {
    let x = x.clamp(-1.0 + 1e-6, 1.0 - 1e-6)?;
    let x = if one { x } else { x.neg()? };
    x.add_scalar(1.0)?.mul_scalar(0.5)?.log()?.neg()
}

/// The sums of one direction of `s f^T`: over all pairs with p = 0, over equal ones with p = 1.
fn fake_terms(s: &Tensor, f: &Tensor) -> Result<[Tensor; 2]> {
    let n = s.shape()[0] as f64;
    let pairs = s.matmul(&f.transpose(0, 1)?)?;
    let own = s.mul(f)?.sum_dims(&[1], false)?;
    Ok([h(&pairs, false)?.sum()?.div_scalar(n * n)?, h(&own, true)?.sum()?.div_scalar(n)?])
}

/// The losses `l_b` and `l_g` of symbols `s` of images and `f` of generated images, crossed, without
/// the diagonal of the self losses.
fn symbolic_losses([s0, s1]: [&Tensor; 2], [f0, f1]: [&Tensor; 2]) -> Result<[Tensor; 2]> {
    let n = s0.shape()[0];
    let off: Vec<f64> = (0..n * n).map(|i| if i / n == i % n { 0.0 } else { 1.0 }).collect();
    let off = Tensor::from_data(off, [n, n], s0.device())?.cast(s0.dtype())?;
    let mean = |x: Tensor| x.sum()?.div_scalar((n * n) as f64);
    let self_loss = |s: &Tensor, one| mean(h(&s.matmul(&s.transpose(0, 1)?)?, one)?.mul(&off)?);
    let kernel = mean(h(&s0.matmul(&s1.transpose(0, 1)?)?, true)?)?;
    let shell = h(&s0.mul(s1)?.sum_dims(&[1], false)?, true)?.mean()?;
    let ([kernel0, shell0], [kernel1, shell1]) = (fake_terms(s1, f0)?, fake_terms(s0, f1)?);
    let l_b = [self_loss(s0, false)?, self_loss(s1, true)?, kernel, kernel0, kernel1]
        .iter()
        .try_fold(shell, |sum, term| sum.add(term))?;
    Ok([l_b, shell0.add(&shell1)?])
}

#[test]
fn symbolic_autoencoder() {
    let file = golden("sae");
    let case = case(&file, "one_step_linear_nets");
    // Near 1 and -1 the logarithms in h enlarge the roundings of f32.
    for (dtype, limit) in [(DType::F64, 1e-10), (DType::F32, 1e-4)] {
        let [d0, d1, g] = ["d0", "d1", "g"].map(|name| layer(&case[name], &Value::Null, dtype));
        let images = tensor(&case["images"], dtype);
        let [s0, s1] = [&d0, &d1].map(|d| unit(&d.forward(&images).unwrap()).unwrap());
        let fake = |s: &Tensor| g.forward(s).unwrap().tanh().unwrap();
        let f0 = unit(&d0.forward(&fake(&s1)).unwrap()).unwrap();
        let f1 = unit(&d1.forward(&fake(&s0)).unwrap()).unwrap();
        for (name, symbols) in [("s0", &s0), ("s1", &s1), ("f0", &f0), ("f1", &f1)] {
            assert_golden(symbols, &case[name], limit);
        }

        let [l_b, l_g] = symbolic_losses([&s0, &s1], [&f0, &f1]).unwrap();
        assert_number(&l_b, &case["terms"]["l_b"], limit);
        assert_number(&l_g, &case["terms"]["l_g"], limit);
        // Both gradients are of one graph, so it has to stay.
        let [w0, w1, wg] = [&d0, &d1, &g].map(|module| module.value("weight").unwrap());
        let of_b = l_b.gradient(&[&w0, &w1]).unwrap();
        assert_golden(&of_b[0], &case["grad_l_b_d0"], limit);
        assert_golden(&of_b[1], &case["grad_l_b_d1"], limit);
        assert_golden(&l_g.gradient(&[&wg]).unwrap()[0], &case["grad_l_g_g"], limit);
    }
}

/// Spherical interpolation of unit rows that are neither equal nor opposite; alpha weights `a`.
fn slerp(a: &Tensor, b: &Tensor, alpha: &Tensor) -> Result<Tensor> {
    let norm = |x: Tensor| x.norm_dims(&[-1], true);
    let angle = norm(a.sub(b)?)?.atan2(&norm(a.add(b)?)?)?.mul_scalar(2.0)?;
    let rest = alpha.neg()?.add_scalar(1.0)?;
    let mixed = alpha.mul(&angle)?.sin()?.mul(a)?.add(&rest.mul(&angle)?.sin()?.mul(b)?)?;
    mixed.div(&angle.sin()?)
}

#[test]
fn augmentation_interpolating_autoencoder() {
    let file = golden("augintae_loss");
    let case = case(&file, "autoencoder_update");
    for (dtype, limit) in PRECISIONS {
        let part = |name: &str| layer(&case[name]["w"], &case[name]["b"], dtype);
        let [encoder, generator, discriminator] = ["encoder", "generator", "discriminator"].map(part);
        let [a, b, c] = ["a", "b", "c"].map(|name| tensor(&case[name], dtype));
        let alpha = tensor(&case["alpha"], dtype).unsqueeze(1).unwrap();
        let code = |x: &Tensor| unit(&encoder.forward(x).unwrap()).unwrap();
        let y = generator.forward(&slerp(&code(&a), &code(&b), &alpha).unwrap()).unwrap().sigmoid().unwrap();
        assert_golden(&y, &case["y"], limit);

        let image = y.detach().track().unwrap();
        let gradient = |loss: Tensor| loss.backward().unwrap().of(&image).unwrap().clone();
        let recon = gradient(loss::l1(&image, &c, Reduction::Mean).unwrap());
        let adversarial =
            gradient(loss::lsgan_g(&discriminator.forward(&image).unwrap(), Reduction::Mean).unwrap());
        let norm = |g: &Tensor| g.norm_dims(&[1], true).unwrap();
        let gamma = norm(&recon).div(&norm(&adversarial)).unwrap();
        assert_golden(&gamma.squeeze(1).unwrap(), &case["gamma"], limit);
        let k = case["k"].as_f64().unwrap();
        let dy = recon.add(&gamma.mul(&adversarial).unwrap().mul_scalar(k).unwrap()).unwrap();
        assert_golden(&dy, &case["dy"], limit);

        let gradients = y.backward_with(&dy).unwrap();
        for (name, module) in [("encoder", &encoder), ("generator", &generator)] {
            for (short, long) in [("w", "weight"), ("b", "bias")] {
                let found = module.parameter(long).unwrap().gradient(&gradients).unwrap();
                assert_golden(found, &case["grads"][format!("{name}.{short}")], limit);
            }
        }
    }
}
