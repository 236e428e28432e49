//! Shapes, joining and slicing.

use ops::{Tensor, op::Padding};
use rhai::{Dynamic, Map};

use crate::{
    api::{
        nn::interpolation,
        options::{CallOptions, one_of},
    },
    error::{Error, Result},
    script::{Adder, Dims, FromScript, Pair, Refusal},
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
            "Drops a dimension of size 1, or all of them.",
            "tensor([[1], [2]]).squeeze(1).to_array() => [1, 2]\n\
             zeros([1, 2, 1]).squeeze().shape => [2]",
            |x: Tensor, dim: Option<i64>| match dim {
                Some(dim) => x.squeeze(dim),
                None => x.reshape(&x.shape().iter().copied().filter(|&n| n != 1).collect::<Vec<_>>()),
            },
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
            "t(x)",
            "A matrix with rows as columns; a vector as it is.",
            "tensor([[1, 2]]).t().to_array() => [[1], [2]]",
            transposed,
        )
        .add(
            "get T(x)",
            "A matrix with rows as columns, x.t().",
            "tensor([[1, 2]]).T.shape => [2, 1]",
            transposed,
        )
        .add(
            "get mT(x)",
            "Matrices [.., M, N] with rows as columns.",
            "zeros([5, 2, 3]).mT.shape => [5, 3, 2]",
            |x: Tensor| x.transpose(-2, -1),
        )
        .add(
            "expand(x, shape)",
            "Repeated along dimensions of size 1, without a copy; a size of -1 stays as it is.",
            "tensor([[1], [2]]).expand([2, 2]).to_array() => [[1, 1], [2, 2]]\n\
             zeros([2, 1]).expand([-1, 3]).shape => [2, 3]",
            |x: Tensor, shape: Vec<i64>| expand(&x, &shape),
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
            "split(x, sizes, dim)",
            "Pieces of these sizes along a dimension (0), which make it up.",
            "tensor([1, 2, 3]).split([1, 2])[1].to_array() => [2, 3]",
            |x: Tensor, sizes: Vec<usize>, dim: Option<i64>| by_sizes(&x, &sizes, dim.unwrap_or(0)),
        )
        .add(
            "chunk(x, count, dim)",
            "At most so many pieces of nearly equal size along a dimension (0).",
            "tensor([1, 2, 3]).chunk(2)[0].to_array() => [1, 2]",
            |x: Tensor, count: usize, dim: Option<i64>| x.chunk(count, dim.unwrap_or(0)),
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
            "Tensors of one shape along a new dimension (0).",
            "stack([tensor([1, 2]), tensor([3, 4])], 1).to_array() => [[1, 3], [2, 4]]\n\
             stack([tensor(1), tensor(2)]).to_array() => [1, 2]",
            |tensors: Vec<Tensor>, dim: Option<i64>| {
                Tensor::stack(&tensors.iter().collect::<Vec<_>>(), dim.unwrap_or(0))
            },
        )
        .add(
            "pad_sequence(tensors, options)",
            "Sequences [L, ..] of several lengths as one tensor, zeros behind the shorter ones: [longest, N, \
             ..], or with the option batch_first [N, longest, ..]; another value with padding_value (0).",
            "pad_sequence([tensor([1, 2]), tensor([3])], #{ batch_first: true }).to_array() => [[1, 2], \
             [3, 0]]\n\
             pad_sequence([zeros([2, 4]), zeros([3, 4])]).shape => [3, 2, 4]\n\
             pad_sequence([tensor([1.0, 2.0]), tensor([3.0])], #{ padding_value: -1 }).to_array() \
             => [[1.0, 3.0], [2.0, -1.0]]",
            pad_sequence,
        );
}

fn add_images(global: &mut Adder) {
    global
        .add(
            "pad(x, pairs, mode, value)",
            "Elements added before and after the last dimensions, [[before, after], ...], or as PyTorch has \
             them, [left, right, top, bottom, ...], from the last dimension on; mode is \"constant\" (the \
             value, 0), \"reflect\" or \"replicate\".",
            "tensor([1, 2]).pad([[1, 1]], \"replicate\").to_array() => [1, 1, 2, 2]\n\
             tensor([1, 2]).pad([0, 2]).to_array() => [1, 2, 0, 0]\n\
             tensor([1, 2]).pad([1, 0], \"constant\", 7).to_array() => [7, 1, 2]",
            |x: Tensor, pairs: Pads, mode: Option<String>, value: Option<f64>| -> Result<Tensor> {
                Ok(x.pad(&pairs.0, padding(mode.as_deref().unwrap_or("constant"), value)?)?)
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

/// Elements before and after each of the last dimensions.
struct Pads(Vec<[usize; 2]>);

impl FromScript for Pads {
    const NAME: &'static str = "array of pairs, or of integers";

    fn from_script(value: &Dynamic) -> Result<Self, Refusal> {
        let Ok(flat) = Vec::<usize>::from_script(value) else {
            return Vec::<Pair>::from_script(value)
                .map(|pairs| Self(pairs.into_iter().map(|p| p.0).collect()));
        };
        let (pairs, odd) = flat.as_chunks::<2>();
        if !odd.is_empty() || pairs.is_empty() {
            let problem = format!("pad: {flat:?} are no pairs");
            let help = "give [left, right], [left, right, top, bottom], or [[before, after], ...]";
            return Err(Refusal::Value(Error::usage(problem, help)));
        }
        Ok(Self(pairs.iter().rev().copied().collect()))
    }
}

fn padding(mode: &str, value: Option<f64>) -> Result<Padding> {
    let constant = Padding::Constant(value.unwrap_or(0.0));
    let modes = [
        ("constant", constant),
        ("zero", constant),
        ("reflect", Padding::Reflect),
        ("replicate", Padding::Replicate),
    ];
    let found = one_of("there is no padding", mode, &modes)?;
    if value.is_some() && !matches!(found, Padding::Constant(_)) {
        let problem = format!("pad: the mode \"{mode}\" has no value");
        return Err(Error::usage(problem, "leave the value out, or take \"constant\""));
    }
    Ok(found)
}

fn transposed(x: Tensor) -> Result<Tensor> {
    match x.rank() {
        0 | 1 => Ok(x),
        2 => Ok(x.transpose(0, 1)?),
        _ => {
            let problem = format!("t: the shape is {:?}, and a matrix has two dimensions", x.shape());
            Err(Error::usage(problem, "`x.mT` exchanges the last two, `x.transpose(a, b)` any two"))
        }
    }
}

fn expand(x: &Tensor, shape: &[i64]) -> Result<Tensor> {
    let new = shape.len().saturating_sub(x.rank());
    let size = |(d, &n): (usize, &i64)| match (n, d.checked_sub(new).and_then(|d| x.shape().get(d))) {
        (-1, Some(&own)) => Ok(own),
        (n, _) => usize::try_from(n).map_err(|_| {
            let problem = format!("expand: the size {n} of a dimension that {:?} does not have", x.shape());
            Error::usage(problem, "give it a size; -1 keeps that of a dimension that is there")
        }),
    };
    Ok(x.expand(&shape.iter().enumerate().map(size).collect::<Result<Vec<_>>>()?)?)
}

fn by_sizes(x: &Tensor, sizes: &[usize], dim: i64) -> Result<Vec<Tensor>> {
    let d = if dim < 0 { dim.saturating_add(x.rank() as i64) } else { dim };
    let n = usize::try_from(d).ok().and_then(|d| x.shape().get(d));
    let total = sizes.iter().try_fold(0usize, |sum, &size| sum.checked_add(size));
    if n.is_some() && total != n.copied() {
        let problem = format!("split: the sizes {sizes:?} of dimension {dim} of {:?}", x.shape());
        return Err(Error::usage(problem, "give sizes whose sum is that of the dimension"));
    }
    let mut start = 0;
    let part = |&size: &usize| {
        let part = x.narrow(dim, start, size);
        start += size;
        Ok(part?)
    };
    sizes.iter().map(part).collect()
}

fn pad_sequence(tensors: Vec<Tensor>, options: Option<Map>) -> Result<Tensor> {
    let (batch_first, value) = CallOptions::read("pad_sequence", options, |options| {
        Ok((options.get("batch_first", false)?, options.get("padding_value", 0.0)?))
    })?;
    let longest = tensors.iter().map(|x| x.shape().first().copied().unwrap_or(1)).max().unwrap_or(0);
    let padded = |x: &Tensor| {
        let missing = longest - x.shape().first().copied().unwrap_or(1);
        let mut pairs = vec![[0, 0]; x.rank().max(1)];
        pairs[0][1] = missing;
        if missing == 0 { Ok(x.clone()) } else { x.pad(&pairs, Padding::Constant(value)) }
    };
    let padded = tensors.iter().map(padded).collect::<ops::Result<Vec<_>>>()?;
    Ok(Tensor::stack(&padded.iter().collect::<Vec<_>>(), i64::from(!batch_first))?)
}
