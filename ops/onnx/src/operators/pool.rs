//! Pooling. Every window is the same in each dimension, so that dimensions are pooled one after another.

use ops::{DType, Result, Spec, Tensor, op::Padding};

use super::{
    Operator, ResolvedNode, gives, map, op,
    window::{WindowSpan, Windows},
};
use crate::{broken, call::NodeCall, node::NodeReader};

pub(super) const OPERATORS: &[Operator] = &[
    op("MaxPool", 1, max_pool),
    op("AveragePool", 7, average_pool),
    op("LpPool", 2, lp_pool),
    op("GlobalMaxPool", 1, |_| map(|x| x.first_max_dims(&positions(x), true))),
    op("GlobalAveragePool", 1, |_| map(|x| x.mean_dims(&positions(x), true))),
    op("GlobalLpPool", 2, |node| {
        let p = node.int("p", 2)? as f64;
        map(move |x| root(&x.abs()?.pow_scalar(p)?.sum_dims(&positions(x), true)?, p))
    }),
    op("LRN", 1, local_response),
];

/// All dimensions but samples and channels.
fn positions(x: &Tensor) -> Vec<i64> {
    (2..x.rank() as i64).collect()
}

/// What the poolings share.
struct Pooling {
    windows: Windows,
    kernel: Vec<usize>,
    ceil: bool,
}

impl Pooling {
    fn of(node: &NodeReader) -> Result<Self> {
        let windows = Windows::of(node)?;
        let Some(kernel) = windows.kernel.clone() else {
            return broken("the attribute `kernel_shape` is missing");
        };
        Ok(Self { windows, kernel, ceil: node.flag("ceil_mode", false)? })
    }

    /// The windows, and how many there are, in each dimension. A last window that is cut off counts with
    /// `ceil`, unless it starts beyond the tensor.
    fn spans(&self, call: &NodeCall, x: &Tensor) -> Result<Vec<(WindowSpan, usize)>> {
        let spans = self.windows.spans(call, x.shape(), &self.kernel)?;
        let small = || call.misfit(x.shape(), format!("one not below the window {:?}", self.kernel));
        let counted = spans.into_iter().zip(&x.shape()[2..]).map(|(span, &n)| {
            let floor = span.count(n).ok_or_else(small)?;
            let rest = (span.padded(n) - span.extent()) % span.stride;
            let more = self.ceil && rest > 0 && floor * span.stride < n + span.before;
            Ok((span, floor + usize::from(more)))
        });
        counted.collect()
    }

    /// Kernel, stride and padding, where the windows are those of a plain pooling of images.
    fn plain(&self, spans: &[(WindowSpan, usize)]) -> Option<[[usize; 2]; 3]> {
        let &[(a, _), (b, _)] = spans else { return None };
        let simple = |s: WindowSpan| s.before == s.after && s.dilation == 1 && s.before <= s.kernel / 2;
        let plain = [[a.kernel, b.kernel], [a.stride, b.stride], [a.before, b.before]];
        (simple(a) && simple(b) && !self.ceil).then_some(plain)
    }
}

/// The tensor continued with a number so that all windows fit.
fn continued(x: &Tensor, spans: &[(WindowSpan, usize)], number: f64) -> Result<Tensor> {
    let pair = |(&(span, count), &n): (&(WindowSpan, usize), &usize)| {
        let needed = (count - 1) * span.stride + span.extent();
        [span.before, needed.saturating_sub(n + span.before)]
    };
    let pairs: Vec<_> = spans.iter().zip(&x.shape()[2..]).map(pair).collect();
    x.pad(&pairs, Padding::Constant(number))
}

/// Element `k` of every window along a dimension.
fn member(x: &Tensor, dim: usize, (span, count): (WindowSpan, usize), k: usize) -> Result<Tensor> {
    let start = (k * span.dilation) as i64;
    x.slice(dim as i64, start, Some(start + ((count - 1) * span.stride) as i64 + 1), span.stride)
}

/// All members of the windows joined by `f`, dimension after dimension.
fn pooled(
    x: &Tensor,
    spans: &[(WindowSpan, usize)],
    f: fn(&Tensor, &Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    spans.iter().enumerate().try_fold(x.clone(), |x, (d, &span)| {
        let first = member(&x, d + 2, span, 0)?;
        (1..span.0.kernel).try_fold(first, |total, k| f(&total, &member(&x, d + 2, span, k)?))
    })
}

fn max_pool(node: &NodeReader) -> ResolvedNode {
    let pooling = Pooling::of(node)?;
    let columns_first = node.flag("storage_order", false)?;
    let indices = node.has_output(1);
    Ok(Box::new(move |call| {
        let x = call.tensor(0)?;
        let dtype = x.dtype();
        // Only floats have windows; those of 64 bits hold all whole numbers of 32.
        let wide = if x.device() == ops::Device::Gpu { DType::F32 } else { DType::F64 };
        let x = if dtype.is_float() { x } else { x.cast(wide)? };
        let spans = pooling.spans(call, &x)?;
        if indices {
            let [values, indices] = largest_with_index(&x, &spans, columns_first)?;
            return Ok(vec![values.cast(dtype)?.into(), indices.into()]);
        }
        if let Some([kernel, stride, padding]) = pooling.plain(&spans) {
            return Ok(vec![x.max_pool2d(kernel, stride, padding)?.cast(dtype)?.into()]);
        }
        let padded = continued(&x, &spans, f64::NEG_INFINITY)?;
        Ok(vec![pooled(&padded, &spans, Tensor::maximum)?.cast(dtype)?.into()])
    }))
}

/// The largest elements and their indices in the whole tensor. The last dimension comes first, so that
/// of equal elements the first in order wins.
fn largest_with_index(x: &Tensor, spans: &[(WindowSpan, usize)], columns_first: bool) -> Result<[Tensor; 2]> {
    let indices = Tensor::from_numbers(
        "MaxPool",
        Spec::new(x.shape(), x.device().whole()),
        x.device(),
        |i| if columns_first { column_major(i, &x.shape()[2..]) } else { i } as f64,
    )?;
    let start = (continued(x, spans, f64::NEG_INFINITY)?, continued(&indices, spans, 0.0)?);
    let (values, indices) = spans.iter().enumerate().rev().try_fold(start, |(x, indices), (d, &span)| {
        let at = |k| Ok((member(&x, d + 2, span, k)?, member(&indices, d + 2, span, k)?));
        (1..span.0.kernel).try_fold(at(0)?, |(best, index), k| {
            let (next, next_index) = at(k)?;
            let larger = next.gt(&best)?;
            Ok::<_, ops::Error>((larger.where_(&next, &best)?, larger.where_(&next_index, &index)?))
        })
    })?;
    Ok([values, indices])
}

/// The index counted with the first spatial dimension running fastest.
fn column_major(index: usize, sizes: &[usize]) -> usize {
    let all: usize = sizes.iter().product();
    let (mut rest, mut found, mut step) = (index % all, index / all * all, all);
    for &n in sizes.iter().rev() {
        step /= n;
        found += rest % n * step;
        rest /= n;
    }
    found
}

fn average_pool(node: &NodeReader) -> ResolvedNode {
    let pool = AveragePool::of(node)?;
    gives(move |call| pool.run(call, &call.tensor(0)?))
}

/// The mean under each window, with edges or without.
pub(super) struct AveragePool {
    pooling: Pooling,
    edges_count: bool,
}

impl AveragePool {
    pub fn of(node: &NodeReader) -> Result<Self> {
        Ok(Self { pooling: Pooling::of(node)?, edges_count: node.flag("count_include_pad", false)? })
    }

    pub fn run(&self, call: &NodeCall, x: &Tensor) -> Result<Tensor> {
        let (spans, edges_count) = (self.pooling.spans(call, x)?, self.edges_count);
        if let Some([kernel, stride, padding]) = self.pooling.plain(&spans) {
            return x.avg_pool2d(kernel, stride, padding, edges_count);
        }
        let sum = pooled(&continued(x, &spans, 0.0)?, &spans, Tensor::add)?;
        // What each window holds: elements, and edges where they count; never what `ceil` adds.
        let held =
            |(&(span, _), &n): (&(WindowSpan, usize), &usize)| if edges_count { span.padded(n) } else { n };
        let sizes: Vec<usize> = spans.iter().zip(&x.shape()[2..]).map(held).collect();
        let ones = Tensor::full([&[1, 1], &sizes[..]].concat(), 1.0, x.dtype(), x.device())?;
        let inside: Vec<_> = spans
            .iter()
            .map(|&(span, count)| {
                let before = if edges_count { 0 } else { span.before };
                (WindowSpan { before, ..span }, count)
            })
            .collect();
        sum.div(&pooled(&continued(&ones, &inside, 0.0)?, &inside, Tensor::add)?)
    }
}

/// `(sum |x|^p)^(1/p)` under each window.
fn lp_pool(node: &NodeReader) -> ResolvedNode {
    let (pooling, p) = (Pooling::of(node)?, node.int("p", 2)? as f64);
    gives(move |call| {
        let x = call.tensor(0)?;
        let spans = pooling.spans(call, &x)?;
        let powers = continued(&x.abs()?.pow_scalar(p)?, &spans, 0.0)?;
        root(&pooled(&powers, &spans, Tensor::add)?, p)
    })
}

/// `x^(1 / p)`. Its slope is infinite at 0: there the root is taken of a constant 1.
fn root(x: &Tensor, p: f64) -> Result<Tensor> {
    let zero = x.eq_scalar(0.0)?;
    x.masked_fill(&zero, 1.0)?.pow_scalar(1.0 / p)?.masked_fill(&zero, 0.0)
}

/// `x / (bias + alpha / size * sum x^2)^beta`, the sum over `size` neighbouring channels.
fn local_response(node: &NodeReader) -> ResolvedNode {
    let (alpha, beta, bias) =
        (node.float("alpha", 1e-4)?, node.float("beta", 0.75)?, node.float("bias", 1.0)?);
    let size = node.size("size", 0, 1..=65536, "missing or no size")?;
    gives(move |call| {
        let x = call.tensor(0)?;
        if x.rank() < 2 {
            return Err(call.misfit(x.shape(), "[N, C, ..]"));
        }
        let mut pairs = vec![[0; 2]; x.rank() - 1];
        pairs[0] = [(size - 1) / 2, size / 2];
        let squares = x.square()?.pad(&pairs, Padding::Constant(0.0))?;
        let n = x.shape()[1];
        let first = squares.narrow(1, 0, n)?;
        let sum = (1..size).try_fold(first, |sum, k| sum.add(&squares.narrow(1, k, n)?))?;
        x.div(&sum.mul_scalar(alpha / size as f64)?.add_scalar(bias)?.pow_scalar(beta)?)
    })
}
