//! Networks that were read from a file, written again.

use onnx_net::{
    Graph, GraphValue, OnnxFile, export, module,
    proto::{ModelProto, StringStringEntryProto},
};
use ops::{
    Tensor,
    nn::{Adam, Module, Optimiser},
};
use prost::Message as _;

use crate::{averages::shared, build::*};

fn written(module: &Module) -> ModelProto {
    export::original(module, vec![("seed".into(), "7".into())]).unwrap().unwrap()
}

fn read(model: &ModelProto) -> Module {
    module(&OnnxFile::from_bytes(&model.encode_to_vec()).unwrap()).unwrap()
}

fn outputs(network: &Module, inputs: &[Tensor]) -> Vec<Vec<f32>> {
    network.training(false);
    let inputs: Vec<_> = inputs.iter().cloned().map(GraphValue::from).collect();
    let graph = Graph::of(network).unwrap();
    let found = graph.compute(network, &inputs, onnx_net::GraphMode::Evaluation).unwrap();
    found.iter().map(|(_, value)| value.tensor("y").unwrap().to_f32().unwrap()).collect()
}

/// Two inputs, two outputs, a normalisation and dropout.
fn net() -> Net {
    let mut net = Net::new()
        .input("a", F32, &[-1, 2])
        .input("b", F32, &[-1, 2])
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .floats("unused", &[3], &[1.0, 2.0, 3.0])
        .floats("s", &[2], &[1.0, 1.0])
        .floats("mean", &[2], &[0.0, 0.0])
        .floats("var", &[2], &[1.0, 1.0])
        .floats("ratio", &[], &[0.5])
        .ints("flat", &[-1, 2])
        .op("MatMul", "a w -> h", vec![])
        .op("BatchNormalization", "h s mean mean var -> n", vec![])
        .op("Dropout", "n ratio -> d", vec![])
        .op("Reshape", "d flat -> left", vec![])
        .op("Add", "left b -> right", vec![])
        .output("left")
        .output("right");
    net.0.metadata_props = vec![StringStringEntryProto { key: "seed".into(), value: "1".into() }];
    net.0.producer_name = "somebody".into();
    net
}

#[test]
fn a_network_is_written_as_it_came_with_its_values_as_they_are() {
    let trained = net().module().unwrap();
    let (a, b) = (tensor(&[1.0, 2.0, 3.0, 5.0], &[2, 2]), tensor(&[1.0; 4], &[2, 2]));
    let graph = Graph::of(&trained).unwrap();
    let adam = Optimiser::new(Adam::default(), 0.01, trained.named_parameters()).unwrap();
    for _ in 0..3 {
        let found = graph.run(&trained, &[("a", &a), ("b", &b)]).unwrap();
        let loss = found[1].1.tensor("y").unwrap().square().unwrap().sum().unwrap();
        adam.step(&loss.backward().unwrap()).unwrap();
    }
    let model = written(&trained);
    let kinds = |model: &ModelProto| -> Vec<String> {
        model.graph.as_ref().unwrap().node.iter().map(|node| node.op_type.clone()).collect()
    };
    assert_eq!(kinds(&model), kinds(&net().0));
    assert_eq!((model.producer_name.as_str(), model.metadata_props.len()), ("somebody", 1));
    assert_eq!(model.metadata_props[0].value, "7");
    let unused = model.graph.as_ref().unwrap().initializer.iter().find(|t| t.name == "unused");
    assert_eq!(unused.unwrap().float_data, [1.0, 2.0, 3.0]);
    let again = read(&model);
    let inputs = [a, b];
    assert_eq!(outputs(&again, &inputs), outputs(&trained, &inputs));
    assert_ne!(outputs(&again, &inputs), outputs(&net().module().unwrap(), &inputs));
    let buffers = |m: &Module| m.named_buffers().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(buffers(&again), ["mean.average", "var"]);
}

#[test]
fn averages_that_were_also_weights_are_written_beside_them() {
    let trained = shared().module().unwrap();
    let x = tensor(&[1.0, 10.0, 3.0, 30.0], &[2, 2]);
    trained.forward(&x).unwrap();
    let again = read(&written(&trained));
    let inputs = [x];
    assert_eq!(outputs(&again, &inputs), outputs(&trained, &inputs));
    let names = |m: &Module| m.state().into_iter().map(|(name, p)| (name, p.is_buffer())).collect::<Vec<_>>();
    assert_eq!(names(&again), names(&trained));
}

#[test]
fn other_modules_were_no_files() {
    let plain = ops::nn::linear(2, 2, true).unwrap();
    assert!(export::original(&plain, vec![]).unwrap().is_none());
}
