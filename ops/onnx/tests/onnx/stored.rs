//! Element types that files have and tensors here do not.

use onnx_net::{Graph, GraphMode, OnnxFile, export, module, proto::TensorProto};
use ops::{
    DType, Device, Tensor,
    nn::{Module, Optimiser, Sgd},
};
use prost::Message as _;

use crate::build::*;

const F16: i32 = 10;
const BF16: i32 = 16;
const I8: i32 = 3;
const U8: i32 = 2;
const U64: i32 = 13;

fn raw(name: &str, data_type: i32, dims: &[i64], raw_data: Vec<u8>) -> TensorProto {
    TensorProto { name: name.into(), data_type, dims: dims.to_vec(), raw_data, ..Default::default() }
}

/// `x w + b` with weights of 16 bits: 1, 2, -0.5, 0.25 and 3, -1.
fn linear(kind: i32) -> Net {
    let bits = |half: [u16; 4], brain: [u16; 4]| if kind == F16 { half } else { brain };
    let bytes = |words: &[u16]| words.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let w = bits([0x3c00, 0x4000, 0xb800, 0x3400], [0x3f80, 0x4000, 0xbf00, 0x3e80]);
    let b = bits([0x4200, 0xbc00, 0, 0], [0x4040, 0xbf80, 0, 0]);
    let mut net = Net::new()
        .input("x", kind, &[-1, 2])
        .op("MatMul", "x w -> h", vec![])
        .op("Add", "h b -> y", vec![])
        .gives("y", kind, &[-1, 2]);
    net.graph().initializer = vec![raw("w", kind, &[2, 2], bytes(&w)), raw("b", kind, &[2], bytes(&b[..2]))];
    net
}

fn output(network: &Module, x: &Tensor) -> Vec<f32> {
    network.forward(x).unwrap().to_f32().unwrap()
}

#[test]
fn weights_of_16_bits_are_trained_in_32_and_written_as_they_came() {
    for kind in [F16, BF16] {
        let trained = linear(kind).module().unwrap();
        let x = tensor(&[1.0, 2.0], &[1, 2]);
        assert_eq!(output(&trained, &x), [3.0, 1.5]);
        let parameters = trained.named_parameters();
        assert!(parameters.iter().all(|(_, p)| p.get().dtype() == DType::F32));
        // A step that no float of 16 bits near 1 or 2 could take.
        let sgd = Optimiser::new(Sgd::default(), 1e-5, parameters).unwrap();
        let loss = trained.forward(&x).unwrap().sum().unwrap();
        sgd.step(&loss.backward().unwrap()).unwrap();
        let w = trained.parameter("w").unwrap().get().to_f32().unwrap();
        let expected = [1.0 - 1e-5, 2.0 - 1e-5, -0.5 - 2e-5, 0.25 - 2e-5];
        assert!(w.iter().zip(expected).all(|(w, x): (&f32, f32)| (w - x).abs() < 1e-6), "{w:?}");
        let model = export::original(&trained, vec![]).unwrap().unwrap();
        let tensors = &model.graph.as_ref().unwrap().initializer;
        assert!(tensors.iter().all(|t| t.data_type == kind && t.float_data.is_empty()));
        assert_eq!(tensors[0].raw_data.len(), 8);
        let again = module(&OnnxFile::from_bytes(&model.encode_to_vec()).unwrap()).unwrap();
        assert_eq!(output(&again, &x), [3.0, 1.5]);
    }
}

/// What a node gives for numbers, its own type being `to`.
fn cast(from: i32, held: DType, numbers: &[f64], to: i32) -> Vec<f64> {
    let net = Net::new().input("x", from, &[-1]).op("Cast", "x -> y", vec![int("to", to.into())]).output("y");
    let module = net.module().unwrap();
    let x = Tensor::from_data(numbers.to_vec(), [numbers.len()], Device::Cpu).unwrap().cast(held).unwrap();
    let found = Graph::of(&module).unwrap().compute(&module, &[x.into()], GraphMode::File).unwrap();
    found[0].1.tensor("y").unwrap().to_f64().unwrap()
}

#[test]
fn whole_numbers_that_a_type_does_not_hold_start_again() {
    // As ONNX Runtime 1.31.1 and NumPy's `astype`.
    assert_eq!(cast(I64, DType::I64, &[-1.0, 300.0, -129.0], U8), [255.0, 44.0, 127.0]);
    assert_eq!(cast(I64, DType::I64, &[128.0, 300.0, -129.0], I8), [-128.0, 44.0, 127.0]);
    assert_eq!(cast(F32, DType::F32, &[1.9, -1.9, 127.0], I8), [1.0, -1.0, 127.0]);
    assert_eq!(cast(U8, DType::I32, &[0.0, 200.0, 255.0], F32), [0.0, 200.0, 255.0]);
}

#[test]
fn sums_of_small_whole_numbers_start_again_too() {
    let mut net = Net::new().input("x", U8, &[3]).op("Add", "x x -> h", vec![]).op("Cast", "h -> y", vec![]);
    net.graph().node[1].attribute = vec![int("to", I64.into())];
    let module = net.output("y").module().unwrap();
    let x = Tensor::from_data(vec![1, 128, 255], [3], Device::Cpu).unwrap();
    assert_eq!(module.forward(&x).unwrap().to_f64().unwrap(), [2.0, 0.0, 254.0]);
}

#[test]
fn numbers_of_64_bits_that_are_not_held_are_refused() {
    let mut net = Net::new().input("x", I64, &[1]).op("Add", "x n -> y", vec![]).output("y");
    net.graph().initializer = vec![raw("n", U64, &[1], u64::MAX.to_le_bytes().into())];
    let error = net.module().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("the tensor `n` has the element 18446744073709551615"), "{error}");
    net.graph().initializer = vec![raw("n", U64, &[1], vec![7; 7])];
    let error = net.module().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("0.875 elements"), "{error}");
}
