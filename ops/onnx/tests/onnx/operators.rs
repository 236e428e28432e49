//! What operators compute where the node tests of ONNX have no case: as the operators' descriptions say,
//! and as ONNX Runtime 1.31 does.

use onnx_net::proto::{AttributeProto, AttributeType};
use ops::no_grad;

use crate::build::*;

fn floats(name: &str, floats: &[f32]) -> AttributeProto {
    let r#type = AttributeType::Floats as i32;
    AttributeProto { name: name.into(), r#type, floats: floats.to_vec(), ..Default::default() }
}

fn texts(name: &str, words: &[&str]) -> AttributeProto {
    let strings = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    AttributeProto { name: name.into(), r#type: AttributeType::Strings as i32, strings, ..Default::default() }
}

fn refused(net: &Net, expected: &str) {
    let error = net.module().map(|_| ()).unwrap_err().to_string();
    assert!(error.contains(expected), "{error}");
}

#[test]
fn an_odd_surplus_is_cut_off_at_the_head() {
    let cut = |auto: Option<&str>| {
        let attributes =
            auto.map(|mode| text("auto_pad", mode)).into_iter().chain([list("output_shape", &[2])]).collect();
        let net = Net::new()
            .input("x", F32, &[1, 1, 1])
            .floats("w", &[1, 1, 3], &[1.0, 2.0, 3.0])
            .op("ConvTranspose", "x w -> y", attributes)
            .output("y");
        net.module().unwrap().forward(&tensor(&[1.0], &[1, 1, 1])).unwrap().to_f32().unwrap()
    };
    assert_eq!(cut(None), [2.0, 3.0]);
    assert_eq!(cut(Some("SAME_LOWER")), [2.0, 3.0]);
    assert_eq!(cut(Some("SAME_UPPER")), [1.0, 2.0]);
}

#[test]
fn numbers_of_activations_go_to_those_that_have_them() {
    // tanh takes none: the 0.1 is that of the second direction's leaky relu, not lost on the first.
    let net = Net::new()
        .input("x", F32, &[1, 1, 1])
        .floats("w", &[2, 1, 1], &[1.0, 1.0])
        .floats("r", &[2, 1, 1], &[0.0, 0.0])
        .op(
            "RNN",
            "x w r -> y",
            vec![
                int("hidden_size", 1),
                text("direction", "bidirectional"),
                texts("activations", &["Tanh", "LeakyRelu"]),
                floats("activation_alpha", &[0.1]),
            ],
        )
        .output("y");
    let y = net.module().unwrap().forward(&tensor(&[-2.0], &[1, 1, 1])).unwrap().to_f32().unwrap();
    assert!((y[0] - (-2f32).tanh()).abs() < 1e-6 && (y[1] + 0.2).abs() < 1e-6, "{y:?}");
}

#[test]
fn whole_numbers_are_resized_by_fractions() {
    let net = Net::new()
        .input("x", 6, &[2])
        .ints("size", &[4])
        .op("Resize", "x _ _ size -> y", vec![text("mode", "linear")])
        .output("y");
    let x = ops::Tensor::from_data(vec![0i32, 100], [2], ops::Device::Cpu).unwrap();
    let y = no_grad(|| net.module().unwrap().forward(&x)).unwrap();
    assert_eq!(y.to_f64().unwrap(), [0.0, 25.0, 75.0, 100.0]);
}

#[test]
fn one_sample_goes_beside_many_in_any_order() {
    let net = Net::new()
        .input("a", F32, &[1, 2])
        .input("b", F32, &[1, 2])
        .op("Add", "a b -> y", vec![])
        .output("y");
    let module = net.module().unwrap();
    let graph = onnx_net::Graph::of(&module).unwrap();
    let (one, four) = (tensor(&[1.0; 2], &[1, 2]), tensor(&[1.0; 8], &[4, 2]));
    for (a, b) in [(&one, &four), (&four, &one)] {
        graph.run(&module, &[("a", a), ("b", b)]).unwrap();
    }
    let three = tensor(&[1.0; 6], &[3, 2]);
    let error = graph.run(&module, &[("a", &four), ("b", &three)]).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("another number of samples"), "{error}");
}

#[test]
fn equations_with_odd_points_are_refused() {
    let net = |equation: &str| {
        Net::new()
            .input("x", F32, &[2, 2])
            .op("Einsum", "x -> y", vec![text("equation", equation)])
            .output("y")
    };
    for equation in ["......", ".", "..ij", "...i...->i", "ij->.", "i....->i", "i->......"] {
        refused(&net(equation), "the attribute `equation` is");
    }
    for equation in ["...", "...->...", "i...->i", "...ij->...ji"] {
        net(equation).module().unwrap();
    }
}

#[test]
fn a_region_far_away_ends() {
    for place in ["1e30", "-1e30"] {
        let far: f32 = place.parse().unwrap();
        let net = Net::new()
            .input("x", F32, &[4])
            .floats("region", &[2], &[far, far])
            .ints("size", &[3])
            .op(
                "Resize",
                "x region _ size -> y",
                vec![
                    text("mode", "linear"),
                    text("coordinate_transformation_mode", "tf_crop_and_resize"),
                    float("extrapolation_value", 7.0),
                ],
            )
            .output("y");
        let y = net.module().unwrap().forward(&tensor(&[1.0; 4], &[4])).unwrap();
        assert_eq!(y.to_f32().unwrap(), [7.0; 3]);
    }
}

#[test]
fn absurd_sizes_are_not_worked_through() {
    let recurrent = Net::new()
        .input("x", F32, &[1 << 40, 1, 1])
        .floats("w", &[1, 1, 1], &[1.0])
        .floats("r", &[1, 1, 1], &[0.0])
        .op("RNN", "x w r -> y", vec![int("hidden_size", 1)])
        .output("y");
    // Only a run could tell: it is not refused, and the trial ends.
    let _ = recurrent.module();
    let resized = Net::new()
        .input("x", F32, &[1 << 40])
        .ints("size", &[1])
        .op("Resize", "x _ _ size -> y", vec![text("mode", "linear"), int("antialias", 1)])
        .output("y");
    refused(&resized, "1 to 1048576 elements");
}

#[test]
fn many_updates_of_one_place_take_no_more_memory_than_they_are() {
    // A list of rows for each of them would be 200 times 20,000 numbers.
    let n = 20_000;
    let net = Net::new()
        .input("x", F32, &[n])
        .input("updates", F32, &[200])
        .ints("places", &[3; 200])
        .op("ScatterElements", "x places updates -> y", vec![text("reduction", "max")])
        .output("y");
    let module = net.module().unwrap();
    let graph = onnx_net::Graph::of(&module).unwrap();
    let updates: Vec<f32> = (0..200).map(|i| i as f32).collect();
    let (x, updates) = (tensor(&vec![0.5; n as usize], &[n as usize]), tensor(&updates, &[200]));
    let y = graph.run(&module, &[("x", &x), ("updates", &updates)]).unwrap();
    let y = y[0].1.tensor("y").unwrap().to_f32().unwrap();
    assert_eq!((y[3], y[4]), (199.0, 0.5));
}

#[test]
fn a_negative_size_is_no_crop() {
    let net = Net::new()
        .input("x", F32, &[4])
        .ints("shape", &[i64::MIN])
        .op("CenterCropPad", "x shape -> y", vec![])
        .output("y");
    refused(&net, "negative");
}

#[test]
fn inverse_hyperbolic_functions_of_large_and_small_numbers() {
    let check = |kind: &str, exact: fn(f64) -> f64, values: &[f32]| {
        let n = values.len();
        let net = Net::new().input("x", F32, &[n as i64]).op(kind, "x -> y", vec![]).output("y");
        let x = tensor(values, &[n]).track().unwrap();
        let y = net.module().unwrap().forward(&x).unwrap();
        let slopes = y.sum().unwrap().backward().unwrap().of(&x).unwrap().to_f32().unwrap();
        for ((&x, y), slope) in values.iter().zip(y.to_f32().unwrap()).zip(slopes) {
            let (expected, d) = (exact(x.into()), f64::from(x));
            let near = (f64::from(y) - expected).abs() <= 6e-7 * expected.abs() || f64::from(y) == expected;
            assert!(near, "{kind} of {x}: {y}, expected {expected}");
            let expected = match kind {
                "Asinh" => 1.0 / d.hypot(1.0),
                _ => 1.0 / ((d - 1.0).sqrt() * (d + 1.0).sqrt()),
            };
            assert!(
                (f64::from(slope) - expected).abs() <= 1e-5 * expected,
                "slope of {kind} at {x}: {slope}"
            );
        }
    };
    check("Asinh", f64::asinh, &[0.0, 1e-8, -0.5, 3.0, -1e5, 2e9, 1e19, 1e20, -3e38, f32::INFINITY]);
    check("Acosh", f64::acosh, &[1.000_001, 1.5, 3.0, 1e5, 2e9, 1e19, 1e20, 3e38, f32::INFINITY]);
}
