//! Weights that other programs wrote: counters, short floats, other names.

use half::{bf16, f16};
use ops::{
    DType, Device, Tensor,
    nn::{BatchNormOptions, Converted, Module, Weights, batch_norm, linear, sequential},
};
use safetensors::{Dtype, tensor::TensorView};

/// A linear layer of 2 to 1 and its normalisation.
fn network() -> Module {
    sequential(vec![linear(2, 1, true).unwrap(), batch_norm(1, BatchNormOptions::default()).unwrap()])
}

/// Names, types, shapes and bytes as a file.
fn file(tensors: &[(&str, Dtype, &[usize], Vec<u8>)]) -> Vec<u8> {
    let view = |(name, dtype, shape, bytes): &'_ (&str, Dtype, &[usize], Vec<u8>)| {
        (name.to_string(), *dtype, shape.to_vec(), bytes.clone())
    };
    let owned: Vec<_> = tensors.iter().map(view).collect();
    let views = owned.iter().map(|(name, dtype, shape, bytes)| {
        (name.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
    });
    safetensors::serialize(views, None).unwrap()
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|x| x.to_le_bytes()).collect()
}

/// The state of [`network`] as PyTorch saves it, names after `prefix`, with these bytes of the linear layer.
fn pytorch(prefix: &str, dtype: Dtype, weight: Vec<u8>, bias: Vec<u8>) -> Vec<u8> {
    let name = |rest: &str| format!("{prefix}{rest}");
    let names = [
        "0.weight",
        "0.bias",
        "1.weight",
        "1.bias",
        "1.running_mean",
        "1.running_var",
        "1.num_batches_tracked",
    ]
    .map(name);
    let one = |x: f32| (Dtype::F32, &[1][..], f32s(&[x]));
    let counter = (Dtype::I64, &[][..], 7i64.to_le_bytes().to_vec());
    let parts = [
        (dtype, &[1, 2][..], weight),
        (dtype, &[1][..], bias),
        one(1.0),
        one(0.0),
        one(0.5),
        one(4.0),
        counter,
    ];
    let tensors: Vec<_> =
        names.iter().zip(parts).map(|(name, (dtype, shape, bytes))| (&**name, dtype, shape, bytes)).collect();
    file(&tensors)
}

fn answer(module: &Module) -> f32 {
    module.training(false);
    let x = Tensor::from_data(vec![1f32, 2.0], [1, 2], Device::Cpu).unwrap();
    module.forward(&x).unwrap().to_f32().unwrap()[0]
}

#[test]
fn counters_are_left_out_and_floats_converted() {
    let halves =
        |values: &[f32]| values.iter().flat_map(|&x| f16::from_f32(x).to_le_bytes()).collect::<Vec<_>>();
    let brains =
        |values: &[f32]| values.iter().flat_map(|&x| bf16::from_f32(x).to_le_bytes()).collect::<Vec<_>>();
    let doubles =
        |values: &[f32]| values.iter().flat_map(|&x| f64::from(x).to_le_bytes()).collect::<Vec<_>>();
    type Bytes<'a> = &'a dyn Fn(&[f32]) -> Vec<u8>;
    let cases: [(Dtype, Bytes, &str); 4] = [
        (Dtype::F32, &f32s, ""),
        (Dtype::F16, &halves, "f16"),
        (Dtype::BF16, &brains, "bf16"),
        (Dtype::F64, &doubles, "f64"),
    ];
    for (dtype, bytes, from) in cases {
        let module = network();
        let weights = Weights::read(&pytorch("", dtype, bytes(&[2.0, -0.75]), bytes(&[1.0]))).unwrap();
        let converted = weights.load_into(&module).unwrap();
        let names = vec!["0.bias".to_owned(), "0.weight".into()];
        let group = Converted { from: from.into(), to: DType::F32, names };
        assert_eq!(converted, if from.is_empty() { vec![] } else { vec![group] }, "{dtype}");
        // 2 - 2 * 0.75 + 1, less the mean 0.5, over the deviation 2.
        assert!((answer(&module) - 0.5).abs() < 1e-5, "{dtype}: {}", answer(&module));
    }
}

#[test]
fn numbers_beyond_the_type_are_refused() {
    let doubles = |values: &[f64]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>();
    let weights = Weights::read(&pytorch("", Dtype::F64, doubles(&[1e300, 0.0]), doubles(&[0.0]))).unwrap();
    let error = weights.load_into(&network()).unwrap_err().to_string();
    assert!(error.contains("`0.weight` has numbers beyond what f32 holds"), "{error}");
    let infinite = doubles(&[f64::NEG_INFINITY, 0.0]);
    Weights::read(&pytorch("", Dtype::F64, infinite, doubles(&[0.0])))
        .unwrap()
        .load_into(&network())
        .unwrap();
}

#[test]
fn names_are_mapped() {
    let file = |prefix: &str| {
        Weights::read(&pytorch(prefix, Dtype::F32, f32s(&[2.0, -0.75]), f32s(&[1.0]))).unwrap()
    };
    let rules = |list: &[(&str, &str)]| {
        list.iter().map(|(old, new)| ((*old).to_owned(), (*new).to_owned())).collect::<Vec<_>>()
    };
    for (prefix, list) in [
        ("module.", &[("module", "")][..]),
        ("net.body.", &[("net.body", "")]),
        ("a.", &[("a.0", "0"), ("a", "")]),
        ("x.", &[("x.0.weight", "0.weight"), ("x.0.bias", "0.bias"), ("x.1", "1")]),
    ] {
        let (mut weights, module) = (file(prefix), network());
        weights.rename(&rules(list)).unwrap();
        weights.load_into(&module).unwrap();
        assert!((answer(&module) - 0.5).abs() < 1e-5, "{prefix}");
    }
    let inner = sequential(vec![network()]);
    let mut weights = file("");
    weights.rename(&rules(&[("", "0")])).unwrap();
    weights.load_into(&inner).unwrap();

    let refused = |list: &[(&str, &str)]| file("").rename(&rules(list)).unwrap_err().to_string();
    let error = refused(&[("encoder", "")]);
    assert!(
        error.contains("no tensor `encoder` and none that begins with `encoder.`; it has `0.bias`"),
        "{error}"
    );
    let error = refused(&[("0.bias", "0.weight")]);
    assert!(error.contains("`0.bias` and `0.weight` would both be `0.weight`"), "{error}");
}

#[test]
fn a_rule_is_suggested_where_names_differ_by_their_beginnings() {
    for (prefix, rule) in [("module.", Some(("module", ""))), ("", None)] {
        let weights = Weights::read(&pytorch(prefix, Dtype::F32, f32s(&[0.0; 2]), f32s(&[0.0]))).unwrap();
        let suggested = weights.suggested(&network());
        assert_eq!(suggested, rule.map(|(old, new)| (old.to_owned(), new.to_owned())));
        assert_eq!(weights.load_into(&network()).is_ok(), rule.is_none());
    }
}
