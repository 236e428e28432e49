//! Layers against PyTorch (`golden/layers.json`), and their gradients against central differences.

use crate::support::*;
use ops::{
    DType, Device, Result, Tensor,
    nn::{
        Activation, AttentionOptions, ConvOptions, Module, MultiHeadOptions, RecurrentOptions,
        TransformerOptions, Value, conv_transpose1d, conv1d, gru, lstm, multi_head_attention, rnn,
        scaled_dot_product_attention, transformer_decoder_layer, transformer_encoder_layer, weight_norm,
    },
    op::Window,
};

/// Numbers that the reference was computed with.
fn x(shape: &[usize], k: usize) -> Tensor {
    let n = shape.iter().product();
    let values: Vec<f64> = (0..n).map(|i| (((i * 29 + k * 7) % 23) as f64 - 11.0) / 8.0).collect();
    Tensor::from_data(values, shape, Device::Cpu).unwrap()
}

/// The module in f64 with the numbers of the reference, in evaluation.
fn filled(module: Result<Module>) -> Module {
    let module = module.unwrap();
    module.cast(DType::F64).unwrap();
    module.training(false);
    let mut state = module.state();
    state.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (k, (_, parameter)) in state.into_iter().enumerate() {
        let spec = parameter.spec();
        let values = (0..spec.len()).map(|i| (((i * 37 + k * 11) % 17) as f64 - 8.0) / 20.0);
        let value = Tensor::from_data(values.collect::<Vec<_>>(), spec.shape, Device::Cpu).unwrap();
        parameter.set(&value).unwrap();
    }
    module
}

fn bools(values: &[&[usize]]) -> Tensor {
    let flat: Vec<bool> = values.iter().flat_map(|row| row.iter().map(|&b| b == 1)).collect();
    Tensor::from_data(flat, [values.len(), values[0].len()], Device::Cpu).unwrap()
}

fn get(value: &Value, name: &str) -> Tensor {
    let Value::Map(items) = value else { panic!("a map was expected") };
    let (_, value) = items.iter().find(|(known, _)| known == name).unwrap();
    value.clone().tensor("test", "it is").unwrap()
}

#[track_caller]
fn assert_golden(name: &str, found: &Tensor) {
    let file = golden("layers");
    let (expected, found) = (numbers(&file[name]), found.to_f64().unwrap());
    assert_eq!(found.len(), expected.len(), "{name}");
    let near = found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-8);
    assert!(near, "{name}: {found:?}, expected {expected:?}");
}

fn call(module: &Module, inputs: &[Value]) -> Value {
    module.call(inputs).unwrap()
}

fn tensor_of(module: &Module, inputs: &[Value]) -> Tensor {
    call(module, inputs).tensor("test", "it gives").unwrap()
}

fn two_ways(bias: bool) -> RecurrentOptions {
    RecurrentOptions { layers: 2, bidirectional: true, bias, ..RecurrentOptions::default() }
}

#[test]
fn recurrent_layers() {
    for (name, module) in [
        ("lstm", lstm(2, 3, two_ways(true))),
        ("gru", gru(2, 3, two_ways(true))),
        ("rnn", rnn(2, 3, false, two_ways(true))),
        ("rnn_relu", rnn(2, 3, true, two_ways(false))),
    ] {
        let module = filled(module);
        let y = call(&module, &[x(&[3, 2, 2], 0).into()]);
        assert_golden(&format!("{name}.output"), &get(&y, "output"));
        assert_golden(&format!("{name}.h"), &get(&y, "h"));
        if name == "lstm" {
            assert_golden("lstm.c", &get(&y, "c"));
        }
    }
}

#[test]
fn an_lstm_goes_on_from_a_state() {
    let options = RecurrentOptions { batch_first: true, ..RecurrentOptions::default() };
    let module = filled(lstm(2, 3, options));
    let states = [x(&[1, 2, 3], 1), x(&[1, 2, 3], 2)];
    let inputs = [x(&[2, 3, 2], 0), states[0].clone(), states[1].clone()].map(Value::from);
    let y = call(&module, &inputs);
    let (output, c) = (get(&y, "output"), get(&y, "c"));
    assert_golden("lstm_started.output", &output);
    assert_golden("lstm_started.c", &c);
    let of = |y: &Tensor, k| y.mul(&x(y.shape(), k)).unwrap().sum().unwrap();
    let gradients = of(&output, 3).add(&of(&c, 4)).unwrap().backward().unwrap();
    for (name, parameter) in module.named_parameters() {
        assert_golden(&format!("lstm_started.gradient.{name}"), parameter.gradient(&gradients).unwrap());
    }
}

#[test]
fn attention() {
    let (q, k, v) = (x(&[2, 3, 4], 0), x(&[2, 5, 4], 1), x(&[2, 5, 2], 2));
    let seen = bools(&[&[1, 0, 1, 1, 0], &[1; 5], &[0; 5]]);
    let plain = AttentionOptions::default;
    for (name, options) in [
        ("attention", plain()),
        ("attention.bools", AttentionOptions { allowed: Some(seen), ..plain() }),
        ("attention.floats", AttentionOptions { bias: Some(x(&[3, 5], 5)), scale: Some(0.3), ..plain() }),
    ] {
        assert_golden(name, &scaled_dot_product_attention([&q, &k, &v], &options).unwrap().0);
    }
    let [k, v] = [k, v].map(|x| x.narrow(1, 0, 3).unwrap());
    let causal = AttentionOptions { causal: true, ..plain() };
    assert_golden("attention.causal", &scaled_dot_product_attention([&q, &k, &v], &causal).unwrap().0);
}

#[test]
fn attention_in_heads() {
    let batch_first = MultiHeadOptions { batch_first: true, ..MultiHeadOptions::default() };
    let module = filled(multi_head_attention(4, 2, batch_first));
    let inputs = [x(&[2, 3, 4], 0), x(&[2, 5, 4], 1), x(&[2, 5, 4], 2)].map(Value::from);
    let weights = ("need_weights", Value::Bool(true));
    let y = call(&module, &[&inputs[..], &[Value::map([weights.clone()])]].concat());
    assert_golden("heads", &get(&y, "output"));
    assert_golden("heads.weights", &get(&y, "weights"));
    let mask = bools(&[&[0, 0, 1, 1, 0], &[0, 0, 1, 1, 1], &[0, 0, 0, 0, 1]]);
    let padding = bools(&[&[0, 0, 0, 1, 1], &[0, 1, 0, 0, 0]]);
    let masks = [("attn_mask", mask.into()), ("key_padding_mask", padding.into()), weights];
    let y = call(&module, &[&inputs[..], &[Value::map(masks)]].concat());
    assert_golden("heads.masks", &get(&y, "output"));
    assert_golden("heads.masks.weights", &get(&y, "weights"));
    let sizes = MultiHeadOptions { key_size: Some(3), value_size: Some(2), ..MultiHeadOptions::default() };
    let module = filled(multi_head_attention(4, 2, sizes));
    let inputs = [x(&[3, 2, 4], 0), x(&[5, 2, 3], 1), x(&[5, 2, 2], 2)].map(Value::from);
    assert_golden("heads.sizes", &tensor_of(&module, &inputs));
}

fn square(n: usize) -> Tensor {
    let ones = Tensor::full([n, n], 1.0, DType::F64, Device::Cpu).unwrap();
    let later = ones.triu(1).unwrap().gt_scalar(0.5).unwrap();
    ones.mul_scalar(0.0).unwrap().masked_fill(&later, f64::NEG_INFINITY).unwrap()
}

#[test]
fn transformer_layers() {
    let small = TransformerOptions { dim_feedforward: 6, ..TransformerOptions::default() };
    let first = TransformerOptions { norm_first: true, activation: Activation::Gelu, ..small };
    let (input, memory) = (x(&[3, 2, 4], 0), x(&[5, 2, 4], 1));
    for (name, options) in [("encoder", small), ("encoder.norm_first", first)] {
        let module = filled(transformer_encoder_layer(4, 2, options));
        let causal = Value::map([("is_causal", Value::Bool(true))]);
        assert_golden(name, &tensor_of(&module, &[(&input).into(), causal]));
        let mask = Value::map([("src_mask", Value::from(square(3)))]);
        assert_golden(name, &tensor_of(&module, &[(&input).into(), mask]));
    }
    let first = TransformerOptions { activation: Activation::Relu, ..first };
    let module = filled(transformer_decoder_layer(4, 2, first));
    let causal = Value::map([("tgt_is_causal", Value::Bool(true))]);
    assert_golden("decoder.norm_first", &tensor_of(&module, &[(&input).into(), (&memory).into(), causal]));
    let module = filled(transformer_decoder_layer(4, 2, small));
    let padding = bools(&[&[0, 0, 0, 1, 1], &[0, 1, 0, 0, 0]]);
    let padding = Value::map([("memory_key_padding_mask", Value::from(padding))]);
    assert_golden("decoder", &tensor_of(&module, &[(&input).into(), (&memory).into(), padding]));
}

#[test]
fn pools_and_shapes() {
    let image = x(&[1, 1, 5, 4], 0);
    assert_golden("adaptive_avg_pool2d", &image.adaptive_avg_pool2d([2, 3]).unwrap());
    assert_golden("adaptive_max_pool2d", &image.adaptive_max_pool2d([2, 3]).unwrap());
    let signal = x(&[1, 1, 7], 0);
    assert_golden("adaptive_avg_pool1d", &signal.adaptive_avg_pool1d(3).unwrap());
    assert_golden("adaptive_max_pool1d", &signal.adaptive_max_pool1d(3).unwrap());
    let signals = x(&[1, 2, 7], 0);
    assert_golden("max_pool1d", &signals.max_pool1d(3, 2, 1).unwrap());
    assert_golden("avg_pool1d", &signals.avg_pool1d(3, 2, 1, true).unwrap());
    assert_golden("pixel_shuffle", &x(&[1, 8, 1, 2], 0).pixel_shuffle(2).unwrap());
    assert_golden("pixel_unshuffle", &x(&[1, 2, 2, 4], 0).pixel_unshuffle(2).unwrap());
    let weights = Tensor::from_data(vec![0.5, 0.25], [2], Device::Cpu).unwrap();
    assert_golden("prelu", &x(&[1, 2, 3], 0).prelu(&weights).unwrap());
    let window = Window { stride: [1, 2], padding: [0, 1], dilation: [1, 2], groups: 2 };
    let (weight, bias) = (x(&[4, 1, 3], 1), x(&[2], 2));
    assert_golden(
        "conv_transpose1d",
        &x(&[1, 4, 3], 0).conv_transpose1d(&weight, Some(&bias), window, 1).unwrap(),
    );
    let module = filled(weight_norm(&conv1d(2, 3, 2, ConvOptions::default()).unwrap()));
    assert_golden("weight_norm", &tensor_of(&module, &[x(&[1, 2, 4], 0).into()]));
    let module =
        conv_transpose1d(4, 2, 3, ConvOptions { window, output_padding: [0, 1], bias: true }).unwrap();
    assert_eq!(module.parameter("weight").unwrap().spec().shape, [4, 1, 3]);
}

/// The sum of all that a module gives, each number times another one.
fn loss(module: &Module, inputs: &[Value]) -> Tensor {
    let y = module.call(inputs).unwrap();
    let weighed = |(k, y): (usize, &&Tensor)| y.mul(&x(y.shape(), k + 5)).unwrap().sum().unwrap();
    y.tensors().iter().enumerate().map(weighed).reduce(|a, b| a.add(&b).unwrap()).unwrap()
}

/// Holds the gradients of a module by its inputs and parameters against slopes, as `backward` computes them
/// and as `gradient` does; and those of the sum of the squares of all gradients.
fn check(what: &str, module: &Module, inputs: &[Value]) {
    let tracked =
        |input: &Value| input.each(&mut |x: &Tensor| x.track().or_else(|_| Ok::<_, ops::Error>(x.clone())));
    let inputs: Vec<Value> = inputs.iter().map(|input| tracked(input).unwrap()).collect();
    let parameters = module.named_parameters();
    let leaves = || -> Vec<Tensor> {
        let own = parameters.iter().map(|(_, parameter)| parameter.get());
        let given = inputs.iter().flat_map(Value::tensors).filter(|x| x.is_tracked()).cloned();
        own.chain(given).collect()
    };
    let of = leaves();
    let by = |y: &Tensor| y.gradient(&of.iter().collect::<Vec<_>>()).unwrap();
    let found = by(&loss(module, &inputs));
    let at_once = loss(module, &inputs).backward().unwrap();
    for (i, (leaf, found)) in of.iter().zip(&found).enumerate() {
        let zeros = leaf.zeros_like().unwrap();
        near(&format!("{what}: leaf {i}"), at_once.of(leaf).unwrap_or(&zeros), &found.to_f64().unwrap());
    }
    let penalty = || {
        let all = by(&loss(module, &inputs));
        let squares = all.iter().map(|g| g.square().unwrap().sum().unwrap());
        squares.reduce(|a, b| a.add(&b).unwrap()).unwrap()
    };
    let second = by(&penalty());
    for (i, (name, parameter)) in parameters.iter().enumerate() {
        let slope = |f: &dyn Fn() -> Tensor| slopes(parameter, f);
        near(&format!("{what}: {name}"), &found[i], &slope(&|| loss(module, &inputs)));
        near(&format!("{what}: second of {name}"), &second[i], &slope(&penalty));
    }
}

/// Measured slopes by each element of a parameter.
fn slopes(parameter: &ops::nn::Parameter, f: &dyn Fn() -> Tensor) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let (start, shape) = (parameter.value().to_f64().unwrap(), parameter.spec().shape);
    let at = |j: usize, step: f64| {
        let mut moved = start.clone();
        moved[j] += step;
        parameter.set(&Tensor::from_data(moved, shape.clone(), Device::Cpu).unwrap()).unwrap();
        f().item().unwrap()
    };
    let found = (0..start.len()).map(|j| (at(j, STEP) - at(j, -STEP)) / (2.0 * STEP)).collect();
    parameter.set(&Tensor::from_data(start.clone(), shape.clone(), Device::Cpu).unwrap()).unwrap();
    found
}

#[track_caller]
fn near(what: &str, found: &Tensor, expected: &[f64]) {
    let found = found.to_f64().unwrap();
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-5 + 1e-3 * b.abs();
    assert!(found.iter().zip(expected).all(close), "{what}: {found:?}, expected {expected:?}");
}

#[test]
fn gradients_of_layers_are_the_measured_slopes() {
    let options = RecurrentOptions { bidirectional: true, ..RecurrentOptions::default() };
    let sequence = || Value::from(x(&[3, 2, 2], 0));
    let state = |k| Value::from(x(&[2, 2, 2], k));
    check("lstm", &filled(lstm(2, 2, options)), &[sequence(), state(1), state(2)]);
    check("gru", &filled(gru(2, 2, options)), &[sequence(), state(1)]);
    check("rnn", &filled(rnn(2, 2, false, options)), &[sequence()]);
    check(
        "lstm without biases",
        &filled(lstm(2, 2, RecurrentOptions { bias: false, ..options })),
        &[sequence()],
    );
    let small = TransformerOptions { dim_feedforward: 3, activation: Activation::Gelu, ..Default::default() };
    let causal = Value::map([("tgt_is_causal", Value::Bool(true))]);
    let inputs = [x(&[2, 2, 4], 0).into(), x(&[3, 2, 4], 1).into(), causal];
    check("decoder", &filled(transformer_decoder_layer(4, 2, small)), &inputs);
    let normed = weight_norm(&conv1d(2, 2, 2, ConvOptions::default()).unwrap());
    check("weight norm", &filled(normed), &[x(&[1, 2, 3], 0).into()]);
}

#[test]
fn what_layers_do_not_take_is_named() {
    let refused = |module: Result<Module>, inputs: &[Value], words: &str| {
        let error = module.and_then(|module| module.call(inputs)).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    let default = RecurrentOptions::default();
    let wide = || Value::from(x(&[3, 2, 2], 0));
    refused(lstm(0, 3, default), &[], "inputs");
    refused(lstm(2, 3, RecurrentOptions { layers: usize::MAX, ..default }), &[], "layers");
    refused(lstm(2, usize::MAX, default), &[], "hidden");
    refused(lstm(2, 3, RecurrentOptions { dropout: 1.5, ..default }), &[], "0 to 1");
    refused(lstm(2, 3, default), &[], "nothing");
    refused(lstm(2, 3, default), &[wide(), wide()], "x, or x, h and c");
    refused(lstm(3, 3, default), &[wide()], "[T, N, inputs] with 3 inputs");
    refused(gru(2, 3, default), &[wide(), x(&[2, 2, 3], 0).into()], "[1, 2, 3]");
    let heads = MultiHeadOptions::default();
    refused(multi_head_attention(4, 3, heads), &[], "a divisor of the size");
    let attention = || multi_head_attention(4, 2, heads);
    refused(attention(), &[wide(), wide()], "query, key and value");
    refused(attention(), &[wide()], "2 numbers");
    let (input, mask) = (Value::from(x(&[3, 2, 4], 0)), x(&[3, 3], 0));
    refused(attention(), &[input.clone(), Value::map([("mask", Value::from(&mask))])], "attn_mask");
    refused(
        attention(),
        &[input.clone(), Value::map([("is_causal", Value::from(&mask))])],
        "expected a bool",
    );
    let layer = transformer_decoder_layer(4, 2, TransformerOptions::default());
    refused(layer, &[input], "x and a memory");
}
