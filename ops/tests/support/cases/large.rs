//! Tensors so large that backends take their parallel and vectorised ways.

use ops::{Tensor, op::Window};

use super::{Case, case, float, int, positive};

pub fn cases() -> Vec<Case> {
    let wide = || [positive([70, 5000])];
    let cube = || [positive([6, 300, 200])];
    let images = || float([3, 16, 28, 28]);
    let window = Window { padding: [1, 1], ..Window::default() };
    let halving = Window { stride: [2, 2], ..window };
    let mut cases = vec![
        case("sum", wide(), |x| x[0].sum()),
        case("cumsum", wide(), |x| x[0].cumsum(1)),
        case("softmax", wide(), |x| x[0].softmax(-1)),
        case("log_softmax", wide(), |x| x[0].log_softmax(0)),
        case("sort", wide(), |x| x[0].sort(1, true)),
        case("argmax", wide(), |x| x[0].argmax(1, false)),
        case("argmin", wide(), |x| x[0].argmin(0, false)),
        case("transpose", wide(), |x| x[0].transpose(0, 1)),
        case("add", [float([300, 1, 40]), float([500, 1])], |x| x[0].add(&x[1])),
        case("matmul", [positive([130, 257]), positive([257, 65])], |x| x[0].matmul(&x[1])),
        case("matmul", [positive([65, 257]), positive([257, 300])], |x| x[0].matmul(&x[1])),
        case("matmul", [positive([3, 70, 90]), positive([90, 33])], |x| x[0].matmul(&x[1])),
        case("index_select", [float([500, 700]), int([900], 0, 500)], |x| x[0].index_select(0, &x[1])),
        case("gather", [float([500, 700]), int([500, 30], 0, 700)], |x| x[0].gather(1, &x[1])),
        case("scatter_add", [float([500, 70]), int([500, 300], 0, 70), float([500, 300])], |x| {
            x[0].scatter_add(1, &x[1], &x[2])
        }),
        case("conv2d", [images(), float([32, 16, 3, 3])], move |x| x[0].conv2d(&x[1], None, window)),
        case("conv2d", [images(), float([32, 16, 3, 3])], move |x| x[0].conv2d(&x[1], None, halving)),
        case("conv_transpose2d", [images(), float([16, 8, 3, 3])], move |x| {
            x[0].conv_transpose2d(&x[1], None, halving, [1, 1])
        }),
        case("max_pool2d", [images()], |x| x[0].max_pool2d([3, 3], [2, 2], [1, 1])),
        case("avg_pool2d", [images()], |x| x[0].avg_pool2d([3, 3], [2, 2], [1, 1], false)),
        case("concat", [float([9, 40000]), float([7, 40000])], |x| Tensor::concat(&[&x[0], &x[1]], 0)),
    ];
    for dims in [&[0][..], &[1], &[2], &[0, 2], &[1, 2]] {
        cases.push(case("sum_dims", cube(), move |x| x[0].sum_dims(dims, false)));
        cases.push(case("max_dims", cube(), move |x| x[0].max_dims(dims, false)));
        cases.push(case("var_dims", cube(), move |x| x[0].var_dims(dims, false, 1)));
    }
    cases
}
