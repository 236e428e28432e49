//! Blocks out of a tensor.

use burn::backend::Slice as BurnSlice;

use super::{OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp, by_kind, onnx};
use crate::{
    Device, Error, Result, Spec, Tensor, ensure,
    tensor::{apply, full_primitive},
};

/// A range of one dimension: `start`, `start + step`, ... up to but without `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub step: usize,
}

impl Span {
    /// All of a dimension of size n.
    pub fn whole(n: usize) -> Self {
        Self { start: 0, end: n, step: 1 }
    }

    pub fn len(self) -> usize {
        (self.end - self.start).div_ceil(self.step)
    }

    pub fn contains(self, i: usize) -> bool {
        (self.start..self.end).contains(&i) && (i - self.start).is_multiple_of(self.step)
    }

    fn burn(self) -> BurnSlice {
        BurnSlice::new(self.start as isize, Some(self.end as isize), self.step as isize)
    }
}

/// A block out of the input, one span for each dimension.
struct Slice {
    spans: Vec<Span>,
}

impl Op for Slice {
    fn info(&self) -> OpInfo {
        OpInfo::new("slice").saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].reshaped(self.spans.iter().map(|s| s.len()).collect::<Vec<_>>()))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let spans: Vec<_> = self.spans.iter().map(|s| s.burn()).collect();
        by_kind!(y.dtype, float_slice, int_slice, bool_slice, (x[0].primitive(), &spans))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let embed = Embed { shape: at.x[0].shape().to_vec(), spans: self.spans.clone(), fill: 0.0 };
        Ok(vec![Some(apply(embed, &[at.dy])?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let whole = |(d, span): &(usize, &Span)| **span == Span::whole(w.spec(0).shape[*d]);
        let cut: Vec<_> = self.spans.iter().enumerate().filter(|at| !whole(at)).collect();
        if cut.is_empty() {
            return Ok(w.x(0));
        }
        let of = |part: fn((usize, &Span)) -> usize| {
            OnnxValue::sizes(&cut.iter().map(|&at| part(at)).collect::<Vec<_>>())
        };
        let (starts, ends) = (of(|(_, span)| span.start), of(|(_, span)| span.end));
        let (axes, steps) = (of(|(d, _)| d), of(|(_, span)| span.step));
        Ok(w.node("Slice", [w.x(0), starts, ends, axes, steps]))
    }

    fn is_view(&self, _: &Operand) -> bool {
        true
    }
}

/// The inverse of [`Slice`]: a block within a larger shape that is filled with a number.
struct Embed {
    shape: Vec<usize>,
    spans: Vec<Span>,
    fill: f64,
}

impl Op for Embed {
    fn info(&self) -> OpInfo {
        OpInfo::new("pad").saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].reshaped(self.shape.clone()))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        let spans: Vec<_> = self.spans.iter().map(|s| s.burn()).collect();
        let full = full_primitive(y, self.fill, device);
        by_kind!(y.dtype, float_slice_assign, int_slice_assign, (full, &spans, x[0].primitive()))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(apply(Slice { spans: self.spans.clone() }, &[at.dy])?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        if self.spans.iter().any(|span| span.step != 1) {
            return onnx::not_exportable("slice gradient");
        }
        let before = self.spans.iter().map(|span| span.start);
        let after = self.spans.iter().zip(&self.shape).map(|(span, n)| n - span.end);
        let pads: Vec<_> = before.chain(after).collect();
        Ok(w.node("Pad", [w.x(0), OnnxValue::sizes(&pads), w.number(self.fill)]))
    }
}

/// Maximum number of pieces of a tensor: each is a tensor of its own.
const MAX_PIECES: usize = 1 << 20;

impl Tensor {
    /// The block of these spans, one for each dimension.
    pub(super) fn block(&self, spans: Vec<Span>) -> Result<Tensor> {
        let all = spans.iter().zip(self.shape()).all(|(span, &n)| *span == Span::whole(n));
        if all { Ok(self.clone()) } else { apply(Slice { spans }, &[self]) }
    }

    /// A larger tensor of zeros, in which this one is the block of these spans.
    pub(super) fn as_block(&self, shape: &[usize], spans: Vec<Span>) -> Result<Tensor> {
        apply(Embed { shape: shape.to_vec(), spans, fill: 0.0 }, &[self])
    }

    /// A larger tensor filled with `fill`, in which this one starts at `start`.
    pub(super) fn within(&self, shape: Vec<usize>, start: &[usize], fill: f64) -> Result<Tensor> {
        let span = |(&start, &n): (&usize, &usize)| Span { start, end: start + n, step: 1 };
        let spans = start.iter().zip(self.shape()).map(span).collect();
        apply(Embed { shape, spans, fill }, &[self])
    }

    /// `length` elements of dimension `dim` from `start` on.
    pub fn narrow(&self, dim: i64, start: usize, length: usize) -> Result<Tensor> {
        let [start, end] =
            [start, start.saturating_add(length)].map(|i| i64::try_from(i).unwrap_or(i64::MAX));
        self.slice(dim, start, Some(end), 1).map_err(|e| e.named("narrow"))
    }

    /// The elements `start`, `start + step`, ... before `end` of dimension `dim`. Negative bounds count
    /// from the end, no `end` is the end.
    ///
    /// # Errors
    /// [`Error::Argument`] for a range outside the dimension, an empty one, or a step below 1.
    pub fn slice(&self, dim: i64, start: i64, end: Option<i64>, step: usize) -> Result<Tensor> {
        let d = self.spec().dim("slice", dim)?;
        let n = self.shape()[d] as i64;
        let from_front = |i: i64| if i < 0 { i.saturating_add(n) } else { i };
        let (a, b) = (from_front(start), end.map_or(n, from_front));
        ensure(0 <= a && a < b && b <= n && step != 0, || {
            Error::argument(
                "slice",
                "the range",
                format!("{start} to {} by {step}", end.map_or("the end".into(), |e| e.to_string())),
                format!("a range within the {n} elements of dimension {dim}, not empty, step at least 1"),
            )
        })?;
        let mut spans: Vec<_> = self.shape().iter().map(|&n| Span::whole(n)).collect();
        spans[d] = Span { start: a as usize, end: b as usize, step };
        self.block(spans)
    }

    /// Pieces of `size` elements along `dim`; the last one may be smaller.
    pub fn split(&self, size: usize, dim: i64) -> Result<Vec<Tensor>> {
        let n = self.shape()[self.spec().dim("split", dim)?];
        ensure(size != 0, || Error::argument("split", "the size", "0", "at least 1"))?;
        ensure(n.div_ceil(size) <= MAX_PIECES, || {
            let found = format!("{size}, which gives {} pieces", n.div_ceil(size));
            Error::argument("split", "the size", found, format!("one that gives at most {MAX_PIECES}"))
        })?;
        let piece = |start: usize| {
            crate::interrupt::check()?;
            self.narrow(dim, start, size.min(n - start))
        };
        (0..n).step_by(size).map(piece).collect()
    }

    /// At most `count` pieces along `dim`, all of one size but the last, which may be smaller.
    ///
    /// # Errors
    /// [`Error::Argument`] for no pieces.
    pub fn chunk(&self, count: usize, dim: i64) -> Result<Vec<Tensor>> {
        let n = self.shape()[self.spec().dim("chunk", dim)?];
        ensure(count != 0, || Error::argument("chunk", "the number of pieces", "0", "at least 1"))?;
        self.split(n.div_ceil(count), dim)
    }
}
