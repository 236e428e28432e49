//! Every layer.

use ops::{
    Device,
    nn::{
        Activation, BatchNormOptions, ConvOptions, Module, PoolOptions, activation, avg_pool2d, batch_norm,
        conv_transpose2d, conv1d, conv2d, dropout, flatten, global_avg_pool, group_norm, instance_norm,
        layer_norm, linear, max_pool2d, reshape, sequential, spectral, upsample,
    },
    op::{Interpolation, Window},
    random,
};

use super::support::agree;

fn conv(inputs: usize, outputs: usize) -> Module {
    conv2d(inputs, outputs, [3, 3], ConvOptions::default()).unwrap()
}

#[test]
fn convolutions_and_what_follows_them() {
    let net = sequential(vec![conv(2, 4), activation(Activation::Relu)]);
    assert_eq!(agree("conv and relu", &net, &[2, 8, 7]), ["Conv", "Relu"]);

    let window = Window { stride: [2, 1], padding: [1, 2], dilation: [1, 2], groups: 2 };
    let options = ConvOptions { window, output_padding: [1, 0], bias: false };
    assert_eq!(agree("conv2d", &conv2d(4, 6, [3, 2], options).unwrap(), &[4, 9, 8]), ["Conv"]);
    let transposed = conv_transpose2d(4, 6, [3, 2], options).unwrap();
    assert_eq!(agree("conv_transpose2d", &transposed, &[4, 5, 6]), ["ConvTranspose"]);
    let signals = conv1d(4, 6, 3, ConvOptions { bias: true, ..options }).unwrap();
    assert_eq!(agree("conv1d", &signals, &[4, 11]), ["Conv"]);
}

#[test]
fn linear_maps() {
    let net = sequential(vec![flatten(), linear(12, 5, true).unwrap()]);
    assert_eq!(agree("flatten and linear", &net, &[3, 4]), ["Flatten", "Gemm"]);
    assert_eq!(agree("linear", &linear(6, 4, false).unwrap(), &[6]), ["Gemm"]);
    agree("linear of rows", &linear(6, 4, true).unwrap(), &[3, 6]);
}

#[test]
fn activations() {
    use Activation::*;
    let all = [
        Relu,
        LeakyRelu(0.1),
        Sigmoid,
        Tanh,
        Softmax(1),
        LogSoftmax(-1),
        Gelu,
        Elu(0.7),
        Silu,
        Softplus,
        LogSigmoid,
    ];
    for function in all {
        agree(&format!("{function:?}"), &activation(function), &[3, 5]);
    }
}

/// A norm that has seen something, and whose gain is not 1.
fn used(norm: Module, shape: &[usize]) -> Module {
    for _ in 0..3 {
        norm.forward(
            &random::normal(shape, Device::Cpu).unwrap().mul_scalar(2.0).unwrap().add_scalar(1.0).unwrap(),
        )
        .unwrap();
    }
    let state = norm.named_parameters();
    for (_, parameter) in state {
        parameter.set(&random::uniform(&parameter.spec().shape, Device::Cpu).unwrap()).unwrap();
    }
    norm
}

#[test]
fn norms() {
    for affine in [true, false] {
        let options = BatchNormOptions { eps: 1e-3, affine, ..Default::default() };
        let norm = used(batch_norm(4, options).unwrap(), &[5, 4, 3, 3]);
        let operators = agree("batch_norm", &norm, &[4, 3, 3]);
        assert_eq!(operators.last().unwrap(), "BatchNormalization");
        agree("batch_norm of rows", &norm, &[4]);
        let norm = used(group_norm(2, 4, affine).unwrap(), &[5, 4, 3, 3]);
        assert_eq!(agree("group_norm", &norm, &[4, 3, 3]).last().unwrap(), "GroupNormalization");
        agree("group_norm of rows", &norm, &[4]);
        let norm = used(instance_norm(4, affine).unwrap(), &[5, 4, 3, 3]);
        assert_eq!(agree("instance_norm", &norm, &[4, 6]).last().unwrap(), "InstanceNormalization");
        let norm = used(layer_norm(&[3, 4], affine).unwrap(), &[5, 2, 3, 4]);
        assert_eq!(agree("layer_norm", &norm, &[2, 3, 4]).last().unwrap(), "LayerNormalization");
    }
}

#[test]
fn sizes_and_shapes() {
    let options =
        PoolOptions { stride: Some([2, 1]), padding: [1, 0], count_padding: false, ..PoolOptions::default() };
    assert_eq!(agree("max_pool2d", &max_pool2d([3, 2], options), &[2, 7, 6]), ["MaxPool"]);
    assert_eq!(agree("avg_pool2d", &avg_pool2d([3, 2], options), &[2, 7, 6]), ["AveragePool"]);
    let counted = PoolOptions { count_padding: true, ..options };
    agree("avg_pool2d with padding", &avg_pool2d([3, 2], counted), &[2, 7, 6]);
    assert_eq!(agree("global_avg_pool", &global_avg_pool(), &[2, 7, 6]), ["ReduceMean"]);
    for scale in [2.0, 1.5, 0.6] {
        for mode in [Interpolation::Nearest, Interpolation::Bilinear] {
            agree(&format!("upsample {scale} {mode:?}"), &upsample(scale, mode).unwrap(), &[2, 7, 5]);
        }
    }
    agree("reshape", &reshape(&[2, -1, 6]), &[2, 8, 6]);
    agree("dropout", &dropout(0.4).unwrap(), &[7]);
    agree("nothing", &sequential(vec![]), &[7]);
}

#[test]
fn spectral_norms() {
    let net = spectral(conv(2, 4)).unwrap();
    net.forward(&random::normal(&[2, 2, 5, 5], Device::Cpu).unwrap()).unwrap();
    agree("spectral", &net, &[2, 5, 5]);
    agree("spectral linear", &spectral(linear(4, 3, true).unwrap()).unwrap(), &[4]);
}
