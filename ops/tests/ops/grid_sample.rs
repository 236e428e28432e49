//! `grid_sample` and `affine_grid` against torch 2.15: `F.grid_sample`, its gradients by
//! `torch.autograd.grad`, and `F.affine_grid`, in float64.

use crate::support::*;
use ops::{
    Device, Tensor,
    op::{GridMode, GridPadding, GridStyle},
};

/// Mode, padding, align_corners, the result; by its sum weighted with 1, 2, 3, 4 the gradient of the
/// positions, and of the first pixel.
type Sampled = (GridMode, GridPadding, bool, [f64; 4], [f64; 8], f64);

#[rustfmt::skip]
const SAMPLED: [Sampled; 18] = [
    (GridMode::Linear, GridPadding::Zeros, false, [0.0, 1.82, 4.1966, 1.12],
        [0.0, 0.0, -5.2, 8.4, -8.79, 3.78, -12.799995, -33.600002], 1.170000),
    (GridMode::Linear, GridPadding::Zeros, true, [2.75, 2.57, 4.23955, 6.04],
        [7.5, 0.0, -4.2, 9.4, -14.895, 0.765, 14.399999, -30.2], 0.990000),
    (GridMode::Linear, GridPadding::Border, false, [5.0, 2.8, 4.1966, 8.0],
        [0.0, 0.0, -8.0, 0.0, -8.79, 3.78, 0.0, 0.0], 1.800000),
    (GridMode::Linear, GridPadding::Border, true, [5.0, 2.57, 4.23955, 7.55],
        [0.0, 0.0, -4.2, 9.4, -14.895, 0.765, 18.0, 0.0], 0.990000),
    (GridMode::Linear, GridPadding::Reflection, false, [5.22, 2.8, 4.1966, 8.0],
        [-4.4, -0.899999, -8.0, 0.0, -8.79, 3.78, 0.0, 0.0], 1.800000),
    (GridMode::Linear, GridPadding::Reflection, true, [6.26, 2.57, 4.23955, 7.12],
        [-4.2, -2.7, -4.2, 9.4, -14.895, 0.765, 19.2, -8.6], 0.990000),
    (GridMode::Nearest, GridPadding::Zeros, false, [0.0, 3.0, 5.0, 0.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2.000000),
    (GridMode::Nearest, GridPadding::Zeros, true, [5.0, 3.0, 2.0, 8.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2.000000),
    (GridMode::Nearest, GridPadding::Border, false, [5.0, 3.0, 5.0, 8.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2.000000),
    (GridMode::Nearest, GridPadding::Border, true, [5.0, 3.0, 2.0, 8.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2.000000),
    (GridMode::Nearest, GridPadding::Reflection, false, [5.0, 3.0, 5.0, 8.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2.000000),
    (GridMode::Nearest, GridPadding::Reflection, true, [5.0, 3.0, 2.0, 8.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0], 2.000000),
    (GridMode::Cubic, GridPadding::Zeros, false, [-0.331497, 1.702514, 4.265615, 1.105342],
        [5.156631, -0.122335, -5.301661, 9.618655, -7.68264, 6.528128, -12.193434, -37.90458], 1.536306),
    (GridMode::Cubic, GridPadding::Zeros, true, [2.599999, 2.790416, 4.182685, 7.068058],
        [8.182215, 1.353268, -8.309018, 13.012761, -22.239626, 3.603087, -3.481557, -30.529097], 1.240961),
    (GridMode::Cubic, GridPadding::Border, false, [5.2205, 2.531885, 3.80803, 8.376104],
        [0.0, 0.1575, -11.531271, -0.187163, -9.639814, 5.180159, 1.249922, -2.381085], 1.936108),
    (GridMode::Cubic, GridPadding::Border, true, [4.83263, 2.335682, 3.884933, 7.862276],
        [-0.7623, 0.939422, -6.331034, 10.60253, -23.16523, 0.759741, 13.40388, 2.166509], 0.930930),
    (GridMode::Cubic, GridPadding::Reflection, false, [5.503217, 2.379035, 3.80803, 8.6936],
        [-6.713706, -0.681457, -13.104263, 1.727663, -9.639814, 5.180159, 6.912002, -4.974751], 2.054792),
    (GridMode::Cubic, GridPadding::Reflection, true, [6.860195, 2.188702, 3.904315, 7.82419],
        [-8.43615, -2.189962, -8.750417, 4.745176, -19.464291, 0.944826, 10.422003, -2.719857], 1.240961),
];

const POSITIONS: [f64; 8] = [-1.3, 0.2, -0.7, -0.9, 0.13, 0.41, 0.9, 1.2];

fn doubles(values: &[f64], shape: &[usize]) -> Tensor {
    Tensor::from_data(values.to_vec(), shape, Device::Cpu).unwrap()
}

#[test]
fn images_at_positions_with_both_gradients() {
    let image = doubles(&[3., 1., 4., 1., 5., 9., 2., 6., 5., 3., 5., 8.], &[1, 1, 3, 4]);
    let grid = doubles(&POSITIONS, &[1, 2, 2, 2]);
    let weights = doubles(&[1.0, 2.0, 3.0, 4.0], &[1, 1, 2, 2]);
    for (mode, padding, align_corners, values, by_grid, by_first) in SAMPLED {
        let style = GridStyle { mode, padding, align_corners };
        let (x, at) = (image.track().unwrap(), grid.track().unwrap());
        let y = x.grid_sample(&at, style).unwrap();
        let gradients = y.mul(&weights).unwrap().sum().unwrap().gradient(&[&x, &at]).unwrap();
        println!("{style:?}");
        assert_near(&y.to_f64().unwrap(), &values, 1e-5);
        assert_near(&gradients[1].to_f64().unwrap(), &by_grid, 1e-5);
        assert_near(&gradients[0].to_f64().unwrap()[..1], &[by_first], 1e-5);
    }
}

#[test]
fn positions_of_affine_maps() {
    let theta = doubles(&[0.5, 0.25, -0.1, -0.3, 1.2, 0.4], &[1, 2, 3]);
    #[rustfmt::skip]
    let expected = [
        [-0.558333, 0.0, -0.225, -0.2, 0.108333, -0.4, -0.308333, 1.2, 0.025, 1.0, 0.358333, 0.8],
        [-0.85, -0.5, -0.35, -0.8, 0.15, -1.1, -0.35, 1.9, 0.15, 1.6, 0.65, 1.3],
    ];
    for (align_corners, expected) in [false, true].into_iter().zip(expected) {
        let grid = theta.affine_grid(&[1, 1, 2, 3], align_corners).unwrap();
        assert_eq!(grid.shape(), [1, 2, 3, 2]);
        assert_near(&grid.to_f64().unwrap(), &expected, 1e-5);
    }
}

#[test]
fn the_map_that_changes_nothing_gives_the_image() {
    let image = floats(&[3., 1., 4., 1., 5., 9.], &[1, 1, 2, 3]);
    let theta = floats(&[1., 0., 0., 0., 1., 0.], &[1, 2, 3]);
    for align_corners in [false, true] {
        let grid = theta.affine_grid(&[1, 1, 2, 3], align_corners).unwrap();
        let style = GridStyle { align_corners, ..GridStyle::default() };
        assert_near(
            &image.grid_sample(&grid, style).unwrap().to_f64().unwrap(),
            &image.to_f64().unwrap(),
            1e-5,
        );
    }
}
