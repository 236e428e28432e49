//! Functions of the model's own, and graphs inside nodes.

use onnx_net::proto::{AttributeProto, AttributeType, GraphProto};

use crate::build::*;

pub fn body(name: &str, graph: &GraphProto) -> AttributeProto {
    let r#type = AttributeType::Graph as i32;
    AttributeProto { name: name.into(), r#type, g: Some(graph.clone()), ..Default::default() }
}

#[test]
fn overloads_of_a_function_are_distinguished() {
    let mut net = Net::new().input("x", F32, &[2]).output("b");
    net.graph().node = vec![call("f", "", "x -> a"), call("f", "twice", "a -> b")];
    let twice = vec![node("Add", "x x -> y", vec![])];
    let functions =
        vec![function("f", "", "x", vec![node("Neg", "x -> y", vec![])]), function("f", "twice", "x", twice)];
    let module = importing(net, functions).module().unwrap();
    let y = module.forward(&tensor(&[1.0, 3.0], &[2])).unwrap();
    assert_eq!(y.to_f32().unwrap(), [-2.0, -6.0]);
}

#[test]
fn weights_in_a_loop_are_trained() {
    let inner = Net::new()
        .input("i", I64, &[])
        .input("on", 9, &[])
        .input("state", F32, &[-1, 2])
        .op("MatMul", "state w -> next", vec![])
        .op("Identity", "on -> still", vec![])
        .output("still")
        .output("next");
    let mut net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        .ints("rounds", &[2])
        .op("Loop", "rounds _ x -> y", vec![body("body", inner.0.graph.as_ref().unwrap())])
        .output("y");
    net.graph().initializer[1].dims.clear();
    assert!(net.report().trains());
    assert_eq!(net.trained_and_kept()[0], ["w"]);
    let module = net.module().unwrap();
    let loss = module.forward(&tensor(&[1.0, 1.0], &[1, 2])).unwrap().sum().unwrap();
    let gradients = loss.backward().unwrap();
    // d/dw of 1'(x w w): the gradient is there and is not zero.
    let slope = module.parameter("w").unwrap().gradient(&gradients).unwrap().to_f32().unwrap();
    assert!(slope.iter().all(|&g| g > 0.0), "{slope:?}");
}

#[test]
fn functions_that_grow_without_bound_are_refused() {
    // Each of many calls would copy the long name into every node.
    let long = "n".repeat(1 << 16);
    let nodes: Vec<_> = (0..200)
        .map(|i| {
            node("Add", &format!("x x -> {}", if i == 199 { "y".into() } else { format!("a{i}") }), vec![])
        })
        .collect();
    let mut net =
        Net::new().input("x", F32, &[2]).op("Identity", &format!("x -> {long}"), vec![]).output("z0");
    for i in 0..60 {
        net.graph().node.push(call("f", "", &format!("{long} -> z{i}")));
    }
    let error = importing(net, vec![function("f", "", "x", nodes)]).module().map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("functions of more than 1024 MB, written out"), "{error}");
}
