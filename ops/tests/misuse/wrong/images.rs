//! Matrices and images that do not fit.

use ops::{
    Device, Result, Tensor,
    op::{GridStyle, Interpolation, Window, Window3d},
};

use super::{Calls, bools, floats, ints, wrong};

pub fn calls() -> Vec<(&'static str, Calls)> {
    let mut rows = vec![wrong!(matmul:
        |at| floats(&[3], at).matmul(&floats(&[3, 2], at)),
        |at| floats(&[2, 3], at).matmul(&floats(&[3], at)),
        |at| floats(&[], at).matmul(&floats(&[], at)),
        |at| floats(&[2, 3], at).matmul(&floats(&[2, 3], at)),
        |at| floats(&[2, 2, 3], at).matmul(&floats(&[3, 3, 2], at)),
        |at| ints(&[2, 2], at).matmul(&ints(&[2, 2], at)),
        |at| floats(&[2, 2], at).matmul(&ints(&[2, 2], at)))];
    rows.extend(convolutions());
    rows.extend(transposed());
    rows.extend(pools());
    rows.extend(signals());
    rows.extend(adaptive());
    rows.extend(sizes());
    rows
}

const HUGE: [usize; 2] = [usize::MAX / 2; 2];

fn conv2d(x: &[usize], weight: &[usize], window: Window, at: Device) -> Result<Tensor> {
    floats(x, at).conv2d(&floats(weight, at), None, window)
}

fn convolutions() -> Vec<(&'static str, Calls)> {
    let one = Window::default();
    let (x, k) = (&[2, 4, 5, 5], &[6, 4, 3, 3]);
    vec![
        wrong!(conv2d:
            move |at| conv2d(&[4, 5, 5], k, one, at),
            move |at| conv2d(x, &[6, 4, 3], one, at),
            move |at| conv2d(x, &[6, 3, 3, 3], one, at),
            move |at| conv2d(x, &[6, 4, 7, 3], one, at),
            move |at| conv2d(x, k, Window { groups: 2, ..one }, at),
            move |at| conv2d(x, &[5, 2, 3, 3], Window { groups: 2, ..one }, at),
            move |at| conv2d(x, k, Window { groups: 0, ..one }, at),
            move |at| conv2d(x, k, Window { stride: [0, 1], ..one }, at),
            move |at| conv2d(x, k, Window { dilation: [1, 0], ..one }, at),
            move |at| conv2d(x, k, Window { dilation: HUGE, ..one }, at),
            move |at| conv2d(x, k, Window { padding: HUGE, ..one }, at),
            move |at| conv2d(x, k, Window { groups: usize::MAX, ..one }, at),
            move |at| ints(x, at).conv2d(&ints(k, at), None, one),
            move |at| floats(x, at).conv2d(&ints(k, at), None, one),
            move |at| floats(x, at).conv2d(&floats(k, at), Some(&floats(&[5], at)), one),
            move |at| floats(x, at).conv2d(&floats(k, at), Some(&floats(&[6, 1], at)), one),
            move |at| floats(x, at).conv2d(&floats(k, at), Some(&ints(&[6], at)), one)),
        wrong!(conv1d:
            move |at| floats(x, at).conv1d(&floats(k, at), None, one),
            move |at| floats(&[2, 4, 5], at).conv1d(&floats(k, at), None, one),
            move |at| floats(&[2, 4, 5], at).conv1d(&floats(&[6, 3, 3], at), None, one),
            move |at| floats(&[2, 4, 5], at).conv1d(&floats(&[6, 4, 7], at), None, one),
            move |at| floats(&[2, 4, 5], at).conv1d(&floats(&[6, 4, 3], at), Some(&floats(&[5], at)), one),
            move |at| ints(&[2, 4, 5], at).conv1d(&ints(&[6, 4, 3], at), None, one)),
    ]
}

fn transposed() -> Vec<(&'static str, Calls)> {
    let one = Window::default();
    let (x, k) = (&[2, 4, 5, 5], &[4, 3, 3, 3]);
    let call = move |x: &[usize], k: &[usize], window, extra, at| {
        floats(x, at).conv_transpose2d(&floats(k, at), None, window, extra)
    };
    vec![wrong!(conv_transpose2d:
        move |at| call(&[4, 5, 5], k, one, [0, 0], at),
        move |at| call(x, &[4, 3, 3], one, [0, 0], at),
        move |at| call(x, &[3, 3, 3, 3], one, [0, 0], at),
        move |at| call(x, k, Window { groups: 3, ..one }, [0, 0], at),
        move |at| call(x, k, Window { groups: 0, ..one }, [0, 0], at),
        move |at| call(x, k, Window { stride: [0, 1], ..one }, [0, 0], at),
        move |at| call(x, k, Window { stride: HUGE, ..one }, [0, 0], at),
        move |at| call(x, k, Window { padding: [4, 0], ..one }, [0, 0], at),
        move |at| call(x, k, Window { padding: HUGE, ..one }, [0, 0], at),
        move |at| call(x, k, one, [1, 0], at),
        move |at| call(x, k, Window { stride: [2, 2], ..one }, [0, 2], at),
        move |at| ints(x, at).conv_transpose2d(&ints(k, at), None, one, [0, 0]),
        move |at| floats(x, at).conv_transpose2d(&floats(k, at), Some(&floats(&[4], at)), one, [0, 0]))]
}

fn pools() -> Vec<(&'static str, Calls)> {
    let x = &[1, 2, 5, 5];
    vec![
        wrong!(max_pool2d:
            |at| floats(&[2, 5, 5], at).max_pool2d([2, 2], [1, 1], [0, 0]),
            |at| ints(x, at).max_pool2d([2, 2], [1, 1], [0, 0]),
            |at| floats(x, at).max_pool2d([0, 2], [1, 1], [0, 0]),
            |at| floats(x, at).max_pool2d([2, 2], [1, 0], [0, 0]),
            |at| floats(x, at).max_pool2d([2, 2], [1, 1], [2, 0]),
            |at| floats(x, at).max_pool2d([6, 2], [1, 1], [0, 0]),
            |at| floats(x, at).max_pool2d([usize::MAX; 2], [1, 1], HUGE)),
        wrong!(avg_pool2d:
            |at| floats(&[5, 5], at).avg_pool2d([2, 2], [1, 1], [0, 0], true),
            |at| bools(x, at).avg_pool2d([2, 2], [1, 1], [0, 0], true),
            |at| floats(x, at).avg_pool2d([2, 0], [1, 1], [0, 0], true),
            |at| floats(x, at).avg_pool2d([2, 2], [0, 1], [0, 0], true),
            |at| floats(x, at).avg_pool2d([2, 2], [1, 1], [0, 2], false),
            |at| floats(x, at).avg_pool2d([2, 6], [1, 1], [0, 0], false)),
        wrong!(global_avg_pool:
            |at| floats(&[2, 5, 5], at).global_avg_pool(),
            |at| ints(x, at).global_avg_pool()),
    ]
}

fn signals() -> Vec<(&'static str, Calls)> {
    let (x, one, volumes) = (&[2, 4, 5], Window::default(), Window3d::default());
    let transposed = move |k: &[usize], window, extra, at| {
        floats(x, at).conv_transpose1d(&floats(k, at), None, window, extra)
    };
    vec![
        wrong!(max_pool1d:
            |at| floats(&[2, 5], at).max_pool1d(2, 1, 0),
            |at| ints(x, at).max_pool1d(2, 1, 0),
            |at| floats(x, at).max_pool1d(0, 1, 0),
            |at| floats(x, at).max_pool1d(2, 0, 0),
            |at| floats(x, at).max_pool1d(6, 1, 0)),
        wrong!(avg_pool1d:
            |at| floats(&[1, 2, 5, 5], at).avg_pool1d(2, 1, 0, true),
            |at| bools(x, at).avg_pool1d(2, 1, 0, true),
            |at| floats(x, at).avg_pool1d(usize::MAX, 1, 0, true),
            |at| floats(x, at).avg_pool1d(2, 1, 2, true)),
        wrong!(conv3d:
            move |at| floats(&[1, 2, 3, 3], at).conv3d(&floats(&[1, 2, 2, 2, 2], at), None, volumes),
            move |at| floats(&[1, 2, 3, 3, 3], at).conv3d(&floats(&[1, 2, 2, 2], at), None, volumes),
            move |at| floats(&[1, 2, 3, 3, 3], at).conv3d(&floats(&[1, 2, 4, 2, 2], at), None, volumes),
            move |at| floats(&[1, 2, 3, 3, 3], at).conv3d(&floats(&[1, 3, 2, 2, 2], at), None, volumes),
            move |at| {
                let window = Window3d { stride: [0, 1, 1], ..Window3d::default() };
                floats(&[1, 2, 3, 3, 3], at).conv3d(&floats(&[1, 2, 2, 2, 2], at), None, window)
            },
            move |at| {
                let window = Window3d { padding: [1 << 30, 0, 0], ..Window3d::default() };
                floats(&[1, 2, 3, 3, 3], at).conv3d(&floats(&[1, 2, 2, 2, 2], at), None, window)
            },
            move |at| ints(&[1, 2, 3, 3, 3], at).conv3d(&ints(&[1, 2, 2, 2, 2], at), None, volumes)),
        wrong!(conv_transpose1d:
            move |at| transposed(&[4, 3], one, 0, at),
            move |at| transposed(&[3, 3, 3], one, 0, at),
            move |at| transposed(&[4, 3, 3], one, 1, at),
            move |at| floats(&[2, 4, 5, 5], at).conv_transpose1d(&floats(&[4, 3, 3], at), None, one, 0),
            move |at| ints(x, at).conv_transpose1d(&ints(&[4, 3, 3], at), None, one, 0)),
    ]
}

fn adaptive() -> Vec<(&'static str, Calls)> {
    let (x, signals) = (&[1, 8, 5, 6], &[1, 2, 5]);
    vec![
        wrong!(adaptive_avg_pool1d:
            |at| floats(&[2, 5], at).adaptive_avg_pool1d(2),
            |at| floats(signals, at).adaptive_avg_pool1d(0),
            |at| ints(signals, at).adaptive_avg_pool1d(2)),
        wrong!(adaptive_max_pool1d:
            |at| floats(x, at).adaptive_max_pool1d(2),
            |at| floats(signals, at).adaptive_max_pool1d(0),
            |at| bools(signals, at).adaptive_max_pool1d(2)),
        wrong!(adaptive_avg_pool2d:
            |at| floats(signals, at).adaptive_avg_pool2d([2, 2]),
            |at| floats(x, at).adaptive_avg_pool2d([0, 2]),
            |at| floats(x, at).adaptive_avg_pool2d(HUGE),
            |at| ints(x, at).adaptive_avg_pool2d([2, 2])),
        wrong!(adaptive_max_pool2d:
            |at| floats(signals, at).adaptive_max_pool2d([2, 2]),
            |at| floats(x, at).adaptive_max_pool2d([2, 0]),
            |at| floats(x, at).adaptive_max_pool2d(HUGE),
            |at| ints(x, at).adaptive_max_pool2d([2, 2])),
        wrong!(pixel_shuffle:
            |at| floats(signals, at).pixel_shuffle(2),
            |at| floats(x, at).pixel_shuffle(0),
            |at| floats(x, at).pixel_shuffle(3),
            |at| floats(x, at).pixel_shuffle(usize::MAX),
            |at| bools(x, at).pixel_shuffle(2)),
        wrong!(pixel_unshuffle:
            |at| floats(signals, at).pixel_unshuffle(2),
            |at| floats(x, at).pixel_unshuffle(0),
            |at| floats(x, at).pixel_unshuffle(2),
            |at| bools(x, at).pixel_unshuffle(1)),
        wrong!(prelu:
            |at| floats(x, at).prelu(&floats(&[7], at)),
            |at| floats(x, at).prelu(&floats(&[8, 1], at)),
            |at| floats(x, at).prelu(&floats(&[], at)),
            |at| ints(x, at).prelu(&ints(&[1], at)),
            |at| floats(x, at).prelu(&ints(&[1], at))),
    ]
}

fn sizes() -> Vec<(&'static str, Calls)> {
    let x = &[1, 2, 5, 5];
    let [nearest, bilinear] = [Interpolation::Nearest, Interpolation::Bilinear];
    let style = GridStyle::default();
    vec![
        wrong!(interpolate:
            move |at| floats(&[2, 5, 5], at).interpolate([2, 2], nearest),
            move |at| ints(x, at).interpolate([2, 2], nearest),
            move |at| floats(x, at).interpolate([2, 0], bilinear),
            move |at| floats(x, at).interpolate(HUGE, bilinear),
            move |at| floats(x, at).interpolate(HUGE, nearest),
            move |at| floats(x, at).interpolate([5 << 40, 5 << 40], nearest)),
        wrong!(interpolate_by:
            move |at| floats(&[2, 5, 5], at).interpolate_by(2.0, nearest),
            move |at| floats(x, at).interpolate_by(0.0, nearest),
            move |at| floats(x, at).interpolate_by(0.1, bilinear),
            move |at| floats(x, at).interpolate_by(-1.0, bilinear),
            move |at| floats(x, at).interpolate_by(f64::NAN, bilinear),
            move |at| floats(x, at).interpolate_by(1e300, bilinear)),
        wrong!(grid_sample:
            move |at| floats(x, at).grid_sample(&floats(&[1, 3, 3, 3], at), style),
            move |at| floats(x, at).grid_sample(&floats(&[2, 3, 3, 2], at), style),
            move |at| floats(x, at).grid_sample(&floats(&[1, 3, 2], at), style),
            move |at| floats(&[5, 5], at).grid_sample(&floats(&[5, 5], at), style),
            move |at| floats(&[], at).grid_sample(&floats(&[], at), style),
            move |at| floats(&[1, 2, 0, 5], at).grid_sample(&floats(&[1, 3, 3, 2], at), style),
            move |at| ints(x, at).grid_sample(&floats(&[1, 3, 3, 2], at), style),
            move |at| floats(x, at).grid_sample(&ints(&[1, 3, 3, 2], at), style)),
        wrong!(affine_grid:
            |at| floats(&[1, 2, 3], at).affine_grid(&[2, 1, 3, 3], false),
            |at| floats(&[1, 3, 4], at).affine_grid(&[1, 1, 3, 3], false),
            |at| floats(&[1, 2, 3], at).affine_grid(&[], false),
            |at| floats(&[1, 2, 3], at).affine_grid(&[1, 1, 1 << 40, 1 << 40], false),
            |at| floats(&[1, 2, 3], at).affine_grid(&[1, 1, 1 << 24, 1 << 24], false),
            |at| ints(&[1, 2, 3], at).affine_grid(&[1, 1, 3, 3], false)),
    ]
}
