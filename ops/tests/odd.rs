//! Odd shapes and odd numbers: every layer and every operation with a number gives a value or an error that
//! was meant, never a panic. In a process of its own: it sets the budget of bytes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use ops::{
    DType, Device, Result, Spec, Tensor,
    nn::{
        Activation, BatchNormOptions, ConvOptions, Module, PoolOptions, activation, avg_pool2d, batch_norm,
        class_batch_norm, conditional_batch_norm, conv_transpose2d, conv1d, conv2d, dropout, embedding,
        flatten, global_avg_pool, group_norm, instance_norm, layer_norm, linear, max_pool2d, reshape,
        sequential, spectral, upsample,
    },
    no_grad,
    op::{Interpolation, Window},
    random::Key,
};

/// What a call must not do, if it does.
fn fault<T>(call: impl FnOnce() -> Result<T>) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Err(_) => Some("panics".into()),
        Ok(Err(error)) if error.to_string().contains("the backend failed") => Some(error.to_string()),
        Ok(_) => None,
    }
}

/// Every kind of layer, with sizes that are among those of the inputs.
fn layers() -> Vec<Module> {
    use Activation::*;
    let conv = ConvOptions::default();
    let strided = ConvOptions {
        window: Window { stride: [2; 2], padding: [1; 2], dilation: [2; 2], groups: 3 },
        output_padding: [1; 2],
        ..conv
    };
    let pool =
        PoolOptions { stride: Some([1; 2]), padding: [1; 2], count_padding: false, ..PoolOptions::default() };
    let norm = BatchNormOptions::default();
    let activations = [
        Relu,
        LeakyRelu(f64::NAN),
        Sigmoid,
        Tanh,
        Softmax(1),
        Softmax(-9),
        LogSoftmax(i64::MIN),
        Gelu,
        Elu(f64::INFINITY),
        Silu,
        Softplus,
        LogSigmoid,
    ];
    let made = [
        linear(3, 2, true),
        linear(1, 5, false),
        conv1d(3, 2, 3, conv),
        conv2d(3, 3, [3, 1], conv),
        conv2d(3, 3, [2, 2], strided),
        conv_transpose2d(3, 2, [3, 3], conv),
        conv_transpose2d(3, 3, [3, 3], strided),
        batch_norm(3, norm),
        batch_norm(1, BatchNormOptions { affine: false, ..norm }),
        group_norm(1, 3, true),
        instance_norm(3, false),
        layer_norm(&[3], true),
        layer_norm(&[1, 1, 1], false),
        class_batch_norm(3, 2, norm),
        conditional_batch_norm(3, linear(3, 3, true).unwrap(), linear(3, 3, true).unwrap(), norm),
        embedding(5, 3),
        spectral(linear(3, 2, true).unwrap()),
        spectral(conv2d(3, 2, [1, 1], conv).unwrap()),
        upsample(2.0, Interpolation::Nearest),
        upsample(1e300, Interpolation::Bilinear),
        upsample(1e-300, Interpolation::Nearest),
        dropout(0.5),
        dropout(1.0),
        Ok(flatten()),
        Ok(reshape(&[-1, 3])),
        Ok(reshape(&[i64::MAX, 5])),
        Ok(reshape(&[0, i64::MIN])),
        Ok(max_pool2d([2, 2], PoolOptions::default())),
        Ok(max_pool2d([3, 3], pool)),
        Ok(avg_pool2d([2, 1], pool)),
        Ok(global_avg_pool()),
        Ok(sequential(vec![flatten(), linear(3, 3, true).unwrap()])),
        Ok(sequential(vec![])),
    ];
    let functions = activations.map(|function| Ok(activation(function)));
    made.into_iter().chain(functions).collect::<Result<_>>().unwrap()
}

/// Sizes of a dimension: none, few, and so many that no two of them can be counted.
const SIZES: [usize; 8] = [0, 1, 1, 3, 3, 5, 1 << 40, i64::MAX as usize];

/// All shapes of up to one dimension, and some of up to five.
fn shapes() -> Vec<Vec<usize>> {
    let key = Key::new(11);
    let drawn = |i: u64| {
        let draw = key.draw(i);
        (0..=draw.below(0, 6)).map(|d| SIZES[draw.below(d + 1, SIZES.len() as u64) as usize]).collect()
    };
    let small = SIZES.iter().map(|&size| vec![size]);
    std::iter::once(vec![]).chain(small).chain((0..120).map(drawn)).collect()
}

/// A tensor of that shape that takes the memory of one element.
fn repeated(shape: &[usize], dtype: DType) -> Result<Tensor> {
    Tensor::full(vec![1; shape.len()], 1.0, dtype, Device::Cpu)?.expand(shape)
}

#[test]
fn no_layer_panics_whatever_shape_it_is_given() {
    ops::tensor::set_budget(1 << 28);
    let (layers, shapes) = (layers(), shapes());
    let mut faults = Vec::new();
    let condition = [repeated(&[3], DType::I32).unwrap(), repeated(&[3, 3], DType::F32).unwrap()];
    for (layer, shape) in layers.iter().flat_map(|layer| shapes.iter().map(move |shape| (layer, shape))) {
        let mut note = |what: &str, found: Option<String>| {
            faults.extend(found.map(|found| format!("{} {shape:?} {what}: {found}", layer.layer().name())));
        };
        for dtype in [DType::F32, DType::I32] {
            let x = || Ok::<_, ops::Error>(Tensor::symbolic(Spec::new(shape.clone(), dtype), Device::Cpu));
            for training in [true, false] {
                layer.training(training);
                note("traced", fault(|| no_grad(|| layer.forward(&x()?))));
                note("computed", fault(|| layer.forward(&repeated(shape, dtype)?)));
                for condition in &condition {
                    note(
                        "with a condition",
                        fault(|| layer.forward_with(&repeated(shape, dtype)?, condition)),
                    );
                    note("traced with a condition", fault(|| layer.forward_with(&x()?, condition)));
                    note("as a condition", fault(|| layer.forward_with(condition, &repeated(shape, dtype)?)));
                }
            }
        }
    }
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Beyond f32, beyond integers, between them, and no number.
const NUMBERS: [f64; 22] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    2.0,
    1e-320,
    1e-50,
    1e39,
    -1e39,
    1e300,
    -1e300,
    f64::MAX,
    f64::MIN,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    2147483647.0,
    2147483648.0,
    -2147483649.0,
    9.223372036854775e18,
    -9.223372036854776e18,
];

/// Operations of a tensor and a number.
type WithNumber = (&'static str, fn(&Tensor, f64) -> Result<Tensor>);

const WITH_NUMBER: [WithNumber; 19] = [
    ("add", |x, s| x.add_scalar(s)),
    ("mul", |x, s| x.mul_scalar(s)),
    ("div", |x, s| x.div_scalar(s)),
    ("pow", |x, s| x.pow_scalar(s)),
    ("remainder", |x, s| x.remainder_scalar(s)),
    ("clamp_min", |x, s| x.clamp_min(s)),
    ("clamp_max", |x, s| x.clamp_max(s)),
    ("clamp", |x, s| x.clamp(s, s)),
    ("eq", |x, s| x.eq_scalar(s)),
    ("ne", |x, s| x.ne_scalar(s)),
    ("gt", |x, s| x.gt_scalar(s)),
    ("ge", |x, s| x.ge_scalar(s)),
    ("lt", |x, s| x.lt_scalar(s)),
    ("le", |x, s| x.le_scalar(s)),
    ("leaky_relu", |x, s| x.leaky_relu(s)),
    ("elu", |x, s| x.elu(s)),
    ("full", |x, s| Tensor::full(x.shape(), s, x.dtype(), x.device())),
    ("masked_fill", |x, s| x.masked_fill(&x.cast(DType::Bool)?, s)),
    ("interpolate", |x, s| x.reshape(&[1, 1, 2, 2])?.interpolate_by(s, Interpolation::Nearest)),
];

#[test]
fn no_operation_panics_whatever_number_it_is_given() {
    ops::tensor::set_budget(1 << 28);
    let mut faults = Vec::new();
    let devices = [Some(Device::Cpu), Device::gpu_name().map(|_| Device::Gpu)];
    for device in devices.into_iter().flatten() {
        for dtype in DType::ALL {
            let x =
                Tensor::from_data(vec![0.0, 1.0, -3.0, 2.0], [4], Device::Cpu).unwrap().cast(dtype).unwrap();
            let Ok(x) = x.to_device(device) else { continue };
            for ((name, call), s) in WITH_NUMBER.iter().flat_map(|op| NUMBERS.map(|s| (op, s))) {
                let described = |found: String| format!("{name} of {dtype} on {device} and {s}: {found}");
                faults.extend(fault(|| call(&x, s)?.to_data()).map(described));
                let slope =
                    || call(&x.track()?, s)?.sum()?.backward()?.of(&x).map(Tensor::to_data).transpose();
                faults.extend(fault(slope).map(described));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_range_of_odd_numbers_is_a_value_or_an_error() {
    ops::tensor::set_budget(1 << 28);
    for (start, end) in NUMBERS.iter().flat_map(|a| NUMBERS.map(|b| (*a, b))) {
        for (step, dtype) in NUMBERS.iter().flat_map(|step| DType::ALL.map(|dtype| (*step, dtype))) {
            let found = fault(|| Tensor::arange(start, end, step, dtype, Device::Cpu));
            assert_eq!(found, None, "{start} to {end} by {step} of {dtype}");
        }
    }
}

#[test]
fn powers_without_bounds_are_those_of_floats() {
    let x = Tensor::from_data(vec![1.0f32, 0.5, 2.0], [3], Device::Cpu).unwrap();
    let inf = f32::INFINITY;
    assert_eq!(x.pow_scalar(f64::INFINITY).unwrap().to_f32().unwrap(), [1.0, 0.0, inf]);
    assert_eq!(x.pow_scalar(f64::NEG_INFINITY).unwrap().to_f32().unwrap(), [1.0, inf, 0.0]);
    assert_eq!(x.pow_scalar(1e300).unwrap().to_f32().unwrap(), [1.0, 0.0, inf]);
}

#[test]
fn what_is_repeated_beyond_memory_is_refused_before_it_is_written_out() {
    ops::tensor::set_budget(1 << 28);
    let x = Tensor::from_data(vec![3.0f32, 2.0], [2, 1], Device::Cpu).unwrap();
    let error = x.expand(&[2, i64::MAX as usize]).unwrap_err().to_string();
    assert!(error.contains("fewer elements than memory has addresses"), "{error}");
    let view = x.expand(&[2, 1 << 40]).unwrap();
    for error in [view.to_data().map(drop).unwrap_err(), view.floats().map(drop).unwrap_err()] {
        assert!(error.to_string().contains("of the budget of"), "{error}");
    }
}
