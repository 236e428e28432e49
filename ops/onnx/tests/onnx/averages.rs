//! Running averages of batch normalisation: buffers of their own, whatever they began as.

use onnx_net::proto::NodeProto;

use crate::{build::*, functions::body};

/// A network on `x [N, 2]` with the nodes that `inner` adds, and initialisers for a normalisation.
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

/// The same graph whatever is chosen.
fn either(branch: &Net) -> Vec<NodeProto> {
    let branch = branch.0.graph.as_ref().unwrap();
    vec![
        node("Constant", "-> one", vec![int("value_int", 1)]),
        node("Cast", "one -> yes", vec![int("to", 9)]),
        node("If", "yes -> y", vec![body("then_branch", branch), body("else_branch", branch)]),
    ]
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
        net.graph().node = either(&branch);
    }));
}

#[test]
fn running_averages_behind_an_identity_are_no_weights() {
    // PyTorch writes equal initialisers once, and names for the others.
    averages_move(&normalised(|net| {
        net.graph().node = vec![
            node("Identity", "mean -> m", vec![]),
            node("Identity", "var -> v", vec![]),
            node("BatchNormalization", "x scale bias m v -> y", vec![]),
        ];
    }));
}

#[test]
fn running_averages_in_a_function_in_a_branch_are_no_weights() {
    let normalise = node("BatchNormalization", "x s b m v -> y", vec![]);
    let mut branch = Net::new().output("z");
    branch.graph().node = vec![call("norm", "", "x scale bias mean var -> z")];
    let net = normalised(|net| net.graph().node = either(&branch));
    averages_move(&importing(net, vec![function("norm", "", "x s b m v", vec![normalise])]));
}

/// One initialiser for scale and variance, one for bias and mean, as tools leave them that keep equal ones
/// once.
pub fn shared() -> Net {
    Net::new()
        .input("x", F32, &[-1, 2])
        .floats("ones", &[2], &[1.0, 1.0])
        .floats("zeros", &[2], &[0.0, 0.0])
        .op("BatchNormalization", "x ones zeros zeros ones -> y", vec![float("epsilon", 0.0)])
        .output("y")
}

#[test]
fn an_initialiser_that_is_a_weight_and_an_average_is_two_tensors() {
    let module = shared().module().unwrap();
    let buffer = |name: &str| module.parameter(name).unwrap().is_buffer();
    assert!(!buffer("ones") && !buffer("zeros") && buffer("ones.average") && buffer("zeros.average"));
    let y = module.forward(&tensor(&[1.0, 10.0, 3.0, 30.0], &[2, 2])).unwrap();
    assert_eq!(y.to_f32().unwrap(), [-1.0, -1.0, 1.0, 1.0]);
    let value = |name: &str| module.parameter(name).unwrap().get().to_f32().unwrap();
    assert_eq!((value("ones"), value("zeros")), (vec![1.0; 2], vec![0.0; 2]));
    // A tenth of the batch's: mean 2 and 20, variance 1 and 100.
    for (found, expected) in [("zeros.average", [0.2, 2.0]), ("ones.average", [1.0, 10.9])] {
        value(found)
            .iter()
            .zip(expected)
            .for_each(|(a, b): (&f32, f32)| assert!((a - b).abs() < 1e-5, "{found}: {a}"));
    }
    let gradients = y.sum().unwrap().backward().unwrap();
    assert!(module.parameter("ones").unwrap().gradient(&gradients).is_some());
}

#[test]
fn averages_that_are_constants_move_too() {
    let mut net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("scale", &[2], &[1.0, 1.0])
        .floats("bias", &[2], &[0.0, 0.0])
        .output("y");
    net.graph().node = vec![
        constant("mean", &[2], &[0.0, 0.0]),
        constant("var", &[2], &[1.0, 1.0]),
        node("BatchNormalization", "x scale bias mean var -> y", vec![]),
    ];
    let module = net.module().unwrap();
    module.forward(&tensor(&[1.0, 2.0, 3.0, 4.0], &[2, 2])).unwrap();
    let mean = module.parameter("mean.average").unwrap();
    assert!(mean.is_buffer() && mean.get().to_f32().unwrap().iter().all(|&m| m > 0.1));
}

#[test]
fn a_normalisation_that_is_used_twice_moves_its_averages_twice() {
    let net = normalised(|net| {
        net.graph().node = vec![
            node("BatchNormalization", "x scale bias mean var -> a", vec![float("momentum", 0.5)]),
            node("BatchNormalization", "x scale bias mean var -> y", vec![float("momentum", 0.5)]),
        ];
    });
    let module = net.module().unwrap();
    module.forward(&tensor(&[1.0, 2.0, 3.0, 4.0], &[2, 2])).unwrap();
    // 0, then half way to the mean of 2 and 3, then half of the rest.
    assert_eq!(module.parameter("mean").unwrap().get().to_f32().unwrap(), [1.5, 2.25]);
}
