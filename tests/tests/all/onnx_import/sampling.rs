//! Resizing and sampling against ONNX Runtime, over modes, sizes and scales.

use host::onnx;
use onnx_net::proto::AttributeProto;
use ops::{Device, Tensor, no_grad, random, tensor::Data};
use tests::{onnxruntime, skipped};

use crate::onnx_build::*;

/// Whether the network's answer is that of ONNX Runtime; false where ONNX Runtime refuses it.
fn agree(what: &str, net: &Net, inputs: &[(&str, Tensor)]) -> bool {
    let file = tempfile::NamedTempFile::with_suffix(".onnx").unwrap();
    std::fs::write(file.path(), net.bytes()).unwrap();
    let Ok(frozen) = onnx::Model::open(file.path(), Device::Cpu, onnxruntime().as_deref()) else {
        return false;
    };
    let arrays = inputs.iter().map(|(name, x)| ((*name).to_owned(), x.to_array().unwrap())).collect();
    let Ok(mut outputs) = frozen.run(arrays) else { return false };
    let array = outputs.remove(0).1;
    let Data::F32(theirs) = array.data() else { panic!("{what}: no floats") };
    let module = net.module().unwrap_or_else(|e| panic!("{what}: {e}"));
    let graph = onnx_net::Graph::of(&module).unwrap();
    let inputs: Vec<_> = inputs.iter().map(|(name, x)| (*name, x)).collect();
    let outputs = no_grad(|| graph.run(&module, &inputs)).unwrap_or_else(|e| panic!("{what}: {e}"));
    let ours = outputs[0].1.tensor("y").unwrap();
    assert_eq!(ours.shape(), array.shape(), "{what}");
    for (i, (ours, theirs)) in ours.to_f32().unwrap().iter().zip(theirs).enumerate() {
        let near = (ours - theirs).abs() <= 2e-5 + 1e-4 * theirs.abs() || ours.is_nan() && theirs.is_nan();
        assert!(near, "{what}: element {i} is {ours} here, {theirs} in ONNX Runtime");
    }
    true
}

/// How tensors are resized: the attributes `mode`, `nearest_mode` and others.
fn kinds() -> Vec<Vec<AttributeProto>> {
    let nearest = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"];
    let nearest = nearest.map(|word| vec![text("mode", "nearest"), text("nearest_mode", word)]);
    let weighted = ["linear", "cubic"].into_iter().flat_map(|mode| {
        [vec![], vec![int("antialias", 1)], vec![int("antialias", 1), int("exclude_outside", 1)]]
            .map(|more| [vec![text("mode", mode)], more].concat())
    });
    let cubic = [int("exclude_outside", 1), float("cubic_coeff_a", -0.5)];
    let cubic = cubic.map(|more| vec![text("mode", "cubic"), more]);
    nearest.into_iter().chain(weighted).chain(cubic).collect()
}

#[test]
fn tensors_are_resized_as_in_onnx_runtime() {
    if onnxruntime().is_none() {
        return skipped("there is no ONNX Runtime");
    }
    let places = [
        "half_pixel",
        "half_pixel_symmetric",
        "pytorch_half_pixel",
        "align_corners",
        "asymmetric",
        "tf_crop_and_resize",
        "tf_half_pixel_for_nn",
    ];
    let scales: [[f32; 2]; 8] =
        [[0.7; 2], [0.9, 2.3], [0.55; 2], [2.3, 0.3], [1.05, 1.5], [1.0, 1.7], [0.26, 0.4], [1.0 / 3.0, 0.2]];
    let targets = [[1, 1], [4, 7], [13, 3], [6, 10], [1, 15]];
    let mut compared = 0;
    for (place, kind) in places.iter().flat_map(|place| kinds().into_iter().map(move |kind| (*place, kind))) {
        let crops = place == "tf_crop_and_resize";
        // The last place is of opset 11 only, which has nothing else of this.
        let old = place == "tf_half_pixel_for_nn";
        if old && kind.iter().any(|attribute| attribute.name == "antialias") {
            continue;
        }
        let name: Vec<_> =
            kind.iter().map(|a| format!("{} {}{}", a.name, String::from_utf8_lossy(&a.s), a.i)).collect();
        let mut attributes = [kind, vec![text("coordinate_transformation_mode", place)]].concat();
        attributes.extend(crops.then(|| float("extrapolation_value", 7.0)));
        for [h, w] in [[6, 10], [1, 7], [5, 4]] {
            let x = random::normal(&[2, 2, h, w], Device::Cpu).unwrap();
            let net = || {
                let net =
                    Net::new().opset(if old { 11 } else { 19 }).input("x", F32, &[2, 2, h as i64, w as i64]);
                let region: &[f32] = if crops { &[0.0, 0.0, 0.1, -0.2, 1.0, 1.0, 0.8, 1.3] } else { &[] };
                net.floats("region", &[region.len() as i64], region)
            };
            let mut check = |what: String, net: Net, edges: &str| {
                let net = net.op("Resize", edges, attributes.clone()).output("y");
                compared += usize::from(agree(&what, &net, &[("x", x.clone())]));
            };
            for [a, b] in scales {
                if a * h as f32 >= 1.0 && b * w as f32 >= 1.0 {
                    let what = format!("{place}, {name:?}, [{h}, {w}] times [{a}, {b}]");
                    check(what, net().floats("scales", &[4], &[1.0, 1.0, a, b]), "x region scales -> y");
                }
            }
            for [a, b] in targets {
                let edges = if old { "x region none sizes -> y" } else { "x region _ sizes -> y" };
                let what = format!("{place}, {name:?}, [{h}, {w}] to [{a}, {b}]");
                check(what, net().floats("none", &[0], &[]).ints("sizes", &[2, 2, a, b]), edges);
            }
        }
    }
    assert!(compared > 2000, "ONNX Runtime took {compared} networks only");
}

/// Before opset 11 the nearest element is another one where there are fewer.
#[test]
fn tensors_are_resized_as_once() {
    if onnxruntime().is_none() {
        return skipped("there is no ONNX Runtime");
    }
    let x = random::normal(&[2, 2, 6, 10], Device::Cpu).unwrap();
    for (opset, kind, scales) in
        [(10, "Resize", [0.7, 0.55]), (10, "Resize", [2.3, 0.4]), (9, "Upsample", [2.3, 1.2])]
    {
        for mode in ["nearest", "linear"] {
            let net = Net::new().opset(opset).input("x", F32, &[2, 2, 6, 10]);
            let net = net.floats("scales", &[4], &[&[1.0, 1.0], &scales[..]].concat());
            let net = net.op(kind, "x scales -> y", vec![text("mode", mode)]).output("y");
            assert!(agree(&format!("{kind}, {mode}, {scales:?}"), &net, &[("x", x.clone())]));
        }
    }
}

#[test]
fn grids_are_sampled_as_in_onnx_runtime() {
    if onnxruntime().is_none() {
        return skipped("there is no ONNX Runtime");
    }
    let mut compared = 0;
    for sizes in [&[6, 10][..], &[5, 2], &[1, 3], &[4, 3, 5]] {
        let r = sizes.len();
        let shape = [&[2, 2], sizes].concat();
        let points = [vec![2], vec![7, 3, 2][..r].to_vec(), vec![r]].concat();
        let x = random::normal(&shape, Device::Cpu).unwrap();
        // Up to four elements beyond the edge.
        let grid = random::uniform(&points, Device::Cpu).unwrap().mul_scalar(4.4).unwrap();
        let grid = grid.add_scalar(-2.2).unwrap();
        for mode in ["linear", "nearest", "cubic"] {
            for padding in ["zeros", "border", "reflection"] {
                for corners in [0, 1] {
                    // ONNX Runtime reflects on one element between two places that are the same.
                    if corners == 1 && padding == "reflection" && sizes.contains(&1) {
                        continue;
                    }
                    let signed = |shape: &[usize]| shape.iter().map(|&n| n as i64).collect::<Vec<_>>();
                    let attributes = vec![
                        text("mode", mode),
                        text("padding_mode", padding),
                        int("align_corners", corners),
                    ];
                    let net = Net::new()
                        .opset(20)
                        .input("x", F32, &signed(&shape))
                        .input("grid", F32, &signed(&points))
                        .op("GridSample", "x grid -> y", attributes)
                        .output("y");
                    let what = format!("{mode}, {padding}, corners {corners}, {sizes:?}");
                    compared += usize::from(agree(&what, &net, &[("x", x.clone()), ("grid", grid.clone())]));
                }
            }
        }
    }
    assert!(compared > 60, "ONNX Runtime took {compared} networks only");
}
