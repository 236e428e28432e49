//! Positions that a list, a tensor or a mask chooses.

use std::ops::Range;

use super::{
    OP,
    part::{outside, position},
};
use crate::{
    DType, Error, Result, Spec, Tensor, ensure,
    tensor::{common_device, require_room, show},
};

/// Positions along a dimension of a block, or along several of them joined.
pub struct Chosen {
    dims: Range<usize>,
    /// The shape that they have in the result.
    pub shape: Vec<usize>,
    by: Tensor,
}

impl Chosen {
    /// What a tensor chooses of the dimensions `dims` of `x`.
    pub fn new(tensor: &Tensor, dims: Range<usize>, by: &Tensor) -> Result<Self> {
        let x = tensor.spec();
        common_device(OP, &[tensor, by])?;
        let is_mask = by.dtype() == DType::Bool;
        ensure(is_mask || by.dtype().is_int(), || {
            Error::dtype(OP, by.dtype(), "whole numbers (`.long()`) or truth values as an index")
        })?;
        let own = &x.shape[dims.clone()];
        ensure(!is_mask || (by.shape() == own && by.rank() != 0), || {
            let found = format!("a mask of {} for {}", show(by.shape()), show(&x.shape));
            Error::shape(OP, found, format!("one of {}, or of its first dimensions", show(&x.shape)))
        })?;
        if is_mask && by.is_symbolic() {
            return Ok(Self { dims, shape: by.shape().to_vec(), by: by.clone() });
        }
        if by.is_symbolic() {
            let n = own[0] as f64;
            let by = by.lt_scalar(0.0)?.where_(&by.add_scalar(n)?, by)?;
            return Ok(Self { dims, shape: by.shape().to_vec(), by });
        }
        // A view may stand for more elements than memory holds.
        require_room(OP, &by.spec().cast(DType::F64))?;
        let numbers = by.to_f64()?;
        let (found, shape) = if is_mask {
            let set = numbers.iter().enumerate().filter(|(_, truth)| **truth != 0.0);
            let found: Vec<i64> = set.map(|(i, _)| i as i64).collect();
            let shape = vec![found.len()];
            (found, shape)
        } else {
            let one = |&i: &f64| {
                let found = position(i as i64, own[0]).map(|i| i as i64);
                found.ok_or_else(|| outside(x, dims.start, i as i64))
            };
            (numbers.iter().map(one).collect::<Result<Vec<_>>>()?, by.shape().to_vec())
        };
        // Tensors have elements: where no element of a mask is true, the mask itself stays.
        let n = found.len();
        let by = if n == 0 { by.clone() } else { Tensor::whole(found, [n], tensor.device())? };
        Ok(Self { dims, shape, by })
    }

    /// Whether a mask chooses nothing.
    pub fn is_empty(&self) -> bool {
        self.shape == [0]
    }

    /// `[before, joined, after]`
    fn joined(&self, block: &[usize]) -> [usize; 3] {
        let size = |dims: &[usize]| dims.iter().product();
        let (start, end) = (self.dims.start, self.dims.end);
        [size(&block[..start]), size(&block[start..end]), size(&block[end..])]
    }

    /// The chosen elements of a block, `[before, k, after]`.
    pub fn of(&self, block: &Tensor) -> Result<Tensor> {
        if self.by.dtype() == DType::Bool {
            let found = "a mask that is true nowhere";
            ensure(!self.is_empty(), || {
                let expected = "one that chooses an element (ask before: `if mask.any().item() { ... }`)";
                Error::argument(OP, "the index", found, expected)
            })?;
            // Symbolic: which elements are chosen is known when values are.
            return Err(Error::Symbolic { op: OP });
        }
        let joined = block.reshape(&self.joined(block.shape()))?;
        joined.index_select(1, &self.by.reshape(&[self.by.len()])?)
    }

    /// A block with other elements where these are: one number for all, or one for each.
    pub fn put(&self, block: &Tensor, value: &Tensor) -> Result<Tensor> {
        let [before, n, after] = self.joined(block.shape());
        let joined = block.reshape(&[before, n, after])?;
        if self.by.dtype() == DType::Bool {
            // Of a trace, which does not know how many elements are chosen.
            ensure(value.len() == 1, || Error::Symbolic { op: OP })?;
            let mask = self.by.reshape(&[1, n, 1])?;
            return mask.where_(value, &joined)?.reshape(block.shape());
        }
        // Which of the given rows each row becomes: the last one that is for it.
        require_room(OP, &Spec::new([n, 2], DType::I64))?;
        let mut source = vec![None; n];
        for (j, i) in self.by.to_f64()?.into_iter().enumerate() {
            source[i as usize] = Some(j as i64);
        }
        let mask: Vec<bool> = source.iter().map(Option::is_some).collect();
        let mask = Tensor::from_data(mask, [1, n, 1], block.device())?;
        let value = if value.len() == 1 {
            value.clone()
        } else {
            let source = source.into_iter().map(Option::unwrap_or_default).collect();
            let value = value.reshape(&[before, self.by.len(), after])?;
            value.index_select(1, &Tensor::whole(source, [n], block.device())?)?
        };
        mask.where_(&value, &joined)?.reshape(block.shape())
    }
}
