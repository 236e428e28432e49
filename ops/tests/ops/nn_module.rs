//! Modules: names, saving and restoring, copies, ties, modes, freezing.

use std::any::Any;

use crate::support::*;
use ops::nn::loss::Reduction;
use ops::{
    DType, Device, Result, Tensor,
    nn::{
        Activation, Adam, BatchNormOptions, Layer, Module, Optimiser, Parameter, Value, activation,
        batch_norm, class_batch_norm, conv2d, dropout, embedding, init, linear, loss, sequential,
        sequential_named, spectral, value,
    },
    random,
};

fn network() -> Module {
    let encoder = sequential(vec![
        conv2d(1, 2, [3, 3], Default::default()).unwrap(),
        batch_norm(2, BatchNormOptions::default()).unwrap(),
        activation(Activation::Relu),
    ]);
    sequential_named(vec![("encoder".into(), encoder), ("head".into(), ops::nn::flatten())])
}

fn values(module: &Module) -> Vec<Vec<f32>> {
    module.state().iter().map(|(_, parameter)| parameter.get().to_f32().unwrap()).collect()
}

fn names(parameters: Vec<(String, Parameter)>) -> Vec<String> {
    parameters.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn names_are_dotted_and_buffers_apart() {
    let network = network();
    let trained = ["encoder.0.weight", "encoder.0.bias", "encoder.1.weight", "encoder.1.bias"];
    assert_eq!(names(network.named_parameters()), trained);
    assert_eq!(names(network.named_buffers()), ["encoder.1.running_mean", "encoder.1.running_var"]);
    assert_eq!(network.state().len(), 6);
    assert_eq!(network.parameter_count(), 18 + 2 + 2 + 2);
    assert!(network.child("encoder").unwrap().child("0").unwrap().parameter("weight").is_some());
}

#[test]
fn modules_print_as_trees() {
    let expected = "\
Sequential
  encoder: Sequential
    0: Conv2d(1 -> 2, kernel 3): weight [2, 1, 3, 3], bias [2]
    1: BatchNorm(2): weight [2], bias [2], running_mean [2], running_var [2]
    2: Relu
  head: Flatten
24 parameters";
    assert_eq!(network().to_string(), expected);
    let large = linear(1000, 1234, false).unwrap().to_string();
    assert!(large.ends_with("1,234,000 parameters"), "{large}");
}

#[test]
fn what_was_saved_is_restored_in_place() {
    let (saved, restored) = (network(), network());
    saved.forward(&random::normal(&[4, 1, 5, 5], Device::Cpu).unwrap()).unwrap();
    let other_name = restored.child("encoder").unwrap().clone();
    let leaf = other_name.child("0").unwrap().value("weight").unwrap();
    assert_ne!(values(&saved), values(&restored));
    restored.load(&saved.save().unwrap()).unwrap();
    assert_eq!(values(&saved), values(&restored));
    assert_eq!(values(&other_name), values(&saved));

    // A tensor that was taken before is still the same leaf to gradients.
    let gradients =
        other_name.child("0").unwrap().value("weight").unwrap().sum().unwrap().backward().unwrap();
    assert!(gradients.of(&leaf).is_some());
}

#[test]
fn a_state_that_does_not_fit_changes_nothing_and_is_listed() {
    let network = network();
    let before = values(&network);
    let mut tensors: Vec<_> = network.state().iter().map(|(n, p)| (n.clone(), p.get().detach())).collect();
    tensors[0].1 = floats(&[0.0; 18], &[2, 1, 9]);
    tensors[1].1 = tensors[1].1.cast(DType::F64).unwrap();
    tensors[2].0 = "encoder.1.gain".into();
    let message = network.load_state(&tensors).unwrap_err().to_string();
    for part in [
        "encoder.0.weight: is f32 [2, 1, 9], expected f32 [2, 1, 3, 3]",
        "encoder.0.bias: is f64 [2], expected f32 [2]",
        "encoder.1.weight: is missing, expected f32 [2]",
        "encoder.1.gain: is f32 [2], but not known here",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(values(&network), before);

    let truncated = &network.save().unwrap()[..100];
    let message = network.load(truncated).unwrap_err().to_string();
    assert!(message.contains("no safetensors file"), "{message}");
}

#[test]
fn all_element_types_survive_the_file() {
    use ops::nn::state::{from_safetensors, to_safetensors};
    let tensors: Vec<(String, Tensor)> = DType::ALL
        .iter()
        .map(|&dtype| (dtype.name().into(), floats(&[0.0, 1.0, 2.0], &[3]).cast(dtype).unwrap()))
        .chain([("scalar".into(), Tensor::scalar(2.5, DType::F64, Device::Cpu).unwrap())])
        .collect();
    let restored = from_safetensors(&to_safetensors(&tensors).unwrap()).unwrap();
    assert_eq!(restored.len(), 6);
    for (name, tensor) in &restored {
        let (_, original) = tensors.iter().find(|(known, _)| known == name).unwrap();
        assert_eq!(tensor.to_data().unwrap(), original.to_data().unwrap());
        assert_eq!(tensor.shape(), original.shape());
    }
}

/// Metadata, as other programs write it, is passed over.
#[test]
fn files_with_metadata_are_read() {
    let header = br#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} "#;
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header, &1.5f32.to_le_bytes()].concat();
    let tensors = ops::nn::state::from_safetensors(&bytes).unwrap();
    assert_eq!((tensors[0].0.as_str(), tensors[0].1.item().unwrap()), ("a", 1.5));
}

/// An autoencoder whose decoder is the transpose of its encoder: a layer of a caller's own.
struct Tied;

impl Layer for Tied {
    fn name(&self) -> &str {
        "Tied"
    }

    fn describe(&self) -> String {
        String::new()
    }

    fn call(&self, module: &Module, inputs: &[Value]) -> Result<Value> {
        let code = value::one("Tied", inputs)?.matmul(&module.value("encode")?)?;
        code.matmul(&module.value("decode")?.transpose(0, 1)?).map(Value::Tensor)
    }
}

fn tied() -> Module {
    let weight = Parameter::new(&random::normal(&[4, 2], Device::Cpu).unwrap()).unwrap();
    Module::new(Tied, vec![("encode".into(), weight.clone()), ("decode".into(), weight)], vec![])
}

#[test]
fn tied_parameters_are_one() {
    let module = tied();
    assert_eq!(names(module.state()), ["encode"]);
    assert_eq!(module.parameter_count(), 8);
    let copy = module.deep_copy().unwrap();
    let of = |name| copy.parameter(name).unwrap();
    assert!(of("encode").is_same(of("decode")));
    assert!(!of("encode").is_same(module.parameter("encode").unwrap()));
    assert!((copy.layer() as &dyn Any).is::<Tied>());
}

#[test]
fn a_copy_is_independent() {
    let original = network();
    let copy = original.deep_copy().unwrap();
    assert!(!copy.is_same(&original) && original.is_same(&original.clone()));
    assert_eq!(values(&copy), values(&original));
    let before = values(&original);

    let optimiser = Optimiser::new(Adam::default(), 0.1, copy.named_parameters()).unwrap();
    let x = random::normal(&[4, 1, 5, 5], Device::Cpu).unwrap();
    let y = copy.forward(&x).unwrap();
    optimiser.step(&y.mul(&y).unwrap().sum().unwrap().backward().unwrap()).unwrap();
    copy.training(false);

    assert_eq!(values(&original), before);
    assert_ne!(values(&copy), before);
    assert!(original.child("encoder").unwrap().is_training());
}

#[test]
fn a_shared_module_stays_shared_in_a_copy() {
    let shared = linear(2, 2, true).unwrap();
    let network = sequential(vec![shared.clone(), activation(Activation::Tanh), shared]);
    assert_eq!(names(network.state()), ["0.weight", "0.bias"]);
    let copy = network.deep_copy().unwrap();
    assert!(copy.child("0").unwrap().is_same(copy.child("2").unwrap()));
}

#[test]
fn frozen_parameters_are_constants() {
    let network = sequential(vec![linear(3, 3, true).unwrap(), linear(3, 1, true).unwrap()]);
    let x = random::normal(&[5, 3], Device::Cpu).unwrap();
    let gradients = || network.forward(&x).unwrap().sum().unwrap().backward();
    network.child("0").unwrap().freeze();
    let found = gradients().unwrap();
    let with_gradient = |(name, p): (String, Parameter)| p.gradient(&found).map(|_| name);
    let trained: Vec<_> = network.named_parameters().into_iter().filter_map(with_gradient).collect();
    assert_eq!(trained, ["1.weight", "1.bias"]);
    assert!(network.deep_copy().unwrap().parameter_count() == 16);

    network.freeze();
    assert!(gradients().is_err());
    network.unfreeze();
    assert_eq!(gradients().unwrap().len(), 4);
}

#[test]
fn dropout_scales_what_it_keeps_and_only_in_training() {
    let layer = dropout(0.25).unwrap();
    let x = Tensor::full([100, 100], 3.0, DType::F32, Device::Cpu).unwrap();
    let key = random::Key::new(7);
    let draw = || random::with_stream(key, || layer.forward(&x).unwrap().to_f32().unwrap());
    let y = draw();
    assert!(y.iter().all(|&y| y == 0.0 || y == 4.0));
    let kept = y.iter().filter(|&&y| y > 0.0).count();
    assert!((7300..7700).contains(&kept), "{kept}");
    assert_eq!(draw(), y, "the same stream draws the same mask");

    layer.training(false);
    assert!(layer.forward(&x).unwrap().is_same(&x));
    assert!(dropout(0.0).unwrap().forward(&x).unwrap().is_same(&x));
    assert_eq!(dropout(1.0).unwrap().forward(&x).unwrap().to_f32().unwrap(), vec![0.0; 10_000]);
    assert!(dropout(1.5).is_err());
}

#[test]
fn a_parameter_takes_only_values_like_its_own() {
    let parameter = Parameter::new(&floats(&[1.0, 2.0], &[2])).unwrap();
    let error = parameter.set(&floats(&[1.0], &[1])).unwrap_err();
    assert_eq!(error.to_string(), "set: the shape is f32 [1], expected f32 [2], that of the parameter");
    assert!(Parameter::new(&parameter.get().cast(DType::I32).unwrap()).is_err());
}

/// Gradients that were taken before a parameter's value was replaced still find it.
#[test]
fn a_leaf_keeps_its_identity() {
    let parameter = Parameter::new(&floats(&[1.0], &[1])).unwrap();
    let gradients =
        loss::mse(&parameter.get(), &floats(&[3.0], &[1]), Reduction::Mean).unwrap().backward().unwrap();
    parameter.set(&floats(&[5.0], &[1])).unwrap();
    assert_eq!(parameter.gradient(&gradients).unwrap().item().unwrap(), -4.0);
}

#[test]
fn an_error_names_the_module_that_it_happened_in() {
    let inner = sequential(vec![activation(Activation::Relu), linear(4, 2, true).unwrap()]);
    let network = sequential_named(vec![("encoder".into(), inner)]);
    let error = network.forward(&floats(&[1.0; 3], &[1, 3])).unwrap_err().to_string();
    assert!(error.contains("[1, 3]") && error.ends_with("; in module `encoder.1`"), "{error}");
}

/// The weight is one of three rows for each label; the gradient counts how often each was chosen.
#[test]
fn an_embedding_looks_labels_up() {
    let module = embedding(3, 2).unwrap();
    module.parameter("weight").unwrap().set(&floats(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], &[3, 2])).unwrap();
    let labels = Tensor::from_data(vec![2, 0, 2, 2], [2, 2], Device::Cpu).unwrap();
    let y = module.forward(&labels).unwrap();
    assert_eq!(y.shape(), [2, 2, 2]);
    assert_eq!(y.to_f64().unwrap(), [4.0, 5.0, 0.0, 1.0, 4.0, 5.0, 4.0, 5.0]);
    let gradients = y.sum().unwrap().backward().unwrap();
    let gradient = module.parameter("weight").unwrap().gradient(&gradients).unwrap();
    assert_eq!(gradient.to_f64().unwrap(), [1.0, 1.0, 0.0, 0.0, 3.0, 3.0]);
    let y = spectral(module).unwrap().forward(&labels).unwrap();
    assert!(y.to_f64().unwrap().iter().all(|x| x.abs() <= 1.0 + 1e-3));
    assert!(embedding(0, 2).is_err());
}

/// Rows of a wide weight and columns of a tall one are orthogonal, of length `gain`.
#[test]
fn orthogonal_weights() {
    let wide = conv2d(3, 5, [3, 3], Default::default()).unwrap();
    let tall = linear(4, 9, true).unwrap();
    for (module, transposed) in [(wide, false), (tall, true)] {
        let bias = module.value("bias").unwrap().to_f32().unwrap();
        module.init(init::orthogonal(2.0), false).unwrap();
        let w = module.value("weight").unwrap().flatten(1, -1).unwrap();
        let w = if transposed { w.transpose(0, 1).unwrap() } else { w };
        let n = w.shape()[0];
        let gram = w.matmul(&w.transpose(0, 1).unwrap()).unwrap().to_f64().unwrap();
        let unit: Vec<f64> = (0..n * n).map(|i| if i / n == i % n { 4.0 } else { 0.0 }).collect();
        assert_near(&gram, &unit, 1e-6);
        assert_eq!(module.value("bias").unwrap().to_f32().unwrap(), bias);
    }
    let norm = batch_norm(2, BatchNormOptions::default()).unwrap();
    assert!(norm.parameter("weight").unwrap().init(init::orthogonal(1.0)).is_err());
}

/// Everything 1 towards 3 with decay 0.75: 1.5, then 1.875. Singular vectors, which have length 1, are taken
/// over.
#[test]
fn an_average_follows_a_module() {
    let of = |value: f32| {
        let module = batch_norm(2, BatchNormOptions::default()).unwrap();
        module.state().iter().for_each(|(_, p)| p.set(&floats(&[value; 2], &[2])).unwrap());
        module
    };
    let (average, source) = (of(1.0), of(3.0));
    average.average(&source, 0.75).unwrap();
    assert_eq!(values(&average), [[1.5; 2]; 4]);
    average.average(&source, 0.75).unwrap();
    assert_eq!(values(&average)[0], [1.875; 2]);
    assert_eq!(values(&source)[0], [3.0; 2]);
    average.average(&source, 0.0).unwrap();
    assert_eq!(values(&average), values(&source));
    assert!(average.average(&source, 1.5).is_err());
    assert!(average.average(&batch_norm(3, BatchNormOptions::default()).unwrap(), 0.5).is_err());

    let [average, source] = [0, 1].map(|_| spectral(linear(3, 2, true).unwrap()).unwrap());
    average.average(&source, 0.75).unwrap();
    for name in ["u", "v"] {
        assert_eq!(
            average.value(name).unwrap().to_f32().unwrap(),
            source.value(name).unwrap().to_f32().unwrap()
        );
    }
}

/// Weights around 0, gains around 1, biases 0; what a class has for its own stays.
#[test]
fn adversarial_networks_begin_near_nothing() {
    let net = sequential(vec![
        conv2d(8, 40, [3, 3], Default::default()).unwrap(),
        batch_norm(40, BatchNormOptions::default()).unwrap(),
    ]);
    net.init_dcgan(0.02).unwrap();
    let [weight, bias, gain, shift] = [0, 1, 2, 3].map(|i| net.named_parameters()[i].1.get());
    let mean_and_std = |x: &Tensor| {
        let mean = x.mean().unwrap().item().unwrap();
        (mean, x.var_dims(&[], false, 0).unwrap().item().unwrap().sqrt())
    };
    let (mean, std) = mean_and_std(&weight);
    assert!(mean.abs() < 0.002 && (std - 0.02).abs() < 0.002, "{mean} {std}");
    let (mean, std) = mean_and_std(&gain);
    assert!((mean - 1.0).abs() < 0.02 && (std - 0.02).abs() < 0.01, "{mean} {std}");
    assert!([bias, shift].iter().all(|x| x.to_f64().unwrap().iter().all(|&x| x == 0.0)));
    let own = class_batch_norm(2, 3, BatchNormOptions::default()).unwrap();
    own.init_dcgan(0.02).unwrap();
    assert!(values(&own)[2..].iter().flatten().all(|&x| x == 0.0));
}
