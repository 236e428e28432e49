//! Parts of a tensor by an index, as PyTorch's `x[...]`, and tensors with other elements in such a part.

mod chosen;
mod part;

use super::{promote::wider, slice::Span};
use crate::{
    DType, Error, Number, Result, Spec, Tensor, ensure,
    tensor::{common_device, show},
};
use chosen::Chosen;
use part::Part;

const OP: &str = "index";

/// What an index takes: each takes a dimension, from the first one on.
#[derive(Debug, Clone)]
pub enum Index {
    /// One position, counted from the end where it is negative; the dimension is dropped.
    At(i64),
    /// `start`, `start + step`, ... before `end`. Negative bounds count from the end, those beyond the
    /// dimension are cut off, as Python's are; none are its ends.
    Span {
        /// The first position.
        start: Option<i64>,
        /// The position before which it ends.
        end: Option<i64>,
        /// At least 1.
        step: i64,
    },
    /// All dimensions that the others leave, as `...`.
    Rest,
    /// A new dimension of size 1, as `None`; it takes none.
    New,
    /// The positions that whole numbers of any shape name, or those where truth values are true: these take
    /// as many dimensions as they have.
    Chosen(Tensor),
}

impl Tensor {
    /// The part of the tensor that an index names, as PyTorch's `x[...]`; what is chosen by a list, a tensor
    /// or a mask stays at its place, and of these there may be one.
    ///
    /// # Errors
    /// [`Error::Argument`] for an index outside its dimension, a part without elements or a step below 1,
    /// [`Error::Shape`] for a mask of another shape, [`Error::DType`] for floats as an index.
    pub fn at(&self, index: &[Index]) -> Result<Tensor> {
        let part = Part::of(self, index)?;
        let block = self.block(part.spans.clone())?;
        let found = match &part.chosen {
            Some(chosen) => chosen.of(&block)?,
            None => block,
        };
        let shape = part.shape();
        if found.shape() == shape { Ok(found) } else { found.reshape(&shape) }
    }

    /// The tensor with other elements in the part that an index names: the value broadcasts to it. The
    /// gradient goes to the value there, to the tensor elsewhere. Where a position is named twice, the last
    /// one counts.
    ///
    /// # Errors
    /// As [`Tensor::at`]; [`Error::Shape`] for a value that does not broadcast, [`Error::DType`] for floats
    /// in a tensor of whole numbers.
    pub fn with_at(&self, index: &[Index], value: &Tensor) -> Result<Tensor> {
        common_device(OP, &[self, value])?;
        let part = Part::of(self, index)?;
        if part.chosen.as_ref().is_some_and(Chosen::is_empty) {
            return Ok(self.clone());
        }
        let value = spread(&held(value, self)?, &part.shape())?;
        match &part.chosen {
            Some(chosen) => {
                let block = self.block(part.spans.clone())?;
                self.with_block(&part, &chosen.put(&block, &value)?)
            }
            None if value.len() == 1 => self.with_block(&part, &value),
            None => self.with_block(&part, &value.reshape(&part.block_shape())?),
        }
    }

    /// [`Tensor::with_at`] of one number.
    ///
    /// # Errors
    /// As there; [`Error::DType`] for a fraction in a tensor of whole numbers.
    pub fn with_number_at(&self, index: &[Index], value: Number) -> Result<Tensor> {
        let value = value.full(&[], self.dtype(), self.device()).map_err(|e| e.named(OP))?;
        self.with_at(index, &value)
    }

    fn with_block(&self, part: &Part, value: &Tensor) -> Result<Tensor> {
        if value.shape() == self.shape() && part.block_shape() == self.shape() {
            return Ok(value.clone());
        }
        // One number for each position of the dimensions that are not whole.
        let sizes = |(span, &n): (&Span, &usize)| if *span == Span::whole(n) { 1 } else { n };
        let shape: Vec<usize> = part.spans.iter().zip(self.shape()).map(sizes).collect();
        let inside = |mut i: usize| {
            let mut all = true;
            for (span, &n) in part.spans.iter().zip(&shape).rev() {
                let at = i % n;
                i /= n;
                all &= n == 1 || span.contains(at);
            }
            f64::from(u8::from(all))
        };
        let mask = Tensor::from_numbers(OP, Spec::new(shape.clone(), DType::Bool), self.device(), inside)?;
        mask.where_(&self.filled(part, value)?, self)
    }
}

impl Tensor {
    /// A value as large as this tensor where it is not one number: itself in the block of a part, anything
    /// elsewhere.
    fn filled(&self, part: &Part, value: &Tensor) -> Result<Tensor> {
        if value.len() == 1 {
            return value.reshape(&[]);
        }
        let (mut value, mut spans) = (value.clone(), part.spans.clone());
        for (d, span) in spans.iter_mut().enumerate().filter(|(_, span)| span.step != 1) {
            let n = self.shape()[d];
            value =
                value.slices_at(d, n, |i| if span.contains(i) { (i - span.start) / span.step } else { 0 })?;
            *span = Span::whole(n);
        }
        value.as_block(self.shape(), spans)
    }
}

/// A value in the element type of the tensor that it becomes part of.
fn held(value: &Tensor, x: &Tensor) -> Result<Tensor> {
    let same_kind = value.dtype().is_float() && x.dtype().is_float();
    ensure(same_kind || wider(value.dtype(), x.dtype()) == x.dtype(), || {
        let found = format!("{} in a tensor of {}", value.dtype(), x.dtype());
        Error::dtype(OP, found, "elements that it holds (make it `.float()` first)")
    })?;
    value.cast(x.dtype())
}

/// A value of one element, or one that is repeated to the shape of the part that it becomes.
fn spread(value: &Tensor, shape: &[usize]) -> Result<Tensor> {
    if value.len() == 1 {
        return value.reshape(&[]);
    }
    // PyTorch lets dimensions of size 1 stand before the others.
    let extra = value.rank().saturating_sub(shape.len());
    let lead = value.shape()[..extra].iter().all(|&n| n == 1);
    let value = if lead { value.reshape(&value.shape()[extra..])? } else { value.clone() };
    value.expand(shape).map_err(|_| {
        let found = format!("{} for a part of {}", show(value.shape()), show(shape));
        Error::shape(OP, found, "a value that broadcasts to the part")
    })
}
