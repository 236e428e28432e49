//! Training on a GPU gives the numbers of the CPU. Where there is no GPU (nor a software stand-in), the
//! test says so and passes.

mod nn_support;

use nn_support::gpu;
use ops::{
    Device, Result, Tensor,
    nn::{
        Activation, Adam, Module, Optimiser, activation, batch_norm, conv2d, dropout, flatten, group_norm,
        linear, loss, max_pool2d, sequential, spectral, upsample,
    },
    op::Interpolation,
    random,
};

fn network() -> Result<Module> {
    Ok(sequential(vec![
        conv2d(1, 4, [3, 3], Default::default())?,
        batch_norm(4, Default::default())?,
        activation(Activation::Relu),
        dropout(0.3)?,
        max_pool2d([2, 2], Default::default()),
        group_norm(2, 4, true)?,
        upsample(2.0, Interpolation::Bilinear)?,
        spectral(conv2d(4, 4, [3, 3], Default::default())?)?,
        activation(Activation::Gelu),
        flatten(),
        linear(4 * 36, 5, true)?,
    ]))
}

/// The losses of three steps, then the output in evaluation, all from one seed.
fn train(device: Device) -> Result<Vec<f32>> {
    random::with_stream(random::Key::new(1), || {
        let network = network()?;
        network.to_device(device)?;
        let rule = Adam { weight_decay: 0.01, ..Adam::default() };
        let optimiser = Optimiser::new(rule, 1e-2, network.named_parameters())?;
        let labels = Tensor::from_data(vec![0, 1, 2, 3, 4, 0], [6], device)?;
        let mut numbers = Vec::new();
        for _ in 0..3 {
            let x = random::normal(&[6, 1, 10, 10], device)?;
            let loss = loss::cross_entropy(&network.forward(&x)?, &labels, 0.1)?;
            numbers.extend(loss.to_f32()?);
            optimiser.step(&loss.backward()?.clip_norm(0.5)?)?;
        }
        network.training(false);
        numbers.extend(network.forward(&random::normal(&[6, 1, 10, 10], device)?)?.to_f32()?);
        Ok(numbers)
    })
}

#[test]
fn training_on_a_gpu_is_that_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let (cpu, gpu) = (train(Device::Cpu).unwrap(), train(gpu).unwrap());
    for (a, b) in cpu.iter().zip(&gpu) {
        assert!((a - b).abs() < 1e-4, "{a} on the CPU, {b} on the GPU");
    }
}
