//! The same elements in another shape or order.

use burn::backend::{BackendTensor, DispatchTensorKind, Shape};

use super::{OnnxAttribute, OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp, by_kind};
use crate::{
    Device, Error, Result, Spec, Tensor, ensure,
    tensor::{apply, broadcast, show},
};

/// The same elements in another shape.
struct Reshape {
    shape: Vec<usize>,
}

impl Op for Reshape {
    fn info(&self) -> OpInfo {
        OpInfo::new("reshape").saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let y = x[0].reshaped(self.shape.clone());
        ensure(y.len() == x[0].len(), || {
            let found = format!("{:?} ({} elements)", x[0].shape, x[0].len());
            Error::shape("reshape", found, format!("as many elements as {:?} has ({})", self.shape, y.len()))
        })?;
        Ok(y)
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let shape = Shape::from(y.stored_shape());
        by_kind!(y.dtype, float_reshape, int_reshape, bool_reshape, (x[0].primitive(), shape))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(at.dy.reshape(at.x[0].shape())?)])
    }

    /// The most specific form of ONNX: dimensions of size 1 dropped or added, all but the first joined,
    /// or any other shape.
    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let (from, to) = (w.spec(0).shape.clone(), &self.shape);
        if let Some(axes) = without_ones(&from, to) {
            return Ok(w.node("Squeeze", [w.x(0), OnnxValue::sizes(&axes)]));
        }
        if let Some(axes) = without_ones(to, &from) {
            return Ok(w.node("Unsqueeze", [w.x(0), OnnxValue::sizes(&axes)]));
        }
        if from.len() > 2 && to.len() == 2 && to[0] == from[0] {
            return Ok(w.node_with("Flatten", [w.x(0)], [("axis", OnnxAttribute::Int(1))]));
        }
        Ok(w.node("Reshape", [w.x(0), OnnxValue::sizes(to)]))
    }

    fn is_view(&self, x: &Operand) -> bool {
        in_order(&x.value)
    }
}

/// Whether the elements are in row-major order in memory; others are copied to get another shape.
fn in_order(x: &Primitive) -> bool {
    match &x.kind {
        DispatchTensorKind::Flex(
            BackendTensor::Float(x) | BackendTensor::Int(x) | BackendTensor::Bool(x),
        ) => x.is_contiguous(),
        _ => true,
    }
}

/// The dimensions of size 1 without which `wide` is `narrow`; the last ones where several are.
fn without_ones(wide: &[usize], narrow: &[usize]) -> Option<Vec<usize>> {
    let (mut axes, mut rest) = (vec![], narrow);
    for (axis, &n) in wide.iter().enumerate() {
        match rest.split_first() {
            Some((&first, after)) if first == n => rest = after,
            _ if n == 1 => axes.push(axis),
            _ => return None,
        }
    }
    (rest.is_empty() && !axes.is_empty()).then_some(axes)
}

/// Dimension `i` of the output is dimension `order[i]` of the input.
struct Permute {
    order: Vec<usize>,
}

impl Op for Permute {
    fn info(&self) -> OpInfo {
        OpInfo::new("permute").saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        Ok(x[0].reshaped(self.order.iter().map(|&d| x[0].shape[d]).collect::<Vec<_>>()))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        by_kind!(y.dtype, float_permute, int_permute, bool_permute, (x[0].primitive(), &self.order))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        let mut inverse = vec![0; self.order.len()];
        self.order.iter().enumerate().for_each(|(to, &from)| inverse[from] = to as i64);
        Ok(vec![Some(at.dy.permute(&inverse)?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        let order = OnnxAttribute::ints(self.order.iter().copied());
        Ok(w.node_with("Transpose", w.all(), [("perm", order)]))
    }

    fn is_view(&self, _: &Operand) -> bool {
        true
    }
}

/// Repeats dimensions of size 1, and adds dimensions in front, until the shape is reached.
struct Expand {
    shape: Vec<usize>,
}

impl Op for Expand {
    fn info(&self) -> OpInfo {
        OpInfo::new("expand").saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        ensure(broadcast("expand", &x[0].shape, &self.shape).ok().as_ref() == Some(&self.shape), || {
            Error::shape(
                "expand",
                show(&x[0].shape),
                format!("one that broadcasts to {:?} (equal, or 1, from the last dimension)", self.shape),
            )
        })?;
        Ok(x[0].reshaped(self.shape.clone()))
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let (stored, target) = (x[0].spec.stored_shape(), y.stored_shape());
        let mut shape = vec![1; target.len() - stored.len()];
        shape.extend(stored);
        let (shape, target) = (Shape::from(shape), Shape::from(target));
        let v = by_kind!(y.dtype, float_reshape, int_reshape, bool_reshape, (x[0].primitive(), shape));
        by_kind!(y.dtype, float_expand, int_expand, bool_expand, (v, target))
    }

    fn vjp(&self, at: &Vjp) -> Result<Vec<Option<Tensor>>> {
        Ok(vec![Some(at.dy.sum_to(at.x[0].shape())?)])
    }

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        // A size of 1 leaves a dimension as it is: only those that grow are given.
        let from = &w.spec(0).shape;
        let lead = self.shape.len() - from.len();
        let grown = |(d, &n): (usize, &usize)| if d >= lead && from[d - lead] == n { 1 } else { n };
        let sizes: Vec<_> = self.shape.iter().enumerate().map(grown).collect();
        Ok(w.node("Expand", [w.x(0), OnnxValue::sizes(&sizes)]))
    }

    fn is_view(&self, _: &Operand) -> bool {
        true
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
        let wrong = || {
            let expected = format!("one that fits {shape:?} (at most one -1, which stands for what is left)");
            Error::shape("reshape", format!("{:?} ({} elements)", self.shape(), self.len()), expected)
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
        ensure(a <= b, || {
            let found = format!("{start} to {end}");
            Error::argument("flatten", "the range of dimensions", found, "a start not after the end")
        })?;
        let mut shape = self.shape()[..a].to_vec();
        shape.push(self.shape()[a..=b].iter().product());
        shape.extend(&self.shape()[b + 1..]);
        self.reshape(&shape)
    }

    /// Drops a dimension of size 1.
    pub fn squeeze(&self, dim: i64) -> Result<Tensor> {
        let d = self.spec().dim("squeeze", dim)?;
        ensure(self.shape()[d] == 1, || {
            Error::shape("squeeze", show(self.shape()), format!("size 1 in dimension {dim}"))
        })?;
        let mut shape = self.shape().to_vec();
        shape.remove(d);
        self.reshape(&shape)
    }

    /// Adds a dimension of size 1, which becomes dimension `dim`.
    pub fn unsqueeze(&self, dim: i64) -> Result<Tensor> {
        let mut shape = self.shape().to_vec();
        let wider = Spec::new(vec![1; shape.len() + 1], self.dtype());
        shape.insert(wider.dim("unsqueeze", dim)?, 1);
        self.reshape(&shape).map_err(|e| e.named("unsqueeze"))
    }

    /// Dimensions in another order: dimension `i` of the result is dimension `order[i]`.
    pub fn permute(&self, order: &[i64]) -> Result<Tensor> {
        let resolved = order.iter().map(|&d| self.spec().dim("permute", d)).collect::<Result<Vec<_>>>()?;
        let mut sorted = resolved.clone();
        sorted.sort_unstable();
        ensure(sorted.iter().copied().eq(0..self.rank()), || {
            let expected = format!("each of the {} dimensions of {:?} once", self.rank(), self.shape());
            Error::argument("permute", "the order", format!("{order:?}"), expected)
        })?;
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
}
