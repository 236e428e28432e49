//! Padding: a tensor continued beyond its edges.

use super::{OnnxAttribute, OnnxOperator, OnnxValue, require_number};
use crate::{Error, Result, Tensor, ensure, tensor::holds};

/// How a tensor goes on beyond its edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Padding {
    /// With a number.
    Constant(f64),
    /// Mirrored, without the edge itself: `[1, 2, 3]` to `3 2 [1 2 3] 2 1`.
    Reflect,
    /// With copies of the edge: `[1, 2, 3]` to `1 1 [1 2 3] 3 3`.
    Replicate,
}

impl Tensor {
    /// Elements added before and after those of the last dimensions, one pair for each of them:
    /// `pad(&[[1, 1], [2, 2]], ..)` adds a row on both sides of an image, and two columns.
    ///
    /// # Errors
    /// [`Error::Argument`] for more pairs than dimensions, and for a reflection of more elements than
    /// there are next to the edge; [`Error::DType`] for truth values.
    pub fn pad(&self, pairs: &[[usize; 2]], padding: Padding) -> Result<Tensor> {
        require_number("pad", self.spec())?;
        let Some(first) = self.rank().checked_sub(pairs.len()) else {
            let expected = format!("at most one pair for each dimension of {:?}", self.shape());
            return Err(Error::argument("pad", "the list of pairs", format!("{pairs:?}"), expected));
        };
        let padded = match padding {
            Padding::Constant(value) => self.padded_with(first, pairs, value),
            Padding::Reflect | Padding::Replicate => {
                let along =
                    |x: Tensor, (i, pair): (usize, &[usize; 2])| x.mirrored(first + i, *pair, padding);
                pairs.iter().enumerate().try_fold(self.clone(), along)
            }
        };
        padded.map_err(|e| e.named("pad"))
    }

    fn padded_with(&self, first: usize, pairs: &[[usize; 2]], value: f64) -> Result<Tensor> {
        holds("pad", self.dtype(), value)?;
        let (mut shape, mut start) = (self.shape().to_vec(), vec![0; self.rank()]);
        for (i, [before, after]) in pairs.iter().enumerate() {
            shape[first + i] = shape[first + i].saturating_add(*before).saturating_add(*after);
            start[first + i] = *before;
        }
        if shape == self.shape() { Ok(self.clone()) } else { self.within(shape, &start, value) }
    }

    /// The operator that ONNX has for it.
    fn pad_operator(&self, dim: usize, pair: [usize; 2], padding: Padding) -> Result<Tensor> {
        let mode = if padding == Padding::Reflect { "reflect" } else { "edge" };
        let (mut shape, mut pads) = (self.shape().to_vec(), vec![0; 2 * self.rank()]);
        shape[dim] = shape[dim].saturating_add(pair[0]).saturating_add(pair[1]);
        [pads[dim], pads[self.rank() + dim]] = pair;
        let operator = OnnxOperator::new("Pad", &self.spec().reshaped(shape));
        operator.with("mode", OnnxAttribute::Text(mode)).constant(OnnxValue::sizes(&pads)).on(&[self])
    }

    /// One dimension reflected or replicated: whole slices of it, chosen by number.
    fn mirrored(&self, dim: usize, [before, after]: [usize; 2], padding: Padding) -> Result<Tensor> {
        let n = self.shape()[dim];
        let too_far = before >= n || after >= n;
        ensure(!too_far || padding != Padding::Reflect, || {
            let expected = format!("less than the {n} elements of dimension {dim}, which are reflected");
            Error::argument("pad", "a pair", format!("{:?}", [before, after]), expected)
        })?;
        if self.is_symbolic() {
            return self.pad_operator(dim, [before, after], padding);
        }
        let source = |i: usize| match padding {
            Padding::Reflect if i < before => before - i,
            Padding::Reflect if i - before >= n => 2 * (n - 1) - (i - before),
            _ => i.saturating_sub(before).min(n - 1),
        };
        self.slices_at(dim, n.saturating_add(before).saturating_add(after), source)
    }
}
