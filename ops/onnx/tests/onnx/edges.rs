//! Operators at their edges: sizes that lie, inputs left out, axes given twice, tensors without elements.

use onnx_net::{Graph, GraphMode, GraphValue};
use ops::{DType, Device, Spec, Tensor, tensor::set_budget};

use crate::build::*;

fn refused(net: &Net, expected: &str) {
    let error = net.module().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

fn run(net: &Net, inputs: &[GraphValue]) -> GraphValue {
    let module = net.module().unwrap();
    let mut outputs = Graph::of(&module).unwrap().compute(&module, inputs, GraphMode::File).unwrap();
    outputs.remove(0).1
}

#[test]
fn scattering_into_absurd_sizes_takes_no_memory() {
    set_budget(1 << 36);
    for size in [1 << 40, 1 << 60] {
        for (kind, edges) in [("ScatterElements", "x i u -> y"), ("ScatterND", "x j u -> y")] {
            let net = Net::new()
                .input("x", F32, &[size])
                .ints("i", &[3])
                .ints("column", &[1, 1])
                .op("Reshape", "i column -> j", vec![])
                .floats("u", &[1], &[1.0])
                .op(kind, edges, vec![])
                .output("y");
            refused(&net, "MB");
        }
    }
}

/// Found by the fuzzer.
#[test]
fn an_affine_grid_of_sizes_that_cannot_be_counted_is_refused() {
    let net = Net::new()
        .opset(20)
        .input("theta", F32, &[1, 2, 3])
        .ints("size", &[1, 1, 1 << 40, 1 << 40])
        .op("AffineGrid", "theta size -> y", vec![])
        .output("y");
    refused(&net, "positions that can be counted");
}

#[test]
fn a_place_beyond_what_indices_count_is_refused() {
    let net = Net::new()
        .input("x", F32, &[1 << 33])
        .ints("i", &[(1 << 32) + 3])
        .floats("u", &[1], &[1.0])
        .op("ScatterElements", "x i u -> y", vec![text("reduction", "add")])
        .output("y");
    refused(&net, "at most 2147483647");
}

#[test]
fn keys_of_before_come_with_their_values() {
    let attention = |past: &[i64], edges: &str| {
        let net = Net::new().opset(23).input("q", F32, &[1, 1, 2, 2]).input("past", F32, past);
        net.op("Attention", edges, vec![]).output("y")
    };
    refused(&attention(&[1], "q q q _ past -> y"), "both or neither");
    refused(&attention(&[1, 1, 1, 2], "q q q _ _ past -> y"), "both or neither");
    refused(&attention(&[1, 2], "q q q _ past past -> y"), "[1, 2]");
    attention(&[1, 1, 1, 2], "q q q _ past past -> y").module().unwrap();
}

#[test]
fn a_number_of_heads_of_another_type_is_refused() {
    let net = |attribute| {
        Net::new()
            .opset(23)
            .input("x", F32, &[1, 2, 4])
            .input("c", F32, &[1, 2, 1])
            .op("RotaryEmbedding", "x c c -> y", vec![attribute])
            .output("y")
    };
    refused(&net(text("num_heads", "two")), "the attribute `num_heads` is no int");
    refused(&net(int("num_heads", -2)), "is no number of heads");
    net(int("num_heads", 2)).module().unwrap();
}

#[test]
fn an_axis_that_is_given_twice_is_refused() {
    let net = |kind: &str, edges: &str| {
        let net = Net::new().input("x", F32, &[2, 1]).ints("axes", &[1, -1]).ints("by", &[1, 1, 1, 1]);
        net.op(kind, edges, vec![]).output("y")
    };
    refused(&net("Pad", "x by _ axes -> y"), "each at most once");
    refused(&net("Squeeze", "x axes -> y"), "each at most once");
    let net = Net::new().input("x", F32, &[2]).ints("axes", &[1, -2]).op("Unsqueeze", "x axes -> y", vec![]);
    refused(&net.output("y"), "each at most once");
}

#[test]
fn long_lists_are_refused_in_time() {
    let axes: Vec<i64> = (0..1 << 20).collect();
    let net = Net::new().input("x", F32, &[2]).ints("axes", &axes).op("Unsqueeze", "x axes -> y", vec![]);
    refused(&net.output("y"), "at most 6 dimensions");
    for equation in ["i".repeat(1 << 20), "i,".repeat(1 << 20)] {
        let net = Net::new().input("x", F32, &[2]);
        let net = net.op("Einsum", "x -> y", vec![text("equation", &equation)]).output("y");
        assert!(net.module().is_err());
    }
}

#[test]
fn the_places_of_opset_11_for_the_nearest() {
    let net = |mode| {
        let attributes = vec![text("coordinate_transformation_mode", mode), text("nearest_mode", "floor")];
        Net::new()
            .opset(11)
            .input("x", F32, &[4])
            .floats("region", &[2], &[0.0, 1.0])
            .floats("scales", &[1], &[0.5])
            .op("Resize", "x region scales -> y", attributes)
            .output("y")
    };
    let resized = |mode| {
        let y = run(&net(mode), &[tensor(&[0.0, 1.0, 2.0, 3.0], &[4]).into()]);
        y.tensor("y").unwrap().to_f32().unwrap()
    };
    // (i + 0.5) / 0.5 is 1 and 3.
    assert_eq!(resized("tf_half_pixel_for_nn"), [1.0, 3.0]);
    assert_eq!(resized("half_pixel"), [0.0, 2.0]);
}

#[test]
fn the_type_of_steps_makes_no_difference() {
    let mut net = Net::new().opset(27).input("x", F32, &[3]);
    for (name, value) in [("from", 0.0), ("to", 3.0), ("by", 1.0)] {
        net = net.floats(name, &[], &[value]);
    }
    let net = net.op("Range", "from to by -> r", vec![int("stash_type", 1)]).op("Add", "x r -> y", vec![]);
    let y = run(&net.output("y"), &[tensor(&[1.0; 3], &[3]).into()]);
    assert_eq!(y.tensor("y").unwrap().to_f32().unwrap(), [1.0, 2.0, 3.0]);
}

#[test]
fn without_elements_none_come_out_of_the_right_shape() {
    let none = |shape: &[usize]| GraphValue::Empty(Spec::new(shape, DType::F32));
    let x = || Net::new().input("x", F32, &[0, 3]).input("one", F32, &[1, 3]).output("y");
    let shown = |net: Net, x: GraphValue| {
        let one = tensor(&[1.0; 3], &[1, 3]).into();
        run(&net, &[x, one]).spec().unwrap().to_string()
    };
    for (kind, edges, expected) in [
        ("Add", "x one -> y", "f32 [0, 3]"),
        ("Less", "one x -> y", "bool [0, 3]"),
        ("Tanh", "x -> y", "f32 [0, 3]"),
        ("Trilu", "x -> y", "f32 [0, 3]"),
    ] {
        assert_eq!(shown(x().op(kind, edges, vec![]), none(&[0, 3])), expected, "{kind}");
    }
    let sliced = x().ints("s", &[1]).ints("e", &[3]).ints("at", &[1]).op("Slice", "x s e at -> y", vec![]);
    assert_eq!(shown(sliced, none(&[0, 3])), "f32 [0, 2]");
    let shaped = x().ints("to", &[3, -1]).op("Reshape", "x to -> y", vec![]);
    assert_eq!(shown(shaped, none(&[0, 3])), "f32 [3, 0]");
}

#[test]
fn no_truth_values_are_all_true_and_none_any() {
    for (kind, expected) in [("ReduceMin", 1.0), ("ReduceMax", 0.0)] {
        let net = Net::new().opset(20).input("x", 9, &[0]).op(kind, "x -> y", vec![int("keepdims", 0)]);
        let y = run(&net.output("y"), &[GraphValue::Empty(Spec::new([0], DType::Bool))]);
        assert_eq!(y.tensor("y").unwrap().to_f64().unwrap(), [expected], "{kind}");
    }
}

#[test]
fn a_gpu_takes_the_shorter_types() {
    if Device::gpu_name().is_none() {
        return println!("skipped: no GPU");
    }
    let on_gpu = |x: Tensor| GraphValue::from(x.to_device(Device::Gpu).unwrap());
    let x = || on_gpu(tensor(&[1.0, 2.0, 3.0, 4.0], &[2, 2]));
    let long = GraphValue::from(Tensor::from_data(vec![0i64], [1], Device::Cpu).unwrap());
    let like = Net::new().input("x", F32, &[2, 2]).input("i", I64, &[1]);
    let y = run(&like.op("CastLike", "x i -> y", vec![]).output("y"), &[x(), long]);
    assert_eq!(y.spec().unwrap().dtype, DType::I32);
    let eye = Net::new().input("x", F32, &[2, 2]).op("EyeLike", "x -> y", vec![int("dtype", I64.into())]);
    assert_eq!(run(&eye.output("y"), &[x()]).spec().unwrap().dtype, DType::I32);
}
