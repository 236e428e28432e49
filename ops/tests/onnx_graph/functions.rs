//! Functions of the model's own, and graphs inside nodes.

use ops::nn::graph::{
    Model, check,
    proto::{AttributeProto, AttributeType, FunctionProto, GraphProto, NodeProto, OperatorSetIdProto},
};

use crate::build::*;

fn function(name: &str, overload: &str, inputs: &str, nodes: Vec<NodeProto>) -> FunctionProto {
    FunctionProto {
        name: name.into(),
        domain: "own".into(),
        overload: overload.into(),
        input: inputs.split_whitespace().map(Into::into).collect(),
        output: vec!["y".into()],
        opset_import: vec![OperatorSetIdProto { domain: String::new(), version: 18 }],
        node: nodes,
        ..Default::default()
    }
}

/// A node that calls a function.
fn call(name: &str, overload: &str, edges: &str) -> NodeProto {
    NodeProto { domain: "own".into(), overload: overload.into(), ..node(name, edges, vec![]) }
}

fn importing(mut net: Net, functions: Vec<FunctionProto>) -> Net {
    net.0.opset_import.push(OperatorSetIdProto { domain: "own".into(), version: 1 });
    net.0.functions = functions;
    net
}

pub fn body(name: &str, graph: &GraphProto) -> AttributeProto {
    let r#type = AttributeType::Graph as i32;
    AttributeProto { name: name.into(), r#type, g: Some(graph.clone()), ..Default::default() }
}

#[test]
fn overloads_of_a_function_are_told_apart() {
    let mut net = Net::new().input("x", F32, &[2]).output("b");
    net.graph().node = vec![call("f", "", "x -> a"), call("f", "twice", "a -> b")];
    let twice = vec![node("Add", "x x -> y", vec![])];
    let functions =
        vec![function("f", "", "x", vec![node("Neg", "x -> y", vec![])]), function("f", "twice", "x", twice)];
    let module = importing(net, functions).module().unwrap();
    let y = module.forward(&tensor(&[1.0, 3.0], &[2])).unwrap();
    assert_eq!(y.to_f32().unwrap(), [-2.0, -6.0]);
}

fn normalised(inner: impl Fn(&mut Net)) -> Net {
    let mut net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("scale", &[2], &[1.0, 1.0])
        .floats("bias", &[2], &[0.0, 0.0])
        .floats("mean", &[2], &[0.0, 0.0])
        .floats("var", &[2], &[1.0, 1.0])
        .output("y");
    inner(&mut net);
    net
}

/// The running averages move in training and are no parameters, wherever the node stands.
fn averages_move(net: &Net) {
    let module = net.module().unwrap();
    for (name, is_buffer) in [("mean", true), ("var", true), ("scale", false), ("bias", false)] {
        assert_eq!(module.parameter(name).unwrap().is_buffer(), is_buffer, "{name}");
    }
    module.forward(&tensor(&[1.0, 2.0, 3.0, 4.0], &[2, 2])).unwrap();
    let mean = module.parameter("mean").unwrap().get().to_f32().unwrap();
    assert!(mean.iter().all(|&m| m > 0.1), "{mean:?}");
}

#[test]
fn running_averages_in_a_function_are_no_weights() {
    let normalise = node("BatchNormalization", "x s b m v -> y", vec![]);
    let net = normalised(|net| net.graph().node.push(call("norm", "", "x scale bias mean var -> y")));
    averages_move(&importing(net, vec![function("norm", "", "x s b m v", vec![normalise])]));
}

#[test]
fn running_averages_in_a_branch_are_no_weights() {
    let branch = Net::new().op("BatchNormalization", "x scale bias mean var -> z", vec![]).output("z");
    averages_move(&normalised(|net| {
        let yes = AttributeProto {
            name: "value_int".into(),
            r#type: AttributeType::Int as i32,
            i: 1,
            ..Default::default()
        };
        net.graph().node = vec![
            node("Constant", "-> one", vec![yes]),
            node("Cast", "one -> yes", vec![int("to", 9)]),
            node(
                "If",
                "yes -> y",
                vec![
                    body("then_branch", branch.0.graph.as_ref().unwrap()),
                    body("else_branch", branch.0.graph.as_ref().unwrap()),
                ],
            ),
        ];
    }));
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
    let report = check(&Model::from_bytes(&net.bytes()).unwrap());
    assert!(report.trains(), "{report}");
    assert_eq!((report.trained, report.constant), (vec!["w".to_owned()], vec![]));
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
