//! Convolutions of signals, images and volumes.

use ops::{
    Result, Tensor,
    op::{Padding, Window},
};

use super::{
    Operator, ResolvedNode, gives,
    normalise::per_channel,
    op,
    window::{Auto, WindowSpan, Windows},
};
use crate::{call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] =
    &[op("Conv", 1, conv).weights(&[1, 2]), op("ConvTranspose", 1, conv_transpose).weights(&[1, 2])];

fn groups(node: &NodeReader) -> Result<usize> {
    node.size("group", 1, 1..=usize::MAX, "no number of groups")
}

fn conv(node: &NodeReader) -> ResolvedNode {
    let convolution = Convolution::of(node)?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let (weight, bias) = (call.on_device_of(1, &x)?, call.maybe_on_device_of(2, &x)?);
        convolution.run(call, &x, &weight, bias.as_ref())
    })
}

/// The attributes of a convolution.
pub(super) struct Convolution {
    windows: Windows,
    groups: usize,
}

impl Convolution {
    pub fn of(node: &NodeReader) -> Result<Self> {
        Ok(Self { windows: Windows::of(node)?, groups: groups(node)? })
    }

    /// `[N, C, ..] * [O, C / groups, ..] (+ [O])`
    pub fn run(&self, call: &NodeCall, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
        let kernel = weight.shape().get(2..).unwrap_or(&[]);
        let spans = self.windows.spans(call, x.shape(), kernel)?;
        match spans[..] {
            [w] => flat(&as_image(x)?, &as_image(weight)?, bias, [POINT, w], self.groups)?.squeeze(2),
            [h, w] => flat(x, weight, bias, [h, w], self.groups),
            [d, h, w] => {
                let y = deep(call, x, weight, d, [h, w], self.groups)?;
                bias.map_or(Ok(y.clone()), |bias| y.add(&per_channel(bias, &y)?))
            }
            _ => Err(call.misfit(x.shape(), "one to three spatial dimensions")),
        }
    }
}

/// A window of one element.
const POINT: WindowSpan = WindowSpan { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 };

fn window(spans: [WindowSpan; 2], padding: [usize; 2], groups: usize) -> Window {
    Window { stride: spans.map(|s| s.stride), padding, dilation: spans.map(|s| s.dilation), groups }
}

/// The tensor with a dimension of size 1 before its only spatial one: a signal as an image.
fn as_image(x: &Tensor) -> Result<Tensor> {
    x.unsqueeze(2)
}

/// A convolution of images. Edges that are equal on both sides are left to it.
fn flat(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    spans: [WindowSpan; 2],
    groups: usize,
) -> Result<Tensor> {
    if spans.iter().all(|s| s.before == s.after) {
        return x.conv2d(weight, bias, window(spans, spans.map(|s| s.before), groups));
    }
    let padded = x.pad(&spans.map(|s| [s.before, s.after]), Padding::Constant(0.0))?;
    padded.conv2d(weight, bias, window(spans, [0; 2], groups))
}

/// A convolution of volumes: the sum over the kernel's depth of convolutions of their slices.
fn deep(
    call: &NodeCall,
    x: &Tensor,
    weight: &Tensor,
    d: WindowSpan,
    hw: [WindowSpan; 2],
    groups: usize,
) -> Result<Tensor> {
    let depth =
        d.count(x.shape()[2]).ok_or_else(|| call.misfit(x.shape(), "a volume not below the kernel"))?;
    let padded = x.pad(&[[d.before, d.after], [0; 2], [0; 2]], Padding::Constant(0.0))?;
    let mut sum: Option<Tensor> = None;
    for k in 0..d.kernel {
        let start = (k * d.dilation) as i64;
        let end = start + ((depth - 1) * d.stride) as i64 + 1;
        let slices = padded.slice(2, start, Some(end), d.stride)?;
        let y = flat(&slices_as_images(&slices)?, &weight.narrow(2, k, 1)?.squeeze(2)?, None, hw, groups)?;
        sum = Some(sum.map_or(Ok(y.clone()), |sum| sum.add(&y))?);
    }
    let sum = sum.ok_or_else(|| call.misfit(weight.shape(), "a kernel with elements"))?;
    images_as_slices(&sum, x.shape()[0])
}

/// `[N, C, D, H, W] -> [N D, C, H, W]`
fn slices_as_images(x: &Tensor) -> Result<Tensor> {
    let transposed = x.transpose(1, 2)?;
    transposed.flatten(0, 1)
}

/// `[N D, C, H, W] -> [N, C, D, H, W]`
fn images_as_slices(x: &Tensor, n: usize) -> Result<Tensor> {
    let shape = [&[n, x.shape()[0] / n], &x.shape()[1..]].concat();
    x.reshape(&shape)?.transpose(1, 2)
}

/// `[N, C, ..] * [C, O / groups, ..] (+ [O])`, the transpose of [`conv`].
fn conv_transpose(node: &NodeReader) -> ResolvedNode {
    let (windows, groups) = (Windows::of(node)?, groups(node)?);
    let (extra, wanted) = (node.sizes("output_padding")?, node.sizes("output_shape")?);
    gives(move |call| {
        let x = call.tensor(0)?;
        let (weight, bias) = (call.on_device_of(1, &x)?, call.maybe_on_device_of(2, &x)?);
        let kernel = weight.shape().get(2..).unwrap_or(&[]).to_vec();
        let mut spans = windows.spans(call, x.shape(), &kernel)?;
        let n = spans.len();
        let fits = |list: &Option<Vec<usize>>| list.as_ref().is_none_or(|list| list.len() >= n);
        if !fits(&extra) || !fits(&wanted) {
            return Err(call.misfit(x.shape(), "as many output sizes as spatial dimensions"));
        }
        let mut sizes = vec![];
        for (d, span) in spans.iter_mut().enumerate() {
            let more = extra.as_ref().map_or(0, |list| list[d]);
            let wanted = wanted.as_ref().map(|list| list[list.len() - n + d]);
            sizes.push(output(call, span, x.shape()[d + 2], more, wanted, windows.auto)?);
        }
        let y = match spans[..] {
            [w] => flat_transpose(&as_image(&x)?, &as_image(&weight)?, [POINT, w], groups, [1, sizes[0]])?
                .squeeze(2)?,
            [h, w] => flat_transpose(&x, &weight, [h, w], groups, [sizes[0], sizes[1]])?,
            [d, h, w] => deep_transpose(&x, &weight, [d, h, w], groups, [sizes[0], sizes[1], sizes[2]])?,
            _ => return Err(call.misfit(x.shape(), "one to three spatial dimensions")),
        };
        bias.map_or(Ok(y.clone()), |bias| y.add(&per_channel(&bias, &y)?))
    })
}

/// The size of one dimension of the output, and the edges that lead to it.
fn output(
    call: &NodeCall,
    span: &mut WindowSpan,
    n: usize,
    more: usize,
    wanted: Option<usize>,
    auto: Auto,
) -> Result<usize> {
    let full = ((n - 1).saturating_mul(span.stride)).saturating_add(span.extent()).saturating_add(more);
    let same = matches!(auto, Auto::SameUpper | Auto::SameLower);
    let wanted = wanted.or(same.then(|| n.saturating_mul(span.stride)));
    if let Some(size) = wanted {
        let total = full.saturating_sub(size);
        let (less, rest) = (total / 2, total - total / 2);
        (span.before, span.after) = if auto == Auto::SameUpper { (less, rest) } else { (rest, less) };
        return Ok(size);
    }
    let size = full.checked_sub(span.before.saturating_add(span.after)).filter(|&n| n > 0);
    size.ok_or_else(|| {
        call.wrong("the padding", span.before, format!("less than the {full} it is taken from"))
    })
}

/// A transposed convolution of images, cut to `sizes` after the edges before it.
fn flat_transpose(
    x: &Tensor,
    weight: &Tensor,
    spans: [WindowSpan; 2],
    groups: usize,
    sizes: [usize; 2],
) -> Result<Tensor> {
    // Equal edges, and an output that reaches no further than a step, are left to the operation.
    let inner = [0, 1].map(|d| {
        let steps = (x.shape()[d + 2] - 1).saturating_mul(spans[d].stride);
        let full = steps.saturating_add(spans[d].extent());
        sizes[d]
            .saturating_add(2 * spans[d].before)
            .checked_sub(full)
            .filter(|&out| out < spans[d].stride.max(spans[d].dilation))
    });
    if let [Some(rows), Some(columns)] = inner {
        let padding = spans.map(|s| s.before);
        return x.conv_transpose2d(weight, None, window(spans, padding, groups), [rows, columns]);
    }
    let full = x.conv_transpose2d(weight, None, window(spans, [0; 2], groups), [0; 2])?;
    [0, 1].into_iter().try_fold(full, |y, d| cut(&y, d + 2, spans[d].before, sizes[d]))
}

/// `size` elements from `start` on; zeros beyond the end.
fn cut(x: &Tensor, dim: usize, start: usize, size: usize) -> Result<Tensor> {
    let end = start.saturating_add(size);
    let missing = end.saturating_sub(x.shape()[dim]);
    let mut pairs = vec![[0; 2]; x.rank() - dim];
    pairs[0] = [0, missing];
    x.pad(&pairs, Padding::Constant(0.0))?.narrow(dim as i64, start, size)
}

/// A transposed convolution of volumes: each slice of the kernel's depth gives a volume of its own, which
/// stands `dilation` further on than that of the slice before.
fn deep_transpose(
    x: &Tensor,
    weight: &Tensor,
    [d, h, w]: [WindowSpan; 3],
    groups: usize,
    [depth, rows, columns]: [usize; 3],
) -> Result<Tensor> {
    let (n, slices) = (x.shape()[0], x.shape()[2]);
    let full = (slices - 1).saturating_mul(d.stride).saturating_add(d.extent());
    let images = slices_as_images(x)?;
    let mut sum: Option<Tensor> = None;
    for k in 0..d.kernel {
        let kernel = weight.narrow(2, k, 1)?.squeeze(2)?;
        let y = images_as_slices(&flat_transpose(&images, &kernel, [h, w], groups, [rows, columns])?, n)?;
        let spread = spread(&y, d.stride)?;
        let before = k * d.dilation;
        let after = full - before - spread.shape()[2];
        let y = spread.pad(&[[before, after], [0; 2], [0; 2]], Padding::Constant(0.0))?;
        sum = Some(sum.map_or(Ok(y.clone()), |sum| sum.add(&y))?);
    }
    cut(&sum.unwrap_or_else(|| x.clone()), 2, d.before, depth)
}

/// `stride - 1` zeros between the slices of `[N, C, D, H, W]`.
fn spread(x: &Tensor, stride: usize) -> Result<Tensor> {
    let &[n, c, d, h, w] = x.shape() else { return Ok(x.clone()) };
    let apart =
        x.reshape(&[n, c, d, 1, h, w])?.pad(&[[0, stride - 1], [0; 2], [0; 2]], Padding::Constant(0.0))?;
    apart.reshape(&[n, c, d * stride, h, w])?.narrow(2, 0, (d - 1) * stride + 1)
}
