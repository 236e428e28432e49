//! All that is not supported is reported, at once.

use onnx_net::{
    OnnxFile, check,
    proto::{FunctionProto, OperatorSetIdProto},
};

use crate::build::*;

fn refused(net: &Net) -> String {
    net.module().map(|_| ()).unwrap_err().to_string()
}

#[test]
fn everything_that_is_not_supported_is_listed() {
    let mut net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("w", &[2, 2], &[0.0; 4])
        .op("Frobnicate", "x -> a", vec![])
        .op("Frobnicate", "a -> b", vec![])
        .op("Relu", "b -> c", vec![int("speed", 3)])
        .op("Cast", "x -> d", vec![int("to", 8)])
        .op("Gelu", "x -> e", vec![])
        .op("Softmax", "x -> f", vec![text("axis", "one")])
        .output("c");
    net.graph().initializer[0].data_type = 8;
    let report = check(&OnnxFile::from_bytes(&net.bytes()).unwrap());
    assert!(!report.runs && !report.trains());
    let text = refused(&net);
    for expected in [
        "type string of the tensor `w`: expected",
        "operator Frobnicate: not known (2 times)",
        "Cast (node `Cast_d`): the attribute `to` asks for elements of type string",
        "operator Gelu of opset 18: known from 20 to",
        "Softmax (node `Softmax_f`): the attribute `axis` is no int",
    ] {
        assert!(text.contains(expected), "`{expected}` is missing in:\n{text}");
    }
}

/// One message a cause: a quantised file had one for each of its tensors and nodes.
#[test]
fn findings_of_one_cause_are_one() {
    let mut net = Net::new().input("x", F32, &[-1, 2]).output("y");
    for i in 0..6 {
        net = net.floats(&format!("w{i}"), &[2], &[0.0; 2]).op(["Odd", "Even"][i % 2], "x -> y", vec![]);
        net.graph().initializer[i].data_type = 8;
    }
    let report = net.report();
    assert_eq!(
        report.to_string(),
        "  type string of the tensor `w0`, the tensor `w1`, the tensor `w2`, the tensor `w3` and 2 more: \
         expected floats, whole numbers or bool (6 times)\n  operators Odd, Even: not known (6 times)\n"
    );
}

#[test]
fn an_output_of_another_rank_than_declared_is_a_warning() {
    let net = Net::new().input("x", F32, &[-1, 2]).op("Relu", "x -> y", vec![]).gives("y", F32, &[-1, 2, 1]);
    let report = net.report();
    assert!(report.runs && report.warnings.len() == 1, "{:?}", report.warnings);
    assert!(
        report.warnings[0].contains("`y`: f32 [?, 2, 1] comes out as f32 [2, 2]"),
        "{:?}",
        report.warnings
    );
    assert_eq!(net.module().unwrap().forward(&tensor(&[-1.0, 2.0], &[1, 2])).unwrap().shape(), [1, 2]);
}

#[test]
fn an_unknown_attribute_is_refused() {
    let net = Net::new().input("x", F32, &[2]).op("Relu", "x -> y", vec![int("speed", 3)]).output("y");
    assert!(refused(&net).contains("Relu (node `Relu_y`): the attribute `speed` is not known"));
}

#[test]
fn an_opset_of_the_future_is_refused() {
    let net = Net::new().opset(99).input("x", F32, &[2]).op("Relu", "x -> y", vec![]).output("y");
    assert!(refused(&net).contains("opset 99: known are 7 to"));
}

#[test]
fn a_cycle_is_refused() {
    let net = Net::new()
        .input("x", F32, &[2])
        .op("Add", "x b -> a", vec![])
        .op("Relu", "a -> b", vec![])
        .output("b");
    assert!(refused(&net).contains("Add (node `Add_a`): nothing before it gives `b`"));
}

#[test]
fn a_missing_initialiser_is_refused() {
    let net = Net::new().input("x", F32, &[2]).op("Add", "x w -> y", vec![]).output("y");
    assert!(refused(&net).contains("nothing before it gives `w` (a missing initialiser"));
}

#[test]
fn a_function_that_calls_itself_is_refused() {
    let mut net = Net::new().input("x", F32, &[2]).output("y");
    let mut call = node("Again", "x -> y", vec![]);
    call.domain = "own".into();
    net.graph().node.push(call.clone());
    net.0.opset_import.push(OperatorSetIdProto { domain: "own".into(), version: 1 });
    net.0.functions.push(FunctionProto {
        name: "Again".into(),
        domain: "own".into(),
        input: vec!["x".into()],
        output: vec!["y".into()],
        node: vec![call],
        opset_import: net.0.opset_import.clone(),
        ..Default::default()
    });
    assert!(refused(&net).contains("the function `Again` calls itself"));
}

#[test]
fn a_function_of_the_model_is_written_out() {
    let mut net = Net::new().input("x", F32, &[-1]).floats("two", &[1], &[2.0]).output("y");
    let mut call = node("Twice", "x two -> y", vec![]);
    call.domain = "own".into();
    net.graph().node.push(call);
    net.0.opset_import.push(OperatorSetIdProto { domain: "own".into(), version: 1 });
    net.0.functions.push(FunctionProto {
        name: "Twice".into(),
        domain: "own".into(),
        input: vec!["a".into(), "b".into()],
        output: vec!["c".into()],
        node: vec![node("Mul", "a b -> x", vec![]), node("Neg", "x -> c", vec![])],
        opset_import: net.0.opset_import.clone(),
        ..Default::default()
    });
    let module = net.module().unwrap();
    assert_eq!(module.forward(&tensor(&[1.0, 3.0], &[2])).unwrap().to_f32().unwrap(), [-2.0, -6.0]);
}

#[test]
fn shapes_that_cannot_fit_are_found_before_anything_runs() {
    let net = Net::new()
        .input("x", F32, &[1, 3])
        .floats("w", &[4, 2], &[0.0; 8])
        .op("MatMul", "x w -> y", vec![])
        .output("y");
    let text = refused(&net);
    assert!(text.contains("MatMul (node `MatMul_y`)") && text.contains("[1, 3] and [4, 2]"), "{text}");
}

#[test]
fn a_network_without_gradients_runs_but_does_not_train() {
    let net = Net::new()
        .input("x", F32, &[-1, 2])
        .floats("w", &[2, 2], &[1.0, 0.0, 0.0, 1.0])
        .op("MatMul", "x w -> h", vec![])
        .op("ArgMax", "h -> y", vec![int("axis", 1)])
        .output("y");
    let report = check(&OnnxFile::from_bytes(&net.bytes()).unwrap());
    assert!(report.runs && !report.trains());
    let kept: Vec<_> = report.kept().map(|tensor| (&*tensor.name, tensor.reason)).collect();
    assert_eq!(kept, [("w", "no gradient reaches it")]);
}

#[test]
fn sequences_have_the_places_that_they_have() {
    let of_two = |then: &str| {
        let net =
            Net::new().input("x", F32, &[2]).ints("two", &[2]).op("SequenceConstruct", "x x -> s", vec![]);
        let (kind, edges) = then.split_once(' ').unwrap();
        refused(&net.op(kind, edges, vec![]).output("y"))
    };
    for (then, expected) in [
        ("SequenceAt s two -> y", "a position"),
        ("SequenceErase s two -> y", "a position"),
        ("SequenceAt x two -> y", "expected a sequence"),
        ("Relu s -> y", "a sequence of 2"),
        ("SequenceConstruct s s -> y", "an element"),
        ("SequenceInsert s s -> y", "an element"),
    ] {
        let text = of_two(then);
        assert!(text.contains(expected), "{then}: {text}");
    }
}

#[test]
fn a_sequence_of_absurd_length_is_refused() {
    let net = Net::new()
        .input("x", F32, &[1 << 40])
        .op("SplitToSequence", "x -> s", vec![])
        .op("SequenceLength", "s -> y", vec![])
        .output("y");
    assert!(refused(&net).contains("at most 65536"));
}
