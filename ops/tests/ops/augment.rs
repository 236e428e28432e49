//! Augmentation against PyTorch (`golden/augment.json`), and the kernels against plain operations.

use crate::support::kernels::*;
use crate::support::*;
use ops::{
    DType, Device, Error, Result, Spec, Tensor,
    kernels::augment::{Affine, Jitter, Outside, affine, color_jitter, crop, flip},
};

/// The map of rows of rotation, two translations, scale and shear.
fn map(rho: &Tensor) -> Affine {
    let column = |i: usize| rho.narrow(1, i, 1).unwrap().squeeze(1).unwrap();
    Affine {
        rotation: column(0),
        translation: rho.narrow(1, 1, 2).unwrap(),
        scale: column(3),
        shear: column(4),
    }
}

fn jitter(amounts: &Tensor) -> Jitter {
    let [brightness, contrast, saturation, hue] =
        [0, 1, 2, 3].map(|i| amounts.narrow(1, i, 1).unwrap().squeeze(1).unwrap());
    Jitter { brightness, contrast, saturation, hue }
}

fn forms() -> Vec<(DType, Device, f64)> {
    let gpu = gpu().map(|gpu| (DType::F32, gpu, 2e-5));
    [(DType::F64, Device::Cpu, 1e-10), (DType::F32, Device::Cpu, 1e-5)].into_iter().chain(gpu).collect()
}

#[test]
fn affine_is_that_of_pytorch() {
    let file = golden("augment");
    let mut tested = 0;
    for case in file["cases"].as_array().unwrap().iter().filter(|case| case["padding"].is_string()) {
        for (dtype, device, limit) in forms() {
            let at = |value| tensor(value, dtype).to_device(device).unwrap();
            let outside = if case["padding"] == "zeros" { Outside::Zero } else { Outside::Mirror };
            let x = at(&case["inputs"]["x"]).track().unwrap();
            let y = affine(&x, &map(&at(&case["rho"])), outside).unwrap();
            assert_golden(&y, &case["output"], limit);
            if case["grads"].is_object() {
                let found = y.backward_with(&at(&case["ct"])).unwrap();
                assert_golden(found.of(&x).unwrap(), &case["grads"]["x"], limit);
            }
            tested += 1;
        }
    }
    assert!(tested >= 38, "{tested}");
}

#[test]
fn color_jitter_is_that_of_pytorch() {
    let file = golden("augment");
    let case = case(&file, "colour_jitter");
    for (dtype, device, limit) in forms() {
        let at = |value| tensor(value, dtype).to_device(device).unwrap();
        let (x, amounts) = (at(&case["inputs"]["x"]), at(&case["parameters"]));
        assert_golden(&color_jitter(&x, &jitter(&amounts)).unwrap(), &case["output"], limit);
        let tracked = color_jitter(&x.track().unwrap(), &jitter(&amounts)).unwrap();
        assert_golden(&tracked, &case["output"], limit);
    }
}

/// Rotation, translation, scale and shear of `n` images, some of them far out.
fn maps(n: usize) -> Tensor {
    let ranges = [[40.0, 0.0], [6.0, 0.0], [6.0, 0.0], [0.4, 1.0], [10.0, 0.0]];
    let ranges: Vec<f64> = ranges.concat();
    let ranges = Tensor::from_data(ranges, [5, 2], Device::Cpu).unwrap();
    let part = |i| ranges.narrow(1, i, 1).unwrap().squeeze(1).unwrap();
    spread(7, &[n, 5]).mul(&part(0)).unwrap().add(&part(1)).unwrap()
}

const SIZES: [[usize; 4]; 8] = [
    [1, 1, 1, 1],
    [2, 3, 1, 31],
    [3, 2, 32, 5],
    [2, 1, 33, 7],
    [1, 2, 13, 13],
    [2, 1, 2, 255],
    [1, 1, 256, 3],
    [1, 1, 4, 257],
];

#[test]
fn affine_is_the_plain_operations() {
    for outside in [Outside::Zero, Outside::Mirror] {
        for shape in SIZES {
            let f = |x: &[Tensor]| affine(&x[0], &map(&x[1]), outside);
            let inputs = [spread(1, &shape), maps(shape[0])];
            // Places 250 pixels from the first one are known to 1e-5 of a pixel.
            agree(&f, &inputs, &[true, false], [1e-4, 2e-4], &format!("{shape:?}, {outside:?}"));
        }
        let inputs = [spread(1, &[2, 2, 5, 4]), maps(2)];
        let f = |x: &[Tensor]| affine(&x[0], &map(&x[1]), outside);
        slopes_are_measured(&f, &inputs, &[true, false], "affine");
    }
}

#[test]
fn small_and_large_scales_have_gradients_too() {
    for (scale, outside) in [(0.2, Outside::Zero), (0.2, Outside::Mirror), (7.0, Outside::Mirror)] {
        let mut rho = maps(2).to_f64().unwrap();
        (rho[3], rho[8]) = (scale, -scale);
        let rho = Tensor::from_data(rho, [2, 5], Device::Cpu).unwrap();
        let f = |x: &[Tensor]| affine(&x[0], &map(&x[1]), outside);
        let inputs = [spread(1, &[2, 1, 9, 11]), rho];
        agree(&f, &inputs, &[true, false], [1e-4, 2e-4], &format!("scale {scale}, {outside:?}"));
    }
}

#[test]
fn color_jitter_is_the_plain_operations() {
    for [n, _, h, w] in SIZES {
        let x = spread(1, &[n, 3, h, w]).mul_scalar(0.6).unwrap().add_scalar(0.5).unwrap();
        let amounts = spread(2, &[n, 4]).mul_scalar(0.5).unwrap().add_scalar(0.9).unwrap();
        let f = |x: &[Tensor]| color_jitter(&x[0], &jitter(&x[1]));
        let run = |x: &Tensor, amounts: &Tensor| f(&[x.clone(), amounts.clone()]).unwrap();
        let expected = run(&x, &amounts);
        for device in [Some(Device::Cpu), gpu()].into_iter().flatten() {
            let at = |x: &Tensor| x.cast(DType::F32).unwrap().to_device(device).unwrap();
            assert_close(&run(&at(&x), &at(&amounts)), &expected, 2e-5, &format!("{n} {h} {w} on {device}"));
            let view = at(&x.transpose(2, 3).unwrap()).transpose(2, 3).unwrap();
            assert_close(&run(&view, &at(&amounts)), &expected, 2e-5, &format!("{n} {h} {w}, a view"));
        }
    }
    let x = spread(1, &[2, 3, 2, 3]).mul_scalar(0.4).unwrap().add_scalar(0.5).unwrap();
    let amounts = spread(2, &[2, 4]).mul_scalar(0.1).unwrap().add_scalar(0.9).unwrap();
    let f = |x: &[Tensor]| color_jitter(&x[0], &jitter(&x[1]));
    slopes_are_measured(&f, &[x, amounts], &[true; 2], "color_jitter");
}

fn numbered(shape: &[usize]) -> Tensor {
    floats(&(0..shape.iter().product()).map(|i| i as f32).collect::<Vec<_>>(), shape)
}

#[test]
fn flip_and_crop_move_whole_pixels() {
    for device in [Some(Device::Cpu), gpu()].into_iter().flatten() {
        let x = numbered(&[2, 1, 2, 3]).to_device(device).unwrap();
        let choice = floats(&[1.0, 0.0], &[2]).to_device(device).unwrap();
        let flipped = [2.0, 1.0, 0.0, 5.0, 4.0, 3.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0];
        assert_eq!(flip(&x, &choice).unwrap().to_f32().unwrap(), flipped);
        let choice = choice.gt_scalar(0.5).unwrap();
        assert_eq!(flip(&x, &choice).unwrap().to_f32().unwrap(), flipped);

        let corner = floats(&[-1.0, 1.0, 0.0, 2.0], &[2, 2]).to_device(device).unwrap();
        let cropped = |outside| crop(&x, &corner, [2, 2], outside).unwrap().to_f32().unwrap();
        assert_eq!(cropped(Outside::Zero), [0.0, 0.0, 1.0, 2.0, 8.0, 0.0, 11.0, 0.0]);
        assert_eq!(cropped(Outside::Mirror), [1.0, 2.0, 1.0, 2.0, 8.0, 8.0, 11.0, 11.0]);
        let integers = Tensor::from_data(vec![-1, 1, 0, 2], [2, 2], device).unwrap();
        let found = crop(&x, &integers, [2, 2], Outside::Zero).unwrap();
        assert_eq!(found.to_f32().unwrap(), cropped(Outside::Zero));
    }
    let f = |x: &[Tensor]| crop(&x[0], &x[1], [5, 3], Outside::Mirror);
    let corners = spread(3, &[2, 2]).mul_scalar(4.0).unwrap();
    let inputs = [spread(1, &[2, 2, 4, 4]), corners];
    agree(&f, &inputs, &[true, false], [1e-4, 1e-4], "crop");
    slopes_are_measured(&f, &inputs, &[true, false], "crop");
    let f = |x: &[Tensor]| flip(&x[0], &x[1]);
    agree(
        &f,
        &inputs.map(|x| if x.rank() == 2 { spread(3, &[2]) } else { x }),
        &[true, false],
        [1e-6; 2],
        "flip",
    );
}

/// Of two sets of parameters the mean is one as well: the third view of an augmented pair.
#[test]
fn one_number_stands_for_all_images() {
    let x = spread(1, &[3, 2, 6, 6]).cast(DType::F32).unwrap();
    let one = |value| Tensor::scalar(value, DType::F32, Device::Cpu).unwrap();
    let each = |value| Tensor::full([3], value, DType::F32, Device::Cpu).unwrap();
    let of = |number: &dyn Fn(f64) -> Tensor, translation| {
        let map = Affine { rotation: number(10.0), translation, scale: number(1.1), shear: number(3.0) };
        affine(&x, &map, Outside::Zero).unwrap().to_f32().unwrap()
    };
    let both = Tensor::full([3, 2], 2.0, DType::F32, Device::Cpu).unwrap();
    assert_eq!(of(&one, one(2.0)), of(&each, both));
}

#[test]
fn what_is_not_finite_stays_where_it_is() {
    let mut values: Vec<f32> = (0..2 * 25).map(|i| i as f32).collect();
    (values[12], values[25]) = (f32::NAN, f32::INFINITY);
    let x = floats(&values, &[2, 1, 5, 5]);
    for device in [Some(Device::Cpu), gpu()].into_iter().flatten() {
        let x = x.to_device(device).unwrap();
        let number = |value| Tensor::scalar(value, DType::F32, device).unwrap();
        let still = |scale: Tensor| Affine {
            rotation: number(0.0),
            translation: number(0.0),
            scale,
            shear: number(0.0),
        };
        for outside in [Outside::Zero, Outside::Mirror] {
            let y = affine(&x, &still(number(1.0)), outside).unwrap().to_f32().unwrap();
            let same = |(a, b): (&f32, &f32)| a == b || (a.is_nan() && b.is_nan());
            assert!(y.iter().zip(&values).all(same), "{device}: {y:?}");
            // A map without an inverse is refused, on a GPU when something is read from it.
            let scale = floats(&[0.0, 1.0], &[2]).to_device(device).unwrap();
            let refused = affine(&x, &still(scale), outside).and_then(|y| y.to_data());
            assert!(matches!(refused, Err(Error::Argument { .. })), "{device}: {refused:?}");
        }
        let colours = Tensor::concat(&[&x, &x, &x], 1).unwrap();
        let same = Jitter {
            brightness: number(1.0),
            contrast: number(1.0),
            saturation: number(1.0),
            hue: number(0.0),
        };
        let y = color_jitter(&colours, &same).unwrap().to_f32().unwrap();
        assert!(y[..75].iter().all(|y| y.is_nan()) && y[75..].iter().all(|&y| y == 1.0), "{device}: {y:?}");
    }
}

#[test]
fn a_trace_has_the_shapes() {
    let x = Tensor::symbolic(Spec::new([4, 3, 8, 6], DType::F32), Device::Cpu);
    let maps = map(&maps(4).cast(DType::F32).unwrap());
    assert_eq!(affine(&x, &maps, Outside::Mirror).unwrap().shape(), [4, 3, 8, 6]);
    let amounts = jitter(&spread(1, &[4, 4]).cast(DType::F32).unwrap());
    assert_eq!(color_jitter(&x, &amounts).unwrap().shape(), [4, 3, 8, 6]);
    let corner = Tensor::scalar(1.0, DType::F32, Device::Cpu).unwrap();
    assert_eq!(crop(&x, &corner, [2, 9], Outside::Zero).unwrap().shape(), [4, 3, 2, 9]);
}

#[test]
fn misuse_is_refused() {
    let x = spread(1, &[2, 1, 4, 4]);
    let number = |shape: &[usize]| spread(1, shape);
    let shape = |result: Result<Tensor>| assert!(matches!(result, Err(Error::Shape { .. })));
    let rotated = |x: &Tensor, rotation: Tensor| {
        let map = Affine { rotation, translation: number(&[]), scale: number(&[]), shear: number(&[]) };
        affine(x, &map, Outside::Zero)
    };
    shape(rotated(&number(&[4, 4]), number(&[])));
    shape(rotated(&x, number(&[3])));
    shape(rotated(&x, number(&[1])));
    shape(rotated(&x, number(&[2, 1])));
    shape(flip(&x, &number(&[4])));
    shape(crop(&x, &number(&[2, 3]), [2, 2], Outside::Zero));
    shape(color_jitter(&x, &jitter(&number(&[2, 4]))));
    shape(color_jitter(&number(&[2, 3, 4, 4]), &jitter(&number(&[3, 4]))));
    for size in [[0, 2], [2, usize::MAX]] {
        let result = crop(&x, &number(&[]), size, Outside::Zero);
        assert!(matches!(result, Err(Error::Argument { op: "augment::crop", .. })), "{size:?}");
    }
    let ints = x.cast(DType::I32).unwrap();
    assert!(matches!(rotated(&ints, number(&[])), Err(Error::DType { op: "augment::affine", .. })));
    let error = rotated(&x, number(&[3])).unwrap_err().to_string();
    assert_eq!(error, "augment::affine: the shape is [3] for the rotation, expected one number, or [2]");
}
