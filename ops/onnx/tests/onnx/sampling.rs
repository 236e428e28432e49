//! Elements at fractions of places, as ONNX Runtime 1.31.1 gives them.

use crate::build::*;

/// Elements, scale, coordinate transformation, mode, nearest mode, what comes out.
type Resized = (usize, f32, &'static str, &'static str, &'static str, &'static [f32]);

const X: [f32; 10] = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0];

#[rustfmt::skip]
const RESIZED: &[Resized] = &[
    (10, 0.7, "half_pixel", "linear", "floor", &[2.57143, 2.92857, 1.28571, 7.0, 2.5, 5.64286, 3.42857]),
    (10, 0.9, "half_pixel", "linear", "floor",
        &[2.88889, 1.5, 3.16667, 2.55556, 7.0, 4.72222, 4.88889, 5.16667, 3.11111]),
    (10, 2.3, "asymmetric", "nearest", "floor",
        &[3.0, 3.0, 3.0, 1.0, 1.0, 4.0, 4.0, 1.0, 1.0, 1.0, 5.0, 5.0, 9.0, 9.0, 2.0, 2.0, 2.0, 6.0, 6.0, 5.0,
          5.0, 3.0, 3.0]),
    (6, 0.55, "align_corners", "linear", "floor", &[3.0, 2.5, 9.0]),
    (10, 0.55, "align_corners", "nearest", "round_prefer_floor", &[3.0, 4.0, 5.0, 6.0, 3.0]),
    (10, 0.55, "pytorch_half_pixel", "cubic", "floor", &[1.98129, 3.57562, 5.27698, 2.54771, 5.72741]),
    (3, 0.4, "pytorch_half_pixel", "cubic", "floor", &[3.0]),
    (3, 0.4, "align_corners", "linear", "floor", &[3.0]),
    (3, 0.4, "half_pixel", "cubic", "floor", &[1.13672]),
    (10, 0.3, "half_pixel_symmetric", "linear", "floor", &[1.5, 7.0, 5.16667]),
    // 1.5000001 and 4.5 in f32: as good as the middle.
    (7, 1.0 / 3.0, "half_pixel_symmetric", "nearest", "round_prefer_floor", &[1.0, 5.0]),
    (10, 0.3, "half_pixel", "nearest", "round_prefer_ceil", &[1.0, 9.0, 5.0]),
];

#[test]
fn scales_that_give_no_whole_size() {
    for &(n, scale, place, mode, nearest, expected) in RESIZED {
        let attributes = vec![
            text("coordinate_transformation_mode", place),
            text("mode", mode),
            text("nearest_mode", nearest),
        ];
        let net = Net::new()
            .opset(19)
            .input("x", F32, &[n as i64])
            .floats("scales", &[1], &[scale])
            .op("Resize", "x _ scales -> y", attributes)
            .output("y");
        let y = net.module().unwrap().forward(&tensor(&X[..n], &[n])).unwrap().to_f32().unwrap();
        let near = y.len() == expected.len() && y.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-5);
        assert!(near, "{n} times {scale}, {place}, {mode}: {y:?}, expected {expected:?}");
    }
}

#[test]
fn a_tensor_that_keeps_its_size_is_not_moved() {
    let net = Net::new()
        .opset(19)
        .input("x", F32, &[5])
        .floats("scales", &[1], &[1.1])
        .op("Resize", "x _ scales -> y", vec![text("mode", "linear")])
        .output("y");
    let y = net.module().unwrap().forward(&tensor(&X[..5], &[5])).unwrap();
    assert_eq!(y.to_f32().unwrap(), X[..5]);
}

/// Whole numbers are rounded once, and not after each dimension.
#[test]
fn whole_numbers_are_resized_in_two_dimensions() {
    let net = Net::new()
        .input("x", 6, &[2, 2])
        .ints("size", &[1, 1])
        .op("Resize", "x _ _ size -> y", vec![text("mode", "linear")])
        .output("y");
    let x = ops::Tensor::from_data(vec![0i32, 1, 1, 2], [2, 2], ops::Device::Cpu).unwrap();
    assert_eq!(net.module().unwrap().forward(&x).unwrap().to_f64().unwrap(), [1.0]);
}

#[test]
fn cubic_places_beyond_the_edge() {
    for (padding, expected) in [
        ("border", [3.0, 3.21094, 1.58984, 5.14063]),
        ("zeros", [-0.31641, 2.53125, 1.76563, 1.27344]),
        ("reflection", [2.44141, 3.28125, 1.58984, 5.5625]),
    ] {
        let net = Net::new()
            .opset(20)
            .input("x", F32, &[1, 1, 1, 5])
            .input("grid", F32, &[1, 1, 4, 2])
            .op("GridSample", "x grid -> y", vec![text("mode", "cubic"), text("padding_mode", padding)])
            .output("y");
        let module = net.module().unwrap();
        let graph = onnx_net::Graph::of(&module).unwrap();
        let x = tensor(&[3.0, 1.0, 4.0, 1.0, 5.0], &[1, 1, 1, 5]);
        let grid = tensor(&[-1.3, 0.0, -0.9, 0.0, 0.5, 0.0, 1.1, 0.0], &[1, 1, 4, 2]);
        let outputs = graph.run(&module, &[("x", &x), ("grid", &grid)]).unwrap();
        let y = outputs[0].1.tensor("y").unwrap().to_f32().unwrap();
        let near = y.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-5);
        assert!(near, "{padding}: {y:?}, expected {expected:?}");
    }
}
