//! What windows took, put back: the inverses of pooling and of taking images apart.

use ops::{DType, Result, Spec, Tensor, op::Padding};

use super::{
    Operator, ResolvedNode, gives, op,
    scatter::{ScatterReduction, scattered},
    window::Windows,
};
use crate::{broken, node::NodeReader, value::whole};

pub(super) const OPERATORS: &[Operator] =
    &[op("MaxUnpool", 9, max_unpool).settings(&[1, 2]), op("Col2Im", 18, columns_to_image).settings(&[1, 2])];

/// Elements at the positions of the whole tensor that they were taken from, zeros elsewhere. A larger shape
/// is filled with zeros at its ends.
fn max_unpool(node: &NodeReader) -> ResolvedNode {
    let windows = Windows::of(node)?;
    let Some(kernel) = windows.kernel.clone() else {
        return broken("the attribute `kernel_shape` is missing");
    };
    gives(move |call| {
        let x = call.tensor(0)?;
        let mut shape = x.shape().to_vec();
        for (n, span) in shape[2.min(x.rank())..].iter_mut().zip(windows.spans(call, x.shape(), &kernel)?) {
            let full = (*n - 1).saturating_mul(span.stride).saturating_add(span.kernel);
            *n = full.saturating_sub(span.before.saturating_add(span.after));
        }
        let wanted = if call.has(2) { call.sizes(2)? } else { shape.clone() };
        let more: Option<Vec<_>> =
            shape.iter().zip(&wanted).map(|(n, &wanted)| wanted.checked_sub(*n)).collect();
        let Some(more) = more.filter(|_| wanted.len() == shape.len()) else {
            return Err(call.wrong("the shape", format!("{wanted:?}"), format!("{shape:?} or more")));
        };
        let zeros = Tensor::full(shape.clone(), 0.0, x.dtype(), x.device())?;
        let position = |position: i64| {
            let fits = usize::try_from(position).ok().filter(|&i| i < zeros.len());
            fits.ok_or_else(|| call.wrong("an index", position, format!("0 to {}", zeros.len() - 1)))
        };
        let positions =
            whole("graph", &call.tensor(1)?)?.into_iter().map(position).collect::<Result<Vec<_>>>()?;
        if positions.len() != x.len() {
            return Err(call.misfit(call.tensor(1)?.shape(), format!("a place for each of {:?}", x.shape())));
        }
        let [rows, updates] = [&zeros, &x].map(|x| x.reshape(&[x.len(), 1]));
        let y = scattered(&rows?, &positions, &updates?, ScatterReduction::Last)?.reshape(&shape)?;
        y.pad(&more.iter().map(|&n| [0, n]).collect::<Vec<_>>(), Padding::Constant(0.0))
    })
}

/// Columns `[N, C block, windows]` as images `[N, C, ..]`: each element is added to the position under its
/// window.
fn columns_to_image(node: &NodeReader) -> ResolvedNode {
    let windows = Windows::of(node)?;
    gives(move |call| {
        let x = call.tensor(0)?;
        let (image, block) = (call.sizes(1)?, call.sizes(2)?);
        let expected = || call.misfit(x.shape(), format!("windows {block:?} over images {image:?}"));
        let &[n, channels, columns] = x.shape() else { return Err(expected()) };
        if image.contains(&0) || block.contains(&0) {
            return Err(expected());
        }
        let spans = windows.spans(call, &[&[n, channels], &image[..]].concat(), &block)?;
        let full: Vec<_> = spans.iter().zip(&image).map(|(span, &n)| span.padded(n)).collect();
        let counts = spans.iter().zip(&image).map(|(span, &n)| span.count(n)).collect::<Option<Vec<_>>>();
        let counts = counts.ok_or_else(expected)?;
        let all = |sizes: &[usize]| Spec::new(sizes, DType::Bool).len();
        let inside = all(&block);
        if columns != all(&counts) || !channels.is_multiple_of(inside) {
            return Err(expected());
        }
        let position = |i: usize| {
            let (mut offset, mut window, mut position, mut step) = (i / columns, i % columns, 0, 1);
            for (d, span) in spans.iter().enumerate().rev() {
                let at = window % counts[d] * span.stride + offset % block[d] * span.dilation;
                position += at * step;
                (window, offset, step) = (window / counts[d], offset / block[d], step * full[d]);
            }
            position as f64
        };
        let spec = Spec::new([inside.saturating_mul(columns)], DType::I32);
        let positions = Tensor::from_numbers(call.op, spec, x.device(), position)?;
        let rows = n * (channels / inside);
        let zeros = Tensor::full([rows, all(&full)], 0.0, x.dtype(), x.device())?;
        let y = zeros.index_add(1, &positions, &x.reshape(&[rows, inside * columns])?)?;
        let y = y.reshape(&[&[n, channels / inside], &full[..]].concat())?;
        spans
            .iter()
            .zip(&image)
            .enumerate()
            .try_fold(y, |y, (d, (span, &size))| y.narrow(d as i64 + 2, span.before, size))
    })
}
