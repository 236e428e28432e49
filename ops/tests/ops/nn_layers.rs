//! Layers: shapes, refusals, first values; schedules and clipping.

use crate::support::*;
use ops::{
    DType, Device, Spec, Tensor,
    nn::{
        Activation, ConvOptions, Module, Parameter, PoolOptions, activation, avg_pool2d, batch_norm,
        conv_transpose2d, conv1d, conv2d, dropout, flatten, global_avg_pool, group_norm, init, linear,
        max_pool2d, reshape, schedule, sequential, spectral, upsample,
    },
    op::{Interpolation, Window},
    random,
};

fn shape_after(module: &Module, shape: &[usize]) -> Vec<usize> {
    module.forward(&random::normal(shape, Device::Cpu).unwrap()).unwrap().shape().to_vec()
}

#[test]
fn shapes() {
    let window = Window { stride: [2; 2], padding: [1; 2], ..Window::default() };
    let options = ConvOptions { window, ..Default::default() };
    assert_eq!(shape_after(&conv2d(3, 8, [4, 4], options).unwrap(), &[2, 3, 16, 16]), [2, 8, 8, 8]);
    assert_eq!(shape_after(&conv_transpose2d(8, 3, [4, 4], options).unwrap(), &[2, 8, 8, 8]), [2, 3, 16, 16]);
    let wider = ConvOptions { output_padding: [1; 2], ..options };
    assert_eq!(shape_after(&conv_transpose2d(8, 3, [3, 3], wider).unwrap(), &[2, 8, 7, 7]), [2, 3, 14, 14]);
    assert_eq!(shape_after(&conv1d(3, 8, 5, ConvOptions::default()).unwrap(), &[2, 3, 16]), [2, 8, 12]);
    assert_eq!(shape_after(&linear(6, 4, true).unwrap(), &[2, 3, 6]), [2, 3, 4]);
    assert_eq!(shape_after(&linear(6, 4, false).unwrap(), &[6]), [4]);
    assert_eq!(shape_after(&max_pool2d([2, 2], PoolOptions::default()), &[1, 2, 8, 6]), [1, 2, 4, 3]);
    let options =
        PoolOptions { stride: Some([1, 1]), padding: [1, 1], count_padding: false, ..PoolOptions::default() };
    assert_eq!(shape_after(&avg_pool2d([3, 3], options), &[1, 2, 8, 6]), [1, 2, 8, 6]);
    assert_eq!(shape_after(&global_avg_pool(), &[1, 2, 8, 6]), [1, 2]);
    let twice = upsample(2.0, Interpolation::Nearest).unwrap();
    assert_eq!(shape_after(&twice, &[1, 2, 8, 6]), [1, 2, 16, 12]);
    let there_and_back = sequential(vec![flatten(), reshape(&[2, -1, 6])]);
    assert_eq!(shape_after(&there_and_back, &[3, 2, 8, 6]), [3, 2, 8, 6]);
}

#[test]
fn a_linear_layer_is_its_formula() {
    let layer = linear(2, 3, true).unwrap();
    let state = [
        ("weight", vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], vec![3, 2]),
        ("bias", vec![10.0, 20.0, 30.0], vec![3]),
    ];
    let state = state.map(|(name, v, shape)| (name.to_owned(), floats(&v, &shape)));
    layer.load_state(&state).unwrap();
    let y = layer.forward(&floats(&[1.0, 1.0, 2.0, 0.0], &[2, 2])).unwrap();
    assert_eq!(y.to_f32().unwrap(), [13.0, 27.0, 41.0, 12.0, 26.0, 40.0]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let error = linear(3, 2, true).unwrap().forward(&floats(&[0.0; 8], &[2, 4])).unwrap_err();
    assert_eq!(error.to_string(), "linear: the shape is [2, 4], expected [.., 3]");
    let groups = ConvOptions { window: Window { groups: 2, ..Window::default() }, ..Default::default() };
    let error = conv2d(3, 4, [3, 3], groups).err().unwrap();
    assert_eq!(error.to_string(), "conv2d: groups is 2 for 3 -> 4 channels, expected a divisor of both");
    let error = conv2d(3, 0, [3, 3], ConvOptions::default()).err().unwrap();
    assert_eq!(error.to_string(), "conv2d: outputs is 0, expected at least 1");
}

#[test]
fn every_activation_computes() {
    use Activation::*;
    let x = floats(&[-1.0, 0.0, 2.0], &[1, 3]);
    let all = [
        Relu,
        LeakyRelu(0.1),
        Sigmoid,
        Tanh,
        Softmax(1),
        LogSoftmax(1),
        Gelu,
        Elu(1.0),
        Silu,
        Softplus,
        LogSigmoid,
    ];
    for function in all {
        let y = activation(function).forward(&x).unwrap().to_f32().unwrap();
        assert!(y.iter().all(|y| y.is_finite()) && y[2] > y[1], "{function:?}: {y:?}");
    }
}

#[test]
fn a_module_draws_its_affine_maps_only() {
    let norm = batch_norm(4, Default::default()).unwrap();
    let network = sequential(vec![linear(3, 4, true).unwrap(), norm]);
    let bias = network.child("0").unwrap().value("bias").unwrap().to_f32().unwrap();
    network.init(init::constant(0.5), false).unwrap();
    let value = |child, name| network.child(child).unwrap().value(name).unwrap().to_f32().unwrap();
    assert_eq!(
        (value("0", "weight"), value("0", "bias"), value("1", "weight")),
        (vec![0.5; 12], bias, vec![1.0; 4])
    );
    network.init(init::constant(0.25), true).unwrap();
    assert_eq!((value("0", "bias"), value("1", "bias")), (vec![0.25; 4], vec![0.0; 4]));
    let gain = network.child("1").unwrap().parameter("weight").unwrap().clone();
    assert!(gain.init(init::xavier_uniform(1.0)).is_err());
}

#[test]
fn schedules() {
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
    near(schedule::step(0.1, 100, 0.1, 99).unwrap(), 0.1);
    near(schedule::step(0.1, 100, 0.1, 200).unwrap(), 0.001);
    near(schedule::cosine(1.0, 10, 0.2, 0).unwrap(), 1.0);
    near(schedule::cosine(1.0, 10, 0.2, 5).unwrap(), 0.6);
    near(schedule::cosine(1.0, 10, 0.2, 50).unwrap(), 0.2);
    near(schedule::warm_up(4, 0), 0.25);
    near(schedule::warm_up(4, 3), 1.0);
    near(schedule::warm_up(0, 0), 1.0);
    assert!(schedule::step(0.1, 0, 0.1, 5).is_err());
}

#[test]
fn clipping() {
    let [a, b] = [floats(&[1.0, 1.0], &[2]), floats(&[1.0], &[1])].map(|x| Parameter::new(&x).unwrap());
    let (a_grad, b_grad) = (floats(&[3.0, 0.0], &[2]), floats(&[-4.0], &[1]));
    let loss =
        a.get().mul(&a_grad).unwrap().sum().unwrap().add(&b.get().mul(&b_grad).unwrap().sum().unwrap());
    let gradients = loss.unwrap().backward().unwrap();
    assert_eq!(gradients.norm().unwrap(), 5.0);
    let of = |g: &ops::Gradients, p: &Parameter| p.gradient(g).unwrap().to_f32().unwrap();
    let short = gradients.clip_norm(2.5).unwrap();
    assert_eq!((of(&short, &a), of(&short, &b)), (vec![1.5, 0.0], vec![-2.0]));
    assert_eq!(of(&gradients.clip_norm(6.0).unwrap(), &b), [-4.0]);
    let cut = gradients.clip_value(3.5).unwrap();
    assert_eq!((of(&cut, &a), of(&cut, &b)), (vec![3.0, 0.0], vec![-3.5]));
    assert!(gradients.clip_norm(0.0).is_err());
}

/// As in PyTorch, where the norm is a number though the squares are none in f32.
#[test]
fn clipping_of_large_gradients() {
    let a = Parameter::new(&floats(&[1.0, 1.0], &[2])).unwrap();
    let loss = a.get().mul(&floats(&[3e20, -4e20], &[2])).unwrap().sum().unwrap();
    let gradients = loss.backward().unwrap();
    assert!((gradients.norm().unwrap() / 5e20 - 1.0).abs() < 1e-6);
    let short = gradients.clip_norm(1.0).unwrap();
    let short = a.gradient(&short).unwrap().to_f32().unwrap();
    assert!((short[0] - 0.6).abs() < 1e-6 && (short[1] + 0.8).abs() < 1e-6, "{short:?}");
}

#[test]
fn a_module_is_converted_and_moved_as_a_whole() {
    let layer = linear(2, 2, true).unwrap();
    layer.cast(DType::F64).unwrap();
    assert_eq!(layer.value("bias").unwrap().dtype(), DType::F64);
    assert!(layer.cast(DType::I32).is_err());
    layer.to_device(Device::Cpu).unwrap();
    let x = Tensor::full([1, 2], 1.0, DType::F64, Device::Cpu).unwrap();
    assert!(layer.forward(&x).unwrap().is_tracked());
}

/// Traces are of evaluation, whatever the mode: nothing is drawn, no average moves.
#[test]
fn symbolic_inputs_pass_through_every_layer() {
    let window = Window { padding: [1; 2], ..Window::default() };
    let network = sequential(vec![
        conv2d(1, 4, [3, 3], ConvOptions { window, ..Default::default() }).unwrap(),
        batch_norm(4, Default::default()).unwrap(),
        dropout(0.5).unwrap(),
        spectral(conv2d(4, 4, [3, 3], ConvOptions::default()).unwrap()).unwrap(),
        group_norm(2, 4, true).unwrap(),
        max_pool2d([2, 2], PoolOptions::default()),
        flatten(),
        linear(4 * 9, 2, true).unwrap(),
        activation(Activation::Softmax(1)),
    ]);
    let buffers = || -> Vec<_> {
        network.named_buffers().iter().map(|(_, buffer)| buffer.get().to_f32().unwrap()).collect()
    };
    let before = buffers();
    let x = Tensor::symbolic(Spec::new([2, 1, 8, 8], DType::F32), Device::Cpu);
    let y = network.forward(&x).unwrap();
    assert!(y.is_symbolic());
    assert_eq!(y.shape(), [2, 2]);
    assert_eq!(buffers(), before);
}
