//! Shapes, joining and slicing.

use ops::{Tensor, op::Padding};

use crate::{
    api::{nn::interpolation, options::one_of},
    error::Result,
    script::{Adder, Dims, Pair},
};

/// Adds the functions of this file.
pub fn add(global: &mut Adder) {
    add_shapes(global);
    add_parts(global);
    add_images(global);
}

fn add_shapes(global: &mut Adder) {
    global
        .add(
            "reshape(x, shape)",
            "The same elements in another shape; one size may be -1.",
            "tensor([[1, 2, 3], [4, 5, 6]]).reshape([3, -1]).to_array() \
             => [[1, 2], [3, 4], [5, 6]]",
            |x: Tensor, shape: Vec<i64>| x.reshape_infer(&shape),
        )
        .add(
            "flatten(x, start, end)",
            "The dimensions from start (the first) to end (the last) joined.",
            "tensor([[1, 2], [3, 4]]).flatten().to_array() => [1, 2, 3, 4]\n\
             zeros([2, 3, 4]).flatten(1, 2).shape => [2, 12]",
            |x: Tensor, start: Option<i64>, end: Option<i64>| {
                x.flatten(start.unwrap_or(0), end.unwrap_or(-1))
            },
        )
        .add(
            "squeeze(x, dim)",
            "Drops a dimension of size 1.",
            "tensor([[1], [2]]).squeeze(1).to_array() => [1, 2]",
            |x: Tensor, dim: i64| x.squeeze(dim),
        )
        .add(
            "unsqueeze(x, dim)",
            "Adds a dimension of size 1.",
            "tensor([1, 2]).unsqueeze(0).to_array() => [[1, 2]]",
            |x: Tensor, dim: i64| x.unsqueeze(dim),
        )
        .add(
            "permute(x, order)",
            "Dimensions in another order.",
            "tensor([[1, 2, 3]]).permute([1, 0]).to_array() => [[1], [2], [3]]\n\
             zeros([2, 3, 4]).permute([2, 0, 1]).shape => [4, 2, 3]",
            |x: Tensor, order: Vec<i64>| x.permute(&order),
        )
        .add(
            "transpose(x, a, b)",
            "Two dimensions exchanged.",
            "tensor([[1, 2], [3, 4]]).transpose(0, 1).to_array() => [[1, 3], [2, 4]]",
            |x: Tensor, a: i64, b: i64| x.transpose(a, b),
        )
        .add(
            "expand(x, shape)",
            "Repeated along dimensions of size 1, without a copy.",
            "tensor([[1], [2]]).expand([2, 2]).to_array() => [[1, 1], [2, 2]]",
            |x: Tensor, shape: Vec<usize>| x.expand(&shape),
        )
        .add(
            "repeat(x, times)",
            "So many copies along each dimension.",
            "tensor([1, 2]).repeat([2]).to_array() => [1, 2, 1, 2]",
            |x: Tensor, times: Vec<usize>| x.repeat(&times),
        )
        .add(
            "flip(x, dims)",
            "The elements in the opposite order along dimensions.",
            "tensor([1, 2]).flip([0]).to_array() => [2, 1]",
            |x: Tensor, dims: Dims| x.flip(&dims.0),
        );
}

fn add_parts(global: &mut Adder) {
    global
        .add(
            "take(x, n)",
            "The first n of dimension 0, or all where there are fewer.",
            "tensor([1, 2, 3]).take(2).to_array() => [1, 2]",
            |x: Tensor, n: usize| {
                let len = x.shape().first().copied().unwrap_or(1);
                x.narrow(0, 0, n.min(len))
            },
        )
        .add(
            "slice(x, dim, start, end, step)",
            "The elements of a dimension from start to before end, or every step-th of them; negative ones \
             count from the end.",
            "tensor([1, 2, 3]).slice(0, 1, 3).to_array() => [2, 3]\n\
             tensor([1, 2, 3]).slice(0, 0, 3, 2).to_array() => [1, 3]",
            |x: Tensor, dim: i64, start: i64, end: i64, step: Option<usize>| {
                x.slice(dim, start, Some(end), step.unwrap_or(1))
            },
        )
        .add(
            "split(x, size, dim)",
            "Pieces of `size` along a dimension (0); the last may be smaller.",
            "tensor([1, 2, 3]).split(2)[1].to_array() => [3]\n\
             tensor([[1, 2], [3, 4]]).split(1, 1)[0].to_array() => [[1], [3]]",
            |x: Tensor, size: usize, dim: Option<i64>| x.split(size, dim.unwrap_or(0)),
        )
        .add(
            "chunk(x, count, dim)",
            "At most so many pieces of nearly equal size along a dimension.",
            "tensor([1, 2, 3]).chunk(2, 0)[0].to_array() => [1, 2]",
            |x: Tensor, count: usize, dim: i64| x.chunk(count, dim),
        )
        .add(
            "concat(tensors, dim)",
            "Tensors one after the other along a dimension (0).",
            "concat([tensor([1, 2]), tensor([3])]).to_array() => [1, 2, 3]\n\
             concat([tensor([[1, 2]]), tensor([[3]])], 1).to_array() => [[1, 2, 3]]",
            |tensors: Vec<Tensor>, dim: Option<i64>| {
                Tensor::concat(&tensors.iter().collect::<Vec<_>>(), dim.unwrap_or(0))
            },
        )
        .add(
            "stack(tensors, dim)",
            "Tensors of one shape along a new dimension.",
            "stack([tensor([1, 2]), tensor([3, 4])], 1).to_array() => [[1, 3], [2, 4]]",
            |tensors: Vec<Tensor>, dim: i64| Tensor::stack(&tensors.iter().collect::<Vec<_>>(), dim),
        );
}

fn add_images(global: &mut Adder) {
    global
        .add(
            "pad(x, pairs, mode)",
            "Elements added before and after the last dimensions, [[before, after], ...]; mode is \"zero\", \
             \"reflect\" or \"replicate\".",
            r#"tensor([1, 2]).pad([[1, 1]], "replicate").to_array() => [1, 1, 2, 2]"#,
            |x: Tensor, pairs: Vec<Pair>, mode: String| -> Result<Tensor> {
                let pairs: Vec<_> = pairs.into_iter().map(|p| p.0).collect();
                Ok(x.pad(&pairs, padding(&mode)?)?)
            },
        )
        .add(
            "interpolate(x, size, mode)",
            "Images [N, C, H, W] in another size; mode is \"nearest\" or \"bilinear\".",
            "tensor([[[[1.0, 2.0]]]]).interpolate([1, 4], \"nearest\").to_array() \
             => [[[[1.0, 1.0, 2.0, 2.0]]]]",
            |x: Tensor, size: Pair, mode: String| -> Result<Tensor> {
                Ok(x.interpolate(size.0, interpolation(&mode)?)?)
            },
        )
        .add(
            "max_pool2d(x, kernel)",
            "The largest number under each window of images; the window moves by its own size.",
            "tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).max_pool2d(2).to_array() => [[[[4.0]]]]",
            |x: Tensor, k: Pair| x.max_pool2d(k.0, k.0, [0; 2]),
        )
        .add(
            "avg_pool2d(x, kernel)",
            "The mean under each window of images; the window moves by its own size.",
            "tensor([[[[1.0, 2.0], [3.0, 4.0]]]]).avg_pool2d(2).to_array() => [[[[2.5]]]]",
            |x: Tensor, k: Pair| x.avg_pool2d(k.0, k.0, [0; 2], true),
        );
}

fn padding(mode: &str) -> Result<Padding> {
    let modes =
        [("zero", Padding::Constant(0.0)), ("reflect", Padding::Reflect), ("replicate", Padding::Replicate)];
    one_of("there is no padding", mode, &modes)
}
