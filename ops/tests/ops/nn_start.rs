//! The first values of every layer with parameters follow PyTorch's laws (`reset_parameters` of `Linear`,
//! `_ConvNd`, `Embedding` and the normalisations; `_calculate_fan_in_and_fan_out` in `nn.init`).

use ops::{
    Device,
    nn::{
        BatchNormOptions, ConvOptions, Fans, Module, MultiHeadOptions, Parameter, RecurrentOptions,
        batch_norm, class_batch_norm, conv_transpose1d, conv_transpose2d, conv1d, conv2d, conv3d, embedding,
        group_norm, init, instance_norm, layer_norm, linear, lstm, multi_head_attention, sequential,
        spectral, weight_norm,
    },
    op::{Window, Window3d},
    random,
};

/// Mean, standard deviation and largest absolute value.
fn spread(parameter: &Parameter) -> (f64, f64, f64) {
    let value = parameter.get();
    let std = value.std_dims(&[], false, 0).unwrap().item().unwrap();
    let largest = value.abs().unwrap().max_dims(&[], false).unwrap().item().unwrap();
    (value.mean().unwrap().item().unwrap(), std, largest)
}

/// Uniform in `+-bound`. Of n such numbers the standard error of the mean is `bound / sqrt(3 n)`, that of the
/// deviation about 0.45 of the deviation over `sqrt(n)`; what is expected of the largest is `bound (1 - 1 /
/// n)`.
#[track_caller]
fn assert_uniform(parameter: &Parameter, bound: f64) {
    let (mean, std, largest) = spread(parameter);
    let n = parameter.spec().len() as f64;
    assert!(mean.abs() < 5.0 * bound / (3.0 * n).sqrt(), "mean {mean}");
    assert!((std / (bound / 3f64.sqrt()) - 1.0).abs() < 2.5 / n.sqrt(), "deviation {std}, bound {bound}");
    assert!(
        largest <= bound * (1.0 + 1e-6) && largest > bound * (1.0 - 12.0 / n),
        "{largest}, bound {bound}"
    );
}

fn grouped(groups: usize) -> ConvOptions {
    ConvOptions { window: Window { groups, ..Window::default() }, ..ConvOptions::default() }
}

#[test]
fn affine_layers_start_within_one_over_the_root_of_the_fan_in() {
    let affine = [
        ("linear", linear(100, 400, true).unwrap(), 100, 400),
        ("conv1d", conv1d(20, 300, 5, grouped(1)).unwrap(), 100, 1500),
        ("conv2d", conv2d(16, 300, [5, 5], grouped(1)).unwrap(), 400, 7500),
        ("conv2d in groups", conv2d(16, 300, [5, 5], grouped(2)).unwrap(), 200, 7500),
        // Of a transposed convolution PyTorch takes the outputs: 16 maps to 1 by 4x4 start within 1/4.
        ("conv3d", conv3d(4, 300, [5, 5, 4], Window3d::default(), true).unwrap(), 400, 30000),
        ("conv_transpose1d", conv_transpose1d(64, 300, 5, grouped(1)).unwrap(), 1500, 320),
        ("conv_transpose2d", conv_transpose2d(64, 300, [5, 5], grouped(1)).unwrap(), 7500, 1600),
        ("conv_transpose2d in groups", conv_transpose2d(64, 300, [5, 3], grouped(4)).unwrap(), 1125, 960),
        ("conv_transpose2d to one map", conv_transpose2d(16, 1, [4, 4], grouped(1)).unwrap(), 16, 256),
    ];
    for (name, layer, input, output) in affine {
        println!("{name}");
        let [weight, bias] = ["weight", "bias"].map(|of| layer.parameter(of).unwrap());
        assert_eq!(weight.fans(), Some(Fans { input, output }));
        assert_uniform(weight, 1.0 / (input as f64).sqrt());
        if bias.spec().len() > 1 {
            assert_uniform(bias, 1.0 / (input as f64).sqrt());
        } else {
            assert!(spread(bias).2 <= 1.0 / (input as f64).sqrt());
        }
    }
}

/// `RNNBase.reset_parameters` and `MultiheadAttention._reset_parameters`.
#[test]
fn recurrent_layers_and_attention_start_as_those_of_pytorch() {
    let layer = lstm(30, 100, RecurrentOptions { layers: 2, ..RecurrentOptions::default() }).unwrap();
    for (_, parameter) in layer.own_parameters() {
        assert_uniform(parameter, 0.1);
    }
    let layer = multi_head_attention(64, 4, MultiHeadOptions::default()).unwrap();
    assert_uniform(layer.parameter("in_proj_weight").unwrap(), (6.0 / (4.0 * 64.0_f64)).sqrt());
    assert_uniform(layer.child("out_proj").unwrap().parameter("weight").unwrap(), 1.0 / 8.0);
    let state = layer.state();
    let biases = state.iter().filter(|(name, _)| name.ends_with("bias"));
    assert!(biases.clone().count() == 2 && biases.clone().all(|(_, bias)| spread(bias).2 == 0.0));
    let layer = weight_norm(&linear(20, 30, true).unwrap()).unwrap();
    let [g, v] = ["weight_g", "weight_v"].map(|name| layer.parameter(name).unwrap().get());
    assert_uniform(layer.parameter("weight_v").unwrap(), 1.0 / 20_f64.sqrt());
    assert_eq!(g.to_f32().unwrap(), v.norm_dims(&[1], true).unwrap().to_f32().unwrap());
}

#[test]
fn an_embedding_starts_normal() {
    let layer = embedding(100, 400).unwrap();
    let (mean, std, largest) = spread(layer.parameter("weight").unwrap());
    assert!(mean.abs() < 0.025 && (std - 1.0).abs() < 0.02 && (3.5..7.0).contains(&largest));
}

#[test]
fn normalisations_start_as_the_identity() {
    let options = BatchNormOptions::default();
    let all = sequential(vec![
        batch_norm(3, options).unwrap(),
        instance_norm(3, true).unwrap(),
        group_norm(1, 3, true).unwrap(),
        layer_norm(&[3, 2], true).unwrap(),
        class_batch_norm(3, 5, options).unwrap(),
    ]);
    for (name, parameter) in all.state() {
        let (mean, _, largest) = spread(&parameter);
        // The gain and the bias of a class are what is added to 1 and to 0.
        let of_class = name.starts_with("4.gain") || name.starts_with("4.bias");
        let one = !of_class && (name.ends_with("weight") || name.ends_with("running_var"));
        assert_eq!((mean, largest), if one { (1.0, 1.0) } else { (0.0, 0.0) }, "{name}");
    }
}

/// PyTorch's `parametrizations.spectral_norm` makes 15 power iterations before the first pass.
#[test]
fn a_spectral_layer_starts_near_its_largest_singular_value() {
    let layer = spectral(linear(30, 20, true).unwrap()).unwrap();
    let weight = layer.child("module").unwrap().value("weight").unwrap();
    assert_uniform(layer.child("module").unwrap().parameter("weight").unwrap(), 1.0 / 30f64.sqrt());
    let sigma_of = |u: &[f64]| {
        let weight = weight.to_f64().unwrap();
        (0..30).map(|j| (0..20).map(|i| u[i] * weight[i * 30 + j]).sum::<f64>().powi(2)).sum::<f64>().sqrt()
    };
    let start = sigma_of(&layer.value("u").unwrap().to_f64().unwrap());
    let x = random::normal(&[1, 30], Device::Cpu).unwrap();
    (0..500).for_each(|_| drop(layer.forward(&x).unwrap()));
    let end = sigma_of(&layer.value("u").unwrap().to_f64().unwrap());
    assert!(start <= end * (1.0 + 1e-5) && start > 0.93 * end, "{start} of {end}");
}

/// The gains of `kaiming` and `xavier`, over the fans of a layer where they differ.
#[test]
fn initialisers_have_their_variances() {
    use init::Nonlinearity::*;
    let layer = conv_transpose2d(64, 16, [5, 5], ConvOptions::default()).unwrap();
    let weight = layer.parameter("weight").unwrap();
    let (input, output) = (400.0f64, 1600.0f64);
    let cases = [
        (init::normal(0.0, 0.02), 0.02),
        (init::uniform(-0.3, 0.3), 0.3 / 3f64.sqrt()),
        (init::xavier_uniform(2.0), 2.0 * (2.0 / (input + output)).sqrt()),
        (
            init::Initialiser::Scaled { gain: 1.0, fan: init::Fan::Mean, law: init::Distribution::Normal },
            (2.0 / (input + output)).sqrt(),
        ),
        (init::kaiming_uniform(Relu), (2.0 / input).sqrt()),
        (init::kaiming_normal(LeakyRelu(0.2)), (2.0 / 1.04 / input).sqrt()),
        (init::kaiming_normal(Tanh), 5.0 / 3.0 / input.sqrt()),
    ];
    for (law, expected) in cases {
        weight.init(law).unwrap();
        let (mean, std, _) = spread(weight);
        assert!((std / expected - 1.0).abs() < 0.03 && mean.abs() < 0.03 * expected, "{law:?}: {std}");
    }
}

#[test]
fn a_bias_is_left_out_where_it_is_not_wanted() {
    let without = ConvOptions { bias: false, ..ConvOptions::default() };
    let layers: [Module; 3] = [
        linear(3, 2, false).unwrap(),
        conv2d(3, 2, [3, 3], without).unwrap(),
        conv_transpose2d(3, 2, [3, 3], without).unwrap(),
    ];
    for layer in layers {
        assert_eq!(layer.own_parameters().len(), 1);
    }
}
