//! Operations that move elements without changing them.

use burn::backend::{Shape, Slice as BurnSlice};

use super::{Op, Operand, Primitive, Saves, Vjp, by_kind, require_same};
use crate::{
    Device, Error, Result, Spec, Tensor,
    tensor::{apply, broadcast, full_primitive, show},
};

/// The same elements in another shape.
#[derive(Debug, Clone)]
struct Reshape {
    shape: Vec<usize>,
}

impl Op for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let y = x[0].reshaped(self.shape.clone());
        if y.len() == x[0].len() {
            return Ok(y);
        }
        Err(Error::Shape {
            op: "reshape",
            found: format!("{} ({} elements)", show(&x[0].shape), x[0].len()),
            expected: format!("as many elements as {} has ({})", show(&self.shape), y.len()),
        })
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let shape = Shape::from(y.stored_shape());
        by_kind!(y.dtype, float_reshape, int_reshape, bool_reshape, (x[0].value.clone(), shape))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(at.dy.reshape(at.x[0].shape())?)])
    }

    fn saves(&self) -> Saves {
        Saves::NOTHING
    }

    fn is_view(&self) -> bool {
        true
    }
}

/// Dimension `i` of the output is dimension `order[i]` of the input.
#[derive(Debug, Clone)]
struct Permute {
    order: Vec<usize>,
}

impl Op for Permute {
    fn name(&self) -> &'static str {
        "permute"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].reshaped(self.order.iter().map(|&d| x[0].shape[d]).collect::<Vec<_>>()))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        by_kind!(y.dtype, float_permute, int_permute, bool_permute, (x[0].value.clone(), &self.order))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let mut inverse = vec![0; self.order.len()];
        self.order.iter().enumerate().for_each(|(to, &from)| inverse[from] = to as i64);
        Ok(vec![Some(at.dy.permute(&inverse)?)])
    }

    fn saves(&self) -> Saves {
        Saves::NOTHING
    }

    fn is_view(&self) -> bool {
        true
    }
}

/// Repeats dimensions of size 1, and adds dimensions in front, until the shape is reached.
#[derive(Debug, Clone)]
struct Expand {
    shape: Vec<usize>,
}

impl Op for Expand {
    fn name(&self) -> &'static str {
        "expand"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        if broadcast("expand", &x[0].shape, &self.shape).ok().as_ref() == Some(&self.shape) {
            return Ok(x[0].reshaped(self.shape.clone()));
        }
        Err(Error::Shape {
            op: "expand",
            found: show(&x[0].shape),
            expected: format!(
                "one that broadcasts to {} (equal, or 1, from the last dimension)",
                show(&self.shape)
            ),
        })
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let (stored, target) = (x[0].spec.stored_shape(), y.stored_shape());
        let mut shape = vec![1; target.len() - stored.len()];
        shape.extend(stored);
        let (shape, target) = (Shape::from(shape), Shape::from(target));
        let v = by_kind!(y.dtype, float_reshape, int_reshape, bool_reshape, (x[0].value.clone(), shape));
        by_kind!(y.dtype, float_expand, int_expand, bool_expand, (v, target))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(at.dy.sum_to(at.x[0].shape())?)])
    }

    fn saves(&self) -> Saves {
        Saves::NOTHING
    }

    fn is_view(&self) -> bool {
        true
    }
}

/// A range of one dimension: `start`, `start + step`, ... up to but without `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Span {
    start: usize,
    end: usize,
    step: usize,
}

impl Span {
    fn len(self) -> usize {
        (self.end - self.start).div_ceil(self.step)
    }

    fn burn(self) -> BurnSlice {
        BurnSlice::new(self.start as isize, Some(self.end as isize), self.step as isize)
    }
}

/// A block out of the input, one span for each dimension.
#[derive(Debug, Clone)]
struct Slice {
    spans: Vec<Span>,
}

impl Op for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].reshaped(self.spans.iter().map(|s| s.len()).collect::<Vec<_>>()))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let spans: Vec<_> = self.spans.iter().map(|s| s.burn()).collect();
        by_kind!(y.dtype, float_slice, int_slice, bool_slice, (x[0].value.clone(), &spans))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let embed = Embed { shape: at.x[0].shape().to_vec(), spans: self.spans.clone() };
        Ok(vec![Some(apply(embed, &[at.dy])?)])
    }

    fn saves(&self) -> Saves {
        Saves::NOTHING
    }

    fn is_view(&self) -> bool {
        true
    }
}

/// The inverse of [`Slice`]: zeros of a shape with a block filled in.
#[derive(Debug, Clone)]
struct Embed {
    shape: Vec<usize>,
    spans: Vec<Span>,
}

impl Op for Embed {
    fn name(&self) -> &'static str {
        "slice gradient"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].reshaped(self.shape.clone()))
    }

    fn run(&self, x: &[Operand], y: &Spec, device: Device) -> Primitive {
        let spans: Vec<_> = self.spans.iter().map(|s| s.burn()).collect();
        let zeros = full_primitive(y, 0.0, device);
        by_kind!(y.dtype, float_slice_assign, int_slice_assign, (zeros, &spans, x[0].value.clone()))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(apply(Slice { spans: self.spans.clone() }, &[at.dy])?)])
    }

    fn saves(&self) -> Saves {
        Saves::NOTHING
    }
}

/// Tensors one after the other along a dimension.
#[derive(Debug, Clone, Copy)]
struct Concat {
    dim: usize,
}

impl Op for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let mut y = x[0].clone();
        for other in &x[1..] {
            require_same("concat", x[0], other)?;
            let fits = other.rank() == y.rank()
                && (0..y.rank()).all(|d| d == self.dim || other.shape[d] == y.shape[d]);
            if !fits {
                return Err(Error::Shape {
                    op: "concat",
                    found: format!("{} beside {}", show(&other.shape), show(&x[0].shape)),
                    expected: format!("shapes that differ in dimension {} only", self.dim),
                });
            }
            y.shape[self.dim] += other.shape[self.dim];
        }
        Ok(y)
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let parts: Vec<_> = x.iter().map(|x| x.value.clone()).collect();
        by_kind!(y.dtype, float_cat, int_cat, bool_cat, (parts, self.dim))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let mut start = 0;
        let part = |(i, x): (usize, &Tensor)| {
            let n = x.shape()[self.dim];
            start += n;
            at.want(i, || at.dy.narrow(self.dim as i64, start - n, n))
        };
        at.x.iter().enumerate().map(part).collect()
    }

    fn saves(&self) -> Saves {
        Saves::NOTHING
    }
}

impl Tensor {
    /// The same elements in another shape.
    ///
    /// # Errors
    /// [`Error::Shape`] when the number of elements differs.
    pub fn reshape(&self, shape: &[usize]) -> Result<Tensor> {
        if shape == self.shape() {
            return Ok(self.clone());
        }
        apply(Reshape { shape: shape.to_vec() }, &[self])
    }

    /// [`Tensor::reshape`] with at most one -1, which stands for whatever is left.
    ///
    /// # Errors
    /// [`Error::Shape`] when the numbers do not work out.
    pub fn reshape_infer(&self, shape: &[i64]) -> Result<Tensor> {
        let wrong = || Error::Shape {
            op: "reshape",
            found: format!("{} ({} elements)", show(self.shape()), self.len()),
            expected: format!("one that fits {shape:?} (at most one -1, which stands for what is left)"),
        };
        let known: i64 =
            shape.iter().filter(|&&d| d != -1).try_fold(1i64, |n, &d| n.checked_mul(d)).ok_or_else(wrong)?;
        let free = shape.iter().filter(|&&d| d == -1).count();
        if free > 1
            || shape.iter().any(|&d| d < -1)
            || (free == 1 && (known <= 0 || self.len() as i64 % known != 0))
        {
            return Err(wrong());
        }
        let resolve = |&d: &i64| if d == -1 { self.len() / known as usize } else { d as usize };
        self.reshape(&shape.iter().map(resolve).collect::<Vec<_>>())
    }

    /// All elements in one dimension, or the dimensions from `start` to `end` joined (both included).
    pub fn flatten(&self, start: i64, end: i64) -> Result<Tensor> {
        if self.rank() == 0 {
            return self.reshape(&[1]);
        }
        let (a, b) = (self.spec().dim("flatten", start)?, self.spec().dim("flatten", end)?);
        if a > b {
            return Err(Error::Argument {
                op: "flatten",
                name: "the range of dimensions",
                found: format!("{start} to {end}"),
                expected: "a start not after the end".into(),
            });
        }
        let mut shape = self.shape()[..a].to_vec();
        shape.push(self.shape()[a..=b].iter().product());
        shape.extend(&self.shape()[b + 1..]);
        self.reshape(&shape)
    }

    /// Drops a dimension of size 1.
    pub fn squeeze(&self, dim: i64) -> Result<Tensor> {
        let d = self.spec().dim("squeeze", dim)?;
        if self.shape()[d] != 1 {
            return Err(Error::Shape {
                op: "squeeze",
                found: show(self.shape()),
                expected: format!("size 1 in dimension {dim}"),
            });
        }
        let mut shape = self.shape().to_vec();
        shape.remove(d);
        self.reshape(&shape)
    }

    /// Adds a dimension of size 1, which becomes dimension `dim`.
    pub fn unsqueeze(&self, dim: i64) -> Result<Tensor> {
        let mut shape = self.shape().to_vec();
        let wider = Spec::new(vec![1; shape.len() + 1], self.dtype());
        shape.insert(wider.dim("unsqueeze", dim)?, 1);
        self.reshape(&shape)
    }

    /// Dimensions in another order: dimension `i` of the result is dimension `order[i]`.
    pub fn permute(&self, order: &[i64]) -> Result<Tensor> {
        let resolved = order.iter().map(|&d| self.spec().dim("permute", d)).collect::<Result<Vec<_>>>()?;
        let mut sorted = resolved.clone();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..self.rank()) {
            return Err(Error::Argument {
                op: "permute",
                name: "the order",
                found: format!("{order:?}"),
                expected: format!("each of the {} dimensions of {} once", self.rank(), show(self.shape())),
            });
        }
        if resolved == sorted {
            return Ok(self.clone());
        }
        apply(Permute { order: resolved }, &[self])
    }

    /// Two dimensions exchanged.
    pub fn transpose(&self, a: i64, b: i64) -> Result<Tensor> {
        let (a, b) = (self.spec().dim("transpose", a)?, self.spec().dim("transpose", b)?);
        let mut order: Vec<i64> = (0..self.rank() as i64).collect();
        order.swap(a, b);
        self.permute(&order)
    }

    /// Repeated along dimensions of size 1, and new ones in front, to the given shape.
    pub fn expand(&self, shape: &[usize]) -> Result<Tensor> {
        if shape == self.shape() {
            return Ok(self.clone());
        }
        apply(Expand { shape: shape.to_vec() }, &[self])
    }

    /// `length` elements of dimension `dim` from `start` on.
    pub fn narrow(&self, dim: i64, start: usize, length: usize) -> Result<Tensor> {
        self.slice(dim, start as i64, Some(start.saturating_add(length) as i64), 1)
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
        if !(0 <= a && a < b && b <= n) || step == 0 {
            return Err(Error::Argument {
                op: "slice",
                name: "the range",
                found: format!("{start} to {} by {step}", end.map_or("the end".into(), |e| e.to_string())),
                expected: format!(
                    "a range within the {n} elements of dimension {dim}, not empty, step at least 1"
                ),
            });
        }
        let whole = |&n: &usize| Span { start: 0, end: n, step: 1 };
        let mut spans: Vec<_> = self.shape().iter().map(whole).collect();
        spans[d] = Span { start: a as usize, end: b as usize, step };
        apply(Slice { spans }, &[self])
    }

    /// Tensors one after the other along dimension `dim`.
    ///
    /// # Errors
    /// [`Error::Argument`] for no tensors, [`Error::Shape`] when they differ elsewhere.
    pub fn concat(tensors: &[&Tensor], dim: i64) -> Result<Tensor> {
        let first = first_of("concat", tensors)?;
        let dim = first.spec().dim("concat", dim)?;
        apply(Concat { dim }, tensors)
    }

    /// Tensors of one shape along a new dimension `dim`.
    pub fn stack(tensors: &[&Tensor], dim: i64) -> Result<Tensor> {
        first_of("stack", tensors)?;
        let wider = tensors.iter().map(|x| x.unsqueeze(dim)).collect::<Result<Vec<_>>>()?;
        Tensor::concat(&wider.iter().collect::<Vec<_>>(), dim)
    }

    /// Pieces of `size` elements along `dim`; the last one may be smaller.
    pub fn split(&self, size: usize, dim: i64) -> Result<Vec<Tensor>> {
        let n = self.shape()[self.spec().dim("split", dim)?];
        if size == 0 {
            return Err(Error::Argument {
                op: "split",
                name: "the size",
                found: "0".into(),
                expected: "at least 1".into(),
            });
        }
        (0..n).step_by(size).map(|start| self.narrow(dim, start, size.min(n - start))).collect()
    }
}

fn first_of<'a>(op: &'static str, tensors: &[&'a Tensor]) -> Result<&'a Tensor> {
    tensors.first().copied().ok_or_else(|| Error::Argument {
        op,
        name: "the list of tensors",
        found: "empty".into(),
        expected: "at least one".into(),
    })
}
