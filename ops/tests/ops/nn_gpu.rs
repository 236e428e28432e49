//! Training on a GPU gives the numbers of the CPU. Where there is no GPU (nor a software stand-in), the
//! test says so and passes.

use crate::support::gpu;
use ops::nn::loss::CrossEntropy;
use ops::{
    Device, Gradients, Result, Tensor,
    nn::{
        Activation, Adagrad, Adam, Lion, Module, Optimiser, Parameter, PositionOptions, RecurrentOptions,
        RmsProp, Sgd, TransformerOptions, Value, activation, adaptive_avg_pool1d, adaptive_max_pool1d,
        batch_norm, class_batch_norm, conv2d, conv3d, dropout, embedding, flatten, group_norm, gru, init,
        linear, loss, lstm, max_pool2d, optim::Rule, positional_encoding, rnn, sequential, spectral,
        transformer_encoder_layer, upsample,
    },
    op::{Interpolation, Window3d},
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
            let loss = loss::cross_entropy(
                &network.forward(&x)?,
                &labels,
                &CrossEntropy { label_smoothing: 0.1, ..CrossEntropy::default() },
            )?;
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

/// An embedding, orthogonal weights, a normalisation by class and an average of the whole, after two steps.
fn train_by_class(device: Device) -> Result<Vec<f32>> {
    random::with_stream(random::Key::new(2), || {
        let parts = [embedding(3, 4)?, class_batch_norm(4, 3, Default::default())?, linear(4, 3, true)?];
        for part in &parts {
            part.to_device(device)?;
            part.init(init::orthogonal(1.0), false)?;
        }
        let average = parts[2].deep_copy()?;
        let named = parts.iter().enumerate().flat_map(|(i, part)| {
            part.named_parameters().into_iter().map(move |(name, p)| (format!("{i}.{name}"), p))
        });
        let optimiser = Optimiser::new(Adam::default(), 1e-2, named.collect())?;
        let labels = Tensor::from_data(vec![0, 1, 2, 2, 1, 0], [6], device)?;
        let mut numbers = Vec::new();
        for _ in 0..2 {
            let x = parts[0].forward(&labels)?.add(&random::normal(&[6, 4], device)?)?;
            let scores = parts[2].forward(&parts[1].forward_with(&x, &labels)?)?;
            let loss = loss::cross_entropy(&scores, &labels, &CrossEntropy::default())?;
            numbers.extend(loss.to_f32()?);
            optimiser.step(&loss.backward()?)?;
            average.average(&parts[2], 0.9)?;
        }
        numbers.extend(average.value("weight")?.to_f32()?);
        numbers.extend(parts[2].input_gradient(&parts[0].forward(&labels)?, None)?.to_f32()?);
        Ok(numbers)
    })
}

#[test]
fn classes_are_learnt_on_a_gpu_as_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let (cpu, gpu) = (train_by_class(Device::Cpu).unwrap(), train_by_class(gpu).unwrap());
    for (a, b) in cpu.iter().zip(&gpu) {
        assert!((a - b).abs() < 1e-4, "{a} on the CPU, {b} on the GPU");
    }
}

/// Layers of sequences, adaptive pools and a convolution of volumes: what they give, and the gradients.
fn sequences(device: Device) -> Result<Vec<f32>> {
    random::with_stream(random::Key::new(3), || {
        let options = RecurrentOptions { bidirectional: true, layers: 2, ..RecurrentOptions::default() };
        let small = TransformerOptions { dim_feedforward: 6, dropout: 0.0, ..TransformerOptions::default() };
        let x = random::normal(&[5, 3, 4], device)?;
        let causal = Value::map([("is_causal", Value::Bool(true))]);
        let volume = random::normal(&[2, 2, 3, 4, 5], device)?;
        let parts = [
            (lstm(4, 3, options)?, vec![(&x).into()]),
            (gru(4, 3, options)?, vec![(&x).into()]),
            (rnn(4, 3, true, options)?, vec![(&x).into()]),
            (transformer_encoder_layer(4, 2, small)?, vec![(&x).into(), causal]),
            (
                positional_encoding(4, PositionOptions { dropout: 0.0, ..Default::default() })?,
                vec![(&x).into()],
            ),
            (adaptive_avg_pool1d(3)?, vec![(&x).into()]),
            (adaptive_max_pool1d(3)?, vec![(&x).into()]),
            (
                conv3d(2, 3, [2, 3, 2], Window3d { padding: [1; 3], ..Window3d::default() }, true)?,
                vec![volume.into()],
            ),
        ];
        let mut numbers = vec![];
        for (module, inputs) in parts {
            module.to_device(device)?;
            let y = module.call(&inputs)?;
            for y in y.tensors() {
                numbers.extend(y.to_f32()?);
            }
            if module.parameter_count() > 0 {
                let gradients = y.tensors()[0].square()?.sum()?.backward()?;
                for (_, parameter) in module.named_parameters() {
                    let gradient = parameter.gradient(&gradients).map(Tensor::to_f32).transpose()?;
                    numbers.extend(gradient.into_iter().flatten());
                }
            }
        }
        Ok(numbers)
    })
}

#[test]
fn sequences_on_a_gpu_are_those_on_the_cpu() {
    let Some(gpu) = gpu() else { return };
    let (cpu, gpu) = (sequences(Device::Cpu).unwrap(), sequences(gpu).unwrap());
    assert_eq!(cpu.len(), gpu.len());
    for (a, b) in cpu.iter().zip(&gpu) {
        assert!((a - b).abs() < 1e-3 + 1e-4 * a.abs(), "{a} on the CPU, {b} on the GPU");
    }
}

/// Parameters after three steps, with their moments: more of them than a launch of a software driver takes,
/// one longer than a cube moves. Meanwhile somebody else holds one, and one misses a step.
fn moved(rule: impl Rule + Copy, device: Device) -> Result<Vec<f32>> {
    random::with_stream(random::Key::new(4), || {
        let parameter = |i: usize| -> Result<_> {
            Ok((i.to_string(), Parameter::new(&random::normal(&[1 + 97 * i], device)?)?))
        };
        let named = (0..12).map(parameter).collect::<Result<Vec<_>>>()?;
        let optimiser = Optimiser::new(rule, 1e-2, named.clone())?;
        let held = named[7].1.value();
        let before = held.to_f32()?;
        for number in 0..3 {
            let gradients =
                named.iter().enumerate().filter(|(i, _)| *i != 9 || number != 1).map(|(_, (_, p))| {
                    let by = random::normal(p.get().shape(), device)?;
                    p.get().mul(&by)?.sum()?.backward()
                });
            let gradients = gradients.collect::<Result<Vec<_>>>()?;
            let all = gradients.into_iter().try_fold(Gradients::default(), |all, one| all.add(&one))?;
            optimiser.step(&all)?;
        }
        assert_eq!(held.to_f32()?, before);
        let moments = optimiser.state().tensors.into_iter().map(|(_, moment)| moment);
        let all = named.iter().map(|(_, p)| p.get()).chain(moments).map(|x| x.to_f32());
        Ok(all.collect::<Result<Vec<_>>>()?.concat())
    })
}

#[track_caller]
fn assert_moves_alike(rule: impl Rule + Copy) {
    let Some(gpu) = gpu() else { return };
    let (cpu, gpu) = (moved(rule, Device::Cpu).unwrap(), moved(rule, gpu).unwrap());
    assert_eq!(cpu.len(), gpu.len());
    for (i, (a, b)) in cpu.iter().zip(&gpu).enumerate() {
        assert!(
            (a - b).abs() < 1e-5 + 1e-4 * a.abs(),
            "{}: {a} on the CPU, {b} on the GPU: {i}",
            rule.describe()
        );
    }
}

#[test]
fn optimisers_move_many_parameters_on_a_gpu_as_on_the_cpu() {
    let weight_decay = 0.01;
    assert_moves_alike(Adam { weight_decay, ..Adam::default() });
    assert_moves_alike(Adam::decoupled());
    assert_moves_alike(Sgd { weight_decay, ..Sgd::default() });
    assert_moves_alike(Sgd { momentum: 0.9, dampening: 0.1, ..Sgd::default() });
    assert_moves_alike(Sgd { momentum: 0.9, nesterov: true, ..Sgd::default() });
    assert_moves_alike(RmsProp { weight_decay, ..RmsProp::default() });
    assert_moves_alike(RmsProp { momentum: 0.9, ..RmsProp::default() });
    assert_moves_alike(Adagrad { initial: 0.1, lr_decay: 0.1, ..Adagrad::default() });
    assert_moves_alike(Lion { weight_decay, ..Lion::default() });
}
