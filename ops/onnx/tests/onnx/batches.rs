//! How many samples come in: the file's own batch, several of them, one.

use onnx_net::Graph;
use ops::{DType, Device, Spec, Tensor, random};

use crate::build::*;

/// A recurrent network's head as exported at batch 1: the time stands first, and constant shapes drop the
/// batch.
fn time_first() -> Net {
    Net::new()
        .input("x", F32, &[1, 3, 2])
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .ints("rows", &[3, 2])
        .ints("steps", &[3, 1, 2])
        .op("Transpose", "x -> t", vec![list("perm", &[1, 0, 2])])
        .op("Reshape", "t rows -> r", vec![])
        .op("MatMul", "r w -> m", vec![])
        .op("Reshape", "m steps -> y", vec![])
        .output("y")
}

#[test]
fn samples_that_a_constant_shape_would_mix_are_refused() {
    let module = time_first().module().unwrap();
    let x = |n: usize| random::uniform(&[n, 3, 2], Device::Cpu).unwrap();
    assert_eq!(module.forward(&x(1)).unwrap().shape(), [3, 1, 2]);
    let error = module.forward(&x(2)).unwrap_err().to_string();
    assert!(error.contains("`x`: the file fixes the number of samples"), "{error}");
    // A trace, which has no numbers, tells it too.
    let symbol = Tensor::symbolic(Spec::new([2, 3, 2], DType::F32), Device::Cpu);
    assert!(module.forward(&symbol).is_err());
}

#[test]
fn a_file_of_any_batch_that_only_takes_one_sample_runs() {
    let net = Net::new()
        .input("x", F32, &[-1, 2, 3])
        .floats("w", &[6, 2], &[1.0; 12])
        .ints("flat", &[1, -1])
        .op("Reshape", "x flat -> rows", vec![])
        .op("MatMul", "rows w -> y", vec![])
        .output("y");
    let module = net.module().unwrap();
    // The shape is taken for that of one sample.
    for n in [1, 5] {
        let x = random::uniform(&[n, 2, 3], Device::Cpu).unwrap();
        assert_eq!(module.forward(&x).unwrap().shape(), [n, 2]);
    }
}

#[test]
fn whole_numbers_are_taken_as_the_type_of_the_file() {
    let net =
        Net::new().input("ids", I64, &[2]).ints("one", &[1]).op("Add", "ids one -> y", vec![]).output("y");
    let module = net.module().unwrap();
    let ids = Tensor::from_data(vec![1i32, 2], [2], Device::Cpu).unwrap();
    let y = module.forward(&ids).unwrap();
    assert_eq!((y.dtype(), y.to_f64().unwrap()), (DType::I64, vec![2.0, 3.0]));
    let net = Net::new()
        .input("x", F32, &[2])
        .floats("one", &[1], &[1.0])
        .op("Add", "x one -> y", vec![])
        .output("y");
    let x = Tensor::from_data(vec![1f64, 2.0], [2], Device::Cpu).unwrap();
    assert_eq!(net.module().unwrap().forward(&x).unwrap().to_f32().unwrap(), [2.0, 3.0]);
}

#[test]
fn the_shape_that_comes_out_counts_not_the_one_that_is_declared() {
    for (samples, expected) in [(1, Some(1)), (-1, None)] {
        let net = Net::new()
            .input("x", F32, &[samples, 3])
            .floats("w", &[3, 7], &[1.0; 21])
            .op("MatMul", "x w -> y", vec![])
            .gives("y", F32, &[samples, 10]);
        let module = net.module().unwrap();
        let shape = Graph::of(&module).unwrap().outputs[0].shape.clone();
        assert_eq!(shape, Some(vec![expected, Some(7)]));
    }
}

#[test]
fn what_is_read_as_a_number_stays_where_it_is_read() {
    let net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("low", &[], &[0.0])
        .floats("high", &[], &[6.0])
        .op("Clip", "x low high -> y", vec![])
        .output("y");
    // Nothing goes to the other device, whether there is one or not.
    let x = Tensor::symbolic(Spec::new([3, 2], DType::F32), Device::Gpu);
    assert_eq!(net.module().unwrap().forward(&x).unwrap().shape(), [3, 2]);
}
