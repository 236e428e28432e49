//! Classifiers of four exporters reach the accuracy that their authors' files have elsewhere, in batches
//! although most files were written for a single picture.

use onnx_net::{Graph, OnnxFile};
use ops::nn::loss::CrossEntropy;
use ops::{
    Tensor,
    nn::{Adam, Module, Optimiser, loss},
    no_grad,
};
use tests::skipped;

use super::pictures::{Pictures, folder};

/// How pictures become inputs: `(pixel - mean) / deviation`, by channel.
struct Scale {
    mean: [f32; 3],
    deviation: [f32; 3],
}

const fn scale(mean: [f32; 3], deviation: [f32; 3]) -> Scale {
    Scale { mean, deviation }
}

const RAW: Scale = scale([0.0; 3], [1.0; 3]);
const UNIT: Scale = scale([0.0; 3], [255.0; 3]);
const MNIST: Scale = scale([0.1307 * 255.0; 3], [0.3081 * 255.0; 3]);
const CIFAR_MEAN: [f32; 3] = [0.4914 * 255.0, 0.4822 * 255.0, 0.4465 * 255.0];
const CIFAR: Scale = scale(CIFAR_MEAN, [0.2471 * 255.0, 0.2435 * 255.0, 0.2616 * 255.0]);
const IMAGENET: Scale = scale([0.485 * 255.0, 0.456 * 255.0, 0.406 * 255.0], [0.225 * 255.0; 3]);

/// File, preprocessing, pictures, and the right answers among them that ONNX Runtime 1.31 gives, to a
/// tenth of a percent.
const DIGITS: &[(&str, Scale, f64)] = &[
    ("mnist-burn", MNIST, 99.0),
    ("mnist-cntk", RAW, 98.7),
    ("mnist-rten", MNIST, 74.6),
    ("mnist-convnet-maxpool", UNIT, 97.6),
    ("mnist-convnet-avgpool", UNIT, 97.4),
    ("mnist-sigmoid-6x200", UNIT, 97.1),
];
const THINGS: &[(&str, Scale, f64)] = &[
    ("cifar10-resnet-2b", CIFAR, 70.3),
    ("cifar10-resnet-4b", CIFAR, 77.1),
    ("cifar10-wide-kw", IMAGENET, 63.6),
    ("cifar10-marabou-large", UNIT, 75.5),
];

fn load(name: &str) -> Option<Module> {
    let path = folder("HOST_MODELS")?.join(format!("{name}.onnx"));
    let module = onnx_net::module(&OnnxFile::read(&path).unwrap()).unwrap();
    module.training(false);
    Some(module)
}

/// Pictures `from..to` as the module takes them.
fn inputs(module: &Module, pictures: &Pictures, scale: &Scale, from: usize, to: usize) -> Tensor {
    let channels_last = Graph::of(module).unwrap().inputs[0].shape.as_ref().unwrap()[3] == Some(3);
    let x = pictures.batch(from, to, &scale.mean, &scale.deviation);
    if channels_last { x.permute(&[0, 2, 3, 1]).unwrap() } else { x }
}

/// The classes of the same pictures.
fn classes(pictures: &Pictures, from: usize, to: usize) -> Tensor {
    let classes: Vec<i32> = pictures.classes[from..to].iter().map(|&c| c.into()).collect();
    Tensor::from_data(classes, [to - from], ops::Device::Cpu).unwrap()
}

/// Percent of right answers among the first `n` pictures.
fn accuracy(module: &Module, pictures: &Pictures, scale: &Scale, n: usize) -> f64 {
    let mut right = 0;
    for from in (0..n).step_by(250) {
        let to = n.min(from + 250);
        let x = inputs(module, pictures, scale, from, to);
        let answers = no_grad(|| module.forward(&x)?.argmax(1, false)?.to_f64()).unwrap();
        let classes = pictures.classes[from..to].iter().map(|&c| f64::from(c));
        right += answers.iter().zip(classes).filter(|(a, c)| **a == *c).count();
    }
    100.0 * right as f64 / n as f64
}

fn hits(list: &[(&str, Scale, f64)], pictures: &Pictures, n: usize) {
    for (name, scale, expected) in list {
        let Some(module) = load(name) else { return skipped("there is no folder HOST_MODELS") };
        let found = accuracy(&module, pictures, scale, n);
        println!("{name}: {found:.1} %, expected {expected} %");
        assert!((found - expected).abs() <= 0.2, "{name}: {found} % of {n}, expected {expected} %");
    }
}

#[test]
fn digits_are_distinguished_as_elsewhere() {
    match Pictures::mnist("t10k") {
        Some(pictures) => hits(DIGITS, &pictures, 1000),
        None => skipped("there is no MNIST in HOST_DATA"),
    }
}

#[test]
fn things_are_distinguished_as_elsewhere() {
    match Pictures::cifar() {
        Some(pictures) => hits(THINGS, &pictures, 1000),
        None => skipped("there is no CIFAR-10 in HOST_DATA"),
    }
}

#[test]
fn a_detector_of_two_outputs_runs_at_any_batch() {
    let Some(module) = load("ultraface-rfb-320") else { return skipped("there is no folder HOST_MODELS") };
    let network = Graph::of(&module).unwrap();
    let x = ops::random::normal(&[2, 3, 240, 320], ops::Device::Cpu).unwrap();
    let both = no_grad(|| network.run(&module, &[("input", &x)])).unwrap();
    let shapes: Vec<_> =
        both.iter().map(|(name, v)| (name.as_str(), v.spec().unwrap().shape.clone())).collect();
    assert_eq!(shapes, [("scores", vec![2, 4420, 2]), ("boxes", vec![2, 4420, 4])]);
    // Each of both pictures gets what it gets alone.
    let alone = no_grad(|| network.run(&module, &[("input", &x.narrow(0, 1, 1).unwrap())])).unwrap();
    for ((_, two), (_, one)) in both.iter().zip(&alone) {
        let (two, one) = (two.tensor("two").unwrap().narrow(0, 1, 1).unwrap(), one.tensor("one").unwrap());
        let largest = two.sub(one).unwrap().abs().unwrap().max_dims(&[], false).unwrap().item().unwrap();
        assert!(largest < 1e-4, "{largest}");
    }
}

/// Every parameter of every classifier is trained: a few steps lower the loss of a batch whose answers are to
/// be the next classes, which none of them gives.
#[test]
fn classifiers_of_files_are_trained_further() {
    let (Some(digits), Some(things)) = (Pictures::mnist("t10k"), Pictures::cifar()) else {
        return skipped("there is no MNIST or no CIFAR-10 in HOST_DATA");
    };
    let files = DIGITS.iter().map(|file| (file, &digits)).chain(THINGS.iter().map(|file| (file, &things)));
    for ((name, scale, _), pictures) in files {
        let Some(module) = load(name) else { return skipped("there is no folder HOST_MODELS") };
        let x = inputs(&module, pictures, scale, 0, 50);
        let next = classes(pictures, 0, 50).add_scalar(1.0).unwrap().remainder_scalar(10.0).unwrap();
        let error =
            || loss::cross_entropy(&module.forward(&x).unwrap(), &next, &CrossEntropy::default()).unwrap();
        let optimiser = Optimiser::new(Adam::default(), 1e-4, module.named_parameters()).unwrap();
        let before = error();
        for _ in 0..3 {
            let gradients = error().backward().unwrap();
            for (parameter, p) in module.named_parameters() {
                assert!(p.gradient(&gradients).is_some(), "{name}: `{parameter}` gets no gradient");
            }
            optimiser.step(&gradients).unwrap();
        }
        let [before, after] = [before, error()].map(|error| error.item().unwrap());
        println!("{name}: loss {before:.4} before, {after:.4} after three steps");
        assert!(after < before, "{name}: loss {before} before, {after} after three steps");
    }
}

#[test]
fn a_network_of_a_file_learns_in_an_epoch() {
    let (Some(train), Some(test)) = (Pictures::mnist("train"), Pictures::mnist("t10k")) else {
        return skipped("there is no MNIST in HOST_DATA");
    };
    let Some(module) = load("mnist-rten") else { return skipped("there is no folder HOST_MODELS") };
    let before = accuracy(&module, &test, &MNIST, 1000);
    module.training(true);
    let optimiser = Optimiser::new(Adam::default(), 1e-3, module.named_parameters()).unwrap();
    let n = train.classes.len();
    for from in (0..n).step_by(64) {
        let to = n.min(from + 64);
        let x = inputs(&module, &train, &MNIST, from, to);
        let error = loss::cross_entropy(
            &module.forward(&x).unwrap(),
            &classes(&train, from, to),
            &CrossEntropy::default(),
        )
        .unwrap();
        optimiser.step(&error.backward().unwrap()).unwrap();
    }
    module.training(false);
    let after = accuracy(&module, &test, &MNIST, 1000);
    println!("mnist-rten: {before:.1} % before, {after:.1} % after an epoch of {n} pictures");
    assert!(after > before + 5.0, "{before} % before, {after} % after");
}
