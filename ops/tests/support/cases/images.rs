//! Matrix products and what is done to images.

use ops::op::{GridMode, GridPadding, GridStyle, Interpolation, Window, Window3d};

use super::{Case, case, exactly, float, within};

pub fn cases() -> Vec<Case> {
    [products(), convolutions(), pools(), signals(), adaptive(), sizes(), grids()]
        .into_iter()
        .flatten()
        .collect()
}

fn products() -> Vec<Case> {
    let shapes: [(&[usize], &[usize]); 6] = [
        (&[2, 3], &[3, 4]),
        (&[1, 3], &[3, 1]),
        (&[2, 2, 3], &[3, 2]),
        (&[3, 2], &[2, 2, 2]),
        (&[2, 1, 2, 3], &[3, 3, 1]),
        (&[5, 7], &[7, 6]),
    ];
    shapes.into_iter().map(|(a, b)| case("matmul", [float(a), float(b)], |x| x[0].matmul(&x[1]))).collect()
}

fn windows() -> Vec<(Window, [usize; 2], [usize; 2])> {
    let one = Window::default();
    // Window, size of the image, size of the kernel.
    vec![
        (one, [5, 5], [3, 3]),
        (one, [4, 5], [1, 1]),
        (Window { padding: [1, 2], ..one }, [5, 4], [3, 2]),
        (Window { stride: [2, 2], ..one }, [6, 7], [3, 2]),
        (Window { stride: [2, 3], padding: [2, 1], ..one }, [5, 7], [4, 3]),
        (Window { dilation: [2, 1], ..one }, [7, 4], [3, 3]),
        (Window { stride: [2, 1], padding: [1, 2], dilation: [1, 2], ..one }, [6, 5], [3, 3]),
        (Window { stride: [3, 3], ..one }, [7, 8], [2, 2]),
        (Window { groups: 2, ..one }, [4, 4], [3, 3]),
        (Window { groups: 4, padding: [1, 1], ..one }, [4, 3], [3, 3]),
        (Window { groups: 2, stride: [2, 2], padding: [1, 1], dilation: [2, 2] }, [7, 6], [3, 2]),
    ]
}

fn convolutions() -> Vec<Case> {
    let mut cases = vec![];
    for (window, [h, w], [kh, kw]) in windows() {
        let groups = window.groups;
        let inputs = [float([2, 4, h, w]), float([4, 4 / groups, kh, kw]), float([4])];
        cases.push(case("conv2d", inputs, move |x| x[0].conv2d(&x[1], Some(&x[2]), window)));
        let inputs = [float([2, 4, h.min(4), w.min(4)]), float([4, 2, kh, kw]), float([2 * groups])];
        let extra = [window.stride[0] - 1, window.stride[1] - 1];
        cases.push(case("conv_transpose2d", inputs, move |x| {
            x[0].conv_transpose2d(&x[1], Some(&x[2]), window, extra)
        }));
        let inputs = [float([2, 4, w]), float([4, 4 / groups, kw]), float([4])];
        cases.push(case("conv1d", inputs, move |x| x[0].conv1d(&x[1], Some(&x[2]), window)));
    }
    let one = Window3d::default();
    let window = Window3d { stride: [2, 1, 2], padding: [1, 0, 1], dilation: [2, 1, 1], groups: 2 };
    for window in [one, Window3d { padding: [1; 3], groups: 2, ..one }, window] {
        let inputs = [float([2, 2, 4, 3, 4]), float([2, 2 / window.groups, 2, 2, 3]), float([2])];
        cases.push(case("conv3d", inputs, move |x| x[0].conv3d(&x[1], Some(&x[2]), window)));
    }
    let inputs = [float([1, 1, 3, 3]), float([2, 1, 2, 2])];
    cases.push(case("conv2d", inputs, |x| x[0].conv2d(&x[1], None, Window::default())));
    // The last row and column are out of reach of the stride.
    let inputs = [float([1, 2, 4, 4]), float([3, 2, 1, 1])];
    let window = Window { stride: [3, 2], ..Window::default() };
    cases.push(case("conv2d", inputs, move |x| x[0].conv2d(&x[1], None, window)));
    cases
}

fn pools() -> Vec<Case> {
    // Kernel, stride, padding.
    let pools = [
        ([2, 2], [2, 2], [0, 0]),
        ([3, 3], [1, 1], [1, 1]),
        ([3, 2], [2, 3], [1, 1]),
        ([2, 2], [3, 3], [0, 0]),
        ([1, 1], [2, 2], [0, 0]),
        ([5, 4], [1, 1], [0, 0]),
    ];
    let mut cases = vec![];
    for (kernel, stride, padding) in pools {
        for channels in [1, 3, 4] {
            let images = || [float([2, channels, 5, 6])];
            cases.push(case("max_pool2d", images(), move |x| x[0].max_pool2d(kernel, stride, padding)));
            for count in [false, true] {
                cases.push(case("avg_pool2d", images(), move |x| {
                    x[0].avg_pool2d(kernel, stride, padding, count)
                }));
            }
        }
    }
    cases.push(case("global_avg_pool", [float([2, 3, 2, 5])], |x| x[0].global_avg_pool()));
    cases
}

fn signals() -> Vec<Case> {
    let mut cases = vec![];
    for (kernel, stride, padding) in [(2, 2, 0), (3, 1, 1), (3, 2, 1)] {
        let signals = || [float([2, 3, 7])];
        cases.push(case("max_pool1d", signals(), move |x| x[0].max_pool1d(kernel, stride, padding)));
        cases.push(case("avg_pool1d", signals(), move |x| x[0].avg_pool1d(kernel, stride, padding, true)));
    }
    for (window, [_, w], [_, kw]) in windows() {
        let inputs = [float([2, 4, w.min(4)]), float([4, 2, kw]), float([2 * window.groups])];
        let extra = window.stride[1] - 1;
        cases.push(case("conv_transpose1d", inputs, move |x| {
            x[0].conv_transpose1d(&x[1], Some(&x[2]), window, extra)
        }));
    }
    cases
}

fn adaptive() -> Vec<Case> {
    let mut cases = vec![];
    for size in [[1, 1], [2, 3], [5, 3], [7, 4]] {
        let images = || [float([2, 2, 5, 6])];
        cases.push(case("adaptive_avg_pool2d", images(), move |x| x[0].adaptive_avg_pool2d(size)));
        cases.push(case("adaptive_max_pool2d", images(), move |x| x[0].adaptive_max_pool2d(size)));
        let signals = || [float([2, 2, 6])];
        cases.push(case("adaptive_avg_pool1d", signals(), move |x| x[0].adaptive_avg_pool1d(size[0])));
        cases.push(case("adaptive_max_pool1d", signals(), move |x| x[0].adaptive_max_pool1d(size[0])));
    }
    cases.push(case("pixel_shuffle", [float([2, 8, 3, 2])], |x| x[0].pixel_shuffle(2)));
    cases.push(case("pixel_unshuffle", [float([2, 2, 4, 6])], |x| x[0].pixel_unshuffle(2)));
    for (shape, weights) in [(&[2, 3, 2][..], 3), (&[2, 3], 1), (&[4], 1)] {
        cases.push(case("prelu", [float(shape), float([weights])], |x| x[0].prelu(&x[1])));
    }
    cases
}

/// The largest element twice under one window.
pub fn tied_pool() -> Case {
    let values = [1.0, 3.0, 3.0, 0.0, 3.0, 2.0, 3.0, 3.0, 5.0, 5.0, 5.0, 5.0, -1.0, -1.0, -2.0, -1.0];
    case("max_pool2d", [exactly([1, 1, 4, 4], &values)], |x| x[0].max_pool2d([2, 2], [2, 2], [0, 0]))
}

fn sizes() -> Vec<Case> {
    let mut cases = vec![];
    for mode in [Interpolation::Nearest, Interpolation::Bilinear] {
        for size in [[3, 4], [6, 8], [5, 3], [1, 1], [7, 2]] {
            cases.push(case("interpolate", [float([2, 2, 3, 4])], move |x| x[0].interpolate(size, mode)));
        }
        for scale in [2.0, 0.5, 1.5] {
            cases.push(case("interpolate_by", [float([1, 2, 4, 3])], move |x| {
                x[0].interpolate_by(scale, mode)
            }));
        }
    }
    cases
}

fn grids() -> Vec<Case> {
    let mut cases = vec![];
    for mode in [GridMode::Linear, GridMode::Nearest, GridMode::Cubic] {
        for padding in [GridPadding::Zeros, GridPadding::Border, GridPadding::Reflection] {
            for align_corners in [false, true] {
                let style = GridStyle { mode, padding, align_corners };
                let inputs = [float([2, 2, 3, 4]), within([2, 2, 3, 2], -1.4, 1.4)];
                cases.push(case("grid_sample", inputs, move |x| x[0].grid_sample(&x[1], style)));
            }
        }
    }
    for align_corners in [false, true] {
        let inputs = [float([2, 2, 3])];
        cases.push(case("affine_grid", inputs, move |x| x[0].affine_grid(&[2, 1, 3, 4], align_corners)));
    }
    let inputs = [float([1, 1, 2, 3, 2]), within([1, 2, 1, 3, 3], -1.2, 1.2)];
    cases.push(case("grid_sample", inputs, |x| x[0].grid_sample(&x[1], GridStyle::default())));
    cases.push(case("affine_grid", [float([1, 3, 4])], |x| x[0].affine_grid(&[1, 1, 2, 1, 3], false)));
    cases
}
