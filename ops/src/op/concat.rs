//! Tensors joined.

use super::{
    OnnxOperator, OnnxValue, OnnxWriter, Op, OpInfo, Operand, Primitive, Saves, Vjp, by_kind, promote::wider,
    require_same,
};
use crate::{Device, Error, Result, Spec, Tensor, ensure, tensor::apply};

/// Tensors one after the other along a dimension.
struct Concat {
    dim: usize,
}

impl Op for Concat {
    fn info(&self) -> OpInfo {
        OpInfo::new("concat").saving(Saves::NOTHING)
    }

    fn infer(&self, x: &[&Spec]) -> Result<Spec> {
        let mut y = x[0].clone();
        for other in &x[1..] {
            require_same("concat", x[0], other)?;
            let fits = other.rank() == y.rank()
                && (0..y.rank()).all(|d| d == self.dim || other.shape[d] == y.shape[d]);
            ensure(fits, || {
                let found = format!("{:?} and {:?}", other.shape, x[0].shape);
                Error::shape("concat", found, format!("shapes that differ in dimension {} only", self.dim))
            })?;
            y.shape[self.dim] += other.shape[self.dim];
        }
        Ok(y)
    }

    fn run(&self, x: &[Operand], y: &Spec, _: Device) -> Primitive {
        let parts: Vec<_> = x.iter().map(|x| x.primitive()).collect();
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

    fn onnx(&self, w: &mut OnnxWriter) -> Result<OnnxValue> {
        Ok(w.node_with("Concat", w.all(), [("axis", self.dim.into())]))
    }
}

impl Tensor {
    /// Tensors one after the other along dimension `dim`, in the widest of their element types.
    ///
    /// # Errors
    /// [`Error::Argument`] for no tensors, [`Error::Shape`] when they differ elsewhere.
    pub fn concat(tensors: &[&Tensor], dim: i64) -> Result<Tensor> {
        let first = first_of("concat", tensors)?;
        let dim = first.spec().dim("concat", dim)?;
        let dtype = tensors.iter().map(|x| x.dtype()).fold(first.dtype(), wider);
        let alike = tensors.iter().map(|x| x.cast(dtype)).collect::<Result<Vec<_>>>()?;
        apply(Concat { dim }, &alike.iter().collect::<Vec<_>>())
    }

    /// Tensors of one shape along a new dimension `dim`.
    pub fn stack(tensors: &[&Tensor], dim: i64) -> Result<Tensor> {
        first_of("stack", tensors)?;
        let wider = tensors.iter().map(|x| x.unsqueeze(dim)).collect::<Result<Vec<_>>>();
        let joined = wider.and_then(|wider| Tensor::concat(&wider.iter().collect::<Vec<_>>(), dim));
        joined.map_err(|e| e.named("stack"))
    }

    /// `times[d]` copies of dimension d after one another, for each dimension.
    ///
    /// # Errors
    /// [`Error::Argument`] unless there is one number, at least 1, for each dimension.
    pub fn repeat(&self, times: &[usize]) -> Result<Tensor> {
        ensure(times.len() == self.rank() && !times.contains(&0), || {
            let expected = format!("one number, at least 1, for each dimension of {:?}", self.shape());
            Error::argument("repeat", "the list of copies", format!("{times:?}"), expected)
        })?;
        if self.is_symbolic() {
            let shape = self.shape().iter().zip(times).map(|(n, times)| n.saturating_mul(*times));
            let tiled = OnnxOperator::new("Tile", &self.spec().reshaped(shape.collect::<Vec<_>>()));
            return tiled.constant(OnnxValue::sizes(times)).on(&[self]);
        }
        let copied = times.iter().enumerate().try_fold(self.clone(), |x, (d, &n)| x.copied_along(d, d, n));
        copied.map_err(|e| e.named("repeat"))
    }

    /// `times` copies of the block that starts at dimension `block`, which make dimension `dim` longer.
    /// With `block = dim` the whole dimension is copied, with `block = dim + 1` each of its slices.
    ///
    /// # Errors
    /// [`Error::Memory`], [`Error::Shape`] where the result cannot be held.
    pub fn copied_along(&self, dim: usize, block: usize, times: usize) -> Result<Tensor> {
        if times == 1 {
            return Ok(self.clone());
        }
        let outer: usize = self.shape()[..block].iter().product();
        let inner = self.len() / outer;
        let mut shape = self.shape().to_vec();
        shape[dim] = shape[dim].saturating_mul(times);
        self.reshape(&[outer, 1, inner])?.expand(&[outer, times, inner])?.reshape(&shape)
    }
}

fn first_of<'a>(op: &'static str, tensors: &[&'a Tensor]) -> Result<&'a Tensor> {
    tensors
        .first()
        .copied()
        .ok_or_else(|| Error::argument(op, "the list of tensors", "empty", "at least one"))
}
