//! Summaries: what is counted, and that counting changes nothing.

use crate::support::*;
use ops::{
    DType, Device, Result, Spec, Tensor,
    nn::{
        Activation, BatchNormOptions, Layer, Module, Value, activation, batch_norm, conv2d, dropout,
        embedding, flatten, linear, max_pool2d, sequential, sequential_named, spectral, value,
    },
    random,
};

fn symbolic(shape: &[usize]) -> Tensor {
    Tensor::symbolic(Spec::new(shape, DType::F32), Device::Cpu)
}

/// The network of torchinfo's README.
fn convolutions() -> Module {
    let pool = || max_pool2d([2, 2], Default::default());
    let named = |name: &str, module: Module| (name.to_owned(), module);
    let conv = |inputs, outputs| conv2d(inputs, outputs, [5, 5], Default::default()).unwrap();
    sequential_named(vec![
        named("conv1", conv(1, 10)),
        named("pool1", pool()),
        named("conv2", conv(10, 20)),
        named("drop", dropout(0.5).unwrap()),
        named("pool2", pool()),
        named("flat", flatten()),
        named("fc1", linear(320, 50, true).unwrap()),
        named("relu", activation(Activation::Relu)),
        named("fc2", linear(50, 10, true).unwrap()),
    ])
}

/// The line of a layer, its columns parted by single spaces.
fn line(text: &str, layer: &str) -> String {
    let found = text.lines().find(|line| line.contains(layer)).expect(layer);
    found.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The numbers are those of the table in the README of torchinfo 1.8.0, whose sum is rounded: `3.41` million.
#[test]
fn numbers_are_those_of_torchinfo() {
    let text = convolutions().summary(&symbolic(&[7, 1, 28, 28])).unwrap().to_string();
    assert_eq!(line(&text, "conv1"), "├─conv1: Conv2d [7, 10, 24, 24] 260 1,048,320");
    assert_eq!(line(&text, "conv2"), "├─conv2: Conv2d [7, 20, 8, 8] 5,020 2,248,960");
    assert_eq!(line(&text, "drop"), "├─drop: Dropout [7, 20, 8, 8] -- --");
    assert_eq!(line(&text, "fc1"), "├─fc1: Linear [7, 50] 16,050 112,350");
    assert_eq!(line(&text, "fc2"), "├─fc2: Linear [7, 10] 510 3,570");
    for sum in [
        "Total params: 21,840",
        "Trainable params: 21,840",
        "Non-trainable params: 0",
        "Total mult-adds: 3,413,200",
        "Input size (MB): 0.02",
        "Forward/backward pass size (MB): 0.40",
        "Params size (MB): 0.09",
        "Estimated total size (MB): 0.51",
    ] {
        assert!(text.lines().any(|line| line == sum), "{sum}\n{text}");
    }
}

#[test]
fn what_is_frozen_or_used_twice_is_said() {
    let shared = linear(4, 4, false).unwrap();
    let net = sequential(vec![shared.clone(), shared.clone(), linear(4, 2, true).unwrap()]);
    shared.freeze();
    let summary = net.summary(&symbolic(&[3, 4])).unwrap();
    assert_eq!((summary.parameters, summary.trainable), (16 + 10, 10));
    // Both passes through it cost.
    assert_eq!(summary.operations, 3 * (16 + 16 + 10));
    let text = summary.to_string();
    assert_eq!(text.matches("(recursive)").count(), 1, "{text}");
}

#[test]
fn a_layer_around_another_is_a_level() {
    let inner = sequential(vec![spectral(linear(4, 2, true).unwrap()).unwrap()]);
    let text = sequential(vec![inner]).summary(&symbolic(&[3, 4])).unwrap().to_string();
    assert_eq!(line(&text, "│  ├─0: SpectralNorm"), "│ ├─0: SpectralNorm [3, 2] -- --");
    assert!(text.contains("Total params: 10"), "{text}");
}

/// Refuses symbolic tensors, as what reads values does.
struct Reads;

impl Layer for Reads {
    fn name(&self) -> &str {
        "Reads"
    }

    fn call(&self, _: &Module, inputs: &[Value]) -> Result<Value> {
        let x = value::one("Reads", inputs)?;
        x.to_f32()?;
        x.narrow(0, 0, 1).map(Value::Tensor)
    }
}

#[test]
fn a_summary_changes_nothing() {
    let norm = || batch_norm(2, BatchNormOptions::default()).unwrap();
    let reads = sequential(vec![norm(), dropout(0.5).unwrap(), Module::new(Reads, vec![], vec![])]);
    let traced = sequential(vec![norm(), dropout(0.5).unwrap()]);
    for (net, first) in [(reads, 1), (traced, 5)] {
        net.forward(&floats(&[1.0, 2.0, 3.0, 4.0], &[2, 2])).unwrap();
        let before = net.state().iter().map(|(_, p)| p.get().to_f32().unwrap()).collect::<Vec<_>>();
        let draw = || random::uniform(&[2], Device::Cpu).unwrap().to_f32().unwrap();
        let stream = || random::Key::new(7);
        let drawn = random::with_stream(stream(), draw);
        random::with_stream(stream(), || {
            // Zeros stand for what has only a shape.
            let text = net.summary(&symbolic(&[5, 2])).unwrap().to_string();
            assert!(text.contains(&format!("[{first}, 2]")), "{text}");
            assert_eq!(draw(), drawn);
        });
        assert_eq!(net.state().iter().map(|(_, p)| p.get().to_f32().unwrap()).collect::<Vec<_>>(), before);
        assert_eq!(net.last_inputs().unwrap()[0].tensors()[0].shape, [2, 2]);
        assert!(net.is_training() && net.children()[1].1.is_training());
    }
}

#[test]
fn errors_are_those_of_the_layers() {
    let net = convolutions();
    let error = net.summary(&symbolic(&[16, 3, 28, 28])).unwrap_err().to_string();
    assert!(error.contains("conv1"), "{error}");
    // The look at the pass ended with it.
    assert!(net.summary(&symbolic(&[1, 1, 28, 28])).unwrap().to_string().contains("[1, 10]"));
    let words = embedding(11, 4).unwrap();
    assert!(words.summary(&symbolic(&[2, 3])).is_err());
    let tokens = floats(&[1.0, 2.0], &[1, 2]).cast(DType::I32).unwrap();
    assert!(words.summary(&tokens).unwrap().to_string().contains("[1, 2, 4]"));
}
